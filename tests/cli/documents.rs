//! The documents are true: each of their blocks is run, and prints what the document shows.
//!
//! A block of `sh` is run and must succeed. A block of `console` begins with `$ ` and a command that goes
//! on where a line ends in a backslash; the rest is what a terminal shows of it. `ECRSNAP_BLESS=1` writes
//! that part again.

use std::fs;
use std::path::{Path, PathBuf};

use super::session::Session;

fn path(document: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(document)
}

/// The document with every block's current output. Blocks for which `skip` is true are unchanged.
fn as_printed(document: &str, session: &Session, skip: impl Fn(&str) -> bool) -> String {
    let mut printed = String::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        printed.push_str(line);
        printed.push('\n');
        let Some(language) = line.strip_prefix("```").filter(|language| !language.is_empty()) else { continue };
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        let length = match language {
            "console" => 1 + block.iter().take_while(|line| line.ends_with('\\')).count(),
            _ => block.len(),
        };
        let command = block[..length].join("\n");
        printed.push_str(&command);
        printed.push('\n');
        match language {
            _ if skip(&command) => printed.extend(block[length..].iter().flat_map(|line| [*line, "\n"])),
            "console" => {
                let script = command.strip_prefix("$ ").expect("a command after `$ `");
                let ran = session.shell(&format!("exec 2>&1; {script}"));
                printed.push_str(ran.stdout.trim_end_matches('\n'));
                printed.push_str(if ran.stdout.is_empty() { "" } else { "\n" });
            }
            "sh" => {
                let ran = session.shell(&command);
                assert_eq!(ran.status, Some(0), "{command}\n{}", ran.stderr);
            }
            other => panic!("a block of {other}"),
        }
        printed.push_str("```\n");
    }
    printed
}

/// Compare a document with what its blocks print now, or write it again.
fn check(document: &str, session: &Session, skip: impl Fn(&str) -> bool) {
    let path = path(document);
    let written = fs::read_to_string(&path).expect("a document");
    let printed = as_printed(&written, session, skip);
    if std::env::var_os("ECRSNAP_BLESS").is_some() {
        fs::write(&path, &printed).expect("a document");
        return;
    }
    for (number, (ours, shown)) in printed.lines().zip(written.lines()).enumerate() {
        assert_eq!(ours, shown, "{}:{} (left is what was printed now)", path.display(), number + 1);
    }
    assert_eq!(printed.len(), written.len(), "{}: one text goes on", path.display());
}

#[test]
fn the_cookbook_prints_what_it_shows() {
    check("docs/cookbook.md", &Session::with_samples(), |_| false);
}

#[test]
fn the_tour_prints_what_it_shows() {
    // The program is on the PATH of a session already.
    check("docs/tour.md", &Session::with_samples(), |command| command.starts_with("PATH="));
}

#[test]
fn the_readme_prints_what_it_shows() {
    // These need cargo, or a registry to export from.
    let elsewhere = ["cargo ", "python3 ", "scripts/", "ecrsnap ingest --snapshot-per-directory ecr-export"];
    check("README.md", &Session::with_three_dates(), |command| elsewhere.iter().any(|word| command.starts_with(word)));
}

/// The questions are numbered, and each has one answer.
#[test]
fn every_question_has_one_answer() {
    let document = fs::read_to_string(path("docs/cookbook.md")).expect("the cookbook");
    let questions: Vec<_> = document.split("\n## ").skip(1).collect();
    assert!(questions.len() >= 20, "{}", questions.len());
    for (number, part) in (1..).zip(questions) {
        assert!(part.starts_with(&format!("{number}. ")), "{part}");
        assert_eq!(part.matches("```console\n$ ").count(), 1, "{part}");
        assert_eq!(part.matches("```").count(), 2, "{part}");
    }
}
