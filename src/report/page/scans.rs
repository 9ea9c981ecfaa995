//! What is known of findings, and what is not.

use super::{Chart, SHOWN, Section, caption, name};
use crate::model::Severity;
use crate::report::figures::{Figures, Repository, Scans};
use crate::report::svg::{self, Bar};
use crate::report::table::{Column, Table, Value, grouped};
use crate::store::read::figures::Severities;

const TITLES: [&str; 6] = ["Critical", "High", "Medium", "Low", "Informational", "Other"];

/// Coverage, the worst repositories and images.
pub(super) fn scans(figures: &Figures) -> Section<'_> {
    let scans = &figures.scans;
    let coverage = [
        ("findings", scans.with_findings, "s1"),
        ("nothing found", scans.nothing_found, "s2"),
        ("scan running", scans.pending, "none"),
        ("scan failed", scans.failed, "high"),
        ("no counts saved", scans.no_counts, "none"),
        ("not scanned", scans.not_scanned, "none"),
    ];
    let bar = |(label, images, class)| Bar { label, value: images as f64, text: grouped(images), class };
    let said: Vec<String> =
        coverage.iter().map(|(label, images, _)| format!("{label}: {}.", grouped(*images))).collect();
    let findings = figures.last().map(|last| last.findings).unwrap_or_default();
    let classes = ["critical", "high", "medium", "low", "info", "other"];
    let by_severity: Vec<Bar<'_>> = Severity::ALL
        .into_iter()
        .zip(TITLES.into_iter().zip(classes))
        .map(|(severity, (label, class))| bar((label, findings.get(severity), class)))
        .collect();
    let said_of_severity: Vec<String> = by_severity.iter().map(|bar| format!("{}: {}.", bar.label, bar.text)).collect();
    let chart = |id, title, said: &[String], bars: &[Bar<'_>]| Chart {
        title,
        svg: svg::bars(id, title, &said.join(" "), bars),
    };
    let charts = vec![
        chart("chart-coverage", "Images by what their scan says", &said, &coverage.map(bar)),
        chart("chart-severities", "Findings by severity", &said_of_severity, &by_severity),
    ];
    let mut notes = vec![
        "Findings are counted for each image, so one vulnerability in ten images counts ten times. An image without \
         counts is in no sum."
            .to_owned(),
    ];
    if scans.indexes_without_counts > 0 {
        notes.push(format!(
            "{} of the images without counts are image indexes: only what they point at is scanned.",
            grouped(scans.indexes_without_counts)
        ));
    }
    let mut tables = Vec::new();
    tables.extend(worst_repositories(figures));
    tables.extend(worst_images(figures));
    tables.push(statuses(figures));
    Section { id: "scans", heading: "Findings", notes, charts, tables }
}

fn worst_repositories(figures: &Figures) -> Option<Table<'_>> {
    let mut worst: Vec<&Repository> =
        figures.repositories.iter().filter(|repository| repository.findings.total() > 0).collect();
    if worst.is_empty() {
        return None;
    }
    worst.sort_by_key(|repository| std::cmp::Reverse(repository.findings));
    let all = worst.len();
    worst.truncate(SHOWN);
    let rows: Vec<_> = worst
        .into_iter()
        .map(|repository| {
            let mut row = vec![name(figures, &repository.place)];
            row.extend(numbers(&repository.findings));
            let part = repository.counted as f64 / repository.images.max(1) as f64;
            row.push(Value::Share(part));
            row
        })
        .collect();
    let columns = [Column::text("Repository")].into_iter().chain(TITLES.map(Column::number));
    Some(Table {
        id: "worst-repositories",
        caption: caption("Repositories by findings, the worst first", rows.len(), all),
        columns: columns.chain([Column::number("Images with counts")]).collect(),
        rows,
        folded: false,
    })
}

fn worst_images(figures: &Figures) -> Option<Table<'_>> {
    let Scans { worst_images: images, with_findings: all, .. } = &figures.scans;
    if images.is_empty() {
        return None;
    }
    let rows = images.iter().map(|image| {
        let mut row =
            vec![name(figures, &image.place), Value::tags(&image.image_tags), Value::Digest(&image.image_digest)];
        row.extend(numbers(&image.findings));
        row
    });
    let columns = [Column::text("Repository"), Column::text("Tags"), Column::text("Digest")];
    Some(Table {
        id: "worst-images",
        caption: caption("Images by findings, the worst first", images.len(), *all as usize),
        columns: columns.into_iter().chain(TITLES.map(Column::number)).collect(),
        rows: rows.collect(),
        folded: false,
    })
}

fn numbers(findings: &Severities) -> [Value<'static>; 6] {
    Severity::ALL.map(|severity| Value::Count(findings.get(severity)))
}

fn statuses(figures: &Figures) -> Table<'_> {
    let rows = figures.scans.statuses.iter().map(|count| {
        let name = count.name.as_deref().unwrap_or("no status");
        vec![Value::text(name), Value::Count(count.images)]
    });
    Table {
        id: "scan-status",
        caption: "Numbers: images by scan status".to_owned(),
        columns: vec![Column::text("Scan status"), Column::number("Images")],
        rows: rows.collect(),
        folded: true,
    }
}
