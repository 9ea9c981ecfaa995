//! The one integration binary.

mod cli;
mod client;
mod output;
mod params;
mod query;
