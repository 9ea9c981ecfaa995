//! The shapes of the service model: requests and responses of the operations in [`super::OPERATIONS`].
//!
//! Source: `ecr/2015-09-21/service-2.json` as AWS CLI 2.36.12 carries it. Of the limits only the minimum is
//! here, because the client checks no other; the documentation of a member is its first sentence, as the
//! client's YAML skeleton prints it.

use super::shape::{Kind, Shape, ShapeMember};
use crate::model::status;

const fn shape(name: &'static str, kind: Kind) -> Shape {
    Shape { name, kind, min: None }
}

const fn at_least(min: i64, name: &'static str, kind: Kind) -> Shape {
    Shape { name, kind, min: Some(min) }
}

const fn string(name: &'static str) -> Shape {
    shape(name, Kind::String(&[]))
}

const fn member(name: &'static str, shape: &'static Shape) -> ShapeMember {
    about(name, shape, "")
}

const fn about(name: &'static str, shape: &'static Shape, about: &'static str) -> ShapeMember {
    ShapeMember { name, shape, required: false, about }
}

const fn required(name: &'static str, shape: &'static Shape, about: &'static str) -> ShapeMember {
    ShapeMember { name, shape, required: true, about }
}

static REGISTRY_ID: Shape = string("RegistryId");
static REPOSITORY_NAME: Shape = at_least(2, "RepositoryName", Kind::String(&[]));
static NEXT_TOKEN: Shape = string("NextToken");
static MAX_RESULTS: Shape = at_least(1, "MaxResults", Kind::Integer);
static IMAGE_DIGEST: Shape = string("ImageDigest");
static IMAGE_TAG: Shape = at_least(1, "ImageTag", Kind::String(&[]));
static MEDIA_TYPE: Shape = string("MediaType");
static TAG_STATUS: Shape = shape("TagStatus", Kind::String(status::TAG_FILTER));
static IMAGE_STATUS_FILTER: Shape = shape("ImageStatusFilter", Kind::String(status::IMAGE_FILTER));

static IMAGE_IDENTIFIER: Shape = shape(
    "ImageIdentifier",
    Kind::Structure(&[
        about("imageDigest", &IMAGE_DIGEST, "The sha256 digest of the image manifest."),
        about("imageTag", &IMAGE_TAG, "The tag used for the image."),
    ]),
);
static IMAGE_IDENTIFIER_LIST: Shape = at_least(1, "ImageIdentifierList", Kind::List(&IMAGE_IDENTIFIER));

pub(super) static DESCRIBE_IMAGES_REQUEST: Shape = shape(
    "DescribeImagesRequest",
    Kind::Structure(&[
        about(
            "registryId",
            &REGISTRY_ID,
            "The Amazon Web Services account ID associated with the registry that contains the repository in which to \
             describe images.",
        ),
        required("repositoryName", &REPOSITORY_NAME, "The repository that contains the images to describe."),
        about("imageIds", &IMAGE_IDENTIFIER_LIST, "The list of image IDs for the requested repository."),
        about(
            "nextToken",
            &NEXT_TOKEN,
            "The nextToken value returned from a previous paginated DescribeImages request where maxResults was used \
             and the results exceeded the value of that parameter.",
        ),
        about(
            "maxResults",
            &MAX_RESULTS,
            "The maximum number of repository results returned by DescribeImages in paginated output.",
        ),
        about(
            "filter",
            &DESCRIBE_IMAGES_FILTER,
            "The filter key and value with which to filter your DescribeImages results.",
        ),
    ]),
);

static DESCRIBE_IMAGES_FILTER: Shape = shape(
    "DescribeImagesFilter",
    Kind::Structure(&[
        about("tagStatus", &TAG_STATUS, "The tag status with which to filter your DescribeImages results."),
        about(
            "imageStatus",
            &IMAGE_STATUS_FILTER,
            "The image status with which to filter your DescribeImages results.",
        ),
    ]),
);

pub(super) static LIST_IMAGES_REQUEST: Shape = shape(
    "ListImagesRequest",
    Kind::Structure(&[
        about(
            "registryId",
            &REGISTRY_ID,
            "The Amazon Web Services account ID associated with the registry that contains the repository in which to \
             list images.",
        ),
        required("repositoryName", &REPOSITORY_NAME, "The repository with image IDs to be listed."),
        about(
            "nextToken",
            &NEXT_TOKEN,
            "The nextToken value returned from a previous paginated ListImages request where maxResults was used and \
             the results exceeded the value of that parameter.",
        ),
        about(
            "maxResults",
            &MAX_RESULTS,
            "The maximum number of image results returned by ListImages in paginated output.",
        ),
        about("filter", &LIST_IMAGES_FILTER, "The filter key and value with which to filter your ListImages results."),
    ]),
);

