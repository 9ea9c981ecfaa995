//! The object tables as a load writes them: image, kind, chunk and listing.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Statement, params, params_from_iter};

use super::base::Stored;
use super::image::InsertImage;
use super::lookup::LookUp;
use crate::model::Digest;
use crate::store::columns::KindText;
use crate::store::error::StoreError;
use crate::store::row::{Batch, Fingerprint, Kind, LONGEST_CHUNK, digest_prefix};
use crate::store::segment;

/// Kinds that are remembered. A registry has tens; a hostile one costs a query a row, not memory.
const KINDS: usize = 1 << 14;

/// Versions of one prefix from which on they are remembered: real digests share none, and looking through
/// many of them for each row would cost their square.
const CROWD: usize = 64;

/// All versions of a repository's images whose digests begin in the same way, if there are many.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    /// The image of each version, by the version's hash.
    pub(super) by_hash: HashMap<[u8; 16], i64>,
}

/// A chunk, by its sums.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chunk {
    pub(super) hash: [u8; 16],
    pub(super) length: u64,
    pub(super) tagged: u64,
    /// Exact; the store holds it at the ends of 64 bits.
    pub(super) bytes: i128,
}

/// What a listing must know of an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) prefix: i64,
    pub(super) hash: [u8; 16],
    pub(super) tagged: bool,
    pub(super) bytes: i64,
}

/// Prepared statements and what is known of the tables.
pub(super) struct Images<'c> {
    connection: &'c Connection,
    insert_image: InsertImage<'c>,
    versions: Statement<'c>,
    find_kind: Statement<'c>,
    insert_kind: Statement<'c>,
    find_chunk: Statement<'c>,
    insert_chunk: Statement<'c>,
    insert_run: Statement<'c>,
    look_up: LookUp<'c>,
    segments: segment::Writer<'c>,
    /// By repository and prefix. A load finds what it has added itself in other ways.
    crowds: HashMap<(i64, i64), Rc<Crowd>>,
    kinds: HashMap<Kind, i64>,
    /// The batch whose rows were written last, and the ids of its kinds if already asked for.
    batch: Option<Rc<Batch>>,
    batch_kinds: Vec<Option<i64>>,
    first_id: i64,
    next_id: i64,
}

impl<'c> Images<'c> {
    pub(super) fn new(connection: &'c Connection) -> Result<Self, StoreError> {
        let last: i64 = connection.query_row("SELECT coalesce(max(id), 0) FROM image", [], |row| row.get(0))?;
        let prepare = |sql: &str| connection.prepare(sql);
        let equal = KindText::ALL.map(|text| format!("{} IS ?", text.column()));
        let marks = KindText::ALL.map(|_| "?").join(", ");
        Ok(Images {
            connection,
            insert_image: InsertImage::new(connection)?,
            versions: prepare(
                "SELECT id, hash FROM digest_index JOIN image ON id = image_id
                 WHERE digest_index.repository_id = ?1 AND digest_lead = ?2",
            )?,
            find_kind: prepare(&format!("SELECT id FROM image_kind WHERE {}", equal.join(" AND ")))?,
            insert_kind: prepare(&format!("INSERT INTO image_kind ({}) VALUES ({marks})", KindText::list("")))?,
            find_chunk: prepare("SELECT id FROM chunk WHERE hash = ?1")?,
            insert_chunk: prepare("INSERT INTO chunk VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7)")?,
            insert_run: prepare("INSERT INTO chunk_run VALUES (?1, ?2, ?3, ?4)")?,
            look_up: LookUp::new(connection)?,
            segments: segment::Writer::new(connection)?,
            crowds: HashMap::new(),
            kinds: HashMap::new(),
            batch: None,
            batch_kinds: Vec::new(),
            first_id: last + 1,
            next_id: last + 1,
        })
    }

    /// Image rows that this load has added.
    pub(super) fn inserted(&self) -> u64 {
        (self.next_id - self.first_id) as u64
    }

