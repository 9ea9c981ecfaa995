//! Settings and policies through the whole store: written, read, replaced, verified, forgotten.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use rusqlite::Connection;

use super::{PolicyRow, RepositoryPage, RepositoryRow};
use crate::model::{DeclaredScope, Instant, MissingRepository};
use crate::store::load::{IngestRun, Loaded, SourceRecord, Target};
use crate::store::maintenance::Keeper;
use crate::store::maintenance::verify::Verifier;
use crate::store::read::Reader;
use crate::store::row::RepositoryName;
use crate::store::{Cancel, StoreError, Writer};

const REGISTRY: &str = "123456789012";
const REGION: &str = "eu-central-1";

fn name(name: &str) -> RepositoryName {
    RepositoryName { registry_id: REGISTRY.into(), name: name.into(), region: REGION.into() }
}

fn row(repository: &str, mutability: &str) -> RepositoryRow {
    RepositoryRow {
        name: name(repository),
        created_at: Some(Instant::from_text("2024-05-06T07:08:09.123456789Z").unwrap()),
        members: format!(r#"{{"imageTagMutability":"{mutability}","futureSetting":{{"depth":1.50}}}}"#),
    }
}

fn page(rows: Vec<RepositoryRow>, token: Option<&str>) -> RepositoryPage {
    RepositoryPage {
        registry_id: REGISTRY.to_owned(),
        region: REGION.to_owned(),
        rows,
        token: token.map(str::to_owned),
    }
}

fn policy(repository: &str, text: Option<&str>) -> PolicyRow {
    PolicyRow {
        name: name(repository),
        text: text.map(str::to_owned),
        last_evaluated_at: text.map(|_| Instant::from_text("2026-03-01").unwrap()),
        rest: text.map(|_| r#"{"futureMember":[1]}"#.to_owned()),
    }
}

fn database() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    (folder, path)
}

fn load(
    db: &Path,
    (snapshot, replace): (&str, bool),
    pages: &[RepositoryPage],
    policies: &[PolicyRow],
) -> Result<Loaded, StoreError> {
    let writer = Writer::open(db, &Cancel::default())?;
    let mut load = writer.begin()?;
    for page in pages {
        load.repository_page(0, page.clone());
    }
    for policy in policies {
        load.policy(0, policy.clone());
    }
    for (registry, region) in load.complete_lists() {
        load.lists_whole(registry, region);
    }
    let source = SourceRecord { name: "page.json".to_owned(), hash: [7; 32], bytes: 1, modified_at: None };
    let target = Target {
        snapshot: snapshot.to_owned(),
        captured_at: 1_000_000,
        capture_filter: None,
        replace,
        scope: DeclaredScope::Unknown,
    };
    load.finish(&target, IngestRun { sources: &[source], options: "{}", warned: false }, false)
}

fn findings(db: &Path) -> Vec<String> {
    let report = Verifier::open(db).unwrap().run(&AtomicU64::new(0)).unwrap();
    report.findings.named.iter().map(ToString::to_string).collect()
}

#[test]
fn what_goes_in_comes_out_in_order_and_exactly() {
    let (_folder, db) = database();
    let pages = [
        page(vec![row("shop/web", "MUTABLE"), row("batch", "IMMUTABLE")], Some("more")),
        page(vec![row("batch", "IMMUTABLE"), row("archive", "MUTABLE")], None),
    ];
    let policies = [policy("shop/web", Some("{\"rules\": []}")), policy("batch", None)];
    let loaded = load(&db, ("a", false), &pages, &policies).unwrap();
    assert_eq!((loaded.described.listed, loaded.described.policies, loaded.described.new), (3, 2, 5));
    assert!(loaded.changed && loaded.described.changed.is_empty());

    let reader = Reader::open(&db).unwrap();
    let snapshot = reader.snapshot("a").unwrap();
    let listed = reader.described_repositories(snapshot.id).unwrap();
    let names: Vec<&str> = listed.iter().map(|repository| &*repository.repository.name).collect();
    assert_eq!(names, ["shop/web", "batch", "archive"]);
    for (found, given) in listed.iter().zip([row("shop/web", "MUTABLE"), row("batch", "IMMUTABLE")]) {
        assert_eq!((found.created_at, &found.members), (given.created_at, &given.members));
        assert_eq!(found.repository, given.name);
        let one = reader.described_repository(snapshot.id, found.repository_id).unwrap();
        assert_eq!(one.as_ref(), Some(found));
    }
    assert_eq!(listed[0].setting("imageTagMutability").as_deref(), Some("MUTABLE"));
    let saved: Vec<_> = reader.repository_pages(snapshot.id).unwrap();
    assert_eq!(
        saved.iter().map(|page| (page.until, page.token.as_deref())).collect::<Vec<_>>(),
        [(2, Some("more")), (3, None)]
    );
    let found = reader.lifecycle_policies(snapshot.id).unwrap();
    assert_eq!(found.iter().map(|policy| policy.text.as_deref()).collect::<Vec<_>>(), [None, Some("{\"rules\": []}")]);
    let web = reader.lifecycle_policy(snapshot.id, listed[0].repository_id).unwrap().unwrap();
    assert_eq!((web.last_evaluated_at, web.rest), (policies[0].last_evaluated_at, policies[0].rest.clone()));
    assert_eq!(reader.lifecycle_policy(snapshot.id, listed[2].repository_id).unwrap(), None);
    assert_eq!(findings(&db), [""; 0]);
}

#[test]
fn equal_pages_write_nothing_and_other_settings_need_replace() {
    let (_folder, db) = database();
    let old = [page(vec![row("web", "MUTABLE"), row("job", "MUTABLE")], None)];
    let text = [policy("web", Some("{}"))];
    load(&db, ("a", false), &old, &text).unwrap();
    let again = load(&db, ("a", false), &old, &text).unwrap();
    assert!(!again.changed && again.described.new == 0);

    let new = [page(vec![row("web", "IMMUTABLE")], None)];
    let refused = load(&db, ("a", false), &new, &[]).unwrap_err();
    assert!(refused.to_string().contains("`web`"), "{refused}");
    let refused = load(&db, ("a", false), &[], &[policy("web", Some("{ }"))]).unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { .. }));

    load(&db, ("a", true), &new, &[policy("web", None)]).unwrap();
    let reader = Reader::open(&db).unwrap();
    let snapshot = reader.snapshot("a").unwrap();
    let listed = reader.described_repositories(snapshot.id).unwrap();
    // The list was complete, so that `job` is gone from it.
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].setting("imageTagMutability").as_deref(), Some("IMMUTABLE"));
    assert_eq!(reader.lifecycle_policies(snapshot.id).unwrap()[0].text, None);
    assert_eq!(findings(&db), [""; 0]);
}

