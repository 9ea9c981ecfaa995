//! The numbered migrations of `schema/`, and how they are applied.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::APPLICATION_ID;
use crate::model::CaptureFilter;
use crate::store::error::StoreError;
use crate::store::segment;

/// The migrations in order, by name. A released one is never edited.
const MIGRATIONS: [(&str, &str); 7] = [
    ("0001_store", include_str!("../../../schema/0001_store.sql")),
    ("0002_views", include_str!("../../../schema/0002_views.sql")),
    ("0003_exact", include_str!("../../../schema/0003_exact.sql")),
    ("0004_scope", include_str!("../../../schema/0004_scope.sql")),
    ("0005_repositories", include_str!("../../../schema/0005_repositories.sql")),
    ("0006_segments", include_str!("../../../schema/0006_segments.sql")),
    ("0007_runs", include_str!("../../../schema/0007_runs.sql")),
];

/// The number of the newest schema.
pub(in crate::store) const NEWEST: i64 = MIGRATIONS.len() as i64;

/// A new database in memory with every migration: what a schema should be.
pub(in crate::store) fn model() -> Result<Connection, StoreError> {
    model_of(NEWEST)
}

/// A new database in memory with the first `number` migrations.
pub(super) fn model_of(number: i64) -> Result<Connection, StoreError> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch("BEGIN")?;
    apply(&connection, 0, number)?;
    connection.execute_batch("COMMIT")?;
    Ok(connection)
}

/// The migrations by number and name.
pub(in crate::store) fn migrations() -> impl Iterator<Item = (i64, &'static str)> {
    (1i64..).zip(MIGRATIONS.iter().map(|(name, _)| *name))
}

/// The number of a schema: 0 for an empty file.
pub(super) fn number(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Apply the missing migrations within the current transaction.
pub(super) fn migrate(connection: &Connection, found: i64) -> Result<(), StoreError> {
    apply(connection, found, NEWEST)
}

fn apply(connection: &Connection, found: i64, until: i64) -> Result<(), StoreError> {
    // `0003` rewrites the filters of captures, whose one form is known here alone.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("canonical_filter", 1, flags, |context| {
        let text: String = context.get(0)?;
        Ok(canonical_filter(&text))
    })?;
    for (number, (name, sql)) in (1i64..=until).zip(MIGRATIONS).skip(found as usize) {
        connection.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS migration (
                 number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL, program TEXT NOT NULL
             ) STRICT;
             INSERT INTO migration VALUES
                 ({number}, '{name}', strftime('%Y-%m-%dT%H:%M:%SZ'), 'ecrsnap {}');
             {sql}
             PRAGMA application_id = {APPLICATION_ID};
             PRAGMA user_version = {number};",
            env!("CARGO_PKG_VERSION")
        ))?;
        if name == "0006_segments" {
            segment::build(connection)?;
        }
    }
    connection.remove_function("canonical_filter", 1)?;
    Ok(())
}

/// The canonical form of a filter as version 0.1 stored it; none if it cannot be read. That version
/// accepted a key that was given twice, and the last value counted.
fn canonical_filter(text: &str) -> Option<String> {
    let parsed = text.parse::<CaptureFilter>().or_else(|error| {
        let mut pairs: Vec<&str> = Vec::new();
        for pair in text.rsplit(',') {
            let key = |pair: &str| pair.split_once('=').map(|(key, _)| key.trim().to_owned());
            if !pairs.iter().any(|known| key(known) == key(pair)) {
                pairs.push(pair);
            }
        }
        pairs.join(",").parse().map_err(|_| error)
    });
    parsed.ok().map(|filter| filter.to_string())
}

#[cfg(test)]
mod tests {
    use super::canonical_filter;

    #[test]
    fn filters_of_the_first_version_get_one_form() {
        for (text, expected) in [
            ("imageStatus=ANY", Some("imageStatus=ANY")),
            (r#"{"imageStatus": "ANY"}"#, Some("imageStatus=ANY")),
            ("imageStatus=ACTIVE,tagStatus=TAGGED,imageStatus=ANY", Some("tagStatus=TAGGED,imageStatus=ANY")),
            ("imageStatus=\"ANY\", tagStatus='ANY'", Some("tagStatus=ANY,imageStatus=ANY")),
            ("anything", None),
            ("", None),
        ] {
            assert_eq!(canonical_filter(text).as_deref(), expected, "{text}");
        }
    }
}
