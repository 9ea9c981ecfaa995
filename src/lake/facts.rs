//! What a snapshot says of the repositories themselves: which of them it covers, their settings, their lifecycle
//! policies. Nothing here knows images or files.

use std::collections::{BTreeMap, BTreeSet};

use super::capture::put;
use crate::coverage::Coverage;
use crate::model::capture_filter::{ImageStatus, TagStatus};
use crate::model::{CaptureFilter, CaptureScope, Instant, RegistryName};
use crate::store::StoreError;
use crate::store::read::{DescribedRepository, Reader, SavedPolicy, Snapshot};

/// What a snapshot says of the repositories of one registry and region.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// Whether the images of every repository were captured.
    pub(super) declared: bool,
    /// With which filter they were, as far as it is known.
    pub(super) filter: Option<CaptureFilter>,
    /// Whether `repositories` has every repository.
    pub(super) listed: bool,
    /// By name.
    pub(super) repositories: BTreeMap<String, RepositoryFacts>,
}

/// What is known of one repository.
#[derive(Clone, Debug, Default)]
pub(super) struct RepositoryFacts {
    pub(super) described: Option<DescribedRepository>,
    pub(super) policy: Option<SavedPolicy>,
}

impl Facts {
    /// Of every registry and region of which the snapshot says something, by registry id and region.
    pub(super) fn of(reader: &Reader, snapshot: &Snapshot) -> Result<BTreeMap<(String, String), Facts>, StoreError> {
        let mut all: BTreeMap<(String, String), Facts> = BTreeMap::new();
        for described in reader.described_repositories(snapshot.id)? {
            let name = described.repository.clone();
            let facts = all.entry((name.registry_id.to_string(), name.region.to_string())).or_default();
            facts.repositories.entry(name.name.to_string()).or_default().described = Some(described);
        }
        for policy in reader.lifecycle_policies(snapshot.id)? {
            let name = policy.repository.clone();
            let facts = all.entry((name.registry_id.to_string(), name.region.to_string())).or_default();
            facts.repositories.entry(name.name.to_string()).or_default().policy = Some(policy);
        }
        let scope: CaptureScope = reader.scope(snapshot.id)?;
        let registries: BTreeSet<&RegistryName> = scope.registries().map(|(registry, _)| registry).collect();
        for registry in registries {
            let facts = all.entry((registry.registry_id.clone(), registry.region.clone())).or_default();
            if let Some(filter) = scope.declared(registry) {
                (facts.declared, facts.filter) = (true, filter);
            }
            facts.listed = scope.lists(registry);
        }
        Ok(all)
    }

    /// Whether nothing is known: then a capture is what it was before there were facts.
    pub(super) fn is_empty(&self) -> bool {
        !self.declared && !self.listed && self.repositories.is_empty()
    }

    /// Add everything that goes into a file to the hash of the capture.
    pub(super) fn hash(&self, hash: &mut blake3::Hasher) {
        let optional = |hash: &mut blake3::Hasher, text: Option<&str>| match text {
            Some(text) => put(hash, text),
            None => drop(hash.update(&u64::MAX.to_le_bytes())),
        };
        put(hash, "repositories");
        hash.update(&[u8::from(self.declared), u8::from(self.listed)]);
        let filter = self.filter.map(|filter| filter.to_string());
        optional(hash, filter.as_deref());
        for (name, RepositoryFacts { described, policy }) in &self.repositories {
            put(hash, name);
            optional(hash, described.as_ref().map(|it| it.members.as_str()));
            let created = described.as_ref().and_then(|it| it.created_at).map(Instant::micros);
            hash.update(&[u8::from(created.is_some()), u8::from(policy.is_some())]);
            hash.update(&created.unwrap_or_default().to_le_bytes());
            optional(hash, policy.as_ref().and_then(|it| it.text.as_deref()));
        }
    }

    /// Which images of a repository the declared scope shows, by tags and by status. `ACTIVE`: archived images were
    /// left out.
    pub(super) fn scope_filter(&self, captured_at: Instant) -> Option<(TagStatus, ImageStatus)> {
        self.declared.then(|| captured_part(&Coverage::new(captured_at, true, self.filter)))
    }
}

/// Which images a complete capture asked for. `ACTIVE`: archived images were left out.
pub(super) fn captured_part(coverage: &Coverage) -> (TagStatus, ImageStatus) {
    let part = coverage.part();
    let status = match part.by_status {
        ImageStatus::Any if coverage.may_hide_archived() => ImageStatus::Active,
        status => status,
    };
    (part.by_tags, status)
}
