//! `merge` from end to end: what it adds, what it refuses, and that stores which are merged answer like one.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicU64;

use ecrsnap::internal::model::Detail;
use ecrsnap::internal::store::Cancel;
use ecrsnap::internal::store::merge::{Merger, Options, OtherStore};
use proptest::prelude::*;
use rusqlite::Connection;

use super::details::{listing, page};
use super::properties::Store;
use super::session::Session;

/// Two databases that share the middle date.
fn two_stores() -> Session {
    let session = Session::with_samples();
    for (db, dates) in [("a.db", ["2026-03-01", "2026-03-08"]), ("b.db", ["2026-03-08", "2026-03-15"])] {
        for date in dates {
            let ran = session.quietly(&format!("ingest samples/{date} --snapshot {date} --db {db}"));
            assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        }
    }
    session
}

#[test]
fn databases_become_one() {
    let mut session = two_stores();
    session.run_unchanged("merge a.db b.db --db all.db --dry-run");
    session.run("merge a.db b.db --db all.db");
    session.run("snapshots --db all.db");
    session.run_unchanged("merge b.db a.db --db all.db");
    session.run_unchanged("merge a.db --db all.db --output json");
    session.run("verify --db all.db");
    let expected = Session::with_three_dates();
    for line in ["snapshots --output json", "diff 2026-03-01 2026-03-15 --output json", "report --format json"] {
        let merged = session.quietly(&format!("{line} --db all.db"));
        let whole = expected.quietly(line);
        assert_eq!((&merged.stdout, merged.status), (&whole.stdout, Some(0)), "{line}");
    }
    session.golden("merge");
}

#[test]
fn what_two_stores_say_differently_is_refused() {
    let mut session = two_stores();
    let quietly = |line: &str| assert_eq!(session.quietly(line).status, Some(0), "{line}");
    quietly(
        "ingest samples/2026-03-01/shop+api.json --snapshot 2026-03-08 --captured-at 2026-03-08T06:00:00Z --db other.db",
    );
    quietly("ingest samples/2026-03-01/shop+api.json --snapshot 2026-03-08 --captured-at 2026-03-09 --db later.db");
    fs::copy(session.path("a.db"), session.path("old.db")).expect("a copy");
    session.run_unchanged("merge other.db --db a.db");
    session.run_unchanged("merge b.db other.db --db new.db");
    session.run("merge other.db --db a.db --replace");
    session.run_unchanged("merge other.db --db a.db");
    session.run("verify --db a.db");
    session.run_unchanged("merge later.db --db b.db");
    session.run_unchanged("merge later.db --db b.db --rename-with latest~");
    session.run("merge later.db --db b.db --rename-with later- --output json");
    session.run_unchanged("merge later.db --db b.db --rename-with later-");
    session.run("snapshots --db b.db");
    session.run("verify --db b.db");
    session.golden("merge-conflicts");
}

