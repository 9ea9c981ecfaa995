//! The repositories and lifecycle policies of a load: held until its end, then written with the snapshot.
//!
//! A registry has at most some ten thousand repositories, so they wait in memory.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::Target;
use crate::model::Instant;
use crate::store::error::StoreError;
use crate::store::repositories::{PolicyRow, RepositoryPage, RepositoryRow, policy_hash};
use crate::store::row::RepositoryName;

/// What the pages of a load say about repositories.
#[derive(Debug, Default)]
pub(super) struct Repositories {
    /// The pages without their rows, which are in `rows`.
    pages: Vec<Page>,
    /// The repositories in order, each once.
    rows: Vec<RepositoryRow>,
    by_name: HashMap<RepositoryName, usize>,
    policies: Vec<(usize, PolicyRow)>,
    policy_by_name: HashMap<RepositoryName, usize>,
    changed: Vec<RepositoryName>,
    /// Registries and regions of which the pages list every repository.
    whole: Vec<(String, String)>,
}

/// A page of a load.
#[derive(Debug)]
struct Page {
    /// The number of its source.
    source: usize,
    registry_id: String,
    region: String,
    token: Option<String>,
    /// Its last repository.
    last: Option<usize>,
}

/// What a load wrote about repositories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadedRepositories {
    /// Repositories that the describe-repositories pages list.
    pub listed: u64,
    /// Lifecycle policies, those that say "none" included.
    pub policies: u64,
    /// Rows of either kind that the snapshot did not hold.
    pub new: u64,
    /// Registries and regions of which the pages list every repository.
    pub whole: Vec<(String, String)>,
    /// Repositories that two pages of the load show with different settings; the later one was kept.
    pub changed: Vec<RepositoryName>,
}

/// Text, evaluation time in two parts, and other members of a policy that a snapshot holds.
type StoredPolicy = (Option<String>, Option<i64>, u16, Option<String>);

/// What is to be written, after everything was compared with what the snapshot holds.
pub(super) struct Plan {
    rows: Vec<(i64, usize)>,
    policies: Vec<(i64, usize)>,
    /// Repositories that a complete list no longer has.
    gone: Vec<i64>,
    /// Whether a page is of another registry or region, or ends with another token, than those that the snapshot has.
    pages: bool,
}

impl Plan {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.policies.is_empty() && self.gone.is_empty() && !self.pages
    }
}

