//! `DescribeRepositories`: what a snapshot knows of its repositories, page by page.
//!
//! A snapshot is made of image details, so settings of a repository (its creation, mutability,
//! encryption) are not known and their members are left out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::model::{Map, Value};
use crate::service::ServiceError;
use crate::store::read::{Reader, Snapshot};
use crate::store::row::RepositoryName;

const DEFAULT_PAGE: i64 = 100;
const LARGEST_PAGE: i64 = 1000;
const MOST_NAMES: usize = 100;
/// The region of an ARN where neither the capture nor the user named one.
const DEFAULT_REGION: &str = "us-east-1";
const CONTEXT: &str = "ecrsnap 2026-11-24 DescribeRepositories nextToken";

/// The input of `DescribeRepositories`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DescribeRepositoriesRequest {
    pub(super) registry_id: Option<String>,
    pub(super) repository_names: Option<Vec<String>>,
    pub(super) next_token: Option<String>,
    pub(super) max_results: Option<i64>,
}

/// Answer from `snapshot`; `region` chooses among labelled repositories.
pub(super) fn describe(
    reader: &Reader,
    snapshot: &Snapshot,
    region: Option<&str>,
    request: &DescribeRepositoriesRequest,
) -> Result<Value, ServiceError> {
    let listings = reader.listings(snapshot.id, None)?;
    let names = listings.into_iter().map(|listing| listing.repository).collect();
    page(&narrow(names, region, request.registry_id.as_deref()), region, request)
}

/// The repositories of one registry and, where any carries its label, one region.
fn narrow(mut names: Vec<RepositoryName>, region: Option<&str>, registry_id: Option<&str>) -> Vec<RepositoryName> {
    if let Some(registry_id) = registry_id {
        names.retain(|name| *name.registry_id == *registry_id);
    }
    if let Some(region) = region
        && names.iter().any(|name| *name.region == *region)
    {
        names.retain(|name| *name.region == *region);
    }
    names
}

fn page(
    all: &[RepositoryName],
    region: Option<&str>,
    request: &DescribeRepositoriesRequest,
) -> Result<Value, ServiceError> {
    let size = match request.max_results {
        None => DEFAULT_PAGE,
        Some(count) if count < 1 => {
            return Err(ServiceError::invalid("maxResults", "Member must have value greater than or equal to 1"));
        }
        Some(count) if count > LARGEST_PAGE => {
            return Err(ServiceError::invalid("maxResults", "Member must have value less than or equal to 1000"));
        }
        Some(count) => count,
    } as usize;
    let (shown, next_token) = if let Some(wanted) = &request.repository_names {
        if request.max_results.is_some() || request.next_token.is_some() {
            let constraint = "may not be given with maxResults or nextToken";
            return Err(ServiceError::invalid("repositoryNames", constraint));
        }
        (named(all, wanted, request.registry_id.as_deref())?, None)
    } else {
        let start = match &request.next_token {
            None => 0,
            Some(token) => read_token(token, all).ok_or_else(|| {
                ServiceError::invalid("nextToken", "must be the token of a page of this registry and snapshot")
            })?,
        };
        let end = (start + size).min(all.len());
        let next_token = (end < all.len()).then(|| write_token(end, all));
        (all[start..end].iter().collect(), next_token)
    };
    let mut answer = Map::new();
    let shown: Vec<Value> = shown.into_iter().map(|name| to_value(name, region)).collect();
    answer.insert("repositories".to_owned(), shown.into());
    if let Some(token) = next_token {
        answer.insert("nextToken".to_owned(), token.into());
    }
    Ok(answer.into())
}

/// The repositories of those names, in the order of the request.
fn named<'a>(
    all: &'a [RepositoryName],
    wanted: &[String],
    registry_id: Option<&str>,
) -> Result<Vec<&'a RepositoryName>, ServiceError> {
    if wanted.is_empty() || wanted.len() > MOST_NAMES {
        let (word, bound) = if wanted.is_empty() { ("greater", 1) } else { ("less", MOST_NAMES) };
        let constraint = format!("Member must have length {word} than or equal to {bound}");
        return Err(ServiceError::invalid("repositoryNames", &constraint));
    }
    let mut found: Vec<&RepositoryName> = Vec::new();
    for name in wanted {
        let before = found.len();
        for repository in all.iter().filter(|repository| *repository.name == **name) {
            if !found.contains(&repository) {
                found.push(repository);
            }
        }
        let repeated = || found.iter().any(|repository| *repository.name == **name);
        if found.len() == before && !repeated() {
            let registry = registry_id.or_else(|| all.first().map(|first| &*first.registry_id)).unwrap_or_default();
            return Err(ServiceError::no_repository(name, registry));
        }
    }
    Ok(found)
}

