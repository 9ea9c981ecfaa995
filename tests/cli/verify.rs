//! `verify`: finds what was changed, whatever it was, and survives what is not a database any more.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicU64;

use ecrsnap::internal::store::maintenance::verify::{Report, Verifier};
use rusqlite::Connection;

use super::session::Session;

/// What nothing in the database can prove: another value that could as well be true goes unseen.
/// Only what it can never be is found.
const FREE: [(&str, &str); 30] = [
    ("snapshot", "name"),
    ("snapshot", "captured_at"),
    ("snapshot_listing", "capture_filter"),
    ("snapshot_scope", "region"),
    ("snapshot_scope", "capture_filter"),
    ("ingest", "ingested_at"),
    ("ingest", "program"),
    ("ingest", "options"),
    ("ingest", "pages"),
    ("chunk", "text_lead"),
    ("chunk", "text_length"),
    ("chunk", "text_hash"),
    ("source", "name"),
    ("source", "hash"),
    ("source", "bytes"),
    ("source", "modified_at"),
    ("page", "source_id"),
    ("page", "token"),
    ("migration", "applied_at"),
    ("migration", "program"),
    ("repository_page", "source_id"),
    ("repository_page", "token"),
    ("repository_page", "until"),
    ("snapshot_policy", "last_evaluated_at"),
    ("snapshot_policy", "last_evaluated_nanos"),
    ("snapshot_policy", "policy_id"),
    ("snapshot_policy", "repository_id"),
    ("snapshot_policy", "source_id"),
    ("snapshot_repository", "position"),
    ("snapshot_repository", "snapshot_id"),
];

/// Values that replace a cell, as SQL over the column `$`.
const NUMBERS: [&str; 7] =
    ["$ + 1", "$ - 1", "-$ - 7", "$ + 1000003", "9223372036854775807", "-9223372036854775808", "NULL"];
const TEXTS: [&str; 5] = ["$ || 'x'", "''", "'@'", NO_TEXT, "NULL"];
const NO_TEXT: &str = "CAST(x'ff' AS TEXT)";
const BYTES: [&str; 4] = ["zeroblob(length($))", "substr($, 2)", "CAST($ || x'00' AS BLOB)", "NULL"];

/// Changes that stay within what could be true.
fn could_be_true(table: &str, column: &str, change: &str) -> bool {
    match (table, column) {
        ("snapshot", "name") | ("ingest", "program") => change == "$ || 'x'",
        ("snapshot" | "ingest" | "source", "captured_at" | "ingested_at" | "modified_at" | "bytes") => {
            !change.contains("922337203685477580") || column == "bytes" && !change.starts_with('-')
        }
        ("ingest", "options") => false,
        ("source", "hash") | ("chunk", "text_hash") => change == "zeroblob(length($))",
        ("ingest", "pages") => ["$ + 1", "$ + 1000003", "9223372036854775807", "NULL"].contains(&change),
        ("chunk", "text_lead") => change != "NULL",
        ("chunk", "text_length") => ["$ + 1", "$ - 1", "$ + 1000003"].contains(&change),
        ("page" | "repository_page" | "snapshot_policy", "source_id") | ("snapshot_policy", "repository_id") => {
            ["$ + 1", "$ - 1"].contains(&change)
        }
        ("snapshot_policy", "policy_id") => ["$ + 1", "$ - 1", "NULL"].contains(&change),
        ("snapshot_policy", "last_evaluated_at") => !change.contains("922337203685477580"),
        ("snapshot_policy", "last_evaluated_nanos") => change == "$ + 1",
        // A list that was replaced leaves gaps.
        ("snapshot_repository", "position") => !change.starts_with('-') && change != "NULL",
        ("snapshot_repository", "snapshot_id") => ["$ + 1", "$ - 1"].contains(&change),
        ("repository_page", "until") => change == "$ - 1",
        ("page" | "repository_page", "token") => ![NO_TEXT, "NULL"].contains(&change),
        // No command could read it.
        ("source" | "snapshot_listing" | "page", _) => change != NO_TEXT,
        ("snapshot_scope", "capture_filter") => change == "NULL",
        // The samples have no label, so that this changes nothing.
        ("snapshot_scope", "region") => change == "''",
        _ => true,
    }
}

/// A connection that lets everything through, and does not wait for the disk.
fn open(db: &Path) -> Connection {
    let connection = Connection::open(db).expect("a database");
    let pragmas = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF;
                   PRAGMA journal_mode = MEMORY";
    connection.execute_batch(pragmas).expect("pragmas");
    connection
}

