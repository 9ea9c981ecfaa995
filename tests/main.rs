//! The one integration binary.

mod client;
mod output;
mod params;
mod query;
