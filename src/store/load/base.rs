//! The listing of the store whose chunks a new listing takes over whole, seen from the new one.
//!
//! The images of a chunk that is taken over are not looked at, so it must be known otherwise that
//! none of them repeats, or contradicts, another one of the new listing. Among chunks of one listing
//! without contradictions that is so. For every other image the versions of its digest are looked
//! up: where one of them is in a chunk, that chunk is in doubt.

use std::collections::HashSet;

use super::images::Images;
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
    /// Nobody has looked.
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
}

impl Base {
    pub(super) fn read(listing: i64, images: &Images<'_>) -> Result<Self, StoreError> {
        let mut runs = images.runs(listing)?;
        runs.sort_unstable();
        Ok(Base { runs, taken: HashSet::new(), in_doubt: HashSet::new() })
    }

    /// Take a chunk over; false where that must not be.
    pub(super) fn take(&mut self, chunk: i64) -> bool {
        !self.in_doubt.contains(&chunk) && self.taken.insert(chunk)
    }

    /// Undo [`Base::take`].
    pub(super) fn give_back(&mut self, chunk: i64) {
        self.taken.remove(&chunk);
    }

    /// Look for an image that comes into the new listing by itself.
    pub(super) fn look_up(
        &mut self,
        repository_id: i64,
        prefix: i64,
        hash: &[u8; 16],
        images: &mut Images<'_>,
    ) -> Result<BaseMatch, StoreError> {
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

/// The chunk of the run that has the image.
fn chunk_of(runs: &[(i64, i64, i64)], image: i64) -> Option<i64> {
    let behind = runs.partition_point(|(first, ..)| *first <= image);
    let (first, length, chunk) = runs.get(behind.checked_sub(1)?)?;
    (image < first + length).then_some(*chunk)
}
