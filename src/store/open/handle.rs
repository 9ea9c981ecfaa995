//! A connection with what must happen before a write and after the last use.

use std::fs::Metadata;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant as Moment};

use rusqlite::{Connection, ErrorCode};

use super::migrate::{self, NEWEST};
use super::{PATIENCE, fold, path, version};
use crate::store::error::{LockHolder, StoreError};

/// `SQLite`'s steps between two looks at [`Cancel`].
const STEPS: i32 = 20_000;
/// How long readers are kept out in one attempt to begin a log, and the pause between two attempts.
const HOLD: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(50);

/// A request to end a write, made from another thread: the write ends with an error, and the
/// database is unchanged.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Ask the write to end.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether that was asked.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Which file a path leads to: another one after `mv restored.db ecrsnap.db`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
    #[cfg(not(unix))]
    created: Option<std::time::SystemTime>,
}

impl FileId {
    /// The file at a path; none if it cannot be found.
    pub fn at(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|metadata| FileId::of(&metadata))
    }

    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        FileId { device: metadata.dev(), inode: metadata.ino() }
    }

    #[cfg(not(unix))]
    fn of(metadata: &Metadata) -> Self {
        FileId { created: metadata.created().ok() }
    }
}

/// What a handle reads: the file itself, or something made from an earlier state of it.
#[derive(Debug)]
pub(super) enum Origin {
    /// The file itself.
    File(Option<FileId>),
    /// A copy, or nothing in place of an empty file: valid until the file changes.
    Made(Option<(FileId, u64, Option<std::time::SystemTime>)>),
}

/// How a transaction that writes has begun.
enum Begun {
    /// The schema is the newest; the number that it had before if it was older.
    Ready { migrated: Option<i64> },
    /// Another process was quicker: the file has a schema now, and must be written in another way.
    Again,
}

/// A connection to a database.
///
/// Dropping the last one of a database that has a write-ahead log folds the log in.
#[derive(Debug)]
pub(crate) struct Handle {
    // Fields are dropped in this order: the connection must be closed before the log is folded in.
    connection: Connection,
    after: AfterClose,
    path: PathBuf,
    origin: Origin,
}

#[derive(Debug, Default)]
struct AfterClose {
    fold: Option<PathBuf>,
    /// A temporary copy, removed with the last connection to it.
    _copy: Option<Arc<tempfile::TempPath>>,
}

impl Drop for AfterClose {
    fn drop(&mut self) {
        if let Some(path) = &self.fold {
            fold::fold(path);
        }
    }
}

impl Deref for Handle {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Handle {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if matches!(self.origin, Origin::Made(_)) {
            return;
        }
        let mode = self.connection.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0));
        let rest = fold::has_log(&self.path) || fold::has_journal(&self.path);
        if rest || mode.is_ok_and(|mode| mode == "wal") {
            self.after.fold = Some(self.path.clone());
        }
    }
}

impl Handle {
    /// A handle on the file that a connection has open.
    pub(super) fn of(connection: Connection, path: &Path) -> Self {
        let origin = Origin::File(FileId::at(path));
        Handle { connection, after: AfterClose::default(), path: path.to_owned(), origin }
    }

    /// An empty database in place of a file that has no schema yet.
    pub(super) fn empty(path: &Path) -> Result<Self, StoreError> {
        let origin = Origin::Made(stamp(path));
        Ok(Handle { connection: migrate::model()?, after: AfterClose::default(), path: path.to_owned(), origin })
    }

    /// A handle on a temporary copy of the file at `path`.
    pub(super) fn of_copy(connection: Connection, copy: Arc<tempfile::TempPath>, path: &Path) -> Self {
        let after = AfterClose { fold: None, _copy: Some(copy) };
        Handle { connection, after, path: path.to_owned(), origin: Origin::Made(stamp(path)) }
    }

    /// Whether the path still leads to what this handle reads.
    pub(in crate::store) fn is_current(&self) -> bool {
        match &self.origin {
            Origin::File(id) => FileId::at(&self.path) == *id,
            Origin::Made(stamped) => stamp(&self.path) == *stamped,
        }
    }

    /// Whether there is a log next to the database.
    pub(in crate::store) fn has_log(&self) -> bool {
        matches!(self.origin, Origin::File(_)) && fold::has_log(&self.path)
    }

    /// The file that a transaction writes to as it goes.
    pub(in crate::store) fn file_in_writing(&self) -> PathBuf {
        let log = path::companion(&self.path, "-wal");
        if log.exists() { log } else { self.path.clone() }
    }

    /// Set the connection up for writing.
    pub(super) fn prepare_to_write(&mut self, cancel: &Cancel) -> Result<(), StoreError> {
        // References are right by construction, and `verify` checks them all; checking each of a
        // million rows on insertion makes a bulk load a quarter slower (docs/performance.md).
        self.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 0")?;
        let cancel = cancel.clone();
        self.progress_handler(STEPS, Some(move || cancel.is_set()))?;
        Ok(())
    }

