//! How the totals went from snapshot to snapshot.

use super::{Chart, Section};
use crate::report::figures::{Figures, Point};
use crate::report::svg::{Lines, Series};
use crate::report::table::{Column, Table, Value, grouped};
use crate::store::read::figures::Severity;
use crate::tabular;

/// Lines over the span; none where there is one snapshot alone.
pub(super) fn trends(figures: &Figures) -> Option<Section<'_>> {
    let (first, last) = (figures.first()?, figures.last()?);
    let points = &figures.snapshots;
    let times: Vec<i64> = points.iter().map(|point| point.captured_at.micros()).collect();
    let doubtful: Vec<bool> = points.iter().map(|point| !point.incomplete.is_empty()).collect();
    let series = |name, class, of: &dyn Fn(&Point) -> u64| Series {
        name,
        class,
        values: points.iter().map(|point| of(point) as f64).collect(),
    };
    let draw = |id, title, series: Vec<Series>, label: fn(f64) -> String| {
        let description = described(&series, label);
        let lines = Lines { id, title, description, times: &times, doubtful: &doubtful, series, label };
        Chart { title, svg: lines.draw() }
    };
    let finding = |name, class, severity: Severity| series(name, class, &|point| point.findings.get(severity));
    let charts = vec![
        draw(
            "chart-images",
            "Images",
            vec![
                series("all", "s1", &|point| point.images),
                series("tagged", "s2", &|point| point.tagged),
                series("untagged", "s3", &|point| point.untagged),
            ],
            count,
        ),
        draw("chart-bytes", "Size", vec![series("size", "s1", &|point| point.bytes)], size),
        draw(
            "chart-severe",
            "Critical and high findings",
            vec![finding("critical", "critical", Severity::Critical), finding("high", "high", Severity::High)],
            count,
        ),
        draw(
            "chart-findings",
            "Other findings",
            vec![
                finding("medium", "medium", Severity::Medium),
                finding("low", "low", Severity::Low),
                finding("informational", "info", Severity::Informational),
                finding("other", "other", Severity::Other),
            ],
            count,
        ),
    ];
    let mut notes = Vec::new();
    let stopped = doubtful.iter().filter(|doubtful| **doubtful).count();
    if stopped > 0 {
        notes.push(format!(
            "A dashed upright marks a snapshot with a capture that stopped early ({stopped} of {}): what it did not see is missing from its totals.",
            points.len()
        ));
    }
    if first.counted != last.counted {
        notes.push(format!(
            "Findings follow what was scanned: {} images had counts at the start, {} at the end.",
            grouped(first.counted),
            grouped(last.counted)
        ));
    }
    Some(Section { id: "trends", heading: "Trends", notes, charts, tables: vec![numbers(points)] })
}

/// The numbers behind the charts.
fn numbers(points: &[Point]) -> Table<'_> {
    let rows = points.iter().map(|point| {
        let mut row = vec![
            Value::text(point.snapshot.as_str()),
            Value::Instant(point.captured_at),
            Value::Count(point.repositories),
            Value::Count(point.images),
            Value::Count(point.tagged),
            Value::Count(point.untagged),
            Value::Count(point.archived),
            Value::Bytes(point.bytes),
            Value::Count(point.counted),
        ];
        row.extend(Severity::ALL.map(|severity| Value::Count(point.findings.get(severity))));
        row.push(Value::some(point.incomplete.len() as u64));
        row
    });
    let titles = [
        "Repositories",
        "Images",
        "Tagged",
        "Untagged",
        "Archived",
        "Size",
        "With counts",
        "Critical",
        "High",
        "Medium",
        "Low",
        "Informational",
        "Other",
        "Stopped early",
    ];
    let columns = [Column::text("Snapshot"), Column::text("Captured (UTC)")];
    Table {
        id: "numbers",
        caption: "The numbers of every snapshot".to_owned(),
        columns: columns.into_iter().chain(titles.map(Column::number)).collect(),
        rows: rows.collect(),
        folded: true,
    }
}

/// A chart for those who do not see it.
fn described(series: &[Series], label: fn(f64) -> String) -> String {
    let one = |series: &Series| {
        let (first, last) = (series.values.first().copied()?, series.values.last().copied()?);
        let least = series.values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = series.values.iter().copied().fold(0.0, f64::max);
        Some(format!(
            "{}: from {} to {}, at least {}, at most {}.",
            series.name,
            label(first),
            label(last),
            label(least),
            label(most)
        ))
    };
    series.iter().filter_map(one).collect::<Vec<_>>().join(" ")
}

fn count(value: f64) -> String {
    grouped(value as u64)
}

/// A size at an axis, where the marks are round: `2 TB` rather than `2.00 TB`.
fn size(value: f64) -> String {
    tabular::size(value as u64).replace(".00 ", " ")
}
