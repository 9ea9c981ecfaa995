//! How old the images are, when they were last pulled, which could go, and their statuses.

use super::{Chart, Section, caption, days, name};
use crate::report::figures::{Bucket, Cleanup, Figures, Share};
use crate::report::svg::{self, Bar};
use crate::report::table::{Column, Table, Value, grouped};
use crate::tabular::size;

/// The histograms of ages and pulls.
pub(super) fn ages(figures: &Figures) -> Section<'_> {
    let bars = |buckets: &[Bucket], id, title| {
        let bars: Vec<Bar<'_>> = buckets
            .iter()
            .map(|bucket| Bar {
                label: bucket.label,
                value: bucket.images as f64,
                text: grouped(bucket.images),
                class: if bucket.from_days.is_some() { "s1" } else { "none" },
            })
            .collect();
        let said = buckets.iter().map(|bucket| format!("{}: {}.", bucket.label, grouped(bucket.images)));
        Chart { title, svg: svg::bars(id, title, &said.collect::<Vec<_>>().join(" "), &bars) }
    };
    let charts = vec![
        bars(&figures.ages, "chart-ages", "Images by time since push"),
        bars(&figures.pulls, "chart-pulls", "Images by time since last pull"),
    ];
    Section {
        id: "ages",
        heading: "Age and use",
        notes: vec![
            "Time counts back from the capture. A pull is known where the service recorded one; no record means never \
             pulled, or pulled before records began."
                .to_owned(),
        ],
        charts,
        tables: vec![
            histogram("ages-numbers", "Numbers: images by time since push", &figures.ages),
            histogram("pulls-numbers", "Numbers: images by time since last pull", &figures.pulls),
        ],
    }
}

fn histogram<'f>(id: &'static str, caption: &str, buckets: &'f [Bucket]) -> Table<'f> {
    let row =
        |bucket: &'f Bucket| vec![Value::text(bucket.label), Value::Count(bucket.images), Value::Bytes(bucket.bytes)];
    Table {
        id,
        caption: caption.to_owned(),
        columns: vec![Column::text("Time"), Column::number("Images"), Column::number("Size")],
        rows: buckets.iter().map(row).collect(),
        folded: true,
    }
}

/// What could be deleted, and how much it would free.
pub(super) fn cleanup(figures: &Figures) -> Section<'_> {
    let cleanup = &figures.cleanup;
    let limit = days(figures.stale_after_days);
    let row = |what: String, share: &Share, then: &'static str| {
        let own = share.bytes.saturating_sub(share.index_bytes);
        vec![
            Value::text(what),
            Value::Count(share.images),
            Value::Bytes(share.bytes),
            Value::Bytes(own),
            Value::text(then),
        ]
    };
    let rows = vec![
        row("Untagged, no image index in the repository".to_owned(), &cleanup.untagged_alone, "candidates"),
        row(format!("Tagged, not pulled for {limit}"), &cleanup.stale_pulled, "candidates"),
        row(
            format!("Tagged, no pull recorded, pushed more than {limit} ago"),
            &cleanup.stale_never_pulled,
            "candidates, if pulls are recorded",
        ),
        row(
            "Untagged, beside an image index".to_owned(),
            &cleanup.untagged_beside_index,
            "may be platforms of an image index",
        ),
        row("Untagged, attached to an image".to_owned(), &cleanup.untagged_attached, "signatures and the like, in use"),
    ];
    let columns = vec![
        Column::text("What"),
        Column::number("Images"),
        Column::bar("Size"),
        Column::number("Size without indexes"),
        Column::text("Then"),
    ];
    let kinds = Table { id: "kinds", caption: "What could be deleted".to_owned(), columns, rows, folded: false };
    let candidates = [&cleanup.untagged_alone, &cleanup.stale_pulled, &cleanup.stale_never_pulled];
    let own = candidates.iter().map(|share| share.bytes.saturating_sub(share.index_bytes)).fold(0, u64::saturating_add);
    let images: u64 = candidates.iter().map(|share| share.images).sum();
    let mut tables = vec![kinds];
    tables.extend(stale(figures));
    Section {
        id: "cleanup",
        heading: "What could be deleted",
        notes: vec![
            format!(
                "{} candidates take up to {}. Deleting them frees at most that: layers that other images share stay.",
                grouped(images),
                size(own)
            ),
            "Untagged images may be platforms of an image index. The API does not say which images an index has, so \
             those beside one are no candidates here. Archived images are left out."
                .to_owned(),
        ],
        charts: Vec::new(),
        tables,
    }
}

fn stale(figures: &Figures) -> Option<Table<'_>> {
    let Cleanup { largest_stale: images, stale_pulled, stale_never_pulled, .. } = &figures.cleanup;
    let all = stale_pulled.images + stale_never_pulled.images;
    if images.is_empty() {
        return None;
    }
    let rows = images.iter().map(|image| {
        vec![
            name(figures, &image.place),
            Value::tags(&image.image_tags),
            Value::Digest(&image.image_digest),
            Value::Bytes(image.bytes),
            Value::of(image.pushed_at, Value::Instant),
            Value::of(image.pulled_at, Value::Instant),
        ]
    });
    let columns = vec![
        Column::text("Repository"),
        Column::text("Tags"),
        Column::text("Digest"),
        Column::number("Size"),
        Column::text("Pushed (UTC)"),
        Column::text("Last pull (UTC)"),
    ];
    let caption = caption("Largest stale images", images.len(), all as usize);
    Some(Table { id: "stale", caption, columns, rows: rows.collect(), folded: false })
}

/// Images by status.
pub(super) fn statuses(figures: &Figures) -> Section<'_> {
    let rows = figures.statuses.iter().map(|count| {
        let name = count.name.as_deref().unwrap_or("not said (counts as ACTIVE)");
        vec![Value::text(name), Value::Count(count.images), Value::Bytes(count.bytes)]
    });
    let columns = vec![Column::text("Status"), Column::bar("Images"), Column::number("Size")];
    let table =
        Table { id: "status", caption: "Images by status".to_owned(), columns, rows: rows.collect(), folded: false };
    Section { id: "statuses", heading: "Status", tables: vec![table], ..Section::default() }
}
