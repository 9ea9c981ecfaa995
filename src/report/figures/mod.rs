//! The figures of a report as plain values: every format prints them, and JSON prints all of them.
//!
//! A figure says what was counted, not how it is displayed. An unknown value is `None`, never 0.

mod changes;
mod cleanup;
mod scans;
mod settings;

use serde::{Serialize, Serializer};

pub use changes::{Month, MovedName, MovedTag, Moves, TagKind};
pub use cleanup::{Candidate, Cleanup, Reason, Share};
pub use scans::{Image, Scans};
pub use settings::{PolicyEffect, RepositoryEvent, SettingChange, Settings};

use crate::model::{Instant, Severity};
use crate::store::read::Listing;
use crate::store::read::figures::{Severities, Sums};
use crate::store::row::RepositoryName;

/// Everything that a report says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// The report's own heading.
    pub title: String,
    /// The program and its version.
    pub program: String,
    /// The registries in the newest snapshot of the span.
    pub registries: Vec<String>,
    /// Their region labels; empty if no repository has one.
    pub regions: Vec<String>,
    /// The patterns for repository names; empty means all repositories.
    pub repository_names: Vec<String>,
    /// After how many days without a pull an image is stale.
    pub stale_after_days: f64,
    /// After how many days a scan is stale.
    pub scan_stale_after_days: f64,
    /// The span, oldest first. The last one is what every other figure is about.
    pub snapshots: Vec<Point>,
    /// Repositories of the last snapshot, the largest first.
    pub repositories: Vec<Repository>,
    /// Sums of the last snapshot by registry and region.
    pub groups: Vec<Group>,
    /// Repositories that an earlier snapshot of the span has and the last one does not have.
    pub absent: Vec<Absent>,
    /// Images by the time since their push.
    pub ages: Vec<Bucket>,
    /// Images by the time since their last recorded pull.
    pub pulls: Vec<Bucket>,
    /// What could be deleted.
    pub cleanup: Cleanup,
    /// Tags that moved within the span.
    pub moves: Moves,
    /// Images pushed and deleted, and tags moved, by calendar month of the span (UTC).
    pub churn: Vec<Month>,
    /// What the scans say.
    pub scans: Scans,
    /// Images by `imageStatus`.
    pub statuses: Vec<Count>,
    /// Use of the service's quotas.
    pub quotas: Vec<Quota>,
    /// What the captures say about the repositories themselves.
    pub settings: Settings,
}

impl Figures {
    /// The snapshot that the report is about.
    pub fn last(&self) -> Option<&Point> {
        self.snapshots.last()
    }

    /// What repositories have to be named with.
    pub(in crate::report) fn naming(&self) -> Naming {
        Naming { registry: self.registries.len() > 1, region: self.regions.len() > 1 }
    }

    /// The snapshot that changes are counted from; `None` if the span is a single snapshot.
    pub fn first(&self) -> Option<&Point> {
        self.snapshots.first().filter(|_| self.snapshots.len() > 1)
    }
}

/// One snapshot in sums.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    /// Its name.
    pub snapshot: String,
    /// When it was captured.
    #[serde(serialize_with = "text")]
    pub captured_at: Instant,
    /// Repositories.
    pub repositories: u64,
    /// Sums over its images.
    #[serde(flatten)]
    pub totals: Totals,
    /// Repositories whose capture stopped early.
    pub incomplete: Vec<RepositoryKey>,
    /// Repositories that this snapshot does not have, but an earlier and a later one of the span do.
    pub missing: Vec<RepositoryKey>,
    /// Whether its captures had other filters than those of the last snapshot, as far as is known.
    pub other_filter: bool,
    /// Whether archived images would have been seen.
    pub sees_archived: SeesArchived,
    /// The known filters of its captures.
    pub capture_filters: Vec<String>,
    /// Whether one of them requested only tagged images, or only untagged ones.
    pub part_by_tags: bool,
    /// Whether one of them excluded active images.
    pub part_by_status: bool,
}

/// Sums over images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Images: different digests, an image index in addition to its platforms.
    pub images: u64,
    /// Those with a tag.
    pub tagged: u64,
    /// Those without.
    pub untagged: u64,
    /// Those whose status is `ARCHIVED`.
    pub archived: u64,
    /// Sum of the sizes, an image index in addition to its platforms.
    pub bytes: u64,
    /// Images with counts of findings, be they zero.
    pub counted: u64,
    /// Findings by severity, over the images with counts.
    #[serde(serialize_with = "severities")]
    pub findings: Severities,
}

impl Totals {
    /// Those of a listing, with the sums over its images.
    pub(in crate::report) fn of(listing: &Listing, sums: &Sums) -> Self {
        Totals {
            images: listing.images,
            tagged: listing.tagged,
            untagged: listing.images.saturating_sub(listing.tagged),
            archived: sums.archived,
            bytes: listing.bytes,
            counted: sums.counted,
            findings: sums.findings,
        }
    }

    /// Add those of other images.
    pub(in crate::report) fn add(&mut self, other: &Totals) {
        self.images += other.images;
        self.tagged += other.tagged;
        self.untagged += other.untagged;
        self.archived += other.archived;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.counted += other.counted;
        self.findings.add(&other.findings);
    }
}

