//! Writing: one load is one transaction that adds listings to one snapshot, whole or not at all.
//!
//! Rows arrive in page order, repository by repository or mixed. Each repository has a
//! `listing::Builder` that drops repeated rows, cuts chunks and looks up or inserts images only
//! for chunks that the store does not have. It knows nothing of files or JSON pages.

mod base;
mod copy;
mod image;
mod images;
mod known;
mod listing;
mod lookup;
mod repositories;
mod scope;
mod unchanged_files;
mod writeback;

use std::hash::BuildHasher as _;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};
use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::open::{self, Cancel, Handle};
use super::repositories::{PolicyRow, RepositoryPage};
use super::row::{Batch, RepositoryName};
use crate::model::{CaptureFilter, DeclaredScope};
pub(in crate::store) use copy::{Copier, Original, Repository};
use images::Images;
pub(crate) use known::{Known, KnownChunk};
use listing::Builder;
pub use listing::Duplicates;
pub use repositories::LoadedRepositories;
use repositories::Repositories;
pub(crate) use unchanged_files::Earlier;
use writeback::WriteBack;

/// Batches, or bytes of their texts, after which rows that still wait for the end of their chunk are
/// written all the same, so that pages which mix thousands of repositories, or have details of many
/// megabytes, do not stay in memory.
const LONGEST_WAIT: u64 = 64;
const HEAVIEST_WAIT: usize = 64 << 20;

/// A snapshot to be made or added to.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name.
    pub snapshot: String,
    /// Microseconds since 1970; only used if the snapshot is new.
    pub captured_at: i64,
    /// The `--filter` of the capture, if the user said it.
    pub capture_filter: Option<CaptureFilter>,
    /// Take the new listing if the snapshot holds another one of the same repository.
    pub replace: bool,
    /// Which repositories the capture covers.
    pub scope: DeclaredScope,
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct SourceRecord {
    /// The path as the user gave it.
    pub name: String,
    /// BLAKE3 of the file's bytes.
    pub hash: [u8; 32],
    /// Its length.
    pub bytes: u64,
    /// Microseconds since 1970.
    pub modified_at: Option<i64>,
}

/// A run of ingest, for the record.
#[derive(Clone, Copy, Debug)]
pub struct IngestRun<'a> {
    /// The files in the order in which they were read.
    pub sources: &'a [SourceRecord],
    /// JSON: the options that change how a page is read.
    pub options: &'a str,
    /// Whether reading them gave a warning that reading them again must give again.
    pub warned: bool,
}

/// What is recorded as having written a row.
const PROGRAM: &str = concat!("ecrsnap ", env!("CARGO_PKG_VERSION"));

/// One page of one repository within its listing.
#[derive(Clone, Debug)]
pub(crate) struct PageRecord {
    pub(crate) source: usize,
    pub(crate) start: u64,
    pub(crate) images: u64,
    pub(crate) token: Option<String>,
}

/// What a load did.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Listings in the input.
    pub repositories: u64,
    /// Those that the snapshot already held, with the same images.
    pub already_there: u64,
    /// Details in the input, repeated ones once.
    pub images: u64,
    /// Image rows that are new in the store.
    pub new_images: u64,
    /// Listings whose last page's token is still open.
    pub incomplete: Vec<RepositoryName>,
    /// Repeated and contradicting rows.
    pub duplicates: Vec<(RepositoryName, Duplicates)>,
    /// Whether anything was written.
    pub changed: bool,
    /// The number of the older schema, if the load brought the database up to date.
    pub migrated: Option<i64>,
    /// Repositories whose sizes add up to more than 64 bits hold; the sum that is stored is the nearest
    /// number that fits.
    pub beyond_sums: Vec<RepositoryName>,
    /// The name of one of the repositories, to show what can be asked.
    pub example: Option<String>,
    /// What the pages say about repositories and their policies.
    pub described: LoadedRepositories,
}

/// A database opened for writing.
///
/// A file that was made by this and into which nothing went is removed again, so that a refused first
/// ingest leaves nothing behind.
pub struct Writer {
    handle: Handle,
    cancel: Cancel,
    /// The file did not exist.
    made: bool,
}

impl Writer {
    /// Open a database; the file is made if it does not exist. A `cancel` that is set from another
    /// thread ends a load with [`StoreError::Cancelled`].
    ///
    /// # Errors
    /// If the database cannot be read or written, or another process holds it for too long.
    pub fn open(path: &Path, cancel: &Cancel) -> Result<Self, StoreError> {
        let made = !path.exists();
        Ok(Writer { handle: open::for_writing(path, cancel)?, cancel: cancel.clone(), made })
    }

