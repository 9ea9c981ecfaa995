//! Runs: which images a listing has at which positions, as ranges of ids.
//!
//! Everything that walks a listing comes here. It knows nothing of the images themselves.

use super::{Listing, Reader};
use crate::store::error::StoreError;
use crate::store::row::LONGEST_CHUNK;

/// The most images that are returned as one run. A listing that was loaded at once is one run, and a caller that
/// wants one page of it does not need its end.
const LONGEST_RUN: i64 = 4096;

/// Images of consecutive ids at consecutive positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ImageRun {
    pub(super) start: i64,
    pub(super) image_id: i64,
    pub(super) length: i64,
}

impl ImageRun {
    /// The run in a row of `chunk_run`, in a chunk that begins at `start`. `None` if it cannot have been
    /// written by us: then neither position nor id may be calculated with.
    pub(super) fn of(start: i64, offset: i64, image_id: i64, length: i64) -> Option<Self> {
        let fine = start >= 0 && offset >= 0 && image_id > 0 && (1..=LONGEST_CHUNK as i64).contains(&length);
        let start = start.checked_add(offset).filter(|_| fine)?;
        start.checked_add(length)?;
        image_id.checked_add(length)?;
        Some(ImageRun { start, image_id, length })
    }

    /// An error unless so many of its images were found.
    pub(super) fn whole(&self, found: i64) -> Result<(), StoreError> {
        if found == self.length {
            return Ok(());
        }
        let (first, last) = (self.image_id, self.image_id + self.length - 1);
        Err(StoreError::Damaged(format!("of the images {first} to {last}, some are missing")))
    }

    /// The position behind it.
    fn end(&self) -> i64 {
        self.start + self.length
    }

    /// The part of it from `position` on.
    fn from(self, position: i64) -> Option<Self> {
        let skipped = (position - self.start).max(0);
        (skipped < self.length).then(|| ImageRun {
            start: self.start + skipped,
            image_id: self.image_id + skipped,
            length: self.length - skipped,
        })
    }
}

/// How many images of a listing are looked for one by one, and in how many chunks each; of more, the whole listing is
/// read.
pub(super) const FEW: usize = 8;
const FEW_CHUNKS: usize = 8;

impl Reader {
    /// Hand the runs of a listing from a position on to `visit` until it returns false; runs that
    /// continue each other are one, up to [`LONGEST_RUN`] images. Reads no further than `visit` goes.
    ///
    /// # Errors
    /// Those of `visit`; if the store cannot be read, or the runs do not follow one another without a
    /// gap to the end of the listing.
    pub(super) fn runs(
        &self,
        listing: &Listing,
        from: u64,
        mut visit: impl FnMut(ImageRun) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let broken = || broken(listing);
        let sql = "SELECT c.start, r.\"offset\", r.image_id, r.length
                   FROM listing_chunk c JOIN chunk_run r ON r.chunk_id = c.chunk_id
                   WHERE c.listing_id = ?1 AND c.start >=
                       (SELECT max(start) FROM listing_chunk WHERE listing_id = ?1 AND start <= ?2)
                   ORDER BY c.start, r.\"offset\"";
        let mut statement = self.connection.prepare_cached(sql)?;
        let (from, details) = (position(from), position(listing.details));
        let mut rows = statement.query([listing.listing_id, from])?;
        let mut pending: Option<ImageRun> = None;
        let mut end: Option<i64> = None;
        while let Some(row) = rows.next()? {
            let run = ImageRun::of(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?).ok_or_else(broken)?;
            if run.end() > details || end.is_some_and(|end| end != run.start) {
                return Err(broken());
            }
            end = Some(run.end());
            let Some(run) = run.from(from) else { continue };
            match &mut pending {
                Some(last) if last.image_id + last.length == run.image_id && last.length < LONGEST_RUN => {
                    last.length += run.length;
                }
                Some(last) => {
                    if !visit(std::mem::replace(last, run))? {
                        return Ok(());
                    }
                }
                None => pending = Some(run),
            }
        }
        if end.unwrap_or(0) != details && from < details {
            return Err(broken());
        }
        if let Some(run) = pending {
            visit(run)?;
        }
        Ok(())
    }

