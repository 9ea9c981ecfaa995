//! Folding in: a write-ahead log goes back into its database, which is then one file in rollback mode.

use std::path::Path;
use std::time::Duration;
use std::{process, thread};

use rusqlite::{Connection, OpenFlags};

use super::path::companion;
use super::{connect, handle};

/// Attempts, and the longest pause between two. Two processes that leave in the same moment keep
/// each other from folding; then one of them comes back first.
const ATTEMPTS: u32 = 4;
const LONGEST_PAUSE_MS: u32 = 8;

/// Whether a database has a log next to it.
pub(super) fn has_log(database: &Path) -> bool {
    companion(database, "-wal").exists()
}

/// Whether a database has a journal next to it. Without a writer it is what a killed one left before it
/// wrote to the database: nothing in it counts.
pub(super) fn has_journal(database: &Path) -> bool {
    companion(database, "-journal").exists()
}

/// Fold the log of a database in, unless another connection has the database open: then the last
/// one does it. An error changes nothing; the next command tries again.
pub(super) fn fold(database: &Path) {
    let random = handle::random_number();
    for attempt in 0..ATTEMPTS {
        // Not created: it may have been removed meanwhile.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let Ok(connection) = connect(database, flags) else { return };
        match try_fold(&connection, database) {
            Ok(false) => {}
            Ok(true) | Err(_) => return,
        }
        drop(connection);
        if attempt + 1 < ATTEMPTS {
            let pause = (random.rotate_left(attempt * 7) ^ process::id()) % LONGEST_PAUSE_MS + 1;
            thread::sleep(Duration::from_millis(pause.into()));
        }
    }
}

/// Whether the database is in rollback mode afterwards.
fn try_fold(connection: &Connection, database: &Path) -> Result<bool, rusqlite::Error> {
    connection.busy_timeout(Duration::ZERO)?;
    checkpoint(connection)?;
    let set =
        |mode: &str| connection.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |row| row.get::<_, String>(0));
    let mut mode = set("DELETE");
    if mode.as_ref().is_ok_and(|mode| mode != "wal") && has_journal(database) {
        // Between these two modes SQLite deletes the file, once it has made sure that no connection is writing.
        mode = set("TRUNCATE").and_then(|_| set("DELETE"));
    }
    match mode {
        Ok(mode) => Ok(mode != "wal"),
        Err(error) if handle::is_busy(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Write as much of the log into the database as readers allow, without keeping any of them out.
pub(super) fn checkpoint(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}
