//! Sums and changes over many listings, without reading an image twice.
//!
//! Days share most of their images, and an image that did not change is the same row. So a chain of
//! listings is taken apart into chunks and runs of image ids (`shape`), every image is read once
//! however many days it is in (`sums`), and what differs between two days is found among the ids
//! before any image is looked at (`chain`). What one listing holds is handed out row by row (`facts`).
//!
//! Nothing here decides what a figure means; `report` does.

mod chain;
mod facts;
mod ranges;
mod severity;
mod shape;
mod sums;

pub use crate::model::Severities;
pub use chain::{Chain, Step, Tagged};
pub use facts::Facts;
pub use sums::Sums;
