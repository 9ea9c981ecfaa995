//! Answers from a store: snapshots, listings, and the details of a listing by position, digest or tag.

mod compare;
mod decode;
pub mod figures;
mod lineage;
mod listing;
mod snapshots;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use rusqlite::Connection;

use super::error::StoreError;
use super::open;
use super::row::Kind;
pub use compare::Repositories;
pub use lineage::{Repository, Sighting, Subject};
pub use listing::{Found, Selection};
pub use snapshots::{Listing, PageToken, Snapshot};

/// A store opened for reading.
pub struct Reader {
    connection: Connection,
    /// Kinds by id: a handful, read when first met.
    kinds: RefCell<HashMap<i64, Rc<Kind>>>,
}

impl Reader {
    /// Open a database for reading; it must be there and of this program's schema.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Reader { connection: open::for_reading(path)?, kinds: RefCell::default() })
    }
}
