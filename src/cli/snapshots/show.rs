//! `snapshots show`: all about one snapshot.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use super::super::advice::print_store_error;
use super::super::stdout::{formats, print, rows};
use super::super::{REFUSED, read_at_once};
use crate::model::{Instant, visible};
use crate::store::StoreError;
use crate::store::read::Ingest;
use crate::store::read::{Listing, Reader, Snapshot};
use crate::tabular::{Cell, Column, Format, markdown_text, whole_seconds};

/// Show one snapshot in detail
///
/// Prints its capture time, the files that it was read from, the ingests that read them, and its repositories.
/// SAME says whether a repository equals that of the snapshot before, byte for byte; it is empty if that
/// snapshot does not have the repository. CSV has only the repositories.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ecrsnap snapshots show latest
  ecrsnap snapshots show @2026-03-08 --output json")]
pub(super) struct Arguments {
    /// The snapshot: a name, latest, latest~N, @TIME or @-AGE
    #[arg(value_name = "REF")]
    reference: String,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "table",
          value_parser = formats([Format::Table, Format::Json, Format::Csv, Format::Markdown]))]
    output: Format,
}

/// A snapshot with all that is known of it.
struct Portrait {
    snapshot: Snapshot,
    before: Option<Snapshot>,
    ingests: Vec<Ingest>,
    /// With whether it is equal to that of the snapshot before, if that one has it.
    listings: Vec<(Listing, Option<bool>)>,
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    match read_at_once(db, |reader| read(reader, &arguments.reference)) {
        Ok(portrait) => print(|out| write(&portrait, arguments.output, out)),
        Err(error) => {
            print_store_error(&error);
            REFUSED
        }
    }
}

fn read(reader: &Reader, reference: &str) -> Result<Portrait, StoreError> {
    let snapshot = reader.snapshot(reference)?;
    let before = reader.snapshots()?.into_iter().take_while(|other| other.id != snapshot.id).last();
    let earlier: HashMap<i64, i64> = match &before {
        Some(before) => reader.listings(before.id, None)?,
        None => Vec::new(),
    }
    .into_iter()
    .map(|listing| (listing.repository_id, listing.listing_id))
    .collect();
    let same = |listing: &Listing| earlier.get(&listing.repository_id).map(|id| *id == listing.listing_id);
    let listings = reader.listings(snapshot.id, None)?;
    Ok(Portrait {
        ingests: reader.ingests(snapshot.id)?,
        listings: listings.into_iter().map(|listing| (same(&listing), listing)).map(|(same, it)| (it, same)).collect(),
        snapshot,
        before,
    })
}

fn write(portrait: &Portrait, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Json | Format::Ndjson => write_json(portrait, out),
        Format::Csv => write_repositories(&portrait.listings, format, out),
        Format::Table | Format::Markdown => {
            write_facts(portrait, format, out)?;
            write_files(&portrait.ingests, format, out)?;
            writeln!(out)?;
            write_repositories(&portrait.listings, format, out)
        }
    }
}

/// What there is one of, as lines of a name and a value.
fn write_facts(portrait: &Portrait, format: Format, out: &mut dyn Write) -> io::Result<()> {
    let mut facts = vec![
        ("snapshot", portrait.snapshot.name.clone()),
        ("captured", instant(portrait.snapshot.captured_at).map_or_else(String::new, whole_seconds)),
        ("before it", portrait.before.as_ref().map_or_else(|| "none".to_owned(), |before| before.name.clone())),
    ];
    for ingest in &portrait.ingests {
        let at = instant(ingest.ingested_at).map_or_else(String::new, whole_seconds);
        facts.push(("taken in", format!("{at} by {}{}", ingest.program, options_of(ingest))));
    }
    for (name, value) in facts {
        match format {
            Format::Markdown => writeln!(out, "- {name}: {}", markdown_text(&value))?,
            _ => writeln!(out, "{name:<10} {}", visible(&value))?,
        }
    }
    writeln!(out)
}

/// The options that were given: ` with region=eu-west-1`.
fn options_of(ingest: &Ingest) -> String {
    let Ok(serde_json::Value::Object(options)) = serde_json::from_str(&ingest.options) else {
        return format!(" with {}", ingest.options);
    };
    let given = options.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?)));
    let given = given.collect::<Vec<_>>().join(", ");
    if given.is_empty() { given } else { format!(" with {given}") }
}

