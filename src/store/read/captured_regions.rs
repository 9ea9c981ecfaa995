//! Which registries and regions each snapshot has captured.

use super::{Reader, Snapshot};
use crate::store::error::StoreError;

impl Reader {
    /// Every registry and region label that a snapshot says something of, with the snapshot, oldest first: a listing,
    /// settings, a policy, or that it covers them.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn captured_regions(&self) -> Result<Vec<(Snapshot, String, String)>, StoreError> {
        let sql = "SELECT s.id, s.name, s.captured_at, held.registry_id, held.region
                   FROM snapshot s
                   JOIN (SELECT l.snapshot_id, r.registry_id, r.region
                         FROM snapshot_listing l JOIN repository r ON r.id = l.repository_id
                         UNION
                         SELECT d.snapshot_id, r.registry_id, r.region
                         FROM snapshot_repository d JOIN repository r ON r.id = d.repository_id
                         UNION
                         SELECT p.snapshot_id, r.registry_id, r.region
                         FROM snapshot_policy p JOIN repository r ON r.id = p.repository_id
                         UNION
                         SELECT snapshot_id, registry_id, region FROM snapshot_scope
                         UNION
                         SELECT snapshot_id, registry_id, region FROM repository_page WHERE registry_id <> '') held
                       ON held.snapshot_id = s.id
                   ORDER BY s.captured_at, s.id, held.registry_id, held.region";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            let snapshot = Snapshot { id: row.get(0)?, name: row.get(1)?, captured_at: row.get(2)? };
            Ok((snapshot, row.get(3)?, row.get(4)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
