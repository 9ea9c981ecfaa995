//! The columns of images and of groups: few for people, all of them for machines.

use crate::model::{Detail, Severity};
use crate::store::read::search::{Counted, Group, Image};
use crate::tabular::{Cell, Column, Format};

/// A column and its cell for an image.
pub(super) struct ImageColumn {
    pub(super) head: Column,
    pub(super) cell: for<'i> fn(&'i Image) -> Cell<'i>,
}

impl ImageColumn {
    fn optional(self, rank: u8) -> Self {
        ImageColumn { head: self.head.optional(rank), ..self }
    }
}

/// Bytes of a gigabyte, in sizes and in prices.
const GB: f64 = 1e9;

/// The column of what an image or a group costs in a month.
pub(super) fn cost_column() -> Column {
    Column::number("costPerMonth", "COST/MONTH")
}

/// What so many bytes cost in a month, at a price for 1 GB.
pub(super) fn cost(bytes: u64, price: f64) -> Cell<'static> {
    Cell::Cost(bytes as f64 / GB * price)
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
        return vec![
            repository,
            tags,
            digest,
            pushed,
            pulled.optional(4),
            size.optional(1),
            status.optional(5),
            critical.optional(2),
            high.optional(3),
        ];
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

/// A label; the store has an empty text if there is none.
fn some(text: &str) -> Cell<'_> {
    absent(Some(text).filter(|text| !text.is_empty()))
}

/// A size that a page gave; a negative one can only be shown as a number.
fn bytes(size: i64) -> Cell<'static> {
    u64::try_from(size).map_or(Cell::Integer(size), Cell::Bytes)
}

/// Findings of one severity: 0 if only others were counted, nothing if none were counted at all.
fn findings(detail: &Detail, severity: Severity) -> Cell<'_> {
    let counts = detail.image_scan_findings_summary.as_ref().and_then(|it| it.finding_severity_counts.as_ref());
    Cell::of(counts, |counts| Cell::Integer(severity.count(counts)))
}

/// The columns of groups.
pub(super) fn of_groups(by: &[Group], price: Option<f64>) -> Vec<Column> {
    let of_one = |group: &Group| match group {
        Group::Registry => Column::text("registryId", "REGISTRY"),
        Group::Region => Column::text("region", "REGION"),
        Group::Repository => Column::text("repositoryName", "REPOSITORY"),
        Group::Prefix(_) => Column::text("repositoryPrefix", "PREFIX"),
        Group::TagPrefix => Column::text("tagPrefix", "TAG PREFIX"),
        Group::Tagged => Column::text("tagged", "TAGGED"),
        Group::Status => Column::text("imageStatus", "STATUS"),
        Group::ScanStatus => Column::text("imageScanStatus", "SCAN"),
        Group::MediaType => Column::text("imageManifestMediaType", "MEDIA TYPE"),
        Group::ArtifactType => Column::text("artifactMediaType", "ARTIFACT TYPE"),
        Group::Severity => Column::text("worstSeverity", "WORST"),
        Group::PushedMonth => Column::text("pushedMonth", "PUSHED"),
        Group::PulledMonth => Column::text("pulledMonth", "PULLED"),
        Group::Policy => Column::text("lifecyclePolicy", "POLICY"),
        Group::TagMutability => Column::text("imageTagMutability", "TAG MUTABILITY"),
        Group::ScanOnPush => Column::text("scanOnPush", "SCAN ON PUSH"),
    };
    let mut columns: Vec<_> = by.iter().map(of_one).collect();
    columns.extend([Column::number("images", "IMAGES"), Column::number("bytes", "BYTES")]);
    columns.extend(price.map(|_| cost_column()));
    columns
}

/// The row of a group.
pub(super) fn group<'g>(by: &[Group], group: &'g Counted, price: Option<f64>) -> Vec<Cell<'g>> {
    let value = |(by, value): (&Group, &'g Option<String>)| match (by, value) {
        (_, None) => Cell::Absent,
        (Group::Tagged | Group::Policy | Group::ScanOnPush, Some(flag)) => Cell::Flag(flag == "true"),
        (_, Some(text)) => Cell::text(text),
    };
    let mut cells: Vec<_> = by.iter().zip(&group.values).map(value).collect();
    cells.extend([Cell::count(group.images), Cell::Bytes(group.bytes)]);
    cells.extend(price.map(|price| cost(group.bytes, price)));
    cells
}
