//! `DescribeRepositories` and `GetLifecyclePolicy`: what a snapshot knows of its repositories.
//!
//! A snapshot knows the settings of a repository if it has describe-repositories pages; otherwise it knows
//! registry and name from the image details. Nothing is derived: without such a page an answer has no ARN, no URI
//! and no date of creation.

use std::collections::HashSet;

use super::api::shape::{Kind, Shape};
use super::api::shapes;
use super::scope;
use super::token::{self, Position, TokenScope};
use super::{DescribeRepositoriesPage, ErrorCode, ServiceError, check};
use crate::model::{DescribeRepositoriesRequest, GetLifecyclePolicyRequest, Map, Record, RecordMember, Value, json};
use crate::store::read::{DescribedRepository, Reader, Snapshot};
use crate::store::row::RepositoryName;

const MOST_NAMES: usize = 100;

/// A repository of a snapshot with what is known of it.
pub(super) struct Known {
    id: i64,
    name: RepositoryName,
    record: Record,
}

/// Every repository of a snapshot: those of its describe-repositories pages in the order of the pages, then
/// those of which only images were captured.
pub(super) fn known(reader: &Reader, snapshot: &Snapshot) -> Result<Vec<Known>, ServiceError> {
    let described = reader.described_repositories(snapshot.id)?;
    let mut all = described.iter().map(Known::described).collect::<Result<Vec<_>, _>>()?;
    let ids: HashSet<i64> = all.iter().map(|known| known.id).collect();
    let listings = reader.listings(snapshot.id, None)?.into_iter();
    let others = listings.filter(|listing| !ids.contains(&listing.repository_id));
    all.extend(others.map(|listing| Known::named(listing.repository_id, listing.repository)));
    Ok(all)
}

impl Known {
    /// A repository of which only images were captured.
    fn named(id: i64, name: RepositoryName) -> Self {
        let mut record = Record::default();
        for (member, text) in [("registryId", &name.registry_id), ("repositoryName", &name.name)] {
            record.set(member, RecordMember::Value(Value::from(&**text)));
        }
        Known { id, name, record }
    }

    /// A repository whose settings were captured.
    fn described(repository: &DescribedRepository) -> Result<Self, ServiceError> {
        let mut known = Known::named(repository.repository_id, repository.repository.clone());
        for (name, value) in repository.values()? {
            known.record.set(&name, RecordMember::Value(value));
        }
        if let Some(instant) = repository.created_at {
            known.record.set("createdAt", RecordMember::Time(instant));
        }
        Ok(Known { record: in_order(&known.record, &shapes::REPOSITORY), ..known })
    }

    fn is_in(&self, region: Option<&str>, registry_id: Option<&str>) -> bool {
        registry_id.is_none_or(|registry_id| *self.name.registry_id == *registry_id)
            && region.is_none_or(|region| *self.name.region == *region)
    }
}

/// A record as the client of the model builds it: members in the model's order, also inside, without nulls;
/// members that the model lacks come last.
fn in_order(record: &Record, shape: &Shape) -> Record {
    let mut ordered = Record::default();
    for (name, member) in record.members() {
        let known = shape.members().iter().find(|known| known.name == name);
        match (known, member) {
            (Some(_), RecordMember::Value(Value::Null)) => {}
            (Some(known), RecordMember::Value(value)) => {
                ordered.set(name, RecordMember::Value(value_in_order(value.clone(), known.shape)));
            }
            (_, member) => ordered.set(name, member.clone()),
        }
    }
    ordered.order_by(&shape.members().iter().map(|known| known.name).collect::<Vec<_>>());
    ordered
}

fn value_in_order(value: Value, shape: &Shape) -> Value {
    match (value, &shape.kind) {
        (Value::Map(mut map), Kind::Structure(members)) => {
            let mut ordered = Map::new();
            for known in *members {
                match map.shift_remove(known.name) {
                    None | Some(Value::Null) => {}
                    Some(value) => _ = ordered.insert(known.name.to_owned(), value_in_order(value, known.shape)),
                }
            }
            ordered.extend(map);
            Value::Map(ordered)
        }
        (Value::List(items), Kind::List(element)) => {
            Value::List(items.into_iter().map(|item| value_in_order(item, element)).collect())
        }
        (value, _) => value,
    }
}

