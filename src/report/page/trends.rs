//! The totals from snapshot to snapshot.

use super::{Chart, Section, counted};
use crate::model::Severity;
use crate::report::figures::{Figures, Point};
use crate::report::svg::{Lines, Series};
use crate::report::table::{Column, Table, Value, grouped};
use crate::tabular::{self, whole_seconds};

/// Lines over the span; none for a single snapshot.
pub(super) fn trends(figures: &Figures) -> Option<Section<'_>> {
    let (first, last) = (figures.first()?, figures.last()?);
    let points = &figures.snapshots;
    let times: Vec<i64> = points.iter().map(|point| point.captured_at.micros()).collect();
    let marks: Vec<String> = points.iter().map(mark).collect();
    let names: Vec<String> =
        points.iter().map(|point| format!("{}, {} UTC", point.snapshot, whole_seconds(point.captured_at))).collect();
    let series = |name, class, of: &dyn Fn(&Point) -> u64| Series {
        name,
        class,
        values: points.iter().map(|point| of(point) as f64).collect(),
    };
    let draw = |id, title, series: Vec<Series>, (label, whole): (Label, Label)| {
        let description = described(&series, whole);
        let lines = Lines { id, title, description, times: &times, names: &names, marks: &marks, series, label, whole };
        Chart { title, svg: lines.draw() }
    };
    let finding = |name, class, severity: Severity| series(name, class, &|point| point.totals.findings.get(severity));
    let charts = vec![
        draw(
            "chart-images",
            "Images",
            vec![
                series("all", "s1", &|point| point.totals.images),
                series("tagged", "s2", &|point| point.totals.tagged),
                series("untagged", "s3", &|point| point.totals.untagged),
            ],
            COUNTS,
        ),
        draw("chart-bytes", "Size", vec![series("size", "s1", &|point| point.totals.bytes)], SIZES),
        draw(
            "chart-severe",
            "Critical and high findings",
            vec![finding("critical", "critical", Severity::Critical), finding("high", "high", Severity::High)],
            COUNTS,
        ),
        draw(
            "chart-findings",
            "Other findings",
            vec![
                finding("medium", "medium", Severity::Medium),
                finding("low", "low", Severity::Low),
                finding("informational", "info", Severity::Informational),
                finding("undefined", "undefined", Severity::Other),
            ],
            COUNTS,
        ),
    ];
    let mut notes = Vec::new();
    let marked = marks.iter().filter(|mark| !mark.is_empty()).count();
    if marked > 0 {
        let explained: Vec<String> = MARKS
            .iter()
            .filter_map(|(letter, what, applies)| {
                let count = points.iter().filter(|point| applies(point)).count() as u64;
                (count > 0).then(|| format!("{letter}, {what} ({count})"))
            })
            .collect();
        notes.push(format!(
            "A dashed vertical line marks {} whose totals cannot be compared with the others: {}.",
            counted(marked as u64, "snapshot", "snapshots"),
            explained.join("; ")
        ));
    }
    if first.totals.counted != last.totals.counted {
        notes.push(format!(
            "Findings follow what was scanned: {} images had counts at the start, {} at the end.",
            grouped(first.totals.counted),
            grouped(last.totals.counted)
        ));
    }
    Some(Section { id: "trends", heading: "Trends", notes, charts, tables: vec![numbers(points)] })
}

/// A letter for charts, what it means, and whether it applies to a snapshot.
type Mark = (char, &'static str, fn(&Point) -> bool);

/// Why the totals of a snapshot cannot be compared with the others.
const MARKS: [Mark; 3] = [
    ('S', "a capture stopped early", |point| !point.incomplete.is_empty()),
    ('F', "a capture had another filter than the last one", |point| point.other_filter),
    ('R', "repositories are missing that the snapshots before and after have", |point| !point.missing.is_empty()),
];

/// The letters of a snapshot; empty if its totals can be compared with the others.
fn mark(point: &Point) -> String {
    MARKS.iter().filter(|(_, _, applies)| applies(point)).map(|(letter, _, _)| *letter).collect()
}

/// The numbers behind the charts.
fn numbers(points: &[Point]) -> Table<'_> {
    let rows = points.iter().map(|point| {
        let mut row = vec![
            Value::text(point.snapshot.as_str()),
            Value::Instant(point.captured_at),
            Value::Count(point.repositories),
            Value::Count(point.totals.images),
            Value::Count(point.totals.tagged),
            Value::Count(point.totals.untagged),
            Value::Count(point.totals.archived),
            Value::Bytes(point.totals.bytes),
            Value::Count(point.totals.counted),
        ];
        row.extend(Severity::ALL.map(|severity| Value::Count(point.totals.findings.get(severity))));
        row.push(Value::some(point.incomplete.len() as u64));
        row.push(Value::some(point.missing.len() as u64));
        row.push(Value::of(point.other_filter.then_some("yes"), Value::text));
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
        "Undefined",
        "Stopped early",
        "Repositories missing",
    ];
    let columns = [Column::text("Snapshot"), Column::text("Captured (UTC)")];
    let columns = columns.into_iter().chain(titles.map(Column::number)).chain([Column::text("Other filter")]);
    Table::new("numbers", "Numbers: every snapshot", columns.collect(), rows.collect()).folded()
}

/// A chart in words, for screen readers.
fn described(series: &[Series], label: Label) -> String {
    let one = |series: &Series| {
        let (first, last) = (series.values.first().copied()?, series.values.last().copied()?);
        let lowest = series.values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = series.values.iter().copied().fold(0.0, f64::max);
        Some(format!(
            "{}: from {} to {}, at least {}, at most {}.",
            series.name,
            label(first),
            label(last),
            label(lowest),
            label(most)
        ))
    };
    series.iter().filter_map(one).collect::<Vec<_>>().join(" ")
}

/// How a value is written.
type Label = fn(f64) -> String;

/// Counts at an axis, and in full.
const COUNTS: (Label, Label) = (short_count, |value| grouped(value as u64));

/// Sizes at an axis, and in full.
const SIZES: (Label, Label) = (short_size, |value| tabular::size(value as u64));

/// A count at an axis, whose marks are round: `400k` rather than `400,000`.
fn short_count(value: f64) -> String {
    let units = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
    match units.into_iter().find(|(unit, _)| value >= *unit) {
        Some((unit, letter)) => format!("{}{letter}", value / unit),
        None => value.to_string(),
    }
}

/// A size at an axis, whose marks are round: `2 TB` rather than `2.00 TB`.
fn short_size(value: f64) -> String {
    tabular::size(value as u64).replace(".00 ", " ")
}

#[cfg(test)]
mod tests {
    use super::{short_count, short_size};

    #[test]
    fn marks_are_short() {
        for (value, text) in [(0.0, "0"), (7.0, "7"), (2500.0, "2.5k"), (400_000.0, "400k"), (2e6, "2M")] {
            assert_eq!(short_count(value), text);
        }
        for (value, text) in [(0.0, "0 B"), (2e12, "2 TB"), (2.5e9, "2.50 GB")] {
            assert_eq!(short_size(value), text);
        }
    }
}
