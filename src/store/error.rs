//! What can go wrong with a store, in the user's words.

use std::path::{Path, PathBuf};

use crate::model::visible;

/// Why a store cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such file.
    #[error("{}: no such database; make one with `ecrsnap ingest`", .0.display())]
    Missing(PathBuf),
    /// A folder where the file should be.
    #[error("{}: a folder, not a database; name a file, such as {}", .0.display(), .0.join("ecrsnap.db").display())]
    Folder(PathBuf),
    /// A file without anything in it, opened for reading.
    #[error("{}: an empty file; `ecrsnap ingest` makes a database of it", .0.display())]
    Empty(PathBuf),
    /// A file that `SQLite` or we do not know.
    #[error("{}: not a database of ecrsnap; it was left as it is", .0.display())]
    Foreign(PathBuf),
    /// Written by a program with migrations that this one does not have.
    #[error(
        "{}: written by a newer ecrsnap (schema {found}, this program knows {known}); use that version or a later one",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema's number.
        found: i64,
        /// The newest schema that this program has.
        known: i64,
    },
    /// Made by an older program, opened for reading only.
    #[error(
        "{}: written by an older ecrsnap (schema {found}, this program has {known}); any `ecrsnap ingest` brings it up to date",
        path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its schema's number.
        found: i64,
        /// The newest schema that this program has.
        known: i64,
    },
    /// A reference to a snapshot that there is none of.
    #[error("no snapshot `{}`{}", visible(reference), visible(hint))]
    NoSnapshot {
        /// As the user wrote it.
        reference: String,
        /// What there is instead.
        hint: String,
    },
    /// A repository that a snapshot already holds with other content.
    #[error(
        "snapshot `{}` already holds `{}` with other images; \
         name another snapshot with --snapshot, or take the new ones with --replace",
        visible(snapshot),
        visible(repository)
    )]
    Conflict {
        /// The snapshot.
        snapshot: String,
        /// The repository.
        repository: String,
    },
    /// A name that another snapshot has.
    #[error("there is a snapshot `{}` already; choose another name, or forget that one first", visible(.0))]
    NameTaken(String),
    /// Something in the store contradicts its own hashes or references.
    #[error("damaged: {0}; see `ecrsnap verify`")]
    Damaged(String),
    /// An older database could not be copied for its migration.
    #[error("{}: cannot be copied to bring its schema up to date: {source}", path.display())]
    Copy {
        /// The database.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// What `SQLite` says, with the file.
    #[error("{}: {source}{}", path.display(), advice(source))]
    File {
        /// The database.
        path: PathBuf,
        /// `SQLite`'s error.
        source: rusqlite::Error,
    },
    /// What `SQLite` says.
    #[error("database: {source}{}", advice(source))]
    Sqlite {
        /// `SQLite`'s error.
        #[from]
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// The same with the database's file, where only what `SQLite` says is known.
    #[must_use]
    pub fn of(self, path: &Path) -> Self {
        match self {
            StoreError::Sqlite { source } => StoreError::File { path: path.to_owned(), source },
            other => other,
        }
    }

    /// Whether it says that the file itself is damaged, so that not even a look at all of it is possible.
    pub fn is_damage(&self) -> bool {
        match self {
            StoreError::Damaged(_) => true,
            StoreError::File { source, .. } | StoreError::Sqlite { source } => {
                source.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseCorrupt)
            }
            _ => false,
        }
    }
}

/// What to do about an error of `SQLite`, where there is something to do.
fn advice(error: &rusqlite::Error) -> &'static str {
    use rusqlite::ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase, PermissionDenied, ReadOnly,
        SystemIoFailure,
    };
    match error.sqlite_error_code() {
        Some(DiskFull) => "; free some space and run it again",
        Some(ReadOnly) => "; the file or its folder may not be written",
        Some(PermissionDenied | CannotOpen) => "; check that the folder exists and may be read and written",
        Some(DatabaseBusy | DatabaseLocked) => "; another ecrsnap is writing, try again when it is done",
        Some(DatabaseCorrupt | NotADatabase) => "; restore it from a copy, `ecrsnap verify` tells what is damaged",
        Some(SystemIoFailure) => "; the disk or file system failed",
        _ => "",
    }
}
