//! Offline snapshots of Amazon ECR image metadata, and `describe-images` answered from them.
//!
//! Saved pages go in through [`ingest`], lie in a [`store`], and are answered for by [`service`] as
//! the ECR API would and by [`client`] as the AWS CLI would. `docs/architecture.md` has the picture.
//!
//! ```
//! use ecrsnap::ingest::{self, source};
//! use ecrsnap::model::DescribeImagesRequest;
//! use ecrsnap::service::{Ecr, SnapshotEcr};
//! use ecrsnap::store::read::Reader;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let page = r#"{"imageDetails": [{"registryId": "123456789012", "repositoryName": "shop/web",
//!                "imageDigest": "sha256:1f5a", "imageTags": ["prod"], "imagePushedAt": 1772000000.0}]}"#;
//! let sources = [source::Source::open("page.json", Box::new(page.as_bytes()))];
//! let options = ingest::Options {
//!     db: folder.path().join("ecrsnap.db"),
//!     snapshot: Some("monday".to_owned()),
//!     ..ingest::Options::default()
//! };
//! let outcome = ingest::ingest(&sources, &options, &Default::default())?;
//! assert_eq!(outcome.loaded.images, 1);
//!
//! let reader = Reader::open(&options.db)?;
//! let snapshot = reader.snapshot("latest")?;
//! let mut ecr = SnapshotEcr::new(reader, snapshot, None);
//! let request = DescribeImagesRequest { repository_name: Some("shop/web".to_owned()), ..Default::default() };
//! let answer = ecr.describe_images(&request)?;
//! assert_eq!(answer.image_details[0].image_tags, Some(vec!["prod".to_owned()]));
//! # Ok(())
//! # }
//! ```

pub mod cli;
pub mod client;
pub mod coverage;
pub mod diff;
pub mod export;
pub mod image_refs;
pub mod ingest;
pub mod model;
pub mod output;
pub mod query;
pub mod report;
pub mod retention;
pub mod serve;
pub mod service;
pub mod store;
pub mod tabular;