fn verified(db: &Path) -> Option<Report> {
    Verifier::open(db).ok()?.run(&AtomicU64::new(0)).ok()
}

/// Tables with their columns, types and keys.
fn columns(db: &Path) -> Vec<(String, String, String, String)> {
    let connection = Connection::open(db).expect("a database");
    let sql = "SELECT t.name, c.name, c.type,
                      (SELECT group_concat('\"' || name || '\"') FROM pragma_table_info(t.name) WHERE pk > 0)
               FROM pragma_table_list t, pragma_table_info(t.name) c
               WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
    let mut statement = connection.prepare(sql).expect("a statement");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).expect("rows");
    rows.collect::<Result<_, _>>().expect("columns")
}

/// Change one cell; false where the change is none, or `SQLite` itself does not let it through.
fn change(db: &Path, table: &str, column: &str, key: &str, change: &str, last: bool) -> bool {
    let connection = open(db);
    let order = if last { key.replace(',', " DESC,") + " DESC" } else { key.to_owned() };
    let row = format!("FROM \"{table}\" ORDER BY {order} LIMIT 1");
    // As text that any cell has, also one that is not UTF-8.
    let cell = |connection: &Connection| {
        let shown = format!("SELECT typeof(\"{column}\") || hex(\"{column}\") {row}");
        connection.query_row(&shown, [], |row| row.get::<_, String>(0)).expect("a cell")
    };
    let before = cell(&connection);
    let change = change.replace('$', &format!("\"{column}\""));
    let update = format!("UPDATE \"{table}\" SET \"{column}\" = {change} WHERE ({key}) = (SELECT {key} {row})");
    match connection.execute(&update, []) {
        Ok(1) => cell(&connection) != before || key.contains(&format!("\"{column}\"")),
        _ => false,
    }
}

/// Without these, the tables of scopes, repositories and policies would have nothing to lose.
fn add_repositories(session: &Session) {
    session.quietly("forget 2026-03-15");
    let ran = session
        .quietly("ingest samples/2026-03-15 --snapshot 2026-03-15 --scope registry --capture-filter imageStatus=ANY");
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    for date in ["2026-03-01", "2026-03-08"] {
        let ran = session.quietly(&format!("ingest samples/repositories/{date} --snapshot {date}"));
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    }
}

#[test]
fn every_cell_counts() {
    let session = Session::with_three_dates();
    add_repositories(&session);
    let db = session.path("ecrsnap.db");
    let sound = fs::read(&db).expect("a database");
    let report = verified(&db).expect("a database");
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let (mut tried, mut missed) = (0, Vec::new());
    for (table, column, kind, key) in columns(&db) {
        let changes: Vec<&str> = match kind.as_str() {
            "INTEGER" => NUMBERS.to_vec(),
            "TEXT" => TEXTS.to_vec(),
            "BLOB" => BYTES.to_vec(),
            _ => [&TEXTS[..], &BYTES[..]].concat(),
        };
        let mut found = 0;
        for (how, last) in changes.iter().flat_map(|how| [(*how, false), (*how, true)]) {
            if !change(&db, &table, &column, &key, how, last) {
                continue;
            }
            let report = verified(&db);
            fs::write(&db, &sound).expect("a database");
            let free = FREE.contains(&(table.as_str(), column.as_str())) && could_be_true(&table, &column, how);
            if report.is_none_or(|report| !report.findings.is_empty()) {
                found += 1;
            } else if !free {
                missed.push(format!("{table}.{column} = {how} (last: {last})"));
            }
            tried += 1;
        }
        let unproven = [("migration", "applied_at"), ("migration", "program")];
        let unproven = unproven.contains(&(table.as_str(), column.as_str()));
        if found == 0 && !unproven {
            missed.push(format!("{table}.{column}: any change"));
        }
    }
    assert!(missed.is_empty(), "not found: {missed:#?}");
    assert!(tried > 300, "only {tried} changes went in");
}

