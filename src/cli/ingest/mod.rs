//! `ingest`: saved pages into the database.

mod summary;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant as Moment;

use super::advice::print_store_error;
use super::interrupt::cancel_on_signals;
use super::progress::watched;
use super::stdout::plural;
use super::{DONE, IN_PART, REFUSED, print_error};
use crate::ingest::source::{self, Problem, Source, SourceError};
use crate::ingest::{Defaults, IngestError, Options, Outcome, ingest};
use crate::model::{CaptureFilter, CaptureFilterError, DeclaredScope, Instant, visible};
use crate::store::Cancel;

/// Store saved describe-images pages in the database
///
/// Reads files, folders (in natural order: page-2 before page-10) and standard input (`-`), plain or
/// packed as gzip, zstd or tar, in every shape that people save. Pages of one repository become one
/// listing in the order given. An ingest is one
/// transaction: everything is stored or nothing.
#[derive(clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the line")]
#[command(after_help = "\
Examples:
  ecrsnap ingest exports/2026-03-01/ --snapshot 2026-03-01
  ecrsnap ingest --snapshot-per-directory exports/
  aws ecr describe-images --repository-name shop/web | ecrsnap ingest -")]
pub(super) struct Arguments {
    /// Files and folders to read; `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Name of the snapshot [default: the capture time]
    #[arg(long, value_name = "NAME")]
    snapshot: Option<String>,
    /// When the pages were captured [default: newest modification time of the files; now for `-`]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    captured_at: Option<Instant>,
    /// Region label of the pages, which do not contain their region
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Registry of details without registryId, and of an empty page
    #[arg(long, value_name = "ID")]
    registry_id: Option<String>,
    /// Repository of details without repositoryName, and of an empty page
    #[arg(long, value_name = "NAME")]
    repository_name: Option<String>,
    /// The --filter that the capture was made with, such as imageStatus=ANY
    #[arg(long, value_name = "FILTER", value_parser = filter)]
    capture_filter: Option<CaptureFilter>,
    /// Declare which repositories the capture covers: `registry` is every repository of the registries and
    /// regions in it. A repository that it lacks then did not exist, or had no image that its filter shows
    #[arg(long, value_name = "SCOPE", value_parser = ["registry"])]
    scope: Option<String>,
    /// Make one snapshot of each folder in PATH, named after it
    #[arg(long, conflicts_with = "snapshot")]
    snapshot_per_directory: bool,
    /// Read pages within other text: terminal and CI captures, HTTP headers, JSON in strings
    #[arg(long)]
    extract: bool,
    /// Continue after a refused file, and with --snapshot-per-directory after a refused folder; the exit status is then
    /// 1, or 2 if all were refused
    #[arg(long)]
    keep_going: bool,
    /// Replace the listing of a repository that the snapshot already holds
    #[arg(long)]
    replace: bool,
    /// Read and check everything, write nothing
    #[arg(long)]
    dry_run: bool,
    /// What to print to standard output at the end
    #[arg(long, value_name = "FORMAT", value_parser = ["json"])]
    output: Option<String>,
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::from_text(text).or_else(|_| Instant::from_number(text)).map_err(|_| {
        "expected a time such as 2026-03-01T02:00:00Z, a date (its start in UTC) or seconds since 1970".to_owned()
    })
}

fn filter(text: &str) -> Result<CaptureFilter, String> {
    text.parse().map_err(|error: CaptureFilterError| {
        format!("{error}; write what --filter took, such as imageStatus=ANY or tagStatus=TAGGED,imageStatus=ANY")
    })
}

