//! What a listing would have shown, and so what it means that something is not in it.

use crate::model::capture_filter::{ImageStatus, TagStatus};
use crate::model::{CaptureFilter, Detail, Instant};
use crate::store::read::Listing;

/// 2025-11-01: the service began to archive images in that month, so an older capture missed none.
const ARCHIVING_BEGAN: i64 = 1_761_955_200_000_000;

/// The conditions under which a listing was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// When it was captured.
    pub captured_at: Instant,
    /// False where the capture stopped before the listing's end.
    pub complete: bool,
    /// What the capture asked for, as far as it is known.
    pub filter: CaptureFilter,
}

/// What it means that an image or a tag is not in a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Absence {
    /// It was not there.
    Certain,
    /// It was not there, or it was archived: the capture left archived images out.
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

    /// Whether active images are no part of it.
    pub fn is_by_status(&self) -> bool {
        self.by_status != ImageStatus::Any
    }
}

impl Coverage {
    /// The coverage of a capture with that `--filter`, where it is known. Without one the service
    /// shows active images only; a listing in which others stand shows that it was asked for them.
    pub fn new(captured_at: Instant, complete: bool, capture_filter: Option<CaptureFilter>) -> Self {
        Coverage { captured_at, complete, filter: capture_filter.unwrap_or_default() }
    }

    /// The coverage of a listing that was captured then.
    pub fn of(listing: &Listing, captured_at: Instant) -> Self {
        Coverage::new(captured_at, listing.complete, listing.capture_filter)
    }

    /// Whether archived images may be missing from it, as far as what is said of its filter goes.
    pub fn may_hide_archived(&self) -> bool {
        self.complete && self.image_status() == ImageStatus::Active
    }

    /// Which part of a repository the capture asked for, by tags and by status: `ANY` is all of it. Archived
    /// images beside the active ones, or not, make no other part; see [`Coverage::may_hide_archived`].
    pub fn part(&self) -> CapturedPart {
        let by_status = match self.image_status() {
            ImageStatus::Any | ImageStatus::Active => ImageStatus::Any,
            status => status,
        };
        CapturedPart { by_tags: self.tag_status(), by_status }
    }

    /// Whether tagged images may be missing from it: because it stopped early, or by its filter.
    pub fn may_hide_tagged(&self) -> bool {
        let part = self.part();
        !self.complete || part.by_tags == TagStatus::Untagged || part.is_by_status()
    }

    /// Take note that the listing holds images that are not active.
    pub fn shows_archived(&mut self) {
        self.filter.image_status = Some(ImageStatus::Any);
    }

    /// What it means that this listing lacks an image which another capture shows like this.
    pub fn absence(&self, image: &Detail) -> Absence {
        if self.is_before(image) {
            return Absence::Certain;
        }
        // A tag filter hides an image that lost its last tag, or got its first, as well as one that is gone.
        if !self.complete || self.tag_status() != TagStatus::Any {
            return Absence::Unknown;
        }
        self.absence_by_status(image)
    }

    /// What it means that no image of this listing has a tag which another capture shows on an image. The
    /// image is given where this listing lacks it too: the tag's absence then means the same. But a capture
    /// of tagged images shows every tag, though not what became of an image that lost its last one.
    pub fn absence_of_tag(&self, image: Option<&Detail>) -> Absence {
        if !self.complete || self.tag_status() == TagStatus::Untagged {
            return Absence::Unknown;
        }
        match image {
            Some(image) if !self.is_before(image) => self.absence_by_status(image),
            _ => Absence::Certain,
        }
    }

    /// Whether the image was pushed after the capture.
    fn is_before(&self, image: &Detail) -> bool {
        image.image_pushed_at.is_some_and(|pushed| pushed > self.captured_at)
    }

