//! What a listing would have shown, and so what it means that something is not in it.
//!
//! Every word of certainty in `diff`, `history` and reports comes from here. The rules are stated in `docs/diff.md`,
//! and `tests/cli/certainty.rs` proves them against a model of a registry. Nothing here reads a store or prints.

#[cfg(test)]
mod tests;

use crate::model::capture_filter::{ImageStatus, TagStatus};
use crate::model::{CaptureFilter, Detail, Instant, MissingRepository, ShownStatuses};
use crate::store::read::Listing;

/// 2025-11-01: the service began to archive images in that month, so an older capture missed none.
const ARCHIVING_BEGAN: i64 = 1_761_955_200_000_000;

/// The conditions under which a listing was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// When it was captured.
    pub captured_at: Instant,
    /// False if the capture stopped before the listing's end.
    pub complete: bool,
    /// What the capture asked for, as far as known.
    pub filter: CaptureFilter,
}

/// What it means that an image, a tag or a repository is not in a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Absence {
    /// It was not there.
    Certain,
    /// It was not there; or it was archived, or on an archived image: the capture left archived images out.
    OrArchived,
    /// The capture would not have shown it.
    Unknown,
}

/// What part of a repository a capture asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapturedPart {
    /// The images by their tags.
    pub by_tags: TagStatus,
    /// The images by their status; never `ImageStatus::Active`.
    pub by_status: ImageStatus,
}

impl CapturedPart {
    /// Whether it is one by tags, and not both kinds.
    pub fn is_by_tags(&self) -> bool {
        self.by_tags != TagStatus::Any
    }

    /// Whether active images are not in it.
    pub fn is_by_status(&self) -> bool {
        self.by_status != ImageStatus::Any
    }
}

impl Coverage {
    /// The coverage of a capture with that `--filter`. Without one the service shows active images only; what the
    /// listing shows can prove otherwise, see [`Coverage::shows`].
    pub fn new(captured_at: Instant, complete: bool, capture_filter: Option<CaptureFilter>) -> Self {
        Coverage { captured_at, complete, filter: capture_filter.unwrap_or_default() }
    }

    /// The coverage of a listing that was captured then.
    pub fn of(listing: &Listing, captured_at: Instant) -> Self {
        Coverage::new(captured_at, listing.complete, listing.capture_filter)
    }

    /// What a snapshot without a listing of a repository says about that repository: as much as a listing without
    /// images that was captured under these conditions.
    pub fn of_missing(missing: MissingRepository, captured_at: Instant) -> Self {
        match missing {
            MissingRepository::NotCovered => Coverage::new(captured_at, false, None),
            MissingRepository::NothingShown(filter) => Coverage::new(captured_at, true, filter),
            MissingRepository::NotListed => {
                let everything = CaptureFilter { tag_status: None, image_status: Some(ImageStatus::Any) };
                Coverage::new(captured_at, true, Some(everything))
            }
        }
    }

    /// Whether archived images may be missing from it, according to its filter.
    pub fn may_hide_archived(&self) -> bool {
        self.complete && self.image_status() == ImageStatus::Active
    }

    /// Which part of a repository the capture asked for, by tags and by status: `ANY` is all of it. Whether it has
    /// archived images in addition to the active ones does not matter here; see [`Coverage::may_hide_archived`].
    pub fn part(&self) -> CapturedPart {
        let by_status = match self.image_status() {
            ImageStatus::Any | ImageStatus::Active => ImageStatus::Any,
            status => status,
        };
        CapturedPart { by_tags: self.tag_status(), by_status }
    }

    /// Whether tagged images may be missing from it: because it stopped early, or by its filter.
    pub fn may_hide_tagged(&self) -> bool {
        !self.complete || self.filter.hides_tagged()
    }

    /// Take into account which statuses the images of the listing have. A listing with an image that is not active
    /// was not captured with the default filter: if it shows several statuses, it was asked for all of them; if it
    /// shows one, it may have been asked for that one alone.
    pub fn shows(&mut self, statuses: &ShownStatuses) {
        if self.image_status() != ImageStatus::Active {
            return;
        }
        let asked = match (statuses.active, statuses.others.as_slice()) {
            (_, []) => return,
            (false, [only]) if only == ImageStatus::Archived.as_str() => ImageStatus::Archived,
            (false, [_]) => ImageStatus::Activating,
            _ => ImageStatus::Any,
        };
        self.filter.image_status = Some(asked);
    }

    /// What it means that this listing lacks an image that another capture shows like this. An image is a digest
    /// and its push: one that was deleted and pushed again is another image.
    pub fn absence(&self, image: &Detail) -> Absence {
        if image.image_pushed_at.is_some_and(|pushed| pushed > self.captured_at) {
            return Absence::Certain;
        }
        // A filter by tags also hides an image that lost its last tag, or has not got its first.
        if !self.complete || self.tag_status() != TagStatus::Any {
            return Absence::Unknown;
        }
        match self.image_status() {
            ImageStatus::Any => Absence::Certain,
            ImageStatus::Active if image.effective_status() == "ACTIVE" => Absence::OrArchived,
            _ => Absence::Unknown,
        }
    }

    /// What it means that no image of this listing has a tag that another capture shows.
    ///
    /// The image that has it there does not matter: a tag moves freely, so it may be on any image that this listing
    /// hides. It is absent for certain only if the listing hides no tagged image.
    pub fn absence_of_tag(&self) -> Absence {
        if !self.complete || self.tag_status() == TagStatus::Untagged {
            return Absence::Unknown;
        }
        match self.image_status() {
            ImageStatus::Any => Absence::Certain,
            ImageStatus::Active => Absence::OrArchived,
            ImageStatus::Archived | ImageStatus::Activating => Absence::Unknown,
        }
    }

    /// What it means that a capture under these conditions has no image of a repository that another capture has:
    /// the repository did not exist, or had no image.
    pub fn absence_of_repository(&self) -> Absence {
        if !self.complete || self.tag_status() != TagStatus::Any {
            return Absence::Unknown;
        }
        match self.image_status() {
            ImageStatus::Any => Absence::Certain,
            ImageStatus::Active => Absence::OrArchived,
            ImageStatus::Archived | ImageStatus::Activating => Absence::Unknown,
        }
    }

    fn tag_status(&self) -> TagStatus {
        self.filter.tag_status.unwrap_or(TagStatus::Any)
    }

    fn image_status(&self) -> ImageStatus {
        match self.filter.image_status {
            // All images were active then.
            None | Some(ImageStatus::Active) if self.captured_at.micros() < ARCHIVING_BEGAN => ImageStatus::Any,
            None => ImageStatus::Active,
            Some(status) => status,
        }
    }
}