    /// Begin a transaction that writes, and make or update the schema in it; the number of the older
    /// schema if there was one.
    ///
    /// Readers continue from the state before it. If the file has no schema yet there is nothing to
    /// read, and the transaction writes it directly, which is the fastest way.
    ///
    /// # Errors
    /// If another process writes or reads for longer than can be waited for, if the file was replaced
    /// while this waited, or cannot be written.
    pub(in crate::store) fn begin(&self, cancel: &Cancel) -> Result<Option<i64>, StoreError> {
        let began = Moment::now();
        loop {
            let found = self.version(cancel)?;
            if found.is_some() {
                self.enter_log(cancel, began)?;
            } else {
                // Only takes effect while the file is empty. See docs/performance.md for why 8 KiB.
                self.execute_batch("PRAGMA page_size = 8192")?;
            }
            let locked = self.lock(cancel, began);
            if locked.is_err() && !self.is_current() {
                return Err(StoreError::Replaced(self.path.clone()));
            }
            locked?;
            match self.within(found) {
                Ok(Begun::Ready { migrated }) => return Ok(migrated),
                Ok(Begun::Again) => self.execute_batch("ROLLBACK")?,
                Err(error) => {
                    let _ = self.execute_batch("ROLLBACK");
                    return Err(error);
                }
            }
        }
    }

    /// The number of the schema; waits for a process that is making it.
    pub(super) fn version(&self, cancel: &Cancel) -> Result<Option<i64>, StoreError> {
        let began = Moment::now();
        loop {
            match version(self, &self.path) {
                Err(error) if error.is_busy() && cancel.is_set() => return Err(StoreError::Cancelled),
                Err(error) if error.is_busy() && began.elapsed() < PATIENCE => thread::sleep(PAUSE),
                Err(error) if error.is_busy() => {
                    return Err(StoreError::Locked {
                        path: self.path.clone(),
                        by: LockHolder::Writer,
                        waited: PATIENCE,
                    });
                }
                found => return found,
            }
        }
    }

    /// Begin a transaction that reads, to look whether anything has to be written.
    pub(in crate::store) fn begin_to_look(&self) -> Result<bool, StoreError> {
        if version(self, &self.path)? != Some(NEWEST) {
            return Ok(false);
        }
        self.execute_batch("BEGIN")?;
        Ok(true)
    }

    /// Within the write lock: the file is still the one that was opened, and its schema the newest.
    fn within(&self, before: Option<i64>) -> Result<Begun, StoreError> {
        if !self.is_current() {
            return Err(StoreError::Replaced(self.path.clone()));
        }
        let found = migrate::number(self)?;
        match (before, found) {
            (None, 0) => migrate::migrate(self, 0).map(|()| Begun::Ready { migrated: None }),
            (None, _) => Ok(Begun::Again),
            (Some(_), NEWEST) => Ok(Begun::Ready { migrated: None }),
            (Some(_), older) => migrate::migrate(self, older).map(|()| Begun::Ready { migrated: Some(older) }),
        }
    }

    /// Take the write lock.
    fn lock(&self, cancel: &Cancel, began: Moment) -> Result<(), StoreError> {
        self.busy_timeout(HOLD)?;
        loop {
            match self.execute_batch("BEGIN IMMEDIATE") {
                Ok(()) => break,
                Err(_) if cancel.is_set() => return Err(StoreError::Cancelled),
                Err(error) if is_busy(&error) && began.elapsed() < PATIENCE => {}
                Err(error) if is_busy(&error) => {
                    return Err(StoreError::Locked {
                        path: self.path.clone(),
                        by: LockHolder::Writer,
                        waited: PATIENCE,
                    });
                }
                Err(error) => return Err(StoreError::file(&self.path, error)),
            }
        }
        Ok(self.busy_timeout(PATIENCE)?)
    }

    /// Let writes go to a log, so that readers are not in their way nor they in a reader's.
    fn enter_log(&self, cancel: &Cancel, began: Moment) -> Result<(), StoreError> {
        // While this waits for a reader it keeps new readers out, so it waits in short attempts.
        self.busy_timeout(HOLD)?;
        loop {
            match self.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)) {
                Ok(mode) if mode == "wal" => return Ok(()),
                // A file system without shared memory: writing works as ever, and readers wait.
                Ok(_) => return Ok(()),
                Err(_) if cancel.is_set() => return Err(StoreError::Cancelled),
                Err(error) if is_busy(&error) && began.elapsed() < PATIENCE => thread::sleep(PAUSE),
                Err(error) if is_busy(&error) => {
                    let by = LockHolder::Reader;
                    return Err(StoreError::Locked { path: self.path.clone(), by, waited: PATIENCE });
                }
                Err(error) => return Err(StoreError::file(&self.path, error)),
            }
        }
    }

    /// Write what was committed into the database itself, as far as readers allow. What is left is
    /// written when the last of them has gone.
    pub(in crate::store) fn settle(&self) {
        // The commit holds either way.
        let _ = fold::checkpoint(self);
    }

    /// Remove the file if it was made for a write that came to nothing, unless another process uses it.
    pub(in crate::store) fn remove_if_empty(&self) {
        let alone = self.busy_timeout(Duration::ZERO).and_then(|()| self.execute_batch("BEGIN EXCLUSIVE"));
        if alone.is_err() {
            return;
        }
        // Within the lock, so that no other connection writes meanwhile; one that waits for it sees that the file is gone.
        if self.path.metadata().is_ok_and(|file| file.len() == 0) && self.is_current() {
            // An empty file that stays behind is an empty database.
            let _ = std::fs::remove_file(&self.path);
        }
        let _ = self.execute_batch("ROLLBACK");
    }
}

/// What says whether a file was changed since.
fn stamp(path: &Path) -> Option<(FileId, u64, Option<std::time::SystemTime>)> {
    let metadata = path.metadata().ok()?;
    Some((FileId::of(&metadata), metadata.len(), metadata.modified().ok()))
}

/// Whether an error says that a lock is held by another connection.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// A number that another process does not draw.
pub(super) fn random_number() -> u32 {
    RandomState::new().hash_one(0u8) as u32
}