    /// Begin a load: take the write lock, and make the schema or bring it up to date.
    ///
    /// # Errors
    /// If the database cannot be read or written, or another process holds it for too long.
    pub fn begin(&self) -> Result<Load<'_>, StoreError> {
        let migrated = self.handle.begin(&self.cancel)?;
        Load::begin(self, migrated)
    }

    /// Begin to look whether a load would change anything; `None` if the database has no schema or an
    /// older one. It takes no lock that is in anybody's way, and cannot write.
    pub(crate) fn look(&self) -> Result<Option<Load<'_>>, StoreError> {
        if !self.handle.begin_to_look()? {
            return Ok(None);
        }
        Load::begin(self, None).map(Some)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.made {
            self.handle.remove_if_empty();
        }
    }
}

/// A load in progress. If it is dropped without `Load::finish`, the database is unchanged.
pub struct Load<'c> {
    handle: &'c Handle,
    connection: &'c Connection,
    images: Images<'c>,
    builders: Vec<Builder>,
    /// The builders that may have rows that wait.
    with_waiting: Vec<usize>,
    /// The builders by their names.
    by_name: HashTable<usize>,
    random: DefaultHashBuilder,
    batches: u64,
    /// Bytes of texts that may still wait.
    waiting: usize,
    known: Arc<Known>,
    write_back: WriteBack,
    /// The number of the older schema that was migrated.
    migrated: Option<i64>,
    cancel: Cancel,
    repositories: Repositories,
    /// The greatest key of a repository when the load began.
    repositories_before: i64,
    ended: bool,
}

impl<'c> Load<'c> {
    /// Within the transaction that was begun.
    fn begin(writer: &'c Writer, migrated: Option<i64>) -> Result<Self, StoreError> {
        let connection: &Connection = &writer.handle;
        // A load appends: a larger cache only holds what has then to be written at the end.
        let load = connection.execute_batch("PRAGMA cache_size = -16384").map_err(StoreError::from);
        let load = load.and_then(|()| Load::within(writer, migrated));
        if load.is_err() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        load
    }

    fn within(writer: &'c Writer, migrated: Option<i64>) -> Result<Self, StoreError> {
        let connection: &Connection = &writer.handle;
        Ok(Load {
            handle: &writer.handle,
            connection,
            migrated,
            cancel: writer.cancel.clone(),
            images: Images::new(connection)?,
            builders: Vec::new(),
            with_waiting: Vec::new(),
            by_name: HashTable::new(),
            random: DefaultHashBuilder::default(),
            batches: 0,
            waiting: 0,
            known: Arc::new(Known::read(connection)?),
            write_back: WriteBack::default(),
            repositories: Repositories::default(),
            repositories_before: connection
                .query_row("SELECT coalesce(max(id), 0) FROM repository", [], |row| row.get(0))?,
            ended: false,
        })
    }

    fn check_cancel(&self) -> Result<(), StoreError> {
        if self.cancel.is_set() { Err(StoreError::Cancelled) } else { Ok(()) }
    }

    /// Whether this load has a listing of the repository.
    pub(crate) fn has(&self, name: &RepositoryName) -> bool {
        self.known_listing(name).is_some()
    }

    fn known_listing(&self, name: &RepositoryName) -> Option<usize> {
        let named = |index: &usize| self.builders[*index].name() == name;
        self.by_name.find(self.random.hash_one(name), named).copied()
    }

    /// The number of a repository's listing in this load.
    pub(crate) fn listing(&mut self, name: &RepositoryName) -> Result<usize, StoreError> {
        if let Some(index) = self.known_listing(name) {
            return Ok(index);
        }
        let (id, new) = repository_id(self.connection, name)?;
        let index = self.builders.len();
        self.builders.push(Builder::new(name.clone(), id, new));
        let Load { builders, random, by_name, .. } = self;
        let hash = |index: &usize| random.hash_one(builders[*index].name());
        by_name.insert_unique(random.hash_one(name), index, hash);
        Ok(index)
    }

    /// Add a batch's rows. Returns the listing of each row that was not dropped as a repetition, in order.
    pub(crate) fn push(&mut self, batch: Batch) -> Result<Vec<(usize, u64)>, StoreError> {
        self.check_cancel()?;
        let mut listings = Vec::with_capacity(batch.repositories.len());
        for name in &batch.repositories {
            listings.push(self.listing(name)?);
        }
        let batch = Rc::new(batch);
        let mut touched: Vec<(usize, u64)> = Vec::new();
        for (index, row) in batch.rows.iter().enumerate() {
            let listing = listings[row.repository as usize];
            let waited = self.builders[listing].has_waiting();
            let added = self.builders[listing].push(&batch, index, &mut self.images)?;
            if !waited && self.builders[listing].has_waiting() {
                self.with_waiting.push(listing);
            }
            match touched.last_mut() {
                Some((last, count)) if *last == listing => *count += u64::from(added),
                _ => touched.push((listing, u64::from(added))),
            }
        }
        self.batches += 1;
        self.waiting += batch.arena.len();
        if self.batches.is_multiple_of(LONGEST_WAIT) || self.waiting >= HEAVIEST_WAIT {
            self.waiting = 0;
            for index in self.with_waiting.drain(..) {
                self.builders[index].resolve(&mut self.images)?;
            }
        }
        if self.images.write_look_up(false)? {
            self.write_back.advance(&self.handle.file_in_writing());
        }
        Ok(touched)
    }

