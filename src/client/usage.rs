//! The usage text, the help of the operations, and the program's name in both.

use crate::model::AwsCli;
use crate::service::api::{OPERATIONS, Operation};

use super::argparse::{Arity, Spec};
use super::options;

/// The program's name, where the AWS CLI has `aws`.
pub(crate) const PROGRAM: &str = "ecrsnap";

/// Version 1 tells of version 2 before anything else, on a line that it starts anew.
const VERSION_1_NOTE: &str = "\rNote: AWS CLI version 2, the latest major version of the AWS CLI, is now stable and \
     recommended for general use. For more information, see the AWS CLI version 2 installation instructions at: \
     https://docs.aws.amazon.com/cli/latest/userguide/install-cliv2.html\n\nusage: ";

/// What follows `usage: `, with a line end.
pub(crate) fn usage(aws_cli: AwsCli) -> String {
    let note = match aws_cli {
        AwsCli::V1 => VERSION_1_NOTE,
        AwsCli::V2 => "",
    };
    format!(
        "{note}{PROGRAM} [options] <command> <subcommand> [<subcommand> ...] [parameters]\n\
         To see help text, you can run:\n\n  {PROGRAM} help\n  {PROGRAM} <command> help\n  \
         {PROGRAM} <command> <subcommand> help\n"
    )
}

/// The usage of version 2's look ahead at the line.
pub(crate) fn first_pass_usage() -> String {
    format!("{PROGRAM} [--profile PROFILE] [--debug]\n")
}

/// What `help` prints.
///
/// The AWS CLI opens a manual page here. Ours is the list of what is accepted; what an option means
/// is the manual page's to say.
pub(crate) fn help(operation: Option<&'static Operation>, aws_cli: AwsCli) -> String {
    use std::fmt::Write as _;

    let operations = match operation {
        Some(operation) => vec![operation],
        None => OPERATIONS.to_vec(),
    };
    let mut text = String::new();
    for operation in operations {
        let _ = writeln!(text, "{PROGRAM} {} answers as `aws ecr {0}` does, from a snapshot.\n", operation.command);
        for option in options::specs(operation, aws_cli) {
            let _ = writeln!(text, "  {}", synopsis(option));
        }
        text.push('\n');
    }
    text.push_str("Everywhere:\n\n");
    for option in options::globals(aws_cli) {
        let _ = writeln!(text, "  {}", synopsis(option));
    }
    text
}

fn synopsis(option: &Spec) -> String {
    use super::argparse::Check;

    let value = match option.check {
        Check::Choices(choices) => choices.join("|"),
        Check::Int => "N".to_owned(),
        Check::Any | Check::Version => "VALUE".to_owned(),
    };
    match option.arity {
        Arity::Flag => option.name.to_owned(),
        Arity::One => format!("{} {value}", option.name),
        Arity::OneOr(_) => format!("{} [{value}]", option.name),
        Arity::Many => format!("{} {value}...", option.name),
    }
}
