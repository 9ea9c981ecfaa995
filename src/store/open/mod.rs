//! Opening a database: whose it is, which schema it has, and how `SQLite` is set up for the work.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::StoreError;

/// In the file's header, so that `file` and we can tell a store from any other database: `ECRS`.
const APPLICATION_ID: i64 = 0x4543_5253;

/// The numbered migrations of `schema/`, in order. A released one is never edited.
const MIGRATIONS: [(&str, &str); 4] = [
    ("0001_store", include_str!("../../../schema/0001_store.sql")),
    ("0002_views", include_str!("../../../schema/0002_views.sql")),
    ("0004_scope", include_str!("../../../schema/0004_scope.sql")),
    ("0005_repositories", include_str!("../../../schema/0005_repositories.sql")),
];

/// The number of the newest schema.
const NEWEST: i64 = MIGRATIONS.len() as i64;

/// How long to wait for another process that holds the database.
const PATIENCE: Duration = Duration::from_secs(20);

/// Open an existing database for reading.
///
/// # Errors
/// Where there is none, or it is not ours, or of another version, or cannot be read.
pub(crate) fn for_reading(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing(path.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags)?;
    match version(&connection, path)? {
        NEWEST => Ok(connection),
        0 => Err(StoreError::Empty(path.to_owned())),
        found => Err(StoreError::Older { path: path.to_owned(), found, known: NEWEST }),
    }
}

/// Open a database for writing, making it or bringing its schema up to date.
///
/// # Errors
/// Where the file is not ours, or of a newer version, or cannot be written.
pub(crate) fn for_writing(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags)?;
    let found = version(&connection, path)?;
    if found < NEWEST {
        migrate(&connection, found).map_err(|source| StoreError::File { path: path.to_owned(), source })?;
    }
    Ok(connection)
}

/// Open an existing database for changing what it holds, bringing its schema up to date.
///
/// # Errors
/// Where there is none, or it is not ours, or of a newer version, or cannot be written.
pub(super) fn for_keeping(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing(path.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags)?;
    match version(&connection, path)? {
        0 => return Err(StoreError::Empty(path.to_owned())),
        NEWEST => {}
        found => migrate(&connection, found).map_err(|source| StoreError::File { path: path.to_owned(), source })?,
    }
    Ok(connection)
}

/// A new database in memory with every migration: what a schema should be.
pub(super) fn model() -> Result<Connection, StoreError> {
    let connection = Connection::open_in_memory()?;
    migrate(&connection, 0)?;
    Ok(connection)
}

/// The migrations by number and name.
pub(super) fn migrations() -> impl Iterator<Item = (i64, &'static str)> {
    (1i64..).zip(MIGRATIONS.iter().map(|(name, _)| *name))
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    if path.is_dir() {
        return Err(StoreError::Folder(path.to_owned()));
    }
    let wrap = |source| StoreError::File { path: path.to_owned(), source };
    let connection = Connection::open_with_flags(path, flags).map_err(wrap)?;
    connection.busy_timeout(PATIENCE).map_err(wrap)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// The schema's number: 0 for a new, empty file.
fn version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    // At one moment: another process may be making the schema.
    let wrap = |source| StoreError::File { path: path.to_owned(), source };
    let moment = connection.unchecked_transaction().map_err(wrap)?;
    let number = |pragma: &str| moment.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let header = number("PRAGMA application_id").and_then(|id| Ok((id, number("PRAGMA user_version")?)));
    match header {
        Ok((APPLICATION_ID, found)) if found > NEWEST => {
            Err(StoreError::Newer { path: path.to_owned(), found, known: NEWEST })
        }
        Ok((APPLICATION_ID, found)) => Ok(found),
        Ok((0, 0)) if number("SELECT count(*) FROM sqlite_schema").is_ok_and(|tables| tables == 0) => Ok(0),
        Ok(_) => Err(StoreError::Foreign(path.to_owned())),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            Err(StoreError::Foreign(path.to_owned()))
        }
        Err(source) => Err(wrap(source)),
    }
}

/// Apply what is missing, each migration in one transaction with its record.
fn migrate(connection: &Connection, found: i64) -> Result<(), rusqlite::Error> {
    if found == 0 {
        // Only takes effect while the file is empty. See docs/performance.md for why 8 KiB.
        connection.execute_batch("PRAGMA page_size = 8192")?;
    }
    for (number, (name, sql)) in (1i64..).zip(MIGRATIONS).skip(found as usize) {
        // Another process may have begun to use the same new file, and been quicker.
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        if transaction.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? >= number {
            continue;
        }
        transaction.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS migration (
                 number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL, program TEXT NOT NULL
             ) STRICT;
             INSERT INTO migration VALUES
                 ({number}, '{name}', strftime('%Y-%m-%dT%H:%M:%SZ'), 'ecrsnap {}');
             {sql}
             PRAGMA application_id = {APPLICATION_ID};
             PRAGMA user_version = {number};",
            env!("CARGO_PKG_VERSION")
        ))?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::{NEWEST, for_writing, version};

    /// Two first ingests at the same time: each finds a new file, and one of them is quicker.
    #[test]
    fn a_new_file_may_be_opened_by_several_at_once() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("new.db");
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let connection = for_writing(&path).expect("a database");
                        assert_eq!(version(&connection, &path).expect("a schema"), NEWEST);
                    });
                }
            });
        }
    }
}
