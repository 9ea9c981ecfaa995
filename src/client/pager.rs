//! Whether the output goes through a pager, and through which.
//!
//! Here is the decision, as AWS CLI v2 takes it; version 1 never pages. The process itself is
//! started by what [`Environment`] holds for it.

use std::io::{self, Write};

use crate::model::AwsCli;

use super::aws_config::Profile;
use super::environment::Environment;
use super::error::Failure;

/// What a pager is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagerCommand {
    /// The program and its arguments; never empty.
    pub words: Vec<String>,
    /// What to set `LESS` to, unless it is set: quit at the end of a short text, colours, no
    /// clearing of the screen.
    pub less: Option<&'static str>,
}

/// A pager that runs: what is written to it is shown.
pub trait Pager: Write {
    /// Close its input and wait for it to end.
    fn finish(self: Box<Self>);
}

/// The pager for the output, if standard output is a terminal: `AWS_PAGER`, else `cli_pager` of the profile, else
/// `PAGER`, else `less`. An empty value means none.
pub(crate) fn choose(
    environment: &Environment<'_>,
    profile: &Profile,
    aws_cli: AwsCli,
    no_cli_pager: bool,
) -> Option<PagerCommand> {
    if aws_cli == AwsCli::V1 || no_cli_pager || !environment.stdout_is_terminal {
        return None;
    }
    let command = environment.variable("AWS_PAGER").or_else(|| profile.get("cli_pager"));
    let command = command.or_else(|| environment.variable("PAGER")).unwrap_or("less");
    let words = split_words(command).filter(|words| !words.is_empty())?;
    let less = environment.variable("LESS").is_none().then_some("FRX");
    Some(PagerCommand { words, less })
}

/// Words as a shell splits them: white space between, quotes and backslashes respected. Nothing
/// if a quote stays open.
pub(crate) fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (Some('"'), '\\') => {
                let escaped = characters.next()?;
                let word = word.get_or_insert_default();
                if !matches!(escaped, '"' | '\\') {
                    word.push('\\');
                }
                word.push(escaped);
            }
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().push(characters.next()?),
            (None, ' ' | '\t' | '\r' | '\n') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// A pager that starts with the first byte: a call that prints nothing opens none.
pub(crate) struct LazyPager<'a> {
    command: PagerCommand,
    environment: &'a Environment<'a>,
    running: Option<Box<dyn Pager>>,
    /// Why it did not start.
    pub(crate) failure: Option<Failure>,
}

impl<'a> LazyPager<'a> {
    pub(crate) fn new(command: PagerCommand, environment: &'a Environment<'a>) -> Self {
        LazyPager { command, environment, running: None, failure: None }
    }

    /// Wait for the pager to end, if it was started.
    pub(crate) fn finish(&mut self) {
        if let Some(running) = self.running.take() {
            running.finish();
        }
    }

    fn started(&mut self) -> io::Result<&mut Box<dyn Pager>> {
        if self.running.is_none() {
            let started = (self.environment.start_pager)(&self.command).inspect_err(|error| {
                self.failure = Some(not_started(&self.command, error));
            })?;
            return Ok(self.running.insert(started));
        }
        self.running.as_mut().ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for LazyPager<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() { Ok(0) } else { self.started()?.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.running.as_mut().map_or(Ok(()), Write::flush)
    }
}

fn not_started(command: &PagerCommand, error: &io::Error) -> Failure {
    let program = crate::model::python::str_repr(command.words.first().map_or("", String::as_str));
    let error = match error.raw_os_error() {
        Some(2) => format!("[Errno 2] No such file or directory: {program}"),
        _ => error.to_string(),
    };
    Failure::Pager(format!(
        "Unable to redirect output to pager. Received the following error when opening pager:\n{error}"
    ))
}

#[cfg(test)]
mod tests {
    use super::{Environment, Profile, choose, split_words};
    use crate::model::AwsCli;

    #[test]
    fn a_pager_needs_a_terminal_and_no_word_against_it() {
        let terminal = |variables: &[(&str, &str)]| {
            let mut environment = Environment::sealed();
            environment.stdout_is_terminal = true;
            environment.variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            environment
        };
        for (variables, words) in [
            (&[][..], Some(vec!["less"])),
            (&[("PAGER", "most -s")], Some(vec!["most", "-s"])),
            (&[("PAGER", "most"), ("AWS_PAGER", "more")], Some(vec!["more"])),
            (&[("PAGER", "most"), ("AWS_PAGER", "")], None),
            (&[("PAGER", "")], None),
            (&[("PAGER", " ")], None),
        ] {
            let environment = terminal(variables);
            let chosen = choose(&environment, &Profile::default(), AwsCli::V2, false);
            assert_eq!(chosen.map(|command| command.words), words.map(|w| w.iter().map(|s| (*s).to_owned()).collect()));
            assert_eq!(choose(&environment, &Profile::default(), AwsCli::V1, false), None);
            assert_eq!(choose(&environment, &Profile::default(), AwsCli::V2, true), None);
            let piped = Environment { stdout_is_terminal: false, ..environment };
            assert_eq!(choose(&piped, &Profile::default(), AwsCli::V2, false), None);
        }
        // As AWS CLI 2.36.12 chose on a terminal with `cli_pager` in the profile.
        for (variables, setting, chosen) in [
            (&[][..], "mine -x", Some("mine")),
            (&[("PAGER", "most")], "mine", Some("mine")),
            (&[("AWS_PAGER", "more")], "mine", Some("more")),
            (&[("AWS_PAGER", "")], "mine", None),
            (&[], "", None),
            (&[("PAGER", "most")], "", None),
        ] {
            let profile = Profile::of(&[("cli_pager", setting)]);
            let command = choose(&terminal(variables), &profile, AwsCli::V2, false);
            assert_eq!(command.map(|command| command.words[0].clone()).as_deref(), chosen, "{variables:?} {setting}");
            assert_eq!(choose(&terminal(variables), &profile, AwsCli::V2, true), None);
        }
        assert_eq!(choose(&terminal(&[]), &Profile::default(), AwsCli::V2, false).unwrap().less, Some("FRX"));
        assert_eq!(choose(&terminal(&[("LESS", "")]), &Profile::default(), AwsCli::V2, false).unwrap().less, None);
    }

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        for (text, words) in [
            ("less -R", Some(vec!["less", "-R"])),
            ("'a b' \"c \\\" d\\x\" e\\ f", Some(vec!["a b", "c \" d\\x", "e f"])),
            ("''", Some(vec![""])),
            ("a'b", None),
            ("a\\", None),
        ] {
            assert_eq!(split_words(text), words.map(|words| words.iter().map(|w| (*w).to_owned()).collect()), "{text}");
        }
    }
}
