//! The SQL of a search: repositories by name, images by tag and digest, kinds by their texts. Globs are `SQLite`'s.

use hashbrown::HashMap;
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::filter::Filter;
use super::ids::IdSet;
use super::scan::Kinds;
use crate::model::Digest;
use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::runs::FEW;
use crate::store::row::digest_prefix;

/// One statement with its values, in the order of its question marks.
#[derive(Debug, Default)]
pub(super) struct Statement {
    sql: String,
    values: Vec<Value>,
}

impl Statement {
    /// The ids of the repositories of a snapshot that a filter looks into.
    pub(super) fn repositories(snapshot_id: i64, filter: &Filter) -> Self {
        let mut statement = Statement::default();
        statement.add("SELECT r.id FROM repository r CROSS JOIN snapshot_listing sl ON sl.repository_id = r.id");
        statement.add(" WHERE sl.snapshot_id = ?").bind(snapshot_id).repository_conditions(filter);
        statement
    }

    /// The ids of the images, of any snapshot, with a tag for which a condition holds: in the repositories that a filter
    /// looks into.
    pub(super) fn tagged(snapshot_id: i64, filter: &Filter, condition: &TagCondition<'_>) -> Self {
        let (operator, text) = match condition {
            TagCondition::Glob(glob) if is_exact(glob) => ("=", *glob),
            TagCondition::Glob(glob) => ("GLOB", *glob),
            TagCondition::Regex(regex) => ("REGEXP", *regex),
        };
        let index = format!(" CROSS JOIN tag_index t ON t.repository_id = r.id AND t.tag {operator} ?");
        Statement::indexed(snapshot_id, filter, &index, text.to_owned().into())
    }

    /// The same by the first bytes of a digest.
    pub(super) fn with_digest(snapshot_id: i64, filter: &Filter, digest: &Digest) -> Self {
        let index = " CROSS JOIN digest_index t ON t.repository_id = r.id AND t.digest_lead = ?";
        Statement::indexed(snapshot_id, filter, index, digest_prefix(digest).into())
    }

    fn indexed(snapshot_id: i64, filter: &Filter, index: &str, value: Value) -> Self {
        let mut statement = Statement::default();
        statement.add("SELECT t.image_id, r.id FROM repository r");
        statement.add(" CROSS JOIN snapshot_listing sl ON sl.snapshot_id = ? AND sl.repository_id = r.id");
        statement.bind(snapshot_id).add(index).bind(value);
        statement.add(" WHERE true").repository_conditions(filter);
        statement
    }

    /// The kinds for which a condition on one of their texts holds with one of the values.
    pub(super) fn kinds(condition: &str, values: &[String]) -> Self {
        let mut statement = Statement::default();
        statement.add("SELECT id FROM image_kind WHERE true").any(condition, values);
        statement
    }

    fn repository_conditions(&mut self, filter: &Filter) -> &mut Self {
        // One glob seeks in the index by name. With several the plus keeps SQLite from looking for each in
        // turn, after which it would have to sort.
        let one = filter.repositories.len() == 1;
        self.any(if one { "r.name GLOB ?" } else { "+r.name GLOB ?" }, &filter.repositories);
        self.maybe(" AND r.registry_id = ?", filter.registry_id.clone());
        self.maybe(" AND r.region = ?", filter.region.clone());
        if let Some(policy) = filter.policy {
            self.add(" AND EXISTS (SELECT 1 FROM snapshot_policy p WHERE p.snapshot_id = sl.snapshot_id");
            self.add(" AND p.repository_id = r.id AND p.policy_id IS ").add(if policy { "NOT NULL)" } else { "NULL)" });
        }
        self
    }

    /// One of several values, if there are any.
    fn any(&mut self, condition: &str, values: &[String]) -> &mut Self {
        if values.is_empty() {
            return self;
        }
        // A single value has no parentheses: only then can a GLOB seek in an index.
        let alternatives = vec![condition; values.len()].join(" OR ");
        self.values.extend(values.iter().cloned().map(Value::from));
        self.add(&if values.len() == 1 { format!(" AND {condition}") } else { format!(" AND ({alternatives})") })
    }

    fn maybe(&mut self, condition: &str, value: Option<impl Into<Value>>) -> &mut Self {
        match value {
            Some(value) => self.add(condition).bind(value),
            None => self,
        }
    }

    fn add(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self
    }

    /// The ids in the first column of what it finds.
    pub(super) fn ids(&self, reader: &Reader) -> Result<Vec<i64>, StoreError> {
        let mut prepared = reader.connection.prepare_cached(&self.sql)?;
        let rows = prepared.query_map(params_from_iter(&self.values), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Add the images that it finds, and their repositories.
    pub(super) fn add_to(&self, reader: &Reader, found: &mut Found) -> Result<(), StoreError> {
        let mut prepared = reader.connection.prepare_cached(&self.sql)?;
        let mut rows = prepared.query(params_from_iter(&self.values))?;
        let mut current: Option<(i64, Vec<i64>)> = None;
        while let Some(row) = rows.next()? {
            let (id, repository) = (row.get(0)?, row.get(1)?);
            found.ids.insert(id);
            match &mut current {
                Some((last, first)) if *last == repository => {
                    // A glob finds an image by each of its tags.
                    if first.len() <= FEW && !first.contains(&id) {
                        first.push(id);
                    }
                }
                _ => found.add_first(current.replace((repository, vec![id]))),
            }
        }
        found.add_first(current);
        Ok(())
    }

    /// The kinds that it finds.
    pub(super) fn found_kinds(&self, reader: &Reader) -> Result<Kinds, StoreError> {
        self.ids(reader).map(Kinds::new)
    }
}

/// What look-ups by tag or digest have found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Images, of any snapshot.
    pub(super) ids: IdSet,
    /// Their repositories, with the images of each; of more than [`FEW`], some are left out.
    pub(super) repositories: HashMap<i64, Vec<i64>>,
}

impl Found {
    fn add_first(&mut self, found: Option<(i64, Vec<i64>)>) {
        let Some((repository, images)) = found else { return };
        let known = self.repositories.entry(repository).or_default();
        known.extend(images);
        known.sort_unstable();
        known.dedup();
        known.truncate(FEW + 1);
    }
}

/// A condition on one tag.
pub(super) enum TagCondition<'a> {
    Glob(&'a str),
    Regex(&'a str),
}

/// Whether a glob has no wildcard, so that it matches one text only.
fn is_exact(glob: &str) -> bool {
    !glob.contains(['*', '?', '['])
}
