//! The beginning of a report: what it describes, what a reader has to know first, the totals.

use std::fmt::Write as _;

use super::{Page, Tile, counted, listed, listed_keys};
use crate::report::figures::{Figures, Point, SeesArchived};
use crate::report::svg;
use crate::report::table::{Value, grouped};
use crate::tabular::{size, whole_seconds};

/// What the report describes.
pub(super) fn lead(figures: &Figures) -> String {
    let Some(last) = figures.last() else { return String::new() };
    // Writing to a string does not fail.
    let mut lead = format!("Snapshot {}, captured {} UTC", last.snapshot, whole_seconds(last.captured_at));
    if !figures.registries.is_empty() {
        let word = if figures.registries.len() == 1 { "registry" } else { "registries" };
        let _ = write!(lead, ", {word} {}", listed(&figures.registries));
    }
    if !figures.regions.is_empty() {
        let _ = write!(lead, " ({})", listed(&figures.regions));
    }
    if !figures.repository_names.is_empty() {
        let _ = write!(lead, ", repositories named {}", listed(&figures.repository_names));
    }
    lead.push('.');
    if let Some(first) = figures.first() {
        let _ = write!(
            lead,
            " Changes count from snapshot {}, captured {} UTC, the first of {}.",
            first.snapshot,
            whole_seconds(first.captured_at),
            figures.snapshots.len()
        );
    }
    lead
}

/// What a reader has to know before the numbers.
pub(super) fn notices(figures: &Figures) -> Vec<String> {
    let mut notices = Vec::new();
    let Some(last) = figures.last() else { return notices };
    if last.repositories == 0 {
        notices.push("This snapshot has no such repository, so there is nothing to count.".to_owned());
        return notices;
    }
    if !last.incomplete.is_empty() {
        notices.push(format!(
            "The capture stopped early in {}: what is missing there is unknown, not deleted, and every total is a minimum.",
            listed_keys(figures, &last.incomplete)
        ));
    }
    if let Some(first) = figures.first().filter(|first| !first.incomplete.is_empty()) {
        notices.push(format!(
            "The first snapshot stopped early in {}, so changes of totals include what it did not see.",
            listed_keys(figures, &first.incomplete)
        ));
    }
    let by = match (last.part_by_tags, last.part_by_status) {
        (true, true) => Some("tags and status"),
        (true, false) => Some("tags"),
        (false, true) => Some("status"),
        (false, false) => None,
    };
    if let Some(by) = by {
        notices.push(format!(
            "A capture requested only some of the images, by their {by} ({}): nothing is known of the others.",
            listed(&last.capture_filters)
        ));
    }
    match last.sees_archived {
        SeesArchived::Yes => {}
        SeesArchived::Unknown => notices.push(
            "No archived image was seen, and it is not recorded that the capture requested any (imageStatus=ANY): an \
             image that is absent was deleted or archived."
                .to_owned(),
        ),
        SeesArchived::No => notices.push(
            "The capture did not request archived images everywhere: an image that is absent was deleted or archived."
                .to_owned(),
        ),
    }
    let index_bytes: u64 =
        figures.repositories.iter().map(|repository| repository.index_bytes).fold(0, u64::saturating_add);
    if index_bytes > 0 {
        notices.push(format!(
            "Sizes count a multi-platform image twice: its index repeats the size of its largest platform. Of {} in all, \
             {} are such repetitions; without them it is {}.",
            size(last.totals.bytes),
            size(index_bytes),
            size(last.totals.bytes.saturating_sub(index_bytes))
        ));
    }
    let uncounted = last.totals.images.saturating_sub(last.totals.counted);
    if uncounted > 0 {
        notices.push(format!(
            "Findings are known for {}. For the other {} they are unknown, which is not the same as no findings.",
            counted(last.totals.counted, "image", "images"),
            grouped(uncounted)
        ));
    }
    notices
}

/// The totals.
pub(super) fn tiles(figures: &Figures) -> Vec<Tile> {
    let Some(last) = figures.last() else { return Vec::new() };
    let times: Vec<i64> = figures.snapshots.iter().map(|point| point.captured_at.micros()).collect();
    let tile = |label, of: fn(&Point) -> u64, bytes: bool| {
        let change = figures.first().map(|first| {
            let change = of(last) as i64 - of(first) as i64;
            let change = if bytes { Value::BytesChange(change) } else { Value::Change(change) };
            change.shown().into_owned()
        });
        let values: Vec<f64> = figures.snapshots.iter().map(|point| of(point) as f64).collect();
        Tile {
            label,
            value: if bytes { size(of(last)) } else { grouped(of(last)) },
            change,
            spark: if figures.snapshots.len() > 1 { svg::spark(&times, &values) } else { String::new() },
        }
    };
    vec![
        tile("Repositories", |point| point.repositories, false),
        tile("Images", |point| point.totals.images, false),
        tile("Tagged", |point| point.totals.tagged, false),
        tile("Untagged", |point| point.totals.untagged, false),
        tile("Archived", |point| point.totals.archived, false),
        tile("Size", |point| point.totals.bytes, true),
    ]
}

impl Page<'_> {
    /// Whether the totals have changes.
    pub(in crate::report) fn has_changes(&self) -> bool {
        self.tiles.iter().any(|tile| tile.change.is_some())
    }
}
