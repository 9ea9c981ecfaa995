//! The items that a page is made of: the next one, a value of a known type, a detail, and what to say of
//! text that is something else.
//!
//! Reads more text if an item continues behind the buffered text. `page` decides what an item means.

use std::io::Read;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::de::Deserializer;

use super::detail::RawDetail;
use super::fast_path::PendingText;
use super::page::{PageError, Parser, Sink};
use super::page_kind::{Meaning, meaning};
use super::row::{DetailError, Mark};
use super::window::TextPosition;
use super::wrong_input;
use crate::model::steps;

impl<R: Read, S: Sink> Parser<'_, R, S> {
    /// Step to the next element or member; false at the closing bracket, which is not consumed.
    pub(in crate::ingest) fn next_item(&mut self, close: u8, first: &mut bool) -> Result<bool, PageError> {
        let was_first = std::mem::replace(first, false);
        match self.window.peek()? {
            Some(byte) if byte == close => return Ok(false),
            Some(b',') if !was_first => {
                self.window.consume(1);
                if self.window.peek()? == Some(close) {
                    return Err(self.unexpected("another item after the comma"));
                }
            }
            Some(_) if was_first => {}
            _ => return Err(self.unexpected(&format!("`,` or `{}`", char::from(close)))),
        }
        match self.window.peek()? {
            Some(b'\'') => Err(PageError::At { place: self.window.place(0), message: wrong_input::PYTHON.to_owned() }),
            byte if close == b'}' && byte != Some(b'"') => Err(self.unexpected("a member's name in double quotes")),
            _ => Ok(true),
        }
    }

    pub(in crate::ingest) fn expect(&mut self, byte: u8) -> Result<(), PageError> {
        if self.window.peek()? == Some(byte) {
            self.window.consume(1);
            return Ok(());
        }
        Err(self.unexpected(&format!("`{}`", char::from(byte))))
    }

    /// What the sink says of the text `ahead` bytes behind the window's front.
    pub(in crate::ingest) fn refused(&self, ahead: usize, refused: &DetailError) -> PageError {
        PageError::refused(self.window.place(ahead), refused)
    }

    pub(in crate::ingest) fn detail(&mut self, region: Option<&str>) -> Result<(), PageError> {
        self.window.peek()?;
        loop {
            let mut values = Deserializer::from_slice(self.window.data()).into_iter::<RawDetail<'_>>();
            match values.next() {
                Some(Ok(detail)) => {
                    let length = values.byte_offset();
                    let mark = match self.sink.detail(&detail, region) {
                        Ok(mark) => mark,
                        Err(refused) => {
                            let ahead = refused.ahead(&detail, self.window.data());
                            let place = self.window.place(ahead);
                            return Err(explained(&refused, &detail, place));
                        }
                    };
                    steps::count(length);
                    self.window.consume(length);
                    self.window.unpin_all();
                    self.drop_text(if mark == Mark::Border { PendingText::Begin } else { PendingText::Off });
                    return Ok(());
                }
                outcome => self.want_more(outcome.and_then(Result::err))?,
            }
        }
    }

    /// A value of a known type.
    pub(in crate::ingest) fn value<T: for<'de> Deserialize<'de>>(&mut self) -> Result<T, PageError> {
        self.window.peek()?;
        loop {
            let mut values = Deserializer::from_slice(self.window.data()).into_iter::<T>();
            match values.next() {
                // A number at the very end of the buffered text may continue behind it.
                Some(Ok(value)) => {
                    let length = values.byte_offset();
                    if length < self.window.data().len() || !self.window.more()? {
                        self.window.consume(length);
                        return Ok(value);
                    }
                }
                outcome => self.want_more(outcome.and_then(Result::err))?,
            }
        }
    }

    pub(in crate::ingest) fn skip(&mut self) -> Result<(), PageError> {
        self.value::<IgnoredAny>().map(|_| ())
    }

    /// After a failed parse: take in more if the text simply went on, else say what is wrong.
    fn want_more(&mut self, error: Option<serde_json::Error>) -> Result<(), PageError> {
        // A number that is cut behind its sign, point or exponent is bad syntax rather than short, and
        // one that is cut behind a digit may be another number.
        let at_end = |error: &serde_json::Error| {
            self.window.ahead_of(error.line(), error.column()) + 1 >= self.window.data().len()
        };
        let short = error.as_ref().is_none_or(|error| error.is_eof() || at_end(error));
        steps::count(self.window.data().len());
        if short && self.window.grow()? {
            return Ok(());
        }
        let Some(error) = error else {
            return Err(self.unexpected("a value"));
        };
        let mut ahead = self.window.ahead_of(error.line(), error.column());
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        let message = if error.is_eof() {
            format!("the text ends in the middle of a value ({message}); was it cut off when it was saved?")
        } else if error.is_data() {
            ahead = value_start(&self.window.data()[..ahead]);
            message.to_owned()
        } else if let Some(at) = control_character(self.window.data(), ahead, message)
            && let Some(last) = before_line_break(self.window.data(), at)
        {
            ahead = last;
            "the line ends here within a string: was the text wrapped or cut when it was saved?".to_owned()
        } else {
            ahead = control_character(self.window.data(), ahead, message).unwrap_or(ahead);
            let found = wrong_input::excerpt(self.window.shown(ahead));
            format!("{message}, found {found}")
        };
        Err(PageError::At { place: self.window.place(ahead), message })
    }

    pub(in crate::ingest) fn unexpected(&mut self, expected: &str) -> PageError {
        let message = if self.window.data().is_empty() {
            format!("the text ends where {expected} was expected; was it cut off when it was saved?")
        } else {
            let found = wrong_input::excerpt(self.window.shown(0));
            let hint = wrong_input::capture_hint(self.window.data()).map_or(String::new(), |hint| format!("; {hint}"));
            format!("expected {expected}, found {found}{hint}")
        };
        PageError::At { place: self.window.place(0), message }
    }
}

