//! Files that the store has read before, and files in which little has changed.
//!
//! Text with a known fingerprint is not parsed again, and the result must not show it: whatever is ingested
//! day after day, a database that has the days before holds what a new one holds.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ecrsnap::internal::ingest::{self, Defaults, Options, Outcome, source};
use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::types::Value;

/// An image, and what a day has made of it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Image {
    number: usize,
    version: usize,
    odd: bool,
}

fn images(count: usize) -> Vec<Image> {
    (0..count).map(|number| Image { number, version: 0, odd: false }).collect()
}

/// As the AWS CLI v2 prints it, as it prints no detail, or as `jq -c` does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Spelling {
    Indented,
    Compact,
    Lines,
}

fn detail(repository: &str, image: Image) -> serde_json::Value {
    let Image { number, version, odd } = image;
    let digest =
        if odd { format!("sha256:{number}") } else { format!("sha256:{:016x}{number:048x}", number * 0x9e37_79b9) };
    serde_json::json!({
        "registryId": "123456789012",
        "repositoryName": repository,
        "imageDigest": digest,
        "imageTags": [format!("1.{number}"), "é\"latest"],
        "imageSizeInBytes": 1000 + number,
        "imagePushedAt": "2024-12-08T10:44:23+00:00",
        "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
        "lastRecordedPullTime": format!("2024-12-08T10:44:{:02}.5+01:00", version % 60),
    })
}

fn page(repository: &str, images: &[Image], token: Option<&str>, spelling: Spelling) -> String {
    let details: Vec<_> = images.iter().map(|image| detail(repository, *image)).collect();
    // Lines of none would be an empty file, which is refused.
    if spelling == Spelling::Lines && !details.is_empty() {
        return details.iter().fold(String::new(), |mut text, detail| {
            let _ = writeln!(text, "{detail}");
            text
        });
    }
    let mut page = serde_json::json!({ "imageDetails": details });
    if let Some(token) = token {
        page["nextToken"] = token.into();
    }
    if spelling == Spelling::Indented { serde_json::to_string_pretty(&page).expect("JSON") } else { page.to_string() }
}

/// Write the pages of a day; all but the last of a repository have a token.
fn write(folder: &Path, repository: &str, images: &[Image], size: usize, overlap: usize, spelling: Spelling) {
    fs::create_dir_all(folder).expect("a folder");
    let starts: Vec<usize> = (0..images.len().max(1)).step_by(size).collect();
    for (number, start) in starts.iter().enumerate() {
        let end = (start + size).min(images.len());
        let token = (end < images.len()).then_some("more");
        let text = page(repository, &images[start.saturating_sub(overlap)..end], token, spelling);
        let extension = if spelling == Spelling::Lines { "ndjson" } else { "json" };
        fs::write(folder.join(format!("{}.{number}.{extension}", repository.replace('/', "+"))), text).expect("a file");
    }
}

fn take(db: &Path, snapshot: &str, folder: &Path) -> Outcome {
    let found = source::find(&[folder.to_owned()], || Box::new(std::io::empty()));
    assert!(found.errors.is_empty(), "{:?}", found.errors);
    let options = Options {
        db: db.to_owned(),
        snapshot: Some(snapshot.to_owned()),
        // For a repository of which all images are gone.
        defaults: Defaults {
            registry_id: Some("123456789012".to_owned()),
            repository_name: Some("shop/web".to_owned()),
            region: None,
        },
        ..Options::default()
    };
    ingest::ingest(&found.sources, &options, &Arc::default()).expect("files that go in")
}

/// What people see of a snapshot, except for the numbers of rows and when it was made.
pub(super) fn seen(db: &Path, snapshot: &str) -> Vec<Vec<Value>> {
    let connection = Connection::open(db).expect("a database");
    let mut all = Vec::new();
    for (view, order) in [
        ("repositories", "registry_id, repository_name, region"),
        ("images", "registry_id, repository_name, region, position"),
        ("image_tags", "registry_id, repository_name, region, position, tag_position"),
        ("findings", "registry_id, repository_name, region, position, severity"),
        ("pages", "registry_id, repository_name, region, ordinal"),
        ("sources", "ingest_id, source_id"),
    ] {
        let sql = format!("SELECT * FROM {view} WHERE snapshot = ?1 ORDER BY {order}");
        let mut select = connection.prepare(&sql).expect("a view");
        let kept: Vec<usize> = (0..select.column_count())
            .filter(|index| {
                let name = select.column_name(*index).expect("a name");
                !name.ends_with("_id") && !name.starts_with("ingested_at") || name == "registry_id"
            })
            .collect();
        let row = |row: &rusqlite::Row<'_>| kept.iter().map(|index| row.get(*index)).collect::<Result<Vec<Value>, _>>();
        let rows = select.query_map([snapshot], row).expect("rows");
        all.extend(rows.map(|row| row.expect("a row")));
    }
    all
}

