//! What one snapshot's images say, counted image by image: ages, pulls, candidates, scans.
//!
//! Ages count from the capture, so that a report of an old snapshot says what was true then.

use std::cmp::Reverse;
use std::convert::Infallible;

use super::children::{self, Pushed};
use super::figures::{Bucket, Candidate, Cleanup, Count, Image, Reason, RepositoryKey, Scans, Share};
use super::histogram::{Counts, Histogram};
use super::top::Top;
use crate::model::{Digest, Instant, ListedIndexes, media};
use crate::store::StoreError;
use crate::store::columns::KindText;
use crate::store::read::figures::{Facts, Severities, Sums};
use crate::store::row::{Kind, RepositoryName};

/// What is counted over all repositories of a snapshot.
pub(super) struct State {
    limits: Limits,
    ages: Histogram,
    pulls: Histogram,
    cleanup: Cleanup,
    candidates: Top<u64, Candidate>,
    scans: Scans,
    worst: Top<Severities, Image>,
    unscanned: Top<i64, Image>,
    scan_stale: Top<Reverse<i64>, Image>,
    scan_statuses: Counts,
    statuses: Counts,
}

/// What the counting depends on.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// When the snapshot was captured, in microseconds.
    pub(super) captured_at: i64,
    /// An image is stale if it was not pulled for longer, in microseconds.
    pub(super) stale_after: i64,
    /// A scan is stale if it is older, in microseconds.
    pub(super) scan_stale_after: i64,
    /// How many images each list of single images has at most.
    pub(super) listed: usize,
}

/// What is counted of one repository.
pub(super) struct OfRepository {
    key: RepositoryKey,
    pub(super) sums: Sums,
    pub(super) index_bytes: u64,
    pub(super) stale: Share,
    pub(super) tagged_unscanned: u64,
    pub(super) tagged_scan_stale: u64,
    pub(super) oldest_scan: Option<i64>,
    /// Untagged images that are attached to no other, image indexes apart. Their kind depends on the whole repository.
    untagged: Share,
    untagged_indexes: Share,
    /// Those of them that may be candidates, if the repository turns out to have no image index.
    untagged_images: Vec<Untagged>,
    /// Those of them with a push time: they may be platforms of an image index.
    untagged_pushed: Vec<Pushed>,
    indexes: Vec<Index>,
}

/// An untagged image, without what it would cost to name it.
struct Untagged {
    digest: Digest,
    bytes: u64,
    pushed_at: Option<i64>,
    pulled_at: Option<i64>,
    scanned_at: Option<i64>,
    findings: Severities,
}

/// An image index of a repository.
struct Index {
    pushed: Option<Pushed>,
    /// Itself and why, if it is a candidate.
    candidate: Option<(Reason, Image)>,
    /// Itself, if it is untagged, and a candidate if the repository turns out to have no other index.
    untagged: Option<Image>,
}

impl OfRepository {
    /// Begin a repository.
    pub(super) fn new(name: &RepositoryName) -> Self {
        OfRepository {
            key: RepositoryKey::from(name),
            sums: Sums::default(),
            index_bytes: 0,
            stale: Share::default(),
            tagged_unscanned: 0,
            tagged_scan_stale: 0,
            oldest_scan: None,
            untagged: Share::default(),
            untagged_indexes: Share::default(),
            untagged_images: Vec::new(),
            untagged_pushed: Vec::new(),
            indexes: Vec::new(),
        }
    }
}

impl State {
    /// Count the images of a snapshot.
    pub(super) fn new(limits: Limits) -> Self {
        State {
            limits,
            ages: Histogram::new("no push time"),
            pulls: Histogram::new("no pull recorded"),
            cleanup: Cleanup::default(),
            candidates: Top::new(limits.listed),
            scans: Scans::default(),
            worst: Top::new(limits.listed),
            unscanned: Top::new(limits.listed),
            scan_stale: Top::new(limits.listed),
            scan_statuses: Counts::default(),
            statuses: Counts::default(),
        }
    }

