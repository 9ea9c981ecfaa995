//! The repositories that a snapshot's describe-repositories pages list, and their lifecycle policies.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, Row};

use super::{Reader, Repositories};
use crate::model::{Instant, Value, json};
use crate::store::error::StoreError;
use crate::store::row::RepositoryName;

/// A repository as a snapshot's describe-repositories pages show it.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedRepository {
    /// The repository's key in the store.
    pub repository_id: i64,
    /// Registry, name and region.
    pub repository: RepositoryName,
    /// The key of this version of its settings: equal in two snapshots if no setting changed.
    pub version_id: i64,
    /// `createdAt`.
    pub created_at: Option<Instant>,
    /// A JSON object: every other member but `registryId` and `repositoryName`, those that the API's model
    /// has first and in its order, then the others. The text of each number is that of the page.
    pub members: String,
}

/// A describe-repositories page that a snapshot was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedRepositoryPage {
    /// The registry of its repositories; empty if nothing says it.
    pub registry_id: String,
    /// Their region; empty if nothing says it.
    pub region: String,
    /// How many repositories of [`Reader::described_repositories`] come before its end.
    pub until: u64,
    /// The token that it ended with; `None` on a last page.
    pub token: Option<String>,
}

/// What a snapshot says about the lifecycle policy of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPolicy {
    /// The repository's key in the store.
    pub repository_id: i64,
    /// Registry, name and region.
    pub repository: RepositoryName,
    /// `lifecyclePolicyText` as the page had it; `None` if the repository has no policy.
    pub text: Option<String>,
    /// `lastEvaluatedAt`.
    pub last_evaluated_at: Option<Instant>,
    /// A JSON object of the members that the API's model does not have.
    pub rest: Option<String>,
}

impl DescribedRepository {
    /// [`DescribedRepository::members`] as values, in their order.
    ///
    /// # Errors
    /// The stored text is not a JSON object: the database is damaged.
    pub fn values(&self) -> Result<crate::model::Map, StoreError> {
        if let Ok(Value::Map(members)) = json::parse(&self.members) {
            return Ok(members);
        }
        let name = crate::model::visible(&self.repository.name);
        Err(StoreError::Damaged(format!("the settings of {name} are not a JSON object")))
    }

    /// A setting that is a text, such as `imageTagMutability` or `encryptionConfiguration.encryptionType`.
    pub fn setting(&self, path: &str) -> Option<String> {
        let members = self.values().ok()?;
        let mut parts = path.split('.');
        let first = members.get(parts.next()?)?;
        let value = parts.try_fold(first, |value, part| value.get(part))?;
        match value {
            Value::Str(text) => Some(text.clone()),
            Value::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }
}

/// Which repositories a selection is about, whether a snapshot has a listing of them or not.
pub struct SelectedRepositories<'s> {
    selection: &'s Repositories,
    /// The keys of the repositories whose names match; `None` for all names.
    named: Option<HashSet<i64>>,
}

impl SelectedRepositories<'_> {
    /// Whether a repository is one of them.
    pub fn has(&self, repository_id: i64, name: &RepositoryName) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        self.named.as_ref().is_none_or(|named| named.contains(&repository_id))
            && is(&self.selection.registry_id, &name.registry_id)
            && is(&self.selection.region, &name.region)
    }
}

const DESCRIBED: &str = "SELECT r.id, r.registry_id, r.name, r.region, v.id, v.created_at, v.created_nanos, v.members
    FROM snapshot_repository s JOIN repository r ON r.id = s.repository_id
    JOIN repository_version v ON v.id = s.version_id WHERE s.snapshot_id = ?1";

const POLICY: &str = "SELECT r.id, r.registry_id, r.name, r.region, p.text, s.last_evaluated_at,
        s.last_evaluated_nanos, s.rest
    FROM snapshot_policy s JOIN repository r ON r.id = s.repository_id
    LEFT JOIN lifecycle_policy p ON p.id = s.policy_id WHERE s.snapshot_id = ?1";

