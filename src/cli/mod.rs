//! The command line: one file a subcommand, its arguments and one function.
//!
//! The commands of the AWS CLI read their own lines, as it does (see [`crate::client`]); clap reads
//! everything else. This module prints and asks the machine, so that
//! nothing below it has to.

/// Print a line to standard error, with what a terminal would act on escaped. A failure to print it
/// (a closed pipe, a full disk) is ignored: the exit status still shows the error, and work in progress continues.
macro_rules! eprint_escaped {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let line = crate::model::visible_lines(&format!($($words)*));
        let _ = writeln!(std::io::stderr(), "{line}");
    }};
}

mod advice;
mod aws_command;
mod completions;
mod demo;
mod describe;
mod diff;
mod export;
mod forget;
mod full_command;
mod history;
mod images;
mod in_use;
mod ingest;
mod interrupt;
mod lifecycle;
mod man;
mod merge;
mod paint;
mod progress;
mod replace;
mod report;
mod scope;
#[cfg(feature = "serve")]
mod serve;
mod snapshots;
mod spool;
mod sql;
mod stdout;
mod values;
mod verify;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

use crate::store::StoreError;
use crate::store::read::Reader;

/// Done.
const DONE: u8 = 0;
/// Partly done: something was left out, and a message says what. Or the two sides of a comparison differ.
const IN_PART: u8 = 1;
/// Refused: nothing was changed.
const REFUSED: u8 = 2;

/// Offline snapshots of Amazon ECR image metadata, and describe-images answered from them
#[derive(Parser)]
#[command(
    name = "ecrsnap",
    version,
    arg_required_else_help = true,
    after_help = "\
A REF names a snapshot: by its name, latest (the newest capture), latest~N (N before it), @TIME (the newest at or \
before it; a date alone means until its end in UTC) or @-AGE (the newest at or before that long before the newest \
capture: @-12h, @-7d, @-6months).

Exit status: 0 done, 1 done in part or different, 2 refused. The commands of the AWS CLI exit as it does.

