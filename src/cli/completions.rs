//! `completions`: a script that makes a shell complete our words.

use clap_complete::Shell;

use super::full_command;
use super::stdout::print;

/// Print a script that completes ecrsnap's commands and options
///
/// docs/shell.md says where each shell wants it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ecrsnap completions bash > ~/.local/share/bash-completion/completions/ecrsnap
  ecrsnap completions fish > ~/.config/fish/completions/ecrsnap.fish")]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Run the command.
pub(super) fn run(arguments: &Arguments) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut full_command::command(), "ecrsnap", &mut script);
    print(|out| out.write_all(&script))
}
