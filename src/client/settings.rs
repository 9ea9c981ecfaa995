//! What the global options and the environment settle: the query, the formats, the colours, and
//! which data is asked for.

use crate::model::AwsCli;
use crate::output::{Colour, Format, Style};
use crate::query::{self, Expression};
use crate::service::api::Operation;

use super::argparse::Parsed;
use super::aws_config::Profile;
use super::environment::Environment;
use super::error::{ErrorFormat, Failure};
use super::python;
use super::time::TimestampFormat;

/// What a line says about the data to answer from. What it leaves open is the caller's to decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// `--db`
    pub db: Option<String>,
    /// `--snapshot`
    pub snapshot: Option<String>,
    /// `--region`
    pub region: Option<String>,
    /// The region of the environment or of the profile, which the AWS CLI takes where the line names none.
    pub ambient_region: Option<String>,
}

/// What is settled before the command is looked at.
#[derive(Debug)]
pub(crate) struct Settings {
    /// `--query`
    pub(crate) query: Option<Expression>,
    /// How timestamps are printed.
    pub(crate) timestamps: TimestampFormat,
}

impl Settings {
    /// What the AWS CLI settles before it looks at the command.
    pub(crate) fn read(globals: &Parsed, profile: &Profile, aws_cli: AwsCli) -> Result<Self, Failure> {
        let query = match globals.word("--query") {
            Some(text) => Some(
                query::compile(text)
                    .map_err(|error| Failure::Parameter(format!("Bad value for --query {text}: {error}")))?,
            ),
            None => None,
        };
        if let Some(url) = globals.word("--endpoint-url").filter(|url| !has_scheme(url)) {
            return Err(Failure::Parameter(format!(
                "Bad value for --endpoint-url \"{url}\": scheme is missing.  Must be of the form http://<hostname>/ or \
                 https://<hostname>/"
            )));
        }
        for option in ["--cli-read-timeout", "--cli-connect-timeout"] {
            if let Some(text) = globals.word(option).filter(|text| python::int(text).is_none()) {
                return Err(Failure::General(python::not_an_int(text)));
            }
        }
        let timestamps = match globals.word("--cli-timestamp-format").or_else(|| profile.get("cli_timestamp_format")) {
            Some(name) => TimestampFormat::parse(name, aws_cli).map_err(Failure::Configuration)?,
            None => TimestampFormat::default_of(aws_cli),
        };
        Ok(Settings { query, timestamps })
    }
}

/// The output format by name, if the line, the environment or the profile names one.
pub(crate) fn output_name<'a>(
    globals: &'a Parsed,
    environment: &'a Environment<'_>,
    profile: &'a Profile,
) -> Option<&'a str> {
    let named = globals.word("--output").or_else(|| environment.variable("AWS_DEFAULT_OUTPUT"));
    named.or_else(|| profile.get("output"))
}

/// How failures are worded.
pub(crate) fn error_format(globals: Option<&Parsed>, environment: &Environment<'_>) -> ErrorFormat {
    let name = globals.and_then(|globals| globals.word("--cli-error-format"));
    let name = name.or_else(|| environment.set_variable("AWS_CLI_ERROR_FORMAT"));
    name.and_then(ErrorFormat::parse).unwrap_or_default()
}

/// Whether and how a table is coloured.
pub(crate) fn colour(globals: &Parsed, environment: &Environment<'_>, paged: bool) -> Colour {
    match (globals.word("--color"), environment.stdout_is_terminal) {
        (Some("off"), _) | (None | Some("auto"), false) => Colour::Off,
        (_, true) if paged => Colour::Pager,
        (_, true) => Colour::Terminal,
        (Some(_), false) => Colour::Pipe,
    }
}

/// The output format.
pub(crate) fn format(
    globals: &Parsed,
    environment: &Environment<'_>,
    profile: &Profile,
    aws_cli: AwsCli,
) -> Result<Format, Failure> {
    match output_name(globals, environment, profile) {
        Some(name) => {
            Format::parse(name, aws_cli).ok_or_else(|| Failure::General(format!("Unknown output type: {name}")))
        }
        None => Ok(Format::default()),
    }
}

/// What the format must know of the operation and of the terminal.
pub(crate) fn style(globals: &Parsed, environment: &Environment<'_>, operation: &Operation, paged: bool) -> Style {
    let columns = environment.columns.filter(|_| environment.stdout_is_terminal);
    Style {
        colour: colour(globals, environment, paged),
        columns: columns.unwrap_or(Style::COLUMNS),
        ..Style::plain(operation.name)
    }
}

/// The data that is asked for.
///
/// # Errors
/// Where the region in use could be no part of a host's name, in the words of the AWS CLI, which
/// finds so when it makes its client.
pub(crate) fn selection(
    globals: &Parsed,
    environment: &Environment<'_>,
    profile: &Profile,
    aws_cli: AwsCli,
) -> Result<Selection, Failure> {
    let option = |name: &str| globals.word(name).map(str::to_owned);
    let variables: &[&str] = match aws_cli {
        AwsCli::V1 => &["AWS_DEFAULT_REGION"],
        AwsCli::V2 => &["AWS_REGION", "AWS_DEFAULT_REGION"],
    };
    // An option or a variable that is empty means no region, and hides what comes after it.
    let ambient = variables.iter().find_map(|name| environment.variable(name)).or_else(|| profile.get("region"));
    let selection = Selection {
        db: option("--db"),
        snapshot: option("--snapshot"),
        region: option("--region").filter(|region| !region.is_empty()),
        ambient_region: ambient
            .filter(|region| !region.is_empty() && globals.word("--region") != Some(""))
            .map(str::to_owned),
    };
    match selection.region.as_ref().or(selection.ambient_region.as_ref()).filter(|region| !is_host_label(region)) {
        Some(region) => {
            Err(Failure::General(format!("Provided region_name '{region}' doesn't match a supported format.")))
        }
        None => Ok(selection),
    }
}

/// Whether a text can be a label of a host name, by botocore's rule.
fn is_host_label(text: &str) -> bool {
    const LONGEST: usize = 63;
    // The pattern's `$` also matches before a newline at the end.
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.len() <= LONGEST
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && (text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a URL starts with a scheme and a colon.
fn has_scheme(url: &str) -> bool {
    let url = url.trim_start_matches(|c: char| c <= ' ');
    url.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

#[cfg(test)]
mod tests {
    use super::is_host_label;

    /// What botocore's pattern says of each.
    #[test]
    fn a_region_is_part_of_a_hosts_name() {
        let longest = "a".repeat(63);
        for region in ["us-east-1", "us-east-1\n", "A", "1a", &longest] {
            assert!(is_host_label(region), "{region:?}");
        }
        for region in ["999", "a_b", "-a", "a-", "é", "us east", &"a".repeat(64)] {
            assert!(!is_host_label(region), "{region:?}");
        }
    }
}
