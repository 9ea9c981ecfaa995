//! The whole command line as one clap command, for completions and manual pages.
//!
//! The commands of the AWS CLI read their own lines (see [`crate::client`]), so clap knows
//! nothing of their options. Here, and only here, they are made known to it from the client's own
//! table.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, CommandFactory as _, ValueHint};

use super::Arguments;
use crate::client::argparse::{Arity, Check, Spec};
use crate::client::{help, options};
use crate::model::AwsCli;
use crate::service::api::{OPERATIONS, Operation};

/// The program with every option of every command.
pub(super) fn command() -> Command {
    let ecr = Command::new("ecr")
        .about("`ecr` before the command, as the AWS CLI has it")
        .hide(true)
        .subcommands(OPERATIONS.map(client));
    let own =
        |whole: Command, operation: &'static Operation| whole.mut_subcommand(operation.command, |_| client(operation));
    OPERATIONS.into_iter().fold(Arguments::command(), own).subcommand(ecr).disable_help_subcommand(true)
}

/// A command of the client's, as version 2 has it.
fn client(operation: &'static Operation) -> Command {
    let name = operation.command;
    let own = options::specs(operation, AwsCli::V2);
    let global = options::globals(AwsCli::V2);
    let help = help::of(operation);
    let examples: Vec<String> =
        help.examples.iter().map(|(line, result)| format!("  ecrsnap {line}\n      {result}")).collect();
    Command::new(name)
        .about(help.about)
        .long_about(format!(
            "{}\n\nOptions, output, messages and exit status are those of the AWS CLI.",
            help.description
        ))
        .after_help(format!("Examples:\n{}", examples.join("\n")))
        // The program's own --db and --help replace the client's.
        .args(
            own.iter().chain(global).filter(|spec| !["--db", "--help", "-h"].contains(&spec.name)).map(|s| argument(s)),
        )
}

fn argument(spec: &'static Spec) -> Arg {
    let (value, help) = help::of_option(spec.name).unwrap_or(("VALUE", ""));
    let argument = Arg::new(spec.name).long(spec.name.trim_start_matches("--")).help(help).value_name(value);
    let argument = match spec.arity {
        Arity::Flag => argument.action(ArgAction::SetTrue),
        Arity::One => argument,
        Arity::OneOr(_) => argument.num_args(0..=1),
        Arity::Many => argument.num_args(0..),
    };
    match spec.check {
        Check::Choices(choices) => argument.value_parser(PossibleValuesParser::new(choices)),
        Check::Any if value.ends_with("FILE") => argument.value_hint(ValueHint::FilePath),
        Check::Any | Check::Int | Check::Version => argument,
    }
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn the_whole_is_consistent() {
        command().debug_assert();
    }
}
