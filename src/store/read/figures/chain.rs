//! The listings of one repository, one after another: their sums, and the tagged images that came
//! and went between them.

use std::collections::HashMap;
use std::ops::Range;

use super::ranges::{Ranges, joined, without};
use super::sums::Sums;
use crate::model::Digest;
use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::decode::{damaged, digest_of, text_of};

/// What a repository's listings have, in the order of the listings.
#[derive(Debug, Default)]
pub struct Chain {
    /// The sums of each listing.
    pub sums: Vec<Sums>,
    /// What changed from each listing to the next; one fewer than there are listings.
    pub steps: Vec<Step>,
    tagged: HashMap<i64, Tagged>,
}

/// The rows that only one of two listings has. A detail in which anything changed is in both parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    gone: Ranges,
    come: Ranges,
}

/// An image with tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// The manifest.
    pub digest: Digest,
    /// Its tags, in the page's order.
    pub tags: Vec<String>,
}

impl Chain {
    /// The tagged rows that the earlier listing alone has.
    pub fn gone<'c>(&'c self, step: &'c Step) -> impl Iterator<Item = &'c Tagged> {
        self.of(&step.gone)
    }

    /// The tagged rows that the later listing alone has.
    pub fn come<'c>(&'c self, step: &'c Step) -> impl Iterator<Item = &'c Tagged> {
        self.of(&step.come)
    }

    fn of<'c>(&'c self, ranges: &'c [Range<i64>]) -> impl Iterator<Item = &'c Tagged> {
        ranges.iter().cloned().flatten().filter_map(|id| self.tagged.get(&id))
    }
}

impl Reader {
    /// Read a chain of listings of one repository.
    pub fn chain(&self, listings: &[i64]) -> Result<Chain, StoreError> {
        let shape = self.shape(listings)?;
        let mut steps = Vec::new();
        let mut touched = Ranges::new();
        for later in 1..listings.len() {
            let (before, after) = (shape.images_beside(later - 1, later), shape.images_beside(later, later - 1));
            let step = Step { gone: without(&before, &after), come: without(&after, &before) };
            touched.extend(step.gone.iter().chain(&step.come).cloned());
            steps.push(step);
        }
        Ok(Chain { sums: self.sums(&shape)?, steps, tagged: self.tagged(&joined(touched))? })
    }

    /// Those of some images that have tags, by id.
    fn tagged(&self, images: &[Range<i64>]) -> Result<HashMap<i64, Tagged>, StoreError> {
        let sql = "SELECT id, digest, tags FROM image WHERE id >= ?1 AND id < ?2 AND tags IS NOT NULL";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut tagged = HashMap::new();
        for range in images {
            let mut rows = statement.query([range.start, range.end])?;
            while let Some(row) = rows.next()? {
                let digest = digest_of(row.get_ref(1)?).ok_or_else(|| damaged(row, "digest"))?;
                let text = text_of(row, 2)?.unwrap_or("[]");
                let tags = serde_json::from_str(text).map_err(|_| damaged(row, "tags"))?;
                tagged.insert(row.get(0)?, Tagged { digest, tags });
            }
        }
        Ok(tagged)
    }
}
