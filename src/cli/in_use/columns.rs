//! The columns of `in-use`: few for people, all of them for machines.

use crate::coverage::Absence;
use crate::in_use::{Resolved, State};
use crate::model::{Detail, Digest, Instant, Severity};
use crate::store::read::Snapshot;
use crate::tabular::{Cell, Column, Format, short};

type CellOf = for<'i> fn(&'i Resolved, &'i Snapshot) -> Cell<'i>;

/// A column and its cell for a reference.
pub(super) struct ReferenceColumn {
    pub(super) head: Column,
    pub(super) cell: CellOf,
}

fn text(key: &'static str, title: &'static str, cell: CellOf) -> ReferenceColumn {
    ReferenceColumn { head: Column::text(key, title), cell }
}

fn number(key: &'static str, title: &'static str, cell: CellOf) -> ReferenceColumn {
    ReferenceColumn { head: Column::number(key, title), cell }
}

/// The columns that a format shows.
pub(super) fn of(format: Format) -> Vec<ReferenceColumn> {
    if matches!(format, Format::Table | Format::Markdown) {
        return people();
    }
    let mut columns = vec![
        text("reference", "REFERENCE", |it, _| Cell::text(&*it.reference.text)),
        text("state", "STATE", |it, _| Cell::text(it.state.name())),
        text("certainty", "CERTAINTY", |it, _| Cell::of(it.absence, |absence| Cell::text(certainty(absence)))),
        text("registryId", "REGISTRY", |it, _| Cell::of(it.repository.as_ref(), |it| Cell::text(&*it.registry_id))),
        text("repositoryName", "REPOSITORY", |it, _| Cell::of(it.repository.as_ref(), |it| Cell::text(&*it.name))),
        text("region", "REGION", |it, _| {
            let region = it.repository.as_ref().map(|it| &*it.region).filter(|region| !region.is_empty());
            Cell::of(region, Cell::text)
        }),
        text("imageDigest", "DIGEST", |it, _| Cell::of(digest(it), Cell::Digest)),
        text("imageTags", "TAGS", |it, _| {
            Cell::of(it.image.as_ref().and_then(|image| image.image_tags.as_deref()), Cell::List)
        }),
        text("movedTo", "MOVED TO", |it, _| Cell::of(it.moved_to.as_ref(), Cell::Digest)),
        text("lastSeen", "LAST SEEN", |it, _| Cell::of(it.last_seen.as_ref(), |seen| Cell::text(&*seen.name))),
        text("lastSeenAt", "LAST SEEN AT", |it, _| {
            let at = it.last_seen.as_ref().and_then(|seen| Instant::from_micros(seen.captured_at).ok());
            Cell::of(at, Cell::Instant)
        }),
        text("imageStatus", "STATUS", |it, _| Cell::of(it.image.as_ref(), |it| Cell::text(it.effective_status()))),
        text("possibleChild", "POSSIBLE CHILD", |it, _| Cell::Flag(it.possible_child)),
        text("imagePushedAt", "PUSHED", |it, _| {
            Cell::of(it.image.as_ref().and_then(|image| image.image_pushed_at), Cell::Instant)
        }),
        number("ageInDays", "AGE", |it, snapshot| Cell::of(age(it, snapshot), Cell::Integer)),
        text("lastRecordedPullTime", "PULLED", |it, _| {
            Cell::of(it.image.as_ref().and_then(|image| image.last_recorded_pull_time), Cell::Instant)
        }),
        text("worstSeverity", "WORST", |it, _| Cell::of(it.worst(), |worst| Cell::text(severity(worst)))),
    ];
    columns.extend([
        number("critical", "CRITICAL", |it, _| findings(it, Severity::Critical)),
        number("high", "HIGH", |it, _| findings(it, Severity::High)),
        number("medium", "MEDIUM", |it, _| findings(it, Severity::Medium)),
        number("low", "LOW", |it, _| findings(it, Severity::Low)),
        number("informational", "INFORMATIONAL", |it, _| findings(it, Severity::Informational)),
        number("undefined", "UNDEFINED", |it, _| findings(it, Severity::Other)),
    ]);
    columns
}