    /// Count an image of a repository.
    pub(super) fn add(&mut self, of: &mut OfRepository, image: &Facts<'_>) -> Result<(), StoreError> {
        let archived = image.kind[KindText::ImageStatus].as_deref() == Some("ARCHIVED");
        let index = is_index(&image.kind);
        of.sums.add(&Sums {
            findings: image.findings.unwrap_or_default(),
            counted: u64::from(image.findings.is_some()),
            archived: u64::from(archived),
        });
        if index {
            of.index_bytes = of.index_bytes.saturating_add(image.bytes);
        }
        let captured_at = self.limits.captured_at;
        self.ages.add(image.pushed_at.map(|at| captured_at.saturating_sub(at)), image.bytes);
        self.pulls.add(image.pulled_at.map(|at| captured_at.saturating_sub(at)), image.bytes);
        self.statuses.add(image.kind[KindText::ImageStatus].as_deref(), image.bytes);
        self.scan(of, image, index)?;
        let stale = if archived { None } else { self.kind(of, image, index)? };
        if index {
            // An archived index needs its platforms too.
            let pushed = image.pushed_at.map(|at| Pushed { at, bytes: image.bytes });
            let candidate = stale.map(|reason| image_of(&of.key, image).map(|image| (reason, image))).transpose()?;
            let untagged = of.indexes.is_empty() && !archived && !image.tagged && !image.attached;
            let untagged = untagged.then(|| image_of(&of.key, image)).transpose()?;
            of.indexes.push(Index { pushed, candidate, untagged });
        } else if let Some(reason) = stale {
            self.candidates.offer(image.bytes, || {
                let image = image_of(&of.key, image)?;
                Ok::<_, StoreError>(Candidate { reason, image, is_index: false, probable_children: None })
            })?;
        }
        Ok(())
    }

    /// Put an image into one of the kinds of the clean-up, or none. Returns why it is a candidate, unless
    /// that depends on the rest of the repository.
    fn kind(&mut self, of: &mut OfRepository, image: &Facts<'_>, index: bool) -> Result<Option<Reason>, StoreError> {
        if image.tagged {
            let stale_before = self.limits.captured_at.saturating_sub(self.limits.stale_after);
            if image.pulled_at.or(image.pushed_at).is_none_or(|last_use| last_use >= stale_before) {
                return Ok(None);
            }
            let (reason, share) = match image.pulled_at {
                Some(_) => (Reason::StalePulled, &mut self.cleanup.stale_pulled),
                None => (Reason::StaleNeverPulled, &mut self.cleanup.stale_never_pulled),
            };
            share.add(image.bytes, index);
            of.stale.add(image.bytes, index);
            return Ok(Some(reason));
        }
        if image.attached {
            self.cleanup.untagged_attached.add(image.bytes, index);
        } else if index {
            of.untagged_indexes.add(image.bytes, index);
        } else {
            of.untagged.add(image.bytes, index);
            of.untagged_pushed.extend(image.pushed_at.map(|at| Pushed { at, bytes: image.bytes }));
            if of.indexes.is_empty() && self.candidates.takes(image.bytes) {
                of.untagged_images.push(Untagged::of(image)?);
            }
        }
        Ok(None)
    }

