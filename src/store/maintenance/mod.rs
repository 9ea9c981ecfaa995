//! Looking after a store: what its snapshots were made of, other names for them, forgetting them,
//! whole listings as rows, and whether all of it is still what was written.
//!
//! `forget` and `rename` write, through a [`Keeper`]; the others read. Which snapshots go is decided
//! elsewhere (`crate::retention`), and nothing here prints.

mod forget;
mod rename;
pub mod verify;

use std::path::Path;

use super::error::StoreError;
use super::open::{self, Cancel};
use super::read::Reader;
pub use forget::{Forgetting, Forgotten};

/// An existing database opened for changing which snapshots it holds.
pub struct Keeper {
    store: Reader,
    cancel: Cancel,
}

impl Keeper {
    /// Open an existing database. A `cancel` that is set from another thread ends a change with
    /// [`StoreError::Cancelled`].
    ///
    /// # Errors
    /// If the database cannot be read or written, or another process holds it for too long.
    pub fn open(path: &Path, cancel: &Cancel) -> Result<Self, StoreError> {
        Ok(Keeper { store: Reader::of(open::for_keeping(path, cancel)?), cancel: cancel.clone() })
    }

    /// The same database for reading, inside whatever this has begun.
    pub fn reader(&self) -> &Reader {
        &self.store
    }
}
