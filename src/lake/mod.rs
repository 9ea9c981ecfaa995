//! A lake: the snapshots of a store as Parquet files that Spark, Trino, Athena and `DuckDB` read.
//!
//! ```text
//! LAKE/images/capture_date=2026-03-15/registry=r123456789012/<name>.parquet
//! LAKE/{image_tags,findings,listings,repository_settings,snapshots}/...           likewise
//! LAKE/_ecrsnap/manifest.json                                 format and schema version
//! LAKE/_ecrsnap/captures/r123456789012/eu-west-1.json         what was written of one registry and region
//! ```
//!
//! A capture is what one snapshot holds of one registry and region. It is one file in each table, and the name of
//! the file is a hash of the capture's content, so a file is written once and never changed. `tables` says which
//! columns there are, `columns` and `file` make Parquet of rows, `capture` reads a capture from the store, `facts` what the snapshot says of its repositories, `layout`
//! names paths, `manifest` keeps the record, and `write` does it all in an order in which a crash leaves a readable
//! lake. Nothing here prints or parses arguments.

mod capture;
mod columns;
mod facts;
mod file;
mod layout;
mod manifest;
pub mod tables;
mod write;

use std::io;
use std::path::{Path, PathBuf};

use crate::model::visible;
use crate::store::StoreError;

pub use write::{Done, FileRecord, Lake, Options, Outcome};

/// The version of the columns; a file of an older version lacks those that were added since.
pub const SCHEMA_VERSION: u32 = 2;

/// Why a lake cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// What the store says.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A folder with files that are not a lake.
    #[error(
        "{}: not a lake of ecrsnap, and not empty; name an empty folder or one that `ecrsnap export` made",
        shown(.0)
    )]
    Foreign(PathBuf),
    /// A file where the folder should be.
    #[error("{}: a file; --out names the folder of the lake", shown(.0))]
    NotAFolder(PathBuf),
    /// A lake of a later program.
    #[error(
        "{}: written by a newer ecrsnap ({what} {found}, this program knows {known}); use that version or a later one",
        shown(path)
    )]
    Newer {
        /// The manifest.
        path: PathBuf,
        /// `version` or `schema`.
        what: &'static str,
        /// What it says.
        found: u64,
        /// What this program knows.
        known: u64,
    },
    /// A record that is not what this program writes.
    #[error(
        "{}: damaged: {problem}; remove this file and export again, files that are whole are not written again",
        shown(path)
    )]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Another process writes to it.
    #[error("{}: another export is writing to this lake; try again when it is done", shown(.0))]
    Busy(PathBuf),
    /// The lake has other content for a capture.
    #[error(
        "snapshot `{}` of registry {}{} is in the lake with other content; --force replaces it",
        visible(snapshot), visible(registry), if region.is_empty() { String::new() } else { format!(" in {}", visible(region)) }
    )]
    OtherContent {
        /// The snapshot.
        snapshot: String,
        /// The registry.
        registry: String,
        /// The region label.
        region: String,
    },
    /// What the system says of a file.
    #[error("{}: {source}{}", shown(path), advice(source))]
    File {
        /// The file.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// What the Parquet writer says.
    #[error("{}: cannot be written as Parquet: {source}", shown(path))]
    Parquet {
        /// The file.
        path: PathBuf,
        /// The error.
        source: parquet::errors::ParquetError,
    },
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

/// What to do about an error of the system, if there is something to do.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space and run it again, what was finished is not written again"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "; check that the folder may be written",
        _ => "",
    }
}

/// Adds the path to errors of the system.
fn at(path: &Path) -> impl FnOnce(io::Error) -> LakeError {
    let path = path.to_owned();
    move |source| LakeError::File { path, source }
}
