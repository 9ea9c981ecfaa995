//! Forgetting: snapshots go, and then everything that nothing points at any more.
//!
//! One transaction, and a sweep of the whole store rather than a search from what went: the sweep
//! also takes what a replaced listing left behind, and each of its steps is one pass over a table.
//! Every table is in [`ABOVE`] or [`BELOW`], except for images and their segments; a new one of objects needs its line
//! there.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::Keeper;
use crate::store::error::StoreError;
use crate::store::open::Handle;
use crate::store::segment;

/// From a snapshot down to the runs of a chunk: a row is deleted with the last row that refers to it.
const ABOVE: &[(&str, &str)] = &[
    ("page", "snapshot_id NOT IN (SELECT id FROM snapshot)"),
    ("ingest", "snapshot_id NOT IN (SELECT id FROM snapshot)"),
    ("source", "ingest_id NOT IN (SELECT id FROM ingest)"),
    ("snapshot_listing", "snapshot_id NOT IN (SELECT id FROM snapshot)"),
    ("snapshot_scope", "snapshot_id NOT IN (SELECT id FROM snapshot)"),
    ("listing", "id NOT IN (SELECT listing_id FROM snapshot_listing)"),
    ("listing_chunk", "listing_id NOT IN (SELECT id FROM listing)"),
    ("chunk", "id NOT IN (SELECT chunk_id FROM listing_chunk)"),
    ("chunk_run", "chunk_id NOT IN (SELECT id FROM chunk)"),
    ("repository_page", "snapshot_id NOT IN (SELECT id FROM snapshot)"),
    ("snapshot_repository", "snapshot_id NOT IN (SELECT id FROM snapshot)"),
    ("repository_version", "id NOT IN (SELECT version_id FROM snapshot_repository)"),
    ("snapshot_policy", "snapshot_id NOT IN (SELECT id FROM snapshot)"),
    ("lifecycle_policy", "id NOT IN (SELECT policy_id FROM snapshot_policy WHERE policy_id IS NOT NULL)"),
];

/// What the runs point at, and what belongs to it; `kept(id)` says whether a run still has an image.
///
/// The newest kind stays even if unused: its id must not come back with another meaning while a
/// reader that remembers kinds continues.
const BELOW: &[(&str, &str)] = &[
    ("digest_index", "NOT kept(image_id)"),
    ("tag_index", "NOT kept(image_id)"),
    ("image_kind", "id NOT IN (SELECT kind_id FROM image) AND id < (SELECT max(id) FROM image_kind)"),
    (
        "repository",
        "id NOT IN (SELECT repository_id FROM snapshot_listing) AND id NOT IN (SELECT repository_id FROM image)
         AND id NOT IN (SELECT repository_id FROM snapshot_repository)
         AND id NOT IN (SELECT repository_id FROM snapshot_policy)",
    ),
];

/// What a forget dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Snapshots.
    pub snapshots: u64,
    /// Repositories that no snapshot holds any more.
    pub repositories: u64,
    /// Listings.
    pub listings: u64,
    /// Images.
    pub images: u64,
    /// Bytes of whole pages that came free within the file.
    pub bytes: u64,
}

/// Forgetting in progress: what is read through the [`Keeper`] until its end is what it works on.
/// If it is dropped without [`Forgetting::commit`], the database is unchanged.
pub struct Forgetting<'k> {
    handle: &'k Handle,
    connection: &'k Connection,
    migrated: Option<i64>,
    ended: bool,
}

impl Keeper {
    /// Begin to forget. Other processes read on from the state before it, and wait with writing.
    ///
    /// # Errors
    /// If the database cannot be read or written, or another process holds it for too long.
    pub fn begin(&self) -> Result<Forgetting<'_>, StoreError> {
        let handle = &self.store.connection;
        let migrated = handle.begin(&self.cancel)?;
        let forgetting = Forgetting { handle, connection: handle, migrated, ended: false };
        forgetting.connection.execute_batch("PRAGMA cache_size = -65536")?;
        Ok(forgetting)
    }

    /// Shrink the file by rewriting the database (`VACUUM`). While it runs it needs up to twice the size of the
    /// database on the disk in addition; other processes can read.
    ///
    /// # Errors
    /// If the database cannot be read or written, or another process holds it for too long.
    pub fn compact(&self) -> Result<(), StoreError> {
        // The copy goes to a file and by small steps, for it may be larger than memory.
        let handle = &self.store.connection;
        handle.execute_batch("PRAGMA temp_store = FILE; PRAGMA cache_size = -8192; VACUUM")?;
        handle.settle();
        Ok(())
    }

    /// The length of the file in bytes.
    ///
    /// # Errors
    /// If the database cannot be read or written, or another process holds it for too long.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        let connection = &self.store.connection;
        Ok(pragma(connection, "page_count")? * pragma(connection, "page_size")?)
    }
}

