//! `snapshots`: what the database holds, and the commands that look after it.

mod list;
mod rename;
mod show;

use std::path::Path;

use clap::Subcommand;

use super::forget;

/// List the snapshots in the database, show one, rename one
///
/// Without a command it lists them.
#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  ecrsnap snapshots
  ecrsnap snapshots --output json
  ecrsnap snapshots show latest"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    list: list::Arguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Rename(rename::Arguments),
    #[command(about = "Forget snapshots; the same as `ecrsnap forget`")]
    Forget(forget::Arguments),
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    match &arguments.command {
        None => list::run(db, &arguments.list),
        Some(Command::List(arguments)) => list::run(db, arguments),
        Some(Command::Show(arguments)) => show::run(db, arguments),
        Some(Command::Rename(arguments)) => rename::run(db, arguments),
        Some(Command::Forget(arguments)) => forget::run(db, arguments),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _, Parser};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: super::Arguments,
    }

    /// Without a command, `snapshots` lists; the options of the list are refused with another command.
    #[test]
    fn a_command_or_the_list() {
        let parse = |line: &str| {
            let matches = Line::command().try_get_matches_from(line.split_whitespace()).ok()?;
            let command = Line::from_arg_matches(&matches).ok()?.arguments.command;
            Some(command.map(|command| match command {
                super::Command::List(_) => "list",
                super::Command::Show(_) => "show",
                super::Command::Rename(_) => "rename",
                super::Command::Forget(_) => "forget",
            }))
        };
        for (line, expected) in [
            ("snapshots", Some(None)),
            ("snapshots --output csv", Some(None)),
            ("snapshots list --output csv", Some(Some("list"))),
            ("snapshots show latest", Some(Some("show"))),
            ("snapshots rename a b", Some(Some("rename"))),
            ("snapshots forget a", Some(Some("forget"))),
            ("snapshots --output csv show latest", None),
            ("snapshots latest", None),
            ("snapshots rename a", None),
        ] {
            assert_eq!(parse(line), expected, "{line}");
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Line::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("ecrsnap "), "{}", command.get_name());
        }
    }
}
