//! Damaged and hostile files: every command ends soon, with an answer or an error, and `verify` names the damage.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::pages;
use super::program::{Place, Random};

/// Statements that make of a sound database what no ingest writes.
const STATEMENTS: [(&str, &str); 22] = [
    ("negative run", "UPDATE chunk_run SET length = -5"),
    ("huge run", "UPDATE chunk_run SET length = 4611686018427387904"),
    ("huge offset", "UPDATE chunk_run SET \"offset\" = \"offset\" + 9223372036854775000"),
    ("negative start", "UPDATE listing_chunk SET start = -start - 1"),
    ("huge start", "UPDATE listing_chunk SET start = start + 9223372036854770000"),
    ("huge image id", "UPDATE chunk_run SET image_id = 9223372036854775807"),
    ("one chunk", "UPDATE listing_chunk SET chunk_id = (SELECT min(id) FROM chunk)"),
    ("huge sums", "UPDATE listing SET images = 9223372036854775807, bytes = -1, digests = -1"),
    ("negative sums", "UPDATE listing SET images = -1, tagged = -1"),
    ("huge chunks", "UPDATE chunk SET length = 9223372036854775807, tagged = -1, bytes = 9223372036854775807"),
    ("extreme times", "UPDATE image SET pushed_at = 9223372036854775807, pulled_at = -9223372036854775808"),
    ("extreme captures", "UPDATE snapshot SET captured_at = 9223372036854775807 - id"),
    ("extreme pages", "UPDATE page SET start = 9223372036854775807, images = 9223372036854775807, token = 'x'"),
    ("deep tags", "UPDATE image SET tags = replace(hex(zeroblob(50000)), '0', '[')"),
    ("deep severities", "UPDATE image SET severity_counts = '{\"a\":' || replace(hex(zeroblob(50000)), '0', '[')"),
    ("deep rest", "UPDATE image SET rest = replace(hex(zeroblob(50000)), '0', '[')"),
    (
        "no text",
        "UPDATE image_kind SET image_status = CAST(x'ff00fe' AS TEXT); UPDATE snapshot SET name = CAST(x'ff' || id AS TEXT)",
    ),
    ("no filter", "UPDATE snapshot_listing SET capture_filter = 'everything'"),
    (
        "endless view",
        "DROP VIEW snapshots; ALTER TABLE snapshot RENAME TO s2; CREATE VIEW snapshot AS WITH RECURSIVE t(x) AS
         (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT x AS id, 'n' || x AS name, x AS captured_at FROM t",
    ),
    ("trigger", "CREATE TRIGGER tr AFTER INSERT ON snapshot BEGIN DELETE FROM image; END"),
    ("dropped table", "DROP TABLE image_kind"),
    ("newer", "PRAGMA user_version = 99"),
];

const COMMANDS: [&str; 17] = [
    "snapshots",
    "snapshots show latest",
    "verify",
    "images --output csv",
    "images --group-by repository",
    "list-images --repository-name team/r0",
    "describe-images --repository-name team/r1",
    "describe-images --repository-name team/r0 --image-ids imageTag=v2",
    "diff",
    "history --repository-name team/r0 --image-tag v2",
    "report --format json",
    "export latest",
    "sql --output csv --timeout 5s select*from(images)",
    "sql --output csv --timeout 5s select*from(snapshots)",
    "ingest day3 --snapshot three",
    "forget one",
    "snapshots rename one other",
];

/// Run commands on a damaged file; none panics, is killed, or continues forever (see `Place::run`).
fn survives(place: &Place, name: &str, bytes: &[u8], commands: &[&str]) {
    for command in commands {
        for file in place.files("x.db") {
            fs::remove_file(place.path(&file)).expect("a file");
        }
        fs::write(place.path("x.db"), bytes).expect("a file");
        let ran = place.run(&format!("{command} --db x.db"));
        let status = ran.status.unwrap_or_else(|| panic!("{name}: {command}: ended by a signal: {}", ran.stderr));
        assert!(status != 101 && !ran.stderr.contains("panicked"), "{name}: {command}: {}", ran.stderr);
        if command.starts_with("forget") || command.starts_with("ingest") {
            assert!(status != 0 || !name.contains("trigger"), "{name}: {command} let it run");
        }
    }
}

fn place() -> Place {
    let place = Place::new();
    for day in 1..=3 {
        pages::write(&place.path(&format!("day{day}")), 600, 2, 5, day);
    }
    place.done("ingest day1 --snapshot one --db base.db");
    place.done("ingest day2 --snapshot two --db base.db");
    place
}

#[test]
fn hostile_contents_end_no_command_otherwise_than_with_an_error() {
    let place = place();
    for (name, statement) in STATEMENTS {
        fs::copy(place.path("base.db"), place.path("made.db")).expect("a copy");
        let db = Connection::open(place.path("made.db")).expect("a database");
        db.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").expect("pragmas");
        db.execute_batch(statement).unwrap_or_else(|error| panic!("{name}: {error}"));
        drop(db);
        let bytes = fs::read(place.path("made.db")).expect("a file");
        survives(&place, name, &bytes, &COMMANDS);
        fs::write(place.path("x.db"), &bytes).expect("a file");
        let verified = place.run("verify --db x.db");
        assert_ne!(verified.status, Some(0), "{name}: {}", verified.stdout);
    }
}

/// A column name that is not UTF-8, in one of our views and in a foreign table.
#[test]
fn names_that_are_no_text_are_refused() {
    let place = place();
    Connection::open(place.path("base.db"))
        .and_then(|db| db.execute_batch("CREATE TABLE mine (my_own_column TEXT)"))
        .expect("a table");
    let whole = fs::read(place.path("base.db")).expect("a file");
    for text in ["AS image_digest", "my_own_column"] {
        let at = whole.windows(text.len()).position(|window| window == text.as_bytes()).expect(text);
        let mut bytes = whole.clone();
        bytes[at + 3] = 0xff;
        survives(&place, text, &bytes, &["sql select*from(mine)", "sql select*from(images)", "sql --schema", "verify"]);
    }
}

/// The kind of a page by its first byte, as the file format of `SQLite` defines it.
pub(super) fn kind(page: &[u8], first: bool) -> &'static str {
    match page.get(if first { 100 } else { 0 }) {
        Some(2) => "interior index page",
        Some(5) => "interior table page",
        Some(10) => "index leaf",
        Some(13) => "table leaf",
        _ => "overflow or free page",
    }
}

