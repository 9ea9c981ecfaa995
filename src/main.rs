//! Arguments to the library, the library's outcome to an exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let program = arguments.next();
    ExitCode::from(ecrsnap::cli::run(program.as_deref(), &arguments.collect::<Vec<_>>()))
}
