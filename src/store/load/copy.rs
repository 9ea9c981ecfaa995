//! Listings of another store copied into this one: only chunks that are missing are read, and every hash is
//! recomputed on the way.
//!
//! A listing is its repository and the hashes of its chunks, a chunk the hashes of its images. What the store has
//! under the same hash is the same content, so it is used and not read again. An image that is read is hashed from
//! its columns, a chunk from these hashes, the listing from the chunks': a row that does not match its hash ends the
//! copy. The rows are written by the same code as those of an ingest, so every table that follows from the images
//! (look-ups, sums) is complete.
//!
//! Fingerprints of the text that a chunk was read from stay behind: no hash covers them, and a wrong one would
//! make a later ingest take over the wrong images.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, Row, Statement};

use super::base::Stored;
use super::images::{Chunk, Images, saturated};
use super::listing::hasher;
use super::writeback::WriteBack;
use crate::model::visible;
use crate::store::columns::{Column, Columns, KindText};
use crate::store::error::StoreError;
use crate::store::row::{Batch, ImageRow, Kind, RepositoryName, Span, digest_prefix, hash_row};

/// The images of a chunk, in order: id, hash and kind, then their columns.
fn rows() -> String {
    format!(
        "SELECT i.id, i.hash, i.kind_id, {}
         FROM chunk_run r CROSS JOIN image i ON i.id BETWEEN r.image_id AND r.image_id + r.length - 1
         WHERE r.chunk_id = ?1 ORDER BY r.\"offset\", i.id",
        Column::list("i.")
    )
}

/// The chunks of a listing, in order.
const CHUNKS: &str = "
    SELECT c.id, c.hash, c.length, lc.start FROM listing_chunk lc JOIN chunk c ON c.id = lc.chunk_id
    WHERE lc.listing_id = ?1 ORDER BY lc.start";

/// Copies objects into a store, within a transaction that the caller has begun on it.
pub(in crate::store) struct Copier<'c> {
    images: Images<'c>,
    write_back: WriteBack,
    database: Option<std::path::PathBuf>,
}

/// The store that is read, with what is known of the current repository.
pub(in crate::store) struct Original<'o> {
    rows: Statement<'o>,
    chunks: Statement<'o>,
    find: Statement<'o>,
    connection: &'o Connection,
    /// Kinds by id, with their part in the hash of an image.
    kinds: HashMap<i64, (Kind, [u8; 16])>,
    repository: Option<i64>,
    /// Chunks and images of the repository that have been copied, by their ids there.
    copied_chunks: HashMap<i64, (i64, Chunk)>,
    copied_images: IdRuns,
}

/// A repository in both stores.
pub(in crate::store) struct Repository {
    /// Its key in the store that is read.
    pub(in crate::store) original_id: i64,
    /// Its key in the store that is written.
    pub(in crate::store) id: i64,
    pub(in crate::store) name: RepositoryName,
    /// Whether the store that is written has had no image of it.
    pub(in crate::store) new: bool,
}

/// Ids of one store by those of another, as runs in which both count up.
#[derive(Default)]
struct IdRuns(BTreeMap<i64, (i64, i64)>);

impl IdRuns {
    fn get(&self, from: i64) -> Option<i64> {
        let (first, (to, length)) = self.0.range(..=from).next_back()?;
        (from - first < *length).then_some(to + (from - first))
    }

    fn insert(&mut self, from: i64, to: i64) {
        if let Some((first, (target, length))) = self.0.range_mut(..from).next_back()
            && first + *length == from
            && *target + *length == to
        {
            *length += 1;
            return;
        }
        self.0.insert(from, (to, 1));
    }
}

impl<'o> Original<'o> {
    /// Prepare to read a store.
    pub(in crate::store) fn new(connection: &'o Connection) -> Result<Self, StoreError> {
        Ok(Original {
            rows: connection.prepare(&rows())?,
            chunks: connection.prepare(CHUNKS)?,
            find: connection.prepare("SELECT hash, images, digests, tagged, bytes FROM listing WHERE id = ?1")?,
            connection,
            kinds: HashMap::new(),
            repository: None,
            copied_chunks: HashMap::new(),
            copied_images: IdRuns::default(),
        })
    }

