//! The listings of one repository, one after another: their sums, and the rows that differ between
//! neighbours.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::ranges::{Ranges, joined, without};
use super::sums::Sums;
use crate::model::Digest;
use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::decode::{damaged, digest_in, text_of};
use crate::store::row::Kind;

/// What a repository's listings have, in the order of the listings.
#[derive(Debug, Default)]
pub struct Chain {
    /// The sums of each listing.
    pub sums: Vec<Sums>,
    /// What changed from each listing to the next; one fewer than there are listings.
    pub steps: Vec<Step>,
    changed: HashMap<i64, ChangedImage>,
}

/// The rows that only one of two listings has. A detail with any change is in both parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    gone: Ranges,
    come: Ranges,
}

/// A row that not every listing of the chain has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedImage {
    /// The manifest.
    pub digest: Digest,
    /// Its tags, in the page's order; empty if it has none.
    pub tags: Vec<String>,
    /// Microseconds since 1970.
    pub pushed_at: Option<i64>,
    /// Media types and statuses.
    pub kind: Rc<Kind>,
}

impl Chain {
    /// The rows that only the earlier listing has.
    pub fn gone<'c>(&'c self, step: &'c Step) -> impl Iterator<Item = &'c ChangedImage> {
        self.of(&step.gone)
    }

    /// The rows that only the later listing has.
    pub fn come<'c>(&'c self, step: &'c Step) -> impl Iterator<Item = &'c ChangedImage> {
        self.of(&step.come)
    }

    fn of<'c>(&'c self, ranges: &'c [Range<i64>]) -> impl Iterator<Item = &'c ChangedImage> {
        ranges.iter().cloned().flatten().filter_map(|id| self.changed.get(&id))
    }
}

impl Reader {
    /// Read a chain of listings of one repository; `None` is a capture that shows no image of it.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn chain(&self, listings: &[Option<i64>]) -> Result<Chain, StoreError> {
        let shape = self.shape(listings)?;
        let mut steps = Vec::new();
        let mut touched = Ranges::new();
        for later in 1..listings.len() {
            let (before, after) = (shape.images_beside(later - 1, later), shape.images_beside(later, later - 1));
            let step = Step { gone: without(&before, &after), come: without(&after, &before) };
            touched.extend(step.gone.iter().chain(&step.come).cloned());
            steps.push(step);
        }
        Ok(Chain { sums: self.sums(&shape)?, steps, changed: self.changed(&joined(touched))? })
    }

    /// The rows with these ids.
    fn changed(&self, images: &[Range<i64>]) -> Result<HashMap<i64, ChangedImage>, StoreError> {
        let sql = "SELECT id, digest, tags, pushed_at, kind_id FROM image WHERE id >= ?1 AND id < ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut changed = HashMap::new();
        for range in images {
            let mut rows = statement.query([range.start, range.end])?;
            while let Some(row) = rows.next()? {
                let digest = digest_in(row, 1)?;
                let tags = match text_of(row, 2)? {
                    Some(text) => serde_json::from_str(text).map_err(|_| damaged(row, "tags"))?,
                    None => Vec::new(),
                };
                let kind = self.kind(row.get(4)?)?;
                changed.insert(row.get(0)?, ChangedImage { digest, tags, pushed_at: row.get(3)?, kind });
            }
        }
        Ok(changed)
    }
}
