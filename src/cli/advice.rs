//! What to do about an error of the store, in terms of commands and options.

use rusqlite::ErrorCode;

use super::print_error;
use crate::store::StoreError;

/// What to do about an error, if there is something to do.
pub(super) fn advice(error: &StoreError) -> Option<String> {
    let advice = match error {
        StoreError::Missing(_) => "create it with `ecrsnap ingest`",
        StoreError::Folder(path) => {
            let file = path.join("ecrsnap.db");
            return Some(format!("name a file, such as {}", crate::model::visible(&file.to_string_lossy())));
        }
        StoreError::Newer { .. } => "use that version or a later one",
        StoreError::Schema { .. } => "restore it from a copy, `ecrsnap verify` lists what differs",
        StoreError::Unrecovered { .. } => {
            "copy the database and the files next to it to a disk that can be written, and run any command there"
        }
        StoreError::Replaced(_) => "run it again",
        StoreError::Locked { .. } => "try again when it has ended",
        StoreError::TemporaryCopy(_) => {
            "free some space there or set TMPDIR to another folder; any `ecrsnap ingest` brings the database up to date"
        }
        StoreError::Conflict { .. } => "name another snapshot with --snapshot, or take the new ones with --replace",
        StoreError::NameTaken(_) => "choose another name, or forget that one first",
        StoreError::Damaged(_) => "see `ecrsnap verify`",
        error => of_code(error.sqlite_code()?)?,
    };
    Some(advice.to_owned())
}

fn of_code(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::DiskFull => Some("free some space or raise the limit of file sizes, and run it again"),
        ErrorCode::ReadOnly => Some("the file or its folder is not writable"),
        ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
            Some("check that the folder exists and may be read and written, and that files can be opened (`ulimit -n`)")
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Some("another process holds it; try again later"),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            Some("restore it from a copy; `ecrsnap verify` reports what is damaged")
        }
        ErrorCode::SystemIoFailure => Some("the disk or file system failed"),
        _ => None,
    }
}

/// An error with what to do about it, as one sentence.
pub(super) fn advised(error: &StoreError) -> String {
    match advice(error) {
        Some(advice) => format!("{error}; {advice}"),
        None => error.to_string(),
    }
}

/// Print an error of the store with what to do about it.
pub(super) fn print_store_error(error: &StoreError) {
    print_error(&advised(error), None);
}

/// Say that a write has brought a database of an older version up to date.
pub(super) fn note_migration(from: Option<i64>) {
    if let Some(from) = from {
        eprint_escaped!(
            "ecrsnap: note: the database was written by an older version; it was brought up to date (schema {from} to {})",
            crate::store::SCHEMA
        );
    }
}
