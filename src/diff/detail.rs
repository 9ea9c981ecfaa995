//! What differs between two details of one digest, member by member.

use std::collections::BTreeMap;

use crate::model::{Detail, FindingsSummary, Map, Value, steps};

/// A member that differs. Members of the scan's two objects have dotted names:
/// `imageScanStatus.status`.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberChange {
    /// The member's name in the API, or as the page had it.
    pub name: String,
    /// Its value before; instants as ISO 8601 text. `None` if it was absent.
    pub from: Option<Value>,
    /// Its value after.
    pub to: Option<Value>,
}

impl MemberChange {
    /// Whether only the time of a scan changed, which continuous scanning changes daily. A first scan is more than
    /// that.
    pub fn is_rescan(&self) -> bool {
        const TIMES: [&str; 2] =
            ["imageScanFindingsSummary.imageScanCompletedAt", "imageScanFindingsSummary.vulnerabilitySourceUpdatedAt"];
        TIMES.contains(&self.name.as_str()) && self.from.is_some() && self.to.is_some()
    }
}

/// How the counts of findings changed. `None` is "no counts", which is not "nothing found".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingsChange<'a> {
    /// Findings by severity before.
    pub from: Option<&'a [(String, i64)]>,
    /// Findings by severity after.
    pub to: Option<&'a [(String, i64)]>,
}

/// The objects that are compared by their members.
const NESTED: [&str; 2] = ["imageScanStatus", "imageScanFindingsSummary"];

/// The member that every capture changes for an image in use.
pub(super) const PULL_TIME: &str = "lastRecordedPullTime";

/// Every member that differs, by name. Tags are not among them (see [`super::TagChange`]). An absent `imageStatus`
/// means `ACTIVE` and does not differ from it; the values are what the pages had.
pub(super) fn members(before: &Detail, after: &Detail) -> Vec<MemberChange> {
    let mut changes = Vec::new();
    compare("", &members_of(before), &members_of(after), &mut changes);
    if before.effective_status() == after.effective_status() {
        changes.retain(|change| change.name != "imageStatus");
    }
    changes.sort_by(|one, other| one.name.cmp(&other.name));
    changes
}

pub(super) fn members_of(detail: &Detail) -> Map {
    let Value::Map(mut map) = detail.to_value(&|instant| Value::Str(instant.to_utc_text())) else {
        return Map::new();
    };
    map.shift_remove("imageTags");
    map
}

fn compare(prefix: &str, before: &Map, after: &Map, changes: &mut Vec<MemberChange>) {
    let added = after.keys().filter(|key| !before.contains_key(*key));
    for key in before.keys().chain(added) {
        let (from, to) = (before.get(key), after.get(key));
        if from == to {
            continue;
        }
        if prefix.is_empty()
            && NESTED.contains(&key.as_str())
            && let (Some(from), Some(to)) = (inner(from), inner(to))
        {
            compare(&format!("{key}."), &from, &to, changes);
        } else {
            changes.push(MemberChange { name: format!("{prefix}{key}"), from: from.cloned(), to: to.cloned() });
        }
    }
}

/// The members of an object, none where it is absent; `None` if only the whole says what it is.
fn inner(value: Option<&Value>) -> Option<Map> {
    match value {
        None => Some(Map::new()),
        Some(Value::Map(map)) if !map.is_empty() => Some(map.clone()),
        Some(_) => None,
    }
}

/// How the findings changed, if they did; the order of severities is not compared.
pub(super) fn findings<'a>(before: &'a Detail, after: &'a Detail) -> Option<FindingsChange<'a>> {
    let change = FindingsChange { from: counts(before), to: counts(after) };
    let differ = change.from.is_some() != change.to.is_some() || !change.deltas().is_empty();
    differ.then_some(change)
}

fn counts(detail: &Detail) -> Option<&[(String, i64)]> {
    let summary: &FindingsSummary = detail.image_scan_findings_summary.as_ref()?;
    summary.finding_severity_counts.as_deref()
}

