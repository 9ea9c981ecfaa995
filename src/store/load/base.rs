//! The listing of the store whose chunks a new listing takes over whole, seen from the new one.
//!
//! The images of a chunk that is taken over are not looked at, so it must be known otherwise that
//! none of them repeats, or contradicts, another one of the new listing. Among chunks of one listing
//! without contradictions that is so. For every other image the versions of its digest are looked
//! up: if one of them is in a chunk, that chunk is in doubt.

use std::collections::{HashMap, HashSet};

use super::images::{Crowd, Images};
use crate::store::error::StoreError;

/// What is known of an image that comes into the new listing by itself.
#[derive(Clone, Copy)]
pub(super) struct BaseMatch {
    pub(super) in_base: InBase,
    pub(super) stored: Stored,
}

/// Whether the store has an image.
#[derive(Clone, Copy)]
pub(super) enum Stored {
    /// Not looked up yet.
    Unknown,
    No,
    /// By its id.
    As(i64),
}

/// What the chunks that were taken over have of a digest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum InBase {
    /// Nothing.
    No,
    /// The same image.
    Equal,
    /// Another version only.
    Other,
}

/// The listing's runs of images, and which of its chunks were taken over.
pub(super) struct Base {
    /// First image, length and chunk, in the images' order.
    runs: Vec<(i64, i64, i64)>,
    taken: HashSet<i64>,
    in_doubt: HashSet<i64>,
    /// Prefixes with a crowd of versions whose chunks are in doubt already, each with whether one of them is
    /// in a chunk that was taken over.
    crowds: HashMap<i64, bool>,
}

impl Base {
    pub(super) fn read(listing: i64, images: &Images<'_>) -> Result<Self, StoreError> {
        let mut runs = images.runs(listing)?;
        runs.sort_unstable();
        Ok(Base { runs, taken: HashSet::new(), in_doubt: HashSet::new(), crowds: HashMap::new() })
    }

    /// Take a chunk over; false if that must not be.
    pub(super) fn take(&mut self, chunk: i64) -> bool {
        !self.in_doubt.contains(&chunk) && self.taken.insert(chunk)
    }

    /// Undo [`Base::take`].
    pub(super) fn give_back(&mut self, chunk: i64) {
        self.taken.remove(&chunk);
        // Its images count as others from now on.
        self.crowds.clear();
    }

    /// Look for an image that comes into the new listing by itself.
    pub(super) fn look_up(
        &mut self,
        repository_id: i64,
        prefix: i64,
        hash: &[u8; 16],
        images: &mut Images<'_>,
    ) -> Result<BaseMatch, StoreError> {
        if let Some(crowd) = images.crowd(repository_id, prefix) {
            return Ok(self.look_up_in(&crowd, prefix, hash));
        }
        let mut found = BaseMatch { in_base: InBase::No, stored: Stored::No };
        images.versions(repository_id, prefix, |id, version| {
            if version == hash {
                found.stored = Stored::As(id);
            }
            let Some(chunk) = chunk_of(&self.runs, id) else { return };
            if !self.taken.contains(&chunk) {
                self.in_doubt.insert(chunk);
            } else if version == hash {
                found.in_base = InBase::Equal;
            } else if found.in_base == InBase::No {
                found.in_base = InBase::Other;
            }
        })?;
        Ok(found)
    }
}

impl Base {
    /// The same among many versions, without a look at each.
    fn look_up_in(&mut self, crowd: &Crowd, prefix: i64, hash: &[u8; 16]) -> BaseMatch {
        let any_taken = if let Some(any_taken) = self.crowds.get(&prefix) {
            *any_taken
        } else {
            let chunks = crowd.by_hash.values().filter_map(|id| chunk_of(&self.runs, *id));
            let (taken, others): (Vec<i64>, Vec<i64>) = chunks.partition(|chunk| self.taken.contains(chunk));
            self.in_doubt.extend(others);
            self.crowds.insert(prefix, !taken.is_empty());
            !taken.is_empty()
        };
        let id = crowd.by_hash.get(hash).copied();
        let is_taken = |id| chunk_of(&self.runs, id).is_some_and(|chunk| self.taken.contains(&chunk));
        let in_base = match id {
            Some(id) if is_taken(id) => InBase::Equal,
            // That it is another version of the same digest is only likely; the whole digests are counted
            // at the end.
            _ if any_taken => InBase::Other,
            _ => InBase::No,
        };
        BaseMatch { in_base, stored: id.map_or(Stored::No, Stored::As) }
    }
}

/// The chunk of the run that has the image.
fn chunk_of(runs: &[(i64, i64, i64)], image: i64) -> Option<i64> {
    let behind = runs.partition_point(|(first, ..)| *first <= image);
    let (first, length, chunk) = runs.get(behind.checked_sub(1)?)?;
    (image < first + length).then_some(*chunk)
}