    fn absence_by_status(&self, image: &Detail) -> Absence {
        match self.image_status() {
            ImageStatus::Any => Absence::Certain,
            ImageStatus::Active if image.effective_status() == "ACTIVE" => Absence::OrArchived,
            _ => Absence::Unknown,
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

#[cfg(test)]
mod tests {
    use super::{Absence, Coverage};
    use crate::model::{CaptureFilter, Detail, Digest, Instant};

    fn at(text: &str) -> Instant {
        Instant::from_text(text).expect("a time")
    }

    fn coverage(captured_at: &str, complete: bool, filter: Option<&str>) -> Coverage {
        let filter = filter.map(|text| text.parse::<CaptureFilter>().expect("a filter"));
        Coverage::new(at(captured_at), complete, filter)
    }

    fn image(pushed: &str, status: Option<&str>) -> Detail {
        let mut detail = Detail::new("1".into(), "r".into(), Digest::parse("d"));
        detail.image_pushed_at = Some(at(pushed));
        detail.image_status = status.map(Into::into);
        detail
    }

    #[test]
    fn what_an_absent_image_means() {
        use Absence::{Certain, OrArchived, Unknown};
        let (old, new) = ("2026-01-01", "2026-03-02");
        for (complete, filter, pushed, status, expected) in [
            (true, None, old, Some("ACTIVE"), OrArchived),
            (true, None, old, None, OrArchived),
            (true, None, old, Some("ARCHIVED"), Unknown),
            (true, Some("imageStatus=ANY"), old, Some("ACTIVE"), Certain),
            (true, Some("imageStatus=ANY"), old, Some("ARCHIVED"), Certain),
            (true, Some(r#"{"imageStatus": "ANY", "tagStatus": "ANY"}"#), old, None, Certain),
            (true, Some("tagStatus=TAGGED,imageStatus=ANY"), old, None, Unknown),
            (true, Some("imageStatus=ARCHIVED"), old, Some("ARCHIVED"), Unknown),
            (false, Some("imageStatus=ANY"), old, None, Unknown),
            (false, None, new, None, Certain),
            (true, None, new, Some("ARCHIVED"), Certain),
        ] {
            let known = coverage("2026-03-01", complete, filter);
            assert_eq!(known.absence(&image(pushed, status)), expected, "{complete} {filter:?} {pushed} {status:?}");
        }
    }

    #[test]
    fn tagged_images_may_be_hidden_by_the_end_and_by_the_filter() {
        for (complete, filter, expected) in [
            (true, None, false),
            (false, None, true),
            (true, Some("tagStatus=TAGGED"), false),
            (true, Some("tagStatus=UNTAGGED"), true),
            (true, Some("tagStatus=ANY,imageStatus=ANY"), false),
            (true, Some("imageStatus=ACTIVE"), false),
            (true, Some("imageStatus=ARCHIVED"), true),
            (true, Some("imageStatus=ACTIVATING"), true),
        ] {
            assert_eq!(coverage("2026-03-01", complete, filter).may_hide_tagged(), expected, "{filter:?}");
        }
    }

    #[test]
    fn what_an_absent_tag_means() {
        use Absence::{Certain, OrArchived, Unknown};
        let image = |pushed, status| Some(image(pushed, Some(status)));
        let (active, archived) = (image("2026-01-01", "ACTIVE"), image("2026-01-01", "ARCHIVED"));
        let new = image("2026-03-02", "ACTIVE");
        for (complete, filter, image, expected) in [
            (true, None, &None, Certain),
            (true, None, &new, Certain),
            (true, None, &active, OrArchived),
            (true, None, &archived, Unknown),
            (true, Some("imageStatus=ANY"), &archived, Certain),
            (true, Some("tagStatus=TAGGED"), &None, Certain),
            // Whatever has the tag would have been shown, wherever its last image is now.
            (true, Some("tagStatus=TAGGED"), &active, OrArchived),
            (true, Some("tagStatus=TAGGED,imageStatus=ANY"), &active, Certain),
            (true, Some("tagStatus=TAGGED,imageStatus=ANY"), &new, Certain),
            (true, Some("tagStatus=UNTAGGED"), &None, Unknown),
            (true, Some("tagStatus=UNTAGGED"), &new, Unknown),
            (false, Some("imageStatus=ANY"), &new, Unknown),
            (false, None, &None, Unknown),
        ] {
            let known = coverage("2026-03-01", complete, filter);
            assert_eq!(known.absence_of_tag(image.as_ref()), expected, "{complete} {filter:?} {image:?}");
        }
    }

    /// Before November 2025 there was no archive in which an image could be.
    #[test]
    fn an_old_capture_hides_nothing() {
        for filter in [None, Some("imageStatus=ACTIVE")] {
            let known = coverage("2025-06-01", true, filter);
            assert!(!known.may_hide_archived());
            assert_eq!(known.absence(&image("2020-01-01", None)), Absence::Certain);
        }
    }

    /// What a listing shows counts more than what was said of its filter.
    #[test]
    fn a_listing_that_shows_archived_images_was_asked_for_them() {
        for (filter, expected) in [
            (None, Absence::Certain),
            (Some("imageStatus=ACTIVE"), Absence::Certain),
            (Some("imageStatus=ARCHIVED"), Absence::Unknown),
        ] {
            let mut known = coverage("2026-03-01", true, filter);
            if known.may_hide_archived() {
                known.shows_archived();
            }
            assert_eq!(known.absence(&image("2026-01-01", None)), expected, "{filter:?}");
        }
    }
}
