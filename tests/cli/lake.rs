//! `export --format parquet`: what it writes, that it writes it once, and that nothing spoils a lake.
//!
//! Whether the files mean on real engines what they should is proven apart, by `tests/lake/prove.py`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ecrsnap::internal::lake::tables::{TABLES, Type};
use ecrsnap::internal::model::Detail;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::details::{listing, page};
use super::properties::Store;
use super::session::Session;

const ALL: &str = "export --format parquet --out lake --all";

/// The files below a folder, except for the lock.
fn files(lake: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![lake.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("lock") {
                found.insert(path.strip_prefix(lake).expect("below").to_owned(), fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

fn data(lake: &Path) -> Vec<PathBuf> {
    files(lake).into_keys().filter(|path| !path.starts_with("_ecrsnap")).collect()
}

fn export(session: &Session, line: &str) {
    let ran = session.quietly(line);
    assert_eq!(ran.status, Some(0), "{line}: {}", ran.stderr);
}

/// What `--output json` says was done: captures written, there already, replaced, pruned.
fn done(session: &Session, line: &str) -> [u64; 4] {
    let ran = session.quietly(&format!("{line} --output json"));
    assert_eq!(ran.status, Some(0), "{line}: {}", ran.stderr);
    let all: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    ["capturesWritten", "capturesPresent", "capturesReplaced", "capturesPruned"]
        .map(|name| all[name].as_u64().expect("a count"))
}

#[test]
fn a_lake_has_a_file_for_each_table_and_capture() {
    let session = Session::with_three_dates();
    assert_eq!(done(&session, ALL), [3, 0, 0, 0]);
    let lake = session.path("lake");
    let found = data(&lake);
    for table in TABLES {
        for date in ["2026-03-01", "2026-03-08", "2026-03-15"] {
            let folder = format!("{}/capture_date={date}/registry=r123456789012", table.name);
            assert_eq!(found.iter().filter(|path| path.starts_with(&folder)).count(), 1, "{folder}");
        }
    }
    assert_eq!(found.len(), 18);
}

#[test]
fn the_same_again_writes_nothing() {
    let session = Session::with_three_dates();
    let lake = session.path("lake");
    export(&session, ALL);
    let first = files(&lake);
    assert_eq!(done(&session, ALL), [0, 3, 0, 0]);
    assert_eq!(files(&lake), first);
    // Day by day, with another reference, or from a merged database: the same files.
    for (db, lines) in [
        (
            "ecrsnap.db",
            [
                "export 2026-03-15 --format parquet --out other",
                "export --since 2026-03-01 --format parquet --out other",
            ],
        ),
        (
            "merged.db",
            ["export latest~2 latest --format parquet --out third", "export @2026-03-08 --format parquet --out third"],
        ),
    ] {
        if db == "merged.db" {
            export(&session, "merge ecrsnap.db --db merged.db");
        }
        for line in lines {
            export(&session, &format!("{line} --db {db}"));
        }
        let folder = if db == "merged.db" { "third" } else { "other" };
        assert_eq!(files(&session.path(folder)), first, "{folder}");
    }
}

#[test]
fn a_part_of_the_registries_is_a_part_of_the_files() {
    let session = Session::with_samples();
    for (region, date) in [("eu-west-1", "2026-03-01"), ("us-east-1", "2026-03-15")] {
        export(&session, &format!("ingest samples/{date} --snapshot one --captured-at 2026-03-15 --region {region}"));
    }
    assert_eq!(done(&session, &format!("{ALL} --region eu-west-1")), [1, 0, 0, 0]);
    assert_eq!(data(&session.path("lake")).len(), 6);
    assert_eq!(done(&session, &format!("{ALL} --region nowhere")), [0, 0, 0, 0]);
    assert_eq!(done(&session, &format!("{ALL} --registry-id 123456789012")), [1, 1, 0, 0]);
    assert_eq!(data(&session.path("lake")).len(), 12);
    let records = session.path("lake/_ecrsnap/captures/r123456789012");
    let mut names: Vec<_> =
        fs::read_dir(records).expect("records").map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["eu-west-1.json", "us-east-1.json"]);
}

/// What is done to a lake, the captures that are then written and left alone, and how it is done.
type Damage<'a> = (&'a str, [u64; 2], &'a dyn Fn());

/// Whatever a run left behind, the next one makes the lake what an undisturbed run makes it.
#[test]
fn a_lake_is_repaired() {
    let session = Session::with_three_dates();
    let lake = session.path("lake");
    export(&session, ALL);
    let whole = files(&lake);
    let some = |table: &str| data(&lake).into_iter().find(|path| path.starts_with(table)).expect("a file");
    let record = lake.join("_ecrsnap/captures/r123456789012/%.json");
    let damages: [Damage<'_>; 6] = [
        ("a file is missing", [1, 2], &|| fs::remove_file(lake.join(some("findings"))).expect("removed")),
        ("a file is cut short", [1, 2], &|| {
            let path = lake.join(some("images"));
            let content = fs::read(&path).expect("a file");
            fs::write(&path, &content[..content.len() / 2]).expect("written");
        }),
        ("unfinished files are left", [0, 3], &|| {
            fs::create_dir_all(lake.join("_ecrsnap/unfinished")).expect("a folder");
            fs::write(lake.join("_ecrsnap/unfinished/images-x.parquet"), "PAR1").expect("written");
        }),
        ("the record is missing", [0, 3], &|| fs::remove_file(&record).expect("removed")),
        ("record and a file are missing", [1, 2], &|| {
            fs::remove_file(&record).expect("removed");
            fs::remove_file(lake.join(some("snapshots"))).expect("removed");
        }),
        ("all of the data is missing", [3, 0], &|| {
            for table in TABLES {
                fs::remove_dir_all(lake.join(table.name)).expect("removed");
            }
        }),
    ];
    for (what, [written, present], damage) in damages {
        damage();
        assert_eq!(done(&session, ALL), [written, present, 0, 0], "{what}");
        assert_eq!(files(&lake), whole, "{what}");
    }
}

#[test]
fn what_the_database_lost_goes_with_prune() {
    let session = Session::with_three_dates();
    let lake = session.path("lake");
    export(&session, ALL);
    let whole = files(&lake);
    // Another registry's captures are not this database's to remove.
    export(&session, "ingest samples/2026-03-01/shop+api.json --snapshot other --region elsewhere --db other.db");
    export(&session, &format!("{ALL} --db other.db"));
    export(&session, "forget 2026-03-08");
    assert_eq!(done(&session, ALL), [0, 2, 0, 0]);
    let before = files(&lake);
    let ran = session.quietly(&format!("{ALL} --prune --dry-run"));
    assert_eq!(ran.stderr.lines().filter(|line| line.starts_with("would remove ")).count(), 6, "{}", ran.stderr);
    assert_eq!(files(&lake), before, "a dry run");
    assert_eq!(done(&session, "export --format parquet --out lake --prune"), [0, 0, 0, 1]);
    assert_eq!(data(&lake).len(), 18, "two dates and the other region");
    assert!(data(&lake).iter().all(|path| !path.to_string_lossy().contains("2026-03-08")));
    assert!(!lake.join("images/capture_date=2026-03-08").exists(), "no empty folder stays");
    // Taken in again, the capture has the same files.
    export(&session, "ingest samples/2026-03-08 --snapshot 2026-03-08");
    export(&session, ALL);
    for (path, content) in whole.iter().filter(|(path, _)| !path.starts_with("_ecrsnap")) {
        assert!(files(&lake).get(path) == Some(content), "{}", path.display());
    }
}

#[test]
fn other_content_replaces_only_when_asked() {
    let mut session = Session::with_three_dates();
    let lake = session.path("lake");
    export(&session, ALL);
    export(&session, "ingest samples/2026-03-01/shop+api.json --snapshot 2026-03-08 --replace");
    let before = files(&lake);
    session.run_unchanged("export 2026-03-08 --format parquet --out lake");
    assert_eq!(files(&lake), before);
    assert_eq!(done(&session, "export 2026-03-08 --format parquet --out lake --force --dry-run"), [1, 0, 1, 0]);
    assert_eq!(files(&lake), before);
    assert_eq!(done(&session, "export 2026-03-08 --format parquet --out lake --force"), [1, 0, 1, 0]);
    assert_eq!(data(&lake).len(), 18);
    export(&session, "export --format parquet --out fresh --all");
    assert_eq!(files(&lake), files(&session.path("fresh")));
    session.golden("lake-replace");
}

#[test]
fn what_is_no_lake_is_refused() {
    let mut session = Session::with_three_dates();
    fs::create_dir(session.path("full")).expect("a folder");
    session.write("full/notes.txt", "mine");
    for folder in ["foreign", "newer", "later", "torn"] {
        fs::create_dir_all(session.path(folder).join("_ecrsnap")).expect("a folder");
    }
    session.write("foreign/_ecrsnap/manifest.json", "{\"format\": \"something else\", \"version\": 1}");
    session.write("newer/_ecrsnap/manifest.json", "{\"format\": \"ecrsnap lake\", \"version\": 2, \"schema\": 1}");
    session.write("later/_ecrsnap/manifest.json", "{\"format\": \"ecrsnap lake\", \"version\": 1, \"schema\": 99}");
    session.write("torn/_ecrsnap/manifest.json", "{\"format\": \"ecrsnap la");
    for folder in ["full", "foreign", "newer", "later", "torn", "full/notes.txt", "full/notes.txt/x"] {
        session.run_unchanged(&format!("export latest --format parquet --out {folder}"));
    }
    export(&session, ALL);
    session.write("lake/_ecrsnap/captures/r123456789012/%.json", "{\"registryId\": \"1");
    session.run_unchanged(ALL);
    session.write(
        "lake/_ecrsnap/captures/r123456789012/%.json",
        "{\"registryId\": \"1\", \"region\": \"\", \"captures\": []}",
    );
    session.run_unchanged(ALL);
    for line in [
        "export --format parquet --out lake",
        "export latest --format parquet",
        "export latest --format parquet --out lake --repository-name shop/api",
        "export latest --format parquet --out lake --output ndjson",
        "export latest~9 --format parquet --out lake",
        "export latest latest~1",
        "export",
        "export latest --all --format parquet --out lake",
        "export --all",
        "export latest --prune",
        "export latest --format json --output ndjson",
    ] {
        session.run_unchanged(line);
    }
    session.golden("lake-refused");
}

/// A limit on the length of a file stands for a full disk: the system refuses to write on.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_a_readable_lake() {
    let session = Session::with_three_dates();
    let ran = session.shell("trap '' XFSZ; ulimit -f 4; ecrsnap export --format parquet --out lake --all");
    assert_eq!(ran.status, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("File too large") && ran.stderr.contains("images-"), "{}", ran.stderr);
    assert_eq!(data(&session.path("lake")), Vec::<PathBuf>::new(), "nothing half");
    assert!(!session.path("lake/_ecrsnap/unfinished").exists());
    assert_eq!(done(&session, ALL), [3, 0, 0, 0]);
}

/// Two runs at once: one of them waits outside.
#[cfg(unix)]
#[test]
fn a_lake_has_one_writer() {
    let session = Session::with_three_dates();
    export(&session, ALL);
    let lock = fs::File::options().write(true).open(session.path("lake/_ecrsnap/lock")).expect("a lock");
    lock.lock().expect("locked");
    let ran = session.quietly(ALL);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("another export is writing"), "{}", ran.stderr);
    drop(lock);
    export(&session, ALL);
}

/// A run that is killed at any moment leaves whole files, and the next one the whole lake.
#[test]
fn a_killed_export_is_completed() {
    let session = Session::with_three_dates();
    export(&session, "export --format parquet --out fresh --all");
    let expected = files(&session.path("fresh"));
    for delay in [0, 1, 2, 4, 8, 16, 32] {
        let _ = fs::remove_dir_all(session.path("lake"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_ecrsnap"))
            .args(ALL.split(' '))
            .current_dir(session.path(""))
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(std::time::Duration::from_millis(delay));
        // It may have ended already.
        let _ = child.kill();
        child.wait().expect("the program ends");
        if session.path("lake").exists() {
            for path in data(&session.path("lake")) {
                let content = fs::read(session.path("lake").join(&path)).expect("a file");
                assert_eq!(expected.get(&path), Some(&content), "{}", path.display());
            }
        }
        export(&session, ALL);
        assert_eq!(files(&session.path("lake")), expected, "after {delay} ms");
    }
}

/// Settings, policies and the scope of a capture are in the lake, also of a registry without images.
#[test]
fn a_lake_has_what_is_known_of_repositories() {
    let session = Session::with_samples();
    let line = "--snapshot one --captured-at 2026-03-08 --region eu-central-1 --capture-filter imageStatus=ANY";
    export(&session, &format!("ingest samples/repositories/2026-03-08 {line}"));
    export(&session, ALL);
    let lake = session.path("lake");
    let settings = rows(&lake, "repository_settings");
    let found: Vec<Value> = settings
        .iter()
        .map(|row| {
            let policy = row["policy"].as_str().map(|text| text.contains("rulePriority"));
            json!([
                row["repository_name"],
                row["image_tag_mutability"],
                row["scan_on_push"],
                row["policy_known"],
                policy
            ])
        })
        .collect();
    for expected in
        [json!(["legacy/cron", "MUTABLE", false, false, null]), json!(["shop/web", "MUTABLE", true, true, true])]
    {
        assert!(found.contains(&expected), "{expected} of {found:?}");
    }
    let scope = |row: &BTreeMap<String, Value>| {
        ["repositories", "covers_all_repositories", "scope_tag_status", "scope_image_status", "lists_all_repositories"]
            .map(|name| row[name].clone())
    };
    let snapshots: Vec<_> = rows(&lake, "snapshots").iter().map(scope).collect();
    assert_eq!(snapshots, [[json!(0), json!(false), Value::Null, Value::Null, json!(true)]]);
    // The same again is there, and stays when the lake is pruned.
    assert_eq!(done(&session, &format!("{ALL} --prune")), [0, 1, 0, 0]);

    let other = Session::with_samples();
    export(&other, &format!("ingest samples/2026-03-08 {line} --scope registry"));
    export(&other, ALL);
    let snapshots: Vec<_> = rows(&other.path("lake"), "snapshots").iter().map(scope).collect();
    assert_eq!(snapshots, [[json!(7), json!(true), json!("ANY"), json!("ANY"), json!(false)]]);
}

/// A lake that schema version 1 wrote: captures that have no more to say stay, the others are written again, and a
/// table that is new has a folder.
#[test]
fn a_lake_of_an_older_schema_is_carried_on() {
    let session = Session::with_samples();
    let line = "ingest samples/2026-03-08 --snapshot 2026-03-08 --captured-at 2026-03-08T06:00:00Z \
                --capture-filter imageStatus=ANY";
    export(&session, &format!("{line} --db plain.db"));
    export(&session, &format!("{line} --scope registry"));
    let (lake, v1) = (session.path("lake"), Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lake/v1"));
    for path in data(&v1) {
        fs::create_dir_all(lake.join(&path).parent().expect("a folder")).expect("a folder");
        fs::copy(v1.join(&path), lake.join(&path)).expect("copied");
    }
    fs::create_dir_all(lake.join("_ecrsnap")).expect("a folder");
    session.write("lake/_ecrsnap/manifest.json", "{\"format\": \"ecrsnap lake\", \"version\": 1, \"schema\": 1}");
    let old = data(&lake);
    assert_eq!(done(&session, &format!("{ALL} --db plain.db")), [0, 1, 0, 0]);
    let mut with_table = old.clone();
    with_table.push("repository_settings/capture_date=1970-01-01/registry=rempty/empty.parquet".into());
    with_table.sort();
    assert_eq!(data(&lake), with_table);
    assert!(rows(&lake, "repository_settings").is_empty());
    // With the scope, which the old columns do not have, and without a record of what was there.
    for record in [true, false] {
        if !record {
            fs::remove_dir_all(lake.join("_ecrsnap/captures")).expect("removed");
            for path in data(&lake).iter().filter(|path| !path.ends_with("empty.parquet")) {
                fs::remove_file(lake.join(path)).expect("removed");
            }
            for path in &old {
                fs::copy(v1.join(path), lake.join(path)).expect("copied");
            }
        }
        assert_eq!(done(&session, ALL), [1, 0, 1, 0], "{record}");
        let now = data(&lake);
        assert_eq!(now.len(), 7, "{now:?}");
        assert!(old.iter().all(|path| !now.contains(path)), "{now:?}");
        assert_eq!(rows(&lake, "snapshots")[0]["covers_all_repositories"], json!(true));
        assert_eq!(done(&session, ALL), [0, 1, 0, 0]);
    }
}

/// The variants of the questions and the definitions of the tables follow from their sources.
#[test]
fn what_is_generated_is_current() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("lake/generate.py");
    let output = Command::new("python3").arg(script).arg("--check").output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Every row of a table of a lake, as JSON, by column.
fn rows(lake: &Path, table: &str) -> Vec<BTreeMap<String, Value>> {
    let mut all = Vec::new();
    for path in data(lake).into_iter().filter(|path| path.starts_with(table)) {
        let reader = SerializedFileReader::new(fs::File::open(lake.join(path)).expect("a file")).expect("Parquet");
        for row in reader.get_row_iter(None).expect("rows") {
            let row = row.expect("a row");
            all.push(row.get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect());
        }
    }
    all
}

fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Str(text) => json!(text),
        Field::Long(number) | Field::TimestampMicros(number) => json!(number),
        Field::Bool(value) => json!(value),
        Field::ListInternal(list) => list.elements().iter().map(value).collect(),
        Field::MapInternal(map) => map
            .entries()
            .iter()
            .map(|(key, count)| (value(key).as_str().expect("a text").to_owned(), value(count)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => panic!("no column is a {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// A lake holds what the public views say, whatever the details are.
    #[test]
    fn a_lake_says_what_the_views_say(web in listing("shop/web", 20), api in listing("shop/api", 6), token in any::<bool>()) {
        prop_assume!(!web.is_empty());
        // The sums of sizes beyond any disk are held at the ends of 64 bits, in another way by each.
        let sized = |details: Vec<Detail>| -> Vec<Detail> {
            let bounded = |mut detail: Detail| {
                detail.image_size_in_bytes = detail.image_size_in_bytes.map(|size| size.rem_euclid(1 << 40));
                // A count that is null is no count in a lake; the views have the object of the page.
                if let Some(findings) = &mut detail.image_scan_findings_summary {
                    findings.null_severities.clear();
                }
                detail
            };
            details.into_iter().map(bounded).collect()
        };
        let (web, api) = (sized(web), sized(api));
        let store = Store::new();
        store.take("one", &[page(&web, token.then_some("more")), page(&api, None)]);
        let session = Session::empty();
        let run = |words: &[&str]| {
            let output = Command::new(env!("CARGO_BIN_EXE_ecrsnap")).args(words).arg("--db").arg(&store.db)
                .current_dir(session.path("")).output().expect("the program runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        run(&["export", "one", "--format", "parquet", "--out", "lake"]);
        for table in TABLES {
            // The lake has an instant once; the views have text and microseconds. A listing's own columns are elsewhere.
            let columns: Vec<String> = table.columns.iter()
                .filter(|column| !["captured_tag_status", "captured_image_status", "listing_hash"].contains(&column.name))
                .map(|column| match column.kind {
                    Type::Instant => format!("{0}_us AS {0}", column.name),
                    // JSON in the views; kept as text here, so that any number in it stays what it was.
                    Type::Texts | Type::Counts => format!("json_quote({0}) AS {0}", column.name),
                    _ => column.name.to_owned(),
                })
                .collect();
            let view = match table.name {
                "listings" => "repositories",
                "snapshots" => "(SELECT s.*, (SELECT min(registry_id) FROM repositories) AS registry_id, '' AS region, 0 AS covers_all_repositories, NULL AS scope_tag_status, NULL AS scope_image_status, 0 AS lists_all_repositories FROM snapshots s)",
                "repository_settings" => "(SELECT s.*, 1 AS described, members AS settings, 0 AS policy_known, NULL AS policy FROM repository_settings s)",
                name => name,
            };
            let text = run(&["sql", &format!("SELECT {} FROM {view}", columns.join(", ")), "--output", "ndjson"]);
            let mut expected: Vec<String> = text.lines()
                .map(|line| {
                    let mut row: BTreeMap<String, Value> = serde_json::from_str(line).expect("JSON");
                    for column in table.columns {
                        let Some(value) = row.get_mut(column.name) else { continue };
                        match (column.kind, &*value) {
                            (Type::Texts | Type::Counts, Value::String(text)) => {
                                *value = serde_json::from_str::<Value>(text).expect("JSON");
                                if let Value::String(inner) = &*value {
                                    *value = serde_json::from_str(inner).expect("JSON");
                                }
                                // A count of `null` is none.
                                if let (Type::Counts, Value::Object(counts)) = (column.kind, &mut *value) {
                                    counts.retain(|_, count| !count.is_null());
                                }
                            }
                            (Type::Boolean, _) => *value = json!(*value == json!(1)),
                            _ => {}
                        }
                    }
                    serde_json::to_string(&row).expect("JSON")
                })
                .collect();
            let mut found: Vec<String> = rows(&session.path("lake"), table.name).into_iter()
                .map(|mut row| {
                    for name in ["captured_tag_status", "captured_image_status", "listing_hash"] {
                        row.remove(name);
                    }
                    serde_json::to_string(&row).expect("JSON")
                })
                .collect();
            expected.sort_unstable();
            found.sort_unstable();
            prop_assert_eq!(&found, &expected, "{}", table.name);
        }
    }
}
