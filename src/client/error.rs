//! The failures of a call, their text on standard error and their exit statuses. No other module decides
//! either.

use std::io::{self, Write};

use crate::model::{AwsCli, Map, Value};
use crate::output::{Colour, Format, RESET, Style};
use crate::service::ServiceError;
use crate::service::api::Operation;

use super::usage::{self, PROGRAM};

/// Which usage text precedes a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    /// That of the program.
    Command,
    /// That of version 2's look ahead at `--profile` and `--debug`.
    FirstPass,
}

/// Why there is no result, or only part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The reading of the line refuses it.
    Usage {
        /// In these words.
        message: String,
        /// With this usage text.
        usage: Usage,
    },
    /// No parser knows these words of the line.
    UnknownOptions(String),
    /// A value is refused before the service is asked.
    Parameter(String),
    /// Paging options contradict each other. The release lines word it differently.
    PagingConflict(String),
    /// A setting is refused, or the snapshot that is asked for is not to be had.
    Configuration(String),
    /// The pager does not start.
    Pager(String),
    /// The service refuses the call.
    Service(&'static Operation, ServiceError),
    /// Anything else, in words that are a Python exception's there.
    General(String),
}

impl Failure {
    pub(crate) fn usage(message: String, usage: Usage) -> Self {
        Failure::Usage { message, usage }
    }

    /// The exit status.
    pub(crate) fn status(&self, aws_cli: AwsCli) -> u8 {
        match (aws_cli, self) {
            (AwsCli::V1, Failure::Usage { .. }) => 2,
            (AwsCli::V1, _) | (AwsCli::V2, Failure::General(_)) => 255,
            (
                AwsCli::V2,
                Failure::Usage { .. } | Failure::UnknownOptions(_) | Failure::Parameter(_) | Failure::PagingConflict(_),
            ) => 252,
            (AwsCli::V2, Failure::Configuration(_) | Failure::Pager(_)) => 253,
            (AwsCli::V2, Failure::Service(..)) => 254,
        }
    }

    /// Word the failure on standard error.
    pub(crate) fn report(&self, frame: &Frame, err: &mut dyn Write) -> io::Result<()> {
        match frame.aws_cli {
            AwsCli::V1 => self.report_v1(frame, err),
            AwsCli::V2 => self.report_v2(frame, err),
        }
    }

    fn report_v1(&self, frame: &Frame, err: &mut dyn Write) -> io::Result<()> {
        match self {
            Failure::Usage { message, .. } => {
                writeln!(err, "usage: {}{PROGRAM}: error: {message}", usage::usage(AwsCli::V1))
            }
            Failure::UnknownOptions(options) => {
                writeln!(err, "usage: {}\nUnknown options: {options}", usage::usage(AwsCli::V1))
            }
            Failure::PagingConflict(message) => frame.write_line(&format!("Error during pagination: {message}"), err),
            Failure::Parameter(message)
            | Failure::Configuration(message)
            | Failure::Pager(message)
            | Failure::General(message) => frame.write_line(message, err),
            Failure::Service(operation, error) => frame.write_line(&service_message(operation, error), err),
        }
    }

    fn report_v2(&self, frame: &Frame, err: &mut dyn Write) -> io::Result<()> {
        let message = match self {
            Failure::Usage { message, usage } => {
                let usage = match usage {
                    Usage::Command => usage::usage(AwsCli::V2),
                    Usage::FirstPass => usage::first_pass_usage(),
                };
                format!("{message}\n\nusage: {usage}")
            }
            Failure::UnknownOptions(options) => {
                writeln!(err, "\nusage: {}", usage::usage(AwsCli::V2))?;
                return frame.write_error(&format!("Unknown options: {options}"), err);
            }
            Failure::General(message) => return frame.write_error(message, err),
            Failure::Parameter(message)
            | Failure::PagingConflict(message)
            | Failure::Configuration(message)
            | Failure::Pager(message) => message.clone(),
            Failure::Service(operation, error) => {
                return match frame.format {
                    ErrorFormat::Formatted(format) => frame.write_formatted(format, &service_fields(error), err),
                    ErrorFormat::Legacy | ErrorFormat::Enhanced => {
                        frame.write_error(&service_message(operation, error), err)
                    }
                };
            }
        };
        let code = match self {
            Failure::Configuration(_) => "Configuration",
            Failure::Pager(_) => "Pager",
            _ => "ParamValidation",
        };
        match frame.format {
            ErrorFormat::Legacy => frame.write_error(&message, err),
            ErrorFormat::Enhanced => frame.write_error(&format!("An error occurred ({code}): {message}"), err),
            ErrorFormat::Formatted(format) => {
                frame.write_formatted(format, &[("Code", code), ("Message", &message)], err)
            }
        }
    }
}

fn service_message(operation: &Operation, error: &ServiceError) -> String {
    let (code, name, message) = (error.code, operation.name, &error.message);
    format!("An error occurred ({code}) when calling the {name} operation: {message}")
}

/// The members of the service's error as the AWS CLI has them: its own two, and the one that the
/// exception has in the service's model.
fn service_fields(error: &ServiceError) -> [(&'static str, &str); 3] {
    [("Message", &error.message), ("Code", error.code.name()), ("message", &error.message)]
}

/// How failures are worded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// As which release line.
    pub(crate) aws_cli: AwsCli,
    /// By `--cli-error-format`.
    pub(crate) format: ErrorFormat,
    /// Whether a table is coloured.
    pub(crate) colour: Colour,
    /// Whether a reset of colours follows each piece of a message.
    pub(crate) resets: bool,
}

/// A value of `--cli-error-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    /// A sentence with the error's code.
    #[default]
    Enhanced,
    /// The message alone.
    Legacy,
    /// Code and message as members, in an output format.
    Formatted(Format),
}

impl ErrorFormat {
    /// The error format of that name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name.to_lowercase().as_str() {
            "enhanced" => Some(ErrorFormat::Enhanced),
            "legacy" => Some(ErrorFormat::Legacy),
            "json" => Some(ErrorFormat::Formatted(Format::Json)),
            "yaml" => Some(ErrorFormat::Formatted(Format::Yaml)),
            "text" => Some(ErrorFormat::Formatted(Format::Text)),
            "table" => Some(ErrorFormat::Formatted(Format::Table)),
            _ => None,
        }
    }
}

impl Frame {
    /// A message of version 1: an empty line, and the text.
    fn write_line(&self, message: &str, err: &mut dyn Write) -> io::Result<()> {
        for piece in ["\n", message, "\n"] {
            err.write_all(piece.as_bytes())?;
            if self.resets {
                err.write_all(RESET.as_bytes())?;
            }
        }
        Ok(())
    }

    /// A message of version 2: an empty line, and the text behind the program's name.
    fn write_error(&self, message: &str, err: &mut dyn Write) -> io::Result<()> {
        let message = match message {
            "" => format!("{PROGRAM}: [ERROR]:"),
            message => format!("{PROGRAM}: [ERROR]: {}", message.trim_matches(crate::model::python::is_space)),
        };
        self.write_line(&message, err)
    }

    fn write_formatted(&self, format: Format, fields: &[(&str, &str)], err: &mut dyn Write) -> io::Result<()> {
        let fields: Map = fields.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text))).collect();
        let style = Style { colour: self.colour, ..Style::plain("error") };
        let mut formatter = format.formatter(style);
        match formatter.page(&Value::Map(fields), err) {
            Ok(()) | Err(crate::output::Error::Shape(_)) => formatter.finish(err),
            Err(crate::output::Error::Write(error)) => Err(error),
        }
    }
}
