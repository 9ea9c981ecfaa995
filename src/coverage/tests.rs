//! Tables of what is missing from which capture.

use super::{Absence, Coverage};
use crate::model::{CaptureFilter, Detail, Digest, Instant, MissingRepository, ShownStatuses};

fn at(text: &str) -> Instant {
    Instant::from_text(text).expect("a time")
}

fn filter(text: &str) -> CaptureFilter {
    text.parse().expect("a filter")
}

fn coverage(captured_at: &str, complete: bool, text: Option<&str>) -> Coverage {
    Coverage::new(at(captured_at), complete, text.map(filter))
}

fn image(pushed: &str, status: Option<&str>) -> Detail {
    let mut detail = Detail::new("1".into(), "r".into(), Digest::parse("d"));
    detail.image_pushed_at = Some(at(pushed));
    detail.image_status = status.map(Into::into);
    detail
}

#[test]
fn an_absent_image() {
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
fn an_absent_tag_and_an_absent_repository() {
    use Absence::{Certain, OrArchived, Unknown};
    for (complete, filter, tag, repository) in [
        (true, None, OrArchived, OrArchived),
        (true, Some("imageStatus=ACTIVE"), OrArchived, OrArchived),
        (true, Some("imageStatus=ANY"), Certain, Certain),
        (true, Some("imageStatus=ARCHIVED"), Unknown, Unknown),
        (true, Some("imageStatus=ACTIVATING"), Unknown, Unknown),
        // A capture of tagged images shows every tag, but not every image.
        (true, Some("tagStatus=TAGGED"), OrArchived, Unknown),
        (true, Some("tagStatus=TAGGED,imageStatus=ANY"), Certain, Unknown),
        (true, Some("tagStatus=UNTAGGED,imageStatus=ANY"), Unknown, Unknown),
        (false, Some("imageStatus=ANY"), Unknown, Unknown),
        (false, None, Unknown, Unknown),
    ] {
        let known = coverage("2026-03-01", complete, filter);
        assert_eq!(known.absence_of_tag(), tag, "{complete} {filter:?}");
        assert_eq!(known.absence_of_repository(), repository, "{complete} {filter:?}");
    }
}

#[test]
fn a_snapshot_without_the_repository() {
    use Absence::{Certain, OrArchived, Unknown};
    let any = Some(filter("imageStatus=ANY"));
    for (missing, expected) in [
        (MissingRepository::NotCovered, Unknown),
        (MissingRepository::NothingShown(None), OrArchived),
        (MissingRepository::NothingShown(any), Certain),
        (MissingRepository::NotListed, Certain),
    ] {
        let known = Coverage::of_missing(missing, at("2026-03-01"));
        assert_eq!(known.absence(&image("2026-01-01", None)), expected, "{missing:?}");
        assert_eq!(known.absence_of_tag(), expected, "{missing:?}");
        assert_eq!(known.absence_of_repository(), expected, "{missing:?}");
        assert_eq!(known.absence(&image("2026-03-02", None)), Certain, "{missing:?}");
    }
}

/// Before November 2025 there was no archive in which an image could be.
#[test]
fn an_old_capture_hides_nothing() {
    for filter in [None, Some("imageStatus=ACTIVE")] {
        let known = coverage("2025-06-01", true, filter);
        assert!(!known.may_hide_archived());
        assert_eq!(known.absence(&image("2020-01-01", None)), Absence::Certain);
        assert_eq!(known.absence_of_tag(), Absence::Certain);
    }
}

/// What a listing shows counts more than what the user says about its filter.
#[test]
fn a_listing_shows_for_which_statuses_it_was_asked() {
    use Absence::{Certain, OrArchived, Unknown};
    for (filter, active, others, expected) in [
        (None, true, &["ARCHIVED"][..], Certain),
        (Some("imageStatus=ACTIVE"), true, &["ARCHIVED"], Certain),
        (None, false, &["ACTIVATING", "ARCHIVED"], Certain),
        // It may have been asked for archived images alone.
        (None, false, &["ARCHIVED"], Unknown),
        (None, false, &["ACTIVATING"], Unknown),
        (None, false, &["FUTURE"], Unknown),
        (None, true, &[], OrArchived),
        (None, false, &[], OrArchived),
        (Some("imageStatus=ARCHIVED"), true, &["ARCHIVED"], Unknown),
    ] {
        let mut known = coverage("2026-03-01", true, filter);
        known.shows(&ShownStatuses { active, others: others.iter().map(|&status| status.to_owned()).collect() });
        assert_eq!(known.absence(&image("2026-01-01", None)), expected, "{filter:?} {active} {others:?}");
        assert_eq!(known.absence_of_tag(), expected, "{filter:?} {active} {others:?}");
    }
}
