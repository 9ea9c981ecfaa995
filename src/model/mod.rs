//! The words of the project as plain types: instants, digests, details, requests and values.
//!
//! Nothing here reads a file, knows SQL, prints or looks at the environment; every other module
//! may use these types.

pub mod capture_filter;
pub mod capture_scope;
pub mod children;
pub mod detail;
pub mod digest;
pub mod glob;
pub mod instant;
pub mod json;
pub mod media;
pub mod member;
pub mod naming;
pub mod python;
pub mod record;
pub mod request;
pub mod severity;
pub mod shared_refs;
pub mod status;
pub mod text;
pub mod value;
pub mod version;

pub use capture_filter::{CaptureFilter, CaptureFilterError};
pub use capture_scope::{CaptureScope, DeclaredScope, MissingRepository, RegistryName, ScopeSource};
pub use children::ListedIndexes;
pub use detail::{Detail, FindingsSummary, MemberValue, ScanStatus};
pub use digest::Digest;
pub use glob::{Glob, GlobError};
pub use instant::Instant;
pub use member::{Member, Members};
pub use naming::{EXPORT_MANIFEST, EXPORT_MANIFEST_VERSION, snapshot_name_problem};
pub use record::{Record, RecordMember};
pub use request::{
    DescribeImagesRequest, DescribeRepositoriesRequest, GetLifecyclePolicyRequest, ImageFilter, ImageIdentifier,
    ListImagesRequest,
};
pub use severity::{Severities, Severity};
pub use status::ShownStatuses;
pub use text::{visible, visible_lines};
pub use value::{Map, Value};
pub use version::{greatest_version, version_key};

/// The release line of the AWS CLI whose manner is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AwsCli {
    /// `aws-cli/1.x`: timestamps as the service sends them, exit status 2 and 255.
    V1,
    /// `aws-cli/2.x`: ISO 8601 timestamps in the local zone, exit status 252 to 255.
    #[default]
    V2,
}
