//! The figures one per line, for a spreadsheet to pivot: those of every snapshot, then those of each
//! repository of the last one.

use std::io::{self, Write};

use super::figures::{Figures, RepositoryKey, severity_key};
use crate::model::{Instant, Severity};
use crate::store::read::figures::Severities;
use crate::tabular::{Cell, Column, Format, Rows, rows};

/// Print them.
pub(super) fn write(figures: &Figures, out: &mut dyn Write) -> io::Result<()> {
    let columns = vec![
        Column::text("snapshot", "SNAPSHOT"),
        Column::text("capturedAt", "CAPTURED"),
        Column::text("registryId", "REGISTRY"),
        Column::text("repositoryName", "REPOSITORY"),
        Column::text("region", "REGION"),
        Column::text("figure", "FIGURE"),
        Column::number("value", "VALUE"),
    ];
    let mut printer = rows(Format::Csv, columns, out);
    for point in &figures.snapshots {
        let of = Of { snapshot: &point.snapshot, captured_at: point.captured_at, repository: None };
        let totals = [
            ("repositories", point.repositories),
            ("images", point.totals.images),
            ("tagged", point.totals.tagged),
            ("untagged", point.totals.untagged),
            ("archived", point.totals.archived),
            ("bytes", point.totals.bytes),
            ("imagesWithCounts", point.totals.counted),
            ("incompleteRepositories", point.incomplete.len() as u64),
            ("missingRepositories", point.missing.len() as u64),
        ];
        of.print(&mut *printer, &totals)?;
        of.print(&mut *printer, &by_severity(&point.totals.findings))?;
    }
    let Some(last) = figures.last() else { return printer.finish() };
    let of = |repository| Of { snapshot: &last.snapshot, captured_at: last.captured_at, repository };
    for repository in &figures.repositories {
        let of = of(Some(&repository.place));
        let totals = [
            ("images", repository.totals.images),
            ("tagged", repository.totals.tagged),
            ("untagged", repository.totals.untagged),
            ("archived", repository.totals.archived),
            ("bytes", repository.totals.bytes),
            ("indexBytes", repository.index_bytes),
            ("imagesWithCounts", repository.totals.counted),
            ("untaggedAloneImages", repository.untagged_alone.images),
            ("untaggedAloneBytes", repository.untagged_alone.bytes),
            ("staleImages", repository.stale.images),
            ("staleBytes", repository.stale.bytes),
            ("taggedUnscanned", repository.tagged_unscanned),
            ("taggedScanStale", repository.tagged_scan_stale),
        ];
        of.print(&mut *printer, &totals)?;
        of.print(&mut *printer, &by_severity(&repository.totals.findings))?;
    }
    printer.finish()
}

/// What a line describes: a snapshot, or a repository of it.
struct Of<'f> {
    snapshot: &'f str,
    captured_at: Instant,
    repository: Option<&'f RepositoryKey>,
}

impl Of<'_> {
    fn print(&self, printer: &mut dyn Rows, figures: &[(&str, u64)]) -> io::Result<()> {
        let text = |text: &'_ String| Cell::text(text.clone());
        for (figure, value) in figures {
            printer.row(&[
                Cell::text(self.snapshot),
                Cell::Instant(self.captured_at),
                Cell::of(self.repository, |place| text(&place.registry_id)),
                Cell::of(self.repository, |place| text(&place.repository_name)),
                Cell::of(self.repository.and_then(|place| place.region.as_ref()), text),
                Cell::text(*figure),
                Cell::count(*value),
            ])?;
        }
        Ok(())
    }
}

fn by_severity(findings: &Severities) -> [(&'static str, u64); 6] {
    Severity::ALL.map(|severity| {
        let name = match severity_key(severity) {
            "critical" => "findingsCritical",
            "high" => "findingsHigh",
            "medium" => "findingsMedium",
            "low" => "findingsLow",
            "informational" => "findingsInformational",
            _ => "findingsUndefined",
        };
        (name, findings.get(severity))
    })
}
