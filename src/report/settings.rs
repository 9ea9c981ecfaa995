//! What happened to the repositories themselves: created, deleted, with other settings or another policy.
//!
//! Only describe-repositories and get-lifecycle-policy pages show that. A snapshot without such pages
//! says nothing, and is skipped.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::figures::{RepositoryEvent, RepositoryKey, SettingChange, Settings};
use crate::model::{Value, json};
use crate::store::StoreError;
use crate::store::read::{DescribedRepository, Reader, Repositories, SavedPolicy, Snapshot};
use crate::store::row::RepositoryName;

/// The policy's name among the settings, as in the API.
const POLICY: &str = "lifecyclePolicyText";

/// Read what a span of snapshots says, oldest first.
pub(super) fn settings(reader: &Reader, snapshots: &[Snapshot], asked: &Repositories) -> Result<Settings, StoreError> {
    let selection = Selection::new(reader, asked)?;
    let start = snapshots.first().map_or(0, |snapshot| snapshot.captured_at);
    let mut settings = Settings::default();
    // By repository: the last settings and policies, and the snapshots that show them.
    let mut described: BTreeMap<i64, (DescribedRepository, String)> = BTreeMap::new();
    let mut policies: HashMap<i64, (SavedPolicy, String)> = HashMap::new();
    for (index, snapshot) in snapshots.iter().enumerate() {
        let by = &snapshot.name;
        let now = reader.described_repositories(snapshot.id)?;
        let now: Vec<_> = now.into_iter().filter(|one| selection.has(one.repository_id, &one.repository)).collect();
        let shown: HashSet<i64> = now.iter().map(|one| one.repository_id).collect();
        let lists = complete_lists(reader, snapshot)?;
        described.retain(|id, (before, after)| {
            let name = &before.repository;
            let gone = !shown.contains(id) && lists.contains(&(name.registry_id.to_string(), name.region.to_string()));
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
                && before.text != policy.text
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

/// The registries and regions whose list of repositories ends with a last page.
fn complete_lists(reader: &Reader, snapshot: &Snapshot) -> Result<HashSet<(String, String)>, StoreError> {
    let mut open: HashMap<(String, String), bool> = HashMap::new();
    for page in reader.repository_pages(snapshot.id)? {
        open.insert((page.registry_id, page.region), page.token.is_some());
    }
    Ok(open.into_iter().filter(|(_, open)| !open).map(|(list, _)| list).collect())
}

/// The members that differ; the address of a repository is not a setting.
fn changes(
    before: &DescribedRepository,
    after: &DescribedRepository,
    last: &str,
    by: &str,
) -> Result<Vec<SettingChange>, StoreError> {
    let (was, is) = (before.values()?, after.values()?);
    let names: BTreeSet<&str> = was.iter().chain(is.iter()).map(|(name, _)| &**name).collect();
    let change = |name: &str| {
        let text = |map: &crate::model::Map| map.get(name).map(text_of);
        let (from, to) = (text(&was), text(&is));
        (from != to).then(|| SettingChange {
            place: RepositoryKey::from(&after.repository),
            setting: name.to_owned(),
            from,
            to,
            after: last.to_owned(),
            by: by.to_owned(),
        })
    };
    Ok(names.into_iter().filter_map(change).collect())
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

/// The repositories that the report describes.
struct Selection<'a> {
    asked: &'a Repositories,
    /// Those whose name matches a glob; `None` for all names.
    named: Option<HashSet<i64>>,
}

impl<'a> Selection<'a> {
    fn new(reader: &Reader, asked: &'a Repositories) -> Result<Self, StoreError> {
        let mut named = (!asked.names.is_empty()).then(HashSet::new);
        for glob in &asked.names {
            named.get_or_insert_default().extend(reader.repositories_like(glob)?);
        }
        Ok(Selection { asked, named })
    }

    fn has(&self, id: i64, name: &RepositoryName) -> bool {
        self.named.as_ref().is_none_or(|named| named.contains(&id))
            && self.asked.registry_id.as_deref().is_none_or(|registry| *registry == *name.registry_id)
            && self.asked.region.as_deref().is_none_or(|region| *region == *name.region)
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
