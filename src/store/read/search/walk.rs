//! Executes a search: plan, listings, the newest of each, and digests that occur in a listing several times.

use std::collections::HashMap;

use super::filter::{Filter, Latest, LatestBy};
use super::ids::IdSet;
use super::keys::{Key, version_of};
use super::plan::Plan;
use super::scan::{Block, Kinds, Scan, Test, Tests};
use crate::model::{Digest, ListedIndexes};
use crate::store::error::StoreError;
use crate::store::read::decode::digest_in;
use crate::store::read::{Listing, Reader};
use crate::store::segment::{Column, Flag};

/// A planned search over a snapshot.
pub(super) struct Walk<'r> {
    reader: &'r Reader,
    scan: Scan<'r>,
    plan: Plan,
    latest: Option<Latest>,
}

/// Which details are considered of a digest that occurs in a listing several times.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeats {
    /// All that fit.
    All,
    /// The last one that fits.
    Last,
}

impl<'r> Walk<'r> {
    pub(super) fn new(reader: &'r Reader, snapshot_id: i64, filter: &Filter) -> Result<Self, StoreError> {
        let plan = reader.plan(snapshot_id, filter)?;
        Ok(Walk { reader, scan: Scan::new(reader)?, plan, latest: filter.latest })
    }

    /// The listings that are looked into, in order.
    pub(super) fn listings(&self) -> &[Listing] {
        &self.plan.listings
    }

    /// Whether every image of the listings fits.
    pub(super) fn is_everything(&self) -> bool {
        self.plan.tests.is_empty() && self.latest.is_none()
    }

    /// Hand what fits in a listing to `visit`, in the listing's order, until it returns false.
    pub(super) fn listing<E: From<StoreError>>(
        &mut self,
        index: usize,
        (repeats, columns): (Repeats, bool),
        mut visit: impl FnMut(&Block<'_>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let listing = &self.plan.listings[index];
        let repeated = listing.details != listing.images;
        let indexes = match &self.plan.index_kinds {
            Some(kinds) => indexes(self.reader, &mut self.scan, listing, kinds)?,
            None => ListedIndexes::default(),
        };
        let chosen = match self.latest {
            Some(latest) => Some((
                newest(self.reader, &mut self.scan, listing, (&self.plan.tests, indexes), latest)?,
                !latest.except,
            )),
            None => None,
        };
        let last = if repeated && repeats == Repeats::Last {
            let mut last: HashMap<Digest, i64> = HashMap::new();
            let reader = self.reader;
            self.scan.listing(listing, &self.plan.tests, (indexes, true), |block| {
                let slots = within(block, chosen.as_ref());
                reader.each_row("digest", block.first, slots, |slot, row| {
                    last.insert(digest_in(row, 1)?, block.first + slot as i64);
                    Ok(())
                })?;
                Ok::<_, E>(true)
            })?;
            Some((last.into_values().collect::<IdSet>(), true))
        } else {
            None
        };
        self.scan.listing(listing, &self.plan.tests, (indexes, columns), |block| {
            let block = block.only(within(block, chosen.as_ref()) & within(block, last.as_ref()));
            if block.slots == 0 { Ok(true) } else { visit(&block) }
        })
    }
}

/// The slots of a block that are in a set, or not in it.
fn within(block: &Block<'_>, set: Option<&(IdSet, bool)>) -> u64 {
    match set {
        Some((ids, true)) => block.slots & ids.slots(block.number()),
        Some((ids, false)) => block.slots & !ids.slots(block.number()),
        None => block.slots,
    }
}

/// The indexes of a listing, of which two are as good as more.
fn indexes(
    reader: &Reader,
    scan: &mut Scan<'_>,
    listing: &Listing,
    kinds: &Kinds,
) -> Result<ListedIndexes, StoreError> {
    let may_be_hidden = !listing.complete || listing.capture_filter.is_some_and(|filter| filter.hides_tagged());
    if may_be_hidden {
        return Ok(ListedIndexes { shown: 0, may_be_hidden });
    }
    let kinds = Tests::new(vec![Test::Kinds(kinds.clone())], Kinds::default());
    let mut digests: Vec<Digest> = Vec::new();
    scan.listing(listing, &kinds, (ListedIndexes::default(), false), |block| {
        reader.each_row("digest", block.first, block.slots, |_, row| {
            let digest = digest_in(row, 1)?;
            if digests.len() < 2 && !digests.contains(&digest) {
                digests.push(digest);
            }
            Ok(())
        })?;
        Ok::<_, StoreError>(digests.len() < 2)
    })?;
    Ok(ListedIndexes { shown: digests.len() as u64, may_be_hidden })
}

/// An image on its way to being one of the newest.
struct Candidate {
    version: Key,
    pushed: Key,
    position: u64,
    id: i64,
}

/// The newest images of a listing; every detail of the newest digests.
fn newest(
    reader: &Reader,
    scan: &mut Scan<'_>,
    listing: &Listing,
    (tests, indexes): (&Tests, ListedIndexes),
    latest: Latest,
) -> Result<IdSet, StoreError> {
    let repeated = listing.details != listing.images;
    let keep = usize::try_from(latest.count).unwrap_or(usize::MAX);
    let order = |a: &Candidate, b: &Candidate| {
        let version = a.version.compare(&b.version, true);
        version.then_with(|| a.pushed.compare(&b.pushed, true)).then_with(|| a.position.cmp(&b.position))
    };
    let mut newest: Vec<Candidate> = Vec::new();
    scan.listing(listing, tests, (indexes, true), |block| {
        let pushed = block.segment.numbers(Column::Pushed);
        let mut versions: HashMap<usize, Key> = HashMap::new();
        if latest.by == LatestBy::Version {
            let tagged = block.slots & block.segment.flags(Flag::Tagged);
            reader.each_row("tags", block.first, tagged, |slot, row| {
                versions.insert(slot, version_of(row, 1)?);
                Ok(())
            })?;
        }
        for slot in block.each_slot() {
            newest.push(Candidate {
                version: versions.remove(&slot).unwrap_or(Key::Absent),
                pushed: pushed.get(slot).map_or(Key::Absent, Key::Number),
                position: block.position(slot),
                id: block.first + slot as i64,
            });
        }
        // Of a few, the best of all so far are enough.
        if !repeated && newest.len() / 4 > keep.saturating_add(64) {
            newest.select_nth_unstable_by(keep, order);
            newest.truncate(keep);
        }
        Ok::<_, StoreError>(true)
    })?;
    newest.sort_unstable_by(order);
    if !repeated {
        newest.truncate(keep);
        return Ok(newest.into_iter().map(|candidate| candidate.id).collect());
    }
    let mut find = reader.connection.prepare_cached("SELECT id, digest FROM image WHERE id = ?1")?;
    let mut digests: HashMap<Digest, bool> = HashMap::new();
    let mut chosen = IdSet::default();
    let mut taken = 0;
    for candidate in newest {
        let mut rows = find.query([candidate.id])?;
        let row = rows.next()?.ok_or_else(|| StoreError::Damaged(format!("image {} is missing", candidate.id)))?;
        let is_chosen = *digests.entry(digest_in(row, 1)?).or_insert_with(|| {
            taken += 1;
            taken <= keep
        });
        if is_chosen {
            chosen.insert(candidate.id);
        }
    }
    Ok(chosen)
}
