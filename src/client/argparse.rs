//! How Python's `argparse` reads an argument line, as far as the AWS CLI uses it.
//!
//! The AWS CLI reads a line three times: the global options and the command, then the operation,
//! then the operation's options, each reading what the one before left over. This module is one
//! such reading. It knows nothing of which options there are, nor what they mean.
//!
//! The two release lines run on different Pythons, and the library changed between them: see
//! [`Dialect`].

use crate::model::python::decimal_digit;

use super::python;
use super::suggest::close_matches;

/// Whose `argparse` reads: that of the Python which the release line ships with or is installed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Python 3.11: an ambiguous prefix is refused before anything else is read, and a choice that
    /// is none lists all of them.
    Py311,
    /// Python 3.14: an ambiguous prefix is refused when its turn comes, and an invalid choice
    /// is named alone.
    Py314,
}

/// How many words an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arity {
    /// None.
    Flag,
    /// Exactly one.
    One,
    /// One, or this one where none follows.
    OneOr(&'static str),
    /// As many as follow, also none.
    Many,
}

/// What is done with an option's words besides keeping them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Nothing.
    Any,
    /// Each must be one of these.
    Choices(&'static [&'static str]),
    /// Each must be what Python's `int()` takes.
    Int,
    /// The option ends the reading: the version is asked for.
    Version,
}

/// One option of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    /// The option as typed, with its dashes.
    pub(crate) name: &'static str,
    /// How many words it takes.
    pub(crate) arity: Arity,
    /// What they must be.
    pub(crate) check: Check,
    /// Whether a unique prefix selects it. Ours are typed in full, so that they make no prefix
    /// ambiguous that is not so in the AWS CLI.
    pub(crate) abbreviates: bool,
}

/// The one word of a line that belongs to no option.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Positional<'a> {
    /// What messages call it.
    pub(crate) name: &'static str,
    /// Whether it may be left out.
    pub(crate) optional: bool,
    /// What it may be; empty means anything.
    pub(crate) choices: &'a [&'static str],
}

/// What one reading takes and what it looks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parser<'a> {
    /// Whose rules.
    pub(crate) dialect: Dialect,
    /// The options, in the order in which an ambiguity lists them.
    pub(crate) options: &'a [&'static Spec],
    /// The word that belongs to no option, if there is one.
    pub(crate) positional: Option<Positional<'a>>,
    /// The options that must be given, in the order of the options.
    pub(crate) required: &'a [&'static str],
}

/// What one reading found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// Each option that was given with its words; of several times the last.
    pub(crate) values: Vec<(&'static str, Vec<String>)>,
    /// The word that belongs to no option.
    pub(crate) positional: Option<String>,
    /// What this reading has no use for, in order.
    pub(crate) rest: Vec<String>,
}

impl Parsed {
    /// The words of an option, where it was given.
    pub(crate) fn words(&self, option: &str) -> Option<&[String]> {
        self.values.iter().find(|(name, _)| *name == option).map(|(_, words)| words.as_slice())
    }

    /// The one word of an option, where it was given.
    pub(crate) fn word(&self, option: &str) -> Option<&str> {
        self.words(option)?.first().map(String::as_str)
    }

    /// Whether an option was given.
    pub(crate) fn has(&self, option: &str) -> bool {
        self.words(option).is_some()
    }
}

/// Why a reading ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The line is refused, in these words.
    Refused(String),
    /// The version is asked for.
    Version,
}

/// What an argument looks like before it is known who takes it.
enum Word<'a> {
    /// A value.
    Value,
    /// The first `--`: everything after it is a value.
    Dashes,
    /// An option, with every option that it may mean; none means unknown to this reading.
    Option(Vec<(&'static Spec, Option<&'a str>)>),
}

