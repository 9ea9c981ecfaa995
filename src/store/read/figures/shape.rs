//! Which chunks listings are made of, and which images chunks.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::ranges::{Ranges, joined};
use crate::store::error::StoreError;
use crate::store::read::Reader;

/// The structure of some listings down to the ids of their images.
pub(super) struct Shape {
    /// The chunks of each listing, in the order asked for.
    pub(super) listings: Vec<Vec<i64>>,
    /// The range of each chunk's runs in `runs`.
    pub(super) chunks: HashMap<i64, Range<usize>>,
    runs: Ranges,
    /// The images of each listing that a later detail of the same digest supersedes; nearly always none.
    pub(super) superseded: Vec<Vec<i64>>,
}

impl Shape {
    /// The image ids of a chunk.
    pub(super) fn runs(&self, chunk: i64) -> &[Range<i64>] {
        self.chunks.get(&chunk).map_or(&[], |range| &self.runs[range.clone()])
    }

    /// The ids of all images of all listings.
    pub(super) fn images(&self) -> Ranges {
        joined(self.runs.clone())
    }

    /// The ids of the images of a listing that are in no chunk of the other.
    pub(super) fn images_beside(&self, listing: usize, other: usize) -> Ranges {
        let known: HashSet<i64> = self.listings[other].iter().copied().collect();
        let chunks = self.listings[listing].iter().filter(|chunk| !known.contains(chunk));
        joined(chunks.flat_map(|chunk| self.runs(*chunk)).cloned().collect())
    }
}

impl Reader {
    /// The structure of listings; `None` is a listing without images.
    pub(super) fn shape(&self, listings: &[Option<i64>]) -> Result<Shape, StoreError> {
        let mut shape =
            Shape { listings: Vec::new(), chunks: HashMap::new(), runs: Vec::new(), superseded: Vec::new() };
        let mut of_listing =
            self.connection.prepare_cached("SELECT chunk_id FROM listing_chunk WHERE listing_id = ?1")?;
        let mut repeats =
            self.connection.prepare_cached("SELECT 1 FROM listing WHERE id = ?1 AND digests <> images")?;
        let mut chunks = Vec::new();
        for listing in listings {
            let Some(listing) = listing else {
                shape.listings.push(Vec::new());
                shape.superseded.push(Vec::new());
                continue;
            };
            let ids: Vec<i64> = of_listing.query_map([listing], |row| row.get(0))?.collect::<Result<_, _>>()?;
            chunks.extend(ids.iter().map(|id| *id..id + 1));
            shape.listings.push(ids);
            let repeats = repeats.exists([listing])?;
            shape.superseded.push(if repeats { self.superseded_in(*listing)? } else { Vec::new() });
        }
        // The chunks of a load have consecutive ids, so that a few ranges are all there is to ask for.
        let sql = "SELECT chunk_id, image_id, length FROM chunk_run WHERE chunk_id >= ?1 AND chunk_id < ?2";
        let mut of_chunks = self.connection.prepare_cached(sql)?;
        for range in joined(chunks) {
            let mut rows = of_chunks.query([range.start, range.end])?;
            while let Some(row) = rows.next()? {
                let (chunk, first, length): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                let at = shape.runs.len();
                shape.runs.push(first..first.saturating_add(length.max(0)));
                shape.chunks.entry(chunk).or_insert(at..at).end = at + 1;
            }
        }
        Ok(shape)
    }
}
