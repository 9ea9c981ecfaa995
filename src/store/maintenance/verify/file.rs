//! The file as `SQLite` sees it: its pages, its references, its schema.

use rusqlite::Connection;

use super::finding::{Finding, Findings};
use crate::store::error::StoreError;
use crate::store::open;

/// Messages of `SQLite`'s own that are asked for.
const MESSAGES: usize = 100;
/// Rows of a view that are read: each column is computed at least once.
const VIEW_ROWS: usize = 100;

/// `SQLite`'s own checks.
pub(super) fn check(connection: &Connection, findings: &mut Findings) {
    if let Err(error) = integrity(connection, findings) {
        findings.unreadable("the file", &error);
    }
    if let Err(error) = references(connection, findings) {
        findings.unreadable("what refers to what", &error);
    }
}

fn integrity(connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({MESSAGES})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let message: String = row.get(0)?;
        if message != "ok" {
            findings.add(Finding::of(format!("SQLite: {message}")));
        }
    }
    Ok(())
}

/// Missing rows that others refer to, counted for each pair of tables. The references of the large tables are followed
/// by `images` and `lookups`, which read every row of them anyway; looking each up here would take as long as all the rest.
fn references(connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let sql = "SELECT s.name, f.parent, count(*) FROM sqlite_schema s, pragma_foreign_key_check(s.name) f
               WHERE s.type = 'table' AND s.name NOT IN ('image', 'digest_index', 'tag_index') GROUP BY 1, 2";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (child, parent, count): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        findings.add(Finding::of(format!("{count} of the table {child} refer to a missing row of {parent}")));
    }
    Ok(())
}

/// Tables, indexes and views are those that the migrations make; false if the tables are not, so that nothing
/// else can be said about them.
pub(super) fn schema(connection: &Connection, findings: &mut Findings) -> bool {
    let number = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(StoreError::from);
    match number.and_then(|number| open::differences(connection, number)) {
        Ok(differences) => {
            let readable = differences.iter().all(|difference| difference.readable);
            for difference in differences {
                findings.add(Finding::of(difference.problem));
            }
            readable
        }
        Err(error) => {
            findings.unreadable("the schema", &error);
            false
        }
    }
}

/// The views that the migrations make can be read, and their record is right.
pub(super) fn views(connection: &Connection, findings: &mut Findings) {
    if let Err(error) = read_views(connection, findings) {
        findings.unreadable("the schema", &error);
    }
}

fn read_views(connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let ours = open::ours(open::NEWEST)?;
    let mut found = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY rowid")?;
    let found =
        found.query_map([], |row| Ok((row.get_ref(0)?.as_bytes()?.to_vec(), row.get_ref(1)?.as_bytes()?.to_vec())))?;
    for view in found {
        let (name, sql) = view?;
        // Only the text of our own: another one may run forever.
        if ours.get(&name).is_some_and(|(_, expected)| *expected == sql) {
            let name = String::from_utf8_lossy(&name);
            if let Err(error) = read_view(connection, &name) {
                findings.unreadable(&format!("the view {name}"), &error);
            }
        }
    }
    migrations(connection, findings)
}

fn read_view(connection: &Connection, name: &str) -> Result<(), StoreError> {
    // The name is one that our own schema has.
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\" LIMIT {VIEW_ROWS}"))?;
    let mut rows = statement.query([])?;
    loop {
        match rows.next() {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

fn migrations(connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT number, name FROM migration ORDER BY number")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let applied: Vec<(i64, String)> = rows.collect::<Result<_, _>>()?;
    let known = open::migrations().map(|(number, name)| (number, name.to_owned()));
    if !known.eq(applied) {
        findings.add(Finding::of("the record of migrations is not that of this schema"));
    }
    Ok(())
}