impl Parser<'_> {
    /// Read a line. What belongs to another reading comes back in [`Parsed::rest`].
    pub(crate) fn parse(&self, line: &[String]) -> Result<Parsed, Stop> {
        let words = self.classify(line)?;
        let mut reading = Reading { parser: self, line, words, open: self.positional, parsed: Parsed::default() };
        reading.run()?;
        let positional = reading.open.filter(|positional| !positional.optional).map(|positional| positional.name);
        let options = self.required.iter().copied().filter(|name| !reading.parsed.has(name));
        let missing: Vec<&str> = options.chain(positional).collect();
        if !missing.is_empty() {
            return Err(Stop::Refused(format!("the following arguments are required: {}", missing.join(", "))));
        }
        Ok(reading.parsed)
    }

    fn classify<'l>(&self, line: &'l [String]) -> Result<Vec<Word<'l>>, Stop> {
        let mut words = Vec::with_capacity(line.len());
        let mut rest = line.iter();
        for argument in rest.by_ref() {
            if argument == "--" {
                words.push(Word::Dashes);
                break;
            }
            let word = self.classify_one(argument);
            if let (Dialect::Py311, Word::Option(meanings)) = (self.dialect, &word) {
                refuse_ambiguous(argument, meanings)?;
            }
            words.push(word);
        }
        words.extend(rest.map(|_| Word::Value));
        Ok(words)
    }

    fn classify_one<'l>(&self, argument: &'l str) -> Word<'l> {
        if !argument.starts_with('-') {
            return Word::Value;
        }
        let find = |name: &str| self.options.iter().copied().find(|spec| spec.name == name);
        if let Some(spec) = find(argument) {
            return Word::Option(vec![(spec, None)]);
        }
        if argument.len() == 1 {
            return Word::Value;
        }
        let (mut name, mut value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (argument, None),
        };
        if let Some(spec) = value.and_then(|_| find(name)) {
            return Word::Option(vec![(spec, value)]);
        }
        if self.dialect == Dialect::Py311 && !argument.starts_with("--") {
            // With a single dash the `=` is part of the name there.
            (name, value) = (argument, None);
        }
        let prefixed = self.options.iter().copied().filter(|spec| spec.abbreviates && spec.name.starts_with(name));
        let meanings: Vec<_> = prefixed.map(|spec| (spec, value)).collect();
        if meanings.is_empty() && (self.is_negative_number(argument) || argument.contains(' ')) {
            return Word::Value;
        }
        Word::Option(meanings)
    }

    /// `-1`, `-1.5`, `-.5`: values, though they start with a dash. To Python 3.14 the beginning is enough:
    /// `-1x` and `-10=` are values there.
    fn is_negative_number(&self, argument: &str) -> bool {
        let Some(number) = argument.strip_prefix('-') else { return false };
        if self.dialect == Dialect::Py314 {
            let number = number.strip_prefix('.').unwrap_or(number);
            return number.chars().next().is_some_and(|c| decimal_digit(c).is_some());
        }
        // The `$` of the pattern also matches before a newline at the end.
        let number = number.strip_suffix('\n').unwrap_or(number);
        let plain = |text: &str| !text.is_empty() && text.chars().all(|c| decimal_digit(c).is_some());
        match number.split_once('.') {
            Some((whole, fraction)) => (whole.is_empty() || plain(whole)) && plain(fraction),
            None => plain(number),
        }
    }
}

