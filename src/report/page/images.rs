//! How old the images are, when they were last pulled, and their statuses.

use super::{Chart, Section};
use crate::report::figures::{Bucket, Figures};
use crate::report::svg::{self, Bar};
use crate::report::table::{Column, Table, Value, grouped};

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
            "Time counts back from the capture. No pull recorded means that the image was never pulled, or not since the \
             service began to record pulls."
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
    let columns = vec![Column::text("Time"), Column::number("Images"), Column::number("Size")];
    Table::new(id, caption, columns, buckets.iter().map(row).collect()).folded()
}

/// Images by status.
pub(super) fn statuses(figures: &Figures) -> Section<'_> {
    let rows = figures.statuses.iter().map(|count| {
        let name = count.name.as_deref().unwrap_or("absent (counts as ACTIVE)");
        vec![Value::text(name), Value::Count(count.images), Value::Bytes(count.bytes)]
    });
    let columns = vec![Column::text("Status"), Column::bar("Images"), Column::number("Size")];
    let table = Table::new("status", "Images by status", columns, rows.collect());
    Section { id: "statuses", heading: "Status", tables: vec![table], ..Section::default() }
}
