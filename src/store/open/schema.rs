//! The schema in a file, compared with the one that the migrations make.
//!
//! Everything else in the store trusts that `image` is the table that we made. Tables, views and
//! indexes that another program added are ignored; a trigger on one of our tables would change what we write
//! and is refused.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::migrate::{self, NEWEST};
use crate::store::error::StoreError;

/// BLAKE3 of the newest schema, as [`hash`] computes it: so the usual file need not be compared object by object
/// with what the migrations make, which would have to be made for it. A test compares it with the migrations.
const NEWEST_HASH: &str = "472aee87ca2178885dab0b9c51ca5e2d33b57b22c950bc9493f4f7e156e2d94b";

/// Objects by name: their type and the text that makes them.
type Objects = HashMap<Vec<u8>, (Vec<u8>, Vec<u8>)>;

/// An object that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Difference {
    /// A sentence about it.
    pub(in crate::store) problem: String,
    /// Whether tables can still be read: only a view or an index differs.
    pub(in crate::store) readable: bool,
}

/// Refuse a database whose schema is not that of its number.
pub(super) fn check(connection: &Connection, path: &Path, number: i64) -> Result<(), StoreError> {
    if number == NEWEST && hash(connection).is_ok_and(|hash| hash.to_hex().as_str() == NEWEST_HASH) {
        return Ok(());
    }
    let found = differences(connection, number).map_err(|error| error.of(path))?;
    match found.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(StoreError::Schema { path: path.to_owned(), problem: first.problem }),
    }
}

/// A hash over all objects of a schema: type, name, table and text of each, in the order of their names.
fn hash(connection: &Connection) -> rusqlite::Result<blake3::Hash> {
    let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name, type";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut hash = blake3::Hasher::new();
    while let Some(row) = rows.next()? {
        for column in 0..4 {
            let text = row.get_ref(column)?.as_bytes_or_null()?.unwrap_or_default();
            hash.update(&(text.len() as u64).to_le_bytes()).update(text);
        }
    }
    Ok(hash.finalize())
}

/// What differs from the schema of that number.
pub(in crate::store) fn differences(connection: &Connection, number: i64) -> Result<Vec<Difference>, StoreError> {
    let model = ours(number)?;
    let mut differences = Vec::new();
    let mut present = 0;
    let mut statement = connection.prepare("SELECT name, type, sql, tbl_name FROM sqlite_schema")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let column = |index| Ok::<_, rusqlite::Error>(row.get_ref(index)?.as_bytes_or_null()?.unwrap_or_default());
        let (name, kind, sql, table) = (column(0)?, column(1)?, column(2)?, column(3)?);
        let shown = || crate::model::visible(&String::from_utf8_lossy(name));
        if let Some((expected_kind, expected)) = model.get(name) {
            present += 1;
            if kind != expected_kind.as_slice() || sql != expected.as_slice() {
                let expected_kind = String::from_utf8_lossy(expected_kind);
                let problem = format!("the {expected_kind} {} is not as ecrsnap makes it", shown());
                differences.push(Difference { problem, readable: kind != b"table" && expected_kind != "table" });
            }
        } else if kind == b"trigger" && model.keys().any(|ours| ours.eq_ignore_ascii_case(table)) {
            let problem = format!("the trigger {} was not created by ecrsnap", shown());
            differences.push(Difference { problem, readable: true });
        }
    }
    if present < model.len() {
        let mut statement = connection.prepare("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1)")?;
        let mut missing: Vec<_> = model.iter().collect();
        missing.sort();
        for (name, (kind, _)) in missing {
            let (name, kind) = (String::from_utf8_lossy(name), String::from_utf8_lossy(kind));
            if !statement.query_row([&name], |row| row.get(0))? {
                let problem = format!("the {kind} {name} is missing");
                differences.push(Difference { problem, readable: kind != "table" });
            }
        }
    }
    Ok(differences)
}

/// The objects that the first `number` migrations make; worked out once in a process.
pub(in crate::store) fn ours(number: i64) -> Result<std::sync::Arc<Objects>, StoreError> {
    static KNOWN: Mutex<Option<(i64, std::sync::Arc<Objects>)>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, objects)) = &*known
        && *of == number
    {
        return Ok(std::sync::Arc::clone(objects));
    }
    let model = migrate::model_of(number)?;
    let mut statement = model.prepare("SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL")?;
    let rows = statement.query_map([], |row| {
        let text = |index| row.get::<_, String>(index).map(String::into_bytes);
        Ok((text(0)?, (text(1)?, text(2)?)))
    })?;
    let objects = std::sync::Arc::new(rows.collect::<Result<Objects, _>>()?);
    *known = Some((number, std::sync::Arc::clone(&objects)));
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::{NEWEST_HASH, differences, hash};
    use crate::store::open::{NEWEST, model};

    #[test]
    fn the_hash_is_that_of_the_migrations() {
        let hash = hash(&model().unwrap()).unwrap();
        assert_eq!(hash.to_hex().as_str(), NEWEST_HASH, "a migration was added: this is its hash");
    }

    #[test]
    fn any_change_changes_the_hash() {
        for change in [
            "CREATE TABLE mine (a)",
            "CREATE TRIGGER t AFTER INSERT ON image BEGIN SELECT 1; END",
            "DROP VIEW images",
            "ALTER TABLE segment ADD COLUMN more INTEGER",
        ] {
            let changed = model().unwrap();
            changed.execute_batch(change).unwrap();
            assert_ne!(hash(&changed).unwrap().to_hex().as_str(), NEWEST_HASH, "{change}");
            assert_eq!(differences(&changed, NEWEST).unwrap().is_empty(), change.contains("mine"), "{change}");
        }
    }
}
