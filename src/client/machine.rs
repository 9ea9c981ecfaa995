//! The process's own environment: the one place of the client that asks the machine.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use super::environment::Environment;
use super::pager::{Pager, PagerCommand};
use super::params::Files;
use super::zone::Zone;

/// The environment of this process.
pub fn environment() -> Environment<'static> {
    let stdout_is_terminal = io::stdout().is_terminal();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let zone = Zone::load(std::env::var("TZ").ok().as_deref(), now, &|path| std::fs::read(path).ok());
    let variables: HashMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .collect();
    let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    Environment { variables, stdout_is_terminal, columns, zone, files: &Machine, start_pager }
}

/// The largest file that a parameter may name: forty times a request with 100 images by their longest tags. A
/// device such as `/dev/zero` has no end.
const LARGEST_FILE: u64 = 4 << 20;

/// The files of this machine.
struct Machine;

impl Files for Machine {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(io::Error::other(format!(
                "The file has more than {LARGEST_FILE} bytes, the limit for a parameter"
            )));
        }
        Ok(bytes)
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    }

    /// The home of another user is in a database that is not read here.
    fn home(&self, user: &str) -> Option<String> {
        if user.is_empty() { std::env::home_dir().map(|home| home.to_string_lossy().into_owned()) } else { None }
    }
}

fn start_pager(command: &PagerCommand) -> io::Result<Box<dyn Pager>> {
    let (program, arguments) = command.words.split_first().ok_or(io::ErrorKind::NotFound)?;
    let mut process = Command::new(program);
    process.args(arguments).stdin(Stdio::piped());
    if let Some(less) = command.less {
        process.env("LESS", less);
    }
    let mut child = process.spawn()?;
    let input = child.stdin.take();
    Ok(Box::new(Running { child, input }))
}

/// A pager and the pipe into it.
struct Running {
    child: Child,
    input: Option<ChildStdin>,
}

impl Write for Running {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.input.as_mut().map_or_else(|| Err(io::ErrorKind::BrokenPipe.into()), |input| input.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.input.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Pager for Running {
    fn finish(mut self: Box<Self>) {
        // Closing the pipe signals the end of the output to the pager.
        drop(self.input.take());
        // How it ended changes nothing any more.
        let _ = self.child.wait();
    }
}
