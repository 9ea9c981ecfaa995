//! `man`: the manual pages, from the same declarations as `--help`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;

use super::stdout::print;
use super::{DONE, REFUSED, full_command, print_error};

/// Print a manual page, or write all of them to a folder
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ecrsnap man images | man -l -
  ecrsnap man --out ~/.local/share/man/man1")]
pub(super) struct Arguments {
    /// The command whose page to print [default: the program's own]
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    command: Vec<String>,
    /// Write a page for the program and for each command to this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Run the command.
pub(super) fn run(arguments: &Arguments) -> u8 {
    let mut whole = full_command::command();
    whole.build();
    if let Some(folder) = &arguments.out {
        return match write_all(&whole, folder) {
            Ok(()) => DONE,
            Err(error) => {
                print_error(&format!("{}: {error}", folder.display()), None);
                REFUSED
            }
        };
    }
    let mut command = &whole;
    for word in &arguments.command {
        let Some(found) = command.find_subcommand(word) else {
            print_error(
                &format!("unknown command `{}`", crate::model::visible(word)),
                Some("`ecrsnap --help` lists the commands"),
            );
            return REFUSED;
        };
        command = found;
    }
    print(|out| page(command, out))
}

fn write_all(command: &Command, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut text = Vec::new();
    page(command, &mut text)?;
    std::fs::write(folder.join(format!("{}.1", name(command))), text)?;
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write_all(below, folder)?;
    }
    Ok(())
}

/// `ecrsnap-images`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command, out: &mut dyn Write) -> io::Result<()> {
    let man = Man::new(command.clone()).source(concat!("ecrsnap ", env!("CARGO_PKG_VERSION"))).manual("ecrsnap");
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        man.render_options_section(out)?;
    }
    if command.get_subcommands().any(|below| !below.is_hide_set()) {
        man.render_subcommands_section(out)?;
    }
    examples(command, out)
}

/// What `--help` ends with, line for line.
fn examples(command: &Command, out: &mut dyn Write) -> io::Result<()> {
    let Some(help) = command.get_after_long_help().or_else(|| command.get_after_help()) else { return Ok(()) };
    let mut roff = roff::Roff::new();
    roff.control("SH", ["EXAMPLES"]).control("nf", []);
    let help = help.to_string();
    for line in help.lines().filter(|line| !matches!(*line, "Example:" | "Examples:")) {
        roff.text([roff::roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    roff.control("fi", []);
    roff.to_writer(out)
}
