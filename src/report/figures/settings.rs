//! What the captures say about the repositories themselves, in figures.

use serde::Serialize;

use super::{RepositoryKey, Share, optional_text};
use crate::model::Instant;

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
    /// What the saved policies would do to the last snapshot at its capture, by repository.
    pub policies: Vec<PolicyEffect>,
    /// Repositories of the last snapshot of which a complete capture shows no image.
    pub empty: Vec<RepositoryKey>,
    /// Repositories that were created within the span, in the order of the snapshots.
    pub created: Vec<RepositoryEvent>,
    /// Repositories that a later snapshot's complete list does not have, in the order of the snapshots.
    pub deleted: Vec<RepositoryEvent>,
    /// Settings and policies that changed, in the order of the snapshots.
    pub changes: Vec<SettingChange>,
}

/// What the saved lifecycle policy of a repository would do to its images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyEffect {
    /// Which repository.
    #[serde(flatten)]
    pub place: RepositoryKey,
    /// Why the policy is not valid; the figures are then 0.
    pub invalid: Option<String>,
    /// Whether the capture shows all images of the repository. If not, a rule that counts images would delete more.
    pub whole: bool,
    /// Images that it would delete.
    pub expired: Share,
    /// Images that it would move to the archive.
    pub archived: Share,
    /// Images for which that depends on whether untagged images are children of an image index.
    pub unknown: Share,
    /// Images that stay.
    pub kept: Share,
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