/// Whether a capture could see archived images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SeesArchived {
    /// It has some, or its filter requests them, or it is older than archiving.
    Yes,
    /// Its filter is unknown, and the service excludes them by default.
    Unknown,
    /// Its filter excludes them, at least in part.
    No,
}

/// Which repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryKey {
    /// The registry's account.
    pub registry_id: String,
    /// Its name.
    pub repository_name: String,
    /// The region label; `None` if it is unknown.
    pub region: Option<String>,
}

/// What a repository has to be named with, besides its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::report) struct Naming {
    /// There are several registries.
    pub(in crate::report) registry: bool,
    /// There are several regions.
    pub(in crate::report) region: bool,
}

impl RepositoryKey {
    /// The name; with registry and region if the report has several of them.
    pub(in crate::report) fn label(&self, naming: Naming) -> String {
        let registry = naming.registry.then_some(&self.registry_id);
        let region = self.region.as_ref().filter(|_| naming.region);
        match (registry, region) {
            (None, None) => self.repository_name.clone(),
            (Some(one), None) | (None, Some(one)) => format!("{} ({one})", self.repository_name),
            (Some(registry), Some(region)) => format!("{} ({registry}, {region})", self.repository_name),
        }
    }
}

impl From<&RepositoryName> for RepositoryKey {
    fn from(name: &RepositoryName) -> Self {
        RepositoryKey {
            registry_id: name.registry_id.to_string(),
            repository_name: name.name.to_string(),
            region: Some(name.region.to_string()).filter(|region| !region.is_empty()),
        }
    }
}

/// One repository of the last snapshot.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    /// Which one.
    #[serde(flatten)]
    pub place: RepositoryKey,
    /// Sums over its images.
    #[serde(flatten)]
    pub totals: Totals,
    /// The part of `bytes` that image indexes repeat.
    pub index_bytes: u64,
    /// Whether the capture went to its end.
    pub complete: bool,
    /// Whether the first snapshot of the span does not have it.
    pub appeared: bool,
    /// Images more than in the first snapshot of the span; `None` if a capture stopped early.
    pub images_grown: Option<i64>,
    /// Bytes more than in the first snapshot of the span; `None` if a capture stopped early.
    pub bytes_grown: Option<i64>,
    /// Untagged images that no image index can need.
    pub untagged_alone: Share,
    /// Tagged images that are stale.
    pub stale: Share,
    /// Tagged images without a scan result; image indexes and archived images are not counted.
    pub tagged_unscanned: u64,
    /// Tagged images whose last scan is stale; image indexes and archived images are not counted.
    pub tagged_scan_stale: u64,
    /// The oldest last scan of those tagged images.
    #[serde(serialize_with = "optional_text")]
    pub oldest_scan: Option<Instant>,
}

/// The sums of one registry in one region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The registry's account.
    pub registry_id: String,
    /// The region label; `None` if it is unknown.
    pub region: Option<String>,
    /// Repositories.
    pub repositories: u64,
    /// Sums over its images.
    #[serde(flatten)]
    pub totals: Totals,
    /// The part of `bytes` that image indexes repeat.
    pub index_bytes: u64,
    /// Repositories whose capture stopped early.
    pub incomplete: u64,
}

/// A repository that is not in the last snapshot.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Absent {
    /// Which one.
    #[serde(flatten)]
    pub place: RepositoryKey,
    /// The last snapshot that has it.
    pub last_snapshot: String,
    /// Images in it then.
    pub images: u64,
    /// Sum of their sizes.
    pub bytes: u64,
}

/// One bar of a histogram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bucket {
    /// Its range in words.
    pub label: &'static str,
    /// The first day of the range; `None` if the bar holds images without a time.
    pub from_days: Option<u32>,
    /// The day after the range; `None` if the range has no end.
    pub before_days: Option<u32>,
    /// Images.
    pub images: u64,
    /// Sum of their sizes.
    pub bytes: u64,
}

/// Images of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// The page's word; `None` if the page has none.
    pub name: Option<String>,
    /// Images.
    pub images: u64,
    /// Sum of their sizes.
    pub bytes: u64,
}

/// The quota of images in a repository.
pub(in crate::report) const IMAGES_QUOTA: &str = "images in a repository";

/// Use of one quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quota {
    /// What is limited.
    pub quota: &'static str,
    /// In which registry or repository.
    pub name: String,
    /// How many there are.
    pub used: u64,
    /// How many there may be: as given on the command line, else the service's default.
    pub limit: u64,
}

fn text<T: ToString, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

#[allow(clippy::ref_option, reason = "serde passes a reference to the field")]
fn optional_text<T: ToString, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => text(value, serializer),
        None => serializer.serialize_none(),
    }
}

fn severities<S: Serializer>(value: &Severities, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(Severity::ALL.map(|severity| (severity_key(severity), value.get(severity))))
}

/// A severity's name in JSON and CSV.
pub(in crate::report) fn severity_key(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Informational => "informational",
        Severity::Other => "undefined",
    }
}