impl Repositories {
    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.policies.is_empty()
    }

    /// Add a page of the source of that number.
    pub(super) fn add_page(&mut self, source: usize, page: RepositoryPage) {
        let RepositoryPage { registry_id, region, rows, token } = page;
        let mut last = None;
        for row in rows {
            let index = if let Some(known) = self.by_name.get(&row.name) {
                if self.rows[*known] != row {
                    self.changed.push(row.name.clone());
                    self.rows[*known] = row;
                }
                *known
            } else {
                self.by_name.insert(row.name.clone(), self.rows.len());
                self.rows.push(row);
                self.rows.len() - 1
            };
            last = Some(index);
        }
        self.pages.push(Page { source, registry_id, region, token, last });
    }

    /// Add what a page of the source of that number says about one policy.
    pub(super) fn add_policy(&mut self, source: usize, policy: PolicyRow) {
        if let Some(known) = self.policy_by_name.get(&policy.name) {
            self.policies[*known] = (source, policy);
            return;
        }
        self.policy_by_name.insert(policy.name.clone(), self.policies.len());
        self.policies.push((source, policy));
    }

    /// Note that the pages list every repository of a registry and region.
    pub(super) fn lists_whole(&mut self, registry_id: String, region: String) {
        self.whole.push((registry_id, region));
    }

    /// The registries and regions whose list ended: the last page of each had no token.
    pub(super) fn complete_lists(&self) -> Vec<(String, String)> {
        let mut lists: Vec<(String, String, bool)> = Vec::new();
        for page in &self.pages {
            let ended = page.token.is_none();
            match lists.iter_mut().find(|(registry, region, _)| *registry == page.registry_id && *region == page.region)
            {
                Some(list) => list.2 = ended,
                None => lists.push((page.registry_id.clone(), page.region.clone(), ended)),
            }
        }
        lists
            .into_iter()
            .filter(|(registry, _, ended)| *ended && !registry.is_empty())
            .map(|(registry, region, _)| (registry, region))
            .collect()
    }

    /// Compare with what the snapshot holds.
    ///
    /// # Errors
    /// The snapshot holds other settings or another policy, and the target does not say to replace them.
    pub(super) fn plan(
        &self,
        connection: &Connection,
        snapshot: i64,
        target: &Target,
        mut id_of: impl FnMut(&RepositoryName) -> Result<i64, StoreError>,
    ) -> Result<(Plan, LoadedRepositories), StoreError> {
        let mut loaded = LoadedRepositories {
            listed: self.rows.len() as u64,
            policies: self.policies.len() as u64,
            changed: self.changed.clone(),
            whole: self.whole.clone(),
            ..LoadedRepositories::default()
        };
        let pages = self.has_new_page(connection, snapshot)?;
        let mut plan = Plan { rows: Vec::new(), policies: Vec::new(), gone: Vec::new(), pages };
        let conflict = |name: &RepositoryName| StoreError::Conflict {
            snapshot: target.snapshot.clone(),
            repository: name.name.to_string(),
        };
        let stored = "SELECT v.hash FROM snapshot_repository s JOIN repository_version v ON v.id = s.version_id
                    WHERE s.snapshot_id = ?1 AND s.repository_id = ?2";
        let mut stored = connection.prepare(stored)?;
        for (index, row) in self.rows.iter().enumerate() {
            let repository = id_of(&row.name)?;
            let found: Option<[u8; 32]> = stored.query_row([snapshot, repository], |row| row.get(0)).optional()?;
            match found {
                Some(hash) if hash == row.hash() => {}
                Some(_) if !target.replace => return Err(conflict(&row.name)),
                _ => plan.rows.push((repository, index)),
            }
        }
        let stored = "SELECT p.text, s.last_evaluated_at, s.last_evaluated_nanos, s.rest
                    FROM snapshot_policy s LEFT JOIN lifecycle_policy p ON p.id = s.policy_id
                    WHERE s.snapshot_id = ?1 AND s.repository_id = ?2";
        let mut stored = connection.prepare(stored)?;
        for (index, (_, policy)) in self.policies.iter().enumerate() {
            let repository = id_of(&policy.name)?;
            let found: Option<StoredPolicy> = stored
                .query_row([snapshot, repository], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                .optional()?;
            match found {
                Some((text, micros, nanos, rest))
                    if text == policy.text
                        && (micros, nanos) == parts(policy.last_evaluated_at)
                        && rest == policy.rest => {}
                Some((text, ..)) if text != policy.text && !target.replace => return Err(conflict(&policy.name)),
                _ => plan.policies.push((repository, index)),
            }
        }
        loaded.new = (plan.rows.len() + plan.policies.len()) as u64;
        if target.replace {
            plan.gone = self.gone(connection, snapshot)?;
        }
        Ok((plan, loaded))
    }

    fn has_new_page(&self, connection: &Connection, snapshot: i64) -> Result<bool, StoreError> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM repository_page
                   WHERE snapshot_id = ?1 AND registry_id = ?2 AND region = ?3 AND token IS ?4)";
        let mut statement = connection.prepare(sql)?;
        for page in &self.pages {
            if statement.query_row(params![snapshot, page.registry_id, page.region, page.token], |row| row.get(0))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Repositories of the snapshot that a complete list of their registry and region no longer has.
    fn gone(&self, connection: &Connection, snapshot: i64) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT r.id, r.registry_id, r.name, r.region FROM snapshot_repository s
                   JOIN repository r ON r.id = s.repository_id WHERE s.snapshot_id = ?1";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([snapshot], |row| {
            let text = |index| row.get::<_, String>(index).map(Into::into);
            Ok((row.get::<_, i64>(0)?, RepositoryName { registry_id: text(1)?, name: text(2)?, region: text(3)? }))
        })?;
        let mut gone = Vec::new();
        for row in rows {
            let (id, name) = row?;
            let listed =
                self.whole.iter().any(|(registry, region)| **registry == *name.registry_id && **region == *name.region);
            if listed && !self.by_name.contains_key(&name) {
                gone.push(id);
            }
        }
        Ok(gone)
    }

    /// Write what the plan says; `sources` are the ids of the load's sources.
    pub(super) fn write(
        &self,
        connection: &Connection,
        snapshot: i64,
        plan: &Plan,
        sources: &[i64],
    ) -> Result<(), StoreError> {
        let mut forget =
            connection.prepare("DELETE FROM snapshot_repository WHERE snapshot_id = ?1 AND repository_id = ?2")?;
        for repository in &plan.gone {
            forget.execute([snapshot, *repository])?;
        }
        if !plan.gone.is_empty() {
            // No page ends behind what is left of the list.
            let cut = "UPDATE repository_page SET until = min(until, (SELECT coalesce(max(position) + 1, 0)
                       FROM snapshot_repository WHERE snapshot_id = ?1)) WHERE snapshot_id = ?1";
            connection.execute(cut, [snapshot])?;
        }
        let next = "SELECT coalesce(max(position) + 1, 0) FROM snapshot_repository WHERE snapshot_id = ?1";
        let mut position: i64 = connection.query_row(next, [snapshot], |row| row.get(0))?;
        let stored = "SELECT position FROM snapshot_repository WHERE snapshot_id = ?1 AND repository_id = ?2";
        let mut stored = connection.prepare(stored)?;
        let mut put = connection.prepare("INSERT OR REPLACE INTO snapshot_repository VALUES (?1, ?2, ?3, ?4)")?;
        for (repository, index) in &plan.rows {
            let version = version_id(connection, *repository, &self.rows[*index])?;
            let at = stored.query_row([snapshot, *repository], |row| row.get(0)).optional()?;
            let at = at.unwrap_or_else(|| {
                position += 1;
                position - 1
            });
            put.execute([snapshot, *repository, version, at])?;
        }
        let put = "INSERT OR REPLACE INTO snapshot_policy VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let mut put = connection.prepare(put)?;
        for (repository, index) in &plan.policies {
            let (source, policy) = &self.policies[*index];
            let text = policy.text.as_deref().map(|text| policy_id(connection, text)).transpose()?;
            let (micros, nanos) = parts(policy.last_evaluated_at);
            put.execute(params![snapshot, repository, text, micros, nanos, policy.rest, sources[*source]])?;
        }
        self.write_pages(connection, snapshot, sources)
    }

    fn write_pages(&self, connection: &Connection, snapshot: i64, sources: &[i64]) -> Result<(), StoreError> {
        let next = "SELECT coalesce(max(ordinal) + 1, 0) FROM repository_page WHERE snapshot_id = ?1";
        let first: i64 = connection.query_row(next, [snapshot], |row| row.get(0))?;
        let place = "SELECT s.position + 1 FROM snapshot_repository s JOIN repository r ON r.id = s.repository_id
                     WHERE s.snapshot_id = ?1 AND r.registry_id = ?2 AND r.name = ?3 AND r.region = ?4";
        let mut place = connection.prepare(place)?;
        let mut add = connection.prepare("INSERT INTO repository_page VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
        let mut until = 0i64;
        for (ordinal, page) in (first..).zip(&self.pages) {
            if let Some(last) = page.last {
                let RepositoryName { registry_id, name, region } = &self.rows[last].name;
                until = place.query_row(params![snapshot, registry_id, name, region], |row| row.get(0))?;
            }
            let source = sources[page.source];
            add.execute(params![snapshot, ordinal, source, page.registry_id, page.region, until, page.token])?;
        }
        Ok(())
    }
}