fn to_value(repository: &RepositoryName, region: Option<&str>) -> Value {
    let RepositoryName { registry_id, name, region: label } = repository;
    let region = if label.is_empty() { region.unwrap_or(DEFAULT_REGION) } else { label };
    let (partition, domain) = match region {
        _ if region.starts_with("cn-") => ("aws-cn", "amazonaws.com.cn"),
        _ if region.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
        _ => ("aws", "amazonaws.com"),
    };
    let members = [
        ("repositoryArn", format!("arn:{partition}:ecr:{region}:{registry_id}:repository/{name}")),
        ("registryId", registry_id.to_string()),
        ("repositoryName", name.to_string()),
        ("repositoryUri", format!("{registry_id}.dkr.ecr.{region}.{domain}/{name}")),
    ];
    Value::Map(members.into_iter().map(|(key, text)| (key.to_owned(), text.into())).collect())
}

/// A token is the position of the next repository and a check value over it and the whole list.
fn write_token(position: usize, all: &[RepositoryName]) -> String {
    let position = (position as u64).to_le_bytes();
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(&position);
    for RepositoryName { registry_id, name, region } in all {
        for text in [registry_id, name, region] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    let check = hasher.finalize();
    URL_SAFE_NO_PAD.encode([&position[..], &check.as_bytes()[..8]].concat())
}

fn read_token(token: &str, all: &[RepositoryName]) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == 16)?;
    let position = u64::from_le_bytes(bytes.first_chunk().copied()?);
    let position = usize::try_from(position).ok().filter(|position| *position < all.len())?;
    (write_token(position, all) == token).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::{DescribeRepositoriesRequest, narrow, page};
    use crate::model::Value;
    use crate::store::row::RepositoryName;

    fn repositories(names: &[&str]) -> Vec<RepositoryName> {
        let of = |name: &&str| RepositoryName {
            registry_id: "123456789012".into(),
            name: (*name).into(),
            region: "".into(),
        };
        names.iter().map(of).collect()
    }

    fn names(answer: &Value) -> Vec<&str> {
        let rows = answer.get("repositories").and_then(Value::as_list).unwrap();
        rows.iter().map(|row| row.get("repositoryName").and_then(Value::as_str).unwrap()).collect()
    }

    #[test]
    fn pages_join_without_gap_or_repeat() {
        let all = repositories(&["a1", "b1", "c1", "d1", "e1"]);
        let mut request = DescribeRepositoriesRequest { max_results: Some(2), ..Default::default() };
        let mut seen = Vec::new();
        loop {
            let answer = page(&all, None, &request).unwrap();
            seen.extend(names(&answer).into_iter().map(str::to_owned));
            request.next_token = answer.get("nextToken").and_then(Value::as_str).map(str::to_owned);
            if request.next_token.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["a1", "b1", "c1", "d1", "e1"]);
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let request = DescribeRepositoriesRequest { max_results: Some(1), ..Default::default() };
        let answer = page(&repositories(&["a1", "b1"]), None, &request).unwrap();
        let token = answer.get("nextToken").and_then(Value::as_str).map(str::to_owned);
        for next_token in [token, Some(String::new()), Some("!".to_owned()), Some("A".repeat(22))] {
            let request = DescribeRepositoriesRequest { next_token, ..Default::default() };
            let error = page(&repositories(&["a1", "c1"]), None, &request).unwrap_err();
            assert_eq!(error.code, crate::service::ErrorCode::InvalidParameter);
        }
    }

    #[test]
    fn names_are_answered_once_in_the_order_of_the_request() {
        let wanted = |names: &[&str]| DescribeRepositoriesRequest {
            repository_names: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..Default::default()
        };
        let all = repositories(&["a1", "b1", "c1"]);
        let answer = page(&all, None, &wanted(&["c1", "a1", "c1"])).unwrap();
        assert_eq!(names(&answer), ["c1", "a1"]);
        let error = page(&all, None, &wanted(&["a1", "none"])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "RepositoryNotFoundException: The repository with name 'none' does not exist in the registry with id \
             '123456789012'"
        );
        let error = page(&all, None, &wanted(&[])).unwrap_err();
        assert_eq!(error.code, crate::service::ErrorCode::InvalidParameter);
    }

    #[test]
    fn the_region_chooses_and_names() {
        let mut all = repositories(&["a1", "a1"]);
        all[1].region = "cn-north-1".into();
        let shown = narrow(all, Some("cn-north-1"), Some("123456789012"));
        let answer = page(&shown, Some("cn-north-1"), &DescribeRepositoriesRequest::default()).unwrap();
        let rows = answer.get("repositories").and_then(Value::as_list).unwrap();
        let text = |key| rows[0].get(key).and_then(Value::as_str).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(text("repositoryArn"), "arn:aws-cn:ecr:cn-north-1:123456789012:repository/a1");
        assert_eq!(text("repositoryUri"), "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a1");
    }
}
