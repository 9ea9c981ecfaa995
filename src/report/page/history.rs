//! The captures that the report is made from, and what they may not have seen.

use super::{Section, listed, listed_keys};
use crate::report::figures::{Figures, Point, SeesArchived};
use crate::report::table::{Column, Table, Value};

/// The captures that may not have seen everything.
pub(super) fn captures(figures: &Figures) -> Section<'_> {
    let points = &figures.snapshots;
    let partial = |point: &&Point| {
        !point.incomplete.is_empty()
            || !point.missing.is_empty()
            || point.other_filter
            || point.part_by_tags
            || point.part_by_status
            || point.sees_archived != SeesArchived::Yes
    };
    // The newest matter most.
    let shown: Vec<&Point> = points.iter().rev().filter(partial).collect();
    let mut section = Section { id: "captures", heading: "Captures", ..Section::default() };
    if shown.is_empty() {
        section.notes.push(format!(
            "{} complete in every repository and could see archived images.",
            match points.len() {
                1 => "The capture is".to_owned(),
                captures => format!("All {captures} captures are"),
            }
        ));
        return section;
    }
    section.notes.push(
        "What a capture did not see is unknown. By default the service excludes archived images; record the filter of \
         a capture with `ingest --capture-filter`."
            .to_owned(),
    );
    let rows = shown.into_iter().map(|point| {
        let archived = match point.sees_archived {
            SeesArchived::Yes => "seen",
            SeesArchived::Unknown => "unknown",
            SeesArchived::No => "not seen",
        };
        let keys = |keys: &Vec<_>| (!keys.is_empty()).then(|| listed_keys(figures, keys));
        let filters = (!point.capture_filters.is_empty()).then(|| listed(&point.capture_filters));
        let mut row = vec![
            Value::text(point.snapshot.as_str()),
            Value::Instant(point.captured_at),
            Value::of(keys(&point.incomplete), Value::text),
            Value::text(archived),
            Value::of(filters, Value::text),
        ];
        if points.len() > 1 {
            row.push(Value::of(keys(&point.missing), Value::text));
        }
        row
    });
    let rows = rows.collect();
    let mut columns = vec![
        Column::text("Snapshot"),
        Column::text("Captured (UTC)"),
        Column::text("Stopped early in"),
        Column::text("Archived images"),
        Column::text("Filters"),
    ];
    if points.len() > 1 {
        columns.push(Column::text("Without the repositories"));
    }
    let caption = "Captures that may not have seen everything, newest first";
    section.tables.push(Table::new("partial", caption, columns, rows));
    section
}
