//! Offline snapshots of Amazon ECR image metadata, and `describe-images` answered from them.

pub mod client;
pub mod ingest;
pub mod model;
pub mod output;
pub mod query;
pub mod serve;
pub mod service;
pub mod store;