fn write_files(ingests: &[Ingest], format: Format, out: &mut dyn Write) -> io::Result<()> {
    let columns = vec![
        Column::text("source", "FILE"),
        Column::number("bytes", "SIZE"),
        Column::text("modifiedAt", "MODIFIED"),
        Column::text("hash", "BLAKE3"),
    ];
    let mut rows = rows(format, columns, out);
    for file in ingests.iter().flat_map(|ingest| &ingest.sources) {
        rows.row(&[
            Cell::text(&file.name),
            Cell::Bytes(file.bytes),
            Cell::of(file.modified_at.and_then(instant), Cell::Instant),
            Cell::text(hexadecimal(&file.hash)),
        ])?;
    }
    rows.finish()
}

fn write_repositories(listings: &[(Listing, Option<bool>)], format: Format, out: &mut dyn Write) -> io::Result<()> {
    let columns = vec![
        Column::text("region", "REGION"),
        Column::text("registryId", "REGISTRY"),
        Column::text("repositoryName", "REPOSITORY"),
        Column::number("images", "IMAGES"),
        Column::number("tagged", "TAGGED"),
        Column::number("untagged", "UNTAGGED"),
        Column::number("bytes", "BYTES"),
        Column::text("complete", "COMPLETE"),
        Column::text("captureFilter", "FILTER"),
        Column::text("same", "SAME"),
    ];
    let mut rows = rows(format, columns, out);
    for (listing, same) in listings {
        rows.row(&[
            Cell::text(&*listing.repository.region),
            Cell::text(&*listing.repository.registry_id),
            Cell::text(&*listing.repository.name),
            Cell::count(listing.images),
            Cell::count(listing.tagged),
            Cell::count(listing.images.saturating_sub(listing.tagged)),
            Cell::Bytes(listing.bytes),
            Cell::Flag(listing.complete),
            Cell::of(listing.capture_filter, |filter| Cell::text(filter.to_string())),
            Cell::of(*same, Cell::Flag),
        ])?;
    }
    rows.finish()
}

fn write_json(portrait: &Portrait, out: &mut dyn Write) -> io::Result<()> {
    let time = |micros: i64| instant(micros).map(Instant::to_utc_text);
    let repositories = portrait.listings.iter().map(|(listing, same)| {
        json!({
            // Null if it is not known, as everywhere.
            "region": Some(&*listing.repository.region).filter(|region| !region.is_empty()),
            "registryId": listing.repository.registry_id,
            "repositoryName": listing.repository.name,
            "images": listing.images,
            "tagged": listing.tagged,
            "untagged": listing.images.saturating_sub(listing.tagged),
            "bytes": listing.bytes,
            "complete": listing.complete,
            "captureFilter": listing.capture_filter.map(|filter| filter.to_string()),
            "same": same,
        })
    });
    let ingests = portrait.ingests.iter().map(|ingest| {
        let sources = ingest.sources.iter().map(|file| {
            json!({
                "source": file.name,
                "bytes": file.bytes,
                "modifiedAt": file.modified_at.and_then(time),
                "hash": hexadecimal(&file.hash),
            })
        });
        json!({
                    "ingestedAt": time(ingest.ingested_at),
                    "program": ingest.program,
        // An older version may have written any value; it is shown unchanged.
                    "options": serde_json::from_str(&ingest.options).unwrap_or_else(|_| json!(ingest.options)),
                    "sources": sources.collect::<Vec<_>>(),
                })
    });
    let all = json!({
        "name": portrait.snapshot.name,
        "capturedAt": time(portrait.snapshot.captured_at),
        "before": portrait.before.as_ref().map(|before| &before.name),
        "ingests": ingests.collect::<Vec<_>>(),
        "repositories": repositories.collect::<Vec<_>>(),
    });
    crate::tabular::json::write_pretty(&mut *out, &all)?;
    writeln!(out)
}

fn instant(micros: i64) -> Option<Instant> {
    Instant::from_micros(micros).ok()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
