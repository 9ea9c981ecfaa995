//! `in-use`: what became of the images that run.

mod columns;
mod references;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::builder::TypedValueParser;

pub(super) use references::{ReferencesError, note_others, read};

use super::advice::print_store_error;
use super::stdout::{self, formats, plural, print, rows};
use super::{DONE, IN_PART, REFUSED, print_error, read_at_once};
use crate::image_refs::ImageRefs;
use crate::in_use::{Resolved, State, resolve};
use crate::model::Severity;
use crate::store::StoreError;
use crate::store::read::Snapshot;
use crate::tabular::Format;

/// Show what became of the images that run: moved tags, untagged, archived and deleted images, findings
///
/// FILE holds references of what runs: one a line, as ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY[:TAG][@DIGEST],
/// REPOSITORY[:TAG][@DIGEST] or a digest; or JSON, from which every such string is taken (kubectl get pods -A -o json,
/// aws ecs describe-tasks, aws lambda get-function, docker ps --format json). References to other registries are left
/// out. A listing without a region label matches any region.
#[derive(clap::Args)]
#[command(after_help = "\
States: ok; moved (the tag is on another image by now); untagged (the image is there without the tag, or without any); \
archived; gone (seen before); unknown (seen before, but the snapshot could not show it); never-seen.

Exit status: 0; 1 with --exit-code if an image is not ok, with --fail-on if one meets a condition; 2 refused.

Examples:
  kubectl get pods -A -o json | ecrsnap in-use -
  ecrsnap in-use images.txt --output markdown
  ecrsnap in-use tasks.json --fail-on gone,untagged,critical")]
pub(super) struct Arguments {
    /// The file of references; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The snapshot to look into: a name, latest, latest~N or @TIME
    #[arg(long, value_name = "REF", default_value = "latest")]
    snapshot: String,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "table",
          value_parser = formats([Format::Table, Format::Json, Format::Ndjson, Format::Csv, Format::Markdown]))]
    output: Format,
    /// Exit with status 1 if an image is not ok
    #[arg(long)]
    exit_code: bool,
    /// Exit with status 1 if an image is in one of these states, or has a finding of this severity or a worse one
    #[arg(long, value_name = "CONDITION,...", value_delimiter = ',', value_parser = condition(), ignore_case = true)]
    fail_on: Vec<Condition>,
}

/// What makes the exit status 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    State(State),
    Severity(Severity),
}

fn condition() -> impl TypedValueParser<Value = Condition> {
    let states = [
        ("moved", State::Moved),
        ("untagged", State::Untagged),
        ("archived", State::Archived),
        ("gone", State::Gone),
        ("unknown", State::Unknown),
        ("never-seen", State::NeverSeen),
    ];
    let severities = ["critical", "high", "medium", "low", "informational", "undefined"];
    let mut choices: Vec<_> = states.map(|(name, state)| (name, Condition::State(state))).to_vec();
    choices.extend(severities.into_iter().zip(Severity::ALL).map(|(name, it)| (name, Condition::Severity(it))));
    stdout::choice(choices)
}

impl Condition {
    fn holds(self, resolved: &Resolved) -> bool {
        match self {
            Condition::State(state) => resolved.state == state,
            Condition::Severity(least) => resolved.worst().flatten().is_some_and(|worst| worst <= least),
        }
    }
}

/// Why `in-use` failed.
#[derive(Debug, thiserror::Error)]
enum InUseError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    References(#[from] ReferencesError),
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    match answer(db, arguments) {
        Ok(status) => status,
        Err(InUseError::Store(error)) => {
            print_store_error(&error.of(db));
            REFUSED
        }
        Err(InUseError::References(error)) => {
            print_error(&error, error.advice());
            REFUSED
        }
    }
}

fn answer(db: &Path, arguments: &Arguments) -> Result<u8, InUseError> {
    let references = match read(&arguments.file) {
        // Nothing runs, perhaps. As a condition of a clean-up that would be refused; here it is an answer.
        Err(error) if error.is_empty() => {
            eprint_escaped!("ecrsnap: note: {error}");
            ImageRefs::default()
        }
        read => read?,
    };
    let (snapshot, resolved) = read_at_once(db, |reader| {
        let snapshot = reader.snapshot(&arguments.snapshot)?;
        let resolved = resolve(reader, &snapshot, &references)?;
        Ok::<_, StoreError>((snapshot, resolved))
    })?;
    note_others(&references);
    let printed = print(|out| {
        let columns = columns::of(arguments.output);
        let mut rows = rows(arguments.output, columns.iter().map(|column| column.head.clone()).collect(), out);
        for resolved in &resolved {
            let cells: Vec<_> = columns.iter().map(|column| (column.cell)(resolved, &snapshot)).collect();
            rows.row(&cells)?;
        }
        rows.finish()
    });
    summarize(&resolved, &snapshot);
    let fails = |it: &Resolved| {
        arguments.exit_code && it.state != State::Ok || arguments.fail_on.iter().any(|condition| condition.holds(it))
    };
    Ok(match printed {
        DONE if resolved.iter().any(fails) => IN_PART,
        status => status,
    })
}

/// Say on stderr how many images are in which state.
fn summarize(resolved: &[Resolved], snapshot: &Snapshot) {
    let mut counts: BTreeMap<State, usize> = BTreeMap::new();
    for it in resolved {
        *counts.entry(it.state).or_default() += 1;
    }
    let words = |state: State| if state == State::NeverSeen { "never seen" } else { state.name() };
    let counts: Vec<_> = counts.into_iter().map(|(state, count)| format!("{count} {}", words(state))).collect();
    let colon = if counts.is_empty() { "" } else { ": " };
    let references = plural(resolved.len() as u64, "reference");
    eprint_escaped!("ecrsnap: {references} in snapshot `{}`{colon}{}", snapshot.name, counts.join(", "));
}
