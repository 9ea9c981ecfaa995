//! What differs between two snapshots about the repositories themselves: which exist, their settings, and their
//! lifecycle policies.
//!
//! Known only from describe-repositories and get-lifecycle-policy pages. What one of the snapshots does not say is
//! not a difference.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{CaptureScope, Instant, Map, MissingRepository, Value, json};
use crate::store::StoreError;
use crate::store::read::{DescribedRepository, Reader, Repositories, SavedPolicy, SelectedRepositories, Snapshot};
use crate::store::row::RepositoryName;

/// One thing that differs about a repository.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingsChange {
    /// Registry, name and region.
    pub repository: RepositoryName,
    /// What.
    pub kind: SettingsKind,
}

/// What differs about a repository.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingsKind {
    /// The second snapshot lists it, and it did not exist at the first; with its `createdAt`.
    Added(Option<Instant>),
    /// The first snapshot lists it, and it does not exist at the second; with its `createdAt`.
    Removed(Option<Instant>),
    /// It was deleted and created again: the two values of `createdAt`.
    Recreated(Instant, Instant),
    /// A setting: its member, such as `imageScanningConfiguration.scanOnPush`, and both values.
    Setting {
        /// The member, with a point before a member of a member.
        member: String,
        /// The value in the first snapshot; `None` if it has none.
        from: Option<Value>,
        /// The value in the second snapshot.
        to: Option<Value>,
    },
    /// The text of its lifecycle policy; `None` if it has none.
    Policy {
        /// In the first snapshot.
        from: Option<String>,
        /// In the second snapshot.
        to: Option<String>,
    },
}

impl SettingsKind {
    /// The word for it in answers.
    pub fn name(&self) -> &'static str {
        match self {
            SettingsKind::Added(_) => "repositoryCreated",
            SettingsKind::Removed(_) => "repositoryDeleted",
            SettingsKind::Recreated(..) => "repositoryRecreated",
            SettingsKind::Setting { .. } => "settingChanged",
            SettingsKind::Policy { .. } => "lifecyclePolicyChanged",
        }
    }
}

/// What differs about the selected repositories, by name.
///
/// # Errors
/// The store cannot be read, or holds settings that are not a JSON object.
pub fn settings(
    reader: &Reader,
    (from, to): (&Snapshot, &Snapshot),
    selection: &Repositories,
) -> Result<Vec<SettingsChange>, StoreError> {
    let selected = reader.selected(selection)?;
    let (before, after) = (Side::read(reader, from, &selected)?, Side::read(reader, to, &selected)?);
    let mut changes = Vec::new();
    let ids: BTreeSet<i64> = before.described.keys().chain(after.described.keys()).copied().collect();
    for id in ids {
        match (before.described.get(&id), after.described.get(&id)) {
            (Some(one), Some(other)) => changed(one, other, &mut changes)?,
            (Some(one), None) if after.lacks(one) => changes.push(SettingsChange {
                repository: one.repository.clone(),
                kind: SettingsKind::Removed(one.created_at),
            }),
            (None, Some(other)) if before.lacks(other) => changes.push(SettingsChange {
                repository: other.repository.clone(),
                kind: SettingsKind::Added(other.created_at),
            }),
            _ => {}
        }
    }
    for (id, one) in &before.policies {
        let Some(other) = after.policies.get(id) else { continue };
        if !same_policy(one.text.as_deref(), other.text.as_deref()) {
            changes.push(SettingsChange {
                repository: one.repository.clone(),
                kind: SettingsKind::Policy { from: one.text.clone(), to: other.text.clone() },
            });
        }
    }
    changes.sort_by(|left, right| key(left).cmp(&key(right)));
    Ok(changes)
}

/// By name, then by registry and region; a repository's changes stay in their order.
fn key(change: &SettingsChange) -> [&str; 3] {
    let RepositoryName { registry_id, name, region } = &change.repository;
    [name, registry_id, region]
}

