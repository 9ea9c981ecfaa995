//! The settings of the active profile in the AWS CLI's configuration file, if the user asked for them.
//!
//! There are two ways to ask: `--aws-config FILE` names a file, and `ECRSNAP_AWS_CONFIG=1` means the file that the AWS CLI reads,
//! `AWS_CONFIG_FILE` or `~/.aws/config`. Without either no file is read, so that an answer depends on the line alone. The
//! credentials file is never read. The syntax is that of Python's `configparser` as botocore uses it.

use std::collections::{HashMap, HashSet};
use std::io;

use crate::model::AwsCli;
use crate::model::python::{is_space, str_repr};

use super::argparse::Parsed;
use super::environment::Environment;
use super::error::Failure;
use super::pager::split_words;
use super::params::{expand_path, universal_newlines};

/// The settings that are read, by their names in the file.
pub(crate) const SETTINGS: [&str; 4] = ["cli_pager", "cli_timestamp_format", "output", "region"];

/// The switch in the environment.
const SWITCH: &str = "ECRSNAP_AWS_CONFIG";
/// The section whose options every other section inherits.
const INHERITED: &str = "DEFAULT";

/// What the active profile sets. Empty if the user did not ask for the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    values: HashMap<String, String>,
}

impl Profile {
    /// Read the active profile, if the line or the environment asks for it.
    ///
    /// # Errors
    /// If the switch has another value than `1` and `0`, or the file cannot be read or parsed. A file that
    /// `ECRSNAP_AWS_CONFIG=1` does not find has no settings, as for the AWS CLI.
    pub(crate) fn read(globals: &Parsed, environment: &Environment<'_>, aws_cli: AwsCli) -> Result<Self, Failure> {
        let (path, must_exist) = match (globals.word("--aws-config"), environment.set_variable(SWITCH)) {
            (Some(path), _) => (path, true),
            (None, None | Some("0")) => return Ok(Profile::default()),
            (None, Some("1")) => (environment.variable("AWS_CONFIG_FILE").unwrap_or("~/.aws/config"), false),
            (None, Some(other)) => {
                return Err(Failure::Configuration(format!(
                    "{SWITCH} is {}; expected 1 to read the AWS CLI's configuration file, or 0",
                    str_repr(other)
                )));
            }
        };
        let path = expand_path(path, environment.files);
        let bytes = match environment.files.read(&path) {
            Ok(bytes) => bytes,
            Err(error) if !must_exist && is_absent(&error) => return Ok(Profile::default()),
            Err(error) => {
                return Err(Failure::Configuration(format!("Unable to read the configuration file {path}: {error}")));
            }
        };
        let sections = String::from_utf8(bytes).ok().and_then(|text| parse(&universal_newlines(text)));
        let Some(sections) = sections else {
            return Err(Failure::General(format!("Unable to parse config file: {path}")));
        };
        Ok(Profile { values: sections.settings(profile_name(globals, environment, aws_cli)) })
    }

    /// A profile with these settings.
    #[cfg(test)]
    pub(crate) fn of(settings: &[(&str, &str)]) -> Self {
        Profile { values: settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect() }
    }

    /// A setting of the profile; an empty one is there and empty.
    pub(crate) fn get(&self, setting: &str) -> Option<&str> {
        self.values.get(setting).map(String::as_str)
    }
}

/// The profile in use: that of the line, else of the environment. The release lines look at the two variables in
/// opposite order.
fn profile_name<'a>(globals: &'a Parsed, environment: &'a Environment<'_>, aws_cli: AwsCli) -> &'a str {
    let variables = match aws_cli {
        AwsCli::V1 => ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"],
        AwsCli::V2 => ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"],
    };
    let option = globals.word("--profile").filter(|name| !name.is_empty());
    option.or_else(|| variables.iter().find_map(|name| environment.variable(name))).unwrap_or("default")
}

/// Whether the AWS CLI passes over a file that cannot be read for this reason.
fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{IsADirectory, NotADirectory, NotFound, PermissionDenied};

    matches!(error.kind(), NotFound | NotADirectory | IsADirectory | PermissionDenied)
}

