//! What a merge will do: the snapshots of the other store by the names that they get here, the listings that are
//! missing, and every conflict, found before anything is written.

use std::collections::HashSet;

use rusqlite::OptionalExtension;
use rusqlite::types::Value;

use super::rows::{Mapper, Row, rows};
use super::statements::{Statement, copy_runs, write_list_pages, write_statement};
use super::tables::{Role, TABLES};
use super::{MergeError, Merged, Options, OtherStore};
use crate::model::{Instant, snapshot_name_problem};
use crate::store::error::StoreError;
use crate::store::load::{Copier, Original};
use crate::store::row::RepositoryName;

/// A snapshot of the other store.
struct Planned {
    id: i64,
    /// The name that it has here.
    name: String,
    /// Its row there.
    row: Row,
    /// Its key here, if it is here.
    here: Option<i64>,
    /// What it says of repositories and this store does not, or says differently.
    statements: Vec<Statement>,
}

/// A repository there, by its key and name, with those of its listings that are not here.
pub(super) type Missing = ((i64, RepositoryName), Vec<i64>);

/// The merge of one store.
pub(super) struct Plan {
    snapshots: Vec<Planned>,
    /// Names there and here of snapshots that are renamed.
    pub(super) renamed: Vec<(String, String)>,
    /// Listings that are not here, by repository there.
    pub(super) missing: Vec<Missing>,
}

impl Plan {
    /// Compare the stores.
    pub(super) fn make(
        other: &OtherStore,
        original: &mut Original<'_>,
        mapper: &mut Mapper<'_>,
        copier: &Copier<'_>,
        options: &Options,
    ) -> Result<Self, MergeError> {
        let mut plan = Plan { snapshots: Vec::new(), renamed: Vec::new(), missing: Vec::new() };
        let columns = mapper.table("snapshot").column_list();
        let at = |column| mapper.table("snapshot").position(column).unwrap_or_default();
        let [id, name, captured_at] = ["id", "name", "captured_at"].map(at);
        let mut wanted = HashSet::new();
        for row in mapper.rows(&format!("SELECT {columns} FROM snapshot ORDER BY captured_at, id"), &[])? {
            let (Value::Integer(id), Value::Text(old), Value::Integer(captured)) =
                (&row[id], &row[name], &row[captured_at])
            else {
                return Err(StoreError::Damaged("a snapshot has no name or instant".to_owned()).into());
            };
            let (id, old, captured) = (*id, old.clone(), *captured);
            let (name, here) = name_here(other, mapper, &old, captured, options)?;
            if name != old {
                plan.renamed.push((old, name.clone()));
            }
            if let Some(here) = here {
                mapper.set("snapshot", id, here);
            }
            let mut planned = Planned { id, name, row, here, statements: Vec::new() };
            for (table, role) in TABLES {
                if let Role::Statement(key, place) = role {
                    planned.compare(other, original, mapper, copier, (table, key, place), options, &mut wanted)?;
                }
            }
            plan.snapshots.push(planned);
        }
        plan.missing = missing(mapper, &wanted)?;
        Ok(plan)
    }

    /// Write everything but the listings, which have been copied and mapped.
    pub(super) fn write(
        self,
        mapper: &mut Mapper<'_>,
        options: &Options,
        merged: &mut Merged,
    ) -> Result<(), MergeError> {
        for planned in self.snapshots {
            let changes = mapper.to.total_changes();
            let here = if let Some(here) = planned.here {
                here
            } else {
                let at = mapper.table("snapshot").position("name").unwrap_or_default();
                let mut row = mapper.mapped("snapshot", planned.row.clone())?;
                row[at] = Value::Text(planned.name.clone());
                let here = mapper.add("snapshot", &mut row)?;
                mapper.set("snapshot", planned.id, here);
                here
            };
            copy_runs(mapper, planned.id, here)?;
            let mut lists = HashSet::new();
            for statement in planned.statements {
                if statement.place.is_some() {
                    lists.insert(statement.table);
                }
                debug_assert!(!statement.replaces || options.replace);
                merged.statements += u64::from(!statement.replaces);
                merged.replaced += u64::from(statement.replaces);
                write_statement(mapper, planned.id, here, statement)?;
            }
            for (table, role) in TABLES {
                if let Role::ListPage(of) = role
                    && lists.contains(of)
                {
                    write_list_pages(mapper, (planned.id, here), table, of)?;
                }
            }
            match planned.here {
                None => merged.added.push(planned.name),
                Some(_) if mapper.to.total_changes() > changes => merged.extended.push(planned.name),
                Some(_) => {}
            }
        }
        Ok(())
    }
}

