//! The figures of a report as plain values: every format prints them, and JSON prints all of them.
//!
//! A figure says what was counted, not how it is displayed. An unknown value is `None`, never 0.

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
    pub(super) fn naming(&self) -> Naming {
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
pub(super) struct Naming {
    /// There are several registries.
    pub(super) registry: bool,
    /// There are several regions.
    pub(super) region: bool,
}

impl RepositoryKey {
    /// The name; with registry and region if the report has several of them.
    pub(super) fn label(&self, naming: Naming) -> String {
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

/// What could be deleted, in kinds that share no image. Archived images are in none.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cleanup {
    /// Untagged, in a repository without an image index: no index can need them.
    pub untagged_alone: Share,
    /// Untagged, in a repository that has an image index, or may have one because its capture
    /// stopped early or excluded tagged images: they may be platforms of an index.
    pub untagged_beside_index: Share,
    /// Untagged and attached to another image, as a signature is.
    pub untagged_attached: Share,
    /// Tagged, and last pulled before the limit.
    pub stale_pulled: Share,
    /// Tagged, no pull recorded, and pushed before the limit.
    pub stale_never_pulled: Share,
    /// Stale image indexes, a part of the two kinds above.
    pub stale_indexes: Share,
    /// Untagged images that are probably platforms of those indexes. They are part of
    /// `untagged_beside_index`, and could be deleted with their index.
    pub stale_index_children: Share,
    /// The candidates, largest first: `untagged_alone`, `stale_pulled`, `stale_never_pulled`.
    pub candidates: Vec<Candidate>,
}

impl Cleanup {
    /// All candidates together, without the probable children of indexes.
    pub fn all_candidates(&self) -> Share {
        let mut all = Share::default();
        for share in [&self.untagged_alone, &self.stale_pulled, &self.stale_never_pulled] {
            all.join(share);
        }
        all
    }
}

impl Share {
    /// Add other images.
    pub(super) fn join(&mut self, other: &Share) {
        self.images += other.images;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.index_bytes = self.index_bytes.saturating_add(other.index_bytes);
    }

    /// The sum of the sizes without those of image indexes, which repeat the size of a platform.
    pub fn own_bytes(&self) -> u64 {
        self.bytes.saturating_sub(self.index_bytes)
    }
}

/// An image that could be deleted.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// Why.
    pub reason: Reason,
    /// Which image.
    #[serde(flatten)]
    pub image: Image,
    /// Whether it is an image index: deleting it does not delete its platforms, and deleting a
    /// platform first fails.
    pub is_index: bool,
    /// The untagged images that are probably its platforms; `None` if it is not an index.
    pub probable_children: Option<Share>,
}

/// Why an image could be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// Untagged, in a repository without an image index.
    Untagged,
    /// Tagged, and last pulled before the limit.
    StalePulled,
    /// Tagged, no pull recorded, and pushed before the limit.
    StaleNeverPulled,
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

/// Tags that moved from one image to another.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moves {
    /// All moves that the snapshots show.
    pub times: u64,
    /// Sums by tag name: release tags first, then the names with the most moves.
    pub names: Vec<MovedName>,
    /// Each tag of each repository: release tags first, then by the latest move.
    pub tags: Vec<MovedTag>,
}

/// What a tag name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TagKind {
    /// A full version such as `v1.4.2`: it names one build, so a move is an exception.
    Release,
    /// Any other name, such as `prod`, `1.4` or a branch.
    Other,
    /// A name that follows the newest build by convention, such as `latest` or `main`.
    Floating,
}

/// The moves of one tag name over all repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MovedName {
    /// The tag.
    pub image_tag: String,
    /// What the name promises.
    pub kind: TagKind,
    /// In how many repositories it moved.
    pub repositories: u64,
    /// How often it moved in all of them.
    pub times: u64,
    /// When the first snapshot after its last move was captured.
    #[serde(serialize_with = "text")]
    pub by_captured_at: Instant,
}

/// What happened in one calendar month, as far as the snapshots of the span show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Month {
    /// `2026-03`, in UTC.
    pub month: String,
    /// Images pushed in it, after the first snapshot of the span.
    pub pushed: u64,
    /// Images that a capture in it shows to be deleted.
    pub deleted: u64,
    /// Images that a capture in it no longer shows, where it may have excluded archived ones.
    pub deleted_or_archived: u64,
    /// Moves of tags that a capture in it shows.
    pub moved: u64,
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
    /// What its name promises.
    pub kind: TagKind,
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
    /// The first snapshot after it.
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

/// What describe-repositories and get-lifecycle-policy pages say about the repositories themselves.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Repositories of the last snapshot whose settings are known.
    pub described: u64,
    /// Repositories of the last snapshot of which it is known whether they have a lifecycle policy.
    pub policies_known: u64,
    /// Those that have none.
    pub without_policy: Vec<RepositoryKey>,
    /// Repositories that were created within the span, in the order of the snapshots.
    pub created: Vec<RepositoryEvent>,
    /// Repositories that a later snapshot's complete list does not have, in the order of the snapshots.
    pub deleted: Vec<RepositoryEvent>,
    /// Settings and policies that changed, in the order of the snapshots.
    pub changes: Vec<SettingChange>,
}

/// The creation or the deletion of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryEvent {
    /// Which repository.
    #[serde(flatten)]
    pub place: RepositoryKey,
    /// When it was created.
    #[serde(serialize_with = "optional_text")]
    pub created_at: Option<Instant>,
    /// The last snapshot before it happened; `None` if none of the span has its settings.
    pub after: Option<String>,
    /// The first snapshot that shows it.
    pub by: String,
}

/// A setting of a repository that differs between two snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingChange {
    /// Which repository.
    #[serde(flatten)]
    pub place: RepositoryKey,
    /// The member of the page, or `lifecyclePolicyText`.
    pub setting: String,
    /// Its value before, as JSON; `None` if it was absent.
    pub from: Option<String>,
    /// Its value after, as JSON; `None` if it is absent.
    pub to: Option<String>,
    /// The last snapshot that shows the value before.
    pub after: String,
    /// The first snapshot that shows the value after.
    pub by: String,
}

/// The quota of images in a repository.
pub(super) const IMAGES_QUOTA: &str = "images in a repository";

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
pub(super) fn severity_key(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Informational => "informational",
        Severity::Other => "undefined",
    }
}