    /// Hand out id and hash of every image of a repository whose digest begins so.
    pub(super) fn versions(
        &mut self,
        repository_id: i64,
        prefix: i64,
        mut take: impl FnMut(i64, &[u8; 16]),
    ) -> Result<(), StoreError> {
        let mut crowd = Vec::new();
        let mut rows = self.versions.query([repository_id, prefix])?;
        while let Some(row) = rows.next()? {
            let (id, hash) = (row.get(0)?, row.get(1)?);
            take(id, &hash);
            crowd.push((hash, id));
        }
        drop(rows);
        if crowd.len() >= CROWD {
            let by_hash = crowd.into_iter().collect();
            self.crowds.insert((repository_id, prefix), Rc::new(Crowd { by_hash }));
        }
        Ok(())
    }

    /// The versions of that prefix, if they are many and were looked through before.
    pub(super) fn crowd(&self, repository_id: i64, prefix: i64) -> Option<Rc<Crowd>> {
        self.crowds.get(&(repository_id, prefix)).map(Rc::clone)
    }

    /// The image that a row is: found if the store has it, else made.
    pub(super) fn id_of(
        &mut self,
        repository_id: i64,
        stored: Stored,
        batch: &Rc<Batch>,
        index: usize,
    ) -> Result<i64, StoreError> {
        let row = &batch.rows[index];
        let prefix = digest_prefix(&row.digest);
        match stored {
            Stored::As(id) => return Ok(id),
            Stored::No => {}
            Stored::Unknown => {
                let mut found = None;
                if let Some(crowd) = self.crowds.get(&(repository_id, prefix)) {
                    found = crowd.by_hash.get(&row.hash).copied();
                } else {
                    self.versions(repository_id, prefix, |id, hash| {
                        if *hash == row.hash {
                            found = Some(id);
                        }
                    })?;
                }
                if let Some(id) = found {
                    return Ok(id);
                }
            }
        }
        let kind_id = self.kind(batch, row.kind)?;
        let id = self.next_id;
        self.next_id += 1;
        let columns = row.columns(batch);
        self.insert_image.execute(&row.hash, repository_id, kind_id, &columns)?;
        debug_assert_eq!(self.connection.last_insert_rowid(), id);
        self.segments.add(id, segment::Row::new(kind_id, &columns, !row.tag_spans.is_empty()))?;
        self.look_up.digest(repository_id, prefix, id);
        for span in &batch.tags[row.tag_spans.start as usize..row.tag_spans.end as usize] {
            self.look_up.tag(repository_id, batch.text(span), id);
        }
        Ok(id)
    }

    fn kind(&mut self, batch: &Rc<Batch>, index: u32) -> Result<i64, StoreError> {
        let index = index as usize;
        // A row can wait for the end of its chunk while later batches come, so whose kinds these
        // are is asked each time.
        if !self.batch.as_ref().is_some_and(|last| Rc::ptr_eq(last, batch)) {
            self.batch = Some(Rc::clone(batch));
            self.batch_kinds.clear();
            self.batch_kinds.resize(batch.kinds.len(), None);
        }
        if let Some(Some(id)) = self.batch_kinds.get(index) {
            return Ok(*id);
        }
        let kind = &batch.kinds[index];
        let id = if let Some(id) = self.kinds.get(kind) {
            *id
        } else {
            let texts = kind.texts();
            let texts = || params_from_iter(texts.iter().map(|(_, text)| text));
            let id = match self.find_kind.query_row(texts(), |row| row.get(0)).optional()? {
                Some(id) => id,
                None => self.insert_kind.insert(texts())?,
            };
            if self.kinds.len() < KINDS {
                self.kinds.insert(kind.clone(), id);
            }
            id
        };
        if let Some(slot) = self.batch_kinds.get_mut(index) {
            *slot = Some(id);
        }
        Ok(id)
    }