/// What a load said of the input.
pub(super) fn said(outcome: &Outcome) -> String {
    let loaded = &outcome.loaded;
    format!(
        "{} {} {:?} {:?} {:?} {} {}",
        loaded.repositories,
        loaded.images,
        loaded.incomplete,
        loaded.duplicates,
        outcome.anomalies,
        outcome.sources,
        outcome.bytes
    )
}

/// Change the sizes in the store, so that images that it parses again differ from those that it does not.
fn mark(db: &Path) {
    let connection = Connection::open(db).expect("a database");
    connection.execute("UPDATE image SET size_bytes = -1", []).expect("an update");
}

fn marked(db: &Path, snapshot: &str) -> i64 {
    let connection = Connection::open(db).expect("a database");
    let count = "SELECT count(*) FROM images WHERE snapshot = ?1 AND image_size_in_bytes = -1";
    connection.query_row(count, [snapshot], |row| row.get(0)).expect("a count")
}

fn folder_and_db() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("ecrsnap.db");
    (folder, db)
}

#[test]
fn the_same_files_are_not_parsed() {
    let (folder, db) = folder_and_db();
    let day = folder.path().join("day");
    write(&day, "shop/web", &images(300), 100, 0, Spelling::Indented);
    take(&db, "one", &day);
    let before = seen(&db, "one");
    let again = take(&db, "two", &day);
    assert_eq!((again.loaded.images, again.loaded.new_images, again.loaded.changed), (300, 0, true));
    let changed = |rows: Vec<Vec<Value>>| rows.into_iter().map(|row| row[1..].to_vec()).collect::<Vec<_>>();
    assert_eq!(changed(seen(&db, "two")), changed(before));
    mark(&db);
    take(&db, "three", &day);
    assert_eq!(marked(&db, "three"), 300);
    // Read with other options, they may mean something else.
    let found = source::find(std::slice::from_ref(&day), || Box::new(std::io::empty()));
    let options = Options {
        db: db.clone(),
        snapshot: Some("four".to_owned()),
        defaults: Defaults { region: Some("eu-west-1".to_owned()), ..Defaults::default() },
        ..Options::default()
    };
    ingest::ingest(&found.sources, &options, &Arc::default()).expect("files that go in");
    assert_eq!(marked(&db, "four"), 0);
}

/// After one of a run's listings was replaced, its files are parsed again.
#[test]
fn a_run_of_which_something_is_gone_is_not_repeated() {
    let (folder, db) = folder_and_db();
    let (day, other) = (folder.path().join("day"), folder.path().join("other"));
    write(&day, "shop/api", &images(3), 100, 0, Spelling::Lines);
    write(&day, "shop/web", &images(5), 100, 0, Spelling::Lines);
    write(&other, "shop/api", &images(4), 100, 0, Spelling::Lines);
    take(&db, "one", &day);
    let found = source::find(std::slice::from_ref(&other), || Box::new(std::io::empty()));
    let options = Options { db: db.clone(), snapshot: Some("one".to_owned()), replace: true, ..Options::default() };
    ingest::ingest(&found.sources, &options, &Arc::default()).expect("files that go in");
    let outcome = take(&db, "two", &day);
    assert_eq!((outcome.loaded.repositories, outcome.loaded.images), (2, 8));
}

/// A run that read these files and others, before or behind them, is another.
#[test]
fn some_of_the_files_of_a_run_are_not_the_run() {
    let (folder, db) = folder_and_db();
    let day = folder.path().join("day");
    write(&day, "shop/web", &images(30), 10, 0, Spelling::Indented);
    take(&db, "all", &day);
    for (number, left) in [("0", 20), ("2", 20), ("1", 10)] {
        let other = folder.path().join(format!("without-{number}"));
        fs::create_dir(&other).expect("a folder");
        for kept in ["0", "1", "2"].iter().filter(|kept| **kept != number) {
            // Of the last round only the first file is left.
            if left == 20 || *kept == "0" {
                let name = format!("shop+web.{kept}.json");
                fs::copy(day.join(&name), other.join(&name)).expect("a file");
            }
        }
        let new = folder.path().join(format!("{number}.db"));
        let outcome = take(&db, number, &other);
        assert_eq!(outcome.loaded.images, left, "without {number}");
        assert_eq!(said(&outcome), said(&take(&new, number, &other)), "without {number}");
        assert_eq!(seen(&db, number), seen(&new, number), "without {number}");
    }
}

#[test]
fn what_did_not_change_is_not_parsed() {
    for spelling in [Spelling::Indented, Spelling::Compact, Spelling::Lines] {
        let (folder, db) = folder_and_db();
        let mut list = images(2000);
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        write(&one, "shop/web", &list, 5000, 0, spelling);
        take(&db, "one", &one);
        mark(&db);
        list[1000].version = 1;
        write(&two, "shop/web", &list, 5000, 0, spelling);
        let outcome = take(&db, "two", &two);
        assert_eq!(outcome.loaded.images, 2000, "{spelling:?}");
        // All but the chunk of the one that changed, of at most 512 images.
        assert!((1488..2000).contains(&marked(&db, "two")), "{spelling:?}: {}", marked(&db, "two"));
    }
}

