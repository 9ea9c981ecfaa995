//! What images are sorted and grouped by, with the names on the command line.

use crate::model::Severity;

/// What images can be sorted by. An image without a value comes last in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Repository name.
    Repository,
    /// Position in the listing.
    Position,
    /// The first tag.
    Tag,
    /// The greatest version among the tags; an image without one comes last.
    Version,
    /// Digest.
    Digest,
    /// Push time.
    Pushed,
    /// Last recorded pull.
    Pulled,
    /// Bytes.
    Size,
    /// `imageStatus`.
    Status,
    /// `imageScanStatus.status`.
    ScanStatus,
    /// `imageManifestMediaType`.
    MediaType,
    /// Findings of one severity.
    Findings(Severity),
    /// Findings of every severity together.
    AllFindings,
}

impl Field {
    /// Every field by its name on the command line.
    pub const NAMES: [(&'static str, Field); 15] = [
        ("repository", Field::Repository),
        ("position", Field::Position),
        ("tag", Field::Tag),
        ("version", Field::Version),
        ("digest", Field::Digest),
        ("pushed", Field::Pushed),
        ("pulled", Field::Pulled),
        ("size", Field::Size),
        ("status", Field::Status),
        ("scan-status", Field::ScanStatus),
        ("media-type", Field::MediaType),
        ("critical", Field::Findings(Severity::Critical)),
        ("high", Field::Findings(Severity::High)),
        ("medium", Field::Findings(Severity::Medium)),
        ("findings", Field::AllFindings),
    ];
}

/// One step of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub field: Field,
    /// Largest first.
    pub descending: bool,
}

/// What images are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Registry.
    Registry,
    /// Region label.
    Region,
    /// Repository name.
    Repository,
    /// The first parts of the repository name, so many of them: `shop` of `shop/web`.
    Prefix(u32),
    /// How the first tag begins, see [`crate::store::functions::tag_prefix`].
    TagPrefix,
    /// `true` or `false`: whether it has a tag.
    Tagged,
    /// `imageStatus`, `ACTIVE` if the page had none.
    Status,
    /// `imageScanStatus.status`.
    ScanStatus,
    /// `imageManifestMediaType`.
    MediaType,
    /// `artifactMediaType`.
    ArtifactType,
    /// The worst severity of which there is a finding; `NONE` if there are none.
    Severity,
    /// Month of the push in UTC.
    PushedMonth,
    /// Month of the last recorded pull in UTC.
    PulledMonth,
    /// `true` or `false`: whether the repository has a lifecycle policy.
    Policy,
    /// `imageTagMutability` of the repository.
    TagMutability,
    /// `true` or `false`: `imageScanningConfiguration.scanOnPush` of the repository.
    ScanOnPush,
}

impl Group {
    /// Every group by its name on the command line.
    pub const NAMES: [(&'static str, Group); 16] = [
        ("registry", Group::Registry),
        ("region", Group::Region),
        ("repository", Group::Repository),
        ("prefix", Group::Prefix(1)),
        ("tag-prefix", Group::TagPrefix),
        ("tagged", Group::Tagged),
        ("status", Group::Status),
        ("scan-status", Group::ScanStatus),
        ("media-type", Group::MediaType),
        ("artifact-type", Group::ArtifactType),
        ("severity", Group::Severity),
        ("month", Group::PushedMonth),
        ("pulled-month", Group::PulledMonth),
        ("policy", Group::Policy),
        ("tag-mutability", Group::TagMutability),
        ("scan-on-push", Group::ScanOnPush),
    ];
}

/// One step of an order of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortGroup {
    /// By the value of one of the groups.
    Value {
        /// Index into [`super::Tally::by`].
        index: usize,
        /// Largest first.
        descending: bool,
    },
    /// By the number of images.
    Images {
        /// Largest first.
        descending: bool,
    },
    /// By the sum of the sizes.
    Bytes {
        /// Largest first.
        descending: bool,
    },
}