impl Forgetting<'_> {
    /// Drop these snapshots, and what nothing points at then.
    ///
    /// # Errors
    /// If the database cannot be read or written, or another process holds it for too long.
    pub fn drop_snapshots(&self, ids: &[i64]) -> Result<Forgotten, StoreError> {
        let free = || Ok::<_, StoreError>(pragma(self.connection, "freelist_count")?);
        let before = free()?;
        let mut forgotten = Forgotten::default();
        let mut delete = self.connection.prepare("DELETE FROM snapshot WHERE id = ?1")?;
        for id in ids {
            forgotten.snapshots += delete.execute([id])? as u64;
        }
        for (table, unused) in ABOVE {
            self.sweep(table, unused, &mut forgotten)?;
        }
        self.define_kept()?;
        forgotten.images = self.drop_images()?;
        for (table, unused) in BELOW {
            self.sweep(table, unused, &mut forgotten)?;
        }
        forgotten.bytes = free()?.saturating_sub(before) * pragma(self.connection, "page_size")?;
        Ok(forgotten)
    }

    /// The number of the older schema, if this brings the database up to date.
    pub fn migrated(&self) -> Option<i64> {
        self.migrated
    }

    /// Make it so.
    ///
    /// # Errors
    /// If the database cannot be read or written, or another process holds it for too long.
    pub fn commit(mut self) -> Result<(), StoreError> {
        self.connection.execute_batch("COMMIT")?;
        self.ended = true;
        self.handle.settle();
        Ok(())
    }

    fn sweep(&self, table: &str, unused: &str, forgotten: &mut Forgotten) -> Result<(), StoreError> {
        let dropped = self.connection.execute(&format!("DELETE FROM {table} WHERE {unused}"), [])? as u64;
        match table {
            "repository" => forgotten.repositories = dropped,
            "listing" => forgotten.listings = dropped,
            _ => {}
        }
        Ok(())
    }

    /// Delete the images that no run has any more, and rebuild their segments; returns the number of images.
    fn drop_images(&self) -> Result<u64, StoreError> {
        let mut dropped = 0;
        let mut segments = Vec::new();
        let mut delete = self.connection.prepare("DELETE FROM image WHERE NOT kept(id) RETURNING id")?;
        let mut rows = delete.query([])?;
        while let Some(row) = rows.next()? {
            dropped += 1;
            let (number, _) = segment::place(row.get(0)?);
            if segments.last() != Some(&number) {
                segments.push(number);
            }
        }
        segments.sort_unstable();
        segments.dedup();
        segment::rebuild(self.connection, segments.into_iter())?;
        Ok(dropped)
    }

    /// Define the function `kept` of [`BELOW`] for the runs that are left.
    fn define_kept(&self) -> Result<(), StoreError> {
        let mut kept: Vec<(i64, i64)> = Vec::new();
        let mut runs = self.connection.prepare("SELECT image_id, length FROM chunk_run ORDER BY image_id")?;
        let mut rows = runs.query([])?;
        while let Some(row) = rows.next()? {
            let (start, length): (i64, i64) = (row.get(0)?, row.get(1)?);
            let end = start.saturating_add(length);
            match kept.last_mut() {
                Some((_, last)) if start <= *last => *last = end.max(*last),
                _ => kept.push((start, end)),
            }
        }
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        self.connection.create_scalar_function("kept", 1, flags, move |context| {
            let id: i64 = context.get(0)?;
            let after = kept.partition_point(|(start, _)| *start <= id);
            Ok(after > 0 && id < kept[after - 1].1)
        })?;
        Ok(())
    }
}

impl Drop for Forgetting<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // A failed transaction may already be gone; there is nothing better to do here.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

/// A pragma that is a count.
fn pragma(connection: &Connection, name: &str) -> Result<u64, rusqlite::Error> {
    connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0)).map(|count| count as u64)
}

#[cfg(test)]
mod tests {
    use super::{ABOVE, BELOW};
    use crate::store::open;

    /// A table that a migration adds must be swept too, or be named here as one that stays.
    #[test]
    fn every_table_is_swept() {
        let model = open::model().expect("a schema");
        let mut names = model
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            .expect("a statement");
        let names: Vec<String> =
            names.query_map([], |row| row.get(0)).expect("tables").collect::<Result<_, _>>().expect("names");
        let swept: Vec<&str> = ABOVE.iter().chain(BELOW).map(|(table, _)| *table).collect();
        for name in names {
            let stays = ["snapshot", "migration"].contains(&name.as_str());
            // Swept together.
            let stays = stays || ["image", "segment"].contains(&name.as_str());
            assert!(stays || swept.contains(&name.as_str()), "{name} is in no list of this file");
        }
    }
}