impl Reader {
    /// The repositories that a selection is about.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn selected<'s>(&self, selection: &'s Repositories) -> Result<SelectedRepositories<'s>, StoreError> {
        let mut named = (!selection.names.is_empty()).then(HashSet::new);
        for glob in &selection.names {
            named.get_or_insert_default().extend(self.repositories_like(glob)?);
        }
        Ok(SelectedRepositories { selection, named })
    }

    /// The repositories that the describe-repositories pages of a snapshot list, in the order of the pages.
    /// Empty if the snapshot has no such pages.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn described_repositories(&self, snapshot_id: i64) -> Result<Vec<DescribedRepository>, StoreError> {
        let sql = format!("{DESCRIBED} ORDER BY s.position");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_map([snapshot_id], described)?.collect::<Result<_, _>>()?)
    }

    /// One of [`Reader::described_repositories`].
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn described_repository(
        &self,
        snapshot_id: i64,
        repository_id: i64,
    ) -> Result<Option<DescribedRepository>, StoreError> {
        let sql = format!("{DESCRIBED} AND s.repository_id = ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row([snapshot_id, repository_id], described).optional()?)
    }

    /// The describe-repositories pages of a snapshot in the order in which they were given.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn repository_pages(&self, snapshot_id: i64) -> Result<Vec<SavedRepositoryPage>, StoreError> {
        let sql =
            "SELECT registry_id, region, until, token FROM repository_page WHERE snapshot_id = ?1 ORDER BY ordinal";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([snapshot_id], |row| {
            Ok(SavedRepositoryPage {
                registry_id: row.get(0)?,
                region: row.get(1)?,
                until: row.get::<_, i64>(2)?.max(0) as u64,
                token: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What a snapshot says about lifecycle policies, by repository name, registry and region. A repository
    /// that is not in the answer is one whose policy the capture does not say.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn lifecycle_policies(&self, snapshot_id: i64) -> Result<Vec<SavedPolicy>, StoreError> {
        let sql = format!("{POLICY} ORDER BY r.name, r.registry_id, r.region");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_map([snapshot_id], policy)?.collect::<Result<_, _>>()?)
    }

    /// What a snapshot says about the lifecycle policy of one repository; `None` if it says nothing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn lifecycle_policy(&self, snapshot_id: i64, repository_id: i64) -> Result<Option<SavedPolicy>, StoreError> {
        let sql = format!("{POLICY} AND s.repository_id = ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row([snapshot_id, repository_id], policy).optional()?)
    }
}

fn name_of(row: &Row<'_>) -> Result<RepositoryName, rusqlite::Error> {
    let text = |index| row.get::<_, String>(index).map(Into::into);
    Ok(RepositoryName { registry_id: text(1)?, name: text(2)?, region: text(3)? })
}

/// An instant in two columns; one that is out of range is a damaged row's.
fn instant(row: &Row<'_>, at: usize) -> Result<Option<Instant>, rusqlite::Error> {
    let (micros, nanos): (Option<i64>, i64) = (row.get(at)?, row.get(at + 1)?);
    let Some(micros) = micros else { return Ok(None) };
    let below = u16::try_from(nanos).unwrap_or(u16::MAX);
    match Instant::from_parts(micros, below) {
        Ok(instant) => Ok(Some(instant)),
        Err(_) => Err(rusqlite::Error::IntegralValueOutOfRange(at, micros)),
    }
}

fn described(row: &Row<'_>) -> Result<DescribedRepository, rusqlite::Error> {
    Ok(DescribedRepository {
        repository_id: row.get(0)?,
        repository: name_of(row)?,
        version_id: row.get(4)?,
        created_at: instant(row, 5)?,
        members: row.get(7)?,
    })
}

fn policy(row: &Row<'_>) -> Result<SavedPolicy, rusqlite::Error> {
    Ok(SavedPolicy {
        repository_id: row.get(0)?,
        repository: name_of(row)?,
        text: row.get(4)?,
        last_evaluated_at: instant(row, 5)?,
        rest: row.get(7)?,
    })
}
