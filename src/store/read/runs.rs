//! Runs: which images a listing has at which positions, as ranges of ids.
//!
//! Everything that walks a listing comes here. It knows nothing of the images themselves.

use std::collections::VecDeque;

use rusqlite::CachedStatement;

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

/// A row of `chunk_run`, with the position at which its chunk begins.
struct Row {
    chunk_start: i64,
    offset: i64,
    image_id: i64,
    length: i64,
}

/// Chunks that are read at first, and at most, in one step. A page needs two of them, a search all.
const FIRST_STEP: i64 = 2;
const LARGEST_STEP: i64 = 256;

/// Reads the runs of a listing in order.
struct Rows<'r> {
    chunks: CachedStatement<'r>,
    runs: CachedStatement<'r>,
    listing_id: i64,
    /// The next chunk begins here or later; `None` after the last.
    next: Option<i64>,
    step: i64,
    read: VecDeque<Row>,
}

impl<'r> Rows<'r> {
    /// From the chunk on that has the position `from`.
    fn new(reader: &'r Reader, listing_id: i64, from: i64) -> Result<Self, StoreError> {
        let first = "SELECT max(start) FROM listing_chunk WHERE listing_id = ?1 AND start <= ?2";
        let chunks = "SELECT start, chunk_id FROM listing_chunk WHERE listing_id = ?1 AND start >= ?2
                      ORDER BY start LIMIT ?3";
        // The chunks of a load have consecutive ids: one range instead of a search for each.
        let runs = "SELECT chunk_id, \"offset\", image_id, length FROM chunk_run WHERE chunk_id BETWEEN ?1 AND ?2
                    ORDER BY chunk_id, \"offset\"";
        let connection = &reader.connection;
        Ok(Rows {
            next: connection.prepare_cached(first)?.query_row([listing_id, from], |row| row.get(0))?,
            chunks: connection.prepare_cached(chunks)?,
            runs: connection.prepare_cached(runs)?,
            listing_id,
            step: FIRST_STEP,
            read: VecDeque::new(),
        })
    }

    fn next(&mut self) -> Result<Option<Row>, StoreError> {
        while self.read.is_empty() {
            let Some(from) = self.next else { return Ok(None) };
            self.fill(from)?;
        }
        Ok(self.read.pop_front())
    }

    /// Read the runs of the next chunks.
    fn fill(&mut self, from: i64) -> Result<(), StoreError> {
        let chunks = self.chunks.query_map([self.listing_id, from, self.step], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let chunks: Vec<(i64, i64)> = chunks.collect::<Result<_, _>>()?;
        let more = chunks.len() as i64 == self.step;
        self.next = chunks.last().filter(|_| more).and_then(|(start, _)| start.checked_add(1));
        self.step = (2 * self.step).min(LARGEST_STEP);
        for consecutive in chunks.chunk_by(|(_, one), (_, other)| one.checked_add(1) == Some(*other)) {
            let (Some((_, first)), Some((_, last))) = (consecutive.first(), consecutive.last()) else { continue };
            let mut rows = self.runs.query([first, last])?;
            while let Some(row) = rows.next()? {
                let (chunk_start, _) = consecutive[(row.get::<_, i64>(0)? - first) as usize];
                let (offset, image_id, length) = (row.get(1)?, row.get(2)?, row.get(3)?);
                self.read.push_back(Row { chunk_start, offset, image_id, length });
            }
        }
        Ok(())
    }
}

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
        let broken = || {
            let name = crate::model::visible(&listing.repository.name);
            StoreError::Damaged(format!("the listing of {name} has a gap or an overlap"))
        };
        let (from, details) = (position(from), position(listing.details));
        let mut rows = Rows::new(self, listing.listing_id, from)?;
        let mut pending: Option<ImageRun> = None;
        let mut end: Option<i64> = None;
        while let Some(row) = rows.next()? {
            let run = ImageRun::of(row.chunk_start, row.offset, row.image_id, row.length).ok_or_else(broken)?;
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
