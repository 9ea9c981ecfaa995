//! Two snapshots of a store, repository by repository.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::listing::{Changes, Options, listings};
use crate::coverage::{Absence, Coverage};
use crate::model::capture_filter::ImageStatus;
use crate::model::{CaptureFilter, Detail, Instant};
use crate::store::StoreError;
use crate::store::read::{Listing, Reader, Repositories, Snapshot};
use crate::store::row::RepositoryName;

/// What differs between two snapshots.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The first snapshot.
    pub from: Snapshot,
    /// The second snapshot.
    pub to: Snapshot,
    /// The sums over the first, as far as it was looked at.
    pub before: Totals,
    /// The sums over the second.
    pub after: Totals,
    /// The repositories in which something differs, by name.
    pub repositories: Vec<RepositoryChange>,
}

/// Sums over the selected repositories of a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Repositories.
    pub repositories: u64,
    /// Those of which the capture stopped early.
    pub incomplete: u64,
    /// Images.
    pub images: u64,
    /// Bytes, an image index counted beside its children.
    pub bytes: u64,
}

/// A repository in which something differs.
#[derive(Clone, Debug, PartialEq)]
pub struct RepositoryChange {
    /// Registry, name and region label.
    pub repository: RepositoryName,
    /// What the first snapshot holds of it; `None` where it is not in that capture.
    pub before: Option<Held>,
    /// What the second snapshot holds of it. One of the two is there.
    pub after: Option<Held>,
    /// Where one capture does not have the repository, what that means: `Certain` where every image in
    /// the other was pushed later, else `Unknown`.
    pub absence: Option<Absence>,
    /// What differs. Of a repository that one capture does not have, these are the images pushed after
    /// that capture; of the others nothing is known.
    pub changes: Changes,
}

/// What a snapshot holds of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Images.
    pub images: u64,
    /// Bytes, an image index counted beside its children.
    pub bytes: u64,
    /// Under which conditions it was captured.
    pub coverage: Coverage,
}

/// Counts of everything that differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named after the list that it counts")]
pub struct Summary {
    pub repositories_added: u64,
    pub repositories_removed: u64,
    /// Repositories of both snapshots in which something differs.
    pub repositories_changed: u64,
    pub images_added: u64,
    /// Of the added, those that the first capture may have left out as archived.
    pub images_added_or_restored: u64,
    pub images_removed: u64,
    /// Of the removed, those that the second capture may have left out as archived.
    pub images_removed_or_archived: u64,
    /// Images of one capture of which the other says nothing.
    pub images_unknown: u64,
    pub images_changed: u64,
    pub findings_changed: u64,
    pub statuses_changed: u64,
    pub sizes_damaged: u64,
    pub tags_added: u64,
    /// Of the added, those on an image that the first capture may have left out as archived.
    pub tags_added_or_restored: u64,
    pub tags_removed: u64,
    /// Of the removed, those on an image that the second capture may have left out as archived.
    pub tags_removed_or_archived: u64,
    pub tags_moved: u64,
    /// Tags of one capture of which the other says nothing.
    pub tags_unknown: u64,
}

/// Compare the selected repositories of two snapshots. Costs what differs: equal listings, chunks and
/// images are passed over by their keys.
pub fn snapshots(
    reader: &Reader,
    (from, to): (&Snapshot, &Snapshot),
    selection: &Repositories,
    options: Options,
) -> Result<Comparison, StoreError> {
    let (before, after) = (reader.select(from.id, selection)?, reader.select(to.id, selection)?);
    let mut comparison = Comparison {
        from: from.clone(),
        to: to.clone(),
        before: totals(&before),
        after: totals(&after),
        repositories: Vec::new(),
    };
    let when = (captured(from)?, captured(to)?);
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return Ok(comparison),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => by_name(one).cmp(&by_name(other)),
        };
        let pair = match order {
            Ordering::Less => (before.next(), None),
            Ordering::Greater => (None, after.next()),
            Ordering::Equal => (before.next(), after.next()),
        };
        comparison.repositories.extend(repository(reader, pair, when, options)?);
    }
}

fn by_name(listing: &Listing) -> [&str; 3] {
    let RepositoryName { registry_id, name, region } = &listing.repository;
    [name, registry_id, region]
}

fn captured(snapshot: &Snapshot) -> Result<Instant, StoreError> {
    Instant::from_micros(snapshot.captured_at)
        .map_err(|_| StoreError::Damaged(format!("snapshot {} has no readable captured_at", snapshot.id)))
}

fn totals(listings: &[Listing]) -> Totals {
    let sum = |of: fn(&Listing) -> u64| listings.iter().map(of).fold(0, u64::saturating_add);
    Totals {
        repositories: listings.len() as u64,
        incomplete: sum(|listing| u64::from(!listing.complete)),
        images: sum(|listing| listing.images),
        bytes: sum(|listing| listing.bytes),
    }
}

