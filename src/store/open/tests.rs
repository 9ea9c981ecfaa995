//! Opening, waiting, folding and migrating, at the level of connections.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant as Moment};

use rusqlite::Connection;

use super::{Cancel, NEWEST, for_keeping, for_reading, for_writing};
use crate::store::error::StoreError;

/// A database with a schema and a snapshot.
fn made(path: &Path) {
    let handle = for_writing(path, &Cancel::default()).expect("a database");
    handle.begin(&Cancel::default()).expect("a transaction");
    handle.execute_batch("INSERT INTO snapshot VALUES (1, 'a', 0); COMMIT").expect("a snapshot");
}

fn snapshots(path: &Path) -> i64 {
    let handle = for_reading(path).expect("a database");
    handle.query_row("SELECT count(*) FROM snapshot", [], |row| row.get(0)).expect("a count")
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Bytes 18 and 19 of the header: 1 in rollback mode, 2 with a log.
fn mode(path: &Path) -> [u8; 2] {
    let header = fs::read(path).expect("a file");
    [header[18], header[19]]
}

/// Two first ingests at the same time: each finds a new file, and one of them is quicker.
#[test]
fn a_new_file_may_be_opened_by_several_at_once() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new.db");
        thread::scope(|scope| {
            for number in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    let handle = for_writing(path, &Cancel::default()).expect("a database");
                    handle.begin(&Cancel::default()).expect("a transaction");
                    let add = "INSERT INTO snapshot (name, captured_at) VALUES (?1, 0)";
                    handle.execute(add, [format!("s{number}")]).expect("a snapshot");
                    handle.execute_batch("COMMIT").expect("a commit");
                });
            }
        });
        assert_eq!(snapshots(&path), 4);
        assert_eq!(files(folder.path()), ["new.db"]);
        assert_eq!(mode(&path), [1, 1]);
    }
}

/// An open transaction of a reader keeps no writer from committing, and sees nothing of it.
#[test]
fn readers_and_writers_do_not_wait_for_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    made(&path);
    let writer = for_keeping(&path, &Cancel::default()).expect("a database");
    writer.begin(&Cancel::default()).expect("a transaction");
    writer.execute_batch("INSERT INTO snapshot VALUES (2, 'b', 0)").expect("a row");
    let began = Moment::now();
    let reader = for_reading(&path).expect("a database");
    reader.execute_batch("BEGIN").expect("a transaction");
    let count = || reader.query_row("SELECT count(*) FROM snapshot", [], |row| row.get::<_, i64>(0)).expect("a count");
    assert_eq!(count(), 1);
    assert!(began.elapsed() < Duration::from_secs(1));
    writer.execute_batch("COMMIT").expect("a commit while a reader is in a transaction");
    writer.settle();
    assert_eq!(count(), 1);
    drop(writer);
    assert_eq!(count(), 1);
    assert_eq!(snapshots(&path), 2);
    drop(reader);
    // The last one has gone: one file in rollback mode.
    assert_eq!(files(folder.path()), ["x.db"]);
    assert_eq!(mode(&path), [1, 1]);
}

/// A reader that began before the writer, without a log, delays it and does not make it fail.
#[test]
fn a_writer_waits_for_an_older_reader_and_lets_newer_ones_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    made(&path);
    let reader = for_reading(&path).expect("a database");
    reader.execute_batch("BEGIN; SELECT count(*) FROM snapshot").expect("a transaction");
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let writer = for_keeping(&path, &Cancel::default()).expect("a database");
            writer.begin(&Cancel::default()).expect("a transaction");
            writer.execute_batch("INSERT INTO snapshot VALUES (2, 'b', 0); COMMIT").expect("a commit");
        });
        for _ in 0..5 {
            let began = Moment::now();
            assert_eq!(snapshots(&path), 1);
            assert!(began.elapsed() < Duration::from_secs(1));
            thread::sleep(Duration::from_millis(100));
        }
        drop(reader);
        writer.join().expect("a write");
    });
    assert_eq!(snapshots(&path), 2);
    assert_eq!(mode(&path), [1, 1]);
}

#[test]
fn a_request_to_end_ends_the_wait_for_a_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    made(&path);
    let first = for_keeping(&path, &Cancel::default()).expect("a database");
    first.begin(&Cancel::default()).expect("a transaction");
    let cancel = Cancel::default();
    cancel.set();
    let began = Moment::now();
    let second = for_keeping(&path, &cancel).expect("a database");
    assert!(matches!(second.begin(&cancel), Err(StoreError::Cancelled)));
    assert!(began.elapsed() < Duration::from_secs(5));
}

