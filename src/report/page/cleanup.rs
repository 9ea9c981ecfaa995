//! What could be deleted, and how much that frees at most.

use super::{Section, counted, days, identity};
use crate::report::figures::{Candidate, Cleanup, Figures, Reason, Share};
use crate::report::table::{Column, Table, Value, grouped};
use crate::tabular::size;

/// The kinds of candidates, and each candidate.
pub(super) fn cleanup(figures: &Figures) -> Section<'_> {
    let mut tables = vec![kinds(figures)];
    tables.extend(candidates(figures));
    Section {
        id: "cleanup",
        heading: "What could be deleted",
        notes: notes(&figures.cleanup),
        charts: Vec::new(),
        tables,
    }
}

fn notes(cleanup: &Cleanup) -> Vec<String> {
    let (all, children) = (cleanup.all_candidates(), &cleanup.stale_index_children);
    let least = all.own_bytes();
    let mut notes = Vec::new();
    if cleanup.stale_indexes.images == 0 {
        notes.push(format!(
            "{} take up to {}. Deleting them frees at most that, because layers that other images share stay.",
            counted(all.images, "candidate", "candidates"),
            size(least)
        ));
    } else {
        notes.push(format!(
            "{} to {} images are candidates. They take {} to {}, and deleting them frees at most that, because layers \
             that other images share stay.",
            grouped(all.images),
            grouped(all.images + children.images),
            size(least),
            size(least.saturating_add(children.bytes))
        ));
        notes.push(format!(
            "Among them {}. An index repeats the size of its largest platform and is not added; the higher figures \
             include {}: untagged images of the same repository, pushed within a minute of the index, one of them with \
             exactly its size. Delete an index before its platforms: the service refuses to delete an image that an \
             index refers to (ImageReferencedByManifestList).",
            if cleanup.stale_indexes.images == 1 {
                "is 1 image index".to_owned()
            } else {
                format!("are {} image indexes", grouped(cleanup.stale_indexes.images))
            },
            counted(children.images, "probable platform", "probable platforms")
        ));
    }
    notes.push(
        "Other untagged images in a repository with an image index may be its platforms, and are not candidates: the \
         API does not say which images an index refers to. Archived images are not counted."
            .to_owned(),
    );
    notes
}

fn kinds(figures: &Figures) -> Table<'_> {
    let cleanup = &figures.cleanup;
    let limit = days(figures.stale_after_days);
    let row = |what: String, share: &Share, then: &'static str| {
        vec![
            Value::text(what),
            Value::Count(share.images),
            Value::Bytes(share.bytes),
            Value::Bytes(share.own_bytes()),
            Value::text(then),
        ]
    };
    let mut rows = vec![
        row("Untagged, no other image index in the repository".to_owned(), &cleanup.untagged_alone, "candidates"),
        row(format!("Tagged, not pulled for {limit}"), &cleanup.stale_pulled, "candidates"),
        row(
            format!("Tagged, no pull recorded, pushed more than {limit} ago"),
            &cleanup.stale_never_pulled,
            "candidates, if pulls are recorded",
        ),
        row(
            "Untagged, in a repository with another image index".to_owned(),
            &cleanup.untagged_beside_index,
            "may be platforms of an image index",
        ),
    ];
    if cleanup.stale_index_children.images > 0 {
        rows.push(row(
            "Of these, probable platforms of stale image indexes".to_owned(),
            &cleanup.stale_index_children,
            "candidates together with their index",
        ));
    }
    rows.push(row(
        "Untagged, attached to an image".to_owned(),
        &cleanup.untagged_attached,
        "signatures and the like, in use",
    ));
    let columns = vec![
        Column::text("Kind"),
        Column::number("Images"),
        Column::bar("Size"),
        Column::number("Size without indexes"),
        Column::text("Meaning"),
    ];
    Table::new("kinds", "What could be deleted", columns, rows)
}

fn candidates(figures: &Figures) -> Option<Table<'_>> {
    let cleanup = &figures.cleanup;
    if cleanup.candidates.is_empty() {
        return None;
    }
    let with_children = cleanup.candidates.iter().any(|candidate| candidate.is_index);
    let row = |candidate: &'_ Candidate| -> Vec<Value<'static>> {
        let reason = match candidate.reason {
            Reason::Untagged => "untagged",
            Reason::StalePulled => "stale",
            Reason::StaleNeverPulled => "stale, no pull recorded",
        };
        let mut row = vec![
            Value::text(reason),
            Value::text(if candidate.is_index { "image index" } else { "image" }),
            Value::Bytes(candidate.image.bytes),
        ];
        if with_children {
            row.push(Value::of(candidate.probable_children, |share| Value::Count(share.images)));
            row.push(Value::of(candidate.probable_children, |share| Value::Bytes(share.bytes)));
        }
        row.push(Value::of(candidate.image.pushed_at, Value::Instant));
        row.push(Value::of(candidate.image.pulled_at, Value::Instant));
        row
    };
    let rows = cleanup.candidates.iter().map(|candidate| {
        let mut cells = identity(figures, &candidate.image);
        cells.extend(row(candidate));
        cells
    });
    let mut columns = vec![
        Column::text("Repository"),
        Column::text("Tags"),
        Column::text("Digest"),
        Column::text("Reason"),
        Column::text("Type"),
        Column::number("Size"),
    ];
    if with_children {
        columns.push(Column::number("Probable platforms"));
        columns.push(Column::number("Their size"));
    }
    columns.push(Column::text("Pushed (UTC)"));
    columns.push(Column::text("Last pull (UTC)"));
    let table = Table::new("candidates", "Candidates, largest first", columns, rows.collect());
    Some(table.keys(2..3).first_of(cleanup.all_candidates().images))
}
