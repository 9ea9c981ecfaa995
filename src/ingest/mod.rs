//! From saved pages to the store.
//!
//! `source` finds and decodes files, `parse` reads details out of their text, `parallel` runs parsers on
//! worker threads in step with the writer, and `session` turns their events into one transaction of the
//! store. Nothing here prints; everything worth reporting is in the [`Outcome`].

mod error;
mod parallel;
mod parse;
mod session;
pub mod source;
mod unchanged_files;

pub use error::IngestError;
pub use parse::anomalies::{Anomalies, Anomaly};
pub use parse::row::Defaults;
pub use session::{Options, Outcome, ingest};
