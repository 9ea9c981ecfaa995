//! `merge`: the snapshots of other databases added to this one.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant as Moment;

use serde_json::json;

use super::advice::print_store_error;
use super::interrupt::cancel_on_signals;
use super::progress::watched;
use super::stdout::{plural, print};
use super::{DONE, REFUSED, print_error};
use crate::model::visible;
use crate::store::merge::{MergeError, Merged, Merger, Options, OtherStore};

/// Add the snapshots of other databases to this one
///
/// Copies what is missing, in one transaction, and checks every hash of what it reads. The other databases are only
/// read; one that an older ecrsnap wrote is read through a migrated copy in TMPDIR. The records
/// of the files of each snapshot are copied too. Merging the same database again writes nothing.
///
/// A snapshot with the same name and capture time becomes the union of both. If they hold different listings of one
/// repository, the merge is refused unless --replace is given; the same name with another capture time is refused
/// unless --rename-with is given.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ecrsnap merge eu.db us.db --db team.db
  ecrsnap merge 123456789012.db --db all.db --rename-with 123456789012-")]
pub(super) struct Arguments {
    /// Databases to merge into the one of --db
    #[arg(required = true, value_name = "OTHER")]
    others: Vec<PathBuf>,
    /// Take the other database's listing of a repository if both have one in the same snapshot
    #[arg(long)]
    replace: bool,
    /// Put PREFIX before the name of a snapshot if this database uses the name for another capture time
    #[arg(long, value_name = "PREFIX")]
    rename_with: Option<String>,
    /// Read and check everything, write nothing
    #[arg(long)]
    dry_run: bool,
    /// What to print to standard output at the end
    #[arg(long, value_name = "FORMAT", value_parser = ["json"])]
    output: Option<String>,
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    let began = Moment::now();
    match merge(db, arguments) {
        Ok(merged) => {
            summarize(&merged, arguments.dry_run, began);
            if arguments.output.is_none() {
                return DONE;
            }
            print(|out| write_json(&merged, arguments.dry_run, out))
        }
        Err(error) => {
            print_merge_error(&error.of(db));
            eprint_escaped!("ecrsnap: nothing was changed");
            REFUSED
        }
    }
}

/// Print why a merge is refused, with what to do about it.
fn print_merge_error(error: &MergeError) {
    let advice = match error {
        MergeError::Store(error) => return print_store_error(error),
        MergeError::Damaged { .. } => "`ecrsnap verify --db FILE` shows all that is damaged in it",
        MergeError::Same(_) => "name another one",
        MergeError::OtherInstant { .. } => "--rename-with PREFIX gives the new one another name",
        MergeError::Name { .. } => "give --rename-with another prefix",
        MergeError::Conflict { .. } => "--replace takes the one of that file",
    };
    print_error(&format_args!("{error}; {advice}"), None);
}

fn merge(db: &Path, arguments: &Arguments) -> Result<Vec<Merged>, MergeError> {
    // Before the first file is written: to open an older database is to copy it.
    let cancel = cancel_on_signals();
    let mut others = Vec::with_capacity(arguments.others.len());
    for path in &arguments.others {
        others.push(OtherStore::open(path)?);
    }
    let options =
        Options { replace: arguments.replace, rename_with: arguments.rename_with.clone(), dry_run: arguments.dry_run };
    let merger = Merger::open(db, &cancel)?;
    let expected: Option<u64> = others.iter().map(OtherStore::expected).sum();
    let shapes = ["{bar:30} {human_pos} of {human_len} images, {eta} left", "{spinner} {human_pos} images"];
    watched(expected, shapes, |progress| merger.merge(&others, &options, progress))
}

fn summarize(all: &[Merged], dry_run: bool, began: Moment) {
    for merged in all {
        let path = visible(&merged.path.to_string_lossy());
        for (old, new) in &merged.renamed {
            eprint_escaped!("{path}: snapshot {} is {} here", visible(old), visible(new));
        }
        if !merged.changed {
            eprint_escaped!("{path}: nothing new");
            continue;
        }
        let verb = if dry_run { "would add" } else { "added" };
        let replaced = match merged.replaced {
            0 => String::new(),
            count => format!(", {count} replaced"),
        };
        eprint_escaped!(
            "{path}: {verb} {}, extended {}; {} in them{replaced}; {} and {} are new",
            plural(merged.added.len() as u64, "snapshot"),
            merged.extended.len(),
            plural(merged.statements, "repository"),
            plural(merged.listings, "listing"),
            plural(merged.images, "image")
        );
    }
    if dry_run {
        eprint_escaped!("ecrsnap: dry run, nothing was changed");
    } else {
        eprint_escaped!("merged {} in {:.1} s", plural(all.len() as u64, "database"), began.elapsed().as_secs_f64());
    }
}

fn write_json(all: &[Merged], dry_run: bool, out: &mut dyn Write) -> io::Result<()> {
    let one = |merged: &Merged| {
        json!({
            "database": merged.path.to_string_lossy(),
            "changed": merged.changed,
            "snapshotsAdded": merged.added,
            "snapshotsExtended": merged.extended,
            "snapshotsRenamed": merged.renamed.iter().map(|(from, to)| json!({"from": from, "to": to})).collect::<Vec<_>>(),
            "listingsAdded": merged.listings,
            "imagesAdded": merged.images,
            "statementsAdded": merged.statements,
            "statementsReplaced": merged.replaced,
        })
    };
    let all = json!({ "dryRun": dry_run, "databases": all.iter().map(one).collect::<Vec<_>>() });
    crate::tabular::json::write_pretty(&mut *out, &all)?;
    writeln!(out)
}
