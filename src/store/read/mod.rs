//! Answers from a store: snapshots, listings, and the details of a listing by position, digest or tag.

mod compare;
mod decode;
pub mod figures;
mod lineage;
mod listing;
mod provenance;
mod repositories;
pub(super) mod rows;
mod scope;
pub mod search;
mod snapshots;
mod superseded;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use hashbrown::HashMap;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::error::StoreError;
use super::open;
use super::row::Kind;
pub use compare::Repositories;
pub use lineage::{Repository, Sighting, Subject};
pub use listing::{PositionedDetail, Selection};
pub use provenance::{Ingest, SourceFile};
pub use repositories::{DescribedRepository, SavedPolicy, SavedRepositoryPage};
pub use rows::StoredImage;
pub use snapshots::{Listing, PageToken, Snapshot};

/// A store opened for reading.
pub struct Reader {
    pub(super) connection: Connection,
    /// Kinds by id: a handful, read when first met.
    kinds: RefCell<HashMap<i64, Rc<Kind>>>,
}

impl Reader {
    /// Open a database for reading; it must be there and of this program's schema.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = open::for_reading(path)?;
        // Otherwise SQLite plans a statement with a range anew whenever other values are bound to it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Reader::of(connection))
    }

    /// The store behind a connection that `open` made.
    pub(super) fn of(connection: Connection) -> Self {
        Reader { connection, kinds: RefCell::default() }
    }

    /// Do `work` on the database as it is now, whatever an ingest writes meanwhile. That is also
    /// cheaper than a lock for each statement. An ingest waits until the work is done.
    pub fn at_one_moment<T>(&self, work: impl FnOnce() -> T) -> Result<T, StoreError> {
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        let outcome = work();
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(outcome)
    }
}
