//! `snapshots`: what the database holds.

use std::io::{self, Write};
use std::path::Path;

use super::show::{formats, print};
use super::{REFUSED, complain};
use crate::model::Instant;
use crate::store::StoreError;
use crate::store::read::{Reader, Snapshot};
use crate::tabular::{Cell, Column, Format, rows};

/// List the snapshots in the database
///
/// Oldest first, with what each covers. Bytes count an image index beside its children.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  ecrsnap snapshots --output json")]
pub(super) struct Arguments {
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "table",
          value_parser = formats([Format::Table, Format::Json, Format::Csv, Format::Markdown]))]
    output: Format,
}

/// A snapshot with the sums over its listings.
struct Overview {
    snapshot: Snapshot,
    repositories: usize,
    images: u64,
    bytes: u64,
    incomplete: usize,
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    match read(db) {
        Ok(overviews) => print(|out| write(&overviews, arguments.output, out)),
        Err(error) => {
            complain(&error, None);
            REFUSED
        }
    }
}

fn read(db: &Path) -> Result<Vec<Overview>, StoreError> {
    let reader = Reader::open(db)?;
    let mut overviews = Vec::new();
    for snapshot in reader.snapshots()? {
        let listings = reader.listings(snapshot.id, None)?;
        overviews.push(Overview {
            snapshot,
            repositories: listings.len(),
            images: listings.iter().map(|listing| listing.images).sum(),
            bytes: listings.iter().map(|listing| listing.bytes).sum(),
            incomplete: listings.iter().filter(|listing| !listing.complete).count(),
        });
    }
    Ok(overviews)
}

fn write(overviews: &[Overview], format: Format, out: &mut dyn Write) -> io::Result<()> {
    let columns = vec![
        Column::text("name", "SNAPSHOT"),
        Column::text("capturedAt", "CAPTURED"),
        Column::number("repositories", "REPOSITORIES"),
        Column::number("images", "IMAGES"),
        Column::number("bytes", "BYTES"),
        Column::number("incomplete", "INCOMPLETE"),
    ];
    let mut rows = rows(format, columns, out);
    for overview in overviews {
        rows.row(&[
            Cell::text(&overview.snapshot.name),
            Cell::of(Instant::from_micros(overview.snapshot.captured_at).ok(), Cell::Instant),
            Cell::count(overview.repositories as u64),
            Cell::count(overview.images),
            Cell::Bytes(overview.bytes),
            Cell::count(overview.incomplete as u64),
        ])?;
    }
    rows.finish()
}
