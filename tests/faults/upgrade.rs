//! Databases that version 0.1 wrote: read unchanged, migrated by the first write, no hash changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;

use super::program::Place;

/// 2026-01-10T00:00:00Z, the date of the fixture's files.
const DATED: u64 = 1_768_003_200;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/fixtures")
}

/// The database of version 0.1; see `fixtures/README.md`.
pub(super) fn fixture(to: &Path) {
    let packed = fs::read(fixtures().join("version-0.1.db.zst")).expect("the fixture");
    fs::write(to, zstd::decode_all(&*packed).expect("the fixture")).expect("a file");
}

/// A folder with the fixture as `old.db`, and with its pages, dated as they were.
fn place() -> Place {
    let place = Place::new();
    fixture(&place.path("old.db"));
    fs::create_dir(place.path("pages")).expect("a folder");
    for entry in fs::read_dir(fixtures().join("pages")).expect("pages") {
        let entry = entry.expect("an entry");
        let to = place.path("pages").join(entry.file_name());
        fs::copy(entry.path(), &to).expect("a copy");
        let file = fs::File::options().write(true).open(&to).expect("a file");
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(DATED)).expect("a date");
    }
    place
}

/// Every hash of a database, in the order of the keys.
fn hashes(path: &Path) -> Vec<(String, i64, Vec<u8>)> {
    let db = Connection::open(path).expect("a database");
    let mut hashes = Vec::new();
    for table in ["image", "chunk", "listing"] {
        let mut statement = db.prepare(&format!("SELECT id, hash FROM {table} ORDER BY id")).expect("a statement");
        let rows = statement.query_map([], |row| Ok((table.to_owned(), row.get(0)?, row.get(1)?))).expect("rows");
        hashes.extend(rows.map(|row| row.expect("a hash")));
    }
    hashes
}

fn number(path: &Path, sql: &str) -> i64 {
    Connection::open(path).expect("a database").query_row(sql, [], |row| row.get(0)).expect("a number")
}

const INGESTS: [&str; 3] = [
    "ingest pages/prefix.json pages/twice.json --snapshot one --captured-at 2026-01-10 --capture-filter {\"imageStatus\":\"ANY\"}",
    "ingest pages/cut.json pages/many.json --snapshot two --captured-at 2026-01-11 --region eu-west-1 \
     --capture-filter imageStatus=ANY,tagStatus=ANY",
    "ingest pages/later.json --snapshot three --captured-at 2026-01-12 --region eu-west-1 --capture-filter imageStatus=ANY",
];

const READS: [&str; 11] = [
    "snapshots --output json",
    "snapshots show two --output json",
    "images --snapshot two --output csv",
    "describe-images --snapshot one --repository-name same/prefix",
    "list-images --snapshot two --repository-name many/images",
    "diff two three --output json",
    "history --repository-name many/images --image-tag v4 --output json",
    "report --format json",
    "export two",
    "sql --output csv select*from(repositories)",
    "verify",
];

#[test]
fn version_0_1_is_read_as_it_is() {
    let place = place();
    let before = fs::read(place.path("old.db")).expect("a file");
    // What the same pages make today.
    for ingest in INGESTS {
        place.done(&format!("{ingest} --db new.db"));
    }
    for read in READS {
        let old = place.done(&format!("{read} --db old.db")).stdout;
        let new = place.done(&format!("{read} --db new.db")).stdout;
        // When and by which version a snapshot was taken in may differ.
        if read.starts_with("snapshots show") {
            assert!(old.contains("\"captureFilter\": \"tagStatus=ANY,imageStatus=ANY\""), "{old}");
            continue;
        }
        assert_eq!(old, new, "{read}");
    }
    assert!(fs::read(place.path("old.db")).expect("a file") == before, "reading changed it");
    place.assert_at_rest("old.db");
    assert_eq!(place.files("ecrsnap-").len(), 0, "a temporary copy stays behind");
}