/// Answers about the repositories of one snapshot.
pub(super) struct Repositories<'k> {
    pub(super) reader: &'k Reader,
    pub(super) snapshot: &'k Snapshot,
    /// Chooses among repositories that carry such labels.
    pub(super) region: Option<&'k str>,
    /// Every repository, from [`known`].
    pub(super) all: &'k [Known],
}

impl Repositories<'_> {
    /// Answer `DescribeRepositories`.
    pub(super) fn describe(
        &self,
        request: &DescribeRepositoriesRequest,
    ) -> Result<DescribeRepositoriesPage, ServiceError> {
        let size = check::max_results(request.max_results)?;
        let registry_id = request.registry_id.as_deref();
        let Some(wanted) = &request.repository_names else {
            let shown = narrow(self.all, self.region, registry_id)?;
            return page(&shown, size, request.next_token.as_deref(), &|token| self.saved_position(token));
        };
        names(wanted)?;
        if request.max_results.is_some() || request.next_token.is_some() {
            let constraint = "may not be given with maxResults or nextToken";
            return Err(ServiceError::invalid("repositoryNames", constraint));
        }
        let shown = narrow(self.all, self.region, registry_id)?;
        let registry = self.registry(registry_id)?;
        Ok(DescribeRepositoriesPage { repositories: named(&shown, wanted, &registry)?, next_token: None })
    }

    /// Answer `GetLifecyclePolicy`.
    pub(super) fn policy(&self, request: &GetLifecyclePolicyRequest) -> Result<Record, ServiceError> {
        let (name, registry_id) = (request.repository_name.as_str(), request.registry_id.as_deref());
        let shown = narrow(self.all, self.region, registry_id)?.into_iter().map(|(_, known)| known);
        let found: Vec<&Known> = shown.filter(|known| *known.name.name == *name).collect();
        let repository = match found.as_slice() {
            [only] => only,
            [] => {
                check::repository_name(name)?;
                return Err(ServiceError::no_repository(name, &self.registry(registry_id)?));
            }
            several => return Err(scope::ambiguous(name, several.iter().map(|known| &known.name))),
        };
        let Some(policy) = self.reader.lifecycle_policy(self.snapshot.id, repository.id)? else {
            return Err(unknown_policy(name));
        };
        let Some(text) = policy.text else {
            let message = format!(
                "Lifecycle policy does not exist for the repository with name '{name}' in the registry with id '{}'",
                repository.name.registry_id
            );
            return Err(ServiceError::new(ErrorCode::LifecyclePolicyNotFound, message));
        };
        let mut record = Known::named(repository.id, repository.name.clone()).record;
        record.set("lifecyclePolicyText", RecordMember::Value(Value::Str(text)));
        if let Some(instant) = policy.last_evaluated_at {
            record.set("lastEvaluatedAt", RecordMember::Time(instant));
        }
        if let Some(Value::Map(rest)) = policy.rest.and_then(|rest| json::parse(&rest).ok()) {
            rest.into_iter().for_each(|(name, value)| record.set(&name, RecordMember::Value(value)));
        }
        Ok(in_order(&record, &shapes::GET_LIFECYCLE_POLICY_RESPONSE))
    }

    /// The registry that a message names.
    fn registry(&self, registry_id: Option<&str>) -> Result<String, ServiceError> {
        match registry_id {
            Some(registry_id) => Ok(registry_id.to_owned()),
            None => scope::default_registry(self.reader, self.snapshot),
        }
    }

    /// The place among all repositories to which the token of a saved page leads.
    fn saved_position(&self, token: &str) -> Result<Option<usize>, ServiceError> {
        for page in self.reader.repository_pages(self.snapshot.id)? {
            let position = page.token.and_then(|saved| token::resume_saved(token, &saved, page.until));
            if let Some(position) = position {
                return Ok(Some(position as usize));
            }
        }
        Ok(None)
    }
}