#[test]
fn equal_settings_and_texts_are_one_row_and_forget_drops_them_with_the_last_snapshot() {
    let (_folder, db) = database();
    let text = [policy("web", Some("{}")), policy("job", Some("{}"))];
    for (snapshot, mutability) in [("a", "MUTABLE"), ("b", "MUTABLE"), ("c", "IMMUTABLE")] {
        load(&db, (snapshot, false), &[page(vec![row("web", mutability)], None)], &text).unwrap();
    }
    let count = |table: &str| -> i64 {
        let connection = Connection::open(&db).unwrap();
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("repository_version"), count("lifecycle_policy"), count("snapshot_policy")), (2, 1, 6));
    for (snapshot, versions, policies, repositories) in [("c", 1, 1, 2), ("a", 1, 1, 2), ("b", 0, 0, 0)] {
        let keeper = Keeper::open(&db, &Cancel::default()).unwrap();
        let id = keeper.reader().snapshot(snapshot).unwrap().id;
        let forgetting = keeper.begin().unwrap();
        forgetting.drop_snapshots(&[id]).unwrap();
        forgetting.commit().unwrap();
        drop(keeper);
        assert_eq!(
            (count("repository_version"), count("lifecycle_policy"), count("repository")),
            (versions, policies, repositories)
        );
        assert_eq!(findings(&db), [""; 0]);
    }
}