/// No name means anything but a file.
#[test]
#[cfg(unix)]
fn a_path_is_a_path() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in [":memory:", "file:x.db", "file:y?mode=memory", "a?b#c%41.db", "-"] {
        let path = folder.path().join(name);
        made(&path);
        assert!(path.is_file(), "{name}");
        assert_eq!(snapshots(&path), 1, "{name}");
    }
    assert!(matches!(for_reading("".as_ref()), Err(StoreError::Missing(_))));
    assert!(matches!(for_writing("".as_ref(), &Cancel::default()), Err(StoreError::NoName(_))));
}

/// What is left of a creation that was killed is an empty database, and the next write completes it.
#[test]
fn half_a_database_is_an_empty_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    fs::write(&path, b"").expect("a file");
    assert_eq!(snapshots(&path), 0);
    assert_eq!(fs::read(&path).expect("a file"), b"", "reading changes nothing");
    made(&path);
    assert_eq!(snapshots(&path), 1);
}

/// A first load holds the file. What was there before it is nothing, and that is the answer at once.
#[test]
fn during_the_first_load_there_is_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    let writer = for_writing(&path, &Cancel::default()).expect("a database");
    writer.begin(&Cancel::default()).expect("a transaction");
    writer.execute_batch("PRAGMA cache_size = 10").expect("a small cache");
    let add = "INSERT INTO snapshot (name, captured_at) VALUES (hex(randomblob(500)), 0)";
    for _ in 0..500 {
        writer.execute(add, []).expect("a row");
    }
    assert!(path.metadata().expect("a file").len() > 0, "some of it is written");
    let began = Moment::now();
    assert_eq!(snapshots(&path), 0);
    assert!(began.elapsed() < Duration::from_secs(1));
    writer.execute_batch("COMMIT").expect("a commit");
    drop(writer);
    assert_eq!(snapshots(&path), 500);
}

/// A refused first ingest leaves nothing behind, unless another process is using the file.
#[test]
fn an_empty_file_is_removed_only_by_its_only_user() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    let first = for_writing(&path, &Cancel::default()).expect("a database");
    let second = for_writing(&path, &Cancel::default()).expect("a database");
    second.begin(&Cancel::default()).expect("a transaction");
    first.remove_if_empty();
    assert!(path.exists(), "it is in use");
    second.execute_batch("ROLLBACK").expect("an end");
    first.remove_if_empty();
    assert!(!path.exists());
    // Who comes back to it later writes nothing into a file that no path leads to.
    assert!(matches!(second.begin(&Cancel::default()), Err(StoreError::Replaced(_))));
}

#[test]
fn a_schema_of_somebody_elses_is_refused() {
    for (statement, expected) in [
        ("CREATE TRIGGER t AFTER INSERT ON snapshot BEGIN DELETE FROM image; END", Some("trigger t")),
        ("CREATE TRIGGER t AFTER INSERT ON SNAPSHOT BEGIN DELETE FROM image; END", Some("trigger t")),
        ("DROP VIEW images", Some("the view images is missing")),
        ("DROP TABLE image_kind", Some("the table image_kind is missing")),
        ("ALTER TABLE image ADD COLUMN x TEXT", Some("the table image is not")),
        (
            "DROP VIEW snapshots; ALTER TABLE snapshot RENAME TO s2; CREATE VIEW snapshot AS SELECT 1 AS id",
            Some("is not as ecrsnap makes it"),
        ),
        ("CREATE TABLE mine (x); CREATE VIEW my_view AS SELECT 1; CREATE INDEX my_index ON image (size_bytes)", None),
        ("CREATE TABLE mine (x); CREATE TRIGGER t AFTER INSERT ON mine BEGIN DELETE FROM mine; END", None),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.db");
        made(&path);
        Connection::open(&path).expect("a database").execute_batch(statement).expect(statement);
        for error in [for_reading(&path).err(), for_keeping(&path, &Cancel::default()).err()] {
            match (error, expected) {
                (None, None) => {}
                (Some(error @ StoreError::Schema { .. }), Some(expected)) => {
                    assert!(error.to_string().contains(expected), "{statement}: {error}");
                }
                (error, _) => panic!("{statement}: {error:?}"),
            }
        }
    }
}

#[test]
fn a_database_marked_as_having_a_log_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    made(&path);
    let other = Connection::open(&path).expect("a database");
    other.execute_batch("PRAGMA journal_mode = WAL; INSERT INTO snapshot VALUES (2, 'b', 0)").expect("a row");
    drop(other);
    assert_eq!(mode(&path), [2, 2]);
    assert_eq!(snapshots(&path), 2);
    assert_eq!(mode(&path), [1, 1], "and put back");
    assert_eq!(files(folder.path()), ["x.db"]);
}

#[test]
fn the_newest_schema_is_that_of_the_last_migration() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    made(&path);
    let handle = for_reading(&path).expect("a database");
    let number = "SELECT max(number), (SELECT user_version FROM pragma_user_version) FROM migration";
    let found: (i64, i64) = handle.query_row(number, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("numbers");
    assert_eq!(found, (NEWEST, NEWEST));
}
