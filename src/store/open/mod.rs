//! Opening a database: whose file it is, which schema it has, and how `SQLite` is set up for the work.
//!
//! Reading never waits for a writer and never changes the file, except that it undoes what a killed
//! writer left half done. Writing into a database that holds something goes through a write-ahead
//! log ([`handle`]); the last process that leaves folds the log in, so that a database at rest is one
//! file in rollback mode. `docs/reliability.md` has the promises. Nothing here knows what the tables
//! mean.

mod copy;
mod fold;
mod handle;
mod migrate;
mod path;
mod schema;

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant as Moment};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::error::StoreError;
pub(super) use handle::Handle;
pub use handle::{Cancel, FileId};
#[cfg(test)]
pub(super) use migrate::model;
pub(super) use migrate::{NEWEST, migrations};
pub(super) use schema::{differences, ours};

/// In the file's header, by which this program and `file` recognize a store: `ECRS`.
const APPLICATION_ID: i64 = 0x4543_5253;

/// The number of the newest schema.
pub const SCHEMA: i64 = NEWEST;

/// How long to wait for another process that holds a lock on the database.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a lock is waited for before it is looked at who holds it.
const FIRST_TRY: Duration = Duration::from_millis(100);

/// Open an existing database for reading.
///
/// A file without a schema counts as an empty database. A database of an older schema is read
/// through a temporary copy with the newest schema.
///
/// # Errors
/// If the file does not exist, is not a database of ecrsnap, has a newer schema or another one than
/// the migrations make, cannot be read, or must first be recovered and cannot be written.
pub(crate) fn for_reading(path: &Path) -> Result<Handle, StoreError> {
    let (handle, found) = existing(path)?;
    let Some(found) = found else { return Handle::empty(path) };
    schema::check(&handle, path, found)?;
    if found < NEWEST { copy::newest(&handle, path) } else { Ok(handle) }
}

/// Open an existing database to look for damage in it: the schema is not compared.
///
/// # Errors
/// Those of [`for_reading`], except that another schema is not one.
pub(super) fn for_verifying(path: &Path) -> Result<Handle, StoreError> {
    let (handle, found) = existing(path)?;
    let Some(found) = found else { return Handle::empty(path) };
    if found < NEWEST && schema::differences(&handle, found)?.is_empty() {
        return copy::newest(&handle, path);
    }
    Ok(handle)
}

/// Open a database for writing; the file is made if it does not exist.
///
/// The schema is made or migrated by [`Handle::begin`].
///
/// # Errors
/// If the file is not a database of ecrsnap, has a newer schema or another one than the migrations
/// make, or cannot be opened.
pub(super) fn for_writing(path: &Path, cancel: &Cancel) -> Result<Handle, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = connect(path, flags)?;
    let mut handle = Handle::of(connection, path);
    if let Some(found) = handle.version(cancel)? {
        schema::check(&handle, path, found)?;
    }
    handle.prepare_to_write(cancel)?;
    Ok(handle)
}

/// Open an existing database for changing what it holds.
///
/// # Errors
/// Those of [`for_writing`], and if the file does not exist.
pub(super) fn for_keeping(path: &Path, cancel: &Cancel) -> Result<Handle, StoreError> {
    present(path)?;
    for_writing(path, cancel)
}

/// A database with the newest schema and nothing in it, for tests.
#[cfg(test)]
pub(crate) fn create_empty(path: &Path) {
    let cancel = Cancel::default();
    let handle = for_writing(path, &cancel).expect("a database");
    handle.begin(&cancel).expect("a schema");
    handle.execute_batch("COMMIT").expect("a commit");
}

