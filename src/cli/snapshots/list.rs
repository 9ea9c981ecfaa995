//! `snapshots list`: one line a snapshot.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use super::super::advice::print_store_error;
use super::super::stdout::{formats, print, rows};
use super::super::{REFUSED, read_at_once};
use crate::model::Instant;
use crate::store::StoreError;
use crate::store::read::{Reader, Snapshot};
use crate::tabular::{Cell, Column, Format};

/// List the snapshots, oldest first
///
/// Prints the regions (if labelled) and registries that each snapshot covers. Bytes count an image
/// index in addition to its children. A snapshot is complete if the last page of every repository was
/// saved; `snapshots show` lists the incomplete repositories.
#[derive(clap::Args)]
#[group(skip)]
#[command(after_help = "\
Example:
  ecrsnap snapshots list --output csv")]
pub(super) struct Arguments {
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "table",
          value_parser = formats([Format::Table, Format::Json, Format::Csv, Format::Markdown]))]
    output: Format,
}

/// A snapshot with the sums over its listings.
struct Overview {
    snapshot: Snapshot,
    regions: Vec<String>,
    registries: Vec<String>,
    repositories: usize,
    images: u64,
    bytes: u64,
    complete: bool,
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    match read_at_once(db, read) {
        Ok(overviews) => print(|out| write(&overviews, arguments.output, out)),
        Err(error) => {
            print_store_error(&error);
            REFUSED
        }
    }
}

fn read(reader: &Reader) -> Result<Vec<Overview>, StoreError> {
    let mut overviews = Vec::new();
    for snapshot in reader.snapshots()? {
        let listings = reader.listings(snapshot.id, None)?;
        let regions: BTreeSet<&str> = listings.iter().map(|listing| &*listing.repository.region).collect();
        let registries: BTreeSet<&str> = listings.iter().map(|listing| &*listing.repository.registry_id).collect();
        overviews.push(Overview {
            snapshot,
            regions: regions.into_iter().filter(|region| !region.is_empty()).map(str::to_owned).collect(),
            registries: registries.into_iter().map(str::to_owned).collect(),
            repositories: listings.len(),
            images: listings.iter().fold(0, |sum, listing| sum.saturating_add(listing.images)),
            bytes: listings.iter().fold(0, |sum, listing| sum.saturating_add(listing.bytes)),
            complete: listings.iter().all(|listing| listing.complete),
        });
    }
    Ok(overviews)
}

fn write(overviews: &[Overview], format: Format, out: &mut dyn Write) -> io::Result<()> {
    let columns = vec![
        Column::text("name", "SNAPSHOT"),
        Column::text("capturedAt", "CAPTURED"),
        Column::text("regions", "REGIONS").optional(2),
        Column::text("registries", "REGISTRIES").optional(1),
        Column::number("repositories", "REPOSITORIES"),
        Column::number("images", "IMAGES"),
        Column::number("bytes", "BYTES"),
        Column::text("complete", "COMPLETE"),
    ];
    let mut rows = rows(format, columns, out);
    for overview in overviews {
        rows.row(&[
            Cell::text(&overview.snapshot.name),
            Cell::of(Instant::from_micros(overview.snapshot.captured_at).ok(), Cell::Instant),
            Cell::List(&overview.regions),
            Cell::List(&overview.registries),
            Cell::count(overview.repositories as u64),
            Cell::count(overview.images),
            Cell::Bytes(overview.bytes),
            Cell::Flag(overview.complete),
        ])?;
    }
    rows.finish()
}
