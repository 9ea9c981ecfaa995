//! The scope of a load: the registries and regions of which it covers every repository.

use rusqlite::{OptionalExtension, params};

use super::{Load, Target};
use crate::model::{DeclaredScope, RegistryName, ScopeSource};
use crate::store::error::StoreError;

/// A row of `snapshot_scope` without its snapshot.
pub(super) struct ScopeRow {
    registry: RegistryName,
    source: ScopeSource,
    capture_filter: Option<String>,
}

impl Load<'_> {
    /// The rows of the scope that the snapshot does not have yet, or has with another filter.
    pub(super) fn new_scope(&self, snapshot: i64, target: &Target) -> Result<Vec<ScopeRow>, StoreError> {
        let mut rows: Vec<ScopeRow> = Vec::new();
        if target.scope == DeclaredScope::Registries {
            for builder in &self.builders {
                let (registry_id, region) = (builder.name().registry_id.to_string(), builder.name().region.to_string());
                let registry = RegistryName { registry_id, region };
                if !rows.iter().any(|row| row.registry == registry) {
                    let capture_filter = target.capture_filter.map(|filter| filter.to_string());
                    rows.push(ScopeRow { registry, source: ScopeSource::Declared, capture_filter });
                }
            }
        }
        let listed = |registry: &RegistryName| ScopeRow {
            registry: registry.clone(),
            source: ScopeSource::Listed,
            capture_filter: None,
        };
        rows.extend(self.listed.iter().map(listed));
        let held = "SELECT capture_filter FROM snapshot_scope
                    WHERE snapshot_id = ?1 AND registry_id = ?2 AND region = ?3 AND source = ?4";
        let mut held = self.connection.prepare_cached(held)?;
        let mut fresh = Vec::new();
        for row in rows {
            let key = params![snapshot, row.registry.registry_id, row.registry.region, row.source.name()];
            let found: Option<Option<String>> = held.query_row(key, |row| row.get(0)).optional()?;
            if found.as_ref() != Some(&row.capture_filter) {
                fresh.push(row);
            }
        }
        Ok(fresh)
    }

    /// Write them.
    pub(super) fn write_scope(&self, snapshot: i64, scope: &[ScopeRow]) -> Result<(), StoreError> {
        let put = "INSERT OR REPLACE INTO snapshot_scope (snapshot_id, registry_id, region, source, capture_filter)
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut put = self.connection.prepare_cached(put)?;
        for ScopeRow { registry, source, capture_filter } in scope {
            put.execute(params![snapshot, registry.registry_id, registry.region, source.name(), capture_filter])?;
        }
        Ok(())
    }
}
