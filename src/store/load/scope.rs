//! The scope that a load declares: the registries and regions of which it has the images of every repository. The
//! lists of describe-repositories pages are read from their own tables.

use rusqlite::{OptionalExtension, params};

use super::{Load, Target};
use crate::model::{DeclaredScope, RegistryName};
use crate::store::error::StoreError;

/// A row of `snapshot_scope` without its snapshot.
pub(super) struct ScopeRow {
    registry: RegistryName,
    capture_filter: Option<String>,
}

impl Load<'_> {
    /// The rows of the scope that the snapshot does not have yet, or has with another filter.
    pub(super) fn new_scope(&self, snapshot: i64, target: &Target) -> Result<Vec<ScopeRow>, StoreError> {
        let mut fresh: Vec<ScopeRow> = Vec::new();
        if target.scope == DeclaredScope::Unknown {
            return Ok(fresh);
        }
        let stored = "SELECT capture_filter FROM snapshot_scope
                    WHERE snapshot_id = ?1 AND registry_id = ?2 AND region = ?3";
        let mut stored = self.connection.prepare_cached(stored)?;
        let capture_filter = target.capture_filter.map(|filter| filter.to_string());
        for builder in &self.builders {
            let (registry_id, region) = (builder.name().registry_id.to_string(), builder.name().region.to_string());
            let key = params![snapshot, registry_id, region];
            let found: Option<Option<String>> = stored.query_row(key, |row| row.get(0)).optional()?;
            let registry = RegistryName { registry_id, region };
            if found.as_ref() != Some(&capture_filter) && !fresh.iter().any(|row| row.registry == registry) {
                fresh.push(ScopeRow { registry, capture_filter: capture_filter.clone() });
            }
        }
        Ok(fresh)
    }

    /// Write them.
    pub(super) fn write_scope(&self, snapshot: i64, scope: &[ScopeRow]) -> Result<(), StoreError> {
        let put = "INSERT OR REPLACE INTO snapshot_scope (snapshot_id, registry_id, region, capture_filter)
                   VALUES (?1, ?2, ?3, ?4)";
        let mut put = self.connection.prepare_cached(put)?;
        for ScopeRow { registry, capture_filter } in scope {
            put.execute(params![snapshot, registry.registry_id, registry.region, capture_filter])?;
        }
        Ok(())
    }
}
