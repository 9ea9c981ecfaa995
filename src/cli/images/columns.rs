//! What is shown of an image and of a group: few columns for people, all of them for machines.

use crate::model::{Detail, Severity};
use crate::store::read::search::{Counted, Group, Image};
use crate::tabular::{Cell, Column, Format};

/// A column and what stands in it.
pub(super) struct ImageColumn {
    pub(super) head: Column,
    pub(super) cell: for<'i> fn(&'i Image) -> Cell<'i>,
}

fn text(key: &'static str, title: &'static str, cell: for<'i> fn(&'i Image) -> Cell<'i>) -> ImageColumn {
    ImageColumn { head: Column::text(key, title), cell }
}

fn number(key: &'static str, title: &'static str, cell: for<'i> fn(&'i Image) -> Cell<'i>) -> ImageColumn {
    ImageColumn { head: Column::number(key, title), cell }
}

/// The columns that a format shows.
pub(super) fn of(format: Format) -> Vec<ImageColumn> {
    let repository = text("repositoryName", "REPOSITORY", |it| Cell::text(&*it.repository.name));
    let tags = text("imageTags", "TAGS", |it| Cell::of(it.detail.image_tags.as_deref(), Cell::List));
    let digest = text("imageDigest", "DIGEST", |it| Cell::Digest(&it.detail.image_digest));
    let pushed = text("imagePushedAt", "PUSHED", |it| Cell::of(it.detail.image_pushed_at, Cell::Instant));
    let pulled =
        text("lastRecordedPullTime", "PULLED", |it| Cell::of(it.detail.last_recorded_pull_time, Cell::Instant));
    let size = number("imageSizeInBytes", "SIZE", |it| Cell::of(it.detail.image_size_in_bytes, bytes));
    let status = text("imageStatus", "STATUS", |it| Cell::text(it.detail.effective_status()));
    let critical = number("critical", "CRITICAL", |it| findings(&it.detail, Severity::Critical));
    let high = number("high", "HIGH", |it| findings(&it.detail, Severity::High));
    if matches!(format, Format::Table | Format::Markdown) {
        return vec![repository, tags, digest, pushed, pulled, size, status, critical, high];
    }
    vec![
        text("registryId", "REGISTRY", |it| Cell::text(&*it.repository.registry_id)),
        repository,
        text("region", "REGION", |it| some(&it.repository.region)),
        number("position", "POSITION", |it| Cell::count(it.position)),
        digest,
        tags,
        size,
        pushed,
        pulled,
        status,
        text("imageManifestMediaType", "MEDIA TYPE", |it| absent(it.detail.image_manifest_media_type.as_deref())),
        text("artifactMediaType", "ARTIFACT TYPE", |it| absent(it.detail.artifact_media_type.as_deref())),
        text("subjectManifestDigest", "SUBJECT", |it| {
            Cell::of(it.detail.subject_manifest_digest.as_ref(), Cell::Digest)
        }),
        text("imageScanStatus", "SCAN", |it| {
            absent(it.detail.image_scan_status.as_ref().and_then(|scan| scan.status.as_deref()))
        }),
        text("imageScanCompletedAt", "SCANNED", |it| {
            let summary = it.detail.image_scan_findings_summary.as_ref();
            Cell::of(summary.and_then(|summary| summary.image_scan_completed_at), Cell::Instant)
        }),
        critical,
        high,
        number("medium", "MEDIUM", |it| findings(&it.detail, Severity::Medium)),
        number("low", "LOW", |it| findings(&it.detail, Severity::Low)),
        number("informational", "INFORMATIONAL", |it| findings(&it.detail, Severity::Informational)),
        number("undefined", "UNDEFINED", |it| findings(&it.detail, Severity::Other)),
    ]
}

fn absent(text: Option<&str>) -> Cell<'_> {
    Cell::of(text, Cell::text)
}

/// A label that is empty where there is none.
fn some(text: &str) -> Cell<'_> {
    absent(Some(text).filter(|text| !text.is_empty()))
}

/// A size that a page gave; a negative one can only be shown as a number.
fn bytes(size: i64) -> Cell<'static> {
    u64::try_from(size).map_or(Cell::Integer(size), Cell::Bytes)
}

/// Findings of one severity: 0 where others were counted, nothing where none were.
fn findings(detail: &Detail, severity: Severity) -> Cell<'_> {
    let counts = detail.image_scan_findings_summary.as_ref().and_then(|it| it.finding_severity_counts.as_ref());
    Cell::of(counts, |counts| {
        let count = counts.iter().find(|(name, _)| name == severity.name());
        Cell::Integer(count.map_or(0, |(_, count)| *count))
    })
}

/// The columns of groups.
pub(super) fn of_groups(by: &[Group]) -> Vec<Column> {
    let of_one = |group: &Group| match group {
        Group::Registry => Column::text("registryId", "REGISTRY"),
        Group::Region => Column::text("region", "REGION"),
        Group::Repository => Column::text("repositoryName", "REPOSITORY"),
        Group::Tagged => Column::text("tagged", "TAGGED"),
        Group::Status => Column::text("imageStatus", "STATUS"),
        Group::ScanStatus => Column::text("imageScanStatus", "SCAN"),
        Group::MediaType => Column::text("imageManifestMediaType", "MEDIA TYPE"),
        Group::ArtifactType => Column::text("artifactMediaType", "ARTIFACT TYPE"),
        Group::Severity => Column::text("worstSeverity", "WORST"),
        Group::PushedMonth => Column::text("pushedMonth", "PUSHED"),
        Group::PulledMonth => Column::text("pulledMonth", "PULLED"),
    };
    let mut columns: Vec<_> = by.iter().map(of_one).collect();
    columns.extend([Column::number("images", "IMAGES"), Column::number("bytes", "BYTES")]);
    columns
}

/// The row of a group.
pub(super) fn group<'g>(by: &[Group], group: &'g Counted) -> Vec<Cell<'g>> {
    let value = |(by, value): (&Group, &'g Option<String>)| match (by, value) {
        (_, None) => Cell::Absent,
        (Group::Tagged, Some(flag)) => Cell::Flag(flag == "true"),
        (_, Some(text)) => Cell::text(text),
    };
    let mut cells: Vec<_> = by.iter().zip(&group.values).map(value).collect();
    cells.extend([Cell::count(group.images), Cell::Bytes(group.bytes)]);
    cells
}
