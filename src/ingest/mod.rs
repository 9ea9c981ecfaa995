//! From saved pages to the store: files are found and decoded (`source`), read in every shape that
//! people save (`page`, `detail`, `row`), put together as listings (`plan`) and written.
//!
//! Parsing runs on worker threads, writing on the caller's; `pipeline` is what stands between them.
//! It prints nothing: what is worth saying is in the [`Outcome`].

mod detail;
mod error;
mod feed;
mod help;
mod item;
mod lookalike;
mod minify;
mod oddity;
mod page;
mod pipeline;
mod plain;
mod plan;
mod repeat;
mod row;
mod run;
pub mod source;
mod stretch;
mod text;
mod time;
mod window;
mod yaml;

pub use error::IngestError;
pub use oddity::Oddities;
pub use plan::{Options, Outcome, ingest};
pub use row::Defaults;
