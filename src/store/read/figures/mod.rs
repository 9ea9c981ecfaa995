//! Sums and changes over many listings, without reading an image twice.
//!
//! Days share most of their images, and an image that did not change is the same row. So a chain of
//! listings is taken apart into chunks and runs of image ids (`shape`), every image is read once
//! however many days it is in (`sums`), and what differs between two days is found among the ids
//! before any image is looked at (`chain`). What one listing holds is handed out row by row (`facts`).
//!
//! Nothing here decides what a figure means; `report` does.

mod chain;
mod facts;
mod ranges;
mod severity;
mod shape;
mod sums;

pub use chain::{Chain, Step, Tagged};
pub use facts::Facts;
pub use severity::{Severities, Severity};
pub use sums::Sums;

use std::collections::HashSet;

use super::Reader;
use crate::store::error::StoreError;

impl Reader {
    /// The keys of the repositories whose name matches one of the patterns (`*`, `?`, `[a-z]`, case
    /// tells); of all where there is no pattern.
    pub fn repositories_like(&self, patterns: &[String]) -> Result<HashSet<i64>, StoreError> {
        let mut found = HashSet::new();
        let sql = "SELECT id FROM repository WHERE name GLOB ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let everything = ["*".to_owned()];
        for pattern in if patterns.is_empty() { &everything } else { patterns } {
            for id in statement.query_map([pattern], |row| row.get(0))? {
                found.insert(id?);
            }
        }
        Ok(found)
    }
}
