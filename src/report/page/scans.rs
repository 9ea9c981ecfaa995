//! Findings, and images of which no findings are known.

use super::{Chart, Section, counted, days, identity, name};
use crate::model::Severity;
use crate::report::figures::{Figures, Image, Repository, Scans};
use crate::report::svg::{self, Bar};
use crate::report::table::{Column, Table, Value, grouped};
use crate::store::read::figures::Severities;

const TITLES: [&str; 6] = ["Critical", "High", "Medium", "Low", "Informational", "Undefined"];

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
    let findings = figures.last().map(|last| last.totals.findings).unwrap_or_default();
    let classes = ["critical", "high", "medium", "low", "info", "undefined"];
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
         counts is in no sum. Undefined is every severity other than the five named ones, such as UNTRIAGED."
            .to_owned(),
    ];
    if scans.indexes_without_counts > 0 {
        notes.push(format!(
            "{} of the images without counts are image indexes: the service scans only the images they refer to.",
            grouped(scans.indexes_without_counts)
        ));
    }
    let limit = days(figures.scan_stale_after_days);
    notes.push(format!(
        "{} no scan result, and the last scan of {} is older than {limit}. Image indexes and archived images are not \
         counted here.",
        match scans.tagged_unscanned {
            1 => "1 tagged image has".to_owned(),
            images => format!("{} tagged images have", grouped(images)),
        },
        counted(scans.tagged_scan_stale, "tagged image", "tagged images"),
    ));
    let mut tables = Vec::new();
    tables.extend(worst_repositories(figures));
    tables.extend(worst_images(figures));
    tables.extend(uncovered(figures, &limit));
    tables.extend(images_by_scan(
        figures,
        ("unscanned", "Tagged images without a scan result, pushed last first".to_owned()),
        (&scans.unscanned_images, scans.tagged_unscanned),
    ));
    tables.extend(images_by_scan(
        figures,
        ("scan-stale", format!("Tagged images whose last scan is older than {limit}, the oldest scan first")),
        (&scans.scan_stale_images, scans.tagged_scan_stale),
    ));
    tables.push(statuses(figures));
    Section { id: "scans", heading: "Findings", notes, charts, tables }
}

fn worst_repositories(figures: &Figures) -> Option<Table<'_>> {
    let mut worst: Vec<&Repository> =
        figures.repositories.iter().filter(|repository| repository.totals.findings.total() > 0).collect();
    if worst.is_empty() {
        return None;
    }
    worst.sort_by_key(|repository| std::cmp::Reverse(repository.totals.findings));
    let rows: Vec<_> = worst
        .into_iter()
        .map(|repository| {
            let mut row = vec![name(figures, &repository.place)];
            row.extend(numbers(&repository.totals.findings));
            let part = repository.totals.counted as f64 / repository.totals.images.max(1) as f64;
            row.push(Value::Share(part));
            row
        })
        .collect();
    let columns = [Column::text("Repository")].into_iter().chain(TITLES.map(Column::number));
    let columns = columns.chain([Column::number("Images with counts")]).collect();
    Some(Table::new("worst-repositories", "Repositories by findings, the worst first", columns, rows))
}

fn worst_images(figures: &Figures) -> Option<Table<'_>> {
    let Scans { worst_images: images, with_findings: all, .. } = &figures.scans;
    if images.is_empty() {
        return None;
    }
    let rows = images.iter().map(|image| {
        let mut row = identity(figures, image);
        row.extend(numbers(&image.findings));
        row
    });
    let columns = [Column::text("Repository"), Column::text("Tags"), Column::text("Digest")];
    let columns = columns.into_iter().chain(TITLES.map(Column::number)).collect();
    let table = Table::new("worst-images", "Images by findings, the worst first", columns, rows.collect());
    Some(table.keys(2..3).first_of(*all))
}

/// Repositories with tagged images of which no scan, or only a stale one, is known.
fn uncovered<'f>(figures: &'f Figures, limit: &str) -> Option<Table<'f>> {
    let lacking = |repository: &&Repository| repository.tagged_unscanned + repository.tagged_scan_stale > 0;
    let mut repositories: Vec<&Repository> = figures.repositories.iter().filter(lacking).collect();
    if repositories.is_empty() {
        return None;
    }
    repositories
        .sort_by_key(|repository| std::cmp::Reverse((repository.tagged_unscanned, repository.tagged_scan_stale)));
    let rows = repositories.into_iter().map(|repository| {
        vec![
            name(figures, &repository.place),
            Value::Count(repository.totals.tagged),
            Value::Count(repository.tagged_unscanned),
            Value::Count(repository.tagged_scan_stale),
            Value::of(repository.oldest_scan, Value::Instant),
        ]
    });
    let columns = vec![
        Column::text("Repository"),
        Column::number("Tagged images"),
        Column::bar("Without a scan result"),
        Column::bar("With a stale scan"),
        Column::text("Oldest last scan (UTC)"),
    ];
    let caption = format!("Repositories with tagged images without a scan result, or with one older than {limit}");
    Some(Table::new("scan-gaps", caption, columns, rows.collect()))
}

fn images_by_scan<'f>(
    figures: &'f Figures,
    (id, caption): (&'static str, String),
    (images, all): (&'f [Image], u64),
) -> Option<Table<'f>> {
    if images.is_empty() {
        return None;
    }
    let rows = images.iter().map(|image| {
        let mut row = identity(figures, image);
        row.push(Value::Bytes(image.bytes));
        row.push(Value::of(image.pushed_at, Value::Instant));
        row.push(Value::of(image.scanned_at, Value::Instant));
        row
    });
    let columns = vec![
        Column::text("Repository"),
        Column::text("Tags"),
        Column::text("Digest"),
        Column::number("Size"),
        Column::text("Pushed (UTC)"),
        Column::text("Last scan (UTC)"),
    ];
    Some(Table::new(id, caption, columns, rows.collect()).keys(2..3).first_of(all))
}

fn numbers(findings: &Severities) -> [Value<'static>; 6] {
    Severity::ALL.map(|severity| Value::Count(findings.get(severity)))
}

fn statuses(figures: &Figures) -> Table<'_> {
    let rows = figures.scans.statuses.iter().map(|count| {
        let name = count.name.as_deref().unwrap_or("no status");
        vec![Value::text(name), Value::Count(count.images)]
    });
    let columns = vec![Column::text("Scan status"), Column::number("Images")];
    Table::new("scan-status", "Numbers: images by scan status", columns, rows.collect()).folded()
}
