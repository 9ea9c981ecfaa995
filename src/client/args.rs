//! An argument line as the AWS CLI reads it: global options anywhere, the command, its options.
//!
//! What comes out is what was typed, checked as far as the reading itself checks: names, number of
//! words, choices. What the words mean is [`super::params`]' affair and the driver's.

use num_bigint::BigInt;

use crate::model::AwsCli;
use crate::service::api::{OPERATIONS, Operation};

use super::argparse::{Dialect, Parsed, Parser, Positional, Stop};
use super::error::{Failure, Usage};
use super::options;
use super::python;
use super::usage;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked<T> {
    /// A call, or what is left to read of one.
    Call(T),
    /// The help of an operation, or of all.
    Help(Option<&'static Operation>),
    /// The version.
    Version,
}

/// The first half of a line: its global options. The AWS CLI acts on them before it reads on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Globals {
    aws_cli: AwsCli,
    /// The options.
    pub(crate) options: Parsed,
}

/// The second half of a line: what is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The operation.
    pub(crate) operation: &'static Operation,
    /// Its options.
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
    let mut words = before_dashes(line);
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

/// Whether a line has `--help` or `-h`, which the AWS CLI refuses. The rest of such a line is not checked:
/// a user who asks for help may not know the right arguments.
fn asks_for_help(line: &[String]) -> bool {
    before_dashes(line).any(|word| matches!(word, "--help" | "-h"))
}

fn before_dashes(line: &[String]) -> impl Iterator<Item = &str> {
    line.iter().map(String::as_str).take_while(|word| *word != "--")
}

fn dialect(aws_cli: AwsCli) -> Dialect {
    match aws_cli {
        AwsCli::V1 => Dialect::Py311,
        AwsCli::V2 => Dialect::Py314,
    }
}

/// Read the global options and the command of a line.
pub(crate) fn globals(line: &[String], aws_cli: AwsCli) -> Result<Asked<Globals>, Failure> {
    if asks_for_help(line) {
        return Ok(Asked::Help(before_dashes(line).find_map(Operation::of_command)));
    }
    if aws_cli == AwsCli::V2 {
        let first_pass =
            Parser { dialect: dialect(aws_cli), options: options::FIRST_PASS, positional: None, required: &[] };
        if let Err(Stop::Refused(message)) = first_pass.parse(line) {
            return Err(Failure::usage(message, Usage::FirstPass));
        }
        if ["--cli-auto-prompt", "--no-cli-auto-prompt"].iter().all(|flag| line.iter().any(|word| word == flag)) {
            let message = "Both --cli-auto-prompt and --no-cli-auto-prompt cannot be specified at the same time.";
            return Err(Failure::Parameter(message.to_owned()));
        }
    }
    let choices: Vec<&str> = ["ecr"].into_iter().chain(operations()).collect();
    let command = Positional { name: "command", optional: false, choices: &choices };
    let parser = Parser {
        dialect: dialect(aws_cli),
        options: options::globals(aws_cli),
        positional: Some(command),
        required: &[],
    };
    match parser.parse(line) {
        Ok(options) if options.positional.as_deref() == Some("help") => Ok(Asked::Help(None)),
        Ok(options) => Ok(Asked::Call(Globals { aws_cli, options })),
        Err(Stop::Version) => Ok(Asked::Version),
        Err(Stop::Refused(message)) => Err(refusal(message, aws_cli)),
    }
}

/// The words that may follow `ecr`.
fn operations() -> impl Iterator<Item = &'static str> {
    OPERATIONS.into_iter().map(|operation| operation.command).chain(["help"])
}

/// The refusal of a line. Version 2 does not list the choices of a command that it does not have; here,
/// where most commands are missing, those that are not are named.
fn refusal(message: String, aws_cli: AwsCli) -> Failure {
    let of_command = ["argument command: Found invalid choice", "argument operation: Found invalid choice"];
    if aws_cli == AwsCli::V1 || !of_command.iter().any(|beginning| message.starts_with(beginning)) {
        return Failure::usage(message, Usage::Command);
    }
    let commands: Vec<&str> = OPERATIONS.iter().map(|operation| operation.command).collect();
    let (message, program) = (message.trim_end(), usage::PROGRAM);
    let here = format!("{message}\n\n{program} answers these commands of `aws ecr`: {}", commands.join(", "));
    Failure::usage(here, Usage::Command)
}

impl Globals {
    /// Read what the line calls. `ecr` before the operation may be left out.
    pub(crate) fn call(&self) -> Result<Asked<Line>, Failure> {
        let refuse = |stop| match stop {
            Stop::Refused(message) => refusal(message, self.aws_cli),
            // No reading but the first has the option that asks for it.
            Stop::Version => Failure::usage("unexpected --version".to_owned(), Usage::Command),
        };
        let dialect = dialect(self.aws_cli);
        let (command, rest) = match self.options.positional.as_deref() {
            Some("ecr") | None => {
                let choices: Vec<&str> = operations().collect();
                let operation = Positional { name: "operation", optional: false, choices: &choices };
                let parser = Parser { dialect, options: &[], positional: Some(operation), required: &[] };
                let parsed = parser.parse(&self.options.rest).map_err(refuse)?;
                (parsed.positional.unwrap_or_default(), parsed.rest)
            }
            Some(command) => (command.to_owned(), self.options.rest.clone()),
        };
        let Some(operation) = Operation::of_command(&command) else { return Ok(Asked::Help(None)) };
        if rest == ["help"] {
            return Ok(Asked::Help(Some(operation)));
        }
        let known = options::specs(operation, self.aws_cli);
        let required = options::required(operation, self.aws_cli, &rest);
        let help = Positional { name: "help", optional: true, choices: &[] };
        let parser = Parser { dialect, options: &known, positional: Some(help), required: &required };
        let mut options = parser.parse(&rest).map_err(refuse)?;
        match options.positional.take().as_deref() {
            None | Some("") => {}
            Some("help") => return Ok(Asked::Help(Some(operation))),
            Some(word) => options.rest.push(word.to_owned()),
        }
        if options.rest.is_empty() {
            Ok(Asked::Call(Line { operation, options }))
        } else {
            Err(Failure::UnknownOptions(options.rest.join(", ")))
        }
    }
}

/// Whether a word in the command's place begins a line of the client's: `ecr` or one of its operations.
pub fn answers(command: &str) -> bool {
    command == "ecr" || Operation::of_command(command).is_some()
}

/// The command of a line: the first word that is neither a global option nor such an option's
/// value. It decides which parser handles the line, so nothing is refused here.
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
        let mut meant =
            known.iter().filter(|spec| spec.name == word || spec.abbreviates && spec.name.starts_with(word));
        let exact = known.iter().find(|spec| spec.name == word);
        let takes_value = |spec: &super::argparse::Spec| spec.arity == super::argparse::Arity::One;
        if exact.or_else(|| meant.next().filter(|_| meant.next().is_none())).is_some_and(|spec| takes_value(spec)) {
            words.next();
        }
    }
    None
}