/// What a snapshot says about repositories, by their keys.
struct Side {
    captured_at: i64,
    scope: CaptureScope,
    described: BTreeMap<i64, DescribedRepository>,
    policies: BTreeMap<i64, SavedPolicy>,
}

impl Side {
    fn read(reader: &Reader, snapshot: &Snapshot, selected: &SelectedRepositories<'_>) -> Result<Self, StoreError> {
        let described = reader.described_repositories(snapshot.id)?.into_iter();
        let policies = reader.lifecycle_policies(snapshot.id)?.into_iter();
        Ok(Side {
            captured_at: snapshot.captured_at,
            scope: reader.scope(snapshot.id)?,
            described: described
                .filter(|it| selected.has(it.repository_id, &it.repository))
                .map(|it| (it.repository_id, it))
                .collect(),
            policies: policies
                .filter(|it| selected.has(it.repository_id, &it.repository))
                .map(|it| (it.repository_id, it))
                .collect(),
        })
    }

    /// Whether it is certain that a repository which is not listed here did not exist: the list is complete, or the
    /// repository was created later.
    fn lacks(&self, other: &DescribedRepository) -> bool {
        let RepositoryName { registry_id, region, name } = &other.repository;
        matches!(self.scope.missing(registry_id, region, name), MissingRepository::NotListed)
            || other.created_at.is_some_and(|created| created.micros() > self.captured_at)
    }
}

/// What differs between two versions of the settings of a repository.
fn changed(
    one: &DescribedRepository,
    other: &DescribedRepository,
    changes: &mut Vec<SettingsChange>,
) -> Result<(), StoreError> {
    let mut add = |kind| changes.push(SettingsChange { repository: other.repository.clone(), kind });
    if let (Some(before), Some(after)) = (one.created_at, other.created_at)
        && before != after
    {
        add(SettingsKind::Recreated(before, after));
    }
    for ChangedSetting { member, from, to } in changed_settings(one, other)? {
        add(SettingsKind::Setting { member, from, to });
    }
    Ok(())
}

/// A setting that differs between two versions of a repository.
pub struct ChangedSetting {
    /// The member, with a point before a member of a member.
    pub member: String,
    /// The value in the first version; `None` if it has none.
    pub from: Option<Value>,
    /// The value in the second version.
    pub to: Option<Value>,
}

/// The settings that differ between two versions of a repository, by member.
///
/// # Errors
/// The store holds settings that are not a JSON object.
pub fn changed_settings(
    one: &DescribedRepository,
    other: &DescribedRepository,
) -> Result<Vec<ChangedSetting>, StoreError> {
    if one.version_id == other.version_id {
        return Ok(Vec::new());
    }
    let (before, after) = (flat(&one.values()?), flat(&other.values()?));
    let members: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = |member: &&String| before.get(*member) != after.get(*member);
    let change = |member: &String| {
        let (from, to) = (before.get(member).cloned(), after.get(member).cloned());
        ChangedSetting { member: member.clone(), from, to }
    };
    Ok(members.into_iter().filter(differs).map(change).collect())
}

/// The settings by member; those of an object one by one.
fn flat(members: &Map) -> BTreeMap<String, Value> {
    let mut settings = BTreeMap::new();
    for (name, value) in members {
        match value {
            Value::Map(inner) if !inner.is_empty() => {
                settings.extend(inner.iter().map(|(part, value)| (format!("{name}.{part}"), value.clone())));
            }
            value => drop(settings.insert(name.clone(), value.clone())),
        }
    }
    settings
}

/// Whether two policies say the same, whatever the white space.
pub fn same_policy(one: Option<&str>, other: Option<&str>) -> bool {
    if one == other {
        return true;
    }
    match (one.map(json::parse), other.map(json::parse)) {
        (Some(Ok(one)), Some(Ok(other))) => one == other,
        _ => false,
    }
}
