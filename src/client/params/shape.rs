//! The input and output shapes of both operations, and the options that the client makes of them.
//!
//! Source: the service model of ECR (2015-09-21). Of the limits only the minimum is here, because
//! the client checks no other; the words on the members are those of its YAML skeleton.

use crate::model::{AwsCli, status};

/// What a value of the model may be.
#[derive(Debug)]
pub struct Shape {
    /// The name of the shape in the model.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// The least value of a number, or the least length of a string or list.
    pub min: Option<i64>,
}

/// The type of a shape.
#[derive(Debug)]
pub enum Kind {
    /// An object with these members.
    Structure(&'static [ShapeMember]),
    /// An array of one shape.
    List(&'static Shape),
    /// An object whose keys are strings and whose values have one shape.
    Map(&'static Shape),
    /// A string, with the values that the model lists for it.
    String(&'static [&'static str]),
    /// An integer of 32 or 64 bits.
    Integer,
    /// An instant.
    Timestamp,
}

/// A member of a structure.
#[derive(Debug)]
pub struct ShapeMember {
    /// The name in the API, `imageIds`.
    pub name: &'static str,
    /// What it holds.
    pub shape: &'static Shape,
    /// Whether a request without it is refused.
    pub required: bool,
    /// The first sentence of its documentation; empty in responses.
    pub about: &'static str,
}

/// One operation of the service.
#[derive(Debug)]
pub struct Operation {
    /// The name in the API, `DescribeImages`.
    pub name: &'static str,
    /// The name on the command line, `describe-images`.
    pub command: &'static str,
    /// The shape of a request.
    pub input: &'static Shape,
    /// The shape of a response.
    pub output: &'static Shape,
}

/// An option of an operation's command.
#[derive(Clone, Debug)]
pub struct CommandOption {
    /// The option with its dashes, `--image-ids`.
    pub name: String,
    /// How many words follow it.
    pub words: Words,
    /// Whether the command line is refused without it; `--cli-input-json` and its like lift that.
    pub required: bool,
    /// What the option is for.
    pub role: Role,
}

/// How many words follow an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Exactly one.
    One,
    /// One or none.
    AtMostOne,
    /// Any number, none included.
    Any,
}

/// What an option is for.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// A member of the request.
    Member(&'static ShapeMember),
    /// `--cli-input-json`.
    CliInputJson,
    /// `--cli-input-yaml`, in v2.
    CliInputYaml,
    /// `--starting-token`.
    StartingToken,
    /// `--page-size`, an integer.
    PageSize,
    /// `--max-items`, an integer.
    MaxItems,
    /// `--generate-cli-skeleton`.
    GenerateCliSkeleton,
}

impl Shape {
    /// The members of a structure; of any other shape, none.
    pub fn members(&self) -> &'static [ShapeMember] {
        match self.kind {
            Kind::Structure(members) => members,
            _ => &[],
        }
    }
}

impl Operation {
    /// Every option of the command in the client's order, which is also the order in which it takes
    /// their values in.
    pub fn options(&self, cli: AwsCli) -> Vec<CommandOption> {
        let members = self.input.members().iter().map(|member| CommandOption {
            name: option_name(member.name),
            words: if matches!(member.shape.kind, Kind::List(_)) { Words::Any } else { Words::One },
            required: member.required,
            role: Role::Member(member),
        });
        let others = [
            ("--cli-input-json", Words::One, Role::CliInputJson),
            ("--cli-input-yaml", Words::One, Role::CliInputYaml),
            ("--starting-token", Words::One, Role::StartingToken),
            ("--page-size", Words::One, Role::PageSize),
            ("--max-items", Words::One, Role::MaxItems),
            ("--generate-cli-skeleton", Words::AtMostOne, Role::GenerateCliSkeleton),
        ]
        .into_iter()
        .filter(|(_, _, role)| cli == AwsCli::V2 || !matches!(role, Role::CliInputYaml))
        .map(|(name, words, role)| CommandOption { name: name.to_owned(), words, required: false, role });
        members.chain(others).collect()
    }
}

/// `imageIds` as an option: `--image-ids`.
fn option_name(member: &str) -> String {
    let mut name = String::from("--");
    for c in member.chars() {
        if c.is_ascii_uppercase() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

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

/// `DescribeImages`.
pub static DESCRIBE_IMAGES: Operation = Operation {
    name: "DescribeImages",
    command: "describe-images",
    input: &DESCRIBE_IMAGES_REQUEST,
    output: &DESCRIBE_IMAGES_RESPONSE,
};

/// `ListImages`.
pub static LIST_IMAGES: Operation = Operation {
    name: "ListImages",
    command: "list-images",
    input: &LIST_IMAGES_REQUEST,
    output: &LIST_IMAGES_RESPONSE,
};

static DESCRIBE_IMAGES_REQUEST: Shape = shape(
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

static LIST_IMAGES_REQUEST: Shape = shape(
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

static DESCRIBE_IMAGES_RESPONSE: Shape = shape(
    "DescribeImagesResponse",
    Kind::Structure(&[member("imageDetails", &IMAGE_DETAIL_LIST), member("nextToken", &NEXT_TOKEN)]),
);

static LIST_IMAGES_RESPONSE: Shape = shape(
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

#[cfg(test)]
mod tests {
    use super::{DESCRIBE_IMAGES, LIST_IMAGES, option_name};
    use crate::model::AwsCli;

    #[test]
    fn options_are_named_and_ordered_as_in_the_client() {
        let names = |options: Vec<super::CommandOption>| options.into_iter().map(|o| o.name).collect::<Vec<_>>();
        assert_eq!(option_name("imageIds"), "--image-ids");
        assert_eq!(
            names(DESCRIBE_IMAGES.options(AwsCli::V1))[..7].join(" "),
            "--registry-id --repository-name --image-ids --next-token --max-results --filter --cli-input-json"
        );
        assert!(names(LIST_IMAGES.options(AwsCli::V2)).contains(&"--cli-input-yaml".to_owned()));
        assert!(!names(LIST_IMAGES.options(AwsCli::V2)).contains(&"--image-ids".to_owned()));
    }
}
