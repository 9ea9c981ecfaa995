//! Tags that moved, and the captures that the report stands on.

use super::{SHOWN, Section, caption, counted, listed, name};
use crate::report::figures::{Figures, Point, SeesArchived};
use crate::report::table::{Column, Table, Value};

/// How many moved tags are shown.
const MOVED: usize = 40;

/// Tags that moved; none where there is one snapshot alone.
pub(super) fn moves(figures: &Figures) -> Option<Section<'_>> {
    figures.first()?;
    let moves = &figures.moves;
    let mut section = Section { id: "moves", heading: "Tags that moved", ..Section::default() };
    if moves.tags.is_empty() {
        section.notes.push("No tag went from one image to another between these snapshots.".to_owned());
        return Some(section);
    }
    let tags = moves.tags.len() as u64;
    section.notes.push(format!(
        "The snapshots show {} of {}. A move lies between two captures, and what happened and was undone between them \
         is not seen.",
        counted(moves.times, "move", "moves"),
        counted(tags, "tag", "tags")
    ));
    let rows: Vec<_> = moves
        .tags
        .iter()
        .take(MOVED)
        .map(|tag| {
            vec![
                name(figures, &tag.place),
                Value::text(tag.image_tag.as_str()),
                Value::Count(tag.times),
                Value::Digest(&tag.from),
                Value::Digest(&tag.to),
                Value::text(tag.after.as_str()),
                Value::text(tag.by.as_str()),
            ]
        })
        .collect();
    let columns = vec![
        Column::text("Repository"),
        Column::text("Tag"),
        Column::number("Moves"),
        Column::text("Last from"),
        Column::text("Last to"),
        Column::text("After snapshot"),
        Column::text("By snapshot"),
    ];
    let caption = caption("Tags that moved, the latest first", rows.len(), moves.tags.len());
    section.tables.push(Table { id: "moved", caption, columns, rows, folded: false });
    Some(section)
}

/// What to know of the captures.
pub(super) fn captures(figures: &Figures) -> Section<'_> {
    let points = &figures.snapshots;
    let odd = |point: &&Point| {
        !point.incomplete.is_empty()
            || point.part_by_tags
            || point.part_by_status
            || point.sees_archived != SeesArchived::Yes
    };
    let all = points.iter().filter(odd).count();
    // The newest matter most.
    let shown: Vec<&Point> = points.iter().rev().filter(odd).take(SHOWN).collect();
    let mut section = Section { id: "captures", heading: "Captures", ..Section::default() };
    if shown.is_empty() {
        section.notes.push(format!(
            "{} went to the end of every repository and could see archived images.",
            match points.len() {
                1 => "The capture".to_owned(),
                captures => format!("All {captures} captures"),
            }
        ));
        return section;
    }
    section.notes.push(
        "What a capture did not see is unknown. Without a filter that asks for them, the service leaves archived images \
         out; record the filter with --capture-filter when a capture goes in."
            .to_owned(),
    );
    let rows: Vec<_> = shown
        .into_iter()
        .map(|point| {
            let archived = match point.sees_archived {
                SeesArchived::Yes => "seen",
                SeesArchived::Unknown => "unknown",
                SeesArchived::No => "not seen",
            };
            let stopped = (!point.incomplete.is_empty()).then(|| listed(&point.incomplete));
            let filters = (!point.capture_filters.is_empty()).then(|| listed(&point.capture_filters));
            vec![
                Value::text(point.snapshot.as_str()),
                Value::Instant(point.captured_at),
                Value::of(stopped, Value::text),
                Value::text(archived),
                Value::of(filters, Value::text),
            ]
        })
        .collect();
    let columns = vec![
        Column::text("Snapshot"),
        Column::text("Captured (UTC)"),
        Column::text("Stopped early in"),
        Column::text("Archived images"),
        Column::text("Filters"),
    ];
    let caption = caption("Captures that may not have seen everything, the newest first", rows.len(), all);
    section.tables.push(Table { id: "partial", caption, columns, rows, folded: false });
    section
}
