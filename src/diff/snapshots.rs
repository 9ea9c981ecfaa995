//! Two snapshots of a store, repository by repository.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::listing::{Changes, Options, listings};
use super::settings::{SettingsChange, settings};
use crate::coverage::{Absence, Coverage};
use crate::model::{CaptureScope, Detail, Instant, Members};
use crate::store::StoreError;
use crate::store::read::{Listing, Reader, Repositories, Selection, Snapshot};
use crate::store::row::RepositoryName;

/// What differs between two snapshots.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The first snapshot.
    pub from: Snapshot,
    /// The second snapshot.
    pub to: Snapshot,
    /// The sums over the compared part of the first.
    pub before: Totals,
    /// The sums over the second.
    pub after: Totals,
    /// The repositories in which something differs, by name.
    pub repositories: Vec<RepositoryChange>,
    /// What differs about the repositories themselves, by name. Empty under a map of names.
    pub settings: Vec<SettingsChange>,
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
    /// Bytes; an image index is counted in addition to its children.
    pub bytes: u64,
}

/// A repository in which something differs.
#[derive(Clone, Debug, PartialEq)]
pub struct RepositoryChange {
    /// Registry, name and region label.
    pub repository: RepositoryName,
    /// The name in the second snapshot, if the comparison maps names and it is another one.
    pub counterpart: Option<RepositoryName>,
    /// What the first snapshot holds of it; `None` if it is not in that capture.
    pub before: Option<Held>,
    /// What the second snapshot holds of it. One of the two is there.
    pub after: Option<Held>,
    /// If one capture does not have the repository, what that means. `Unknown` unless that capture has a scope.
    pub absence: Option<Absence>,
    /// What differs. If one capture does not have the repository and no scope that covers it, these are the images
    /// pushed after that capture, without tags; nothing is known of the others.
    pub changes: Changes,
}

/// What a snapshot holds of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Images.
    pub images: u64,
    /// Bytes; an image index is counted in addition to its children.
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
    /// Repositories that were created, deleted or created again, settings, and lifecycle policies.
    pub settings_changed: u64,
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
///
/// # Errors
/// If the database cannot be read, or is damaged.
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
        settings: settings(reader, (from, to), selection)?,
    };
    let sides = (Side::of(reader, from)?, Side::of(reader, to)?);
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
        comparison.repositories.extend(repository(reader, pair, (&sides.0, &sides.1), options)?);
    }
}

/// What a snapshot says of all its repositories.
pub(super) struct Side {
    captured_at: Instant,
    scope: CaptureScope,
}

impl Side {
    pub(super) fn of(reader: &Reader, snapshot: &Snapshot) -> Result<Self, StoreError> {
        Ok(Side { captured_at: captured(snapshot)?, scope: reader.scope(snapshot.id)? })
    }

    /// What the snapshot says of a repository that it has no listing of.
    pub(super) fn of_missing(&self, repository: &RepositoryName) -> Coverage {
        let RepositoryName { registry_id, region, name } = repository;
        Coverage::of_missing(self.scope.missing(registry_id, region, name), self.captured_at)
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

pub(super) fn totals(listings: &[Listing]) -> Totals {
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
    (one, other): (&Side, &Side),
    options: Options,
) -> Result<Option<RepositoryChange>, StoreError> {
    let changed = match (before, after) {
        (None, None) => return Ok(None),
        (Some(before), Some(after)) => {
            if before.listing_id == after.listing_id {
                return Ok(None);
            }
            let (from, to) = reader.differing(before, after)?;
            let mut held = (held(before, one), held(after, other));
            settle(reader, after, &mut held.1.coverage, lacks(&to, &from))?;
            settle(reader, before, &mut held.0.coverage, lacks(&from, &to))?;
            let changes = listings((from, &held.0.coverage), (to, &held.1.coverage), options);
            if changes.is_empty() {
                return Ok(None);
            }
            RepositoryChange {
                repository: before.repository.clone(),
                counterpart: None,
                before: Some(held.0),
                after: Some(held.1),
                absence: None,
                changes,
            }
        }
        (Some(before), None) => {
            let (details, known) = against(reader, before, other)?;
            let held = held(before, one);
            let changes = listings((details, &held.coverage), (Vec::new(), &known), options);
            one_sided(before, (Some(held), None), &known, changes)
        }
        (None, Some(after)) => {
            let (details, known) = against(reader, after, one)?;
            let held = held(after, other);
            let changes = listings((Vec::new(), &known), (details, &held.coverage), options);
            one_sided(after, (None, Some(held)), &known, changes)
        }
    };
    Ok(Some(changed))
}

/// A repository that one capture does not have; `known` is what that capture says of it.
fn one_sided(
    listing: &Listing,
    (before, after): (Option<Held>, Option<Held>),
    known: &Coverage,
    mut changes: Changes,
) -> RepositoryChange {
    if !known.complete {
        changes.tags.clear();
    }
    let absence = Some(known.absence_of_repository());
    RepositoryChange { repository: listing.repository.clone(), counterpart: None, before, after, absence, changes }
}

/// Whether `details` lacks an image or a tag of `others`.
fn lacks(details: &[Detail], others: &[Detail]) -> bool {
    let shown: HashSet<_> = details.iter().map(|detail| &detail.image_digest).collect();
    let tags: HashSet<_> = details.iter().flat_map(|detail| detail.image_tags.iter().flatten()).collect();
    let lacks_tag = |detail: &Detail| detail.image_tags.iter().flatten().any(|tag| !tags.contains(tag));
    others.iter().any(|detail| !shown.contains(&detail.image_digest) || lacks_tag(detail))
}

/// If something is missing from a listing, see for which statuses it was asked.
fn settle(reader: &Reader, listing: &Listing, coverage: &mut Coverage, lacks: bool) -> Result<(), StoreError> {
    if lacks && coverage.may_hide_archived() {
        coverage.shows(&reader.shown_statuses(listing)?);
    }
    Ok(())
}

/// The images of a repository that another capture does not have, and what that capture says of it. If it does not
/// cover the repository, only the images that were pushed after it.
fn against(reader: &Reader, listing: &Listing, side: &Side) -> Result<(Vec<Detail>, Coverage), StoreError> {
    let known = side.of_missing(&listing.repository);
    if !known.complete {
        return Ok((reader.pushed_after(listing, side.captured_at)?, known));
    }
    let mut details = Vec::new();
    let all = Selection::default();
    reader.details(listing, 0, usize::MAX, &all, Members::ALL, &mut |it| details.push(it.detail))?;
    Ok((details, known))
}

pub(super) fn held(listing: &Listing, side: &Side) -> Held {
    let coverage = Coverage::of(listing, side.captured_at);
    Held { images: listing.images, bytes: listing.bytes, coverage }
}

impl Comparison {
    /// Whether anything differs.
    pub fn is_empty(&self) -> bool {
        self.repositories.is_empty() && self.settings.is_empty()
    }

    /// Counts of everything that differs.
    pub fn summary(&self) -> Summary {
        let mut sums = Summary { settings_changed: self.settings.len() as u64, ..Summary::default() };
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
