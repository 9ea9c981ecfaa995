//! Offline snapshots of Amazon ECR image metadata, and `describe-images` answered from them.

#[cfg(feature = "cli")]
mod cli;
mod client;
mod coverage;
mod diff;
mod export;
mod image_refs;
mod ingest;
mod model;
mod output;
mod query;
mod report;
mod retention;
#[cfg(feature = "serve")]
mod serve;
mod service;
mod store;
mod tabular;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::run;

/// The modules of the crate for its own program, tests, benchmarks and fuzz targets.
///
/// Nothing in here is part of the public interface: it changes without notice and without a new
/// major version. It is compiled in every configuration, so that a test of a module needs no feature.
#[doc(hidden)]
pub mod internal {
    macro_rules! open {
        ($($(#[$attribute:meta])* $module:ident),* $(,)?) => {
            $($(#[$attribute])* pub mod $module { pub use crate::$module::*; })*
        };
    }
    open! {
        client, coverage, diff, export, image_refs, ingest, model, output, query, report, retention,
        #[cfg(feature = "serve")] serve,
        service, store, tabular,
    }
}
