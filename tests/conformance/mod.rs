//! The built program against recordings of the real AWS CLIs over one registry.
//!
//! `lines/` has the argument lines, `registry/` what they ask, `recordings/` what version 1 and 2
//! printed when they asked `ecrsnap serve`. Here `ecrsnap` answers the same lines offline and must
//! print the same, except for the program's name. `compare.py` makes the recordings, and compares with
//! the clients themselves.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use serde::Deserialize;

use crate::client::renamed;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance");

/// A line and what the real client did, as `compare.py` wrote it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recording {
    /// The line of a file in `lines/`, where `{token}` may be a placeholder of a token.
    line: String,
    /// Its words, with the token.
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    stdout: Vec<String>,
    #[serde(default)]
    stderr: Vec<String>,
    #[serde(default)]
    status: i32,
}

/// `ecrsnap` with nothing of this machine's environment.
fn ecrsnap(database: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecrsnap"));
    command
        .env_clear()
        .env("TZ", "UTC")
        .env("HOME", database.parent().unwrap_or(database))
        .env("AWS_DEFAULT_REGION", "us-east-1");
    command.env("ECRSNAP_DB", database).current_dir(format!("{HERE}/files")).stdin(Stdio::null());
    command
}

/// A database with the registry, in a folder that goes away.
fn database() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("ecrsnap.db");
    // As `registry.py` has it in INGEST.
    let arguments = "ingest ../registry --registry-id 123456789012 --repository-name empty/repository \
                     --snapshot conformance --captured-at 2026-03-15T02:00:00Z";
    let output = ecrsnap(&database).args(arguments.split_whitespace()).output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (folder, database)
}

/// The recordings of a release line, by group.
fn recordings(release: &str) -> BTreeMap<String, Vec<Recording>> {
    let folder = fs::read_dir(format!("{HERE}/recordings/{release}")).expect("recordings");
    let paths = folder.map(|entry| entry.expect("an entry").path());
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a recording");
        let cases = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.file_stem().expect("a name").to_string_lossy().into_owned(), cases)
    };
    paths.map(read).collect()
}

/// The lines of `lines/` that are for a release line, by group.
fn lines(release: &str) -> BTreeMap<String, Vec<String>> {
    let folder = fs::read_dir(format!("{HERE}/lines")).expect("lines");
    let paths = folder.map(|entry| entry.expect("an entry").path());
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("lines");
        let other = if release == "v1" { "v2: " } else { "v1: " };
        let ours = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with(other));
        (path.file_stem().expect("a name").to_string_lossy().into_owned(), ours.map(str::to_owned).collect())
    };
    paths.map(read).collect()
}

fn compare(release: &str) {
    let (_folder, database) = database();
    let recordings: Vec<Recording> = recordings(release).into_values().flatten().collect();
    assert!(recordings.len() > 500, "{} recordings", recordings.len());
    let workers = thread::available_parallelism().map_or(2, usize::from);
    let share = recordings.len().div_ceil(workers);
    let differences: Vec<String> = thread::scope(|scope| {
        let parts = recordings.chunks(share).map(|part| scope.spawn(|| differences(release, &database, part)));
        let parts: Vec<_> = parts.collect();
        parts.into_iter().flat_map(|part| part.join().expect("a comparison")).collect()
    });
    assert!(
        differences.is_empty(),
        "{}{} of {} lines differ",
        differences.concat(),
        differences.len(),
        recordings.len()
    );
}

fn differences(release: &str, database: &Path, recordings: &[Recording]) -> Vec<String> {
    recordings.iter().filter_map(|recording| difference(release, database, recording)).collect()
}

fn difference(release: &str, database: &Path, recording: &Recording) -> Option<String> {
    let command = &mut ecrsnap(database);
    command.args(["--aws-cli", release]).args(&recording.args).envs(&recording.env);
    let Output { stdout, stderr, status } = command.output().expect("the program starts");
    let mut text = String::new();
    if status.code() != Some(recording.status) {
        let _ = writeln!(text, "  exit status {status}, recorded {}", recording.status);
    }
    let streams =
        [("stdout", stdout, recording.stdout.join("\n")), ("stderr", stderr, renamed(&recording.stderr.join("\n")))];
    for (stream, ours, recorded) in streams {
        let ours = String::from_utf8_lossy(&ours);
        if ours != recorded {
            let _ = writeln!(text, "  {stream}, {}", first_difference(&ours, &recorded));
        }
    }
    (!text.is_empty()).then(|| format!("{release}: {}\n{text}", recording.line))
}

/// Where two texts part, and how each continues.
fn first_difference(ours: &str, recorded: &str) -> String {
    let (mut number, mut ours, mut recorded) = (1, ours.split('\n'), recorded.split('\n'));
    loop {
        match (ours.next(), recorded.next()) {
            (Some(left), Some(right)) if left == right => number += 1,
            (left, right) => {
                return format!("line {number}:\n    recorded {right:?}\n    ours     {left:?}");
            }
        }
    }
}

#[test]
fn version_1_printed_this() {
    compare("v1");
}

#[test]
fn version_2_printed_this() {
    compare("v2");
}

#[test]
fn every_line_is_recorded_and_no_other() {
    for release in ["v1", "v2"] {
        let (recordings, lines) = (recordings(release), lines(release));
        for (group, lines) in &lines {
            let recorded: Vec<&str> =
                recordings.get(group).into_iter().flatten().map(|recording| recording.line.as_str()).collect();
            for line in lines {
                assert!(
                    recorded.contains(&line.as_str()),
                    "no recording by {release}: {line}\nrun compare.py --record"
                );
            }
            assert_eq!(recorded.len(), lines.len(), "{release}/{group}.json has more than its lines");
        }
    }
}
