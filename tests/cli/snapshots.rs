//! `snapshots` and `forget`: what is there, under which name, and what is left of it.

use std::collections::BTreeMap;
use std::path::Path;

use ecrsnap::internal::model::Members;
use ecrsnap::internal::store::Cancel;
use ecrsnap::internal::store::maintenance::Keeper;
use ecrsnap::internal::store::read::{Reader, Selection};
use proptest::prelude::*;
use rusqlite::types::Value;

use super::details::{listing, page};
use super::properties::{REPOSITORY, Store, same};
use super::session::Session;

/// The three dates, taken in at a known moment by a known version.
fn three_dates() -> Session {
    let session = Session::with_three_dates();
    sql(&session.path("ecrsnap.db"), "UPDATE ingest SET ingested_at = 1774000000000000, program = 'ecrsnap 0.0.0'");
    session
}

fn sql(db: &Path, statement: &str) {
    rusqlite::Connection::open(db).and_then(|connection| connection.execute_batch(statement)).expect("a statement");
}

#[test]
fn the_list() {
    let mut session = three_dates();
    assert_eq!(
        session.quietly("ingest samples/2026-03-01 --db a.db --region eu-west-1 --snapshot one").status,
        Some(0)
    );
    session.run("snapshots");
    for format in ["json", "csv", "markdown"] {
        session.run(&format!("snapshots list --output {format}"));
    }
    session.run("snapshots --db a.db");
    session.run("snapshots --db missing.db");
    session.golden("snapshots-list");
}

#[test]
fn all_about_one() {
    let mut session = three_dates();
    for format in ["table", "json", "csv", "markdown"] {
        session.run(&format!("snapshots show latest~1 --output {format}"));
    }
    session.run("snapshots show 2026-03-01");
    session.run("snapshots show latest~3");
    session.golden("snapshots-show");
}

#[test]
fn another_name() {
    let mut session = three_dates();
    session.run("snapshots rename latest~2 first");
    session.run("snapshots rename first first");
    for name in ["2026-03-08", "latest", "latest~1", "@2026"] {
        session.run_unchanged(&format!("snapshots rename first {name}"));
    }
    session.run_unchanged("snapshots rename nowhere second");
    session.run_unchanged("snapshots rename first second --db missing.db");
    session.run("snapshots list --output csv");
    session.golden("snapshots-rename");
}

#[test]
fn forgetting_by_policy() {
    let mut session = three_dates();
    session.run_unchanged("forget --keep-last 1 --keep-weekly 2 --dry-run");
    session.run_unchanged("forget --keep-yearly 1 --dry-run --output json");
    session.run("forget --keep-daily 2");
    session.run("verify");
    session.run("snapshots forget --keep-daily 2");
    session.run("describe-images --repository-name shop/api --query imageDetails[].imageTags --output text");
    session.golden("forget-policy");
}

#[test]
fn forgetting_by_name() {
    let mut session = three_dates();
    session.run_unchanged("forget");
    session.run_unchanged("forget --dry-run");
    session.run_unchanged("forget 2026-03-01 --keep-last 1");
    session.run_unchanged("forget --keep-last 0");
    session.run_unchanged("forget 2026-03-01 nowhere");
    session.run_unchanged("forget latest --db missing.db");
    session.run("forget latest @2026-03-15 2026-03-01 --no-vacuum");
    session.run("verify");
    session.run("forget latest --output json");
    session.run("verify");
    session.run("snapshots list --output csv");
    session.run("ingest samples/2026-03-01 --snapshot 2026-03-01");
    session.run("verify");
    session.golden("forget-name");
}

/// A listing that was replaced belongs to nothing, until the next forget takes it along.
#[test]
fn what_a_replaced_listing_left() {
    let mut session = Session::with_samples();
    session.quietly("ingest samples/2026-03-01 --snapshot one");
    session.quietly("ingest samples/2026-03-15/shop+api.json --snapshot one --replace");
    session.quietly("ingest samples/2026-03-15 --snapshot two --captured-at 2026-03-15");
    session.quietly("ingest samples/2026-03-15/shop+web.page-1.json --snapshot two --replace");
    session.run("verify");
    session.run("forget one");
    session.run("verify");
    session.golden("forget-replaced");
}

/// A reader in the middle of a listing keeps what it reads: the forget waits for it.
#[test]
fn a_reader_goes_on() {
    let session = three_dates();
    let db = session.path("ecrsnap.db");
    let reader = Reader::open(&db).expect("a database");
    let before = reader.snapshot("2026-03-08").expect("a snapshot");
    let keeper = Keeper::open(&db, &Cancel::default()).expect("a database");
    let forgetting = keeper.begin().expect("a transaction");
    forgetting.drop_snapshots(&[before.id]).expect("a sweep");
    // Until it is committed, others see what was there before.
    assert_eq!(reader.snapshots().expect("snapshots").len(), 3);
    let listings = reader.listings(before.id, None).expect("listings");
    for listing in &listings {
        let mut found = 0;
        reader
            .details(listing, 0, usize::MAX, &Selection::default(), Members::ALL, &mut |_| found += 1)
            .expect("details");
        assert_eq!(found, listing.images);
    }
    forgetting.commit().expect("a commit");
    assert_eq!(reader.snapshots().expect("snapshots").len(), 2);
    assert!(reader.snapshot("2026-03-08").is_err());
}

