//! Which images a search is about.

use crate::model::Severity;

/// Conditions that all must hold. A list holds where one of its entries does; an empty one asks
/// nothing. Globs are those of `SQLite`: `*` any text, `?` one character, `[a-z]` one of a set; capitals count.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Globs of repository names.
    pub repositories: Vec<String>,
    /// The registry.
    pub registry_id: Option<String>,
    /// The region label.
    pub region: Option<String>,
    /// Globs of which one must fit one of the image's tags.
    pub tags: Vec<String>,
    /// Globs of which none may fit any of the image's tags.
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
    pub pulled: Option<Pulled>,
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
    /// Of what all this selects, only so many of each repository, the newest by push time.
    pub newest: Option<u64>,
}

/// What is asked of the last recorded pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// There is one, before this microsecond.
    Before(i64),
    /// There is none.
    Never,
    /// There is none, or it was before this microsecond.
    NeverOrBefore(i64),
}