#[test]
fn two_pages_that_disagree_are_named_and_the_later_one_counts() {
    let (_folder, db) = database();
    let pages = [page(vec![row("web", "MUTABLE")], Some("t")), page(vec![row("web", "IMMUTABLE")], None)];
    let loaded = load(&db, ("a", false), &pages, &[]).unwrap();
    assert_eq!(loaded.described.changed, [name("web")]);
    let reader = Reader::open(&db).unwrap();
    let listed = reader.described_repositories(reader.snapshot("a").unwrap().id).unwrap();
    assert_eq!(listed[0].setting("imageTagMutability").as_deref(), Some("IMMUTABLE"));
}

#[test]
fn every_damaged_row_is_found() {
    for (statement, found) in [
        ("UPDATE repository_version SET members = '{}'", "its settings are not those that were ingested"),
        ("UPDATE repository_version SET created_at = created_at + 1", "its settings are not those"),
        ("UPDATE repository_version SET created_nanos = 1", "its settings are not those"),
        ("UPDATE lifecycle_policy SET text = '[]'", "its lifecycle policy is not the one that was ingested"),
        ("UPDATE snapshot_policy SET rest = '{'", "what is known of its lifecycle policy is invalid"),
        ("UPDATE snapshot_policy SET last_evaluated_at = 9223372036854775807", "what is known of its lifecycle policy"),
        ("UPDATE snapshot_repository SET position = 0", "two repositories have one place"),
        ("UPDATE repository_page SET token = CAST(x'ff' AS TEXT)", "the token, registry or region"),
        ("UPDATE repository_page SET source_id = 99", "refer to a missing row of source"),
        ("DELETE FROM repository_version WHERE id = 1", "refer to a missing row of repository_version"),
    ] {
        let (_folder, db) = database();
        let pages = [page(vec![row("web", "MUTABLE"), row("job", "IMMUTABLE")], None)];
        load(&db, ("a", false), &pages, &[policy("web", Some("{}"))]).unwrap();
        let connection = Connection::open(&db).unwrap();
        connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {statement}")).unwrap();
        drop(connection);
        let findings = findings(&db);
        assert!(findings.iter().any(|finding| finding.contains(found)), "{statement}: {findings:?}");
    }
}

/// A list that ends is a scope: a repository that it does not have did not exist. A list with an open token is not.
#[test]
fn a_complete_list_is_a_scope() {
    let (_folder, db) = database();
    let first = page(vec![row("shop/web", "MUTABLE")], Some("more"));
    load(&db, ("whole", false), &[first.clone(), page(vec![row("batch", "MUTABLE")], None)], &[]).unwrap();
    load(&db, ("open", false), &[first], &[]).unwrap();
    let reader = Reader::open(&db).unwrap();
    for (snapshot, region, repository, expected) in [
        ("whole", REGION, "shop/job", MissingRepository::NotListed),
        // They existed, but the snapshot has no listing of their images.
        ("whole", REGION, "shop/web", MissingRepository::NotCovered),
        ("whole", REGION, "batch", MissingRepository::NotCovered),
        ("whole", "", "shop/job", MissingRepository::NotCovered),
        ("open", REGION, "shop/job", MissingRepository::NotCovered),
    ] {
        let scope = reader.scope(reader.snapshot(snapshot).unwrap().id).unwrap();
        assert_eq!(scope.missing(REGISTRY, region, repository), expected, "{snapshot} {region} {repository}");
    }
}