/// A reader remembers kinds of rows by their ids, so an id does not come back with another meaning.
#[test]
fn a_reader_that_runs_on() {
    let store = Store::new();
    let detail = |digit: &str, status: &str| {
        format!(
            "{{\"imageDetails\": [{{\"registryId\": \"123456789012\", \"repositoryName\": \"shop/web\",
              \"imageDigest\": \"sha256:{}\", \"imageStatus\": \"{status}\"}}]}}",
            digit.repeat(64)
        )
    };
    store.take("a", &[detail("a", "ACTIVE")]);
    store.take("b", &[detail("b", "ARCHIVED")]);
    let reader = Reader::open(&store.db).expect("a database");
    let status = |name: &str| {
        let listings = reader.listings(reader.snapshot(name).expect("a snapshot").id, None).expect("listings");
        let mut found = Vec::new();
        reader
            .details(&listings[0], 0, 9, &Selection::default(), Members::ALL, &mut |image| found.push(image))
            .expect("details");
        found[0].detail.image_status.clone()
    };
    assert_eq!(status("b").as_deref(), Some("ARCHIVED"));
    let keeper = Keeper::open(&store.db, &Cancel::default()).expect("a database");
    let forgetting = keeper.begin().expect("a transaction");
    forgetting.drop_snapshots(&[reader.snapshot("b").expect("a snapshot").id]).expect("a sweep");
    forgetting.commit().expect("a commit");
    store.take("c", &[detail("c", "ACTIVATING")]);
    assert_eq!(status("c").as_deref(), Some("ACTIVATING"));
}

/// Every row of every view, except for those of the snapshots that are named and for the place in the
/// order of snapshots, which is what forgetting changes.
fn views(db: &Path, without: &[&str]) -> BTreeMap<&'static str, Vec<String>> {
    let connection = rusqlite::Connection::open(db).expect("a database");
    let views = ["snapshots", "repositories", "images", "image_tags", "findings", "sources", "pages"];
    let rows = views.map(|view| {
        let mut statement = connection.prepare(&format!("SELECT * FROM {view}")).expect("a view");
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let rows = statement.query_map([], |row| {
            (0..columns.len())
                .filter(|index| columns[*index] != "back")
                .map(|index| row.get::<_, Value>(index))
                .collect()
        });
        let rows: Vec<Vec<Value>> = rows.expect("rows").collect::<Result<_, _>>().expect("rows");
        let mut rows: Vec<String> = rows
            .into_iter()
            .filter(|row| !without.iter().any(|name| row[0] == Value::Text((*name).to_owned())))
            .map(|row| format!("{row:?}"))
            .collect();
        rows.sort_unstable();
        (view, rows)
    });
    rows.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Days that share most of their images; some go; what is left answers as before.
    #[test]
    fn forgetting_changes_no_answer_about_what_remains(
        mut web in listing(REPOSITORY, 60),
        mut others in proptest::collection::vec(listing("shop/api", 6), 5),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..3u8), 5),
        goes in proptest::collection::vec(any::<bool>(), 5),
    ) {
        // The view's sum over a snapshot has an end; no registry comes near it.
        for detail in web.iter_mut().chain(others.iter_mut().flatten()) {
            detail.image_size_in_bytes = detail.image_size_in_bytes.map(|size| size % 1_000_000_000_000);
        }
        let store = Store::new();
        let names = ["a", "b", "c", "d", "e"];
        for ((name, api), (at, edit)) in names.iter().zip(&others).zip(&edits) {
            if !web.is_empty() {
                let at = at.index(web.len());
                match edit {
                    0 => drop(web.remove(at)),
                    1 => web[at].image_tags = Some(vec![(*name).to_owned()]),
                    _ => web.rotate_left(at),
                }
            }
            let mut pages = vec![page(&web, None)];
            if !api.is_empty() {
                pages.push(page(api, None));
            }
            store.take(name, &pages);
        }
        let gone: Vec<&str> = names.iter().zip(&goes).filter(|(_, goes)| **goes).map(|(name, _)| *name).collect();
        let left: Vec<&str> = names.iter().copied().filter(|name| !gone.contains(name)).collect();
        let details = |store: &Store| left.iter().map(|name| store.all(name)).collect::<Vec<_>>();
        let (before, seen) = (details(&store), views(&store.db, &gone));

        let keeper = Keeper::open(&store.db, &Cancel::default()).expect("a database");
        let forgetting = keeper.begin().expect("a transaction");
        let ids: Vec<i64> = gone.iter().map(|name| keeper.reader().snapshot(name).expect("a snapshot").id).collect();
        let forgotten = forgetting.drop_snapshots(&ids).expect("a sweep");
        forgetting.commit().expect("a commit");
        prop_assert_eq!(forgotten.snapshots, gone.len() as u64);
        keeper.compact().expect("a vacuum");

        let after = details(&store);
        prop_assert_eq!(after.len(), before.len());
        for (ours, expected) in after.iter().zip(&before) {
            same(ours, expected)?;
        }
        prop_assert_eq!(views(&store.db, &[]), seen);
        prop_assert_eq!(store.verify().unused, 0);

// And what is ingested again finds its place.
        store.take("again", &[page(&web, None)]);
        same(&store.all("again"), &web)?;
    }
}
