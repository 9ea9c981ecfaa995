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
use super::open;
use super::read::Reader;
pub use forget::{Forgetting, Forgotten};

/// An existing database opened for changing which snapshots it holds.
pub struct Keeper {
    store: Reader,
}

impl Keeper {
    /// Open a database that is there, bringing its schema up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Keeper { store: Reader::of(open::for_keeping(path)?) })
    }

    /// The same database for reading, inside whatever this has begun.
    pub fn reader(&self) -> &Reader {
        &self.store
    }
}