/// The text counts, and not what it is packed in or where it comes from.
#[test]
fn a_text_is_told_wherever_it_stands() {
    let (folder, db) = folder_and_db();
    let day = folder.path().join("day");
    write(&day, "shop/web", &images(1000), 5000, 0, Spelling::Indented);
    take(&db, "plain", &day);
    let text = fs::read(day.join("shop+web.0.json")).expect("a file");
    mark(&db);
    let mut packed = flate2::write::GzEncoder::new(b"".to_vec(), flate2::Compression::fast());
    packed.write_all("\u{feff}".as_bytes()).and_then(|()| packed.write_all(&text)).expect("bytes");
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, "day/shop+web.json", &text[..]).expect("a member");
    for (name, bytes) in [
        ("gzip", packed.finish().expect("bytes")),
        ("tar", archive.into_inner().expect("bytes")),
        ("stream", text.clone()),
        // Others, as far as the text goes: its line ends are other bytes.
        ("crlf", String::from_utf8(text.clone()).expect("UTF-8").replace('\n', "\r\n").into_bytes()),
    ] {
        let source = source::Source::open(name, Box::new(std::io::Cursor::new(bytes)));
        let options = Options { db: db.clone(), snapshot: Some(name.to_owned()), ..Options::default() };
        let outcome = ingest::ingest(&[source], &options, &Arc::default()).expect("a stream that goes in");
        assert_eq!((outcome.loaded.images, outcome.loaded.new_images), (1000, 0), "{name}");
    }
    // None of it was parsed but the one with other line ends, whose rows were found by their hashes.
    assert_eq!(["gzip", "tar", "stream", "crlf"].map(|name| marked(&db, name)), [1000; 4]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_can_tell(
        count in 0usize..500,
        days in proptest::collection::vec(
            (
                proptest::collection::vec((any::<prop::sample::Index>(), 0..7u8), 0..5),
                proptest::sample::select(vec![40usize, 130, 1000]),
                proptest::sample::select(vec![0usize, 0, 30]),
                proptest::sample::select(vec![Spelling::Indented, Spelling::Indented, Spelling::Compact, Spelling::Lines]),
            ),
            2..5,
        ),
    ) {
        let (folder, db) = folder_and_db();
        let mut web = images(count);
        let mut api = images(150);
        let mut fresh_number = 10_000;
        for (number, (edits, size, overlap, spelling)) in days.into_iter().enumerate() {
            for (at, edit) in edits {
                let list = if edit % 2 == 0 { &mut web } else { &mut api };
                if list.is_empty() {
                    continue;
                }
                let at = at.index(list.len());
                fresh_number += 1;
                match edit {
                    0 => drop(list.remove(at)),
                    1 | 2 => list[at].version += 1,
                    3 => list.insert(at, Image { number: fresh_number, version: 0, odd: false }),
// It is elsewhere now.
                    4 => { let image = list.remove(at); list.push(image); }
// It occurs twice, with different members.
                    5 => { let image = list[at]; list.insert(list.len() / 2, Image { version: image.version + 1, ..image }); }
                    _ => list[at].odd = true,
                }
            }
            let day = folder.path().join(format!("day-{number}"));
            write(&day, "shop/api", &api, size, 0, spelling);
            write(&day, "shop/web", &web, size, overlap, spelling);
            let name = format!("day-{number}");
            let new = folder.path().join(format!("{number}.db"));
            let (ours, expected) = (take(&db, &name, &day), take(&new, &name, &day));
            prop_assert_eq!(said(&ours), said(&expected));
            let (ours, expected) = (seen(&db, &name), seen(&new, &name));
            prop_assert_eq!(ours.len(), expected.len());
            for (ours, expected) in ours.iter().zip(&expected) {
                prop_assert_eq!(ours, expected);
            }
            // The same day once more, whichever way that is read.
            let again = take(&db, "again", &day);
            prop_assert_eq!(again.loaded.new_images, 0);
            prop_assert_eq!(said(&again), said(&take(&new, "again", &day)));
            let first = |rows: Vec<Vec<Value>>| rows.into_iter().map(|row| row[1..].to_vec()).collect::<Vec<_>>();
            prop_assert_eq!(first(seen(&db, "again")), first(seen(&new, &name)));
            Connection::open(&db).expect("a database").execute_batch("
                DELETE FROM page WHERE snapshot_id = (SELECT id FROM snapshot WHERE name = 'again');
                DELETE FROM snapshot_listing WHERE snapshot_id = (SELECT id FROM snapshot WHERE name = 'again');
                DELETE FROM source WHERE ingest_id IN (SELECT n.id FROM ingest n JOIN snapshot s ON s.id = snapshot_id WHERE s.name = 'again');
                DELETE FROM ingest WHERE snapshot_id = (SELECT id FROM snapshot WHERE name = 'again');
                DELETE FROM snapshot WHERE name = 'again';
            ").expect("the snapshot is forgotten");
        }
    }
}
