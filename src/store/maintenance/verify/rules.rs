//! What no hash covers: snapshots, their sources and their pages, and that they agree with one another.
//!
//! Each rule is a query for the rows that break it, as snapshot, repository and something to name.

use rusqlite::Connection;

use super::finding::{Finding, Findings};
use crate::model::{CaptureFilter, snapshot_name_problem};
use crate::store::columns::KindText;
use crate::store::error::StoreError;

/// Rows that are named for each rule.
const NAMED: usize = 20;

/// The years 1 to 9999 in microseconds, as `Instant` has them.
const TIMES: &str = "BETWEEN -62135596800000000 AND 253402300799999999";

/// What is wrong, and the condition for the rows in question; `TIMES` is replaced by the range above, and
/// `KIND_TEXTS` by the columns of `image_kind`.
const RULES: &[(&str, &str)] = &[
    (
        "the fingerprint of a chunk of a listing is invalid",
        "SELECT NULL, NULL, NULL FROM chunk
         WHERE (text_lead IS NULL) <> (text_hash IS NULL) OR (text_length IS NULL) <> (text_hash IS NULL)
             OR text_length NOT BETWEEN 1 AND 4294967295 OR length(text_hash) <> 16",
    ),
    (
        "more pages of an ingest are there than it found",
        "SELECT s.name, NULL, NULL FROM ingest n JOIN snapshot s ON s.id = n.snapshot_id
         WHERE n.pages < (SELECT count(*) FROM source f JOIN page p ON p.source_id = f.id WHERE f.ingest_id = n.id)",
    ),
    ("it was captured at no time", "SELECT name, NULL, NULL FROM snapshot WHERE NOT captured_at TIMES"),
    (
        "no ingest is known to have made it",
        "SELECT name, NULL, NULL FROM snapshot WHERE id NOT IN (SELECT snapshot_id FROM ingest)",
    ),
    (
        "its listing is that of another repository",
        "SELECT s.name, r.name, NULL FROM snapshot_listing sl JOIN listing l ON l.id = sl.listing_id
         JOIN snapshot s ON s.id = sl.snapshot_id JOIN repository r ON r.id = sl.repository_id
         WHERE l.repository_id <> sl.repository_id",
    ),
    (
        "its pages do not follow one another",
        "SELECT s.name, r.name, NULL FROM
             (SELECT *, row_number() OVER w - 1 AS number, lag(start + images, 1, 0) OVER w AS due
              FROM page WINDOW w AS (PARTITION BY snapshot_id, repository_id ORDER BY ordinal)) p
         JOIN snapshot s ON s.id = p.snapshot_id JOIN repository r ON r.id = p.repository_id
         WHERE p.ordinal <> p.number OR p.start <> p.due OR p.images < 0
         GROUP BY p.snapshot_id, p.repository_id",
    ),
    (
        "its pages do not cover its listing, or disagree with whether it is complete",
        "SELECT s.name, r.name, NULL FROM snapshot_listing sl JOIN listing l ON l.id = sl.listing_id
         JOIN snapshot s ON s.id = sl.snapshot_id JOIN repository r ON r.id = sl.repository_id
         LEFT JOIN page p ON p.snapshot_id = sl.snapshot_id AND p.repository_id = sl.repository_id
             AND p.ordinal = (SELECT max(ordinal) FROM page q
                              WHERE q.snapshot_id = sl.snapshot_id AND q.repository_id = sl.repository_id)
         WHERE p.start + p.images IS NOT l.images OR (p.token IS NULL) <> sl.complete",
    ),
    (
        "there are pages of it, and no listing",
        "SELECT s.name, r.name, NULL FROM page p
         LEFT JOIN snapshot_listing sl ON sl.snapshot_id = p.snapshot_id AND sl.repository_id = p.repository_id
         LEFT JOIN snapshot s ON s.id = p.snapshot_id LEFT JOIN repository r ON r.id = p.repository_id
         WHERE sl.listing_id IS NULL GROUP BY p.snapshot_id, p.repository_id",
    ),
    (
        "a page of it comes from a file of another snapshot",
        "SELECT s.name, r.name, f.name FROM page p JOIN source f ON f.id = p.source_id
         JOIN ingest n ON n.id = f.ingest_id
         LEFT JOIN snapshot s ON s.id = p.snapshot_id LEFT JOIN repository r ON r.id = p.repository_id
         WHERE n.snapshot_id <> p.snapshot_id",
    ),
    (
        "the record of a file is invalid: its hash, length or time",
        "SELECT s.name, NULL, f.name FROM source f
         LEFT JOIN ingest n ON n.id = f.ingest_id LEFT JOIN snapshot s ON s.id = n.snapshot_id
         WHERE length(f.hash) <> 32 OR f.bytes < 0 OR NOT f.modified_at TIMES",
    ),
    (
        "the record of an ingest is invalid: its time, program or options",
        "SELECT s.name, NULL, n.program FROM ingest n LEFT JOIN snapshot s ON s.id = n.snapshot_id
         WHERE NOT n.ingested_at TIMES OR n.program NOT LIKE 'ecrsnap %' OR NOT json_valid(n.options)",
    ),
    (
        "its scope names a registry of which it has nothing",
        "SELECT s.name, NULL, c.registry_id FROM snapshot_scope c LEFT JOIN snapshot s ON s.id = c.snapshot_id
         WHERE s.id IS NULL OR NOT EXISTS
             (SELECT 1 FROM snapshot_listing sl JOIN repository r ON r.id = sl.repository_id
              WHERE sl.snapshot_id = c.snapshot_id AND r.registry_id = c.registry_id AND r.region = c.region)",
    ),
    (
        "its ingests and its scope disagree on whether it covers whole registries",
        "SELECT s.name, NULL, NULL FROM snapshot s
         WHERE EXISTS (SELECT 1 FROM ingest n WHERE n.snapshot_id = s.id AND json_valid(n.options)
                           AND json_extract(n.options, '$.scope') IS NOT NULL)
            <> EXISTS (SELECT 1 FROM snapshot_scope c WHERE c.snapshot_id = s.id)",
    ),
    (
        "media types and states are stored twice",
        "SELECT NULL, NULL, group_concat(id) FROM image_kind
         GROUP BY KIND_TEXTS
         HAVING count(*) > 1",
    ),
    (
        "a repository that nothing belongs to",
        "SELECT NULL, name, NULL FROM repository
         WHERE id NOT IN (SELECT repository_id FROM snapshot_listing) AND id NOT IN (SELECT repository_id FROM listing)
             AND id NOT IN (SELECT repository_id FROM snapshot_repository)
             AND id NOT IN (SELECT repository_id FROM repository_version)
             AND id NOT IN (SELECT repository_id FROM snapshot_policy)",
    ),
    (
        "its settings are those of another repository",
        "SELECT s.name, r.name, NULL FROM snapshot_repository sr
         JOIN repository_version v ON v.id = sr.version_id
         JOIN snapshot s ON s.id = sr.snapshot_id JOIN repository r ON r.id = sr.repository_id
         WHERE v.repository_id <> sr.repository_id",
    ),
    (
        "two repositories have one place in the list of a snapshot, or a place is negative",
        "SELECT s.name, min(r.name), NULL FROM snapshot_repository sr
         JOIN snapshot s ON s.id = sr.snapshot_id JOIN repository r ON r.id = sr.repository_id
         GROUP BY sr.snapshot_id, sr.position HAVING count(*) > 1 OR sr.position < 0",
    ),
    (
        "a describe-repositories page or a policy comes from a file of another snapshot",
        "SELECT s.name, NULL, f.name FROM
             (SELECT snapshot_id, source_id FROM repository_page UNION SELECT snapshot_id, source_id FROM snapshot_policy) p
         JOIN source f ON f.id = p.source_id JOIN ingest n ON n.id = f.ingest_id
         LEFT JOIN snapshot s ON s.id = p.snapshot_id
         WHERE n.snapshot_id <> p.snapshot_id",
    ),
    (
        "what is known of its lifecycle policy is invalid: its time or its other members",
        "SELECT s.name, r.name, NULL FROM snapshot_policy p
         JOIN snapshot s ON s.id = p.snapshot_id JOIN repository r ON r.id = p.repository_id
         WHERE NOT p.last_evaluated_at TIMES OR NOT json_valid(p.rest)
             OR p.last_evaluated_nanos NOT BETWEEN 0 AND 999
             OR p.last_evaluated_at IS NULL AND p.last_evaluated_nanos <> 0
             OR p.policy_id IS NULL AND (p.last_evaluated_at IS NOT NULL OR p.rest IS NOT NULL)",
    ),
    (
        "its describe-repositories pages are not numbered one after another",
        "SELECT s.name, NULL, NULL FROM repository_page p JOIN snapshot s ON s.id = p.snapshot_id
         GROUP BY p.snapshot_id HAVING min(p.ordinal) <> 0 OR max(p.ordinal) <> count(*) - 1",
    ),
    (
        // A list that was replaced by a shorter one leaves gaps among the places.
        "a describe-repositories page ends behind the last repository, or before the first",
        "SELECT s.name, NULL, CAST(p.ordinal AS TEXT) FROM repository_page p JOIN snapshot s ON s.id = p.snapshot_id
         JOIN (SELECT s.id, count(r.position) AS repositories, max(r.position) AS last FROM snapshot s
               LEFT JOIN snapshot_repository r ON r.snapshot_id = s.id GROUP BY s.id) n ON n.id = p.snapshot_id
         WHERE p.until < 0 OR coalesce(n.last + 1, 0) = n.repositories AND p.until > n.repositories",
    ),
    (
        // A page is filed under the registry and region of its first repository.
        "no describe-repositories page is of the registry and region of a listed repository",
        "SELECT s.name, NULL, NULL FROM snapshot s
         WHERE EXISTS (SELECT 1 FROM snapshot_repository sr WHERE sr.snapshot_id = s.id)
             AND NOT EXISTS (SELECT 1 FROM snapshot_repository sr JOIN repository r ON r.id = sr.repository_id
                             JOIN repository_page p ON p.snapshot_id = sr.snapshot_id
                                 AND (p.registry_id, p.region) = (r.registry_id, r.region)
                             WHERE sr.snapshot_id = s.id)",
    ),
];

