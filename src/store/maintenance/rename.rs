//! Another name for a snapshot.

use super::Keeper;
use crate::store::error::StoreError;

impl Keeper {
    /// Give the snapshot that the REF `old` means the name `new`, which no other one has. What a name may be is
    /// the caller's to check. Returns the number of the older schema, if this brought the database up to date.
    ///
    /// # Errors
    /// If the snapshot does not exist, the new name is taken or not a name, or the database cannot be written.
    pub fn rename(&self, old: &str, new: &str) -> Result<Option<i64>, StoreError> {
        let handle = &self.store.connection;
        let migrated = handle.begin(&self.cancel)?;
        let renamed = self.rename_within(old, new);
        handle.execute_batch(if renamed.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        handle.settle();
        renamed.map(|()| migrated)
    }

    fn rename_within(&self, old: &str, new: &str) -> Result<(), StoreError> {
        let snapshot = self.store.snapshot(old)?;
        let connection = &self.store.connection;
        let taken = "SELECT EXISTS (SELECT 1 FROM snapshot WHERE name = ?1 AND id <> ?2)";
        if connection.query_row(taken, (new, snapshot.id), |row| row.get(0))? {
            return Err(StoreError::NameTaken(new.to_owned()));
        }
        connection.execute("UPDATE snapshot SET name = ?1 WHERE id = ?2", (new, snapshot.id))?;
        Ok(())
    }
}
