//! What changed within the span: tags that moved, and the churn of each month.

use super::{Section, counted, name};
use crate::report::figures::{Figures, MovedTag, TagKind};
use crate::report::table::{Column, Table, Value};

/// Tags that moved; none for a single snapshot.
pub(super) fn moves(figures: &Figures) -> Option<Section<'_>> {
    figures.first()?;
    let moves = &figures.moves;
    let mut section = Section { id: "moves", heading: "Tags that moved", ..Section::default() };
    if moves.tags.is_empty() {
        section.notes.push("No tag moved from one image to another between these snapshots.".to_owned());
        return Some(section);
    }
    section.notes.push(format!(
        "The snapshots show {} of {}. A move lies between two captures; a tag that moved and moved back between them is \
         not seen.",
        counted(moves.times, "move", "moves"),
        counted(moves.tags.len() as u64, "tag", "tags")
    ));
    let releases = moves.tags.iter().filter(|tag| tag.kind == TagKind::Release).count() as u64;
    if releases > 0 {
        section.notes.push(format!(
            "{} moved. A release tag is a full version such as v1.4.2: who pulls it expects one image for ever.",
            counted(releases, "release tag", "release tags")
        ));
    }
    let kind = |kind| match kind {
        TagKind::Release => "release",
        TagKind::Other => "other",
        TagKind::Floating => "floating",
    };
    let names = moves.names.iter().map(|name| {
        vec![
            Value::text(name.image_tag.as_str()),
            Value::text(kind(name.kind)),
            Value::Count(name.repositories),
            Value::Count(name.times),
            Value::Instant(name.by_captured_at),
        ]
    });
    let columns = vec![
        Column::text("Tag"),
        Column::text("Kind"),
        Column::number("Repositories"),
        Column::bar("Moves"),
        Column::text("Last seen to move (UTC)"),
    ];
    section.tables.push(Table::new("moved-names", "Moves by tag name, release tags first", columns, names.collect()));
    let caption = "Tags that moved, release tags first, then the latest";
    section.tables.extend(moved_table(figures, "moved", caption, |kind| kind != TagKind::Floating));
    let caption = "Tags that follow the newest build (latest, main, ...), the latest move first";
    let floating = moved_table(figures, "moved-floating", caption, |kind| kind == TagKind::Floating);
    section.tables.extend(floating.map(Table::folded));
    Some(section)
}

/// The moved tags of some kinds; `None` if there are none.
fn moved_table<'f>(
    figures: &'f Figures,
    id: &'static str,
    caption: &str,
    wanted: fn(TagKind) -> bool,
) -> Option<Table<'f>> {
    let tags = figures.moves.tags.iter().filter(|tag| wanted(tag.kind));
    let rows: Vec<_> = tags.map(|tag| moved(figures, tag)).collect();
    (!rows.is_empty()).then(|| Table::new(id, caption, moved_columns(), rows).keys(0..2))
}

fn moved<'f>(figures: &Figures, tag: &'f MovedTag) -> Vec<Value<'f>> {
    vec![
        name(figures, &tag.place),
        Value::text(tag.image_tag.as_str()),
        Value::Count(tag.times),
        Value::Digest(&tag.from),
        Value::Digest(&tag.to),
        Value::text(tag.after.as_str()),
        Value::text(tag.by.as_str()),
    ]
}

fn moved_columns() -> Vec<Column> {
    vec![
        Column::text("Repository"),
        Column::text("Tag"),
        Column::number("Moves"),
        Column::text("Last from"),
        Column::text("Last to"),
        Column::text("After snapshot"),
        Column::text("By snapshot"),
    ]
}

/// What happened in each month; none for a single snapshot.
pub(super) fn churn(figures: &Figures) -> Option<Section<'_>> {
    figures.first()?;
    let mut section = Section { id: "churn", heading: "Changes by month", ..Section::default() };
    if figures.churn.is_empty() {
        section.notes.push("No image was pushed or deleted, and no tag moved, between these snapshots.".to_owned());
        return Some(section);
    }
    section.notes.push(
        "An image counts as pushed in the month of its push. A deletion or a move counts in the month of the capture \
         that shows it. An image that was pushed and deleted between two captures is not seen."
            .to_owned(),
    );
    if figures.churn.iter().any(|month| month.deleted_or_archived > 0) {
        section.notes.push(
            "Deleted or archived: the image is no longer shown, by a capture that excluded archived images.".to_owned(),
        );
    }
    let rows = figures.churn.iter().map(|month| {
        vec![
            Value::text(month.month.as_str()),
            Value::Count(month.pushed),
            Value::Count(month.deleted),
            Value::Count(month.deleted_or_archived),
            Value::Count(month.moved),
        ]
    });
    let columns = vec![
        Column::text("Month"),
        Column::bar("Images pushed"),
        Column::bar("Images deleted"),
        Column::bar("Deleted or archived"),
        Column::bar("Tag moves"),
    ];
    section.tables.push(Table::new(
        "months",
        "Images pushed and deleted, and tags moved, by month",
        columns,
        rows.collect(),
    ));
    Some(section)
}
