//! The states that ECR knows, in the words and the order of its API model (AWS CLI 2.36.12).

/// `ImageStatus`: what an image is in.
pub const IMAGE: &[&str] = &["ACTIVE", "ARCHIVED", "ACTIVATING"];

/// `ImageStatusFilter`: what a request may ask for; without it, for `ACTIVE`.
pub const IMAGE_FILTER: &[&str] = &["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"];

/// `TagStatus`: what a request may ask for; without it, for `ANY`.
pub const TAG_FILTER: &[&str] = &["TAGGED", "UNTAGGED", "ANY"];

/// `ScanStatus`: how far the scan of an image is.
pub const SCAN: &[&str] = &[
    "IN_PROGRESS",
    "COMPLETE",
    "FAILED",
    "UNSUPPORTED_IMAGE",
    "ACTIVE",
    "PENDING",
    "SCAN_ELIGIBILITY_EXPIRED",
    "FINDINGS_UNAVAILABLE",
    "LIMIT_EXCEEDED",
    "IMAGE_ARCHIVED",
];

/// Which statuses the images of a listing have; an image without one counts as active.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownStatuses {
    /// There is an active image.
    pub active: bool,
    /// The other statuses that an image has, each once, by name.
    pub others: Vec<String>,
}
