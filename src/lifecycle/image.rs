//! An image as a lifecycle rule sees it.

use crate::model::{Detail, Digest, Instant, media};

/// Where the layers of an image are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorageClass {
    /// The repository itself: images that are `ACTIVE`.
    Standard,
    /// The archive: images that are `ARCHIVED`.
    Archive,
}

impl StorageClass {
    /// `standard` or `archive`, as a policy has it.
    pub fn name(self) -> &'static str {
        match self {
            StorageClass::Standard => "standard",
            StorageClass::Archive => "archive",
        }
    }
}

/// The members of an image that rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The digest.
    pub digest: Digest,
    /// The tags; empty for an untagged image.
    pub tags: Vec<String>,
    /// Bytes; 0 if the page does not say it.
    pub bytes: u64,
    /// `imagePushedAt`.
    pub pushed_at: Option<Instant>,
    /// `lastRecordedPullTime`.
    pub pulled_at: Option<Instant>,
    /// `lastArchivedAt`.
    pub archived_at: Option<Instant>,
    /// `lastActivatedAt`: when it was restored from the archive.
    pub activated_at: Option<Instant>,
    /// The storage class; `None` for an image that is being restored, which no rule looks at.
    pub storage_class: Option<StorageClass>,
    /// Whether it is an image index (a manifest list), which refers to other images.
    pub is_index: bool,
    /// `subjectManifestDigest`: the image that this one is about (a signature, an SBOM).
    pub subject: Option<Digest>,
}

impl Image {
    /// The image of a detail. An image without a status is active: captures from before archiving have none.
    pub fn of(detail: &Detail) -> Self {
        let storage_class = match detail.effective_status() {
            "ACTIVE" => Some(StorageClass::Standard),
            "ARCHIVED" => Some(StorageClass::Archive),
            _ => None,
        };
        Image {
            digest: detail.image_digest.clone(),
            tags: detail.image_tags.clone().unwrap_or_default(),
            bytes: detail.image_size_in_bytes.unwrap_or(0).max(0) as u64,
            pushed_at: detail.image_pushed_at,
            pulled_at: detail.last_recorded_pull_time,
            archived_at: detail.last_archived_at,
            activated_at: detail.last_activated_at,
            storage_class,
            is_index: media::is_index(detail.image_manifest_media_type.as_deref()),
            subject: detail.subject_manifest_digest.clone(),
        }
    }

    /// The time by which `imageCountMoreThan` orders images: the push, or the restore if there was one.
    pub(super) fn age_start(&self) -> Option<Instant> {
        self.activated_at.or(self.pushed_at)
    }

    /// The time from which `sinceImagePulled` counts: the last pull, the restore if that is later, or the push.
    pub(super) fn use_start(&self) -> Option<Instant> {
        self.pulled_at.max(self.activated_at).or(self.pushed_at)
    }
}
