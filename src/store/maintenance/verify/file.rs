//! The file as `SQLite` sees it: its pages, its references, its schema.

use std::collections::HashMap;

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
        findings.add(Finding::unreadable("the file", &error));
    }
    if let Err(error) = references(connection, findings) {
        findings.add(Finding::unreadable("what refers to what", &error));
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

/// Missing rows that others refer to, counted for each pair of tables.
fn references(connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let sql = "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (child, parent, count): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        findings.add(Finding::of(format!("{count} of the table {child} refer to a missing row of {parent}")));
    }
    Ok(())
}

/// Tables, indexes and views are those that the migrations make, and the views can be read.
pub(super) fn schema(connection: &Connection, findings: &mut Findings) {
    if let Err(error) = compare(connection, findings) {
        findings.add(Finding::unreadable("the schema", &error));
    }
}

fn compare(connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let model = objects(&open::model()?)?;
    let found = objects(connection)?;
    for (name, (kind, sql)) in &model {
        match found.get(name) {
            None => findings.add(Finding::of(format!("the {kind} {name} is missing"))),
            Some((_, other)) if other != sql => {
                findings.add(Finding::of(format!("the {kind} {name} is not as ecrsnap makes it")));
            }
            Some(_) if kind == "view" => {
                if let Err(error) = read_view(connection, name) {
                    findings.add(Finding::unreadable(&format!("the view {name}"), &error));
                }
            }
            Some(_) => {}
        }
    }
    // Tables and views of one's own harm nothing; a trigger changes what others write.
    for (name, (kind, _)) in &found {
        if kind == "trigger" {
            findings.add(Finding::of(format!("the trigger {name} is none of ecrsnap's")));
        }
    }
    migrations(connection, findings)
}

type Objects = HashMap<String, (String, String)>;

/// Type and text of what has a text; the indexes that `SQLite` makes have none.
fn objects(connection: &Connection) -> Result<Objects, StoreError> {
    let mut statement = connection.prepare("SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read_view(connection: &Connection, name: &str) -> Result<(), StoreError> {
    // The name is one that our own schema has.
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\" LIMIT {VIEW_ROWS}"))?;
    let mut rows = statement.query([])?;
    loop {
        match rows.next() {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            // Pages may say sizes that no sum holds. They are kept as they were said, and are no damage.
            Err(rusqlite::Error::SqliteFailure(_, Some(message))) if message == "integer overflow" => return Ok(()),
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
