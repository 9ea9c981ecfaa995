//! The one integration binary.

mod params;