    /// The hash of a listing, and its images, digests, tagged images and bytes.
    fn listing(&mut self, id: i64) -> Result<([u8; 32], [i64; 4]), StoreError> {
        Ok(self.find.query_row([id], |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])))?)
    }

    /// The images of a chunk as rows that can be written, and their ids there.
    fn read_chunk(&mut self, chunk: i64, repository: &Repository) -> Result<(Batch, Vec<i64>), StoreError> {
        let damaged = |what: &str| StoreError::Damaged(format!("{}: {what}", visible(&repository.name.name)));
        let hash = repository.name.hash();
        let mut batch = Batch { repositories: vec![repository.name.clone()], ..Batch::default() };
        let mut kinds: Vec<i64> = Vec::new();
        let (mut ids, mut scratch) = (Vec::new(), Vec::new());
        let mut rows = self.rows.query([chunk])?;
        while let Some(row) = rows.next()? {
            let kind: i64 = row.get(2)?;
            let kind_hash = if let Some((_, hash)) = self.kinds.get(&kind) {
                *hash
            } else {
                let read = read_kind(self.connection, kind)?;
                let hash = read.hash();
                self.kinds.insert(kind, (read, hash));
                hash
            };
            let index = kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
                kinds.push(kind);
                kinds.len() - 1
            });
            push_row(&mut batch, row, &hash, &kind_hash, index as u32, &mut scratch).map_err(|what| damaged(&what))?;
            ids.push(row.get(0)?);
        }
        batch.kinds = kinds.iter().filter_map(|kind| self.kinds.get(kind).map(|(kind, _)| kind.clone())).collect();
        Ok((batch, ids))
    }

    /// Forget what is only of use within one repository.
    fn turn_to(&mut self, repository: i64) {
        if self.repository != Some(repository) {
            self.repository = Some(repository);
            self.copied_chunks.clear();
            self.copied_images = IdRuns::default();
        }
    }
}

impl<'c> Copier<'c> {
    /// Prepare to write into a store.
    pub(in crate::store) fn new(connection: &'c Connection) -> Result<Self, StoreError> {
        let database = connection.path().filter(|path| !path.is_empty()).map(Into::into);
        Ok(Copier { images: Images::new(connection)?, write_back: WriteBack::default(), database })
    }

    /// The listing that has the content of one of another store.
    pub(in crate::store) fn find(&self, original: &mut Original<'_>, listing: i64) -> Result<Option<i64>, StoreError> {
        self.images.listing(&original.listing(listing)?.0)
    }

    /// Image rows that were added.
    pub(in crate::store) fn inserted(&self) -> u64 {
        self.images.inserted()
    }

