//! What images are sorted and grouped by: names on the command line, expressions in SQL over the
//! image `i`, its repository `r` and its position.

use crate::model::Severity;
use crate::store::functions::{GREATEST_VERSION, NAME_PREFIX, TAG_PREFIX};

/// A digest as people write it.
const DIGEST: &str = "CASE typeof(i.digest) WHEN 'blob' THEN 'sha256:' || lower(hex(i.digest)) ELSE i.digest END";

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

    pub(super) fn sql(self) -> String {
        match self {
            Field::Repository => "r.name".to_owned(),
            Field::Position => super::statement::POSITION.to_owned(),
            Field::Tag => "i.tags ->> 0".to_owned(),
            Field::Version => format!("{GREATEST_VERSION}(i.tags)"),
            Field::Digest => DIGEST.to_owned(),
            Field::Pushed => "i.pushed_at".to_owned(),
            Field::Pulled => "i.pulled_at".to_owned(),
            Field::Size => "i.size_bytes".to_owned(),
            Field::Status => Group::Status.sql(),
            Field::ScanStatus => Group::ScanStatus.sql(),
            Field::MediaType => Group::MediaType.sql(),
            // Counted but not named is 0; not counted is unknown. A float, as below.
            Field::Findings(Severity::Other) => {
                let named: Vec<_> =
                    Severity::ALL.iter().filter(|it| **it != Severity::Other).map(|it| it.name()).collect();
                format!(
                    "iif(i.severity_counts IS NULL, NULL,
                    (SELECT total(value) FROM json_each(i.severity_counts) WHERE key NOT IN ('{}')))",
                    named.join("', '")
                )
            }
            Field::Findings(severity) => {
                format!(
                    "iif(i.severity_counts IS NULL, NULL, coalesce(i.severity_counts ->> '{}', 0))",
                    severity.name()
                )
            }
            // A float, since hostile counts may overflow an integer.
            Field::AllFindings => "iif(i.severity_counts IS NULL, NULL,
                (SELECT total(value) FROM json_each(i.severity_counts)))"
                .to_owned(),
        }
    }
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
    /// `imageStatus`, `ACTIVE` where the page had none.
    Status,
    /// `imageScanStatus.status`.
    ScanStatus,
    /// `imageManifestMediaType`.
    MediaType,
    /// `artifactMediaType`.
    ArtifactType,
    /// The worst severity of which there is a finding; `NONE` where there are none.
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

    pub(super) fn sql(self) -> String {
        let kind = |column: &str| format!("(SELECT k.{column} FROM image_kind k WHERE k.id = i.kind_id)");
        match self {
            Group::Registry => "r.registry_id".to_owned(),
            Group::Region => "nullif(r.region, '')".to_owned(),
            Group::Repository => "r.name".to_owned(),
            Group::Prefix(depth) => format!("{NAME_PREFIX}(r.name, {depth})"),
            Group::TagPrefix => format!("{TAG_PREFIX}(i.tags)"),
            Group::Tagged => format!("iif({TAGGED}, 'true', 'false')"),
            Group::Status => format!("coalesce({}, 'ACTIVE')", kind("image_status")),
            Group::ScanStatus => kind("scan_status"),
            Group::MediaType => kind("manifest_media_type"),
            Group::ArtifactType => kind("artifact_media_type"),
            Group::Severity => {
                let cases: Vec<_> = Severity::ALL
                    .into_iter()
                    .map(|severity| format!("WHEN {} THEN '{}'", found(severity), severity.name()))
                    .collect();
                format!("CASE WHEN i.severity_counts IS NULL THEN NULL {} ELSE 'NONE' END", cases.join(" "))
            }
            Group::PushedMonth => month("i.pushed_at"),
            Group::PulledMonth => month("i.pulled_at"),
            Group::Policy => {
                let of = "FROM snapshot_policy p WHERE p.snapshot_id = sl.snapshot_id AND p.repository_id = r.id";
                format!("(SELECT iif(p.policy_id IS NULL, 'false', 'true') {of})")
            }
            Group::TagMutability => setting("v.members ->> '$.imageTagMutability'"),
            Group::ScanOnPush => {
                setting("iif(v.members ->> '$.imageScanningConfiguration.scanOnPush', 'true', 'false')")
            }
        }
    }
}

/// One step of an order of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortGroup {
    /// By the value of one of the groups, from which `descending` is told.
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

/// Whether an image has a tag.
pub(super) const TAGGED: &str = "(i.tags IS NOT NULL AND i.tags <> '[]')";

/// Whether an image has a finding of that severity; of [`Severity::Other`], a finding at all.
pub(super) fn found(severity: Severity) -> String {
    match severity {
        Severity::Other => "EXISTS (SELECT 1 FROM json_each(i.severity_counts) WHERE value > 0)".to_owned(),
        named => format!("(i.severity_counts ->> '{}') > 0", named.name()),
    }
}

/// A setting of the repository, an expression over its version `v`. Without a list of the repositories it is NULL.
fn setting(expression: &str) -> String {
    format!(
        "(SELECT {expression} FROM snapshot_repository s JOIN repository_version v ON v.id = s.version_id
          WHERE s.snapshot_id = sl.snapshot_id AND s.repository_id = r.id)"
    )
}

/// `2026-03` of microseconds. An instant before 1970 is floored, as division goes towards zero.
fn month(column: &str) -> String {
    format!("strftime('%Y-%m', ({column} - 999999 * ({column} < 0)) / 1000000, 'unixepoch')")
}