/// Rows that are gone, or there once more.
#[test]
fn every_row_counts() {
    let session = Session::with_three_dates();
    add_repositories(&session);
    let db = session.path("ecrsnap.db");
    let sound = fs::read(&db).expect("a database");
    let tables: std::collections::BTreeSet<String> = columns(&db).into_iter().map(|(table, ..)| table).collect();
    // Without a row the policy of a repository is unknown, which is sound.
    for table in tables.iter().filter(|table| *table != "snapshot_policy") {
        open(&db).execute_batch(&format!("DELETE FROM {table}")).expect("a statement");
        let report = verified(&db).expect("a database");
        fs::write(&db, &sound).expect("a database");
        assert!(!report.findings.is_empty(), "nothing of {table} is missed");
    }
    for statement in [
        "INSERT INTO digest_index SELECT repository_id, digest_lead + 1, image_id FROM digest_index LIMIT 1",
        "INSERT INTO tag_index SELECT repository_id, tag || 'x', image_id FROM tag_index LIMIT 1",
        "INSERT INTO image_kind SELECT NULL, manifest_media_type, artifact_media_type, image_status, scan_status,
             scan_description FROM image_kind LIMIT 1",
        "INSERT INTO image SELECT 1000000, hash, repository_id, kind_id, digest, tags, size_bytes, pushed_at,
             scan_completed_at, vulnerability_source_updated_at, severity_counts, pulled_at, archived_at, activated_at,
             subject_digest, rest FROM image LIMIT 1",
        "INSERT INTO repository VALUES (NULL, '123456789012', 'nobody', '')",
        "CREATE TRIGGER t AFTER DELETE ON snapshot BEGIN DELETE FROM image; END",
        "DROP VIEW findings",
        "DROP INDEX source_by_ingest",
        "DROP VIEW pages; CREATE VIEW pages AS SELECT 1 AS snapshot",
    ] {
        open(&db).execute_batch(statement).expect(statement);
        let report = verified(&db).expect("a database");
        fs::write(&db, &sound).expect("a database");
        assert!(!report.findings.is_empty(), "{statement}: not found");
    }
}

/// Bytes of the file, changed behind `SQLite`: reported, refused, or in a place that holds nothing.
#[test]
fn any_byte_may_be_wrong() {
    let session = Session::with_three_dates();
    let db = session.path("ecrsnap.db");
    let sound = fs::read(&db).expect("a database");
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % limit as u64) as usize
    };
    let mut found = 0;
    for round in 0..300 {
        let mut bytes = sound.clone();
        // The header and the schema are small; they get a share of their own.
        let at = next(if round % 4 == 0 { 100 } else { bytes.len() });
        bytes[at] ^= 1 << next(8);
        if round % 8 == 1 {
            let end = (at + 200).min(bytes.len());
            bytes[at..end].fill(0xff);
        }
        if round % 16 == 2 {
            bytes.truncate(at);
        }
        fs::write(&db, &bytes).expect("a file");
        found += usize::from(verified(&db).is_none_or(|report| !report.findings.is_empty()));
    }
    // A quarter: the other bytes are in room that nothing uses, of which each table has some.
    assert!(found > 65, "only {found} of 300");
}

#[test]
fn in_the_users_words() {
    let mut session = Session::with_three_dates();
    let db = session.path("ecrsnap.db");
    session.run("verify");
    session.run("verify --output json");
    session.run("verify --db missing.db");
    session.write("text.db", "no database at all, but long enough to be looked at for a header".repeat(4));
    session.run("verify --db text.db");
    let sound = fs::read(&db).expect("a database");
    for statement in [
        "UPDATE image SET size_bytes = size_bytes + 1 WHERE id = 7",
        "DELETE FROM image WHERE id = 9",
        "DELETE FROM tag_index WHERE tag = 'prod' AND image_id = (SELECT min(image_id) FROM tag_index WHERE tag = 'prod')",
        "UPDATE digest_index SET digest_lead = 1 WHERE image_id = 5",
        "UPDATE chunk_run SET \"offset\" = \"offset\" + 1 WHERE chunk_id = 3",
        "UPDATE chunk SET hash = zeroblob(16) WHERE id = 2",
        "UPDATE listing SET tagged = tagged + 1, bytes = 0 WHERE id = 1",
        "UPDATE snapshot_listing SET complete = 1",
        "UPDATE snapshot SET name = 'latest' WHERE id = 1",
        "DROP VIEW findings",
    ] {
        open(&db).execute_batch(statement).expect(statement);
        let ran = session.run("verify");
        assert_eq!(ran.status, Some(1), "{statement}");
        fs::write(&db, &sound).expect("a database");
    }
    // Less than the tables take: not even the schema can be read.
    fs::write(&db, &sound[..20_000]).expect("a file");
    assert_eq!(session.run("verify").status, Some(1));
    session.run("images");
    session.golden("verify");
}