/// What differs in one repository, if anything does.
fn repository(
    reader: &Reader,
    (before, after): (Option<&Listing>, Option<&Listing>),
    when: (Instant, Instant),
    options: Options,
) -> Result<Option<RepositoryChange>, StoreError> {
    let Some(repository) = before.or(after).map(|listing| listing.repository.clone()) else {
        return Ok(None);
    };
    let (mut held_before, mut held_after) =
        (before.map(|listing| held(listing, when.0)), after.map(|listing| held(listing, when.1)));
    let (changes, absence) = match (before.zip(held_before.as_mut()), after.zip(held_after.as_mut())) {
        (Some((before, one)), Some((after, other))) => {
            if before.listing_id == after.listing_id {
                return Ok(None);
            }
            let (from, to) = reader.differing(before, after)?;
            settle(reader, after, &mut other.coverage, lacks(&to, &from))?;
            settle(reader, before, &mut one.coverage, lacks(&from, &to))?;
            let changes = listings((from, &one.coverage), (to, &other.coverage), options);
            if changes.is_empty() {
                return Ok(None);
            }
            (changes, None)
        }
        (Some((listing, one)), None) => {
            let (details, other) = beyond(reader, listing, when.1)?;
            (listings((details, &one.coverage), (Vec::new(), &other), options), Some(other))
        }
        (None, Some((listing, one))) => {
            let (details, other) = beyond(reader, listing, when.0)?;
            (listings((Vec::new(), &other), (details, &one.coverage), options), Some(other))
        }
        (None, None) => return Ok(None),
    };
    let mut change = RepositoryChange { repository, before: held_before, after: held_after, absence: None, changes };
    if let Some(other) = absence {
        change.absence = Some(if other.complete { Absence::Certain } else { Absence::Unknown });
        change.changes.tags.retain(|tag| tag.absence == Absence::Certain);
    }
    Ok(Some(change))
}

/// Whether `details` lacks an image of `others`.
fn lacks(details: &[Detail], others: &[Detail]) -> bool {
    let shown: HashSet<_> = details.iter().map(|detail| &detail.image_digest).collect();
    others.iter().any(|detail| !shown.contains(&detail.image_digest))
}

/// Where something is missing from a listing, see whether it shows images that are not active.
fn settle(reader: &Reader, listing: &Listing, coverage: &mut Coverage, lacks: bool) -> Result<(), StoreError> {
    if lacks && coverage.may_hide_archived() && reader.shows_inactive(listing)? {
        coverage.shows_archived();
    }
    Ok(())
}

/// Of a repository that another capture does not have: the images pushed after it, and what can be said
/// of that capture. Where they are all, the repository was not there, or was empty.
fn beyond(reader: &Reader, listing: &Listing, captured_at: Instant) -> Result<(Vec<Detail>, Coverage), StoreError> {
    let details = reader.pushed_after(listing, captured_at)?;
    let all = listing.complete && listing.images > 0 && details.len() as u64 == listing.images;
    let everything = CaptureFilter { image_status: Some(ImageStatus::Any), ..CaptureFilter::default() };
    Ok((details, Coverage::new(captured_at, all, Some(everything))))
}

fn held(listing: &Listing, captured_at: Instant) -> Held {
    Held { images: listing.images, bytes: listing.bytes, coverage: Coverage::of(listing, captured_at) }
}

impl Comparison {
    /// Whether anything differs.
    pub fn is_empty(&self) -> bool {
        self.repositories.is_empty()
    }

    /// Counts of everything that differs.
    pub fn summary(&self) -> Summary {
        let mut sums = Summary::default();
        for repository in &self.repositories {
            match (&repository.before, &repository.after) {
                (None, _) => sums.repositories_added += 1,
                (_, None) => sums.repositories_removed += 1,
                _ => sums.repositories_changed += 1,
            }
            sums.count(&repository.changes);
        }
        sums
    }
}

impl Summary {
    fn count(&mut self, changes: &Changes) {
        let sides = [
            (&changes.added, &mut self.images_added, &mut self.images_added_or_restored),
            (&changes.removed, &mut self.images_removed, &mut self.images_removed_or_archived),
        ];
        for (images, sum, or_archived) in sides {
            for image in images {
                let known = u64::from(image.absence != Absence::Unknown);
                *sum += known;
                *or_archived += u64::from(image.absence == Absence::OrArchived);
                self.images_unknown += 1 - known;
            }
        }
        self.images_changed += changes.changed.len() as u64;
        for changed in &changes.changed {
            self.findings_changed += u64::from(changed.findings().is_some());
            self.statuses_changed += u64::from(changed.status().is_some());
            self.sizes_damaged += u64::from(changed.damaged_size().is_some());
        }
        for tag in &changes.tags {
            let (sum, or_archived) = match (&tag.from, &tag.to) {
                (Some(_), Some(_)) => {
                    self.tags_moved += 1;
                    continue;
                }
                (None, _) => (&mut self.tags_added, &mut self.tags_added_or_restored),
                (_, None) => (&mut self.tags_removed, &mut self.tags_removed_or_archived),
            };
            match tag.absence {
                Absence::Unknown => self.tags_unknown += 1,
                absence => {
                    *sum += 1;
                    *or_archived += u64::from(absence == Absence::OrArchived);
                }
            }
        }
    }
}
