//! What both dialects read and refuse, as the real `argparse` did.

use super::{Arity, Check, Dialect, Parsed, Parser, Positional, Spec, Stop};

static OUTPUT: Spec =
    Spec { name: "--output", arity: Arity::One, check: Check::Choices(&["json", "text"]), abbreviates: true };
static OFF: Spec = Spec { name: "--off", arity: Arity::Flag, check: Check::Any, abbreviates: true };
static IDS: Spec = Spec { name: "--ids", arity: Arity::Many, check: Check::Any, abbreviates: true };
static SAMPLE: Spec = Spec { name: "--sample", arity: Arity::OneOr("input"), check: Check::Any, abbreviates: true };
static SIZE: Spec = Spec { name: "--size", arity: Arity::One, check: Check::Int, abbreviates: true };
static OURS: Spec = Spec { name: "--ours", arity: Arity::One, check: Check::Any, abbreviates: false };

fn parse(dialect: Dialect, line: &str) -> Result<Parsed, Stop> {
    let positional = Positional { name: "command", optional: true, choices: &[] };
    let options = [&OUTPUT, &OFF, &IDS, &SAMPLE, &SIZE, &OURS];
    let line: Vec<String> = line.split(' ').map(str::to_owned).collect();
    Parser { dialect, options: &options, positional: Some(positional), required: &[] }.parse(&line)
}

/// What was read, on one line: options, `|`, the positional, `|`, the rest.
fn shown(parsed: &Parsed) -> String {
    let values: Vec<String> =
        parsed.values.iter().map(|(name, words)| format!("{name} {}", words.join(",")).trim_end().to_owned()).collect();
    format!("{} | {} | {}", values.join(" "), parsed.positional.as_deref().unwrap_or(""), parsed.rest.join(" "))
}

#[test]
fn words_go_where_argparse_puts_them() {
    for (line, expected) in [
        ("a --output json", "--output json | a | "),
        ("--output=json a", "--output json | a | "),
        ("--out text a", "--output text | a | "),
        ("a b --ids c d --off e", "--ids c,d --off | a | b e"),
        ("--ids a --ids b", "--ids b |  | "),
        ("--ids --off", "--ids --off |  | "),
        ("--ids a -- b", "--ids a | b | "),
        ("--sample --off", "--sample input --off |  | "),
        ("--sample x y", "--sample x | y | "),
        ("--size -3", "--size -3 |  | "),
        ("--bogus x", " | x | --bogus"),
        ("--ours a --our b", "--ours a | b | --our"),
        ("-- --off", " | --off | "),
        ("-", " | - | "),
        ("--output= a", "argument --output"),
    ] {
        for dialect in [Dialect::Py311, Dialect::Py314] {
            match parse(dialect, line) {
                Ok(parsed) => assert_eq!(shown(&parsed), expected, "{line} {dialect:?}"),
                Err(Stop::Refused(message)) => assert!(message.starts_with(expected), "{line}: {message}"),
                Err(Stop::Version) => panic!("{line}"),
            }
        }
    }
}

#[test]
fn refusals_are_worded_as_there() {
    let message = |dialect, line| match parse(dialect, line) {
        Err(Stop::Refused(message)) => message,
        other => panic!("{line}: {other:?}"),
    };
    for (line, expected) in [
        ("--o json", "ambiguous option: --o could match --output, --off"),
        ("--output", "argument --output: expected one argument"),
        ("--off=1", "argument --off: ignored explicit argument '1'"),
        ("--size 1.5", "argument --size: invalid int value: '1.5'"),
    ] {
        for dialect in [Dialect::Py311, Dialect::Py314] {
            assert_eq!(message(dialect, line), expected, "{line} {dialect:?}");
        }
    }
    // Only the older library looks at all prefixes before it looks at any value.
    assert!(message(Dialect::Py311, "--size x --o").starts_with("ambiguous"));
    assert!(message(Dialect::Py314, "--size x --o").starts_with("argument --size"));
    assert_eq!(
        message(Dialect::Py311, "--output jsn"),
        format!(
            "argument --output: Invalid choice, valid choices are:\n\n{:<40} | {:<40}\n\n\nInvalid choice: 'jsn', \
             maybe you meant:\n\n  * json",
            "json", "text"
        )
    );
    assert_eq!(
        message(Dialect::Py314, "--output jsn"),
        "argument --output: Found invalid choice 'jsn'\n\nMaybe you meant:\n\n  * json"
    );
}