/// The repositories of one registry and, if any carries its label, one region; each with its place among all.
fn narrow<'k>(
    all: &'k [Known],
    region: Option<&str>,
    registry_id: Option<&str>,
) -> Result<Vec<(usize, &'k Known)>, ServiceError> {
    let labelled = region.filter(|region| all.iter().any(|known| known.is_in(Some(region), registry_id)));
    let shown: Vec<_> = all.iter().enumerate().filter(|(_, known)| known.is_in(labelled, registry_id)).collect();
    match registry_id {
        Some(registry_id) if shown.is_empty() => check::registry_id(registry_id).map(|()| shown),
        _ => Ok(shown),
    }
}

/// The repositories that a request names: how many there may be.
fn names(wanted: &[String]) -> Result<(), ServiceError> {
    let (word, bound) = match wanted.len() {
        0 => ("greater", 1),
        1..=MOST_NAMES => return Ok(()),
        _ => ("less", MOST_NAMES),
    };
    let constraint = format!("Member must have length {word} than or equal to {bound}");
    Err(ServiceError::invalid("repositoryNames", &constraint))
}

/// One page of the repositories that are shown. `saved` finds the place of a token that a saved page ended with.
fn page(
    shown: &[(usize, &Known)],
    size: usize,
    token: Option<&str>,
    saved: &dyn Fn(&str) -> Result<Option<usize>, ServiceError>,
) -> Result<DescribeRepositoriesPage, ServiceError> {
    let scope = token_scope(shown);
    let start = match token {
        None => 0,
        Some(token) => match (scope.read(token), saved(token)?) {
            (Some(Position { detail, .. }), _) if detail < shown.len() as u64 => detail as usize,
            (None, Some(place)) => shown.partition_point(|(known, _)| *known < place),
            _ => {
                let constraint = "must be the token of a page of this registry and snapshot";
                return Err(ServiceError::invalid("nextToken", constraint));
            }
        },
    };
    let end = start.saturating_add(size).min(shown.len());
    let next_token = (end < shown.len()).then(|| scope.write(Position { detail: end as u64, id: 0 }));
    let repositories = shown[start..end].iter().map(|(_, known)| known.record.clone()).collect();
    Ok(DescribeRepositoriesPage { repositories, next_token })
}

/// The repositories of those names, each once, in the order of the request.
fn named(shown: &[(usize, &Known)], wanted: &[String], registry_id: &str) -> Result<Vec<Record>, ServiceError> {
    let mut found = Vec::new();
    for (index, name) in wanted.iter().enumerate() {
        if wanted[..index].contains(name) {
            continue;
        }
        let before = found.len();
        let of_name = shown.iter().filter(|(_, known)| *known.name.name == **name);
        found.extend(of_name.map(|(_, known)| known.record.clone()));
        if found.len() == before {
            check::repository_name(name)?;
            return Err(ServiceError::no_repository(name, registry_id));
        }
    }
    Ok(found)
}

/// What a token of a page depends on: the whole list by registry, name and region.
fn token_scope(shown: &[(usize, &Known)]) -> TokenScope {
    let mut hasher = blake3::Hasher::new();
    for (_, Known { name: RepositoryName { registry_id, name, region }, .. }) in shown {
        for text in [registry_id, name, region] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    TokenScope::new("DescribeRepositories", std::iter::once(*hasher.finalize().as_bytes()), "")
}

/// The snapshot has no page that says whether the repository has a policy.
fn unknown_policy(name: &str) -> ServiceError {
    let message = format!(
        "This snapshot does not say whether the repository with name '{name}' has a lifecycle policy: save the \
         output of get-lifecycle-policy with the capture"
    );
    ServiceError::new(ErrorCode::Validation, message)
}

#[cfg(test)]
#[path = "repositories_tests.rs"]
mod tests;
