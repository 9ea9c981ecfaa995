//! What changed along the span, in figures: moved tags, and images by month.

use serde::Serialize;

use super::{RepositoryKey, text};
use crate::model::{Digest, Instant};

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
