//! The one integration binary.

mod query;
