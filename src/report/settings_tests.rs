//! Settings of repositories over a span of snapshots.

use super::settings;
use crate::model::Instant;
use crate::report::figures::Settings;
use crate::store::load::{IngestRun, SourceRecord, Target};
use crate::store::read::{Reader, Repositories};
use crate::store::repositories::{PolicyRow, RepositoryPage, RepositoryRow};
use crate::store::row::RepositoryName;
use crate::store::{Cancel, Writer};

const DAY: i64 = 86_400_000_000;
/// 2026-03-01.
const START: i64 = 1_772_323_200_000_000;

fn name(name: &str) -> RepositoryName {
    RepositoryName { registry_id: "123456789012".into(), name: name.into(), region: "eu-west-1".into() }
}

/// A repository that was created so many days after the first snapshot.
fn row(repository: &str, created: i64, mutability: &str) -> RepositoryRow {
    RepositoryRow {
        name: name(repository),
        created_at: Some(Instant::from_micros(START + created * DAY).unwrap()),
        members: format!(
            r#"{{"imageTagMutability":"{mutability}","imageScanningConfiguration":{{"scanOnPush":true}}}}"#
        ),
    }
}

/// One day: its repositories, whether the list is complete, and its policies.
type Day<'d> = (Vec<RepositoryRow>, bool, &'d [(&'d str, Option<&'d str>)]);

fn over(days: &[Day<'_>], names: &[&str]) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("store.db");
    for (number, (rows, complete, policies)) in days.iter().enumerate() {
        let writer = Writer::open(&db, &Cancel::default()).unwrap();
        let mut load = writer.begin().unwrap();
        let token = (!complete).then(|| "more".to_owned());
        let (registry_id, region) = ("123456789012".to_owned(), "eu-west-1".to_owned());
        load.repository_page(0, RepositoryPage { registry_id, region, rows: rows.clone(), token });
        for (repository, text) in *policies {
            let text = text.map(str::to_owned);
            load.policy(0, PolicyRow { name: name(repository), text, last_evaluated_at: None, rest: None });
        }
        let source = SourceRecord { name: "page.json".to_owned(), hash: [7; 32], bytes: 1, modified_at: None };
        let captured_at = START + number as i64 * DAY;
        let target = Target {
            snapshot: format!("day {number}"),
            captured_at,
            capture_filter: None,
            replace: false,
            scope: crate::model::DeclaredScope::Unknown,
        };
        load.finish(&target, IngestRun { sources: &[source], options: "{}", warned: false }, false).unwrap();
    }
    let reader = Reader::open(&db).unwrap();
    let asked =
        Repositories { names: names.iter().map(|name| (*name).to_owned()).collect(), ..Repositories::default() };
    let snapshots = reader.snapshots().unwrap();
    let scopes: Vec<_> = snapshots.iter().map(|snapshot| reader.scope(snapshot.id).unwrap()).collect();
    settings(&reader, &snapshots, &scopes, &asked).unwrap()
}

fn names(events: &[crate::report::figures::RepositoryEvent]) -> Vec<(&str, &str)> {
    events.iter().map(|event| (&*event.place.repository_name, &*event.by)).collect()
}

#[test]
fn repositories_come_change_and_go() {
    let days: [Day<'_>; 4] = [
        (vec![row("a", -9, "MUTABLE"), row("b", -9, "MUTABLE"), row("again", -9, "MUTABLE")], true, &[]),
        (
            vec![
                row("a", -9, "IMMUTABLE"),
                row("b", -9, "MUTABLE"),
                row("again", -9, "MUTABLE"),
                row("new", 1, "MUTABLE"),
            ],
            true,
            &[],
        ),
        // An open list does not show that `b` is gone.
        (vec![row("a", -9, "IMMUTABLE"), row("again", 2, "MUTABLE")], false, &[]),
        // `old` was there before the span; the first list just did not show it.
        (vec![row("a", -9, "IMMUTABLE"), row("again", 2, "MUTABLE"), row("old", -30, "MUTABLE")], true, &[]),
    ];
    let found = over(&days, &[]);
    assert_eq!(names(&found.created), [("new", "day 1"), ("again", "day 2")]);
    assert_eq!(names(&found.deleted), [("again", "day 2"), ("b", "day 3"), ("new", "day 3")]);
    let [change] = &*found.changes else { panic!("{:?}", found.changes) };
    assert_eq!(
        (&*change.setting, change.from.as_deref(), change.to.as_deref()),
        ("imageTagMutability", Some("\"MUTABLE\""), Some("\"IMMUTABLE\""))
    );
    assert_eq!((&*change.after, &*change.by), ("day 0", "day 1"));
    assert_eq!(found.described, 3);
    // Only what the names select.
    let found = over(&days, &["n*", "a"]);
    assert_eq!((names(&found.created), names(&found.deleted)), (vec![("new", "day 1")], vec![("new", "day 3")]));
    assert_eq!((found.described, found.changes.len()), (1, 1));
}

#[test]
fn policies_are_known_missing_or_unknown() {
    let rows = || vec![row("a", -9, "MUTABLE"), row("b", -9, "MUTABLE"), row("c", -9, "MUTABLE")];
    let days: [Day<'_>; 2] = [
        (rows(), true, &[("a", Some("{}")), ("b", Some("{}"))]),
        (rows(), true, &[("a", Some("{\"rules\":[]}")), ("b", None)]),
    ];
    let found = over(&days, &[]);
    assert_eq!((found.described, found.policies_known), (3, 2));
    let without: Vec<&str> = found.without_policy.iter().map(|key| &*key.repository_name).collect();
    assert_eq!(without, ["b"], "nothing says that `c` has none");
    let changes: Vec<_> =
        found.changes.iter().map(|it| (&*it.place.repository_name, it.from.as_deref(), it.to.as_deref())).collect();
    assert_eq!(changes, [("a", Some("{}"), Some("{\"rules\":[]}")), ("b", Some("{}"), None)]);
}
