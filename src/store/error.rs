//! What can go wrong with a store: the facts. What to do about it is added by `cli`, which knows the
//! commands and options.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::ErrorCode;

use crate::model::visible;

/// Who holds a lock that was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockHolder {
    /// A process that writes.
    Writer,
    /// A process that reads, and began before a writer could.
    Reader,
}

/// Why a store cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No such file.
    #[error("{}: no such database", shown(.0))]
    Missing(PathBuf),
    /// A path that names nothing, such as an empty one.
    #[error("`{}`: not the name of a file", shown(.0))]
    NoName(PathBuf),
    /// A folder where the file should be.
    #[error("{}: a folder, not a database", shown(.0))]
    Folder(PathBuf),
    /// A file that `SQLite` or we do not know.
    #[error("{}: not a database of ecrsnap; it was not changed", shown(.0))]
    Foreign(PathBuf),
    /// Written by a program with migrations that this one does not have.
    #[error("{}: written by a newer ecrsnap (schema {found}, this program knows {known})", shown(path))]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema's number.
        found: i64,
        /// The newest schema that this program has.
        known: i64,
    },
    /// Tables, views or triggers that the migrations do not make.
    #[error("{}: damaged or changed by another program: {problem}", shown(path))]
    Schema {
        /// The database.
        path: PathBuf,
        /// What differs.
        problem: String,
    },
    /// A write was interrupted, and undoing or completing it takes writing, which is not possible.
    #[error(
        "{}: a write was interrupted or is running, {} belongs to it, and neither can be written here",
        shown(path),
        shown(rest)
    )]
    Unrecovered {
        /// The database.
        path: PathBuf,
        /// The file next to it that holds the rest.
        rest: PathBuf,
    },
    /// The file was replaced or removed while a lock on it was waited for.
    #[error("{}: the database was replaced or removed while the command waited for it; nothing was written", shown(.0))]
    Replaced(PathBuf),
    /// Another process held a lock for longer than can be waited for.
    #[error("{}: another process has been {} the database for {} s", shown(path), doing(*by), waited.as_secs())]
    Locked {
        /// The database.
        path: PathBuf,
        /// Who holds the lock.
        by: LockHolder,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A [`super::Cancel`] was set.
    #[error("interrupted")]
    Cancelled,
    /// The temporary copy through which an older database is read.
    #[error("a temporary copy, through which a database of an older version is read, cannot be made: {0}")]
    TemporaryCopy(#[source] io::Error),
    /// A reference to a snapshot that does not exist.
    #[error("no snapshot `{}`{}", visible(reference), visible(hint))]
    NoSnapshot {
        /// As the user wrote it.
        reference: String,
        /// What there is instead.
        hint: String,
    },
    /// A repository that a snapshot already holds with other content.
    #[error("snapshot `{}` already holds `{}` with other images", visible(snapshot), visible(repository))]
    Conflict {
        /// The snapshot.
        snapshot: String,
        /// The repository.
        repository: String,
    },
    /// A name that another snapshot has.
    #[error("a snapshot `{}` already exists", visible(.0))]
    NameTaken(String),
    /// Something in the store contradicts its own hashes or references.
    #[error("damaged: {0}")]
    Damaged(String),
    /// A verification that could not look at everything, for a reason that is not damage.
    #[error("{}: not everything could be checked: {reason}", shown(path))]
    Unverified {
        /// The database.
        path: PathBuf,
        /// What kept it from being looked at.
        reason: String,
    },
    /// What `SQLite` says, with the file.
    #[error("{}: {source}", shown(path))]
    File {
        /// The database.
        path: PathBuf,
        /// `SQLite`'s error.
        source: rusqlite::Error,
    },
    /// What `SQLite` says.
    #[error("database: {source}")]
    Sqlite {
        /// `SQLite`'s error.
        source: rusqlite::Error,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            // Only a progress handler interrupts, and only because of a request to end.
            Some(ErrorCode::OperationInterrupted) => StoreError::Cancelled,
            _ => StoreError::Sqlite { source },
        }
    }
}

impl StoreError {
    /// What `SQLite` says about a file.
    pub(super) fn file(path: &Path, source: rusqlite::Error) -> Self {
        StoreError::from(source).of(path)
    }

    /// The same with the database's file, if only what `SQLite` says is known.
    #[must_use]
    pub fn of(self, path: &Path) -> Self {
        match self {
            StoreError::Sqlite { source } => StoreError::File { path: path.to_owned(), source },
            other => other,
        }
    }

    /// The kind of error that `SQLite` reported, if it did.
    pub fn sqlite_code(&self) -> Option<ErrorCode> {
        match self {
            StoreError::File { source, .. } | StoreError::Sqlite { source } => source.sqlite_error_code(),
            _ => None,
        }
    }

    /// Whether a lock is held by another process.
    pub fn is_busy(&self) -> bool {
        matches!(self, StoreError::Locked { .. })
            || matches!(self.sqlite_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    /// Whether it says that the content of the file is damaged, and not that it could not be looked at.
    pub fn is_damage(&self) -> bool {
        match self {
            StoreError::Damaged(_) | StoreError::Schema { .. } => true,
            _ => self.sqlite_code() == Some(ErrorCode::DatabaseCorrupt),
        }
    }

    /// Whether the machine is the reason, and not the content of the file: no file descriptor, no memory,
    /// no permission, a lock, a disk that is full or fails.
    pub fn is_of_the_machine(&self) -> bool {
        match self {
            StoreError::Locked { .. } | StoreError::Unrecovered { .. } | StoreError::TemporaryCopy(_) => true,
            _ => matches!(
                self.sqlite_code(),
                Some(
                    ErrorCode::CannotOpen
                        | ErrorCode::OutOfMemory
                        | ErrorCode::SystemIoFailure
                        | ErrorCode::PermissionDenied
                        | ErrorCode::DatabaseBusy
                        | ErrorCode::DatabaseLocked
                        | ErrorCode::ReadOnly
                        | ErrorCode::DiskFull
                        | ErrorCode::FileLockingProtocolFailed
                )
            ),
        }
    }
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

fn doing(holder: LockHolder) -> &'static str {
    match holder {
        LockHolder::Writer => "writing to",
        LockHolder::Reader => "reading",
    }
}
