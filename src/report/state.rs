//! What one snapshot's images say, counted image by image: ages, pulls, candidates, scans.
//!
//! Ages count from the capture, so that a report of an old snapshot says what was true then.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::figures::{Bucket, Cleanup, Count, Image, RepositoryKey, Scans, Share};
use crate::model::{Instant, media};
use crate::store::read::figures::{Facts, Severities, Sums};
use crate::store::row::{Kind, RepositoryName};

const DAY: i64 = 86_400_000_000;

/// How many images the lists of single images name.
const LISTED: usize = 20;

/// The bars of the histograms: label, from day, before day.
const BARS: [(&str, u32, Option<u32>); 7] = [
    ("under 7 days", 0, Some(7)),
    ("7 to 30 days", 7, Some(30)),
    ("30 to 90 days", 30, Some(90)),
    ("90 to 180 days", 90, Some(180)),
    ("180 days to 1 year", 180, Some(365)),
    ("1 to 2 years", 365, Some(730)),
    ("2 years and more", 730, None),
];

/// What is counted over all repositories of a snapshot.
pub(super) struct State {
    captured_at: i64,
    stale_before: i64,
    ages: Histogram,
    pulls: Histogram,
    cleanup: Cleanup,
    stale: Top<u64>,
    scans: Scans,
    worst: Top<Severities>,
    scan_statuses: Counts,
    statuses: Counts,
}

/// What is counted of one repository on the way.
#[derive(Default)]
pub(super) struct OfRepository {
    pub(super) sums: Sums,
    pub(super) index_bytes: u64,
    pub(super) stale: Share,
    /// Untagged images that are attached to none; what they are depends on the whole repository.
    untagged: Share,
    has_index: bool,
}

impl State {
    /// Count the images of a snapshot captured then; stale is what was not pulled within
    /// `stale_after` microseconds before.
    pub(super) fn new(captured_at: i64, stale_after: i64) -> Self {
        State {
            captured_at,
            stale_before: captured_at.saturating_sub(stale_after),
            ages: Histogram::new("no push time"),
            pulls: Histogram::new("no pull recorded"),
            cleanup: Cleanup::default(),
            stale: Top::default(),
            scans: Scans::default(),
            worst: Top::default(),
            scan_statuses: Counts::default(),
            statuses: Counts::default(),
        }
    }

    /// Count an image of a repository.
    pub(super) fn add(&mut self, repository: &RepositoryName, of: &mut OfRepository, image: &Facts<'_>) {
        let archived = image.kind.image_status.as_deref() == Some("ARCHIVED");
        let index = is_index(image.kind);
        of.sums.add(&Sums {
            findings: image.findings.unwrap_or_default(),
            counted: u64::from(image.findings.is_some()),
            archived: u64::from(archived),
        });
        of.has_index |= index;
        if index {
            of.index_bytes = of.index_bytes.saturating_add(image.bytes);
        }
        self.ages.add(image.pushed_at.map(|at| self.captured_at.saturating_sub(at)), image.bytes);
        self.pulls.add(image.pulled_at.map(|at| self.captured_at.saturating_sub(at)), image.bytes);
        self.statuses.add(image.kind.image_status.as_deref(), image.bytes);
        self.scan(repository, image, index);
        if archived {
            return;
        }
        if image.is_tagged() {
            self.tagged(repository, of, image, index);
        } else if image.attached {
            self.cleanup.untagged_attached.add(image.bytes, index);
        } else {
            of.untagged.add(image.bytes, index);
        }
    }

    fn tagged(&mut self, repository: &RepositoryName, of: &mut OfRepository, image: &Facts<'_>, index: bool) {
        let last_use = image.pulled_at.or(image.pushed_at);
        if last_use.is_none_or(|at| at >= self.stale_before) {
            return;
        }
        let kind = match image.pulled_at {
            Some(_) => &mut self.cleanup.stale_pulled,
            None => &mut self.cleanup.stale_never_pulled,
        };
        kind.add(image.bytes, index);
        of.stale.add(image.bytes, index);
        self.stale.offer(image.bytes, || named(repository, image));
    }

    fn scan(&mut self, repository: &RepositoryName, image: &Facts<'_>, index: bool) {
        let status = image.kind.scan_status.as_deref();
        self.scan_statuses.add(status, image.bytes);
        let scans = &mut self.scans;
        *match (&image.findings, status) {
            (Some(findings), _) if findings.total() > 0 => &mut scans.with_findings,
            (Some(_), _) => &mut scans.nothing_found,
            (None, Some("IN_PROGRESS" | "PENDING")) => &mut scans.pending,
            (None, Some("FAILED" | "UNSUPPORTED_IMAGE" | "LIMIT_EXCEEDED")) => &mut scans.failed,
            (None, Some(_)) => &mut scans.no_counts,
            (None, None) => &mut scans.not_scanned,
        } += 1;
        match image.findings {
            Some(findings) if findings.total() > 0 => self.worst.offer(findings, || named(repository, image)),
            Some(_) => {}
            None => scans.indexes_without_counts += u64::from(index),
        }
    }