impl Planned {
    /// Note what the snapshot says in `table` that this store does not; `wanted` gets listings that are missing.
    #[allow(clippy::too_many_arguments, reason = "two stores, and what is found in them")]
    fn compare(
        &mut self,
        other: &OtherStore,
        original: &mut Original<'_>,
        mapper: &mut Mapper<'_>,
        copier: &Copier<'_>,
        (table, key, place): (&'static str, &'static [&'static str], Option<&'static str>),
        options: &Options,
        wanted: &mut HashSet<i64>,
    ) -> Result<(), MergeError> {
        let columns = mapper.table(table).column_list();
        let key: Vec<usize> = key.iter().filter_map(|column| mapper.table(table).position(column)).collect();
        let order = place.map_or(String::new(), |place| format!(" ORDER BY \"{place}\""));
        let place = place.and_then(|place| mapper.table(table).position(place));
        let sql = format!("SELECT {columns} FROM \"{table}\" WHERE snapshot_id = ?1{order}");
        for row in mapper.rows(&sql, &[self.id])? {
            let listing = mapper.table(table).position("listing_id").and_then(|at| match row[at] {
                Value::Integer(id) => Some(id),
                _ => None,
            });
            if let Some(listing) = listing.filter(|listing| mapper.known("listing", *listing).is_none()) {
                match copier.find(original, listing)? {
                    Some(id) => mapper.set("listing", listing, id),
                    None => drop(wanted.insert(listing)),
                }
            }
            let existing = existing(mapper, table, &key, &row)?;
            let replaces = existing.is_some();
            let mut row = row;
            if let Some(existing) = existing {
                if let Some(place) = place {
                    row[place] = existing[place].clone();
                }
                if equal(mapper, table, &row, &existing)? {
                    continue;
                }
                if !options.replace {
                    return Err(self.conflict(other, mapper, table, &row));
                }
            }
            self.statements.push(Statement { table, key: key.clone(), place, row, replaces });
        }
        Ok(())
    }

    fn conflict(&self, other: &OtherStore, mapper: &Mapper<'_>, table: &str, row: &Row) -> MergeError {
        let text = |column| match mapper.table(table).position(column).map(|at| &row[at]) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let named = match mapper.table(table).position("repository_id").map(|at| &row[at]) {
            Some(Value::Integer(id)) => repository_name(mapper, *id),
            _ => Ok(RepositoryName {
                registry_id: text("registry_id").into(),
                name: "all repositories".into(),
                region: text("region").into(),
            }),
        };
        match named {
            Ok(name) => MergeError::Conflict {
                path: other.path().to_owned(),
                snapshot: self.name.clone(),
                what: table.trim_start_matches("snapshot_").to_owned(),
                repository: name.name.to_string(),
                of: [&*name.registry_id, &*name.region]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join(", "),
            },
            Err(error) => error.into(),
        }
    }
}

/// The row here with the key of a row there.
fn existing(mapper: &mut Mapper<'_>, table: &str, key: &[usize], row: &Row) -> Result<Option<Row>, StoreError> {
    let mut values = Vec::with_capacity(key.len());
    for at in key {
        let value = match (mapper.table(table).columns[*at].refers_to.clone(), &row[*at]) {
            (Some(to), Value::Integer(id)) => match mapper.find(&to, *id)? {
                Some(id) => Value::Integer(id),
                None => return Ok(None),
            },
            (_, value) => value.clone(),
        };
        values.push(value);
    }
    let table = mapper.table(table);
    let sql = format!("SELECT {} FROM \"{}\" WHERE {}", table.column_list(), table.name, table.equal(key));
    Ok(rows(mapper.to, &sql, &values)?.pop())
}

/// The name that a snapshot gets here, and its key if it is here.
fn name_here(
    other: &OtherStore,
    mapper: &Mapper<'_>,
    name: &str,
    captured_at: i64,
    options: &Options,
) -> Result<(String, Option<i64>), MergeError> {
    let find = |name: &str| -> Result<Option<(i64, i64)>, StoreError> {
        let sql = "SELECT id, captured_at FROM snapshot WHERE name = ?1";
        let row = mapper.to.prepare_cached(sql)?.query_row([name], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(row.optional()?)
    };
    let mut name = name.to_owned();
    let mut found = find(&name)?;
    if let (Some((_, instant)), Some(prefix)) = (found, &options.rename_with)
        && instant != captured_at
    {
        let renamed = format!("{prefix}{name}");
        if let Some(problem) = snapshot_name_problem(&renamed) {
            return Err(MergeError::Name { snapshot: name, problem: problem.to_string() });
        }
        found = find(&renamed)?;
        name = renamed;
    }
    match found {
        Some((_, instant)) if instant != captured_at => {
            let text =
                |micros| Instant::from_micros(micros).map_or_else(|_| "no instant".to_owned(), Instant::to_utc_text);
            Err(MergeError::OtherInstant {
                path: other.path().to_owned(),
                snapshot: name,
                there: text(captured_at),
                here: text(instant),
            })
        }
        found => Ok((name, found.map(|(id, _)| id))),
    }
}

/// Whether a row there says what a row here says. Where it was read (`source`) is not part of what it says.
fn equal(mapper: &mut Mapper<'_>, table: &str, there: &Row, here: &Row) -> Result<bool, StoreError> {
    for at in 0..there.len() {
        let refers_to = mapper.table(table).columns[at].refers_to.clone();
        let same = match (refers_to.as_deref(), &there[at]) {
            (Some("source"), _) => true,
            (Some(to), Value::Integer(id)) => mapper.find(to, *id)?.map(Value::Integer).as_ref() == Some(&here[at]),
            (_, value) => *value == here[at],
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Listings by their repository, repositories and listings in the order of their keys.
fn missing(mapper: &Mapper<'_>, wanted: &HashSet<i64>) -> Result<Vec<Missing>, StoreError> {
    let mut found: Vec<(i64, i64)> = Vec::with_capacity(wanted.len());
    let sql = "SELECT repository_id FROM listing WHERE id = ?1";
    for listing in wanted {
        let repository = mapper.from.prepare_cached(sql)?.query_row([listing], |row| row.get(0))?;
        found.push((repository, *listing));
    }
    found.sort_unstable();
    let mut by_repository: Vec<Missing> = Vec::new();
    for (repository, listing) in found {
        match by_repository.last_mut() {
            Some(((last, _), listings)) if *last == repository => listings.push(listing),
            _ => by_repository.push(((repository, repository_name(mapper, repository)?), vec![listing])),
        }
    }
    Ok(by_repository)
}

fn repository_name(mapper: &Mapper<'_>, id: i64) -> Result<RepositoryName, StoreError> {
    let sql = "SELECT registry_id, name, region FROM repository WHERE id = ?1";
    Ok(mapper.from.prepare_cached(sql)?.query_row([id], |row| {
        let text = |index| row.get::<_, String>(index).map(Into::into);
        Ok(RepositoryName { registry_id: text(0)?, name: text(1)?, region: text(2)? })
    })?)
}
