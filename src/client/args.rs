//! An argument line as the AWS CLI reads it: global options anywhere, the command, its options.
//!
//! What comes out is what was typed, checked as far as the reading itself checks: names, number of
//! words, choices. What the words mean is [`super::params`]' affair and the driver's.

use num_bigint::BigInt;

use crate::model::AwsCli;

use super::argparse::{Dialect, Parsed, Parser, Positional, Stop};
use super::error::{Failure, Usage};
use super::options::{self, Operation};
use super::python;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A call.
    Call(Box<Line>),
    /// The help of an operation, or of all.
    Help(Option<Operation>),
    /// The version.
    Version,
}

/// A line that asks for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The operation.
    pub(crate) operation: Operation,
    /// The global options.
    pub(crate) globals: Parsed,
    /// The options of the operation.
    pub(crate) options: Parsed,
}

impl Line {
    /// A paging option's number, where it was given.
    pub(crate) fn number(&self, option: &str) -> Option<BigInt> {
        self.options.word(option).and_then(python::int)
    }
}

/// The release line that a line asks to be followed: the last `--aws-cli` before a `--`.
///
/// It is looked for ahead of the reading, because it decides how the line is read. A value that is
/// none is refused by the reading.
pub(crate) fn release_line(line: &[String]) -> AwsCli {
    let mut asked = AwsCli::default();
    let mut words = line.iter().take_while(|word| *word != "--").map(String::as_str);
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--aws-cli") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        match value {
            Some("v1") => asked = AwsCli::V1,
            Some("v2") => asked = AwsCli::V2,
            _ => {}
        }
    }
    asked
}

/// Read a line. A failure carries the global options as far as they were read.
pub(crate) fn parse(line: &[String], aws_cli: AwsCli) -> Result<Asked, (Failure, Option<Parsed>)> {
    let dialect = match aws_cli {
        AwsCli::V1 => Dialect::Py311,
        AwsCli::V2 => Dialect::Py314,
    };
    if aws_cli == AwsCli::V2 {
        match (Parser { dialect, options: options::FIRST_PASS, positional: None }).parse(line) {
            Err(Stop::Refused(message)) => return Err((Failure::usage(message, Usage::FirstPass), None)),
            Ok(_) | Err(Stop::Version) => {}
        }
    }
    let command =
        Positional { name: "command", optional: false, choices: &["ecr", "describe-images", "list-images", "help"] };
    let globals = Parser { dialect, options: options::globals(aws_cli), positional: Some(command) }.parse(line);
    let mut globals = match globals {
        Ok(globals) => globals,
        Err(Stop::Version) => return Ok(Asked::Version),
        Err(Stop::Refused(message)) => return Err((Failure::usage(message, Usage::Command), None)),
    };
    let mut rest = std::mem::take(&mut globals.rest);
    let refuse = |message, globals: &Parsed| (Failure::usage(message, Usage::Command), Some(globals.clone()));
    let operation = match globals.positional.as_deref().unwrap_or_default() {
        "help" => return Ok(Asked::Help(None)),
        "ecr" => {
            let operation =
                Positional { name: "operation", optional: false, choices: &["describe-images", "list-images", "help"] };
            match (Parser { dialect, options: &[], positional: Some(operation) }).parse(&rest) {
                Ok(parsed) => {
                    rest = parsed.rest;
                    parsed.positional.unwrap_or_default()
                }
                Err(Stop::Refused(message)) => return Err(refuse(message, &globals)),
                Err(Stop::Version) => return Ok(Asked::Version),
            }
        }
        command => command.to_owned(),
    };
    let Some(operation) = Operation::from_command(&operation) else { return Ok(Asked::Help(None)) };
    if rest == ["help"] {
        return Ok(Asked::Help(Some(operation)));
    }
    let help = Positional { name: "help", optional: true, choices: &[] };
    let options = Parser { dialect, options: &options::of(operation, aws_cli), positional: Some(help) }.parse(&rest);
    let mut options = match options {
        Ok(options) => options,
        Err(Stop::Refused(message)) => return Err(refuse(message, &globals)),
        Err(Stop::Version) => return Ok(Asked::Version),
    };
    match options.positional.take().as_deref() {
        None | Some("") => {}
        Some("help") => return Ok(Asked::Help(Some(operation))),
        Some(word) => options.rest.push(word.to_owned()),
    }
    if !options.rest.is_empty() {
        return Err((Failure::UnknownOptions(options.rest.join(", ")), Some(globals)));
    }
    Ok(Asked::Call(Box::new(Line { operation, globals, options })))
}

/// The command of a line: the first word that is neither a global option nor such an option's
/// value. It tells whose line it is, so nothing is refused here.
pub fn command_of(line: &[String]) -> Option<&str> {
    let known = options::globals(release_line(line));
    let mut words = line.iter().map(String::as_str);
    while let Some(word) = words.next() {
        if word == "--" {
            return words.next();
        }
        if !word.starts_with('-') || word == "-" {
            return Some(word);
        }
        let mut meant = known.iter().filter(|spec| spec.name == word || spec.abbreviates && spec.name.starts_with(word));
        let exact = known.iter().find(|spec| spec.name == word);
        let takes_value = |spec: &super::argparse::Spec| spec.arity == super::argparse::Arity::One;
        if exact.or_else(|| meant.next().filter(|_| meant.next().is_none())).is_some_and(|spec| takes_value(spec)) {
            words.next();
        }
    }
    None
}