/// Why a detail is refused. One without a digest is often the output of another command.
fn explained(refused: &DetailError, detail: &RawDetail<'_>, place: TextPosition) -> PageError {
    if matches!(refused, DetailError::NoDigest) {
        let named = detail.unknown.iter().find_map(|(name, _)| match meaning(name) {
            Meaning::Record { kind, .. } => Some(kind.refusal()),
            Meaning::OtherOutput(what) | Meaning::OtherIds(what) => Some(what),
            _ => None,
        });
        if let Some(message) = named {
            return PageError::At { place, message: message.to_owned() };
        }
    }
    PageError::refused(place, refused)
}

/// Where the value begins that a parser took for one of a wrong type, when it had read `data`: behind the
/// last colon that is not in a string.
fn value_start(data: &[u8]) -> usize {
    let mut start = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'"', b':', &data[at..]) {
        at += found + 1;
        if data[at - 1] == b':' {
            start = at;
            continue;
        }
        while let Some(end) = memchr::memchr2(b'"', b'\\', data.get(at..).unwrap_or_default()) {
            at += end + 1;
            if data[at - 1] == b'"' {
                break;
            }
            at += 1;
        }
        // A string that has no end here is the value itself.
        if at >= data.len() || data[at - 1] != b'"' {
            break;
        }
    }
    let space = data[start..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    start + space
}

/// The index of the control character that a parser found in a string. The parser gives the place of the character, of
/// the one before it (if it only passes over the string), or of the one behind it (if it has counted a new line).
fn control_character(data: &[u8], ahead: usize, message: &str) -> Option<usize> {
    if !message.starts_with("control character") {
        return None;
    }
    let is_control = |at: &usize| data.get(*at).is_some_and(|byte| *byte < b' ');
    [Some(ahead), Some(ahead + 1), ahead.checked_sub(1)].into_iter().flatten().find(is_control)
}

/// The last character before the line break at `at`, if there is one.
fn before_line_break(data: &[u8], at: usize) -> Option<usize> {
    if !matches!(data[at], b'\n' | b'\r') {
        return None;
    }
    // CR LF is one break.
    let at = if at > 0 && data[at] == b'\n' && data[at - 1] == b'\r' { at - 1 } else { at };
    Some(at.saturating_sub(1))
}