    /// The texts that need not be parsed.
    pub(crate) fn known(&self) -> &Arc<Known> {
        &self.known
    }

    /// Add the images of a chunk that the store has; the listing, and how many were not dropped as
    /// repetitions.
    pub(crate) fn push_known(&mut self, chunk: KnownChunk) -> Result<(usize, u64), StoreError> {
        self.check_cancel()?;
        let known = Arc::clone(&self.known);
        let listing = self.listing(known.repository(chunk))?;
        let added = self.builders[listing].push_known(chunk, known.listing_of(chunk), &mut self.images)?;
        Ok((listing, added))
    }

    /// Note a page of a listing that ends where the listing now ends.
    pub(crate) fn page(&mut self, listing: usize, source: usize, images: u64, token: Option<String>) {
        self.builders[listing].page(source, images, token);
    }

    /// Add a describe-repositories page of the source of that number.
    pub fn repository_page(&mut self, source: usize, page: RepositoryPage) {
        self.repositories.add_page(source, page);
    }

    /// The registries and regions whose list of repositories has come to its end, by their names.
    pub(crate) fn complete_lists(&self) -> Vec<(String, String)> {
        self.repositories.complete_lists()
    }

    /// Note that the input lists every repository of a registry and region.
    pub(crate) fn lists_whole(&mut self, registry_id: String, region: String) {
        self.repositories.lists_whole(registry_id, region);
    }

    /// The repositories that this load has listings of.
    pub(crate) fn names(&self) -> impl Iterator<Item = &RepositoryName> {
        self.builders.iter().map(Builder::name)
    }

