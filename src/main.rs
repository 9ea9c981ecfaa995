//! Arguments to the library, the library's outcome to an exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(ecrsnap::cli::run(&std::env::args_os().skip(1).collect::<Vec<_>>()))
}
