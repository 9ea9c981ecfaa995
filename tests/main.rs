//! The one integration binary.

mod client;
mod query;
