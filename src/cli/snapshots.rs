//! `snapshots`: what the database holds.

use std::io::{self, Write};
use std::path::Path;

use comfy_table::{CellAlignment, Table, presets};

use super::{DONE, REFUSED, complain};
use crate::ingest::visible;
use crate::model::Instant;
use crate::store::StoreError;
use crate::store::read::{Reader, Snapshot};

/// List the snapshots in the database
///
/// Oldest first, with what each covers. Bytes count an image index beside its children.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  ecrsnap snapshots --output json")]
pub(super) struct Arguments {
    /// How to print them
    #[arg(long, value_name = "FORMAT", value_parser = ["table", "json"], default_value = "table")]
    output: String,
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
    let overviews = match read(db) {
        Ok(overviews) => overviews,
        Err(error) => {
            complain(&error, None);
            return REFUSED;
        }
    };
    let text = if arguments.output == "json" { json(&overviews) } else { table(&overviews) };
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&error, None);
            REFUSED
        }
        _ => DONE,
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

fn captured(snapshot: &Snapshot) -> String {
    Instant::from_micros(snapshot.captured_at).map_or_else(|_| "?".to_owned(), Instant::to_utc_text)
}

fn table(overviews: &[Overview]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["SNAPSHOT", "CAPTURED", "REPOSITORIES", "IMAGES", "BYTES", "COMPLETE"]);
    for column in table.column_iter_mut().skip(2).take(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for overview in overviews {
        table.add_row([
            visible(&overview.snapshot.name),
            captured(&overview.snapshot),
            overview.repositories.to_string(),
            overview.images.to_string(),
            overview.bytes.to_string(),
            if overview.incomplete == 0 { "yes".to_owned() } else { format!("all but {}", overview.incomplete) },
        ]);
    }
    table.trim_fmt()
}

fn json(overviews: &[Overview]) -> String {
    let rows: Vec<_> = overviews
        .iter()
        .map(|overview| {
            serde_json::json!({
                "name": overview.snapshot.name,
                "capturedAt": captured(&overview.snapshot),
                "repositories": overview.repositories,
                "images": overview.images,
                "bytes": overview.bytes,
                "incomplete": overview.incomplete,
            })
        })
        .collect();
    serde_json::to_string_pretty(&rows).unwrap_or_default()
}
