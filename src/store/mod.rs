//! The store: the only place with SQL.
//!
//! `open` knows files and schema versions, `columns` and `row` what an image is, `segment` what scans need of it, `load` writes, `read` answers, `maintenance`
//! looks after what is there, `merge` adds the snapshots of other stores, `sql` runs the user's own statements.
//! Nothing here knows of JSON pages, of requests or of printing.

pub mod columns;
mod error;
pub mod functions;
pub mod load;
pub mod maintenance;
pub mod merge;
mod open;
pub mod read;
pub mod repositories;
pub mod row;
mod segment;
mod severity_counts;
pub mod sql;

pub use error::{LockHolder, StoreError};
pub use load::Writer;
#[cfg(test)]
pub(crate) use open::create_empty;
pub use open::{Cancel, FileId, SCHEMA};
