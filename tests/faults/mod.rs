//! The store under faults: killed writers, full disks, damaged files, readers that pause, files that are replaced.
//!
//! Everything runs the built program in folders of its own. The short form is part of `cargo test`; the long
//! form, which prints the figures of docs/reliability.md, is
//!
//! ```sh
//! cargo test --release --test integration faults::long -- --ignored --nocapture
//! ```

mod damage;
mod disk;
mod kill;
mod long;
mod pages;
mod program;
mod readonly;
mod replaced;
mod together;
mod upgrade;