    /// End a repository; what of it is untagged and needed by no image index.
    pub(super) fn end_repository(&mut self, of: &OfRepository, may_hide_index: bool) -> Share {
        if of.has_index || may_hide_index {
            self.cleanup.untagged_beside_index.join(&of.untagged);
            Share::default()
        } else {
            self.cleanup.untagged_alone.join(&of.untagged);
            of.untagged
        }
    }

    /// The histograms of ages and pulls, what could be deleted, what scans say, images by status.
    pub(super) fn finish(self) -> (Vec<Bucket>, Vec<Bucket>, Cleanup, Scans, Vec<Count>) {
        let cleanup = Cleanup { largest_stale: self.stale.finish(), ..self.cleanup };
        let scans = Scans { worst_images: self.worst.finish(), statuses: self.scan_statuses.finish(), ..self.scans };
        (self.ages.0, self.pulls.0, cleanup, scans, self.statuses.finish())
    }
}

/// Whether it is a list of other images, whose size repeats that of the largest of them.
fn is_index(kind: &Kind) -> bool {
    media::is_index(kind.manifest_media_type.as_deref())
}

fn named(repository: &RepositoryName, image: &Facts<'_>) -> Image {
    let instant = |at: Option<i64>| at.and_then(|at| Instant::from_micros(at).ok());
    Image {
        place: RepositoryKey::from(repository),
        image_tags: image.tags(),
        image_digest: image.digest.clone(),
        bytes: image.bytes,
        pushed_at: instant(image.pushed_at),
        pulled_at: instant(image.pulled_at),
        findings: image.findings.unwrap_or_default(),
    }
}

impl Share {
    fn add(&mut self, bytes: u64, index: bool) {
        self.join(&Share { images: 1, bytes, index_bytes: if index { bytes } else { 0 } });
    }

    fn join(&mut self, other: &Share) {
        self.images += other.images;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.index_bytes = self.index_bytes.saturating_add(other.index_bytes);
    }
}

/// Bars by days, and a last one for what has no time.
struct Histogram(Vec<Bucket>);

impl Histogram {
    fn new(without: &'static str) -> Self {
        let bar = |label, from_days, before_days| Bucket { label, from_days, before_days, images: 0, bytes: 0 };
        let timed = BARS.iter().map(|(label, from, before)| bar(label, Some(*from), *before));
        Histogram(timed.chain([bar(without, None, None)]).collect())
    }

    /// Count an image of that age in microseconds; one from after the capture is young.
    fn add(&mut self, age: Option<i64>, bytes: u64) {
        let at = match age {
            Some(age) => BARS.iter().rposition(|(_, from, _)| age >= i64::from(*from) * DAY).unwrap_or(0),
            None => BARS.len(),
        };
        self.0[at].images += 1;
        self.0[at].bytes = self.0[at].bytes.saturating_add(bytes);
    }
}

/// Images by a word of the page.
#[derive(Default)]
struct Counts(BTreeMap<Option<Box<str>>, (u64, u64)>);

impl Counts {
    fn add(&mut self, name: Option<&str>, bytes: u64) {
        let (images, sum) = self.0.entry(name.map(Into::into)).or_default();
        *images += 1;
        *sum = sum.saturating_add(bytes);
    }

    /// The most frequent first.
    fn finish(self) -> Vec<Count> {
        let count =
            |(name, (images, bytes)): (Option<Box<str>>, _)| Count { name: name.map(String::from), images, bytes };
        let mut counts: Vec<Count> = self.0.into_iter().map(count).collect();
        counts.sort_by_key(|count| Reverse(count.images));
        counts
    }
}

/// The images that rank highest; equal ones by repository and digest, so that the order is always
/// the same.
#[derive(Default)]
struct Top<Rank> {
    images: Vec<(Rank, Image)>,
    /// The lowest rank that still gets in, once there are enough.
    least: Option<Rank>,
}

impl<Rank: Copy + Ord> Top<Rank> {
    fn offer(&mut self, rank: Rank, image: impl FnOnce() -> Image) {
        if self.least.is_some_and(|least| rank < least) {
            return;
        }
        self.images.push((rank, image()));
        if self.images.len() >= LISTED * 8 {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.images.sort_by(|(rank_a, a), (rank_b, b)| {
            rank_b.cmp(rank_a).then_with(|| (&a.place, &a.image_digest).cmp(&(&b.place, &b.image_digest)))
        });
        self.images.truncate(LISTED);
        if self.images.len() == LISTED {
            self.least = self.images.last().map(|(rank, _)| *rank);
        }
    }

    fn finish(mut self) -> Vec<Image> {
        self.cut();
        self.images.into_iter().map(|(_, image)| image).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, Histogram};

    #[test]
    fn bars_begin_at_their_day() {
        for (age, bar) in [
            (Some(-5), "under 7 days"),
            (Some(0), "under 7 days"),
            (Some(7 * DAY - 1), "under 7 days"),
            (Some(7 * DAY), "7 to 30 days"),
            (Some(364 * DAY), "180 days to 1 year"),
            (Some(i64::MAX), "2 years and more"),
            (None, "never"),
        ] {
            let mut histogram = Histogram::new("never");
            histogram.add(age, 3);
            let filled: Vec<_> = histogram.0.iter().filter(|bucket| bucket.images > 0).collect();
            assert_eq!((filled.len(), filled[0].label, filled[0].bytes), (1, bar, 3), "{age:?}");
        }
    }
}
