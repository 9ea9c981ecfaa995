//! What the client asks of the world around it, as plain values.

use super::zone::Zone;

/// The environment of one run. The program fills it from the process; a test makes one up.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The environment variables that may be asked for.
    pub variables: std::collections::HashMap<String, String>,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// The width of that terminal, where it has one.
    pub columns: Option<usize>,
    /// The local time zone.
    pub zone: Zone,
}

impl Environment {
    /// The value of an environment variable.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The value of an environment variable, where it is not empty.
    pub fn set_variable(&self, name: &str) -> Option<&str> {
        self.variable(name).filter(|value| !value.is_empty())
    }
}