    /// Copy a listing that the store does not have; its id. `progress` counts images.
    ///
    /// # Errors
    /// If a row of the other store does not match its hash, or either store cannot be read or written.
    pub(in crate::store) fn copy_listing(
        &mut self,
        original: &mut Original<'_>,
        listing: i64,
        repository: &Repository,
        progress: &AtomicU64,
    ) -> Result<i64, StoreError> {
        let damaged = |what: &str| StoreError::Damaged(format!("{}: {what}", visible(&repository.name.name)));
        original.turn_to(repository.original_id);
        let (expected, [images, digests, tagged, bytes]) = original.listing(listing)?;
        let mut hash = hasher(&repository.name);
        let mut sums = Chunk::default();
        let mut exact = true;
        let mut chunks = Vec::new();
        let found: Vec<(i64, [u8; 16], i64, i64)> = original
            .chunks
            .query_map([listing], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<Result<_, _>>()?;
        for (chunk, chunk_hash, length, start) in found {
            if start as u64 != sums.length {
                return Err(damaged("the chunks of a listing do not follow one another"));
            }
            let (id, copied) = if let Some(copied) = original.copied_chunks.get(&chunk) {
                *copied
            } else {
                let copied = self.copy_chunk(original, chunk, &chunk_hash, repository)?;
                original.copied_chunks.insert(chunk, copied);
                copied
            };
            if copied.length != length as u64 {
                return Err(damaged("a chunk has another length than its images"));
            }
            exact &= copied.bytes > i64::MIN.into() && copied.bytes < i64::MAX.into();
            sums.length += copied.length;
            sums.tagged += copied.tagged;
            sums.bytes += copied.bytes;
            hash.update(&copied.hash);
            chunks.push((id, copied.length));
            progress.fetch_add(copied.length, Ordering::Relaxed);
        }
        if *hash.finalize().as_bytes() != expected {
            return Err(damaged("a listing does not match its hash"));
        }
        let sum = if exact { saturated(sums.bytes) } else { bytes };
        let fine = [images, tagged, bytes] == [sums.length as i64, sums.tagged as i64, sum];
        if !fine || !(0..=images).contains(&digests) {
            return Err(damaged("the sums of a listing are not those of its images"));
        }
        self.images.add_listing(&expected, [repository.id, images, digests, tagged, bytes], &chunks)
    }

    fn copy_chunk(
        &mut self,
        original: &mut Original<'_>,
        chunk: i64,
        expected: &[u8; 16],
        repository: &Repository,
    ) -> Result<(i64, Chunk), StoreError> {
        if let Some(id) = self.images.chunk(expected)? {
            return Ok((id, self.images.chunk_of(id)?));
        }
        let (batch, ids) = original.read_chunk(chunk, repository)?;
        let mut hash = blake3::Hasher::new();
        let mut copied = Chunk { hash: *expected, length: ids.len() as u64, ..Chunk::default() };
        for row in &batch.rows {
            hash.update(&row.hash);
            copied.tagged += u64::from(!row.tag_spans.is_empty());
            copied.bytes += i128::from(row.size_bytes.unwrap_or(0));
        }
        if hash.finalize().as_bytes()[..16] != *expected {
            let what = format!("{}: a chunk does not match its hash", visible(&repository.name.name));
            return Err(StoreError::Damaged(what));
        }
        let batch = Rc::new(batch);
        let stored = if repository.new { Stored::No } else { Stored::Unknown };
        let mut targets = Vec::with_capacity(ids.len());
        for (index, id) in ids.into_iter().enumerate() {
            let target = if let Some(target) = original.copied_images.get(id) {
                target
            } else {
                let target = self.images.id_of(repository.id, stored, &batch, index)?;
                original.copied_images.insert(id, target);
                target
            };
            targets.push(target);
        }
        let id = self.images.add_chunk(&copied, None, targets.into_iter())?;
        if self.images.write_look_up(false)? {
            self.advance();
        }
        Ok((id, copied))
    }

    /// Write what still waits. Until then, images of a repository are not found from another store.
    pub(in crate::store) fn flush(&mut self) -> Result<(), StoreError> {
        self.images.write_look_up(true).map(drop)
    }

    fn advance(&mut self) {
        if let Some(database) = &self.database {
            self.write_back.advance(Path::new(database));
        }
    }
}

fn read_kind(connection: &Connection, id: i64) -> Result<Kind, StoreError> {
    let sql = format!("SELECT {} FROM image_kind WHERE id = ?1", KindText::list(""));
    let kind = connection.prepare_cached(&sql)?.query_row([id], |row| Kind::read(row, 0));
    kind.map_err(|error| match error {
        rusqlite::Error::QueryReturnedNoRows => {
            StoreError::Damaged("the media types and states of an image are missing".to_owned())
        }
        other => other.into(),
    })
}

/// Add a row of [`rows`] to the batch; an error says what is wrong with it.
fn push_row(
    batch: &mut Batch,
    row: &Row<'_>,
    repository: &[u8; 16],
    kind_hash: &[u8; 16],
    kind: u32,
    scratch: &mut Vec<u8>,
) -> Result<(), String> {
    let columns = Columns::read(row, 3).map_err(|why| why.of("an image"))?;
    let hash = hash_row(repository, kind_hash, &columns, scratch);
    let stored: [u8; 16] = row.get(1).map_err(|_| "the hash of an image is not 16 bytes long".to_owned())?;
    if hash != stored {
        return Err(format!("the image {} does not match its hash", visible(&columns.digest.to_string())));
    }
    let first = batch.tags.len() as u32;
    if let Some(tags) = columns.tags {
        let tags: Vec<String> = serde_json::from_str(tags)
            .map_err(|_| "the tags of an image are not a JSON array of strings".to_owned())?;
        for tag in tags {
            let span = put(&mut batch.arena, &tag);
            batch.tags.push(span);
        }
    }
    let tag_spans = first..batch.tags.len() as u32;
    let mut put = |text: Option<&str>| text.map(|text| put(&mut batch.arena, text));
    let row = ImageRow {
        hash,
        repository: 0,
        kind,
        tags: put(columns.tags),
        tag_spans,
        size_bytes: columns.size_bytes,
        times: columns.times,
        severity_counts: put(columns.severity_counts),
        subject_digest: columns.subject_digest.map(Cow::into_owned),
        rest: put(columns.rest),
        digest: columns.digest.into_owned(),
    };
    debug_assert!(digest_prefix(&row.digest) >= 0);
    batch.rows.push(row);
    Ok(())
}

fn put(arena: &mut String, text: &str) -> Span {
    let start = arena.len() as u32;
    arena.push_str(text);
    start..arena.len() as u32
}

#[cfg(test)]
mod tests {
    use super::IdRuns;

    #[test]
    fn runs_of_ids_are_found_and_nothing_between_them() {
        let mut runs = IdRuns::default();
        for (from, to) in [(10, 1), (11, 2), (12, 3), (13, 9), (20, 4), (14, 10)] {
            runs.insert(from, to);
        }
        assert_eq!(runs.0.len(), 3, "consecutive pairs share a run");
        for (from, expected) in [
            (9, None),
            (10, Some(1)),
            (12, Some(3)),
            (13, Some(9)),
            (14, Some(10)),
            (15, None),
            (20, Some(4)),
            (21, None),
        ] {
            assert_eq!(runs.get(from), expected, "{from}");
        }
    }
}