fn refuse_ambiguous(argument: &str, meanings: &[(&'static Spec, Option<&str>)]) -> Result<(), Stop> {
    if meanings.len() < 2 {
        return Ok(());
    }
    let names: Vec<&str> = meanings.iter().map(|(spec, _)| spec.name).collect();
    Err(Stop::Refused(format!("ambiguous option: {argument} could match {}", names.join(", "))))
}

/// One reading under way.
struct Reading<'p, 'l> {
    parser: &'p Parser<'p>,
    line: &'l [String],
    words: Vec<Word<'l>>,
    /// The positional, as long as nothing was taken for it.
    open: Option<Positional<'p>>,
    parsed: Parsed,
}

impl Reading<'_, '_> {
    fn run(&mut self) -> Result<(), Stop> {
        let last_option = self.words.iter().rposition(|word| matches!(word, Word::Option(_)));
        let mut at = 0;
        while last_option.is_some_and(|last| at <= last) {
            let next_option = self.next_option(at);
            if at != next_option {
                let end = self.take_positional(at)?;
                if end > at {
                    at = end;
                    continue;
                }
                self.parsed.rest.extend_from_slice(&self.line[at..next_option]);
                at = next_option;
            }
            at = self.take_option(at)?;
        }
        let end = self.take_positional(at)?;
        self.parsed.rest.extend_from_slice(&self.line[end..]);
        Ok(())
    }

    /// The index of the first option from `at` on; there is one.
    fn next_option(&self, at: usize) -> usize {
        let ahead = self.words[at..].iter().position(|word| matches!(word, Word::Option(_)));
        at + ahead.unwrap_or(0)
    }

    fn values_from(&self, at: usize) -> usize {
        self.words[at..].iter().take_while(|word| matches!(word, Word::Value)).count()
    }

    /// Give the positional its word if that is at `at`. Returns the index after it.
    fn take_positional(&mut self, at: usize) -> Result<usize, Stop> {
        let Some(positional) = self.open else { return Ok(at) };
        // A `--` may precede the word, or follow it; there is only one in a line.
        let dashes = |at: usize| usize::from(matches!(self.words.get(at), Some(Word::Dashes)));
        let word = at + dashes(at);
        let found = matches!(self.words.get(word), Some(Word::Value));
        if !found && !positional.optional {
            return Ok(at);
        }
        let end = if found { word + 1 + dashes(word + 1) } else { word };
        if end == at && self.parser.dialect == Dialect::Py314 && matches!(self.words.get(end), Some(Word::Option(_))) {
            return Ok(at);
        }
        self.open = None;
        if found {
            let value = &self.line[word];
            if !positional.choices.is_empty() {
                check_choice(self.parser.dialect, positional.name, value, positional.choices)?;
            }
            self.parsed.positional = Some(value.clone());
        }
        Ok(end)
    }

    /// Give the option at `at` its words. Returns the index after them.
    fn take_option(&mut self, at: usize) -> Result<usize, Stop> {
        let Word::Option(meanings) = &self.words[at] else { return Ok(at + 1) };
        refuse_ambiguous(&self.line[at], meanings)?;
        let Some(&(spec, explicit)) = meanings.first() else {
            self.parsed.rest.push(self.line[at].clone());
            return Ok(at + 1);
        };
        let following = self.values_from(at + 1);
        let (words, end) = match (explicit, spec.arity) {
            (Some(value), Arity::Flag) => {
                let value = crate::model::python::str_repr(value);
                return Err(refused(spec.name, &format!("ignored explicit argument {value}")));
            }
            (Some(value), _) => (vec![value.to_owned()], at + 1),
            (None, Arity::One) if following == 0 => return Err(refused(spec.name, "expected one argument")),
            (None, Arity::OneOr(default)) if following == 0 => (vec![default.to_owned()], at + 1),
            (None, arity) => {
                let count = match arity {
                    Arity::Flag => 0,
                    Arity::One | Arity::OneOr(_) => 1,
                    Arity::Many => following,
                };
                (self.line[at + 1..=at + count].to_vec(), at + 1 + count)
            }
        };
        self.check(spec, &words)?;
        self.parsed.values.retain(|(name, _)| *name != spec.name);
        self.parsed.values.push((spec.name, words));
        Ok(end)
    }

    fn check(&self, spec: &Spec, words: &[String]) -> Result<(), Stop> {
        match spec.check {
            Check::Any => Ok(()),
            Check::Choices(choices) => {
                words.iter().try_for_each(|word| check_choice(self.parser.dialect, spec.name, word, choices))
            }
            Check::Int => match words.iter().find(|word| python::int(word).is_none()) {
                Some(word) => {
                    Err(refused(spec.name, &format!("invalid int value: {}", crate::model::python::str_repr(word))))
                }
                None => Ok(()),
            },
            Check::Version => Err(Stop::Version),
        }
    }
}

fn refused(argument: &str, message: &str) -> Stop {
    Stop::Refused(format!("argument {argument}: {message}"))
}

/// The AWS CLI words a bad choice itself, each release line in its way.
fn check_choice(dialect: Dialect, argument: &str, value: &str, choices: &[&str]) -> Result<(), Stop> {
    if choices.contains(&value) {
        return Ok(());
    }
    let close = close_matches(value, choices);
    let mut lines = match dialect {
        Dialect::Py311 => {
            let mut lines = vec!["Invalid choice, valid choices are:\n".to_owned()];
            for pair in choices.chunks(2) {
                let cells: Vec<String> = pair.iter().map(|choice| format!("{choice:<40}")).collect();
                lines.push(cells.join(" | "));
            }
            if !close.is_empty() {
                lines
                    .push(format!("\n\nInvalid choice: {}, maybe you meant:\n", crate::model::python::str_repr(value)));
            }
            lines
        }
        Dialect::Py314 => {
            let mut lines = vec![format!("Found invalid choice '{value}'\n")];
            if !close.is_empty() {
                lines.push("Maybe you meant:\n".to_owned());
            }
            lines
        }
    };
    lines.extend(close.iter().map(|word| format!("  * {word}")));
    Err(refused(argument, &lines.join("\n")))
}

#[cfg(test)]
#[path = "argparse_tests.rs"]
mod tests;
