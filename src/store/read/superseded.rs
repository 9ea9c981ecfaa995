//! The rule for a digest that occurs in a listing several times, with different members: the last detail counts, the
//! earlier ones are superseded. Totals, searches, reports and comparisons all follow it.

use std::collections::HashMap;

use rusqlite::Statement;
use rusqlite::types::ValueRef;

use super::snapshots::{LISTING, listing_of};
use super::{Listing, Reader};
use crate::store::error::StoreError;

/// One detail as far as the rule needs it.
struct Counted {
    image_id: i64,
    tagged: bool,
    bytes: i64,
}

impl Reader {
    /// The rows of `image` that are superseded in a listing, in order. Costs nothing for a listing without such a
    /// digest, which is nearly every one; otherwise it reads every digest of the listing.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn superseded(&self, listing: &Listing) -> Result<Vec<i64>, StoreError> {
        if listing.details == listing.images {
            return Ok(Vec::new());
        }
        self.superseded_of(listing)
    }

    /// The same of a listing by its id.
    pub(super) fn superseded_in(&self, listing_id: i64) -> Result<Vec<i64>, StoreError> {
        let sql = format!(
            "SELECT {LISTING} FROM snapshot_listing s JOIN repository r ON r.id = s.repository_id
             JOIN listing l ON l.id = s.listing_id WHERE l.id = ?1 LIMIT 1"
        );
        let listing = self.connection.prepare_cached(&sql)?.query_row([listing_id], listing_of)?;
        self.superseded_of(&listing)
    }

    fn superseded_of(&self, listing: &Listing) -> Result<Vec<i64>, StoreError> {
        let mut superseded = Vec::new();
        self.last_of_digests(listing, |earlier| superseded.push(earlier.image_id))?;
        superseded.sort_unstable();
        Ok(superseded)
    }

    /// Make the sums of listings, which the store keeps by detail, count each digest once.
    pub(super) fn count_digests(&self, listings: &mut [Listing]) -> Result<(), StoreError> {
        for listing in listings.iter_mut().filter(|listing| listing.images != listing.details) {
            let last = self.last_of_digests(listing, |_| {})?;
            listing.images = last.len() as u64;
            listing.tagged = last.values().filter(|counted| counted.tagged).count() as u64;
            let bytes: i128 = last.values().map(|counted| i128::from(counted.bytes)).sum();
            // As the store keeps the other sums.
            listing.bytes = bytes.clamp(0, i128::from(i64::MAX)) as u64;
        }
        Ok(())
    }

    /// The last detail of each digest of a listing; every other one is handed to `superseded`.
    fn last_of_digests(
        &self,
        listing: &Listing,
        mut superseded: impl FnMut(Counted),
    ) -> Result<HashMap<Vec<u8>, Counted>, StoreError> {
        let sql = "SELECT id, digest, tags IS NOT NULL AND tags <> '[]', coalesce(size_bytes, 0)
                   FROM image WHERE id >= ?1 AND id < ?2";
        let mut images = self.connection.prepare_cached(sql)?;
        let mut last = HashMap::new();
        self.runs(listing, 0, |run| {
            each(&mut images, run.image_id..run.image_id.saturating_add(run.length), |digest, counted| {
                if let Some(earlier) = last.insert(digest, counted) {
                    superseded(earlier);
                }
            })?;
            Ok(true)
        })?;
        Ok(last)
    }
}

/// Hand each of the images with these ids to `visit`, in order, with a key of its digest.
fn each(
    images: &mut Statement<'_>,
    ids: std::ops::Range<i64>,
    mut visit: impl FnMut(Vec<u8>, Counted),
) -> Result<(), StoreError> {
    let mut rows = images.query([ids.start, ids.end])?;
    while let Some(row) = rows.next()? {
        let digest = match row.get_ref(1)? {
            ValueRef::Blob(bytes) => bytes.to_vec(),
            // Longer than any blob that represents a digest, so that no text equals one.
            ValueRef::Text(text) => [&[0; 33], text].concat(),
            _ => return Err(super::decode::damaged(row, "digest")),
        };
        visit(digest, Counted { image_id: row.get(0)?, tagged: row.get(2)?, bytes: row.get(3)? });
    }
    Ok(())
}
