//! From saved pages to the store.
//!
//! `source` finds and decodes files, `parse` reads details out of their text, `parallel` runs parsers on
//! worker threads in step with the writer, `session` runs one ingest, and `applier` turns the events into one
//! transaction of the store. `folders` knows what an export says about its pages. Nothing here prints; everything worth reporting is in the [`Outcome`].

mod applier;
mod error;
mod folders;
mod ids_check;
mod inspect;
mod parallel;
mod parse;
mod session;
pub mod source;
mod unchanged_files;

pub use error::IngestError;
pub use ids_check::IdsChecked;
pub use inspect::{Inspected, inspect};
pub use parse::anomalies::{Anomalies, Anomaly};
pub use parse::extract::Skipped;
pub use parse::row::Defaults;
pub use session::{Options, Outcome, ingest};
