//! Answers from a store: snapshots, listings, and the details of a listing by position, digest or tag.

mod captured_regions;
mod compare;
mod decode;
pub mod figures;
mod lineage;
mod listing;
mod provenance;
mod repositories;
pub(super) mod rows;
mod runs;
mod scope;
pub mod search;
mod segments;
mod snapshots;
mod superseded;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use hashbrown::HashMap;
use rusqlite::config::DbConfig;

use super::error::StoreError;
use super::open::{self, Handle};
use super::row::Kind;
pub use compare::Repositories;
pub use lineage::{Repository, Sighting, Subject};
pub use listing::{PositionedDetail, Selection};
pub use provenance::{Ingest, SourceFile};
pub use repositories::{DescribedRepository, SavedPolicy, SavedRepositoryPage, SelectedRepositories};
pub use rows::StoredImage;
pub use snapshots::{Listing, PageToken, Snapshot};

/// A store opened for reading.
pub struct Reader {
    pub(super) connection: Handle,
    /// Kinds by id: a handful, read when first met.
    kinds: RefCell<HashMap<i64, Rc<Kind>>>,
}

impl Reader {
    /// Open an existing database for reading. An empty file counts as a database without snapshots, and one of
    /// an older version is read through a temporary copy.
    ///
    /// Reading checks no hash: `maintenance::verify` does. What cannot be, such as positions that do not
    /// advance, is an error when it is read.
    ///
    /// # Errors
    /// If the file does not exist, is not a database of ecrsnap, has a newer schema, or cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let handle = open::for_reading(path)?;
        // Otherwise SQLite plans a statement with a range again whenever other values are bound to it.
        handle.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Reader::of(handle))
    }

    /// The store behind a handle that `open` made.
    pub(super) fn of(handle: Handle) -> Self {
        Reader { connection: handle, kinds: RefCell::default() }
    }

    /// Whether the path still leads to the file that this reads. After `mv restored.db ecrsnap.db`, and after
    /// the file was removed, it does not.
    pub fn is_current(&self) -> bool {
        self.connection.is_current()
    }

    /// Whether a write has left a log next to the database, which its last user folds in.
    pub fn has_log(&self) -> bool {
        self.connection.has_log()
    }

    /// Do `work` on the current state of the database, whatever is written meanwhile. That is also cheaper than a lock
    /// for each statement. A write that begins meanwhile may wait until the work is done.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn at_one_moment<T>(&self, work: impl FnOnce() -> T) -> Result<T, StoreError> {
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        let outcome = work();
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(outcome)
    }
}
