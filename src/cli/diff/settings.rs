//! What differs about the repositories themselves, as a section for people and as values for machines.

use super::sections::Section;
use crate::cli::describe::brief;
use crate::diff::{Comparison, SettingsChange, SettingsKind};
use crate::model::{Instant, Value};
use crate::tabular::Cell;

/// What differs about a repository: the member, and its values in both snapshots.
pub(super) fn setting(kind: &SettingsKind) -> (&str, Option<Value>, Option<Value>) {
    let time = |at: &Instant| Some(Value::Str(at.to_utc_text()));
    match kind {
        SettingsKind::Added(created) => ("createdAt", None, created.as_ref().and_then(time)),
        SettingsKind::Removed(created) => ("createdAt", created.as_ref().and_then(time), None),
        SettingsKind::Recreated(before, after) => ("createdAt", time(before), time(after)),
        SettingsKind::Setting { member, from, to } => (member, from.clone(), to.clone()),
        SettingsKind::Policy { from, to } => {
            ("lifecyclePolicyText", from.clone().map(Value::Str), to.clone().map(Value::Str))
        }
    }
}

/// What differs about the repositories themselves; of a policy only that it does.
pub(super) fn settings<'a>(comparison: &'a Comparison, forward: bool) -> Section<'a> {
    let row = |change: &'a SettingsChange| {
        let (member, from, to) = setting(&change.kind);
        let sign = match (&change.kind, forward) {
            (SettingsKind::Added(_), true) | (SettingsKind::Removed(_), false) => "+",
            (SettingsKind::Added(_), false) | (SettingsKind::Removed(_), true) => "-",
            _ => "~",
        };
        let policy = matches!(change.kind, SettingsKind::Policy { .. });
        let value = |value: Option<Value>| match value {
            None => "none".to_owned(),
            Some(_) if policy => "a policy".to_owned(),
            Some(value) => brief(&value),
        };
        let (from, to) = (value(from), value(to));
        let what = match &change.kind {
            SettingsKind::Added(_) if forward => format!("created {to}"),
            SettingsKind::Removed(_) if forward => format!("deleted, created {from}"),
            SettingsKind::Added(_) => format!("did not exist, created {to}"),
            SettingsKind::Removed(_) => format!("existed, created {from}"),
            SettingsKind::Recreated(..) => format!("deleted and created again: {from} → {to}"),
            _ if policy && from == to => "another policy".to_owned(),
            _ => format!("{from} → {to}"),
        };
        let member =
            if matches!(change.kind, SettingsKind::Setting { .. } | SettingsKind::Policy { .. }) { member } else { "" };
        vec![Cell::text(sign), Cell::text(&*change.repository.name), Cell::text(member.to_owned()), Cell::text(what)]
    };
    let mut section = Section::of("Repository settings", ["", "REPOSITORY", "SETTING", "CHANGE"]);
    section.rows = comparison.settings.iter().map(row).collect();
    section
}
