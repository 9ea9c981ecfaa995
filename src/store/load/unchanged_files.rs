//! Finds an earlier run that read exactly the same files, so that its listings can be reused.
//!
//! A run repeats another if it is the same program with the same reading options on files with
//! the same hashes in the same order. Reading is a function of these, so its pages and listings
//! are the other's. All of these must still be there: a later run may have replaced one of them in
//! its snapshot, and `ingest.pages` says how many there were.

use rusqlite::{Row, Rows, params};

use super::listing::Builder;
use super::{Load, PROGRAM, PageRecord};
use crate::store::error::StoreError;
use crate::store::row::{MOST_IMAGES, RepositoryName};

/// Runs that are looked at, newest first.
const RUNS: i64 = 1000;

/// A run that may be repeated.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Earlier {
    ingest: i64,
    /// The hashes of its files in their order.
    pub(crate) hashes: Vec<[u8; 32]>,
}

/// The hashes of a run's files, if these are of just these lengths: all of them, and no more.
fn same_lengths(mut files: Rows<'_>, lengths: &[u64]) -> Result<Option<Vec<[u8; 32]>>, rusqlite::Error> {
    let mut hashes = Vec::with_capacity(lengths.len());
    while let Some(file) = files.next()? {
        if lengths.get(hashes.len()) != Some(&(file.get::<_, i64>(1)? as u64)) {
            return Ok(None);
        }
        hashes.push(file.get(0)?);
    }
    Ok((hashes.len() == lengths.len()).then_some(hashes))
}

impl Load<'_> {
    /// The newest run with these reading options on files of these lengths.
    pub(crate) fn earlier(&self, options: &str, lengths: &[u64]) -> Result<Option<Earlier>, StoreError> {
        let runs = "SELECT id, pages FROM ingest WHERE program = ?1 AND options = ?2 AND pages > 0
             ORDER BY id DESC LIMIT ?3";
        let mut runs = self.connection.prepare(runs)?;
        let left = "SELECT count(*) FROM source f JOIN page p ON p.source_id = f.id WHERE f.ingest_id = ?1";
        let mut files = self.connection.prepare("SELECT hash, bytes FROM source WHERE ingest_id = ?1 ORDER BY id")?;
        let mut runs = runs.query(params![PROGRAM, options, RUNS])?;
        while let Some(run) = runs.next()? {
            let (ingest, pages): (i64, i64) = (run.get(0)?, run.get(1)?);
            let Some(hashes) = same_lengths(files.query([ingest])?, lengths)? else { continue };
            if pages == self.connection.query_row(left, [ingest], |row| row.get::<_, i64>(0))? {
                return Ok(Some(Earlier { ingest, hashes }));
            }
        }
        Ok(None)
    }

    /// Take over what a run found. Nothing else may come into this load.
    pub(crate) fn repeat(&mut self, earlier: &Earlier) -> Result<(), StoreError> {
        let files = earlier.hashes.len();
        let first = "SELECT min(id) FROM source WHERE ingest_id = ?1";
        let first: i64 = self.connection.query_row(first, [earlier.ingest], |row| row.get(0))?;
        // In the order in which the listings began. The order of their names would do, except for the
        // messages.
        let listings = "SELECT p.snapshot_id, r.id, r.registry_id, r.name, r.region, l.id, l.images
             FROM source f
             JOIN page p ON p.source_id = f.id
             JOIN repository r ON r.id = p.repository_id
             JOIN snapshot_listing sl ON sl.snapshot_id = p.snapshot_id AND sl.repository_id = p.repository_id
             JOIN listing l ON l.id = sl.listing_id
             WHERE f.ingest_id = ?1 AND p.ordinal = 0
             ORDER BY f.id, r.id";
        let pages = "SELECT source_id, start, images, token FROM page
             WHERE snapshot_id = ?1 AND repository_id = ?2 ORDER BY ordinal";
        let mut pages = self.connection.prepare(pages)?;
        let page = |row: &Row<'_>| -> rusqlite::Result<PageRecord> {
            let [source, start, images] = [row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?];
            // The file of another run would be another place in the list.
            let place = source.checked_sub(first).and_then(|place| usize::try_from(place).ok());
            let source =
                place.filter(|place| *place < files).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, source))?;
            let count =
                |index, value| u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, value));
            Ok(PageRecord { source, start: count(1, start)?, images: count(2, images)?, token: row.get(3)? })
        };
        let mut listings = self.connection.prepare(listings)?;
        let mut listings = listings.query([earlier.ingest])?;
        while let Some(row) = listings.next()? {
            let text = |index| row.get::<_, String>(index).map(Into::into);
            let name = RepositoryName { registry_id: text(2)?, name: text(3)?, region: text(4)? };
            let (snapshot, repository): (i64, i64) = (row.get(0)?, row.get(1)?);
            let found = pages.query_map([snapshot, repository], page)?.collect::<Result<_, _>>()?;
            let listing = (row.get(5)?, row.get::<_, i64>(6)?.clamp(0, MOST_IMAGES) as u64);
            self.builders.push(Builder::taken(name, repository, listing, found));
        }
        Ok(())
    }
}
