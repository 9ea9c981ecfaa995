//! The one integration binary.

mod cli;
mod client;
mod conformance;
mod corpus;
mod faults;
mod monitoring;
mod output;
mod params;
mod query;
mod serve;
mod service;
