//! `DescribeRepositories` and `GetLifecyclePolicy`: what a snapshot knows of its repositories.
//!
//! A snapshot knows the settings of a repository if it has describe-repositories pages; otherwise it knows
//! registry and name from the image details. Nothing is derived: without such a page there is no ARN, no URI
//! and no date of creation in an answer.

use super::api::shapes;
use super::scope;
use super::token::{Position, TokenScope};
use super::{DescribeRepositoriesPage, ErrorCode, ServiceError, check};
use crate::model::{DescribeRepositoriesRequest, GetLifecyclePolicyRequest, Record, RecordMember, Value};
use crate::store::read::{Reader, Snapshot};
use crate::store::row::RepositoryName;

const MOST_NAMES: usize = 100;

/// A repository of a snapshot with what is known of it.
struct Known {
    name: RepositoryName,
    record: Record,
}

/// Answer `DescribeRepositories`; `region` chooses among repositories that carry such labels.
pub(super) fn describe(
    reader: &Reader,
    snapshot: &Snapshot,
    region: Option<&str>,
    request: &DescribeRepositoriesRequest,
) -> Result<DescribeRepositoriesPage, ServiceError> {
    let size = check::max_results(request.max_results)?;
    if let Some(wanted) = &request.repository_names {
        names(wanted)?;
        if request.max_results.is_some() || request.next_token.is_some() {
            let constraint = "may not be given with maxResults or nextToken";
            return Err(ServiceError::invalid("repositoryNames", constraint));
        }
    }
    let registry_id = request.registry_id.as_deref();
    let all = narrow(known(reader, snapshot)?, region, registry_id)?;
    if let Some(wanted) = &request.repository_names {
        let default = match registry_id {
            Some(registry_id) => registry_id.to_owned(),
            None => scope::default_registry(reader, snapshot)?,
        };
        return Ok(DescribeRepositoriesPage { repositories: named(all, wanted, &default)?, next_token: None });
    }
    page(all, size, request.next_token.as_deref())
}

/// Every repository of a snapshot.
fn known(reader: &Reader, snapshot: &Snapshot) -> Result<Vec<Known>, ServiceError> {
    let listings = reader.listings(snapshot.id, None)?.into_iter();
    Ok(listings.map(|listing| Known::named(listing.repository)).collect())
}

impl Known {
    /// A repository of which only images were captured.
    fn named(name: RepositoryName) -> Self {
        let mut record = Record::default();
        for (member, text) in [("registryId", &name.registry_id), ("repositoryName", &name.name)] {
            record.set(member, RecordMember::Value(Value::from(&**text)));
        }
        Known { name, record }
    }
}

