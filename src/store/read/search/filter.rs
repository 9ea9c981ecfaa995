//! Which images a search is about.

use std::sync::Arc;

use crate::image_refs::ImageRefs;
use crate::model::Severity;

/// Conditions that all must hold. A list holds if one of its entries does; an empty one has no effect. Globs are
/// those of `SQLite`: `*` any text, `?` one character, `[a-z]` one of a set; case matters.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Globs of repository names.
    pub repositories: Vec<String>,
    /// The registry.
    pub registry_id: Option<String>,
    /// The region label.
    pub region: Option<String>,
    /// In a repository that has a lifecycle policy, or in one that has none. One whose policy is unknown is neither.
    pub policy: Option<bool>,
    /// Globs; one must match one of the image's tags.
    pub tags: Vec<String>,
    /// Regular expressions; one must match, anywhere, one of the image's tags.
    pub tag_regexes: Vec<String>,
    /// Globs; none may match any of the image's tags.
    pub without_tags: Vec<String>,
    /// How the digest begins, with `sha256:`.
    pub digests: Vec<String>,
    /// With tags, or without.
    pub tagged: Option<bool>,
    /// Pushed at this microsecond or later.
    pub pushed_from: Option<i64>,
    /// Pushed before this microsecond.
    pub pushed_before: Option<i64>,
    /// By the last recorded pull.
    pub pulled: Option<LastTime>,
    /// By the completion of the last scan. Never scanned means: no time of completion, no counts of findings, and
    /// no status `COMPLETE`.
    pub scanned: Option<LastTime>,
    /// At least so many bytes.
    pub min_size: Option<u64>,
    /// At most so many bytes.
    pub max_size: Option<u64>,
    /// At least one finding of this severity or a worse one.
    pub severity: Option<Severity>,
    /// `imageScanStatus.status`.
    pub scan_statuses: Vec<String>,
    /// Globs of `imageManifestMediaType`.
    pub media_types: Vec<String>,
    /// Globs of `artifactMediaType`.
    pub artifact_types: Vec<String>,
    /// `imageStatus`; an image without one counts as `ACTIVE`.
    pub statuses: Vec<String>,
    /// With a subject (`subjectManifestDigest`), or without.
    pub attached: Option<bool>,
    /// A possible child of an image index, or not; see [`crate::model::ListedIndexes`].
    pub beside_index: Option<bool>,
    /// Images that are in use, or those that are not.
    pub in_use: Option<InUse>,
    /// Of what all this selects, the newest of each repository, or the rest.
    pub latest: Option<Latest>,
}

/// What is asked of a last time (of a pull, of a scan).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastTime {
    /// There is one, before this microsecond.
    Before(i64),
    /// There is none.
    Never,
    /// There is none, or it was before this microsecond.
    NeverOrBefore(i64),
}

/// A condition on what references name.
#[derive(Clone, Debug)]
pub struct InUse {
    /// The references. An image is in use if one of them names a detail of its digest; see [`ImageRefs::names`].
    pub references: Arc<ImageRefs>,
    /// The images in use, or all others.
    pub wanted: bool,
}

/// The newest images of each repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// How many of each repository; details of one digest count once.
    pub count: u64,
    /// What makes an image newer.
    pub by: LatestBy,
    /// Not these, but all others.
    pub except: bool,
}

/// What makes an image newer than another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LatestBy {
    /// A later push; an image without a push time is the oldest.
    #[default]
    Pushed,
    /// A higher version among its tags, then a later push; an image without a version is older than any with one.
    Version,
}
