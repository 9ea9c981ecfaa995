//! `docs/cookbook.md` is true: each of its blocks is run, and prints what the document shows.
//!
//! A block of `sh` is run; one of `console` begins with `$ `, a command that goes on where a line ends
//! in a backslash, and ends with what a terminal shows of it. `ECRSNAP_BLESS=1` writes that part again.

use std::fs;
use std::path::Path;

use super::session::Session;

/// The document with every block's output as it is now.
fn as_printed(document: &str, session: &Session) -> String {
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
            "console" => {
                let script = command.strip_prefix("$ ").expect("a command after `$ `");
                let ran = session.shell(&format!("exec 2>&1; {script}"));
                printed.push_str(ran.stdout.trim_end_matches('\n'));
                printed.push_str(if ran.stdout.is_empty() { "" } else { "\n" });
            }
            "sh" => assert_eq!(session.shell(&command).status, Some(0), "{command}"),
            other => panic!("a block of {other}"),
        }
        printed.push_str("```\n");
    }
    printed
}

#[test]
fn every_answer_is_what_is_printed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cookbook.md");
    let document = fs::read_to_string(&path).expect("the cookbook");
    let printed = as_printed(&document, &Session::with_samples());
    if std::env::var_os("ECRSNAP_BLESS").is_some() {
        fs::write(&path, &printed).expect("the cookbook");
        return;
    }
    for (number, (ours, shown)) in printed.lines().zip(document.lines()).enumerate() {
        assert_eq!(ours, shown, "{}:{} (left is what was printed now)", path.display(), number + 1);
    }
    assert_eq!(printed.len(), document.len(), "one text goes on");
}

/// The questions are numbered, and each has one answer.
#[test]
fn every_question_has_one_answer() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cookbook.md");
    let document = fs::read_to_string(path).expect("the cookbook");
    let questions: Vec<_> = document.split("\n## ").skip(1).collect();
    assert_eq!(questions.len(), 20);
    for (number, part) in (1..).zip(questions) {
        assert!(part.starts_with(&format!("{number}. ")), "{part}");
        assert_eq!(part.matches("```console\n$ ").count(), 1, "{part}");
        assert_eq!(part.matches("```").count(), 2, "{part}");
    }
}
