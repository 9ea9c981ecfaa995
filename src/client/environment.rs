//! What the client asks of the world around it, as plain values.

use std::collections::HashMap;
use std::io;

use super::pager::{Pager, PagerCommand};
use super::params::Files;
use super::zone::Zone;

/// The environment of one run. The program fills it from the process, see
/// [`machine`](super::machine); a test makes one up.
#[derive(Clone)]
pub struct Environment<'a> {
    /// The environment variables that may be asked for.
    pub variables: HashMap<String, String>,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// The width of that terminal, if it reports one.
    pub columns: Option<usize>,
    /// The local time zone.
    pub zone: Zone,
    /// The files that `file://` may name.
    pub files: &'a dyn Files,
    /// Starts the pager.
    pub start_pager: fn(&PagerCommand) -> io::Result<Box<dyn Pager>>,
}

impl Environment<'_> {
    /// The value of an environment variable.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The value of an environment variable, if it is not empty.
    pub fn set_variable(&self, name: &str) -> Option<&str> {
        self.variable(name).filter(|value| !value.is_empty())
    }
}

impl Environment<'static> {
    /// No variable, no terminal, no file, no pager, and UTC: what a test starts from, and what a
    /// caller that embeds the client may want.
    pub fn sealed() -> Self {
        Environment {
            variables: HashMap::new(),
            stdout_is_terminal: false,
            columns: None,
            zone: Zone::default(),
            files: &NoFiles,
            start_pager: |_| Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// A machine without files, homes and variables.
struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Err(io::Error::from_raw_os_error(2))
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn home(&self, _: &str) -> Option<String> {
        None
    }
}
