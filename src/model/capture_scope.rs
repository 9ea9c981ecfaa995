//! Which repositories a capture covers, so that a missing repository can mean something.

use std::collections::{BTreeMap, BTreeSet};

use super::CaptureFilter;

/// How it is known that a capture covers every repository of a registry and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeSource {
    /// `ingest --scope registry`: the user says that the images of every repository were captured.
    Declared,
    /// Complete describe-repositories pages: the names of all repositories, not their images.
    Listed,
}

impl ScopeSource {
    /// Both of them.
    pub const ALL: [ScopeSource; 2] = [ScopeSource::Declared, ScopeSource::Listed];

    /// The word in the store and in JSON: `declared`, `listed`.
    pub fn name(self) -> &'static str {
        match self {
            ScopeSource::Declared => "declared",
            ScopeSource::Listed => "listed",
        }
    }
}

/// Which repositories the user says that a capture covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeclaredScope {
    /// Nothing is said: what a snapshot lacks may not have been captured.
    #[default]
    Unknown,
    /// Every repository of the registries and regions in the pages: one that is missing did not exist, or had no image
    /// that the filter of the capture shows.
    Registries,
}

/// A registry and a region label; the label is empty if the snapshot has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryName {
    /// Twelve digits, as the pages have them.
    pub registry_id: String,
    /// The label.
    pub region: String,
}

/// What it means that a snapshot has no listing of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingRepository {
    /// The capture need not have covered it.
    NotCovered,
    /// The capture asked for the images of every repository, with this filter (`None`: not known): the repository
    /// did not exist, or had no image that the filter shows.
    NothingShown(Option<CaptureFilter>),
    /// A complete list of the registry's repositories does not have it: it did not exist.
    NotListed,
}

/// The registries and regions of which a capture covers every repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureScope {
    declared: BTreeMap<RegistryName, Option<CaptureFilter>>,
    listed: BTreeMap<RegistryName, BTreeSet<String>>,
}

impl CaptureScope {
    /// Add that the images of every repository were captured, with this filter.
    pub fn declare(&mut self, registry: RegistryName, capture_filter: Option<CaptureFilter>) {
        self.declared.insert(registry, capture_filter);
    }

    /// Add a complete list of the names of a registry's repositories.
    pub fn list(&mut self, registry: RegistryName, names: BTreeSet<String>) {
        self.listed.insert(registry, names);
    }

    /// Whether nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        self.declared.is_empty() && self.listed.is_empty()
    }

    /// Whether the capture covers every repository of a registry and region.
    pub fn covers(&self, registry: &RegistryName) -> bool {
        self.declared.contains_key(registry) || self.listed.contains_key(registry)
    }

    /// The filter with which the images of every repository of a registry and region were captured, as far as
    /// known; `None` if nothing declares that they were.
    pub fn declared(&self, registry: &RegistryName) -> Option<Option<CaptureFilter>> {
        self.declared.get(registry).copied()
    }

    /// Whether the names of all repositories of a registry and region are known.
    pub fn lists(&self, registry: &RegistryName) -> bool {
        self.listed.contains_key(registry)
    }

    /// The registries and regions that it covers, by name.
    pub fn registries(&self) -> impl Iterator<Item = (&RegistryName, ScopeSource)> {
        let declared = self.declared.keys().map(|registry| (registry, ScopeSource::Declared));
        declared.chain(self.listed.keys().map(|registry| (registry, ScopeSource::Listed)))
    }

    /// What it means that the snapshot has no listing of a repository.
    pub fn missing(&self, registry_id: &str, region: &str, name: &str) -> MissingRepository {
        let registry = RegistryName { registry_id: registry_id.to_owned(), region: region.to_owned() };
        match (self.listed.get(&registry), self.declared.get(&registry)) {
            (Some(names), _) if !names.contains(name) => MissingRepository::NotListed,
            (_, Some(filter)) => MissingRepository::NothingShown(*filter),
            _ => MissingRepository::NotCovered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CaptureScope, MissingRepository, RegistryName};
    use crate::model::CaptureFilter;

    fn registry(region: &str) -> RegistryName {
        RegistryName { registry_id: "123456789012".to_owned(), region: region.to_owned() }
    }

    #[test]
    fn a_missing_repository_means_what_the_scope_says() {
        use MissingRepository::{NotCovered, NotListed, NothingShown};
        let any: CaptureFilter = "imageStatus=ANY".parse().expect("a filter");
        let mut scope = CaptureScope::default();
        assert!(scope.is_unknown());
        scope.declare(registry("eu-west-1"), Some(any));
        scope.declare(registry("us-east-1"), None);
        scope.list(registry("us-east-1"), ["shop/web".to_owned()].into());
        scope.list(registry("ap-south-1"), ["shop/web".to_owned()].into());
        for (region, name, expected) in [
            ("eu-west-1", "shop/web", NothingShown(Some(any))),
            // The list says more than the declaration.
            ("us-east-1", "shop/web", NothingShown(None)),
            ("us-east-1", "shop/job", NotListed),
            // It existed, but its images were not captured.
            ("ap-south-1", "shop/web", NotCovered),
            ("ap-south-1", "shop/job", NotListed),
            ("", "shop/web", NotCovered),
        ] {
            assert_eq!(scope.missing("123456789012", region, name), expected, "{region} {name}");
            assert_eq!(scope.missing("210987654321", region, name), NotCovered);
            assert_eq!(scope.covers(&registry(region)), !region.is_empty());
            assert_eq!(scope.lists(&registry(region)), ["us-east-1", "ap-south-1"].contains(&region));
        }
        assert_eq!(scope.registries().count(), 4);
    }
}
