//! Why an argument line makes no request, and what the client prints and exits with for it.
//!
//! The module that finds the fault words the message; this one adds only the frame around it.

use crate::model::AwsCli;

/// How the client classes a fault, which decides exit status and frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// A fault that the client blames on a parameter: v2 exits with 252 and names it so.
    Parameter,
    /// Any other exception of the client, shown by its bare text: 255.
    General,
}

/// A refusal before any request is made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParamError {
    /// The class of the fault.
    pub class: ErrorClass,
    /// The client's own words, several lines of them at times.
    pub message: String,
}

impl ParamError {
    /// A fault that is blamed on a parameter.
    pub(super) fn parameter(message: impl Into<String>) -> Self {
        ParamError { class: ErrorClass::Parameter, message: message.into() }
    }

    /// A fault in the text of one option; `option` is its name as the client puts it there.
    pub(super) fn parsing(option: &str, message: impl std::fmt::Display) -> Self {
        Self::parameter(format!("Error parsing parameter '{option}': {message}"))
    }

    /// An exception that the client does not handle and prints unchanged.
    pub(super) fn general(message: impl Into<String>) -> Self {
        ParamError { class: ErrorClass::General, message: message.into() }
    }

    /// The exit status of the client.
    pub fn exit_status(&self, cli: AwsCli) -> u8 {
        match (cli, self.class) {
            (AwsCli::V2, ErrorClass::Parameter) => 252,
            (AwsCli::V1, _) | (AwsCli::V2, ErrorClass::General) => 255,
        }
    }

    /// All that goes to stderr. `program` is the name that v2 puts first, `aws` in the real one.
    pub fn stderr(&self, cli: AwsCli, program: &str) -> String {
        let message = &self.message;
        match (cli, self.class) {
            (AwsCli::V1, _) => format!("\n{message}\n"),
            (AwsCli::V2, ErrorClass::Parameter) => {
                format!("\n{program}: [ERROR]: An error occurred (ParamValidation): {message}\n")
            }
            (AwsCli::V2, ErrorClass::General) => format!("\n{program}: [ERROR]: {message}\n"),
        }
    }
}
