//! Ingests saved pages into a database and prints what was new.
//!
//!     cargo run --example ingest -- ecrsnap.db NAME samples/2026-03-15

use ecrsnap::{Database, IngestOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(snapshot)) = (arguments.next(), arguments.next()) else {
        return Err("expected a database, a snapshot name, and files or folders".into());
    };
    let mut options = IngestOptions::default();
    options.snapshot = Some(snapshot);
    options.capture_filter = Some("imageStatus=ANY".parse()?);
    let paths: Vec<_> = arguments.map(Into::into).collect();
    let report = Database::create(path)?.ingest(&paths, &options)?;
    println!("{}: {} images in {} repositories", report.snapshot, report.images, report.repositories);
    println!("{} new, {} incomplete", report.new_images, report.incomplete.len());
    Ok(())
}
