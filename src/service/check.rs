//! What the API refuses before it looks at any data: lengths, patterns, enums, combinations.
//!
//! Messages are the service's own, observed on it, except for enums (form observed, order of the
//! values ours) and combinations (ours); `docs/compatibility.md` lists which is which.

use super::ServiceError;
use crate::model::{ImageFilter, ImageIdentifier, status};
use crate::store::read::Selection;

/// Details in a page where `maxResults` is absent.
pub(super) const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: i64 = 1000;
const MOST_IMAGE_IDS: usize = 100;
const LONGEST_TAG: usize = 300;

/// The size of a page.
pub(super) fn max_results(max_results: Option<i64>) -> Result<usize, ServiceError> {
    let invalid = |constraint| Err(ServiceError::invalid("maxResults", constraint));
    match max_results {
        None => Ok(DEFAULT_PAGE),
        Some(count) if count < 1 => invalid("Member must have value greater than or equal to 1"),
        Some(count) if count > LARGEST_PAGE => invalid("Member must have value less than or equal to 1000"),
        Some(count) => Ok(count as usize),
    }
}

/// The selection that a filter means; an absent status means `ACTIVE`.
pub(super) fn filter(filter: Option<&ImageFilter>) -> Result<Selection, ServiceError> {
    let tag_status = filter.and_then(|filter| filter.tag_status.as_deref());
    let image_status = filter.and_then(|filter| filter.image_status.as_deref());
    one_of("filter.tagStatus", tag_status, status::TAG_FILTER)?;
    one_of("filter.imageStatus", image_status, status::IMAGE_FILTER)?;
    Ok(Selection {
        tagged: match tag_status {
            Some("TAGGED") => Some(true),
            Some("UNTAGGED") => Some(false),
            _ => None,
        },
        status: match image_status {
            Some("ANY") => None,
            status => Some(status.unwrap_or("ACTIVE").to_owned()),
        },
    })
}

fn one_of(parameter: &str, value: Option<&str>, values: &[&str]) -> Result<(), ServiceError> {
    match value {
        Some(value) if !values.contains(&value) => {
            let constraint = format!("Member must satisfy enum value set: [{}]", values.join(", "));
            Err(ServiceError::invalid(parameter, &constraint))
        }
        _ => Ok(()),
    }
}

/// The ids of the images that are asked for by name.
pub(super) fn image_ids(ids: &[ImageIdentifier]) -> Result<(), ServiceError> {
    let invalid = |parameter, constraint| Err(ServiceError::invalid(parameter, constraint));
    if ids.is_empty() {
        return invalid("imageIds", "Member must have length greater than or equal to 1");
    }
    if ids.len() > MOST_IMAGE_IDS {
        return invalid("imageIds", "Member must have length less than or equal to 100");
    }
    for id in ids {
        if let Some(tag) = &id.image_tag {
            if tag.chars().count() > LONGEST_TAG {
                return invalid("imageTag", "Member must have length less than or equal to 300");
            }
            if tag.is_empty() || !tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
                return invalid("imageTag", "must satisfy regular expression '[a-zA-Z0-9-_.]+'");
            }
        }
        if id.image_digest.as_deref().is_some_and(|digest| !is_digest(digest)) {
            return invalid("imageDigest", "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'");
        }
        if id.image_digest.is_none() && id.image_tag.is_none() {
            return invalid("imageIds", "each image id must have an imageDigest or an imageTag");
        }
    }
    Ok(())
}

fn is_digest(digest: &str) -> bool {
    digest.split_once(':').is_some_and(|(algorithm, hex)| {
        !algorithm.is_empty()
            && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+.".contains(&byte))
            && !hex.is_empty()
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Check a registry id that no listing has: malformed, or only unknown (which is not an error of form).
pub(super) fn registry_id(id: &str) -> Result<(), ServiceError> {
    if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(ServiceError::invalid("registryId", "must satisfy regular expression [0-9]{12}"))
}

/// A repository name that no listing has: too short, too long, or only unknown.
pub(super) fn repository_name(name: &str) -> Result<(), ServiceError> {
    let invalid = |constraint| Err(ServiceError::invalid("repositoryName", constraint));
    match name.chars().count() {
        0 | 1 => invalid("Member must have length greater than or equal to 2"),
        257.. => invalid("Member must have length less than or equal to 256"),
        _ if !crate::model::request::is_repository_name(name) => {
            invalid("must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*'")
        }
        _ => Ok(()),
    }
}