static LIST_IMAGES_FILTER: Shape = shape(
    "ListImagesFilter",
    Kind::Structure(&[
        about("tagStatus", &TAG_STATUS, "The tag status with which to filter your ListImages results."),
        about("imageStatus", &IMAGE_STATUS_FILTER, "The image status with which to filter your ListImages results."),
    ]),
);

pub(super) static DESCRIBE_IMAGES_RESPONSE: Shape = shape(
    "DescribeImagesResponse",
    Kind::Structure(&[member("imageDetails", &IMAGE_DETAIL_LIST), member("nextToken", &NEXT_TOKEN)]),
);

pub(super) static LIST_IMAGES_RESPONSE: Shape = shape(
    "ListImagesResponse",
    Kind::Structure(&[member("imageIds", &IMAGE_IDENTIFIER_LIST), member("nextToken", &NEXT_TOKEN)]),
);

static IMAGE_DETAIL_LIST: Shape = shape("ImageDetailList", Kind::List(&IMAGE_DETAIL));
static IMAGE_TAG_LIST: Shape = shape("ImageTagList", Kind::List(&IMAGE_TAG));
static IMAGE_SIZE_IN_BYTES: Shape = shape("ImageSizeInBytes", Kind::Integer);
static PUSH_TIMESTAMP: Shape = shape("PushTimestamp", Kind::Timestamp);
static SCAN_TIMESTAMP: Shape = shape("ScanTimestamp", Kind::Timestamp);
static SOURCE_UPDATE_TIMESTAMP: Shape = shape("VulnerabilitySourceUpdateTimestamp", Kind::Timestamp);
static PULL_TIMESTAMP: Shape = shape("RecordedPullTimestamp", Kind::Timestamp);
static ARCHIVED_TIMESTAMP: Shape = shape("LastArchivedAtTimestamp", Kind::Timestamp);
static ACTIVATED_TIMESTAMP: Shape = shape("LastActivatedAtTimestamp", Kind::Timestamp);
static IMAGE_STATUS: Shape = shape("ImageStatus", Kind::String(status::IMAGE));
static SCAN_STATUS_DESCRIPTION: Shape = string("ScanStatusDescription");
static SCAN_STATUS: Shape = shape("ScanStatus", Kind::String(status::SCAN));
static SEVERITY_COUNT: Shape = at_least(0, "SeverityCount", Kind::Integer);
static FINDING_SEVERITY_COUNTS: Shape = shape("FindingSeverityCounts", Kind::Map(&SEVERITY_COUNT));

static IMAGE_SCAN_STATUS: Shape = shape(
    "ImageScanStatus",
    Kind::Structure(&[member("status", &SCAN_STATUS), member("description", &SCAN_STATUS_DESCRIPTION)]),
);

static IMAGE_SCAN_FINDINGS_SUMMARY: Shape = shape(
    "ImageScanFindingsSummary",
    Kind::Structure(&[
        member("imageScanCompletedAt", &SCAN_TIMESTAMP),
        member("vulnerabilitySourceUpdatedAt", &SOURCE_UPDATE_TIMESTAMP),
        member("findingSeverityCounts", &FINDING_SEVERITY_COUNTS),
    ]),
);

static IMAGE_DETAIL: Shape = shape(
    "ImageDetail",
    Kind::Structure(&[
        member("registryId", &REGISTRY_ID),
        member("repositoryName", &REPOSITORY_NAME),
        member("imageDigest", &IMAGE_DIGEST),
        member("imageTags", &IMAGE_TAG_LIST),
        member("imageSizeInBytes", &IMAGE_SIZE_IN_BYTES),
        member("imagePushedAt", &PUSH_TIMESTAMP),
        member("imageScanStatus", &IMAGE_SCAN_STATUS),
        member("imageScanFindingsSummary", &IMAGE_SCAN_FINDINGS_SUMMARY),
        member("imageManifestMediaType", &MEDIA_TYPE),
        member("artifactMediaType", &MEDIA_TYPE),
        member("lastRecordedPullTime", &PULL_TIMESTAMP),
        member("subjectManifestDigest", &IMAGE_DIGEST),
        member("imageStatus", &IMAGE_STATUS),
        member("lastArchivedAt", &ARCHIVED_TIMESTAMP),
        member("lastActivatedAt", &ACTIVATED_TIMESTAMP),
    ]),
);