/// The repositories of one registry and, if any carries its label, one region.
fn narrow(mut all: Vec<Known>, region: Option<&str>, registry_id: Option<&str>) -> Result<Vec<Known>, ServiceError> {
    if let Some(registry_id) = registry_id {
        all.retain(|known| *known.name.registry_id == *registry_id);
        if all.is_empty() {
            check::registry_id(registry_id)?;
        }
    }
    if let Some(region) = region
        && all.iter().any(|known| *known.name.region == *region)
    {
        all.retain(|known| *known.name.region == *region);
    }
    Ok(all)
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

/// One page of all repositories.
fn page(all: Vec<Known>, size: usize, token: Option<&str>) -> Result<DescribeRepositoriesPage, ServiceError> {
    let scope = token_scope(&all);
    let start = match token {
        None => 0,
        Some(token) => match scope.read(token).and_then(|position| usize::try_from(position.detail).ok()) {
            Some(start) if start < all.len() => start,
            _ => {
                let constraint = "must be the token of a page of this registry and snapshot";
                return Err(ServiceError::invalid("nextToken", constraint));
            }
        },
    };
    let end = start.saturating_add(size).min(all.len());
    let next_token = (end < all.len()).then(|| scope.write(Position { detail: end as u64, id: 0 }));
    let repositories = all.into_iter().skip(start).take(end - start).map(|known| known.record).collect();
    Ok(DescribeRepositoriesPage { repositories, next_token })
}

/// The repositories of those names, each once, in the order of the request.
fn named(all: Vec<Known>, wanted: &[String], registry_id: &str) -> Result<Vec<Record>, ServiceError> {
    let mut all: Vec<Option<Known>> = all.into_iter().map(Some).collect();
    let mut found = Vec::new();
    for (index, name) in wanted.iter().enumerate() {
        let before = found.len();
        for slot in &mut all {
            if slot.as_ref().is_some_and(|known| *known.name.name == **name) {
                found.extend(slot.take().map(|known| known.record));
            }
        }
        if found.len() == before && !wanted[..index].contains(name) {
            check::repository_name(name)?;
            return Err(ServiceError::no_repository(name, registry_id));
        }
    }
    Ok(found)
}

/// What a token of a page depends on: the whole list by registry, name and region.
fn token_scope(all: &[Known]) -> TokenScope {
    let mut hasher = blake3::Hasher::new();
    for Known { name: RepositoryName { registry_id, name, region }, .. } in all {
        for text in [registry_id, name, region] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    TokenScope::new("DescribeRepositories", std::iter::once(*hasher.finalize().as_bytes()), "")
}

/// Answer `GetLifecyclePolicy`.
pub(super) fn policy(
    reader: &Reader,
    snapshot: &Snapshot,
    region: Option<&str>,
    request: &GetLifecyclePolicyRequest,
) -> Result<Record, ServiceError> {
    let name = request.repository_name.as_str();
    let repository = scope::find(reader, snapshot, region, request.registry_id.as_deref(), Some(name))?;
    let _ = (repository, shapes::GET_LIFECYCLE_POLICY_RESPONSE.members());
    Err(unknown_policy(name))
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
mod tests {
    use super::{Known, Record, RecordMember, named, names, narrow, page};
    use crate::model::Value;
    use crate::service::ErrorCode;
    use crate::store::row::RepositoryName;

    fn repositories(names: &[&str]) -> Vec<Known> {
        let of = |name: &&str| {
            Known::named(RepositoryName { registry_id: "123456789012".into(), name: (*name).into(), region: "".into() })
        };
        names.iter().map(of).collect()
    }

    fn shown(records: &[Record]) -> Vec<&str> {
        let name = |record| match Record::get(record, "repositoryName") {
            Some(RecordMember::Value(Value::Str(text))) => text.as_str(),
            other => panic!("{other:?}"),
        };
        records.iter().map(name).collect()
    }

    #[test]
    fn pages_join_without_gap_or_repeat() {
        let all = || repositories(&["a1", "b1", "c1", "d1", "e1"]);
        let (mut seen, mut token) = (Vec::new(), None::<String>);
        loop {
            let answer = page(all(), 2, token.as_deref()).unwrap();
            assert!(answer.repositories.len() <= 2);
            seen.extend(answer.repositories);
            token = answer.next_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(shown(&seen), ["a1", "b1", "c1", "d1", "e1"]);
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let token = page(repositories(&["a1", "b1"]), 1, None).unwrap().next_token.unwrap();
        for next_token in [token.as_str(), "", "!", "AAAAAAAAAAAAAAAAAAAAAA"] {
            let error = page(repositories(&["a1", "c1"]), 1, Some(next_token)).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidParameter);
        }
    }

    #[test]
    fn names_are_answered_once_in_the_order_of_the_request() {
        let wanted = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let all = || repositories(&["a1", "b1", "c1"]);
        let answer = named(all(), &wanted(&["c1", "a1", "c1"]), "123456789012").unwrap();
        assert_eq!(shown(&answer), ["c1", "a1"]);
        let error = named(all(), &wanted(&["a1", "none"]), "123456789012").unwrap_err();
        assert_eq!(
            error.to_string(),
            "RepositoryNotFoundException: The repository with name 'none' does not exist in the registry with id \
             '123456789012'"
        );
        assert_eq!(names(&[]).unwrap_err().code, ErrorCode::InvalidParameter);
        assert!(names(&wanted(&["a1"; 100])).is_ok());
        assert!(names(&wanted(&["a1"; 101])).unwrap_err().message.contains("less than or equal to 100"));
    }

    #[test]
    fn the_region_chooses_among_labels_and_the_registry_among_ids() {
        let all = || {
            let mut all = repositories(&["a1", "a1"]);
            all[1].name.region = "cn-north-1".into();
            all
        };
        assert_eq!(narrow(all(), Some("cn-north-1"), Some("123456789012")).unwrap().len(), 1);
        assert_eq!(narrow(all(), Some("eu-west-1"), None).unwrap().len(), 2);
        assert_eq!(narrow(all(), None, Some("210987654321")).unwrap().len(), 0);
        assert_eq!(narrow(all(), None, Some("12")).map(|all| all.len()).unwrap_err().code, ErrorCode::InvalidParameter);
    }

    /// Nothing is made up for a repository of which only images were captured.
    #[test]
    fn what_is_not_known_is_left_out() {
        let [known] = <[Known; 1]>::try_from(repositories(&["a1"])).ok().unwrap();
        let members: Vec<&str> = known.record.members().map(|(name, _)| name).collect();
        assert_eq!(members, ["registryId", "repositoryName"]);
    }
}
