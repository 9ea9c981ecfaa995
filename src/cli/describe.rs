//! What `diff` and `history` print in the same way: changes of an image in words, values as text, and how JSON
//! names a snapshot and a repository.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::diff::{Changed, FindingsChange, MemberChange};
use crate::model::{Instant, Value, json};
use crate::store::read::Snapshot;
use crate::store::row::RepositoryName;

/// One line about an image that changed.
pub(super) enum ChangeLine<'a> {
    /// Other findings: `CRITICAL +1, HIGH -2`.
    Findings(String),
    /// The times of a scan that found the same.
    ScannedAgain,
    /// Another status.
    Status(&'a str, &'a str),
    /// Two sizes under one digest.
    Damaged(i64, i64),
    /// Any other member.
    Member(&'a MemberChange),
}

/// The lines that describe a changed image to people. The times of a scan are shown with its findings, those of a
/// status with the status.
pub(super) fn change_lines(changed: &Changed) -> Vec<ChangeLine<'_>> {
    let (findings, status, damaged) = (changed.findings(), changed.status(), changed.damaged_size());
    let mut change_lines = Vec::new();
    change_lines.extend(findings.as_ref().map(|change| ChangeLine::Findings(findings_text(change))));
    change_lines.extend(status.map(|(from, to)| ChangeLine::Status(from, to)));
    change_lines.extend(damaged.map(|(from, to)| ChangeLine::Damaged(from, to)));
    let mut again = false;
    for member in &changed.members {
        match member.name.as_str() {
            "imageStatus" | "imageScanFindingsSummary.findingSeverityCounts" => {}
            "imageSizeInBytes" if damaged.is_some() => {}
            "lastArchivedAt" | "lastActivatedAt" if status.is_some() => {}
            "imageScanFindingsSummary.imageScanCompletedAt"
            | "imageScanFindingsSummary.vulnerabilitySourceUpdatedAt" => again = true,
            _ => change_lines.push(ChangeLine::Member(member)),
        }
    }
    if again && findings.is_none() {
        change_lines.push(ChangeLine::ScannedAgain);
    }
    change_lines
}

fn findings_text(change: &FindingsChange<'_>) -> String {
    let deltas: Vec<String> =
        change.deltas().into_iter().map(|(severity, delta)| format!("{severity} {delta:+}")).collect();
    match (change.from, change.to, deltas.is_empty()) {
        (None, _, true) => "first scanned: nothing found".to_owned(),
        (None, _, false) => format!("first scanned: {}", deltas.join(", ")),
        (_, None, _) => "no findings known any more".to_owned(),
        _ => deltas.join(", "),
    }
}

/// A change of status in a word, where time goes forward.
pub(super) fn status_text(from: &str, to: &str) -> String {
    match (from, to) {
        ("ACTIVE", "ARCHIVED") => "archived".to_owned(),
        ("ARCHIVED", "ACTIVE") => "restored".to_owned(),
        _ => format!("{from} → {to}"),
    }
}

/// A value as one text: a string unchanged, anything else as JSON.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        value => {
            let mut out = Vec::new();
            // Writing to memory does not fail.
            let _ = json::write_compact(&mut out, value);
            String::from_utf8_lossy(&out).into_owned()
        }
    }
}

/// The same cut to what a column can hold.
pub(super) fn brief(value: &Value) -> String {
    const WIDTH: usize = 60;
    let text = shown(value);
    match text.char_indices().nth(WIDTH) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// A value for JSON, with its numbers unchanged.
pub(super) fn raw(value: &Value) -> Option<Box<RawValue>> {
    let mut out = Vec::new();
    json::write_compact(&mut out, value).ok()?;
    RawValue::from_string(String::from_utf8(out).ok()?).ok()
}

/// A snapshot in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named<'a> {
    name: &'a str,
    captured_at: Option<String>,
}

impl<'a> Named<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let captured_at = Instant::from_micros(snapshot.captured_at).ok().map(Instant::to_utc_text);
        Named { name: &snapshot.name, captured_at }
    }
}

/// The repository that something belongs to, in JSON. The region is null if it is not known.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Owner<'a> {
    registry_id: &'a str,
    repository_name: &'a str,
    region: Option<&'a str>,
    /// The repository that it is compared with, if that has another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared_with: Option<Counterpart<'a>>,
}

/// The same without a counterpart.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counterpart<'a> {
    registry_id: &'a str,
    repository_name: &'a str,
    region: Option<&'a str>,
}

impl<'a> Owner<'a> {
    pub(super) fn of(name: &'a RepositoryName) -> Self {
        Owner { registry_id: &name.registry_id, repository_name: &name.name, region: region(name), compared_with: None }
    }

    /// The same, compared with another repository.
    pub(super) fn compared_with(mut self, other: Option<&'a RepositoryName>) -> Self {
        self.compared_with = other.map(|name| Counterpart {
            registry_id: &name.registry_id,
            repository_name: &name.name,
            region: region(name),
        });
        self
    }
}

fn region(name: &RepositoryName) -> Option<&str> {
    (!name.region.is_empty()).then_some(&*name.region)
}
