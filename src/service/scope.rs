//! Which listings a request is about: one repository, or every one of the registry by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ErrorCode, ServiceError, check};
use crate::store::read::{Listing, Reader, Snapshot};

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
            Err(ServiceError::no_repository(name, &registry))
        }
        several => Err(ServiceError {
            code: ErrorCode::InvalidParameter,
            message: format!("The repository with name '{name}' is in more than one registry of this snapshot: {}", {
                let label = |listing: &Listing| match &*listing.repository.region {
                    "" => listing.repository.registry_id.to_string(),
                    region => format!("{} in {region}", listing.repository.registry_id),
                };
                several.iter().map(label).collect::<Vec<_>>().join(", ")
            }),
        }),
    }
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