/// An instant as its two columns.
fn parts(instant: Option<Instant>) -> (Option<i64>, u16) {
    (instant.map(Instant::micros), instant.map_or(0, Instant::below_micros))
}

/// The id of a version of a repository's settings, found or made.
fn version_id(connection: &Connection, repository: i64, row: &RepositoryRow) -> Result<i64, StoreError> {
    let hash = row.hash();
    let find = "SELECT id FROM repository_version WHERE hash = ?1";
    if let Some(id) = connection.prepare_cached(find)?.query_row([hash], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let (micros, nanos) = parts(row.created_at);
    let add = "INSERT INTO repository_version (hash, repository_id, created_at, created_nanos, members)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.prepare_cached(add)?.execute(params![hash, repository, micros, nanos, row.members])?;
    Ok(connection.last_insert_rowid())
}

/// The id of a policy's text, found or made.
fn policy_id(connection: &Connection, text: &str) -> Result<i64, StoreError> {
    let hash = policy_hash(text);
    let find = "SELECT id FROM lifecycle_policy WHERE hash = ?1";
    if let Some(id) = connection.prepare_cached(find)?.query_row([hash], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let add = "INSERT INTO lifecycle_policy (hash, text) VALUES (?1, ?2)";
    connection.prepare_cached(add)?.execute(params![hash, text])?;
    Ok(connection.last_insert_rowid())
}
