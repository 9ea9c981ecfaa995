//! Merging: the snapshots of other stores added to this one, in one transaction.
//!
//! Objects are addressed by their content, so a merge copies what is missing and points at the rest. Ids differ
//! from store to store and are mapped. `tables` says how the rows of each table come along, `plan` compares two
//! stores and finds every conflict before anything is copied, `statements` writes what the plan decided, `rows` maps rows, and `load::copy`
//! copies images. Nothing here prints or chooses file names.
//!
//! Two rules make the order of merges irrelevant: rows are added, never changed (except with `replace`), and what is
//! equal is added once. A merge that finds nothing new writes nothing.

mod original;
mod plan;
mod rows;
mod statements;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use super::error::StoreError;
use super::load::{Copier, Repository};
use super::open::{self, Cancel, Handle};
use crate::model::visible;
pub use original::OtherStore;
use plan::Plan;
use rows::Mapper;

/// How a merge treats what two stores say differently.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Take what the other store says of a repository in a snapshot that both have.
    pub replace: bool,
    /// Put before the name of a snapshot whose name means another instant here.
    pub rename_with: Option<String>,
    /// Do everything except the commit.
    pub dry_run: bool,
}

/// What a merge of one store added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// The other store.
    pub path: PathBuf,
    /// Its snapshots that are new here, by the names that they have here.
    pub added: Vec<String>,
    /// Snapshots that were here and gained something.
    pub extended: Vec<String>,
    /// Snapshots that were renamed: their names there and here.
    pub renamed: Vec<(String, String)>,
    /// Listings that were not in this store.
    pub listings: u64,
    /// Image rows that were not in this store.
    pub images: u64,
    /// What snapshots say of repositories: rows added.
    pub statements: u64,
    /// What snapshots say of repositories: rows replaced.
    pub replaced: u64,
    /// Whether anything was written.
    pub changed: bool,
}

/// Why a merge is refused.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// What a store says.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The other store is damaged.
    #[error("{}: {problem}", visible(&path.to_string_lossy()))]
    Damaged {
        /// The other store.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A store cannot be merged into itself.
    #[error("{}: this is the database that is merged into", visible(&.0.to_string_lossy()))]
    Same(PathBuf),
    /// The same name for another instant.
    #[error(
        "{}: snapshot `{}` was captured at {there}, but the snapshot of that name here at {here}",
        visible(&path.to_string_lossy()), visible(snapshot)
    )]
    OtherInstant {
        /// The other store.
        path: PathBuf,
        /// The snapshot.
        snapshot: String,
        /// Its instant there.
        there: String,
        /// The instant of that name here.
        here: String,
    },
    /// A name that a prefix makes is not a name for a snapshot.
    #[error("snapshot `{}` would get a name that {problem}", visible(snapshot))]
    Name {
        /// The snapshot.
        snapshot: String,
        /// What is wrong with the name.
        problem: String,
    },
    /// Two stores contradict each other about one repository in one snapshot.
    #[error(
        "{}: snapshot `{}` has another {what} of `{}` ({}) than here",
        visible(&path.to_string_lossy()), visible(snapshot), visible(repository), visible(of)
    )]
    Conflict {
        /// The other store.
        path: PathBuf,
        /// The snapshot.
        snapshot: String,
        /// `listing`, for one.
        what: String,
        /// The repository.
        repository: String,
        /// Its registry and region.
        of: String,
    },
}

impl MergeError {
    /// The same with the database's file, if only what `SQLite` says is known.
    #[must_use]
    pub fn of(self, path: &Path) -> Self {
        match self {
            MergeError::Store(error) => MergeError::Store(error.of(path)),
            other => other,
        }
    }
}

/// A store that others are merged into.
///
/// One that was made by this and into which nothing went is removed again.
pub struct Merger {
    connection: Handle,
    path: PathBuf,
    cancel: Cancel,
    made: bool,
}

impl Merger {
    /// Open the store; the file is made if it does not exist. A `cancel` that is set from another thread ends a
    /// merge with [`StoreError::Cancelled`].
    ///
    /// # Errors
    /// If the database cannot be read or written, or another process holds it for too long.
    pub fn open(path: &Path, cancel: &Cancel) -> Result<Self, StoreError> {
        let made = !path.exists();
        Ok(Merger { connection: open::for_writing(path, cancel)?, path: path.to_owned(), cancel: cancel.clone(), made })
    }

    /// Merge other stores, in their order, in one transaction; `progress` counts the images of their listings.
    ///
    /// # Errors
    /// If a store is damaged or contradicts this one; this store is then unchanged.
    pub fn merge(
        &self,
        others: &[OtherStore],
        options: &Options,
        progress: &AtomicU64,
    ) -> Result<Vec<Merged>, MergeError> {
        for other in others {
            other.refuse_same(&self.path)?;
        }
        self.connection.execute_batch("PRAGMA cache_size = -16384").map_err(StoreError::from)?;
        self.connection.begin(&self.cancel)?;
        let merged = self.merge_within(others, options, progress);
        let keep = merged.as_ref().is_ok_and(|all| !options.dry_run && all.iter().any(|merged| merged.changed));
        if keep {
            self.connection.execute_batch("COMMIT").map_err(StoreError::from)?;
            self.connection.settle();
        } else {
            // A failed transaction may already be gone; there is nothing better to do here.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        merged
    }

    fn merge_within(
        &self,
        others: &[OtherStore],
        options: &Options,
        progress: &AtomicU64,
    ) -> Result<Vec<Merged>, MergeError> {
        let mut copier = Copier::new(&self.connection)?;
        let mut all = Vec::with_capacity(others.len());
        for other in others {
            let changes = self.connection.total_changes();
            let images = copier.inserted();
            let mut merged = self.one(other, options, &mut copier, progress).map_err(|error| match error {
                MergeError::Store(StoreError::Damaged(problem)) => {
                    MergeError::Damaged { path: other.path().to_owned(), problem }
                }
                MergeError::Store(error) if error.is_damage() => {
                    MergeError::Damaged { path: other.path().to_owned(), problem: error.to_string() }
                }
                error => error,
            })?;
            other.path().clone_into(&mut merged.path);
            merged.images = copier.inserted() - images;
            merged.changed = self.connection.total_changes() > changes;
            all.push(merged);
        }
        Ok(all)
    }

    fn one(
        &self,
        other: &OtherStore,
        options: &Options,
        copier: &mut Copier<'_>,
        progress: &AtomicU64,
    ) -> Result<Merged, MergeError> {
        other.check_records()?;
        let mut original = other.original()?;
        let mut mapper = Mapper::new(other.connection(), &self.connection)?;
        let plan = Plan::make(other, &mut original, &mut mapper, copier, options)?;
        let mut merged = Merged { renamed: plan.renamed.clone(), ..Merged::default() };
        for (repository, listings) in &plan.missing {
            let repository = Repository {
                original_id: repository.0,
                id: mapper.map("repository", repository.0)?,
                name: repository.1.clone(),
                new: mapper.is_new("repository", repository.0),
            };
            for listing in listings {
                let id = copier.copy_listing(&mut original, *listing, &repository, progress)?;
                mapper.set("listing", *listing, id);
                merged.listings += 1;
            }
            // An image that waits is not found from another store, nor from a later repository of the same name.
            copier.flush()?;
        }
        plan.write(&mut mapper, options, &mut merged)?;
        Ok(merged)
    }
}

impl Drop for Merger {
    fn drop(&mut self) {
        if self.made {
            self.connection.remove_if_empty();
        }
    }
}