/// A parsed file: sections in their order, each with its options in lower case.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sections {
    inherited: HashMap<String, String>,
    named: Vec<(String, HashMap<String, String>)>,
}

impl Sections {
    /// The settings of a profile. Of several sections for one profile the last counts, whole.
    fn settings(&self, profile: &str) -> HashMap<String, String> {
        let section = self.named.iter().rev().find(|(header, _)| names(header, profile));
        let Some((_, own)) = section else { return HashMap::new() };
        let value = |setting: &str| own.get(setting).or_else(|| self.inherited.get(setting));
        SETTINGS.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?.clone()))).collect()
    }
}

/// Whether a section is a profile's: `[default]`, `[profile NAME]`, `[profile "a name"]`.
fn names(header: &str, profile: &str) -> bool {
    if header == "default" {
        return profile == "default";
    }
    header.starts_with("profile")
        && split_words(header).is_some_and(|words| matches!(words.as_slice(), [_, name] if name == profile))
}

/// An option whose value may go on in the lines below.
struct Open {
    /// The index in [`Sections::named`]; `None` for the inherited section.
    section: Option<usize>,
    option: String,
    lines: Vec<String>,
}

/// Parse a file as `configparser.RawConfigParser` does, strictly. Nothing if it would refuse the file.
fn parse(text: &str) -> Option<Sections> {
    let mut sections = Sections::default();
    let mut headers: HashSet<String> = HashSet::new();
    let mut seen: HashSet<(Option<usize>, String)> = HashSet::new();
    // The outer option says whether there was a header, the inner one which section it began.
    let mut current: Option<Option<usize>> = None;
    let mut open: Option<Open> = None;
    let mut indent = 0;
    for line in text.split('\n') {
        let value = line.trim_matches(is_space);
        if value.starts_with(['#', ';']) {
            continue;
        }
        if value.is_empty() {
            if let Some(open) = &mut open {
                open.lines.push(String::new());
            }
            continue;
        }
        let here = line.chars().take_while(|c| is_space(*c)).count();
        if let Some(open) = open.as_mut().filter(|_| here > indent) {
            open.lines.push(value.to_owned());
            continue;
        }
        indent = here;
        close(&mut sections, open.take())?;
        if let Some(header) = header(value) {
            let place = (header != INHERITED).then_some(sections.named.len());
            if place.is_some() {
                if !headers.insert(header.to_owned()) {
                    return None;
                }
                sections.named.push((header.to_owned(), HashMap::new()));
            }
            current = Some(place);
            continue;
        }
        let section = current?;
        let (option, value) = value.split_once(['=', ':'])?;
        let option = option.trim_end_matches(is_space).to_lowercase();
        if option.is_empty() || !seen.insert((section, option.clone())) {
            return None;
        }
        open = Some(Open { section, option, lines: vec![value.trim_matches(is_space).to_owned()] });
    }
    close(&mut sections, open)?;
    Some(sections)
}

/// The name in a section's header; what follows the last bracket is passed over.
fn header(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

/// Store an option. A value that begins on the next line is a list of settings of its own, each `NAME = VALUE`.
fn close(sections: &mut Sections, open: Option<Open>) -> Option<()> {
    let Some(Open { section, option, lines }) = open else { return Some(()) };
    let mut value = lines.join("\n").trim_end_matches(is_space).to_owned();
    if value.starts_with('\n') {
        let inner: Option<Vec<String>> = value.lines().filter(|line| !line.is_empty()).map(nested).collect();
        value = format!("{{{}}}", inner?.join(", "));
    }
    let options = match section {
        Some(place) => sections.named.get_mut(place).map(|(_, options)| options)?,
        None => &mut sections.inherited,
    };
    options.insert(option, value);
    Some(())
}

/// A nested setting as Python prints it. None of ours is nested, so it is only ever part of a refusal.
fn nested(line: &str) -> Option<String> {
    let (name, value) = line.split_once('=')?;
    let quoted = |text: &str| str_repr(text.trim_matches(is_space));
    Some(format!("{}: {}", quoted(name), quoted(value)))
}

#[cfg(test)]
#[path = "aws_config_tests.rs"]
mod tests;
