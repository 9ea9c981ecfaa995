//! The figures of a report as plain values: what every format prints, and what JSON shows whole.
//!
//! A figure says what was counted and nothing of how it looks. What is not known is `None`, never 0.

use serde::{Serialize, Serializer};

use crate::model::{Digest, Instant, Severity};
use crate::store::read::figures::Severities;
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
    /// Their region labels, where there are any.
    pub regions: Vec<String>,
    /// The patterns for repository names; all repositories where there is none.
    pub repository_names: Vec<String>,
    /// After how many days without a pull an image is stale.
    pub stale_after_days: f64,
    /// The span, oldest first. The last one is what every other figure is about.
    pub snapshots: Vec<Point>,
    /// Repositories of the last snapshot, the largest first.
    pub repositories: Vec<Repository>,
    /// Repositories that an earlier snapshot of the span has and the last one has not.
    pub absent: Vec<Absent>,
    /// Images by the time since their push.
    pub ages: Vec<Bucket>,
    /// Images by the time since their last recorded pull.
    pub pulls: Vec<Bucket>,
    /// What could be deleted.
    pub cleanup: Cleanup,
    /// Tags that moved within the span.
    pub moves: Moves,
    /// What the scans say.
    pub scans: Scans,
    /// Images by `imageStatus`.
    pub statuses: Vec<Count>,
    /// Use of the service's quotas.
    pub quotas: Vec<Quota>,
}

impl Figures {
    /// The snapshot that the report is about.
    pub fn last(&self) -> Option<&Point> {
        self.snapshots.last()
    }

    /// The snapshot that changes are counted from, where there is more than one.
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
    /// Images, an image index counted beside its platforms.
    pub images: u64,
    /// Those with a tag.
    pub tagged: u64,
    /// Those without.
    pub untagged: u64,
    /// Those whose status is `ARCHIVED`.
    pub archived: u64,
    /// Sum of the sizes, an image index counted beside its platforms.
    pub bytes: u64,
    /// Images with counts of findings, be they zero.
    pub counted: u64,
    /// Findings by severity, over the images with counts.
    #[serde(serialize_with = "severities")]
    pub findings: Severities,
    /// Repositories whose capture stopped early.
    pub incomplete: Vec<String>,
    /// Whether archived images would have been seen.
    pub sees_archived: SeesArchived,
    /// The filters of its captures, where they are known.
    pub capture_filters: Vec<String>,
    /// Whether one of them asked for tagged images alone, or for untagged ones.
    pub part_by_tags: bool,
    /// Whether one of them left active images out.
    pub part_by_status: bool,
}

/// Whether a capture could see archived images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SeesArchived {
    /// It has some, was made with a filter that asks for them, or is older than they are.
    Yes,
    /// Nothing says so, and the service leaves them out unless it is asked.
    Unknown,
    /// It was made with a filter that leaves them out, at least in part.
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
    /// The region label; empty where there is none.
    pub region: String,
}

