//! The scope of a snapshot: of which registries and regions it covers every repository.

use std::collections::BTreeSet;

use rusqlite::params;

use super::Reader;
use super::snapshots::filter_of;
use crate::model::{CaptureScope, RegistryName};
use crate::store::error::StoreError;

impl Reader {
    /// What a snapshot says about the repositories that it has no listing of. Unknown unless `ingest --scope registry`
    /// declared it, or complete describe-repositories pages list the repositories.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn scope(&self, snapshot_id: i64) -> Result<CaptureScope, StoreError> {
        let mut scope = CaptureScope::default();
        let sql = "SELECT registry_id, region, capture_filter FROM snapshot_scope WHERE snapshot_id = ?1
                   ORDER BY registry_id, region";
        let mut declared = self.connection.prepare_cached(sql)?;
        let mut rows = declared.query([snapshot_id])?;
        while let Some(row) = rows.next()? {
            scope.declare(RegistryName { registry_id: row.get(0)?, region: row.get(1)? }, filter_of(row, 2)?);
        }
        // The list is complete if its last page has no token, and no image is of a repository that it does not have.
        let sql = "SELECT registry_id, region FROM repository_page p
                   WHERE snapshot_id = ?1 AND registry_id <> '' AND token IS NULL AND ordinal =
                       (SELECT max(ordinal) FROM repository_page q
                        WHERE q.snapshot_id = ?1 AND (q.registry_id, q.region) = (p.registry_id, p.region))
                   AND NOT EXISTS
                       (SELECT 1 FROM snapshot_listing l JOIN repository r ON r.id = l.repository_id
                        WHERE l.snapshot_id = ?1 AND (r.registry_id, r.region) = (p.registry_id, p.region)
                            AND NOT EXISTS (SELECT 1 FROM snapshot_repository s
                                            WHERE s.snapshot_id = ?1 AND s.repository_id = l.repository_id))";
        let mut listed = self.connection.prepare_cached(sql)?;
        let mut rows = listed.query([snapshot_id])?;
        while let Some(row) = rows.next()? {
            let registry = RegistryName { registry_id: row.get(0)?, region: row.get(1)? };
            let names = self.listed_names(snapshot_id, &registry)?;
            scope.list(registry, names);
        }
        Ok(scope)
    }

    /// The names of the repositories that the describe-repositories pages of a snapshot list.
    fn listed_names(&self, snapshot_id: i64, registry: &RegistryName) -> Result<BTreeSet<String>, StoreError> {
        let sql = "SELECT r.name FROM snapshot_repository s JOIN repository r ON r.id = s.repository_id
                   WHERE s.snapshot_id = ?1 AND r.registry_id = ?2 AND r.region = ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows =
            statement.query_map(params![snapshot_id, registry.registry_id, registry.region], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
