//! What happened to the repositories themselves: created, deleted, with other settings or another policy.
//!
//! Only describe-repositories and get-lifecycle-policy pages show that. A snapshot without such pages
//! says nothing, and is skipped.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::figures::{RepositoryEvent, RepositoryKey, SettingChange, Settings};
use crate::diff::{ChangedSetting, changed_settings, same_policy};
use crate::model::{CaptureScope, MissingRepository, Value, json};
use crate::store::StoreError;
use crate::store::read::{DescribedRepository, Reader, Repositories, SavedPolicy, Snapshot};
use crate::store::row::RepositoryName;

/// The policy's name among the settings, as in the API.
const POLICY: &str = "lifecyclePolicyText";

/// Read what a span of snapshots says, oldest first; `scopes` are those of the snapshots.
pub(super) fn settings(
    reader: &Reader,
    snapshots: &[Snapshot],
    scopes: &[CaptureScope],
    asked: &Repositories,
) -> Result<Settings, StoreError> {
    let selection = reader.selected(asked)?;
    let start = snapshots.first().map_or(0, |snapshot| snapshot.captured_at);
    let mut settings = Settings::default();
    // By repository: the last settings and policies, and the snapshots that show them.
    let mut described: BTreeMap<i64, (DescribedRepository, String)> = BTreeMap::new();
    let mut policies: HashMap<i64, (SavedPolicy, String)> = HashMap::new();
    for (index, (snapshot, scope)) in snapshots.iter().zip(scopes).enumerate() {
        let by = &snapshot.name;
        let now = reader.described_repositories(snapshot.id)?;
        let now: Vec<_> = now.into_iter().filter(|one| selection.has(one.repository_id, &one.repository)).collect();
        let shown: HashSet<i64> = now.iter().map(|one| one.repository_id).collect();
        described.retain(|id, (before, after)| {
            let RepositoryName { registry_id, region, name } = &before.repository;
            let gone = !shown.contains(id) && scope.missing(registry_id, region, name) == MissingRepository::NotListed;
            if gone {
                settings.deleted.push(event(before, Some(after), by));
            }
            !gone
        });
        for repository in now {
            let before = described.get(&repository.repository_id);
            match before {
                Some((before, _)) if before.version_id == repository.version_id => {}
                Some((before, after)) if before.created_at == repository.created_at => {
                    settings.changes.extend(changes(before, &repository, after, by)?);
                }
                // The same name with another time of creation is another repository.
                Some((before, after)) => {
                    settings.deleted.push(event(before, Some(after), by));
                    settings.created.push(event(&repository, Some(after), by));
                }
                None if index > 0 && repository.created_at.is_some_and(|at| at.micros() > start) => {
                    settings.created.push(event(&repository, None, by));
                }
                None => {}
            }
            described.insert(repository.repository_id, (repository, by.clone()));
        }
        for policy in reader.lifecycle_policies(snapshot.id)? {
            if !selection.has(policy.repository_id, &policy.repository) {
                continue;
            }
            if let Some((before, after)) = policies.get(&policy.repository_id)
                && !same_policy(before.text.as_deref(), policy.text.as_deref())
            {
                settings.changes.push(SettingChange {
                    place: RepositoryKey::from(&policy.repository),
                    setting: POLICY.to_owned(),
                    from: before.text.clone(),
                    to: policy.text.clone(),
                    after: after.clone(),
                    by: by.clone(),
                });
            }
            policies.insert(policy.repository_id, (policy, by.clone()));
        }
        if index + 1 == snapshots.len() {
            settings.described = shown.len() as u64;
            let mut known: Vec<&SavedPolicy> =
                policies.values().filter(|(_, shown_by)| shown_by == by).map(|(policy, _)| policy).collect();
            settings.policies_known = known.len() as u64;
            known.retain(|policy| policy.text.is_none());
            settings.without_policy = known.into_iter().map(|policy| RepositoryKey::from(&policy.repository)).collect();
            settings.without_policy.sort_unstable_by(|a, b| {
                (&a.repository_name, &a.registry_id, &a.region).cmp(&(&b.repository_name, &b.registry_id, &b.region))
            });
        }
    }
    Ok(settings)
}

/// The settings that differ.
fn changes(
    before: &DescribedRepository,
    after: &DescribedRepository,
    last: &str,
    by: &str,
) -> Result<Vec<SettingChange>, StoreError> {
    let change = |ChangedSetting { member, from, to }| SettingChange {
        place: RepositoryKey::from(&after.repository),
        setting: member,
        from: from.as_ref().map(text_of),
        to: to.as_ref().map(text_of),
        after: last.to_owned(),
        by: by.to_owned(),
    };
    Ok(changed_settings(before, after)?.into_iter().map(change).collect())
}

fn text_of(value: &Value) -> String {
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = json::write_compact(&mut text, value);
    String::from_utf8_lossy(&text).into_owned()
}

fn event(repository: &DescribedRepository, after: Option<&String>, by: &str) -> RepositoryEvent {
    RepositoryEvent {
        place: RepositoryKey::from(&repository.repository),
        created_at: repository.created_at,
        after: after.cloned(),
        by: by.to_owned(),
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
