//! A database of an older schema, read through a temporary copy with the newest one.
//!
//! Reading never changes a file, and the file may be on media that cannot be written; so the copy is
//! what gets the migrations. All connections of a process to one file share one copy.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempPath;

use super::handle::{FileId, Handle};
use super::{connect, migrate};
use crate::store::error::StoreError;

/// Pages that are copied in one step.
const PAGES: i32 = 4096;

/// A copy that is in use, with what it was made of.
type Made = (PathBuf, Option<FileId>, Option<std::time::SystemTime>, Weak<TempPath>);

/// A handle on a copy of the database with the newest schema.
pub(super) fn newest(source: &Handle, path: &Path) -> Result<Handle, StoreError> {
    static COPIES: Mutex<Vec<Made>> = Mutex::new(Vec::new());
    let mut copies = COPIES.lock().unwrap_or_else(PoisonError::into_inner);
    copies.retain(|(.., copy)| copy.strong_count() > 0);
    let (id, modified) = (FileId::at(path), path.metadata().and_then(|it| it.modified()).ok());
    let known = copies.iter().find(|(of, file, at, _)| of == path && *file == id && *at == modified);
    let copy = if let Some(copy) = known.and_then(|(.., copy)| copy.upgrade()) {
        copy
    } else {
        let copy = Arc::new(made(source).map_err(|error| error.of(path))?);
        copies.push((path.to_owned(), id, modified, Arc::downgrade(&copy)));
        copy
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Handle::of_copy(connect(&copy, flags)?, copy, path))
}

fn made(source: &Connection) -> Result<TempPath, StoreError> {
    let file = tempfile::Builder::new().prefix("ecrsnap-").suffix(".db").tempfile();
    let copy = file.map_err(StoreError::TemporaryCopy)?.into_temp_path();
    let mut connection = Connection::open(&copy)?;
    Backup::new(source, &mut connection)?.run_to_completion(PAGES, std::time::Duration::ZERO, None)?;
    // The copy is not needed after a crash.
    connection.query_row("PRAGMA journal_mode = OFF", [], |_| Ok(()))?;
    connection.execute_batch("PRAGMA synchronous = OFF; BEGIN")?;
    migrate::migrate(&connection, migrate::number(&connection)?)?;
    connection.execute_batch("COMMIT")?;
    Ok(copy)
}
