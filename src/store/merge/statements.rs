//! Writes what a plan decided about one snapshot: its runs with their files, its statements about repositories, and
//! the pages of its lists.
//!
//! It decides nothing: `plan` has found every conflict before.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};

use super::rows::{Mapper, Row, rows};
use super::tables::{Role, with_role};
use crate::store::error::StoreError;

/// A row of a table of [`Role::Statement`].
pub(super) struct Statement {
    pub(super) table: &'static str,
    /// The indices of the columns that name its subject.
    pub(super) key: Vec<usize>,
    /// The index of the column that is a place in a list.
    pub(super) place: Option<usize>,
    pub(super) row: Row,
    /// This store says something else.
    pub(super) replaces: bool,
}

/// Copy the runs of a snapshot that this store does not have, with their files, and map those that it has.
pub(super) fn copy_runs(mapper: &mut Mapper<'_>, there: i64, here: i64) -> Result<(), StoreError> {
    let runs_sql =
        format!("SELECT {} FROM ingest WHERE snapshot_id = ?1 ORDER BY id", mapper.table("ingest").column_list());
    let files_sql =
        format!("SELECT {} FROM source WHERE ingest_id = ?1 ORDER BY id", mapper.table("source").column_list());
    let at = |mapper: &Mapper<'_>, table, column| mapper.table(table).position(column).unwrap_or_default();
    let keys = [at(mapper, "ingest", "id"), at(mapper, "ingest", "snapshot_id")];
    let file_keys = [at(mapper, "source", "id"), at(mapper, "source", "ingest_id")];
    let mut known: Vec<(Row, Vec<Row>)> = Vec::new();
    for run in rows(mapper.to, &runs_sql, &[Value::Integer(here)])? {
        let files = rows(mapper.to, &files_sql, &[Value::Integer(key(&run, keys[0]))])?;
        known.push((run, files));
    }
    let mut taken = vec![false; known.len()];
    for run in mapper.rows(&runs_sql, &[there])? {
        let files = mapper.rows(&files_sql, &[key(&run, keys[0])])?;
        let same = known.iter().enumerate().position(|(at, (other, others))| {
            !taken[at]
                && same_but(&run, other, &keys)
                && files.len() == others.len()
                && files.iter().zip(others).all(|(file, other)| same_but(file, other, &file_keys))
        });
        if let Some(same) = same {
            taken[same] = true;
            for (file, other) in files.iter().zip(&known[same].1) {
                mapper.set("source", key(file, file_keys[0]), key(other, file_keys[0]));
            }
            continue;
        }
        let run_id = key(&run, keys[0]);
        let mut row = mapper.mapped("ingest", run)?;
        let id = mapper.add("ingest", &mut row)?;
        mapper.set("ingest", run_id, id);
        for file in files {
            let file_id = key(&file, file_keys[0]);
            let mut row = mapper.mapped("source", file)?;
            let id = mapper.add("source", &mut row)?;
            mapper.set("source", file_id, id);
        }
    }
    Ok(())
}

/// Write a statement and the rows that come along with it.
pub(super) fn write_statement(
    mapper: &mut Mapper<'_>,
    snapshot: i64,
    here: i64,
    statement: Statement,
) -> Result<(), StoreError> {
    let Statement { table, key, place, row, replaces } = statement;
    let repository = match mapper.table(table).position("repository_id").map(|at| &row[at]) {
        Some(Value::Integer(id)) => Some(*id),
        _ => None,
    };
    let mut row = mapper.mapped(table, row)?;
    if let Some(place) = place.filter(|_| !replaces) {
        let column = &mapper.table(table).columns[place].name;
        let sql = format!("SELECT coalesce(max(\"{column}\") + 1, 0) FROM \"{table}\" WHERE snapshot_id = ?1");
        row[place] = mapper.to.prepare_cached(&sql)?.query_row([here], |row| row.get(0))?;
    }
    if replaces {
        let sql = format!("DELETE FROM \"{table}\" WHERE {}", mapper.table(table).equal(&key));
        let values: Vec<&Value> = key.iter().map(|at| &row[*at]).collect();
        mapper.to.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    }
    mapper.add_keyed(table, &row)?;
    let details: Vec<&str> = with_role(|role| role == Role::Detail(table)).map(|(name, _)| name).collect();
    let Some(repository) = repository.filter(|_| !details.is_empty()) else { return Ok(()) };
    let repository_here = mapper.map("repository", repository)?;
    for name in details {
        let sql = format!("DELETE FROM \"{name}\" WHERE snapshot_id = ?1 AND repository_id = ?2");
        mapper.to.prepare_cached(&sql)?.execute([here, repository_here])?;
        let columns = mapper.table(name).column_list();
        let sql = format!("SELECT {columns} FROM \"{name}\" WHERE snapshot_id = ?1 AND repository_id = ?2");
        for row in mapper.rows(&sql, &[snapshot, repository])? {
            let row = mapper.mapped(name, row)?;
            mapper.add_keyed(name, &row)?;
        }
    }
    Ok(())
}

/// Add the pages of a list behind those of the snapshot here, from files whose pages are not there yet.
pub(super) fn write_list_pages(
    mapper: &mut Mapper<'_>,
    (there, here): (i64, i64),
    table: &'static str,
    list: &str,
) -> Result<(), StoreError> {
    let at = |mapper: &Mapper<'_>, column| mapper.table(table).position(column).unwrap_or_default();
    let [ordinal, until, source] = ["ordinal", "until", "source_id"].map(|column| at(mapper, column));
    let sql = format!("SELECT DISTINCT source_id FROM \"{table}\" WHERE snapshot_id = ?1");
    let known: HashSet<i64> = rows(mapper.to, &sql, &[Value::Integer(here)])?.iter().map(|row| key(row, 0)).collect();
    let next = format!("SELECT coalesce(max(ordinal) + 1, 0) FROM \"{table}\" WHERE snapshot_id = ?1");
    let repository = format!("SELECT repository_id FROM \"{list}\" WHERE snapshot_id = ?1 AND position = ?2");
    let place = format!("SELECT position + 1 FROM \"{list}\" WHERE snapshot_id = ?1 AND repository_id = ?2");
    let columns = mapper.table(table).column_list();
    let sql = format!("SELECT {columns} FROM \"{table}\" WHERE snapshot_id = ?1 ORDER BY ordinal");
    for row in mapper.rows(&sql, &[there])? {
        let final_one = mapper.rows(&repository, &[there, key(&row, until) - 1])?.pop();
        let mut row = mapper.mapped(table, row)?;
        if known.contains(&key(&row, source)) {
            continue;
        }
        // The place behind its last repository, whose place may differ here.
        let place = match final_one {
            Some(found) => {
                let repository = mapper.map("repository", key(&found, 0))?;
                mapper.to.prepare_cached(&place)?.query_row([here, repository], |row| row.get(0)).optional()?
            }
            None => None,
        };
        row[until] = Value::Integer(place.unwrap_or(0));
        row[ordinal] = mapper.to.prepare_cached(&next)?.query_row([here], |row| row.get(0))?;
        mapper.add_keyed(table, &row)?;
    }
    Ok(())
}

pub(super) fn key(row: &Row, at: usize) -> i64 {
    match row.get(at) {
        Some(Value::Integer(id)) => *id,
        _ => 0,
    }
}

fn same_but(one: &Row, other: &Row, keys: &[usize]) -> bool {
    one.iter().zip(other).enumerate().all(|(at, (one, other))| keys.contains(&at) || one == other)
}