/// A snapshot to be made: its name, if the arguments do not give it, and its paths.
type Job = (Option<String>, Vec<PathBuf>);

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    let first = fs::metadata(db).map_or(0, |file| file.len()) == 0;
    let mut reports = Vec::new();
    let jobs = match jobs(arguments) {
        Ok(jobs) => jobs,
        Err(error) => {
            print_error(&error, error.advice());
            eprint_escaped!("ecrsnap: nothing was changed");
            return REFUSED;
        }
    };
    let cancel = cancel_on_signals();
    let mut left_out = Vec::new();
    for (name, paths) in jobs {
        match one(db, arguments, name.clone(), &paths, &cancel) {
            Ok(outcome) => reports.push(outcome),
            Err(error) => {
                let error = error.of(db);
                print_ingest_error(&error);
                if arguments.keep_going
                    && !cancel.is_set()
                    && let Some(name) = name
                {
                    eprint_escaped!("ecrsnap: snapshot {}: left out", visible(&name));
                    left_out.push(name);
                    continue;
                }
                advise_keep_going(&error, arguments, &paths);
                let rest = if reports.is_empty() { "nothing was changed" } else { "the snapshots before it stay" };
                eprint_escaped!("ecrsnap: {rest}");
                return REFUSED;
            }
        }
    }
    if arguments.output.is_some() {
        let json: Vec<_> = reports.iter().map(to_json).collect();
        let mut out = io::stdout().lock();
        let written =
            crate::tabular::json::write_pretty(&mut out, &json).map_err(io::Error::from).and_then(|()| writeln!(out));
        let written = written.and_then(|()| out.flush());
        if let Err(error) = written {
            print_error(&format_args!("standard output: {error}"), None);
            let changed = reports.iter().any(|outcome| outcome.loaded.changed) && !arguments.dry_run;
            if changed {
                eprint_escaped!("ecrsnap: the snapshots were written nevertheless");
            }
            return if changed { IN_PART } else { REFUSED };
        }
    }
    let status = match status(&reports) {
        _ if reports.is_empty() => REFUSED,
        DONE if !left_out.is_empty() => IN_PART,
        status => status,
    };
    if !left_out.is_empty() {
        let names: Vec<_> = left_out.iter().map(|name| visible(name)).collect();
        eprint_escaped!("ecrsnap: {} left out: {}", plural(names.len() as u64, "snapshot"), names.join(", "));
    }
    if status == REFUSED {
        eprint_escaped!("ecrsnap: nothing was changed");
    }
    if status == DONE && first && !arguments.dry_run {
        next_steps(db, &reports);
    }
    status
}

/// A folder may hold a file that is not a page; suggest how to go on without it.
fn advise_keep_going(error: &IngestError, arguments: &Arguments, paths: &[PathBuf]) {
    let of_a_file = match error {
        IngestError::Source(error) => !matches!(error.problem(), Problem::EmptyFolder | Problem::NoFolders),
        IngestError::Page { .. } => true,
        IngestError::Store(_) | IngestError::Usage(_) | IngestError::Stopped | IngestError::Restart => false,
    };
    if of_a_file && !arguments.keep_going && paths.iter().any(|path| path.is_dir()) {
        eprint_escaped!("  to skip such files and ingest the others, pass --keep-going");
    }
}

/// Done; in part if a file was left out; refused if every one was.
fn status(reports: &[Outcome]) -> u8 {
    if reports.iter().all(|outcome| outcome.failed.is_empty()) {
        DONE
    } else if reports.iter().any(|outcome| outcome.sources > 0) {
        IN_PART
    } else {
        REFUSED
    }
}

fn jobs(arguments: &Arguments) -> Result<Vec<Job>, SourceError> {
    if !arguments.snapshot_per_directory {
        return Ok(vec![(arguments.snapshot.clone(), arguments.paths.clone())]);
    }
    let mut jobs = Vec::new();
    for path in &arguments.paths {
        let found = source::subfolders(path)?;
        for file in &found.files {
            eprint_escaped!(
                "ecrsnap: warning: {}: not in a folder of its own, left out",
                visible(&file.to_string_lossy())
            );
        }
        if found.folders.is_empty() {
            return Err(SourceError::new(path.to_string_lossy(), Problem::NoFolders));
        }
        for folder in found.folders {
            let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
            jobs.push((name, vec![folder]));
        }
    }
    Ok(jobs)
}

/// Print why something was refused, with what to do about it.
fn print_ingest_error(error: &IngestError) {
    match error {
        IngestError::Store(error) => print_store_error(error),
        error => print_error(error, error.advice()),
    }
}

