//! The look-up tables: every image by its digest and by each tag, and nothing else.
//!
//! Their rows are compared with what the images ask for as a number and a sum for each repository;
//! only a repository that differs is looked at row by row.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;

use rusqlite::Connection;

use super::Names;
use super::finding::{Finding, Findings};
use super::images::{Expected, Tally};
use crate::store::columns::digest_of;
use crate::store::error::StoreError;
use crate::store::row::digest_prefix;

/// Check `digest_index` and `tag_index`.
pub(super) fn check(
    connection: &Connection,
    names: &Names,
    expected: &Expected,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    for repository in different(&expected.digests, &digests(connection, expected)?) {
        explain(connection, names, repository, Table::Digest, findings)?;
    }
    for repository in different(&expected.tags, &tags(connection, expected)?) {
        explain(connection, names, repository, Table::Tag, findings)?;
    }
    Ok(())
}

fn digests(connection: &Connection, expected: &Expected) -> Result<HashMap<i64, Tally>, StoreError> {
    let mut found: HashMap<i64, Tally> = HashMap::new();
    let mut statement = connection.prepare("SELECT repository_id, digest_lead, image_id FROM digest_index")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (prefix, id): (i64, i64) = (row.get(1)?, row.get(2)?);
        found.entry(row.get(0)?).or_default().add(expected.random.hash_one((prefix, id)));
    }
    Ok(found)
}

fn tags(connection: &Connection, expected: &Expected) -> Result<HashMap<i64, Tally>, StoreError> {
    let mut found: HashMap<i64, Tally> = HashMap::new();
    let mut statement = connection.prepare("SELECT repository_id, tag, image_id FROM tag_index")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(2)?;
        // Invalid text counts as empty, which no expected row is likely to be.
        let hash = match row.get_ref(1)?.as_str() {
            Ok(tag) => expected.random.hash_one((tag, id)),
            Err(_) => expected.random.hash_one(id),
        };
        found.entry(row.get(0)?).or_default().add(hash);
    }
    Ok(found)
}

/// Repositories whose tallies differ, in order.
fn different(expected: &HashMap<i64, Tally>, found: &HashMap<i64, Tally>) -> Vec<i64> {
    let all: HashSet<i64> = expected.keys().chain(found.keys()).copied().collect();
    let mut different: Vec<i64> = all.into_iter().filter(|id| expected.get(id) != found.get(id)).collect();
    different.sort_unstable();
    different
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Digest,
    Tag,
}

/// A row of either table: the key's text, the image.
type Entry = (String, i64);

/// Name the rows that are missing and those that are too many.
fn explain(
    connection: &Connection,
    names: &Names,
    repository: i64,
    table: Table,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let due = due(connection, repository, table)?;
    let there = there(connection, repository, table)?;
    let name = names.repositories.get(&repository).map(|repository| &*repository.name.name);
    let what = |key: &str| match table {
        Table::Digest => "by digest".to_owned(),
        Table::Tag => format!("by the tag `{key}`"),
    };
    for (key, id) in sorted(due.difference(&there)) {
        findings.add_with(|| {
            Finding::of_repository(name, format!("the look-up {} misses image {id}", what(key)))
                .at_image(connection, *id)
        });
    }
    for (key, id) in sorted(there.difference(&due)) {
        findings.add_with(|| {
            let problem = format!("the look-up {} has image {id}, which does not belong to it", what(key));
            Finding::of_repository(name, problem).at_image(connection, *id)
        });
    }
    Ok(())
}

fn sorted<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<&'e Entry> {
    let mut entries: Vec<_> = entries.collect();
    entries.sort_unstable();
    entries
}

/// The rows that a repository's images ask for.
fn due(connection: &Connection, repository: i64, table: Table) -> Result<HashSet<Entry>, StoreError> {
    let mut due = HashSet::new();
    let mut statement = connection.prepare("SELECT id, digest, tags FROM image WHERE repository_id = ?1")?;
    let mut rows = statement.query([repository])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        match table {
            Table::Digest => {
                if let Ok(Some(digest)) = digest_of(row.get_ref(1)?) {
                    due.insert((digest_prefix(&digest).to_string(), id));
                }
            }
            Table::Tag => {
                let tags = row.get_ref(2)?.as_str().ok().and_then(|text| serde_json::from_str(text).ok());
                due.extend(tags.unwrap_or_else(Vec::<String>::new).into_iter().map(|tag| (tag, id)));
            }
        }
    }
    Ok(due)
}

/// The rows that a look-up table has of a repository.
fn there(connection: &Connection, repository: i64, table: Table) -> Result<HashSet<Entry>, StoreError> {
    let mut there = HashSet::new();
    let mut statement = connection.prepare(match table {
        Table::Digest => "SELECT CAST(digest_lead AS TEXT), image_id FROM digest_index WHERE repository_id = ?1",
        Table::Tag => "SELECT tag, image_id FROM tag_index WHERE repository_id = ?1",
    })?;
    let mut rows = statement.query([repository])?;
    while let Some(row) = rows.next()? {
        let key = row.get_ref(0)?;
        let key = key.as_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        there.insert((key, row.get(1)?));
    }
    Ok(there)
}