    /// The id of a chunk that the store has.
    pub(super) fn chunk(&mut self, hash: &[u8; 16]) -> Result<Option<i64>, StoreError> {
        Ok(self.find_chunk.query_row([hash], |row| row.get(0)).optional()?)
    }

    /// Add a chunk, its images as runs of consecutive ids.
    pub(super) fn add_chunk(
        &mut self,
        chunk: &Chunk,
        text: Option<&Fingerprint>,
        ids: impl Iterator<Item = i64>,
    ) -> Result<i64, StoreError> {
        let Chunk { hash, length, tagged, bytes } = chunk;
        let (prefix, of_text) = (text.map(|text| text.prefix_hash), text.map(|text| text.hash));
        let text_length = text.map(|text| text.length);
        let chunk = self.insert_chunk.insert(params![
            hash,
            *length as i64,
            *tagged as i64,
            saturated(*bytes),
            prefix,
            text_length,
            of_text
        ])?;
        // Offset, first image and length of the current run.
        let mut run = (0, 0, 0);
        for id in ids {
            if run.2 > 0 && run.1 + run.2 == id {
                run.2 += 1;
            } else {
                self.add_run(chunk, run)?;
                run = (run.0 + run.2, id, 1);
            }
        }
        self.add_run(chunk, run)?;
        Ok(chunk)
    }

    fn add_run(&mut self, chunk: i64, (offset, image, length): (i64, i64, i64)) -> Result<(), StoreError> {
        if length > 0 {
            self.insert_run.execute([chunk, offset, image, length])?;
        }
        Ok(())
    }

    /// Note the text in which a chunk of the store was read now.
    pub(super) fn set_text(&self, chunk: i64, text: &Fingerprint) -> Result<(), StoreError> {
        let set =
            "UPDATE chunk SET text_lead = ?2, text_length = ?3, text_hash = ?4 WHERE id = ?1 AND text_hash IS NOT ?4";
        self.connection.prepare_cached(set)?.execute(params![chunk, text.prefix_hash, text.length, text.hash])?;
        Ok(())
    }

    /// A chunk of the store.
    pub(super) fn chunk_of(&self, id: i64) -> Result<Chunk, StoreError> {
        let find = "SELECT hash, length, tagged, bytes FROM chunk WHERE id = ?1";
        let chunk: (_, i64, i64, i64) = self
            .connection
            .prepare_cached(find)?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let (hash, length, tagged, bytes) = chunk;
        if !(1..=LONGEST_CHUNK as i64).contains(&length) || !(0..=length).contains(&tagged) {
            return Err(StoreError::Damaged(format!("chunk {id} has a length that cannot be")));
        }
        Ok(Chunk { hash, length: length as u64, tagged: tagged as u64, bytes: bytes.into() })
    }