impl From<&RepositoryName> for RepositoryKey {
    fn from(name: &RepositoryName) -> Self {
        RepositoryKey {
            registry_id: name.registry_id.to_string(),
            repository_name: name.name.to_string(),
            region: name.region.to_string(),
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
    /// Images.
    pub images: u64,
    /// Those with a tag.
    pub tagged: u64,
    /// Those without.
    pub untagged: u64,
    /// Those whose status is `ARCHIVED`.
    pub archived: u64,
    /// Sum of the sizes.
    pub bytes: u64,
    /// The part of `bytes` that image indexes repeat.
    pub index_bytes: u64,
    /// Images with counts of findings.
    pub counted: u64,
    /// Findings by severity.
    #[serde(serialize_with = "severities")]
    pub findings: Severities,
    /// Whether the capture went to its end.
    pub complete: bool,
    /// Whether the first snapshot of the span does not have it.
    pub appeared: bool,
    /// Images more than in the first snapshot of the span; `None` where a capture stopped early.
    pub images_grown: Option<i64>,
    /// Bytes more than in the first snapshot of the span; `None` where a capture stopped early.
    pub bytes_grown: Option<i64>,
    /// Untagged images that no image index can need.
    pub untagged_alone: Share,
    /// Tagged images that are stale.
    pub stale: Share,
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

/// Some of the images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// How many.
    pub images: u64,
    /// Sum of their sizes.
    pub bytes: u64,
    /// The part of `bytes` that image indexes repeat.
    pub index_bytes: u64,
}

/// One bar of a histogram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bucket {
    /// What it holds, in words.
    pub label: &'static str,
    /// From so many days on; `None` where it is no time.
    pub from_days: Option<u32>,
    /// Before so many days; `None` where it has no end.
    pub before_days: Option<u32>,
    /// Images.
    pub images: u64,
    /// Sum of their sizes.
    pub bytes: u64,
}

/// What could be deleted, in kinds that share no image. Archived images are in none.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cleanup {
    /// Untagged, in a repository that holds no image index: no index can need them.
    pub untagged_alone: Share,
    /// Untagged, in a repository that holds an image index (or may, its capture having stopped
    /// early or left tagged images out): they may be its platforms.
    pub untagged_beside_index: Share,
    /// Untagged and attached to another image, as a signature is.
    pub untagged_attached: Share,
    /// Tagged, and last pulled before the limit.
    pub stale_pulled: Share,
    /// Tagged, no pull recorded, and pushed before the limit.
    pub stale_never_pulled: Share,
    /// The largest stale images.
    pub largest_stale: Vec<Image>,
}

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
    /// When it was last pulled, where that is recorded.
    #[serde(serialize_with = "optional_text")]
    pub pulled_at: Option<Instant>,
    /// Findings by severity.
    #[serde(serialize_with = "severities")]
    pub findings: Severities,
}

/// Tags that moved from one image to another.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moves {
    /// All moves that the snapshots show.
    pub times: u64,
    /// The tags, those that moved last first.
    pub tags: Vec<MovedTag>,
}

/// A tag that moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MovedTag {
    /// Its repository.
    #[serde(flatten)]
    pub place: RepositoryKey,
    /// The tag.
    pub image_tag: String,
    /// How often the snapshots show it moved.
    pub times: u64,
    /// Where its last move came from.
    #[serde(serialize_with = "text")]
    pub from: Digest,
    /// Where its last move went.
    #[serde(serialize_with = "text")]
    pub to: Digest,
    /// The last snapshot before that move.
    pub after: String,
    /// The first snapshot behind it.
    pub by: String,
    /// When that one was captured.
    #[serde(serialize_with = "text")]
    pub by_captured_at: Instant,
}

/// What the scans of the last snapshot say. Each image is in one of the kinds.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scans {
    /// Counts, and not all zero.
    pub with_findings: u64,
    /// Counts, all zero: the scan found nothing.
    pub nothing_found: u64,
    /// No counts; a status says that a scan runs or waits.
    pub pending: u64,
    /// No counts; a status says that the scan failed or cannot be made.
    pub failed: u64,
    /// No counts; another status (such as an expired one).
    pub no_counts: u64,
    /// No counts and no status.
    pub not_scanned: u64,
    /// Image indexes among those without counts: only what they point at is scanned.
    pub indexes_without_counts: u64,
    /// Images by the status of their scan, as the pages have it.
    pub statuses: Vec<Count>,
    /// The images with the worst findings.
    pub worst_images: Vec<Image>,
}

/// Images of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// The page's word; `None` where it has none.
    pub name: Option<String>,
    /// Images.
    pub images: u64,
    /// Sum of their sizes.
    pub bytes: u64,
}

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
    /// How many there may be: what the report was told, else the service's default.
    pub limit: u64,
}

fn text<T: ToString, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

#[allow(clippy::ref_option, reason = "what serde calls it with")]
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
pub(super) fn severity_key(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Informational => "informational",
        Severity::Other => "other",
    }
}
