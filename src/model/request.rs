//! What is asked of the service: the input shapes of `DescribeImages` and `ListImages`.
//!
//! Source: the ECR API reference (2015-09-21) and the service model that botocore ships. The
//! values are as the caller gave them; `service` checks them.

/// One element of `imageIds`. Both halves given means both must hold for one image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ImageIdentifier {
    /// The digest of the image manifest.
    pub image_digest: Option<String>,
    /// A tag of the image.
    pub image_tag: Option<String>,
}

/// The `filter` of either operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ImageFilter {
    /// `TAGGED`, `UNTAGGED` or `ANY`; absent means all.
    pub tag_status: Option<String>,
    /// `ACTIVE`, `ARCHIVED`, `ACTIVATING` or `ANY`; absent means `ACTIVE`.
    pub image_status: Option<String>,
}

/// The input of `DescribeImages`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeImagesRequest {
    /// Twelve digits; absent means the registry of the snapshot.
    pub registry_id: Option<String>,
    /// The repository; absent means every repository of the registry, by name.
    pub repository_name: Option<String>,
    /// 1 to 100 images by digest or tag.
    pub image_ids: Option<Vec<ImageIdentifier>>,
    /// The token of the page before.
    pub next_token: Option<String>,
    /// Details a page, 1 to 1000; absent means 100.
    pub max_results: Option<i64>,
    /// Which images to show.
    pub filter: Option<ImageFilter>,
}

/// The input of `ListImages`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListImagesRequest {
    /// Twelve digits; absent means the registry of the snapshot.
    pub registry_id: Option<String>,
    /// The repository; absent means every repository of the registry, by name.
    pub repository_name: Option<String>,
    /// The token of the page before.
    pub next_token: Option<String>,
    /// Image ids a page, 1 to 1000; absent means 100.
    pub max_results: Option<i64>,
    /// Which images to show.
    pub filter: Option<ImageFilter>,
}

/// The input of `DescribeRepositories`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeRepositoriesRequest {
    /// Twelve digits; absent means every registry of the snapshot.
    pub registry_id: Option<String>,
    /// 1 to 100 repositories by name; absent means all.
    pub repository_names: Option<Vec<String>>,
    /// The token of the page before.
    pub next_token: Option<String>,
    /// Repositories a page, 1 to 1000; absent means 100.
    pub max_results: Option<i64>,
}

/// The input of `GetLifecyclePolicy`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetLifecyclePolicyRequest {
    /// Twelve digits; absent means the registry of the snapshot.
    pub registry_id: Option<String>,
    /// The repository.
    pub repository_name: String,
}

/// The service's pattern for repository names: words of lower-case letters and digits, joined by
/// one `.`, one or two `_` or any number of `-`, in parts joined by `/`; 2 to 256 characters.
pub fn is_repository_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (2..=256).contains(&name.len())
        && name.split('/').all(|part| {
            let bytes = part.as_bytes();
            let ends = bytes.first().is_some_and(|byte| word(*byte)) && bytes.last().is_some_and(|byte| word(*byte));
            ends && bytes.split(|byte| word(*byte)).all(|joint| {
                matches!(joint, [] | [b'.' | b'_'] | [b'_', b'_']) || joint.iter().all(|byte| *byte == b'-')
            })
        })
}

#[cfg(test)]
mod tests {
    use super::is_repository_name;

    #[test]
    fn repository_names_as_the_service_allows_them() {
        for good in ["ab", "a1", "team/app", "a.b", "a_b", "a__b", "a---b", "x/y-z/0"] {
            assert!(is_repository_name(good), "{good}");
        }
        for bad in ["a", "", "A1", "a..b", "a___b", "-a", "a-", "a//b", "/ab", "ab/", "a.-b", "<x>", "é1"] {
            assert!(!is_repository_name(bad), "{bad}");
        }
    }
}
