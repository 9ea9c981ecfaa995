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
    /// List the snapshots, oldest first
    List(list::Arguments),
    /// Show all about one snapshot
    Show(show::Arguments),
    /// Give a snapshot another name
    Rename(rename::Arguments),
    /// Forget snapshots; the same as `ecrsnap forget`
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