#[test]
fn what_is_no_sound_database_is_refused() {
    let mut session = two_stores();
    session.write("text.db", "not a database");
    for (line, named) in [
        ("merge", "OTHER"),
        ("merge missing.db --db a.db", "missing.db"),
        ("merge text.db --db a.db", "text.db"),
        ("merge samples --db a.db", "samples"),
        ("merge a.db --db a.db", "this is the database that is merged into"),
        ("merge a.db --db text.db", "text.db"),
        ("merge text.db --db new.db", "text.db"),
    ] {
        let ran = session.run_unchanged(line);
        assert_eq!(ran.status, Some(2), "{line}");
        assert!(ran.stderr.contains(named), "{line}: {}", ran.stderr);
    }
    // Each is damaged in another way, in what only this store has; the sound one before it does not go in either.
    for (number, (damage, named)) in [
        (
            "UPDATE image SET size_bytes = size_bytes + 1 WHERE id = (SELECT max(id) FROM image)",
            "does not match its hash",
        ),
        ("UPDATE image SET tags = '[\"' WHERE id = (SELECT max(id) FROM image)", "does not match its hash"),
        (
            "UPDATE chunk SET hash = randomblob(16) WHERE id = (SELECT max(id) FROM chunk)",
            "a chunk does not match its hash",
        ),
        (
            "UPDATE listing SET hash = randomblob(32) WHERE id = (SELECT max(id) FROM listing)",
            "a listing does not match its hash",
        ),
        ("UPDATE listing SET bytes = bytes + 1 WHERE id = (SELECT max(id) FROM listing)", "the sums of a listing"),
        ("UPDATE image_kind SET id = id + 100", "the media types and states of an image are missing"),
        ("DELETE FROM page WHERE ordinal = 0", "page"),
        ("UPDATE snapshot SET name = 'latest' WHERE id = 2", "name"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("damaged-{number}.db");
        fs::copy(session.path("b.db"), session.path(&name)).expect("a copy");
        let connection = Connection::open(session.path(&name)).expect("a database");
        connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {damage}")).expect("damage");
        drop(connection);
        let ran = session.run_unchanged(&format!("merge a.db {name} --db new.db"));
        assert_eq!(ran.status, Some(2), "{damage}");
        assert!(ran.stderr.contains(&name) && ran.stderr.contains(named), "{damage}: {}", ran.stderr);
    }
}

/// Files of one store that went into snapshots in both: they come along once.
#[test]
fn provenance_comes_along() {
    let session = two_stores();
    assert_eq!(session.quietly("merge a.db b.db --db all.db").status, Some(0));
    let count = "SELECT count(*) FROM (SELECT DISTINCT snapshot, source, hash, ingested_at FROM sources)";
    let answer = |db: &str, sql: &str| {
        let connection = Connection::open(session.path(db)).expect("a database");
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a number")
    };
    assert_eq!(answer("all.db", count), answer("a.db", count) + answer("b.db", count));
    let pages = "SELECT count(*) FROM pages WHERE snapshot <> '2026-03-08'";
    assert_eq!(answer("all.db", pages), answer("a.db", pages) + answer("b.db", pages));
}

fn merge(target: &Path, others: &[&Path]) -> bool {
    let others: Vec<OtherStore> = others.iter().map(|path| OtherStore::open(path).expect("a store")).collect();
    let merger = Merger::open(target, &Cancel::default()).expect("a store");
    let outcome = merger.merge(&others, &Options::default(), &AtomicU64::new(0)).expect("a merge");
    outcome.iter().any(|merged| merged.changed)
}

/// What every question about a store says.
fn answers(db: &Path) -> Vec<String> {
    let lines: [&[&str]; 4] = [
        &["snapshots", "--output", "json"],
        &["diff", "one", "two", "--output", "json"],
        &["report", "--format", "json"],
        &[
            "sql",
            "SELECT * FROM images ORDER BY snapshot, registry_id, repository_name, region, position",
            "--output",
            "ndjson",
        ],
    ];
    let answer = |words: &&[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_ecrsnap")).args(*words).arg("--db").arg(db).output();
        let output = output.expect("the program runs");
        // Ids differ from store to store.
        let text = String::from_utf8(output.stdout).expect("UTF-8") + &String::from_utf8_lossy(&output.stderr);
        text.lines().map(|line| line.split(", \"image_id\"").next().unwrap_or_default().to_owned() + "\n").collect()
    };
    lines.iter().map(answer).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() })]

    /// Repositories and snapshots spread over three stores: merged in any order they answer like the one store that
    /// ingested everything, and merging again writes nothing.
    #[test]
    fn merged_stores_answer_like_one(
        web in listing("shop/web", 25), api in listing("shop/api", 12), later in listing("shop/web", 25), cron in listing("cron", 9),
        spread in proptest::collection::vec(0usize..3, 4), order in Just(vec![0usize, 1, 2]).prop_shuffle(),
    ) {
        let filled = |details: Vec<Detail>, fallback: &Detail| if details.is_empty() { vec![fallback.clone()] } else { details };
        prop_assume!(!web.is_empty() && !api.is_empty() && !cron.is_empty());
        let later = filled(later, &web[0]);
        let parts = [("one", &web), ("one", &api), ("two", &later), ("two", &cron)];
        let (whole, stores) = (Store::new(), [Store::new(), Store::new(), Store::new()]);
        for ((snapshot, details), place) in parts.into_iter().zip(&spread) {
            let page = [page(details, None)];
            whole.take_at(snapshot, &page);
            stores[*place].take_at(snapshot, &page);
        }
        let used: Vec<&Path> = order.iter().map(|at| &*stores[*at].db).filter(|db| db.exists()).collect();
        let (at_once, one_by_one) = (Store::new(), Store::new());
        prop_assert!(merge(&at_once.db, &used));
        for db in used.iter().rev() {
            merge(&one_by_one.db, &[db]);
        }
        prop_assert!(!merge(&at_once.db, &used), "the same again");
        let expected = answers(&whole.db);
        for merged in [&at_once, &one_by_one] {
            merged.verify();
            prop_assert_eq!(&answers(&merged.db), &expected);
        }
    }
}