/// Texts that no hash covers, each with what it is: a single bit makes of one what no command can read.
const TEXTS: [(&str, &str); 5] = [
    (
        "the token of a page",
        "SELECT s.name, r.name, p.token FROM page p
         LEFT JOIN snapshot s ON s.id = p.snapshot_id LEFT JOIN repository r ON r.id = p.repository_id
         WHERE p.token IS NOT NULL",
    ),
    (
        "the token, registry or region of a describe-repositories page",
        "SELECT s.name, NULL, p.registry_id || p.region || coalesce(p.token, '') FROM repository_page p
         LEFT JOIN snapshot s ON s.id = p.snapshot_id",
    ),
    (
        "the name of a file",
        "SELECT s.name, NULL, f.name FROM source f
         LEFT JOIN ingest n ON n.id = f.ingest_id LEFT JOIN snapshot s ON s.id = n.snapshot_id",
    ),
    (
        "the program of an ingest",
        "SELECT s.name, NULL, n.program FROM ingest n LEFT JOIN snapshot s ON s.id = n.snapshot_id",
    ),
    (
        "the options of an ingest",
        "SELECT s.name, NULL, n.options FROM ingest n LEFT JOIN snapshot s ON s.id = n.snapshot_id",
    ),
];

/// The filters of captures, each with its place.
const FILTERS: [(&str, &str); 2] = [
    (
        "its capture",
        "SELECT min(s.name), min(r.name), l.capture_filter FROM snapshot_listing l
         JOIN snapshot s ON s.id = l.snapshot_id JOIN repository r ON r.id = l.repository_id
         WHERE l.capture_filter IS NOT NULL GROUP BY l.capture_filter",
    ),
    (
        "its scope",
        "SELECT s.name, NULL, c.capture_filter FROM snapshot_scope c JOIN snapshot s ON s.id = c.snapshot_id
         WHERE c.capture_filter IS NOT NULL",
    ),
];

