//! Offline snapshots of Amazon ECR image metadata, and `describe-images` answered from them.
//!
//! [`Database`] is the way in: it ingests saved pages, answers `DescribeImages` from any snapshot, searches a
//! snapshot and compares two. `docs/library.md` in the repository is a guide and says what is stable.
//!
//! # Features
//!
//! | feature | adds | dependencies |
//! |---|---|---|
//! | `cli` | the program `ecrsnap` | clap |
//! | `serve` | the service over HTTP | axum, tokio |
//! | `lake` | snapshots as Parquet files | parquet |
//! | `report` | the report as an HTML page | askama |
//!
//! All are on by default; a library user can turn them off with `default-features = false`.

#[cfg(feature = "cli")]
mod cli;
mod client;
mod coverage;
mod database;
mod diff;
mod export;
mod image_refs;
mod in_use;
mod ingest;
#[cfg(feature = "lake")]
mod lake;
mod lifecycle;
mod model;
mod output;
mod query;
mod report;
mod retention;
#[cfg(feature = "serve")]
mod serve;
mod service;
mod store;
mod tabular;
mod what_if;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::run;
pub use coverage::{Absence, Coverage};
pub use database::{Database, Error, IngestOptions, IngestReport};
pub use diff::{
    Changed, Changes, Comparison, FindingsChange, Held, MemberChange, Options as DiffOptions, RepositoryChange,
    SettingsChange, SettingsKind, Summary, TagChange, Totals, Unmatched,
};
pub use ingest::IngestError;
pub use model::{
    CaptureFilter, CaptureFilterError, DeclaredScope, DescribeImagesRequest, Detail, Digest, FindingsSummary,
    ImageFilter, ImageIdentifier, Instant, ScanStatus,
};
pub use service::{DescribeImagesPage, ErrorCode, ServiceError};
pub use store::StoreError;
pub use store::read::search::{Filter, Image, Search};
pub use store::read::{Repositories, Snapshot};
pub use store::row::RepositoryName;

/// The modules of the crate for its own program, tests, benchmarks and fuzz targets.
///
/// Nothing in here is part of the public interface: it changes without notice and without a new
/// major version. It is compiled in every configuration, so that a test of a module needs no feature.
#[doc(hidden)]
pub mod internal {
    macro_rules! open {
        ($($(#[$attribute:meta])* $module:ident),* $(,)?) => {
            $($(#[$attribute])* pub mod $module { pub use crate::$module::*; })*
        };
    }
    open! {
        client, coverage, diff, export, image_refs, in_use, ingest,
        #[cfg(feature = "lake")] lake,
        lifecycle, model, output, query, report, retention,
        #[cfg(feature = "serve")] serve,
        service, store, tabular, what_if,
    }
}
