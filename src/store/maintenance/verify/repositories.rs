//! Settings of repositories and lifecycle policies: their hashes, and that they belong together.

use rusqlite::Connection;

use super::Names;
use super::finding::{Finding, Findings};
use crate::model::{Instant, Value, json};
use crate::store::error::StoreError;
use crate::store::repositories::{policy_hash, version_hash};

/// Check every version of settings and every policy.
pub(super) fn check(connection: &Connection, names: &Names, findings: &mut Findings) -> Result<(), StoreError> {
    versions(connection, names, findings)?;
    policies(connection, findings)
}

fn versions(connection: &Connection, names: &Names, findings: &mut Findings) -> Result<(), StoreError> {
    let sql = "SELECT id, hash, repository_id, created_at, created_nanos, members FROM repository_version";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let repository = names.repositories.get(&row.get(2)?);
        let (created_at, nanos): (Option<i64>, i64) = (row.get(3)?, row.get(4)?);
        let name = repository.map(|repository| &repository.name);
        let problem = match (name, row.get_ref(1)?.as_blob(), row.get_ref(5)?.as_str(), u16::try_from(nanos)) {
            (None, ..) => Some("the repository of its settings is missing".to_owned()),
            (Some(name), Ok(hash), Ok(members), Ok(nanos)) => {
                if version_hash(name, created_at, nanos, members) != hash {
                    Some("its settings are not those that were ingested (their hash differs)".to_owned())
                } else if created_at.is_some_and(|at| Instant::from_parts(at, nanos).is_err()) {
                    Some("its creation time is out of range".to_owned())
                } else if !matches!(json::parse(members), Ok(Value::Map(_))) {
                    Some("its settings are not a JSON object".to_owned())
                } else {
                    None
                }
            }
            _ => Some("its settings cannot be read".to_owned()),
        };
        if let Some(problem) = problem {
            findings
                .add_with(|| Finding::of_repository(name.map(|name| &*name.name), problem).at_settings(connection, id));
        }
    }
    Ok(())
}

fn policies(connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT id, hash, text FROM lifecycle_policy")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let sound = match (row.get_ref(1)?.as_blob(), row.get_ref(2)?.as_str()) {
            (Ok(hash), Ok(text)) => policy_hash(text) == hash,
            _ => false,
        };
        if !sound {
            let problem = "its lifecycle policy is not the one that was ingested (its hash differs)";
            findings.add_with(|| Finding::of(problem).at_policy(connection, id));
        }
    }
    Ok(())
}