/// Check every rule.
pub(super) fn check(connection: &Connection, findings: &mut Findings) {
    let kind_texts = KindText::list("");
    for (problem, sql) in RULES {
        let sql = sql.replace("KIND_TEXTS", &kind_texts).replace("TIMES", TIMES);
        if let Err(error) = broken(connection, problem, &sql, findings) {
            findings.unreadable("snapshots and their sources", &error);
        }
    }
    for (what, sql) in TEXTS {
        if let Err(error) = unreadable(connection, what, sql, findings) {
            findings.unreadable(what, &error);
        }
    }
    for (place, sql) in FILTERS {
        if let Err(error) = filters(connection, place, sql, findings) {
            findings.unreadable("the filters of captures", &error);
        }
    }
    if let Err(error) = snapshot_names(connection, findings) {
        findings.unreadable("the names of snapshots", &error);
    }
}

/// The store holds the canonical form of a filter alone; no command can read another text.
fn filters(connection: &Connection, place: &str, sql: &str, findings: &mut Findings) -> Result<(), StoreError> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = String::from_utf8_lossy(row.get_ref(2)?.as_bytes().unwrap_or_default()).into_owned();
        let filter = text.parse::<CaptureFilter>().map(|filter| filter.to_string());
        if filter.as_ref() != Ok(&text) {
            let finding = Finding::of(format!("{place} has no readable filter ({text})"));
            findings.add(Finding { snapshot: row.get(0)?, repository: row.get(1)?, ..finding });
        }
    }
    Ok(())
}

fn broken(connection: &Connection, problem: &str, sql: &str, findings: &mut Findings) -> Result<(), StoreError> {
    let mut statement = connection.prepare(&format!("{sql} LIMIT {NAMED}"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let named: Option<String> = row.get(2)?;
        let named = named.map_or(String::new(), |named| format!(" ({named})"));
        findings.add(Finding {
            snapshot: row.get(0)?,
            repository: row.get(1)?,
            ..Finding::of(format!("{problem}{named}"))
        });
    }
    Ok(())
}

fn unreadable(connection: &Connection, what: &str, sql: &str, findings: &mut Findings) -> Result<(), StoreError> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut named = 0;
    while let Some(row) = rows.next()? {
        if row.get_ref(2)?.as_str().is_ok() {
            continue;
        }
        findings.add(Finding {
            snapshot: row.get(0)?,
            repository: row.get(1)?,
            ..Finding::of(format!("{what} is not UTF-8 text"))
        });
        named += 1;
        if named == NAMED {
            break;
        }
    }
    Ok(())
}

fn snapshot_names(connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT name FROM snapshot ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        if let Some(problem) = snapshot_name_problem(&name) {
            findings.add(Finding { snapshot: Some(name), ..Finding::of(format!("its name {problem}")) });
        }
    }
    Ok(())
}