    /// As [`Reader::runs`] from the beginning, with only those of the images that are in the listing. `images` are in
    /// order.
    pub(super) fn runs_with(
        &self,
        listing: &Listing,
        images: &[i64],
        mut visit: impl FnMut(ImageRun) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let alone = |start, image_id| ImageRun { start, image_id, length: 1 };
        if let Some(mut places) = self.places_of(listing, images)? {
            places.sort_unstable();
            for (start, id) in places {
                if !visit(alone(start, id))? {
                    break;
                }
            }
            return Ok(());
        }
        self.runs(listing, 0, |run| {
            let first = images.partition_point(|id| *id < run.image_id);
            for id in images[first..].iter().take_while(|id| **id < run.image_id + run.length) {
                if !visit(alone(run.start + id - run.image_id, *id))? {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    /// The positions of a few images, those that are in the listing; `None` if reading the listing is quicker.
    fn places_of(&self, listing: &Listing, images: &[i64]) -> Result<Option<Vec<(i64, i64)>>, StoreError> {
        if images.len() > FEW {
            return Ok(None);
        }
        let chunks = "SELECT chunk_id, \"offset\", image_id, length FROM chunk_run
                      WHERE image_id > ?1 - ?2 AND image_id <= ?1 AND image_id + length > ?1 LIMIT ?3";
        let mut chunks = self.connection.prepare_cached(chunks)?;
        let starts = "SELECT start FROM listing_chunk WHERE listing_id = ?1 AND chunk_id = ?2";
        let mut starts = self.connection.prepare_cached(starts)?;
        let mut places = Vec::new();
        for id in images {
            let mut rows = chunks.query([*id, LONGEST_CHUNK as i64, FEW_CHUNKS as i64 + 1])?;
            let mut met = 0;
            while let Some(row) = rows.next()? {
                met += 1;
                if met > FEW_CHUNKS {
                    return Ok(None);
                }
                let (chunk, offset, first, length): (i64, _, i64, _) =
                    (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                let mut starts = starts.query([listing.listing_id, chunk])?;
                while let Some(start) = starts.next()? {
                    let run = ImageRun::of(start.get(0)?, offset, first, length).ok_or_else(|| broken(listing))?;
                    places.push((run.start + id - first, *id));
                }
            }
        }
        Ok(Some(places))
    }
}

/// What says that the runs of a listing cannot be.
fn broken(listing: &Listing) -> StoreError {
    let name = crate::model::visible(&listing.repository.name);
    StoreError::Damaged(format!("the listing of {name} has a gap or an overlap"))
}

/// A position as `SQLite` has it. None is beyond 2^63: those that are count as the last.
fn position(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::ImageRun;

    #[test]
    fn a_run_that_cannot_be_is_none() {
        for (start, offset, image_id, length, expected) in [
            (0, 0, 1, 1, Some((0, 1))),
            (64, 3, 9, 5, Some((67, 72))),
            (0, 0, 1, 0, None),
            (0, 0, 1, -5, None),
            (-1, 0, 1, 1, None),
            (0, -1, 1, 1, None),
            (0, 0, 0, 1, None),
            (0, 0, i64::MAX, 1, None),
            (i64::MAX, 1, 1, 1, None),
            (0, i64::MAX - 1, 1, 2, None),
            (0, 0, 1, 513, None),
            (0, 0, 1, i64::MAX, None),
        ] {
            let run = ImageRun::of(start, offset, image_id, length).map(|run| (run.start, run.end()));
            assert_eq!(run, expected, "{start} {offset} {image_id} {length}");
        }
    }

    #[test]
    fn a_run_from_a_position_on() {
        let run = ImageRun { start: 10, image_id: 100, length: 5 };
        assert_eq!(run.from(0), Some(run));
        assert_eq!(run.from(13), Some(ImageRun { start: 13, image_id: 103, length: 2 }));
        assert_eq!(run.from(15), None);
        assert_eq!(run.from(i64::MAX), None);
    }
}
