//! `diff`: what changed between two snapshots.

mod flat;
mod json;
mod sections;

use std::io::{self, IsTerminal as _};
use std::path::Path;

use super::advice::advised;
use super::scope::Scope;
use super::stdout::{coloured, formats, print};
use super::{DONE, IN_PART, REFUSED, print_error, read_at_once};
use crate::coverage::{Absence, Coverage};
use crate::diff::{Comparison, Options, RepositoryChange, snapshots};
use crate::model::{CaptureFilter, visible};
use crate::store::StoreError;
use crate::store::read::{Reader, Repositories, Snapshot};
use crate::tabular::{Cell, Format};

/// Show what changed between two snapshots
///
/// Images are compared by digest, tags by name: a tag that points elsewhere has moved. What a capture
/// could not show (it stopped early, or left archived images out) is not called deleted. Pull times are
/// left out, since they change daily for all that runs.
///
/// A and B are a name, latest, latest~N (N before it) or @TIME (the newest at or before it).
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ecrsnap diff                                         the two newest snapshots
  ecrsnap diff 2026-03-01 latest --summary             counts and sizes only
  ecrsnap diff latest~1 --repository-name 'shop/*' --exit-code")]
pub(super) struct Arguments {
    /// The snapshot to start from [default: the one before the newest]
    #[arg(value_name = "A")]
    from: Option<String>,
    /// The snapshot to compare it with [default: the newest]
    #[arg(value_name = "B")]
    to: Option<String>,
    #[command(flatten)]
    scope: Scope,
    /// Compare lastRecordedPullTime too
    #[arg(long)]
    include_pulls: bool,
    /// Print counts and sizes only
    #[arg(long)]
    summary: bool,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "table",
          value_parser = formats([Format::Table, Format::Json, Format::Csv, Format::Markdown]))]
    output: Format,
    /// Exit with status 1 when the snapshots differ
    #[arg(long)]
    exit_code: bool,
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    let comparison = match read_at_once(db, |reader| compare(reader, arguments)) {
        Ok(comparison) => comparison,
        Err(error) => {
            print_error(&error, None);
            return REFUSED;
        }
    };
    let printed = print(|out| match arguments.output {
        Format::Csv => flat::write(&comparison, arguments.summary, out),
        Format::Json | Format::Ndjson => json::write(&comparison, arguments.summary, out),
        format => sections::write(&comparison, arguments.summary, format, coloured(), out),
    });
    advise(&comparison);
    match printed {
        DONE if arguments.exit_code && !comparison.is_empty() => IN_PART,
        status => status,
    }
}

/// Tell a person how to make the next captures say more.
fn advise(comparison: &Comparison) {
    let sums = comparison.summary();
    let perhaps = sums.images_removed_or_archived + sums.images_added_or_restored;
    if perhaps > 0 && io::stderr().is_terminal() {
        eprint_escaped!(
            "ecrsnap: a capture leaves archived images out unless it asks for them with --filter imageStatus=ANY; \
             declare one that did with `ingest --capture-filter imageStatus=ANY`"
        );
    }
}

/// Why nothing is compared.
#[derive(Debug, thiserror::Error)]
enum DiffError {
    #[error("{}", advised(.0))]
    Store(#[from] StoreError),
    #[error("the database holds one snapshot, `{0}`, and a comparison takes two")]
    OneSnapshot(String),
    #[error("no repository of either snapshot is of that name, registry and region")]
    NoRepository,
}

fn compare(reader: &Reader, arguments: &Arguments) -> Result<Comparison, DiffError> {
    if arguments.from.is_none()
        && let [only] = reader.snapshots()?.as_slice()
    {
        return Err(DiffError::OneSnapshot(visible(&only.name)));
    }
    let from = reader.snapshot(arguments.from.as_deref().unwrap_or("latest~1"))?;
    let to = reader.snapshot(arguments.to.as_deref().unwrap_or("latest"))?;
    let selection = arguments.scope.repositories();
    let options = Options { pulls: arguments.include_pulls };
    let comparison = snapshots(reader, (&from, &to), &selection, options)?;
    if comparison.before.repositories + comparison.after.repositories == 0 && selection != Repositories::default() {
        return Err(DiffError::NoRepository);
    }
    Ok(comparison)
}

/// What each thing is called, by the order in which the two captures were made.
struct Words {
    from: String,
    to: String,
    /// The second capture is the later one.
    forward: bool,
    /// More than one registry has differences.
    registries: bool,
}

impl Words {
    fn of(comparison: &Comparison) -> Self {
        let Snapshot { name, captured_at, .. } = &comparison.from;
        let forward = *captured_at <= comparison.to.captured_at;
        let mut registries = comparison.repositories.iter().map(|change| &change.repository.registry_id);
        let first = registries.next();
        let registries = registries.any(|registry| Some(registry) != first);
        Words { from: name.clone(), to: comparison.to.name.clone(), forward, registries }
    }

    /// A repository as people name it: with its region, and with its registry where there are several.
    fn named<'a>(&self, change: &'a RepositoryChange) -> Cell<'a> {
        let name = &change.repository;
        let registry = if self.registries { &*name.registry_id } else { "" };
        match (registry, &*name.region) {
            ("", "") => Cell::text(&*name.name),
            (one, "") | ("", one) => Cell::text(format!("{} ({one})", name.name)),
            (registry, region) => Cell::text(format!("{} ({registry}, {region})", name.name)),
        }
    }

    /// What happened to an image of which the second capture shows nothing, or of which it alone does.
    fn image(&self, added: bool, absence: Absence) -> &'static str {
        match (self.forward, added, absence) {
            (_, _, Absence::Unknown) => "unknown",
            (true, true, Absence::Certain) => "pushed",
            (true, true, Absence::OrArchived) => "pushed or restored",
            (true, false, Absence::Certain) => "deleted",
            (true, false, Absence::OrArchived) => "gone or archived",
            (false, true, _) => "was there before",
            (false, false, Absence::Certain) => "not there yet",
            (false, false, Absence::OrArchived) => "not there yet, or archived",
        }
    }

    /// Why a capture says nothing of what another shows.
    fn why(&self, added: bool, coverage: Option<&Coverage>) -> String {
        let silent = if added { &self.from } else { &self.to };
        match coverage {
            None => format!("not in the capture of {silent}"),
            Some(coverage) if !coverage.complete => format!("the capture of {silent} stopped early"),
            Some(coverage) if coverage.filter == CaptureFilter::default() => {
                format!("the capture of {silent} may have left archived images out")
            }
            Some(_) => format!("the capture of {silent} was filtered"),
        }
    }
}

/// The absence as it is named in JSON and CSV.
fn certainty(absence: Absence) -> &'static str {
    match absence {
        Absence::Certain => "certain",
        Absence::OrArchived => "orArchived",
        Absence::Unknown => "unknown",
    }
}
