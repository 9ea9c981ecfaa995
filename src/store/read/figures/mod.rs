//! Sums and changes over many listings, without reading an image twice.
//!
//! Days share most of their images, and an image that did not change is the same row. `shape` splits
//! a chain of listings into chunks and runs of image ids. `sums` reads every image once, in however
//! many days it occurs. `chain` compares ids first and reads only the rows that differ between two
//! days. `facts` reads one listing row by row.
//!
//! This module does not decide what a figure means; `report` does.

mod chain;
mod facts;
mod ranges;

mod shape;
mod sums;

pub use crate::model::Severities;
pub use chain::{Chain, ChangedImage, Step};
pub use facts::Facts;
pub use sums::Sums;
