//! `verify`: whether the database still holds what was taken in.

use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use super::advice::print_store_error;
use super::progress::watched;
use super::stdout::{formats, plural, print};
use super::{DONE, REFUSED, print_error};
use crate::store::maintenance::verify::{Finding, Report, Verifier};
use crate::tabular::Format;

/// Something is damaged.
const DAMAGED: u8 = 1;

/// Check that the database still holds what was ingested
///
/// Recomputes every hash and every sum, follows every reference, and runs the database's own checks. Prints ok, or
/// what is damaged: in which snapshot, repository and position. The exit status is 1 if anything is damaged, 2 if
/// not everything could be checked, 0 otherwise. Nothing is changed. No other command checks hashes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ecrsnap verify
  ecrsnap verify --db backup.db || mail -s 'backup.db is damaged' admin < /dev/null")]
pub(super) struct Arguments {
    /// How to print what was found
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = formats([Format::Table, Format::Json]))]
    output: Format,
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    let verifier = match Verifier::open(db) {
        Ok(verifier) => verifier,
        // What cannot even be opened is damaged all the same.
        Err(error) if error.is_damage() => {
            let db = crate::model::visible(&db.to_string_lossy());
            print_error(&format!("{db}: too damaged to be read; restore it from a copy"), None);
            return DAMAGED;
        }
        Err(error) => {
            print_store_error(&error.of(db));
            return REFUSED;
        }
    };
    let shapes = ["{bar:30} {human_pos} of {human_len} images, {eta} left", "{spinner} {human_pos} images"];
    let report = match watched(verifier.expected(), shapes, |progress| verifier.run(progress)) {
        Ok(report) => report,
        Err(error) => {
            print_store_error(&error.of(db));
            return REFUSED;
        }
    };
    match print(|out| write(&report, arguments.output, out)) {
        DONE if !report.findings.is_empty() => DAMAGED,
        status => status,
    }
}

fn write(report: &Report, format: Format, out: &mut dyn Write) -> io::Result<()> {
    if format == Format::Json {
        return write_json(report, out);
    }
    if report.findings.is_empty() {
        let unused = match report.unused {
            0 => String::new(),
            unused => format!("; {} that no snapshot has any more", plural(unused, "image")),
        };
        return writeln!(
            out,
            "ok: {}, {}, {}{unused}",
            plural(report.snapshots, "snapshot"),
            plural(report.listings, "listing"),
            plural(report.images, "image")
        );
    }
    for finding in &report.findings.named {
        writeln!(out, "damaged: {finding}")?;
    }
    if report.findings.further > 0 {
        writeln!(out, "damaged: and {} more", report.findings.further)?;
    }
    Ok(())
}

fn write_json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let finding = |finding: &Finding| {
        json!({
            "snapshot": finding.snapshot,
            "furtherSnapshots": finding.further_snapshots,
            "repositoryName": finding.repository,
            "position": finding.position,
            "imageDigest": finding.digest,
            "problem": finding.problem,
        })
    };
    let all = json!({
        "ok": report.findings.is_empty(),
        "snapshots": report.snapshots,
        "listings": report.listings,
        "images": report.images,
        "unusedImages": report.unused,
        "findings": report.findings.named.iter().map(finding).collect::<Vec<_>>(),
        "furtherFindings": report.findings.further,
    });
    crate::tabular::json::write_pretty(&mut *out, &all)?;
    writeln!(out)
}
