//! The program: hands its arguments to the library and turns the outcome into an exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let program = arguments.next();
    ExitCode::from(ecrsnap::run(program.as_deref(), &arguments.collect::<Vec<_>>()))
}