    fn scan(&mut self, of: &mut OfRepository, image: &Facts<'_>, index: bool) -> Result<(), StoreError> {
        let status = image.kind[KindText::ScanStatus].as_deref();
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
            Some(findings) if findings.total() > 0 => {
                self.worst.offer(findings, || image_of(&of.key, image))?;
            }
            Some(_) => {}
            None => scans.indexes_without_counts += u64::from(index),
        }
        if index || !image.tagged || image.kind[KindText::ImageStatus].as_deref() == Some("ARCHIVED") {
            return Ok(());
        }
        of.oldest_scan = of.oldest_scan.into_iter().chain(image.scanned_at).min();
        if image.findings.is_none() && image.scanned_at.is_none() {
            scans.tagged_unscanned += 1;
            of.tagged_unscanned += 1;
            let pushed_at = image.pushed_at.unwrap_or(i64::MIN);
            self.unscanned.offer(pushed_at, || image_of(&of.key, image))?;
        }
        let stale_before = self.limits.captured_at.saturating_sub(self.limits.scan_stale_after);
        if let Some(scanned_at) = image.scanned_at.filter(|at| *at < stale_before) {
            scans.tagged_scan_stale += 1;
            of.tagged_scan_stale += 1;
            self.scan_stale.offer(Reverse(scanned_at), || image_of(&of.key, image))?;
        }
        Ok(())
    }

    /// End a repository. Returns its untagged images that no image index can need.
    pub(super) fn end_repository(&mut self, of: &mut OfRepository, may_hide_index: bool) -> Share {
        let indexes = ListedIndexes { shown: of.indexes.len() as u64, may_be_hidden: may_hide_index };
        if !indexes.may_refer_to(true)
            && let Some(only) = of.indexes.first_mut()
        {
            only.candidate = only.candidate.take().or(only.untagged.take().map(|image| (Reason::Untagged, image)));
        }
        self.indexes(of);
        let mut alone = Share::default();
        for (share, is_index) in [(of.untagged, false), (of.untagged_indexes, true)] {
            if indexes.may_refer_to(is_index) {
                self.cleanup.untagged_beside_index.join(&share);
            } else {
                alone.join(&share);
            }
        }
        self.cleanup.untagged_alone.join(&alone);
        if indexes.may_refer_to(false) {
            return alone;
        }
        for untagged in std::mem::take(&mut of.untagged_images) {
            let Ok(()) = self.candidates.offer(untagged.bytes, || {
                let image = untagged.named(&of.key);
                Ok::<_, Infallible>(Candidate {
                    reason: Reason::Untagged,
                    image,
                    is_index: false,
                    probable_children: None,
                })
            });
        }
        alone
    }

    /// Look for the probable platforms of the image indexes of a repository that are candidates.
    fn indexes(&mut self, of: &mut OfRepository) {
        if of.indexes.iter().all(|index| index.candidate.is_none()) {
            return;
        }
        let pushed: Vec<Pushed> = of.indexes.iter().filter_map(|index| index.pushed).collect();
        let mut children = children::probable(&pushed, std::mem::take(&mut of.untagged_pushed)).into_iter();
        for index in &mut of.indexes {
            let children = index.pushed.and_then(|_| children.next()).unwrap_or_default();
            let children = Share { images: children.images, bytes: children.bytes, index_bytes: 0 };
            let Some((reason, image)) = index.candidate.take() else { continue };
            self.cleanup.stale_indexes.add(image.bytes, true);
            self.cleanup.stale_index_children.join(&children);
            let Ok(()) = self.candidates.offer(image.bytes.max(children.bytes), || {
                Ok::<_, Infallible>(Candidate { reason, image, is_index: true, probable_children: Some(children) })
            });
        }
    }

    /// The histograms of ages and pulls, what could be deleted, what scans say, images by status.
    pub(super) fn finish(self) -> (Vec<Bucket>, Vec<Bucket>, Cleanup, Scans, Vec<Count>) {
        let cleanup = Cleanup { candidates: self.candidates.finish(), ..self.cleanup };
        let scans = Scans {
            worst_images: self.worst.finish(),
            unscanned_images: self.unscanned.finish(),
            scan_stale_images: self.scan_stale.finish(),
            statuses: self.scan_statuses.finish(),
            ..self.scans
        };
        (self.ages.0, self.pulls.0, cleanup, scans, self.statuses.finish())
    }
}

impl Untagged {
    fn of(image: &Facts<'_>) -> Result<Self, StoreError> {
        Ok(Untagged {
            digest: image.names()?.0,
            bytes: image.bytes,
            pushed_at: image.pushed_at,
            pulled_at: image.pulled_at,
            scanned_at: image.scanned_at,
            findings: image.findings.unwrap_or_default(),
        })
    }

    fn named(self, key: &RepositoryKey) -> Image {
        Image {
            place: key.clone(),
            image_tags: Vec::new(),
            image_digest: self.digest,
            bytes: self.bytes,
            pushed_at: instant(self.pushed_at),
            pulled_at: instant(self.pulled_at),
            scanned_at: instant(self.scanned_at),
            findings: self.findings,
        }
    }
}

fn instant(at: Option<i64>) -> Option<Instant> {
    at.and_then(|at| Instant::from_micros(at).ok())
}

fn image_of(key: &RepositoryKey, image: &Facts<'_>) -> Result<Image, StoreError> {
    let (image_digest, image_tags) = image.names()?;
    Ok(Image {
        place: key.clone(),
        image_tags,
        image_digest,
        bytes: image.bytes,
        pushed_at: instant(image.pushed_at),
        pulled_at: instant(image.pulled_at),
        scanned_at: instant(image.scanned_at),
        findings: image.findings.unwrap_or_default(),
    })
}

/// Whether it is an image index: a list of other images, whose size is that of the largest of them.
fn is_index(kind: &Kind) -> bool {
    media::is_index(kind[KindText::ManifestMediaType].as_deref())
}
