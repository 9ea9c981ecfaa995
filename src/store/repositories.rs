//! What is known of a repository itself: its settings, its lifecycle policy, and their hashes.
//!
//! The types are shared by the load, the reader and `verify`. Nothing here knows SQL or JSON pages.

use super::row::RepositoryName;
use crate::model::Instant;

/// A repository as a describe-repositories page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryRow {
    /// Registry, name and region.
    pub name: RepositoryName,
    /// `createdAt`.
    pub created_at: Option<Instant>,
    /// A JSON object without white space: every other member but `registryId` and `repositoryName`, those
    /// that the API's model has first and in its order, then the others in the order of the page.
    pub members: String,
}

impl RepositoryRow {
    /// The hash by which the store addresses these settings.
    pub(crate) fn hash(&self) -> [u8; 32] {
        let micros = self.created_at.map(Instant::micros);
        version_hash(&self.name, micros, self.created_at.map_or(0, Instant::below_micros), &self.members)
    }
}

/// The same over the columns of the store.
pub(crate) fn version_hash(name: &RepositoryName, created_at: Option<i64>, nanos: u16, members: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for text in [&name.registry_id, &name.name, &name.region] {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.update(&[u8::from(created_at.is_some())]);
    hasher.update(&created_at.unwrap_or(0).to_le_bytes());
    hasher.update(&nanos.to_le_bytes());
    hasher.update(members.as_bytes());
    *hasher.finalize().as_bytes()
}

/// The hash by which the store addresses the text of a policy.
pub(crate) fn policy_hash(text: &str) -> [u8; 32] {
    *blake3::hash(text.as_bytes()).as_bytes()
}

/// What a capture says about the lifecycle policy of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// Registry, name and region.
    pub name: RepositoryName,
    /// `lifecyclePolicyText`; `None` if the repository has no policy.
    pub text: Option<String>,
    /// `lastEvaluatedAt`.
    pub last_evaluated_at: Option<Instant>,
    /// A JSON object of the members that the API's model does not have.
    pub rest: Option<String>,
}

/// A describe-repositories page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryPage {
    /// The registry of its repositories; empty if nothing says it.
    pub registry_id: String,
    /// Their region; empty if nothing says it.
    pub region: String,
    /// The repositories in order.
    pub rows: Vec<RepositoryRow>,
    /// The token that it ends with; `None` on a last page.
    pub token: Option<String>,
}

#[cfg(test)]
#[path = "repositories_tests.rs"]
mod tests;