    /// The images of a chunk of the store, with what a listing must know of each.
    pub(super) fn stored(&self, chunk: i64) -> Result<Vec<(i64, Facts)>, StoreError> {
        let find = "SELECT i.id, i.hash, i.digest, coalesce(i.tags <> '[]', 0), coalesce(i.size_bytes, 0)
             FROM chunk_run r CROSS JOIN image i ON i.id BETWEEN r.image_id AND r.image_id + r.length - 1
             WHERE r.chunk_id = ?1 ORDER BY r.\"offset\", i.id";
        let mut find = self.connection.prepare_cached(find)?;
        let rows = find.query_map([chunk], |row| {
            let prefix = prefix_in(row.get_ref(2)?)?;
            Ok((row.get(0)?, Facts { prefix, hash: row.get(1)?, tagged: row.get(3)?, bytes: row.get(4)? }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The prefix of an image's digest.
    pub(super) fn prefix_of(&self, id: i64) -> Result<i64, StoreError> {
        let mut find = self.connection.prepare_cached("SELECT digest FROM image WHERE id = ?1")?;
        Ok(find.query_row([id], |row| prefix_in(row.get_ref(0)?))?)
    }

    /// First image, length and chunk of every run of a listing.
    pub(super) fn runs(&self, listing: i64) -> Result<Vec<(i64, i64, i64)>, StoreError> {
        let find = "SELECT r.image_id, r.length, r.chunk_id
             FROM listing_chunk lc JOIN chunk_run r ON r.chunk_id = lc.chunk_id WHERE lc.listing_id = ?1";
        let mut find = self.connection.prepare_cached(find)?;
        let rows = find.query_map([listing], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let runs: Vec<(i64, i64, i64)> = rows.collect::<Result<_, _>>()?;
        match runs.iter().find(|(first, length, _)| first.checked_add(*length).is_none_or(|end| end <= *first)) {
            Some((.., chunk)) => Err(StoreError::Damaged(format!("chunk {chunk} has a run that cannot be"))),
            None => Ok(runs),
        }
    }

    /// How many digests the images of some chunks have, each counted once.
    pub(super) fn digests(&self, chunks: &[(i64, u64)]) -> Result<u64, StoreError> {
        let find = "SELECT i.digest FROM chunk_run r
             CROSS JOIN image i ON i.id BETWEEN r.image_id AND r.image_id + r.length - 1 WHERE r.chunk_id = ?1";
        let mut find = self.connection.prepare_cached(find)?;
        let mut distinct: HashSet<Vec<u8>> = HashSet::new();
        for (chunk, _) in chunks {
            let mut rows = find.query([chunk])?;
            while let Some(row) = rows.next()? {
                let (kind, bytes) = match row.get_ref(0)? {
                    ValueRef::Text(text) => (b't', text),
                    other => (b'b', other.as_blob().map_err(|_| rusqlite::Error::InvalidQuery)?),
                };
                distinct.insert([&[kind], bytes].concat());
            }
        }
        Ok(distinct.len() as u64)
    }

    /// The id of a listing that the store has.
    pub(super) fn listing(&self, hash: &[u8; 32]) -> Result<Option<i64>, StoreError> {
        let mut find = self.connection.prepare_cached("SELECT id FROM listing WHERE hash = ?1")?;
        Ok(find.query_row([hash], |row| row.get(0)).optional()?)
    }

    /// Add a listing: repository, images, digests, tagged images and bytes; chunks with their lengths.
    pub(super) fn add_listing(
        &self,
        hash: &[u8; 32],
        [repository, images, digests, tagged, bytes]: [i64; 5],
        chunks: &[(i64, u64)],
    ) -> Result<i64, StoreError> {
        let mut add = self.connection.prepare_cached("INSERT INTO listing VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6)")?;
        let listing = add.insert(params![hash, repository, images, digests, tagged, bytes])?;
        let mut add = self.connection.prepare_cached("INSERT INTO listing_chunk VALUES (?1, ?2, ?3)")?;
        let mut start = 0;
        for (chunk, length) in chunks {
            add.execute([listing, start, *chunk])?;
            start += *length as i64;
        }
        Ok(listing)
    }

    /// Write the look-up rows that wait, if they are enough or `all` are wanted; whether they were. With the last of
    /// them goes the last segment.
    pub(super) fn write_look_up(&mut self, all: bool) -> Result<bool, StoreError> {
        if !all {
            return self.look_up.write_some();
        }
        self.segments.write()?;
        self.look_up.write_all().map(|()| true)
    }
}

/// The prefix of the digest in a column.
fn prefix_in(column: ValueRef<'_>) -> rusqlite::Result<i64> {
    let digest = match column {
        ValueRef::Text(text) => Digest::parse(&String::from_utf8_lossy(text)),
        other => Digest::Sha256(other.as_blob()?.try_into().map_err(|_| rusqlite::Error::InvalidQuery)?),
    };
    Ok(digest_prefix(&digest))
}

/// A sum of sizes as the store has it: at the ends of 64 bits if it lies beyond.
pub(super) fn saturated(bytes: i128) -> i64 {
    bytes.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}