/// An open connection to an existing file, and the number of its schema; none if it has none yet.
fn existing(path: &Path) -> Result<(Handle, Option<i64>), StoreError> {
    present(path)?;
    // For writing, because only such a connection undoes what a killed writer left. Where the file
    // cannot be written SQLite opens it for reading. Nothing that reads has a statement that writes, except
    // into temporary tables.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let handle = Handle::of(connect(path, flags)?, path);
    let deadline = Moment::now() + PATIENCE;
    loop {
        match version(&handle, path) {
            Ok(found) => {
                handle.busy_timeout(PATIENCE).map_err(|source| StoreError::file(path, source))?;
                return Ok((handle, found));
            }
            Err(error) if error.is_busy() => {
                // A first load holds the file until it is committed; before it there was nothing.
                if path::is_first_load(path) {
                    return Ok((handle, None));
                }
                if Moment::now() > deadline {
                    return Err(error);
                }
                thread::sleep(FIRST_TRY / 10);
            }
            Err(error) if cannot_recover(&error) => return unwritable(path, error),
            Err(error) => return Err(error),
        }
    }
}

/// Open a file that `SQLite` would have to write to and cannot.
///
/// A file that is marked as having a write-ahead log is complete without one, and is read unchanged. One
/// with a log or a journal of an interrupted write cannot be read here.
fn unwritable(path: &Path, error: StoreError) -> Result<(Handle, Option<i64>), StoreError> {
    let rest = ["-wal", "-journal"].map(|suffix| path::companion(path, suffix));
    if let Some(rest) = rest.into_iter().find(|rest| rest.metadata().is_ok_and(|it| it.len() > 0)) {
        return Err(StoreError::Unrecovered { path: path.to_owned(), rest });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let immutable = path::immutable_uri(path).ok_or(error)?;
    let connection = Connection::open_with_flags(immutable, flags).map_err(|source| StoreError::file(path, source))?;
    set_up(&connection).map_err(|source| StoreError::file(path, source))?;
    let handle = Handle::of(connection, path);
    let found = version(&handle, path)?;
    Ok((handle, found))
}

/// Whether an error says that the file would have to be written to, and cannot.
fn cannot_recover(error: &StoreError) -> bool {
    matches!(error.sqlite_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied))
}

/// An error if the file does not exist.
fn present(path: &Path) -> Result<(), StoreError> {
    if path.exists() { Ok(()) } else { Err(StoreError::Missing(path.to_owned())) }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    if path.is_dir() {
        return Err(StoreError::Folder(path.to_owned()));
    }
    // Absolute, so that no name means anything to SQLite: `:memory:`, `file:x?mode=memory`, an empty one.
    let absolute = std::path::absolute(path).map_err(|_| StoreError::NoName(path.to_owned()))?;
    let wrap = |source| StoreError::file(path, source);
    let connection = Connection::open_with_flags(absolute, flags).map_err(wrap)?;
    set_up(&connection).map_err(wrap)?;
    Ok(connection)
}

fn set_up(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(FIRST_TRY)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Nothing in a file is executed: no trigger, and no function with effects in a view.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Closing would fold a log in while it keeps readers out; `fold` does not.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

/// The number of the schema; none if the file is empty.
fn version(connection: &Connection, path: &Path) -> Result<Option<i64>, StoreError> {
    let wrap = |source| StoreError::file(path, source);
    // In one transaction: another process may be making the schema.
    let transaction = connection.unchecked_transaction().map_err(wrap)?;
    let number = |pragma: &str| transaction.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let header = number("PRAGMA application_id").and_then(|id| Ok((id, number("PRAGMA user_version")?)));
    match header {
        Ok((APPLICATION_ID, found)) if found > NEWEST => {
            Err(StoreError::Newer { path: path.to_owned(), found, known: NEWEST })
        }
        Ok((APPLICATION_ID, found)) if found > 0 => Ok(Some(found)),
        Ok((0, 0)) => match number("SELECT count(*) FROM sqlite_schema").map_err(wrap)? {
            0 => Ok(None),
            _ => Err(StoreError::Foreign(path.to_owned())),
        },
        Ok(_) => Err(StoreError::Foreign(path.to_owned())),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            Err(StoreError::Foreign(path.to_owned()))
        }
        Err(source) => Err(wrap(source)),
    }
}

#[cfg(test)]
mod tests;