/// Change a page of a file in one of several ways: bytes, its header, its cells' places, nothing left of it, or
/// another page in its place.
pub(super) fn damage(bytes: &mut [u8], page: usize, size: usize, way: u64, random: &mut Random) {
    let start = page * size;
    let pages = bytes.len() / size;
    match way % 6 {
        0 => {
            let at = start + random.below(size as u64) as usize;
            bytes[at] ^= 1 << random.below(8);
        }
        1 => {
            let at = start + random.below(12) as usize + if page == 0 { 100 } else { 0 };
            bytes[at] = random.below(256) as u8;
        }
        2 => {
            let at = start + 8 + random.below(64) as usize + if page == 0 { 100 } else { 0 };
            bytes[at] = random.below(256) as u8;
        }
        3 => {
            let at = start + random.below(size as u64 - 200) as usize;
            bytes[at..at + 200].fill(random.below(256) as u8);
        }
        4 => bytes[start..start + size].fill(0),
        _ => {
            let other = random.below(pages as u64) as usize * size;
            let copy = bytes[other..other + size].to_vec();
            let mine = bytes[start..start + size].to_vec();
            bytes[other..other + size].copy_from_slice(&mine);
            bytes[start..start + size].copy_from_slice(&copy);
        }
    }
}

/// The size of a page, from the header.
pub(super) fn page_size(path: &Path) -> usize {
    let header = fs::read(path).expect("a file");
    usize::from(u16::from_be_bytes([header[16], header[17]]))
}

/// Damaged copies of each kind of page, `rounds` of each.
pub(super) fn damaged_pages(sound: &[u8], size: usize, rounds: u64, random: &mut Random) -> Vec<(String, Vec<u8>)> {
    let mut kinds: std::collections::BTreeMap<&str, Vec<usize>> = std::collections::BTreeMap::new();
    for (number, page) in sound.chunks(size).enumerate() {
        kinds.entry(kind(page, number == 0)).or_default().push(number);
    }
    let mut copies = Vec::new();
    for (kind, pages) in kinds {
        for round in 0..rounds {
            let page = pages[random.below(pages.len() as u64) as usize];
            let mut bytes = sound.to_vec();
            damage(&mut bytes, page, size, round, random);
            copies.push((format!("{kind} {page}, way {}", round % 6), bytes));
        }
    }
    copies
}

#[test]
fn damaged_pages_of_every_kind_end_no_command_otherwise_than_with_an_error() {
    let place = place();
    let size = page_size(&place.path("base.db"));
    let sound = fs::read(place.path("base.db")).expect("a file");
    let mut random = Random(0x5eed);
    let copies = damaged_pages(&sound, size, 6, &mut random);
    assert!(copies.len() >= 18, "every kind of page is there: {}", copies.len());
    let few =
        ["verify", "list-images --repository-name team/r0", "images --output csv", "ingest day3 --snapshot three"];
    for (name, bytes) in copies {
        survives(&place, &name, &bytes, &few);
    }
}

/// Run all commands on many damaged copies; for the long form.
pub(super) fn long(rounds: u64) -> (usize, usize) {
    let place = place();
    let size = page_size(&place.path("base.db"));
    let sound = fs::read(place.path("base.db")).expect("a file");
    let mut random = Random(0x0123_4567);
    let copies = damaged_pages(&sound, size, rounds, &mut random);
    let count = copies.len();
    for (name, bytes) in copies {
        survives(&place, &name, &bytes, &COMMANDS);
    }
    (count, count * COMMANDS.len())
}
