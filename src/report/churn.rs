//! How much happens in a month: images pushed, images deleted, tags moved.
//!
//! Only rows that differ between two captures are read. An image that a capture would not have shown
//! (it stopped early, or its filter excludes the image) is held until a capture would have shown it.
//! Images of a repository that a later capture does not have are counted if the scope of the capture covers it.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Datelike};

use super::figures::Month;
use crate::coverage::{Absence, Coverage};
use crate::model::{Detail, Digest, Instant};
use crate::store::columns::KindText;
use crate::store::read::figures::ChangedImage;

/// Counts by month, over all repositories.
pub(super) struct Churn {
    /// Images pushed at or before this time were there at the start of the span.
    start: i64,
    months: BTreeMap<(i32, u32), Month>,
}

/// What is remembered of one repository between two captures.
#[derive(Default)]
pub(super) struct OfRepository {
    /// Images that were there when a capture last would have shown them.
    pending: HashMap<Digest, Detail>,
    /// Images that are counted as pushed.
    pushed: HashSet<Digest>,
}

impl Churn {
    /// Count what happens after the first capture of a span, at `start` in microseconds.
    pub(super) fn new(start: i64) -> Self {
        Churn { start, months: BTreeMap::new() }
    }

    /// Count an image that a capture shows, and the capture before does not, by its push.
    pub(super) fn pushed(&mut self, of: &mut OfRepository, digest: &Digest, pushed_at: Option<i64>) {
        let Some(at) = pushed_at.filter(|at| *at > self.start) else { return };
        if of.pushed.insert(digest.clone())
            && let Some(month) = self.month(at)
        {
            month.pushed += 1;
        }
    }

    /// Count the moves of tags that a capture shows.
    pub(super) fn moved(&mut self, captured_at: Instant, times: u64) {
        if let Some(month) = self.month(captured_at.micros()).filter(|_| times > 0) {
            month.moved += times;
        }
    }

    /// Count what differs between two captures: the rows that only the earlier one has, and those that
    /// only the later one has, whose coverage is given. `shows` says whether the later one shows a digest
    /// in a row that both have.
    pub(super) fn step<'c>(
        &mut self,
        of: &mut OfRepository,
        gone: impl Iterator<Item = &'c ChangedImage>,
        come: impl Iterator<Item = &'c ChangedImage>,
        coverage: &Coverage,
        shows: impl Fn(&Digest) -> bool,
    ) {
        let mut lost: HashMap<Digest, Detail> = gone.map(|image| (image.digest.clone(), detail(image))).collect();
        for image in come {
            // A row with the same digest on both sides is an image with another tag or scan.
            if lost.remove(&image.digest).is_none() {
                self.pushed(of, &image.digest, image.pushed_at);
            }
            of.pending.remove(&image.digest);
        }
        lost.retain(|digest, _| !shows(digest));
        lost.extend(of.pending.drain());
        let at = coverage.captured_at.micros();
        for (digest, image) in lost {
            match coverage.absence(&image) {
                Absence::Certain => self.count(at, |month| &mut month.deleted),
                Absence::OrArchived => self.count(at, |month| &mut month.deleted_or_archived),
                Absence::Unknown => {
                    of.pending.insert(digest, image);
                }
            }
        }
    }

    fn count(&mut self, at: i64, which: fn(&mut Month) -> &mut u64) {
        if let Some(month) = self.month(at) {
            *which(month) += 1;
        }
    }

    /// The month of a time; `None` for a time outside the calendar.
    fn month(&mut self, at: i64) -> Option<&mut Month> {
        let date = DateTime::from_timestamp_micros(at)?;
        let key = (date.year(), date.month());
        Some(
            self.months
                .entry(key)
                .or_insert_with(|| Month { month: date.format("%Y-%m").to_string(), ..Month::default() }),
        )
    }

    /// The months in order.
    pub(super) fn finish(self) -> Vec<Month> {
        self.months.into_values().collect()
    }
}

/// What decides whether a capture would have shown an image.
fn detail(image: &ChangedImage) -> Detail {
    let mut detail = Detail::new("".into(), "".into(), image.digest.clone());
    detail.image_tags = Some(image.tags.clone()).filter(|tags| !tags.is_empty());
    detail.image_pushed_at = image.pushed_at.and_then(|at| Instant::from_micros(at).ok());
    detail.image_status.clone_from(&image.kind[KindText::ImageStatus]);
    detail
}
