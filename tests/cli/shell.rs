//! `completions` and `man`: what the shells and `man` are given.

use std::fs;
use std::process::Command;

use super::session::Session;

/// Words that are typed, and what the last of them may become.
const TYPED: [(&str, &str); 9] = [
    ("ecrsnap im", "images"),
    ("ecrsnap describe-images --im", "--image-ids"),
    ("ecrsnap describe-images --output ya", "yaml yaml-stream"),
    ("ecrsnap list-images --im", ""),
    ("ecrsnap list-images --snap", "--snapshot"),
    ("ecrsnap ecr describe-images --max", "--max-results --max-items"),
    ("ecrsnap images --pu", "--pushed-before --pushed-after"),
    ("ecrsnap images --min-severity h", "high"),
    ("ecrsnap sql --output n", "ndjson"),
];

#[test]
fn bash_completes() {
    let session = Session::empty();
    session.write("ecrsnap.bash", session.quietly("completions bash").stdout);
    for (typed, expected) in TYPED {
        // What bash does when TAB is pressed.
        let script = format!(
            "source ./ecrsnap.bash; COMP_WORDS=({typed}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _ecrsnap ecrsnap \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let mut bash = Command::new("bash");
        bash.args(["--norc", "--noprofile", "-c", &script]).current_dir(session.path("."));
        let output = bash.output().expect("bash");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{typed}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected, "{typed}");
    }
}

#[test]
fn every_shell_has_a_script() {
    let session = Session::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = session.quietly(&format!("completions {shell}"));
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{shell}");
        for word in ["image-ids", "not-pulled-since", "generate-cli-skeleton"] {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(session.quietly("completions tcsh").status, Some(2));
}

/// The commands that `--help` lists.
fn commands(session: &Session) -> Vec<String> {
    let help = session.quietly("--help").stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_command_has_a_page() {
    let session = Session::empty();
    assert_eq!(session.quietly("man --out pages").status, Some(0));
    let commands = commands(&session);
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        let page = fs::read_to_string(session.path(&format!("pages/ecrsnap-{command}.1"))).expect(&command);
        assert_eq!(page, session.quietly(&format!("man {command}")).stdout);
        assert!(page.contains(&format!(".TH ecrsnap-{command} 1")), "{command}");
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES"] {
            assert!(page.contains(&format!("\n.SH {section}\n")), "{command}: {section}");
        }
        // A line that begins with a dot is a macro; another one there would be lost text.
        let macros = page.lines().filter(|line| line.starts_with(['.', '\'']));
        for line in macros {
            let name = line.split_whitespace().next().unwrap_or_default();
            assert!(
                [".TH", ".SH", ".TP", ".PP", ".RS", ".RE", ".IP", ".br", ".sp", ".nf", ".fi", ".ie", ".el", ".ds"]
                    .contains(&name),
                "{line}"
            );
        }
    }
    let page = session.quietly("man describe-images").stdout.replace('\\', "");
    assert!(page.contains("--image-ids") && page.contains("imageStatus=ACTIVE"), "{page}");
}

#[test]
fn pages_that_there_are_none_of() {
    let mut session = Session::empty();
    session.write("file", "");
    session.run("man nothing");
    session.run("man --out file/below");
    session.golden("man-refusals");
}
