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
