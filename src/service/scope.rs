//! Which listings a request is about: one repository, or every one of the registry by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ErrorCode, ServiceError, check};
use crate::store::read::{Listing, Reader, Snapshot};
use crate::store::row::RepositoryName;

/// The listings that a request reads, one after another.
pub(super) struct Scope {
    pub(super) listings: Vec<Listing>,
}

/// Find them. `region` narrows where repositories carry that label.
pub(super) fn find(
    reader: &Reader,
    snapshot: &Snapshot,
    region: Option<&str>,
    registry_id: Option<&str>,
    name: Option<&str>,
) -> Result<Scope, ServiceError> {
    let mut listings = reader.listings(snapshot.id, name)?;
    if let Some(registry_id) = registry_id {
        listings.retain(|listing| *listing.repository.registry_id == *registry_id);
    }
    if let Some(region) = region
        && listings.iter().any(|listing| *listing.repository.region == *region)
    {
        listings.retain(|listing| *listing.repository.region == *region);
    }
    if let Some(registry_id) = registry_id
        && listings.is_empty()
    {
        check::registry_id(registry_id)?;
    }
    let Some(name) = name else {
        return Ok(Scope { listings });
    };
    match listings.as_slice() {
        [_] => Ok(Scope { listings }),
        [] => {
            check::repository_name(name)?;
            let registry = match registry_id {
                Some(registry_id) => registry_id.to_owned(),
                None => default_registry(reader, snapshot)?,
            };
            let is_listed = |known: &RepositoryName| {
                *known.name == *name
                    && *known.registry_id == *registry
                    && region.is_none_or(|region| known.region.is_empty() || *known.region == *region)
            };
            if reader.described_repositories(snapshot.id)?.iter().any(|known| is_listed(&known.repository)) {
                let message = format!(
                    "The repository with name '{name}' exists in the registry with id '{registry}', but this snapshot \
                     has no images of it: save the output of describe-images with the capture"
                );
                return Err(ServiceError::new(ErrorCode::Validation, message));
            }
            Err(ServiceError::no_repository(name, &registry))
        }
        several => Err(ambiguous(name, several.iter().map(|listing| &listing.repository))),
    }
}

/// The refusal of a name that several registries or regions of a snapshot have.
pub(super) fn ambiguous<'r>(name: &str, repositories: impl Iterator<Item = &'r RepositoryName>) -> ServiceError {
    let label = |repository: &RepositoryName| match &*repository.region {
        "" => repository.registry_id.to_string(),
        region => format!("{} in {region}", repository.registry_id),
    };
    let places = repositories.map(label).collect::<Vec<_>>().join(", ");
    let message = format!("The repository with name '{name}' is in more than one registry of this snapshot: {places}");
    ServiceError::new(ErrorCode::InvalidParameter, message)
}

/// The registry that a snapshot is of: the one with the most repositories, and of equals the first by id.
pub(super) fn default_registry(reader: &Reader, snapshot: &Snapshot) -> Result<String, ServiceError> {
    let mut repositories: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for listing in reader.listings(snapshot.id, None)? {
        *repositories.entry(listing.repository.registry_id).or_default() += 1;
    }
    let most = repositories.into_iter().rev().max_by_key(|(_, count)| *count);
    Ok(most.map(|(registry_id, _)| registry_id.to_string()).unwrap_or_default())
}
