//! The whole command line as one clap command, for completions and manual pages.
//!
//! `describe-images` and `list-images` read their own lines (see [`crate::client`]), so clap knows
//! nothing of their options. Here, and only here, they are made known to it from the client's own
//! table.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, CommandFactory as _, ValueHint};

use super::Arguments;
use crate::client::Operation;
use crate::client::argparse::{Arity, Check, Spec};
use crate::client::options;
use crate::model::AwsCli;

/// The program with every option of every command.
pub(super) fn command() -> Command {
    let ecr = Command::new("ecr")
        .about("`ecr` before the command, as the AWS CLI has it")
        .hide(true)
        .subcommands([client(Operation::DescribeImages), client(Operation::ListImages)]);
    Arguments::command()
        .mut_subcommand(Operation::DescribeImages.command(), |_| client(Operation::DescribeImages))
        .mut_subcommand(Operation::ListImages.command(), |_| client(Operation::ListImages))
        .subcommand(ecr)
        .disable_help_subcommand(true)
}

/// A command of the client's, as version 2 has it.
fn client(operation: Operation) -> Command {
    let name = operation.command();
    let own = options::of(operation, AwsCli::V2);
    let global = options::globals(AwsCli::V2);
    Command::new(name)
        .about(format!("Answer as `aws ecr {name}` would have"))
        .long_about(format!(
            "Answers as `aws ecr {name}` would have when the snapshot was taken: the same options, output, messages \
             and exit status. What an option means in full, the AWS CLI's manual page says.\n\nOptions that only make \
             sense on a network are taken and have no effect."
        ))
        .after_help(format!("Example:\n  ecrsnap {name} --repository-name shop/web --output table"))
        .disable_help_flag(true)
        // The program's own --db stands for the client's.
        .args(own.iter().chain(global).filter(|spec| spec.name != "--db").map(|spec| argument(spec)))
}

fn argument(spec: &'static Spec) -> Arg {
    let (value, help) = describe(spec.name).unwrap_or(("VALUE", ""));
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

/// The name of an option's value, and what the option is for in a line.
fn describe(option: &str) -> Option<(&'static str, &'static str)> {
    const OFFLINE: &str = "Taken and without effect: nothing goes over a network";
    Some(match option {
        "--registry-id" => ("ACCOUNT", "The registry; by default the one of the snapshot"),
        "--repository-name" => ("NAME", "The repository; without it every repository of the registry is described"),
        "--image-ids" => ("ID", "Images by imageTag=TAG, imageDigest=DIGEST or both"),
        "--filter" => ("FILTER", "tagStatus=TAGGED|UNTAGGED|ANY,imageStatus=ACTIVE|ARCHIVED|ACTIVATING|ANY"),
        "--next-token" => ("TOKEN", "Ask for one page, the one that this token starts"),
        "--max-results" => ("N", "Ask for one page, of at most so many"),
        "--starting-token" => ("TOKEN", "Go on where an earlier --max-items stopped"),
        "--page-size" => ("N", "How many a call of the service may return"),
        "--max-items" => ("N", "How many to print at most"),
        "--no-paginate" => ("", "Make one call and print its page"),
        "--cli-input-json" => ("JSON or file://FILE", "The parameters as JSON"),
        "--cli-input-yaml" => ("YAML or file://FILE", "The parameters as YAML"),
        "--generate-cli-skeleton" => ("KIND", "Print a skeleton of the parameters, or of the output, and call nothing"),
        "--query" => ("EXPRESSION", "A JMESPath expression over the answer"),
        "--output" => ("FORMAT", "How to print the answer"),
        "--color" => ("WHEN", "Colours of tables"),
        "--region" => ("REGION", "Repositories with this region label, where the snapshot has labels"),
        "--cli-binary-format" => ("FORMAT", "How binary parameters are written; these commands have none"),
        "--cli-timestamp-format" => ("FORMAT", "Times as iso8601, or as the service's wire has them"),
        "--cli-error-format" => ("FORMAT", "How to print an error"),
        "--no-cli-pager" => ("", "Print to the terminal without a pager"),
        "--cli-auto-prompt" | "--no-cli-auto-prompt" => ("", "Taken and without effect: nothing is asked"),
        "--version" => ("", "Print the version"),
        "--endpoint-url" => ("URL", OFFLINE),
        "--profile" => ("NAME", OFFLINE),
        "--ca-bundle" => ("FILE", OFFLINE),
        "--cli-read-timeout" | "--cli-connect-timeout" => ("SECONDS", OFFLINE),
        "--debug" | "--no-verify-ssl" | "--no-sign-request" => ("", OFFLINE),
        "--snapshot" => ("REF", "The snapshot to answer from: a name, latest, latest~N, @TIME or @-AGE"),
        "--aws-cli" => ("VERSION", "Whose manner: that of the AWS CLI v2 or v1"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{AwsCli, Operation, command, describe, options};

    #[test]
    fn the_whole_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_option_of_the_client_is_described() {
        for operation in [Operation::DescribeImages, Operation::ListImages] {
            for spec in options::of(operation, AwsCli::V2).iter().chain(options::globals(AwsCli::V2)) {
                assert!(spec.name == "--db" || describe(spec.name).is_some(), "{}", spec.name);
            }
        }
        assert_eq!(describe("--colour"), None);
    }
}
