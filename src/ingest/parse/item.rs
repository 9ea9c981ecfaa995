//! The items that a page is made of: the next one, a value of a known type, a detail, and the words
//! for what stands there instead.
//!
//! Takes in more text where an item goes on behind what is at hand. What an item is for, is for `page`.

use std::io::Read;

use serde::Deserialize;
use serde_json::de::Deserializer;
use serde_json::value::RawValue;

use super::detail::RawDetail;
use super::fast_path::PendingText;
use super::page::{PageError, Parser, Sink};
use super::row::{DetailError, Mark};
use super::wrong_input;

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

    pub(in crate::ingest) fn refused(&self, ahead: usize, refused: &DetailError) -> PageError {
        PageError::At { place: self.window.place(ahead), message: refused.to_string() }
    }

    pub(in crate::ingest) fn detail(&mut self, region: Option<&str>) -> Result<(), PageError> {
        self.window.peek()?;
        loop {
            let mut values = Deserializer::from_slice(self.window.data()).into_iter::<RawDetail<'_>>();
            match values.next() {
                Some(Ok(detail)) => {
                    let pushed = self.sink.detail(&detail, region);
                    let length = values.byte_offset();
                    let mark = pushed.map_err(|refused| self.refused(0, &refused))?;
                    self.window.consume(length);
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
                // A number at the very end of what is at hand may go on behind it.
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
        self.value::<Box<RawValue>>().map(|_| ())
    }

    /// After a failed parse: take in more where the text simply went on, else say what is wrong.
    fn want_more(&mut self, error: Option<serde_json::Error>) -> Result<(), PageError> {
        // A number that is cut behind its sign, point or exponent is bad syntax rather than short, and
        // one that is cut behind a digit may be another number.
        let at_end = |error: &serde_json::Error| {
            self.window.ahead_of(error.line(), error.column()) + 1 >= self.window.data().len()
        };
        let short = error.as_ref().is_none_or(|error| error.is_eof() || at_end(error));
        if short && self.window.more()? {
            return Ok(());
        }
        let Some(error) = error else {
            return Err(self.unexpected("a value"));
        };
        let ahead = self.window.ahead_of(error.line(), error.column());
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        let message = if error.is_eof() {
            format!("the text ends in the middle of a value ({message}); was it cut off when it was saved?")
        } else if error.is_data() {
            message.to_owned()
        } else {
            let found = wrong_input::excerpt(self.window.shown(ahead));
            format!("{message}, found {found}")
        };
        Err(PageError::At { place: self.window.place(ahead), message })
    }

    pub(in crate::ingest) fn unexpected(&mut self, expected: &str) -> PageError {
        let message = if self.window.data().is_empty() {
            format!("the text ends where {expected} was expected; was it cut off when it was saved?")
        } else {
            format!("expected {expected}, found {}", wrong_input::excerpt(self.window.shown(0)))
        };
        PageError::At { place: self.window.place(0), message }
    }
}
