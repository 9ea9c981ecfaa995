//! The usage text of refusals, and the program's name.

use crate::model::AwsCli;

/// The program's name, where the AWS CLI has `aws`.
pub(crate) const PROGRAM: &str = "ecrsnap";

/// Version 1 mentions version 2 before anything else, on a line that it starts with a carriage return.
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