Examples:
  ecrsnap ingest exports/2026-03-01/                     save what was exported
  ecrsnap describe-images --repository-name shop/web     ask as you would ask the live command
  ecrsnap diff                                           what changed between the two newest"
)]
struct Arguments {
    /// The database; made by the first ingest
    #[arg(long, global = true, value_name = "FILE", env = "ECRSNAP_DB", default_value = "ecrsnap.db")]
    db: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(alias = "import")]
    Ingest(ingest::Arguments),
    /// Answer as `aws ecr describe-images` did when the snapshot was taken
    #[command(disable_help_flag = true)]
    DescribeImages(Passed),
    /// Answer as `aws ecr list-images` did when the snapshot was taken
    #[command(disable_help_flag = true)]
    ListImages(Passed),
    /// Answer as `aws ecr describe-repositories` did when the snapshot was taken
    #[command(disable_help_flag = true)]
    DescribeRepositories(Passed),
    /// Answer as `aws ecr get-lifecycle-policy` did when the snapshot was taken
    #[command(disable_help_flag = true)]
    GetLifecyclePolicy(Passed),
    Images(Box<images::Arguments>),
    Diff(diff::Arguments),
    #[command(alias = "tag")]
    History(history::Arguments),
    InUse(in_use::Arguments),
    Lifecycle(Box<lifecycle::Arguments>),
    Report(report::Arguments),
    #[command(alias = "list")]
    Snapshots(snapshots::Arguments),
    #[command(alias = "query")]
    Sql(sql::Arguments),
    #[cfg(feature = "serve")]
    Serve(serve::Arguments),
    Export(export::Arguments),
    Merge(merge::Arguments),
    Forget(forget::Arguments),
    Verify(verify::Arguments),
    Demo(demo::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// A line that the client reads itself; here only so that `--help` shows its command.
#[derive(clap::Args)]
struct Passed {
    /// The options of the AWS CLI's manual page, and --snapshot REF, --aws-cli v1|v2
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    #[allow(dead_code, reason = "read by the client from the line itself")]
    line: Vec<OsString>,
}

/// Run a line and return the exit status. Under the name `aws` the program is the AWS CLI and nothing else, so
/// that a symbolic link of that name runs scripts that were written for it.
pub fn run(program: Option<&OsStr>, line: &[OsString]) -> u8 {
    if program.and_then(|program| Path::new(program).file_stem()).is_some_and(|name| name == "aws") {
        return aws_command::run(line);
    }
    let words: Vec<String> = line.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    if crate::client::command_of(&words).is_some_and(crate::client::answers) {
        return aws_command::run(line);
    }
    if let [help, command] = &*words
        && help == "help"
        && crate::client::answers(command)
    {
        return aws_command::run(&[OsString::from(command), OsString::from(help)]);
    }
    let program = std::iter::once(OsString::from("ecrsnap"));
    match Arguments::try_parse_from(program.chain(line.iter().cloned())) {
        Ok(arguments) => match arguments.command {
            Command::Ingest(options) => ingest::run(&arguments.db, &options),
            Command::DescribeImages(_)
            | Command::ListImages(_)
            | Command::DescribeRepositories(_)
            | Command::GetLifecyclePolicy(_) => aws_command::run(line),
            Command::Images(options) => images::run(&arguments.db, &options),
            Command::Diff(options) => diff::run(&arguments.db, &options),
            Command::History(options) => history::run(&arguments.db, &options),
            Command::InUse(options) => in_use::run(&arguments.db, &options),
            Command::Lifecycle(options) => lifecycle::run(&arguments.db, &options),
            Command::Report(options) => report::run(&arguments.db, &options),
            Command::Snapshots(options) => snapshots::run(&arguments.db, &options),
            Command::Sql(options) => sql::run(&arguments.db, &options),
            #[cfg(feature = "serve")]
            Command::Serve(options) => serve::run(arguments.db, options),
            Command::Export(options) => export::run(&arguments.db, &options),
            Command::Merge(options) => merge::run(&arguments.db, &options),
            Command::Forget(options) => forget::run(&arguments.db, &options),
            Command::Verify(options) => verify::run(&arguments.db, &options),
            Command::Demo(demo::Arguments {}) => demo::run(),
            Command::Completions(options) => completions::run(&options),
            Command::Man(options) => man::run(&options),
        },
        Err(error) => {
            let printed = error.print().and_then(|()| io::stdout().flush());
            hint_at_output(&error);
            match printed {
                // Help that cannot be printed is not there; a reader that has gone has seen enough of it.
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    print_error(&format_args!("standard output: {error}"), None);
                    REFUSED
                }
                _ if error.use_stderr() => REFUSED,
                _ => DONE,
            }
        }
    }
}

/// Other programs have an option for each format; here it is one option.
fn hint_at_output(error: &clap::Error) {
    let unknown = error.kind() == clap::error::ErrorKind::UnknownArgument;
    let argument = error.get(clap::error::ContextKind::InvalidArg).map(ToString::to_string);
    let format = argument.as_deref().and_then(|argument| match argument {
        "--json" | "--csv" | "--markdown" | "--ndjson" => argument.strip_prefix("--"),
        _ => None,
    });
    if let Some(format) = format.filter(|_| unknown) {
        eprint_escaped!("  the format is chosen with --output {format}");
    }
}

/// Read from one state of the database, whatever is ingested or forgotten meanwhile.
fn read_at_once<T, E: From<StoreError>>(db: &Path, work: impl FnOnce(&Reader) -> Result<T, E>) -> Result<T, E> {
    let reader = Reader::open(db)?;
    reader.at_one_moment(|| work(&reader))?
}

/// Print an error of ours, with what to do about it.
fn print_error(error: &dyn std::fmt::Display, advice: Option<&str>) {
    eprint_escaped!("ecrsnap: {error}");
    if let Some(advice) = advice {
        eprint_escaped!("  {advice}");
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        super::Arguments::command().debug_assert();
    }
}
