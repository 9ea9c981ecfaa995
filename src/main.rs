//! The program: hands its arguments to the library and turns the outcome into an exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(ecrsnap::run(&std::env::args_os().skip(1).collect::<Vec<_>>()))
}
