//! What scans say, in figures, and single images.

use serde::Serialize;

use super::{Count, RepositoryKey, optional_text, severities, text};
use crate::model::{Digest, Instant};
use crate::store::read::figures::Severities;

/// One image.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// Its repository.
    #[serde(flatten)]
    pub place: RepositoryKey,
    /// Its tags.
    pub image_tags: Vec<String>,
    /// Its manifest.
    #[serde(serialize_with = "text")]
    pub image_digest: Digest,
    /// Its size.
    pub bytes: u64,
    /// When it was pushed.
    #[serde(serialize_with = "optional_text")]
    pub pushed_at: Option<Instant>,
    /// When it was last pulled; `None` if no pull is recorded.
    #[serde(serialize_with = "optional_text")]
    pub pulled_at: Option<Instant>,
    /// When its last scan ended; `None` if no scan is recorded.
    #[serde(serialize_with = "optional_text")]
    pub scanned_at: Option<Instant>,
    /// Findings by severity.
    #[serde(serialize_with = "severities")]
    pub findings: Severities,
}

/// What the scans of the last snapshot say. Each image is in one of the kinds.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scans {
    /// Counts, and not all zero.
    pub with_findings: u64,
    /// Counts, all zero: the scan found nothing.
    pub nothing_found: u64,
    /// No counts; the status says that a scan is running or queued.
    pub pending: u64,
    /// No counts; the status says that the scan failed or is not possible.
    pub failed: u64,
    /// No counts; another status (such as an expired one).
    pub no_counts: u64,
    /// No counts and no status.
    pub not_scanned: u64,
    /// Image indexes among those without counts: the service scans only their platforms.
    pub indexes_without_counts: u64,
    /// Images by the status of their scan, as the pages have it.
    pub statuses: Vec<Count>,
    /// Tagged images without a scan result; image indexes and archived images are not counted.
    pub tagged_unscanned: u64,
    /// Tagged images whose last scan is stale; image indexes and archived images are not counted.
    pub tagged_scan_stale: u64,
    /// The images with the worst findings.
    pub worst_images: Vec<Image>,
    /// The images of `tagged_unscanned`, those pushed last first.
    pub unscanned_images: Vec<Image>,
    /// The images of `tagged_scan_stale`, the oldest scan first.
    pub scan_stale_images: Vec<Image>,
}