#[test]
fn the_first_write_brings_it_up_to_date() {
    let place = place();
    let before = hashes(&place.path("old.db"));
    // The same export again is nothing new, and writes nothing.
    for ingest in INGESTS {
        let ran = place.done(&format!("{ingest} --db old.db"));
        assert!(ran.stderr.contains("all there before"), "{}", ran.stderr);
    }
    assert_eq!(number(&place.path("old.db"), "SELECT user_version FROM pragma_user_version"), 2);
    let ran = place.done("snapshots rename three third --db old.db");
    assert!(ran.stderr.contains("brought up to date (schema 2 to "), "{}", ran.stderr);
    place.assert_at_rest("old.db");
    let path = place.path("old.db");
    assert!(number(&path, "SELECT user_version FROM pragma_user_version") > 2);
    assert_eq!(hashes(&path), before);
    // Three digests that begin alike are three.
    let digests = "SELECT digests FROM listing l JOIN repository r ON r.id = l.repository_id WHERE r.name = ";
    for (name, expected) in [("same/prefix", 3), ("twice/over", 2), ("cut/short", 5)] {
        assert_eq!(number(&path, &format!("{digests} '{name}'")), expected, "{name}");
    }
    let forms = "SELECT count(DISTINCT capture_filter) FROM snapshot_listing
                 WHERE capture_filter IN ('imageStatus=ANY', 'tagStatus=ANY,imageStatus=ANY')";
    assert_eq!(number(&path, forms), 2);
    assert_eq!(number(&path, "SELECT count(DISTINCT capture_filter) FROM snapshot_listing"), 2);
    place.done("verify --db old.db");
    place.done("snapshots rename third three --db old.db");
    for ingest in INGESTS {
        let ran = place.done(&format!("{ingest} --db old.db"));
        assert!(ran.stderr.contains("all there before"), "{}", ran.stderr);
    }
    assert_eq!(hashes(&path), before);
    let again = place.done("snapshots rename three third --db old.db");
    assert!(!again.stderr.contains("brought up to date"), "{}", again.stderr);
}

/// Ingest distinguishes digests with a common prefix, also if there are many of them.
#[test]
fn a_prefix_finds_and_the_whole_decides() {
    let place = place();
    let ran = place.done("ingest pages/prefix.json pages/cut.json pages/many.json --snapshot a --db new.db");
    assert!(!ran.stderr.contains("with the digest of another"), "{}", ran.stderr);
    let ran = place.done("ingest pages/twice.json --snapshot b --db new.db");
    assert!(ran.stderr.contains("twice/over: 1 image with the digest of another image"), "{}", ran.stderr);
    assert_eq!(number(&place.path("new.db"), "SELECT count(*) FROM listing WHERE digests < images"), 1);
    // Every image changed, and all of them begin alike.
    let ran = place.done("ingest pages/later.json --snapshot c --db new.db");
    assert!(ran.stderr.contains("137 images (137 new)") && !ran.stderr.contains("another image"), "{}", ran.stderr);
    let again = place.done("ingest pages/later.json --snapshot d --db new.db");
    assert!(again.stderr.contains("137 images (0 new)"), "{}", again.stderr);
    place.done("verify --db new.db");
    let digest = format!("sha256:{:064x}", 7 * 104_729u64);
    let found = place
        .run(&format!("describe-images --repository-name many/images --image-ids imageDigest={digest} --db new.db"));
    assert_ne!(found.status, Some(0), "there is no such image, only others that begin like it");
}

/// A database of version 0.1 is merged as it would be after its upgrade, and is not written to.
#[test]
fn an_older_database_is_merged_and_stays_as_it_is() {
    let place = place();
    let held = fs::read(place.path("old.db")).expect("the fixture");
    fs::copy(place.path("old.db"), place.path("upgraded.db")).expect("a copy");
    place.done(&format!("{} --db upgraded.db", INGESTS[2]));
    place.done(&format!("{} --db new.db", INGESTS[2]));
    place.done("merge old.db --db new.db");
    place.done("merge old.db --db alone.db");
    place.done(&format!("{} --db alone.db", INGESTS[2]));
    assert_eq!(fs::read(place.path("old.db")).expect("the fixture"), held);
    assert_eq!(place.files("old"), ["old.db"], "nothing is left next to it");
    for line in READS.iter().filter(|line| **line != "verify") {
        let expected = place.done(&format!("{line} --db upgraded.db")).stdout;
        assert!(!expected.is_empty(), "{line}");
        // The view has the keys of the tables, which follow the order of writing.
        let keyed = line.starts_with("sql");
        for db in ["new.db", "alone.db"].into_iter().skip(usize::from(keyed)) {
            assert_eq!(place.done(&format!("{line} --db {db}")).stdout, expected, "{line} of {db}");
        }
    }
    for db in ["new.db", "alone.db"] {
        place.done(&format!("verify --db {db}"));
        // The same merge again writes nothing but the counters in SQLite's header, which opening changes.
        let content = || fs::read(place.path(db)).expect("a database").split_off(100);
        let before = content();
        let ran = place.done(&format!("merge old.db --db {db}"));
        assert!(ran.stderr.contains("nothing new"), "{}", ran.stderr);
        assert!(content() == before, "{db} was written to");
    }
}
