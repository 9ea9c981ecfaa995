//! A store that is merged from: opened for reading, or migrated in a copy if an older program wrote it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::MergeError;
use crate::store::error::StoreError;
use crate::store::load::Original;
use crate::store::maintenance::verify;
use crate::store::open::{self, Handle};

/// A store that is merged from. It is never written.
pub struct OtherStore {
    connection: Handle,
    path: PathBuf,
}

impl OtherStore {
    /// Open a store for reading, in its current state. One with an older schema is read through a migrated copy in
    /// the folder for temporary files.
    ///
    /// # Errors
    /// If it does not exist, is not a store, is of a newer version, or cannot be read or copied.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = open::for_reading(path)?;
        connection.execute_batch("BEGIN").map_err(|source| StoreError::file(path, source))?;
        Ok(OtherStore { connection, path: path.to_owned() })
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
    /// while they are copied.
    pub(super) fn check_records(&self) -> Result<(), StoreError> {
        let findings = verify::records(&self.connection);
        match findings.named.first() {
            Some(finding) => Err(StoreError::Damaged(finding.to_string())),
            None => Ok(()),
        }
    }
}
