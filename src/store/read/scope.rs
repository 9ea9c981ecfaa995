//! The scope of a snapshot: of which registries and regions it covers every repository.

use rusqlite::params;

use super::Reader;
use super::snapshots::filter_of;
use crate::model::{CaptureScope, RegistryName, ScopeSource};
use crate::store::error::StoreError;

impl Reader {
    /// What a snapshot says about the repositories that it has no listing of. Unknown unless
    /// `ingest --scope registry` declared it.
    pub fn scope(&self, snapshot_id: i64) -> Result<CaptureScope, StoreError> {
        let sql = "SELECT registry_id, region, capture_filter FROM snapshot_scope
                   WHERE snapshot_id = ?1 AND source = ?2 ORDER BY registry_id, region";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![snapshot_id, ScopeSource::Declared.name()])?;
        let mut scope = CaptureScope::default();
        while let Some(row) = rows.next()? {
            scope.declare(RegistryName { registry_id: row.get(0)?, region: row.get(1)? }, filter_of(row, 2)?);
        }
        Ok(scope)
    }
}
