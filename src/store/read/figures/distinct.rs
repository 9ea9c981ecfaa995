//! The totals of a listing by digest.
//!
//! A listing's own row counts details. A capture can show one digest twice with different members,
//! and then the row counts one image twice.

use std::collections::HashSet;

use super::sums::Sums;
use crate::store::error::StoreError;
use crate::store::read::{Listing, Reader};

/// The totals of one listing, each digest counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Images.
    pub images: u64,
    /// Those with at least one tag.
    pub tagged: u64,
    /// Sum of the sizes in bytes.
    pub bytes: u64,
    /// The sums that the listing's row does not have.
    pub sums: Sums,
}

impl Reader {
    /// The listings that show a digest more than once, by id.
    pub fn listings_with_repeats(&self) -> Result<HashSet<i64>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT id FROM listing WHERE digests < images")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// The totals of a listing by digest; reads every image of it.
    pub fn distinct_totals(&self, listing: &Listing) -> Result<Totals, StoreError> {
        let mut totals = Totals::default();
        self.facts(listing, |image| {
            totals.images += 1;
            totals.tagged += u64::from(image.is_tagged());
            totals.bytes = totals.bytes.saturating_add(image.bytes);
            totals.sums.add(&Sums {
                findings: image.findings.unwrap_or_default(),
                counted: u64::from(image.findings.is_some()),
                archived: u64::from(image.kind.image_status.as_deref() == Some("ARCHIVED")),
            });
        })?;
        Ok(totals)
    }
}
