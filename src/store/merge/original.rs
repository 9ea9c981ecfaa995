//! A store that is merged from: opened for reading, or migrated in a copy if an older program wrote it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::MergeError;
use crate::store::error::StoreError;
use crate::store::load::Original;
use crate::store::maintenance::verify;
use crate::store::open;

/// A store that is merged from. It is never written.
pub struct OtherStore {
    connection: Connection,
    path: PathBuf,
    /// Holds the copy of an older store until the merge is done.
    _copy: Option<TempDir>,
}

impl OtherStore {
    /// Open a store for reading, as it is at this moment. One with an older schema is copied into a temporary folder
    /// in `folder`, and the copy migrated.
    ///
    /// # Errors
    /// If it does not exist, is not a store, is of a newer version, or cannot be read or copied.
    pub fn open(path: &Path, folder: &Path) -> Result<Self, StoreError> {
        let (connection, copy) = match open::for_reading(path) {
            Ok(connection) => (connection, None),
            Err(StoreError::Older { .. }) => {
                let (connection, copy) = open::migrated_copy(path, folder)?;
                (connection, Some(copy))
            }
            Err(error) => return Err(error),
        };
        connection.execute_batch("BEGIN").map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        Ok(OtherStore { connection, path: path.to_owned(), _copy: copy })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The images of all its listings, for a progress bar.
    pub fn expected(&self) -> Option<u64> {
        let sql = "SELECT sum(images) FROM listing WHERE id IN (SELECT listing_id FROM snapshot_listing)";
        let sum = self.connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
        sum.ok().flatten().and_then(|sum| u64::try_from(sum).ok())
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn original(&self) -> Result<Original<'_>, StoreError> {
        Original::new(&self.connection)
    }

    /// Refuse the file that is merged into.
    pub(super) fn refuse_same(&self, target: &Path) -> Result<(), MergeError> {
        match (self.path.canonicalize(), target.canonicalize()) {
            (Ok(one), Ok(other)) if one == other => Err(MergeError::Same(self.path.clone())),
            _ => Ok(()),
        }
    }

    /// Check what no hash covers: names, instants, pages, runs and files. Images, chunks and listings are checked
    /// as they are copied.
    pub(super) fn check_records(&self) -> Result<(), StoreError> {
        let findings = verify::records(&self.connection);
        match findings.named.first() {
            Some(finding) => Err(StoreError::Damaged(finding.to_string())),
            None => Ok(()),
        }
    }
}