    /// Whether the store held repositories of a registry without a region when the load began.
    pub(crate) fn holds_unlabelled(&self, registry_id: &str) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM repository WHERE registry_id = ?1 AND region = '' AND id <= ?2)";
        let mut stored = self.connection.prepare_cached(sql)?;
        Ok(stored.query_row(params![registry_id, self.repositories_before], |row| row.get(0))?)
    }

    /// Add what the source of that number says about the lifecycle policy of a repository.
    pub fn policy(&mut self, source: usize, policy: PolicyRow) {
        self.repositories.add_policy(source, policy);
    }

    /// Write listings and snapshot and commit. If nothing is new or `dry_run` is set, the database is unchanged.
    pub(crate) fn finish(mut self, target: &Target, run: IngestRun<'_>, dry_run: bool) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded::default();
        let mut listings = Vec::with_capacity(self.builders.len());
        for builder in &mut self.builders {
            listings.push(builder.finish(&mut self.images)?);
        }
        self.images.write_look_up(true)?;
        loaded.new_images = self.images.inserted();
        let known = self.snapshot(target)?;
        let stored = "SELECT listing_id, complete, capture_filter FROM snapshot_listing
                    WHERE snapshot_id = ?1 AND repository_id = ?2";
        let asked = target.capture_filter.map(|filter| filter.to_string());
        let mut fresh = Vec::new();
        for (builder, listing_id) in self.builders.iter().zip(listings) {
            loaded.repositories += 1;
            loaded.example.get_or_insert_with(|| builder.name().name.to_string());
            loaded.images += builder.images();
            if !builder.complete() {
                loaded.incomplete.push(builder.name().clone());
            }
            if builder.sum_is_beyond() {
                loaded.beyond_sums.push(builder.name().clone());
            }
            if builder.duplicates() != Duplicates::default() {
                loaded.duplicates.push((builder.name().clone(), builder.duplicates()));
            }
            let stored: Option<(i64, bool, Option<String>)> = self
                .connection
                .prepare_cached(stored)?
                .query_row((known, builder.repository_id()), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            match stored {
                Some((stored, complete, filter))
                    if stored == listing_id && complete == builder.complete() && filter == asked =>
                {
                    loaded.already_there += 1;
                }
                Some((stored, ..)) if stored != listing_id && !target.replace => {
                    return Err(StoreError::Conflict {
                        snapshot: target.snapshot.clone(),
                        repository: builder.name().name.to_string(),
                    });
                }
                _ => fresh.push((builder, listing_id)),
            }
        }
        let connection = self.connection;
        let id_of = |name: &RepositoryName| repository_id(connection, name).map(|(id, _)| id);
        let (plan, described) = self.repositories.plan(connection, known.unwrap_or_default(), target, id_of)?;
        loaded.described = described;
        let scope = self.new_scope(known.unwrap_or_default(), target)?;
        if fresh.is_empty() && plan.is_empty() && scope.is_empty() || dry_run {
            loaded.changed = !fresh.is_empty() || !plan.is_empty() || !scope.is_empty();
            return Ok(loaded);
        }
        let snapshot = match known {
            Some(snapshot) => snapshot,
            None => self.add_snapshot(target)?,
        };
        // What a run found about repositories is not taken over from an earlier one.
        let warned = run.warned || !loaded.duplicates.is_empty() || !self.repositories.is_empty();
        let pages = self.builders.iter().map(|builder| builder.pages().len() as i64).sum();
        let sources = self.sources(snapshot, run, (!warned).then_some(pages))?;
        for (builder, listing_id) in fresh {
            self.snapshot_listing(snapshot, builder, listing_id, target, &sources)?;
        }
        self.write_scope(snapshot, &scope)?;
        if !plan.is_empty() {
            self.repositories.write(self.connection, snapshot, &plan, &sources)?;
        }
        self.check_cancel()?;
        self.connection.execute_batch("COMMIT")?;
        self.ended = true;
        self.handle.settle();
        loaded.changed = true;
        loaded.migrated = self.migrated;
        Ok(loaded)
    }

    fn snapshot(&self, target: &Target) -> Result<Option<i64>, StoreError> {
        let find = "SELECT id FROM snapshot WHERE name = ?1";
        Ok(self.connection.query_row(find, [&target.snapshot], |row| row.get(0)).optional()?)
    }

    fn add_snapshot(&self, target: &Target) -> Result<i64, StoreError> {
        let add = "INSERT INTO snapshot (name, captured_at) VALUES (?1, ?2)";
        self.connection.execute(add, params![target.snapshot, target.captured_at])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Record the run and its files; their ids.
    fn sources(&self, snapshot: i64, run: IngestRun<'_>, pages: Option<i64>) -> Result<Vec<i64>, StoreError> {
        self.connection.execute(
            "INSERT INTO ingest (snapshot_id, ingested_at, program, options, pages)
             VALUES (?1, CAST(unixepoch('subsec') * 1000000 AS INTEGER), ?2, ?3, ?4)",
            params![snapshot, PROGRAM, run.options, pages],
        )?;
        let ingest = self.connection.last_insert_rowid();
        let add = "INSERT INTO source (ingest_id, name, hash, bytes, modified_at) VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut add = self.connection.prepare(add)?;
        let insert = |source: &SourceRecord| {
            add.insert(params![ingest, source.name, source.hash, source.bytes as i64, source.modified_at])
        };
        Ok(run.sources.iter().map(insert).collect::<Result<_, _>>()?)
    }

    fn snapshot_listing(
        &self,
        snapshot: i64,
        builder: &Builder,
        listing_id: i64,
        target: &Target,
        sources: &[i64],
    ) -> Result<(), StoreError> {
        let put = "INSERT OR REPLACE INTO snapshot_listing VALUES (?1, ?2, ?3, ?4, ?5)";
        self.connection.prepare_cached(put)?.execute(params![
            snapshot,
            builder.repository_id(),
            listing_id,
            builder.complete(),
            target.capture_filter.map(|filter| filter.to_string())
        ])?;
        let clear = "DELETE FROM page WHERE snapshot_id = ?1 AND repository_id = ?2";
        self.connection.prepare_cached(clear)?.execute([snapshot, builder.repository_id()])?;
        let add = "INSERT INTO page VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let mut add = self.connection.prepare_cached(add)?;
        for (ordinal, page) in builder.pages().iter().enumerate() {
            add.execute(params![
                snapshot,
                builder.repository_id(),
                ordinal as i64,
                sources[page.source],
                page.start as i64,
                page.images as i64,
                page.token
            ])?;
        }
        Ok(())
    }
}

/// The key of a repository, and whether it was made for this.
fn repository_id(connection: &Connection, name: &RepositoryName) -> Result<(i64, bool), StoreError> {
    let find = "SELECT id FROM repository WHERE name = ?1 AND registry_id = ?2 AND region = ?3";
    let key = params![name.name, name.registry_id, name.region];
    let found = connection.prepare_cached(find)?.query_row(key, |row| row.get(0)).optional()?;
    if let Some(id) = found {
        return Ok((id, false));
    }
    let add = "INSERT INTO repository (name, registry_id, region) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(add)?.execute(key)?;
    Ok((connection.last_insert_rowid(), true))
}

impl Drop for Load<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // A failed transaction may already be gone; there is nothing better to do here.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}