impl<'a> FindingsChange<'a> {
    /// By severity, worst first: how many more. Severities with as many as before are left out.
    pub fn deltas(&self) -> Vec<(&'a str, i64)> {
        let (from, to) = (self.from.unwrap_or_default(), self.to.unwrap_or_default());
        // If a severity occurs twice, the last count applies.
        let mut counts: BTreeMap<(usize, &'a str), (i64, i64)> = BTreeMap::new();
        for (severity, count) in from {
            counts.entry((rank(severity), severity)).or_default().0 = *count;
            steps::count(1);
        }
        for (severity, count) in to {
            counts.entry((rank(severity), severity)).or_default().1 = *count;
            steps::count(1);
        }
        let deltas = counts.into_iter().map(|((_, severity), (from, to))| (severity, to.saturating_sub(from)));
        deltas.filter(|(_, delta)| *delta != 0).collect()
    }
}

/// The rank of a severity in the service's own order; unknown ones come last.
pub(super) fn rank(severity: &str) -> usize {
    const SEVERITIES: [&str; 6] = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED"];
    SEVERITIES.iter().position(|known| *known == severity).unwrap_or(SEVERITIES.len())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{FindingsChange, findings, members};
    use crate::model::{Detail, Digest, FindingsSummary, Instant, ScanStatus, Value};

    fn detail() -> Detail {
        Detail::new("123456789012".into(), "shop/web".into(), Digest::parse("sha256:1"))
    }

    /// A detail, changed in one way.
    fn with(change: impl FnOnce(&mut Detail)) -> Detail {
        let mut detail = detail();
        change(&mut detail);
        detail
    }

    fn scanned(counts: &[(&str, i64)]) -> Detail {
        let counts = counts.iter().map(|(severity, count)| ((*severity).to_owned(), *count)).collect();
        with(|detail| {
            detail.image_scan_findings_summary =
                Some(FindingsSummary { finding_severity_counts: Some(counts), ..FindingsSummary::default() });
        })
    }

    fn named(before: &Detail, after: &Detail) -> Vec<String> {
        let say = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), |value| format!("{value:?}"));
        members(before, after).iter().map(|c| format!("{}: {} to {}", c.name, say(&c.from), say(&c.to))).collect()
    }

    #[test]
    fn a_member_is_named_with_both_values() {
        let status = |text: &str| Some(ScanStatus { status: Some(Arc::from(text)), ..ScanStatus::default() });
        let pushed = Instant::from_text("2026-03-01T02:00:00.5Z").ok();
        for (after, expected) in [
            (with(|d| d.image_size_in_bytes = Some(7)), vec!["imageSizeInBytes: - to Int(7)"]),
            (with(|d| d.image_pushed_at = pushed), vec!["imagePushedAt: - to Str(\"2026-03-01T02:00:00.500000Z\")"]),
            (with(|d| d.image_scan_status = status("FAILED")), vec!["imageScanStatus.status: - to Str(\"FAILED\")"]),
            (with(|d| d.image_scan_status = Some(ScanStatus::default())), vec!["imageScanStatus: - to Map({})"]),
            (with(|d| drop(d.unknown.insert("x".into(), Value::Null))), vec!["x: - to Null"]),
            (with(|d| d.image_status = Some("ARCHIVED".into())), vec!["imageStatus: - to Str(\"ARCHIVED\")"]),
            // What means the same, and what is reported elsewhere.
            (with(|d| d.image_status = Some("ACTIVE".into())), vec![]),
            (with(|d| d.image_tags = Some(vec!["prod".into()])), vec![]),
        ] {
            assert_eq!(named(&detail(), &after), expected);
        }
    }

    #[test]
    fn findings_by_severity() {
        let before = scanned(&[("LOW", 3), ("HIGH", 1), ("ODD", 1)]);
        for (after, expected) in [
            (
                scanned(&[("HIGH", 2), ("CRITICAL", 1), ("LOW", 3)]),
                Some(vec![("CRITICAL", 1), ("HIGH", 1), ("ODD", -1)]),
            ),
            (scanned(&[("HIGH", 1), ("ODD", 1), ("LOW", 3)]), None),
            (scanned(&[]), Some(vec![("HIGH", -1), ("LOW", -3), ("ODD", -1)])),
            (detail(), Some(vec![("HIGH", -1), ("LOW", -3), ("ODD", -1)])),
        ] {
            assert_eq!(findings(&before, &after).as_ref().map(FindingsChange::deltas), expected);
        }
        let appeared = scanned(&[]);
        assert_eq!(findings(&detail(), &appeared), Some(FindingsChange { from: None, to: Some(&[]) }));
        let extreme = (scanned(&[("LOW", i64::MIN)]), scanned(&[("LOW", i64::MAX)]));
        assert_eq!(findings(&extreme.0, &extreme.1).map(|change| change.deltas().len()), Some(1));
    }
}