fn people() -> Vec<ReferenceColumn> {
    let optional = |column: ReferenceColumn, rank| ReferenceColumn { head: column.head.optional(rank), ..column };
    vec![
        text("reference", "REFERENCE", |it, _| Cell::text(shortened(&it.reference.text))),
        text("state", "STATE", |it, _| Cell::text(words(it))),
        text("imageDigest", "DIGEST", |it, _| Cell::of(digest(it), Cell::Digest)),
        optional(
            text("worst", "WORST", |it, _| {
                Cell::of(it.worst(), |worst| match worst {
                    Some(worst) => Cell::text(format!("{} {}", count(it, worst), worst.name())),
                    None => Cell::text("none"),
                })
            }),
            1,
        ),
        optional(
            number("age", "AGE", |it, snapshot| Cell::of(age(it, snapshot), |it| Cell::text(format!("{it}d")))),
            2,
        ),
        optional(
            text("pulled", "PULLED", |it, _| {
                Cell::of(it.image.as_ref().and_then(|image| image.last_recorded_pull_time), Cell::Instant)
            }),
            3,
        ),
    ]
}

/// A reference with its digest cut to what people compare.
fn shortened(reference: &str) -> &str {
    const SHOWN: usize = 12;
    match reference.find("sha256:").map(|at| at + "sha256:".len() + SHOWN) {
        Some(end) => reference.get(..end).unwrap_or(reference),
        None => reference,
    }
}

/// The state in words, with what is known of it.
fn words(it: &Resolved) -> String {
    let seen = it.last_seen.as_ref().map(|seen| format!(", last seen in {}", seen.name)).unwrap_or_default();
    match (it.state, &it.moved_to, it.absence) {
        (State::Moved, Some(digest), _) => format!("moved to {}", short(digest)),
        (State::Gone, _, Some(Absence::OrArchived)) => format!("gone or archived{seen}"),
        (State::NeverSeen, _, Some(Absence::Certain)) => "never seen, no such repository".to_owned(),
        (State::NeverSeen, ..) if it.repository.is_none() && it.reference.repository.is_some() => {
            "never seen, repository not captured".to_owned()
        }
        (State::NeverSeen, ..) => "never seen".to_owned(),
        (State::Untagged | State::Ok, ..) if it.possible_child => {
            format!("{}, possible child of an index", it.state.name())
        }
        (state, ..) => format!("{}{seen}", state.name()),
    }
}

fn digest(it: &Resolved) -> Option<&Digest> {
    it.image.as_ref().map(|image| &image.image_digest).or(it.reference.digest.as_ref())
}

/// Whole days from the push to the capture.
fn age(it: &Resolved, snapshot: &Snapshot) -> Option<i64> {
    const DAY: i64 = 86_400_000_000;
    let pushed = it.image.as_ref()?.image_pushed_at?;
    Some(snapshot.captured_at.saturating_sub(pushed.micros()).div_euclid(DAY))
}

fn counts(image: &Detail) -> Option<&Vec<(String, i64)>> {
    image.image_scan_findings_summary.as_ref()?.finding_severity_counts.as_ref()
}

fn count(it: &Resolved, severity: Severity) -> i64 {
    it.image.as_ref().and_then(counts).map_or(0, |counts| severity.count(counts))
}

fn findings(it: &Resolved, severity: Severity) -> Cell<'_> {
    Cell::of(it.image.as_ref().and_then(counts), |counts| Cell::Integer(severity.count(counts)))
}

fn severity(worst: Option<Severity>) -> &'static str {
    worst.map_or("NONE", Severity::name)
}

fn certainty(absence: Absence) -> &'static str {
    match absence {
        Absence::Certain => "certain",
        Absence::OrArchived => "orArchived",
        Absence::Unknown => "unknown",
    }
}