pub(super) static DESCRIBE_REPOSITORIES_REQUEST: Shape = shape(
    "DescribeRepositoriesRequest",
    Kind::Structure(&[
        about(
            "registryId",
            &REGISTRY_ID,
            "The Amazon Web Services account ID associated with the registry that contains the repositories to be \
             described.",
        ),
        about("repositoryNames", &REPOSITORY_NAME_LIST, "A list of repositories to describe."),
        about(
            "nextToken",
            &NEXT_TOKEN,
            "The nextToken value returned from a previous paginated DescribeRepositories request where maxResults was \
             used and the results exceeded the value of that parameter.",
        ),
        about(
            "maxResults",
            &MAX_RESULTS,
            "The maximum number of repository results returned by DescribeRepositories in paginated output.",
        ),
    ]),
);

pub(super) static DESCRIBE_REPOSITORIES_RESPONSE: Shape = shape(
    "DescribeRepositoriesResponse",
    Kind::Structure(&[member("repositories", &REPOSITORY_LIST), member("nextToken", &NEXT_TOKEN)]),
);

pub(super) static GET_LIFECYCLE_POLICY_REQUEST: Shape = shape(
    "GetLifecyclePolicyRequest",
    Kind::Structure(&[
        about(
            "registryId",
            &REGISTRY_ID,
            "The Amazon Web Services account ID associated with the registry that contains the repository.",
        ),
        required("repositoryName", &REPOSITORY_NAME, "The name of the repository."),
    ]),
);

/// The whole answer of `GetLifecyclePolicy`.
pub(crate) static GET_LIFECYCLE_POLICY_RESPONSE: Shape = shape(
    "GetLifecyclePolicyResponse",
    Kind::Structure(&[
        member("registryId", &REGISTRY_ID),
        member("repositoryName", &REPOSITORY_NAME),
        member("lifecyclePolicyText", &LIFECYCLE_POLICY_TEXT),
        member("lastEvaluatedAt", &EVALUATION_TIMESTAMP),
    ]),
);

static REPOSITORY_NAME_LIST: Shape = at_least(1, "RepositoryNameList", Kind::List(&REPOSITORY_NAME));
static REPOSITORY_LIST: Shape = shape("RepositoryList", Kind::List(&REPOSITORY));
static ARN: Shape = string("Arn");
static URL: Shape = string("Url");
static CREATION_TIMESTAMP: Shape = shape("CreationTimestamp", Kind::Timestamp);
static EVALUATION_TIMESTAMP: Shape = shape("EvaluationTimestamp", Kind::Timestamp);
static LIFECYCLE_POLICY_TEXT: Shape = at_least(100, "LifecyclePolicyText", Kind::String(&[]));
static IMAGE_TAG_MUTABILITY: Shape = shape("ImageTagMutability", Kind::String(status::TAG_MUTABILITY));
static SCAN_ON_PUSH_FLAG: Shape = shape("ScanOnPushFlag", Kind::Boolean);
static ENCRYPTION_TYPE: Shape = shape("EncryptionType", Kind::String(status::ENCRYPTION));
static KMS_KEY: Shape = at_least(1, "KmsKey", Kind::String(&[]));
static EXCLUSION_FILTER_TYPE: Shape = shape("ImageTagMutabilityExclusionFilterType", Kind::String(&["WILDCARD"]));
static EXCLUSION_FILTER_VALUE: Shape = at_least(1, "ImageTagMutabilityExclusionFilterValue", Kind::String(&[]));

static EXCLUSION_FILTERS: Shape = at_least(1, "ImageTagMutabilityExclusionFilters", Kind::List(&EXCLUSION_FILTER));

static EXCLUSION_FILTER: Shape = shape(
    "ImageTagMutabilityExclusionFilter",
    Kind::Structure(&[
        required("filterType", &EXCLUSION_FILTER_TYPE, ""),
        required("filter", &EXCLUSION_FILTER_VALUE, ""),
    ]),
);

/// A row of `DescribeRepositories`.
pub(crate) static REPOSITORY: Shape = shape(
    "Repository",
    Kind::Structure(&[
        member("repositoryArn", &ARN),
        member("registryId", &REGISTRY_ID),
        member("repositoryName", &REPOSITORY_NAME),
        member("repositoryUri", &URL),
        member("createdAt", &CREATION_TIMESTAMP),
        member("imageTagMutability", &IMAGE_TAG_MUTABILITY),
        member("imageTagMutabilityExclusionFilters", &EXCLUSION_FILTERS),
        member("imageScanningConfiguration", &IMAGE_SCANNING_CONFIGURATION),
        member("encryptionConfiguration", &ENCRYPTION_CONFIGURATION),
    ]),
);

static IMAGE_SCANNING_CONFIGURATION: Shape =
    shape("ImageScanningConfiguration", Kind::Structure(&[member("scanOnPush", &SCAN_ON_PUSH_FLAG)]));

static ENCRYPTION_CONFIGURATION: Shape = shape(
    "EncryptionConfiguration",
    Kind::Structure(&[required("encryptionType", &ENCRYPTION_TYPE, ""), member("kmsKey", &KMS_KEY)]),
);
