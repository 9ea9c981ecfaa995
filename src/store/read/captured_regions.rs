//! Which registries and regions each snapshot has captured.

use super::{Reader, Snapshot};
use crate::store::error::StoreError;

impl Reader {
    /// Every registry and region label that a snapshot has a listing of, with the snapshot, oldest first.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn captured_regions(&self) -> Result<Vec<(Snapshot, String, String)>, StoreError> {
        let sql = "SELECT DISTINCT s.id, s.name, s.captured_at, r.registry_id, r.region
                   FROM snapshot s
                   JOIN snapshot_listing sl ON sl.snapshot_id = s.id
                   JOIN repository r ON r.id = sl.repository_id
                   ORDER BY s.captured_at, s.id, r.registry_id, r.region";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            let snapshot = Snapshot { id: row.get(0)?, name: row.get(1)?, captured_at: row.get(2)? };
            Ok((snapshot, row.get(3)?, row.get(4)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