fn one(
    db: &Path,
    arguments: &Arguments,
    name: Option<String>,
    paths: &[PathBuf],
    cancel: &Cancel,
) -> Result<Outcome, IngestError> {
    let began = Moment::now();
    let found = source::find(paths, || Box::new(io::stdin()));
    let mut unread = Vec::new();
    for error in found.errors {
        if !arguments.keep_going {
            return Err(error.into());
        }
        unread.push(IngestError::from(error));
    }
    let options = Options {
        db: db.to_owned(),
        snapshot: name,
        captured_at: arguments.captured_at,
        defaults: Defaults {
            registry_id: arguments.registry_id.clone(),
            repository_name: arguments.repository_name.clone(),
            region: arguments.region.clone(),
        },
        capture_filter: arguments.capture_filter,
        replace: arguments.replace,
        scope: match arguments.scope {
            Some(_) if unread.is_empty() => DeclaredScope::Registries,
            _ => DeclaredScope::Unknown,
        },
        extract: arguments.extract,
        keep_going: arguments.keep_going,
        dry_run: arguments.dry_run,
        cancel: cancel.clone(),
    };
    let mut outcome = if found.sources.is_empty() && !unread.is_empty() {
        Outcome::default()
    } else {
        let total = found.sources.iter().map(Source::bytes).sum();
        let shapes =
            ["{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left", "{spinner} {bytes}, {bytes_per_sec}"];
        watched(total, shapes, |progress| ingest(&found.sources, &options, progress))?
    };
    outcome.failed.splice(0..0, unread);
    if outcome.sources > 0 && arguments.scope.is_some() && !outcome.failed.is_empty() {
        eprint_escaped!(
            "ecrsnap: warning: snapshot {}: the scope is not recorded, because a refused file may hold a repository",
            visible(&outcome.snapshot)
        );
    }
    if outcome.sources > 0 {
        summary::warn_of_time(db, arguments, &outcome);
    }
    summary::report(&outcome, arguments.dry_run, began.elapsed());
    Ok(outcome)
}

fn to_json(outcome: &Outcome) -> serde_json::Value {
    let loaded = &outcome.loaded;
    serde_json::json!({
        "snapshot": outcome.snapshot,
        "repositories": loaded.repositories,
        "alreadyThere": loaded.already_there,
        "images": loaded.images,
        "newImages": loaded.new_images,
        "changed": loaded.changed,
        "describedRepositories": loaded.described.listed,
        "lifecyclePolicies": loaded.described.policies,
        "incomplete": loaded.incomplete.iter().map(|name| &*name.name).collect::<Vec<_>>(),
        "files": outcome.sources,
        "bytes": outcome.bytes,
        "skipped": { "lines": outcome.skipped.lines, "bytes": outcome.skipped.bytes },
        "refused": outcome.failed.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// What to try next, once there is something to ask of: said for a new database and not every night.
fn next_steps(db: &Path, reports: &[Outcome]) {
    let Some(outcome) = reports.last().filter(|outcome| outcome.loaded.changed) else { return };
    let Some(repository) = outcome.loaded.example.as_ref() else { return };
    let mut options = String::new();
    if db != Path::new("ecrsnap.db") {
        options = format!(" --db {}", word(&db.to_string_lossy()));
    }
    // Among several any may be the newest, and the newest need not have this repository.
    if reports.len() > 1 {
        options = format!("{options} --snapshot {}", word(&outcome.snapshot));
    }
    eprint_escaped!(
        "\ntry next:\n  ecrsnap describe-images{options} --repository-name {} --output table",
        word(repository)
    );
}

/// A text as a shell takes it for one word.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+@".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", visible(text).replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::{DONE, IN_PART, Outcome, REFUSED, status, word};
    use crate::ingest::IngestError;
    use crate::ingest::source::{Problem, SourceError};

    #[test]
    fn the_status_says_how_much_went_in() {
        let outcome = |sources: u64, failed: usize| Outcome {
            sources,
            failed: (0..failed).map(|_| IngestError::from(SourceError::new("page.json", Problem::Missing))).collect(),
            ..Outcome::default()
        };
        for (outcomes, expected) in [
            (vec![], DONE),
            (vec![outcome(2, 0)], DONE),
            (vec![outcome(2, 1)], IN_PART),
            (vec![outcome(0, 2)], REFUSED),
            (vec![outcome(0, 2), outcome(1, 0)], IN_PART),
            (vec![outcome(0, 2), outcome(0, 1)], REFUSED),
        ] {
            assert_eq!(status(&outcomes), expected, "{outcomes:?}");
        }
    }

    #[test]
    fn a_hint_can_be_pasted() {
        for (text, expected) in [
            ("shop/web", "shop/web"),
            ("a b.db", "'a b.db'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("\u{1b}[2J", r"'\u{1b}[2J'"),
        ] {
            assert_eq!(word(text), expected);
        }
    }
}
