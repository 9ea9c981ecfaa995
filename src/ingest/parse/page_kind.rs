//! The kinds of page, and what the name of a member says about the object that contains it.
//!
//! One table maps names to meanings, for every spelling of a name (`imageDetails`, `ImageDetails`,
//! `image_details`). A further kind of page is a variant of [`RecordKind`] and a line in [`meaning`]; the
//! parser needs no change. The parser hands such a page to [`Sink::record`](super::page::Sink::record) as the
//! text of one JSON object. Nothing here reads text.

use crate::model::Member;
use crate::model::member::is_spelling_of;

/// A page that is not of describe-images. Its object is handed over whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ingest) enum RecordKind {
    /// A page of describe-repositories: `repositories[]`, perhaps a token.
    Repositories,
    /// One element of `repositories[]` on its own, as `--query repositories` leaves it.
    Repository,
    /// The answer of get-lifecycle-policy.
    LifecyclePolicy,
    /// The answer of get-lifecycle-policy-preview.
    LifecyclePreview,
    /// A page of list-images: `imageIds[]`, perhaps a token.
    ImageIds,
    /// The manifest of an export.
    Manifest,
}

impl RecordKind {
    /// Why an ingest that does not use this kind refuses it, and what to do.
    pub(in crate::ingest) fn refusal(self) -> &'static str {
        match self {
            RecordKind::Repositories | RecordKind::Repository => {
                "this is what `aws ecr describe-repositories` prints: no images; save `aws ecr describe-images` instead"
            }
            RecordKind::LifecyclePolicy => {
                "this is what `aws ecr get-lifecycle-policy` prints: no images; save `aws ecr describe-images` instead"
            }
            RecordKind::LifecyclePreview => {
                "this is what `aws ecr get-lifecycle-policy-preview` prints: no complete image details; \
                 `ecrsnap lifecycle --verify` compares a policy with it"
            }
            RecordKind::ImageIds => {
                "this is what `aws ecr list-images` prints: ids alone; save `aws ecr describe-images` instead"
            }
            RecordKind::Manifest => "this is the manifest of an export, and not a page",
        }
    }
}

/// What a member's name says about the object that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The object is a page, and this is its list of details.
    Details,
    /// The object is a detail.
    Detail,
    /// Details and other objects have this: the rest of the object decides.
    Shared,
    /// The token of a page.
    Token,
    /// Something about the response that is never looked into.
    Metadata,
    /// The object is a page of another kind, unless there are details in it. `look` says whether details can
    /// be in this member's value.
    Record { kind: RecordKind, look: bool },
    /// The object belongs to what another command prints, unless there are details in it.
    OtherOutput(&'static str),
    /// The same, and what looks like details in its value is not.
    OtherIds(&'static str),
    /// Nothing; the value may hold pages.
    Unknown,
}

/// What the member `name` says, in any spelling.
pub(super) fn meaning(name: &str) -> Meaning {
    match Member::spelled(name) {
        Some(Member::RegistryId | Member::RepositoryName) => return Meaning::Shared,
        Some(_) => return Meaning::Detail,
        None => {}
    }
    match name {
        // EC2's own spelling alone: other tools call their lists of details `images`.
        "Images" => return Meaning::OtherOutput(EC2),
        "__type" | "Error" => return Meaning::OtherOutput(ERROR),
        _ => {}
    }
    let found = OTHERS.iter().find(|(known, _)| is_spelling_of(name, known));
    found.map_or(Meaning::Unknown, |(_, meaning)| *meaning)
}

const EC2: &str =
    "this is what `aws ec2 describe-images` prints (machine images); save `aws ecr describe-images` instead";
const PUBLIC_TAGS: &str =
    "this is what `aws ecr-public describe-image-tags` prints; save `aws ecr-public describe-images` instead";
const ERROR: &str = "this is a saved error answer of the service, not a page; ask again and save that";

/// Names that are not of a detail, and what they say.
const OTHERS: &[(&str, Meaning)] = &[
    ("imageDetails", Meaning::Details),
    ("repoImages", Meaning::Details),
    ("nextToken", Meaning::Token),
    ("responseMetadata", Meaning::Metadata),
    ("$metadata", Meaning::Metadata),
    ("resultMetadata", Meaning::Metadata),
    ("repositories", Meaning::Record { kind: RecordKind::Repositories, look: true }),
    ("repositoryArn", Meaning::Record { kind: RecordKind::Repository, look: false }),
    ("repositoryUri", Meaning::Record { kind: RecordKind::Repository, look: false }),
    ("lifecyclePolicyText", Meaning::Record { kind: RecordKind::LifecyclePolicy, look: false }),
    ("previewResults", Meaning::Record { kind: RecordKind::LifecyclePreview, look: false }),
    ("ecrsnapExport", Meaning::Record { kind: RecordKind::Manifest, look: false }),
    ("imageIds", Meaning::Record { kind: RecordKind::ImageIds, look: false }),
    (
        "imageId",
        Meaning::OtherIds(
            "imageDigest inside imageId is what `aws ecr batch-get-image` and others print; save `aws ecr describe-images` instead",
        ),
    ),
    ("imageTagDetails", Meaning::OtherIds(PUBLIC_TAGS)),
    // One of its elements on its own.
    ("imageDetail", Meaning::OtherIds(PUBLIC_TAGS)),
    (
        "imageScanFindings",
        Meaning::OtherOutput(
            "this is what `aws ecr describe-image-scan-findings` prints: one image's findings; \
             save `aws ecr describe-images` instead",
        ),
    ),
    (
        "imageManifest",
        Meaning::OtherOutput(
            "this is what `aws ecr batch-get-image` prints: manifests; save `aws ecr describe-images` instead",
        ),
    ),
    (
        "images",
        Meaning::OtherOutput(
            "this is what `aws ecr batch-get-image` prints: manifests; save `aws ecr describe-images` instead",
        ),
    ),
    (
        "policyText",
        Meaning::OtherOutput(
            "this is what `aws ecr get-repository-policy` prints: no images; save `aws ecr describe-images` instead",
        ),
    ),
    (
        "replicationConfiguration",
        Meaning::OtherOutput(
            "this is what `aws ecr describe-registry` prints: no images; save `aws ecr describe-images` instead",
        ),
    ),
];

#[cfg(test)]
mod tests {
    use super::{EC2, Meaning, RecordKind, meaning};

    #[test]
    fn every_spelling_has_the_same_meaning() {
        for name in ["imageDetails", "ImageDetails", "image_details", "repo_images"] {
            assert_eq!(meaning(name), Meaning::Details, "{name}");
        }
        for name in ["imageDigest", "ImageDigest", "image_digest", "last_recorded_pull_time"] {
            assert_eq!(meaning(name), Meaning::Detail, "{name}");
        }
        for name in ["registryId", "repository_name"] {
            assert_eq!(meaning(name), Meaning::Shared, "{name}");
        }
        for name in ["repositoryArn", "repository_uri"] {
            assert_eq!(meaning(name), Meaning::Record { kind: RecordKind::Repository, look: false }, "{name}");
        }
        assert_eq!(meaning("Images"), Meaning::OtherOutput(EC2));
        assert_ne!(meaning("images"), Meaning::OtherOutput(EC2));
        assert_eq!(meaning("rows"), Meaning::Unknown);
    }
}
