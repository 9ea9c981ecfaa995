//! The fingerprints of the chunks in the store: text that matches one need not be parsed.
//!
//! Only the chunks of the newest listing of each repository are used: they have no image in common, so whole chunks
//! can be reused safely. The fingerprints are read once when a load begins, and looked up by the parser threads.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use crate::store::error::StoreError;
use crate::store::row::{Fingerprint, RepositoryName};

/// Snapshots that are looked through for the newest listing of a repository.
const SNAPSHOTS: i64 = 8;

/// What is known when a load begins.
#[derive(Debug, Default)]
pub(crate) struct Known {
    texts: HashMap<i64, (Fingerprint, KnownChunk)>,
    repositories: Vec<(RepositoryName, i64)>,
}

/// A chunk of the newest listing of its repository.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownChunk {
    repository: usize,
    pub(super) id: i64,
    /// The last one of the listing: it may end if no other would.
    pub(super) last: bool,
}

impl Known {
    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut known = Known::default();
        let mut seen = HashSet::new();
        let mut snapshots = connection.prepare("SELECT id FROM snapshot ORDER BY id DESC LIMIT ?1")?;
        // A listing with contradicting details is parsed each time, so that it is warned of.
        let listings = "SELECT r.id, r.registry_id, r.name, r.region, l.id, l.digests = l.images
             FROM snapshot_listing sl
             JOIN repository r ON r.id = sl.repository_id
             JOIN listing l ON l.id = sl.listing_id
             WHERE sl.snapshot_id = ?1";
        let mut listings = connection.prepare(listings)?;
        let mut snapshots = snapshots.query([SNAPSHOTS])?;
        while let Some(snapshot) = snapshots.next()? {
            let mut listings = listings.query([snapshot.get::<_, i64>(0)?])?;
            while let Some(row) = listings.next()? {
                if seen.insert(row.get::<_, i64>(0)?) && row.get(5)? {
                    let text = |index| row.get::<_, String>(index).map(Into::into);
                    let name = RepositoryName { registry_id: text(1)?, name: text(2)?, region: text(3)? };
                    known.listing(connection, name, row.get(4)?)?;
                }
            }
        }
        Ok(known)
    }

    fn listing(&mut self, connection: &Connection, name: RepositoryName, listing: i64) -> Result<(), StoreError> {
        let chunks = "SELECT c.id, lc.start + c.length = l.images, c.text_lead, c.text_length, c.text_hash
             FROM listing l
             JOIN listing_chunk lc ON lc.listing_id = l.id
             JOIN chunk c ON c.id = lc.chunk_id
             WHERE l.id = ?1 AND c.text_hash IS NOT NULL";
        let mut chunks = connection.prepare_cached(chunks)?;
        let mut chunks = chunks.query([listing])?;
        let repository = self.repositories.len();
        self.repositories.push((name, listing));
        while let Some(row) = chunks.next()? {
            let chunk = KnownChunk { repository, id: row.get(0)?, last: row.get(1)? };
            let text = Fingerprint { prefix_hash: row.get(2)?, length: row.get(3)?, hash: row.get(4)? };
            self.texts.insert(text.prefix_hash, (text, chunk));
        }
        Ok(())
    }

    /// Whether there is nothing to look up.
    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The text that begins in this way, and the chunk that it is.
    pub(crate) fn find(&self, prefix: i64) -> Option<(Fingerprint, KnownChunk)> {
        self.texts.get(&prefix).copied()
    }

    /// The repository that a chunk belongs to.
    pub(crate) fn repository(&self, chunk: KnownChunk) -> &RepositoryName {
        &self.repositories[chunk.repository].0
    }

    /// The listing that a chunk is of.
    pub(super) fn listing_of(&self, chunk: KnownChunk) -> i64 {
        self.repositories[chunk.repository].1
    }
}
