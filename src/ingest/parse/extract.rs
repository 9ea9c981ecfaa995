//! Takes pages out of surrounding text: captures of terminals, CI logs, saved HTTP responses, JSON in strings.
//!
//! Text is read line by line and cleaned of what a terminal or a CI system adds (`capture`). A JSON value
//! that begins in a line is followed to its end by [`JsonScan`], which stops at the first byte that is not
//! JSON; what is not JSON, or has no details in it, is passed over and counted. A page that begins and then
//! breaks is an error, because leaving it out would lose images silently. What a page means is for `page`.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Cursor, Read};

use serde_json::Value;

use super::capture;
use super::detail::RawDetail;
use super::fingerprint::FingerprintKey;
use super::json_scan::{JsonScan, Step};
use super::page::{self, Found, PageError, Parser, Sink};
use super::row::{Defaults, DetailError, Mark};
use super::window::{LONGEST_ITEM, Piece, TextPosition};
use super::wrong_input;
use crate::store::load::{Known, KnownChunk};
use crate::store::row::Fingerprint;

/// What was passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Lines that are not blank and have nothing of a page.
    pub lines: u64,
    /// Bytes that belong to no page.
    pub bytes: u64,
}

/// Bytes of a line that are read at once: a longer line is read in parts.
const PART: u64 = 1 << 20;
/// Places in one line where JSON may begin, at most.
const STARTS: usize = 4;
/// Strings in strings that are looked into.
const DEEPEST: usize = 3;

/// Find the pages in the text behind `reader`.
pub(crate) fn parse<R: Read, S: Sink>(reader: R, sink: &mut S) -> Result<Skipped, PageError> {
    let mut extract = Extract::new(reader, sink, 0);
    let other = extract.run()?;
    if extract.taken == 0 {
        let message = "no page of image details in this text, nor in a JSON string in it".to_owned();
        return Err(other.unwrap_or(PageError::Whole { message }));
    }
    Ok(Skipped { lines: extract.skipped, bytes: extract.read.saturating_sub(extract.kept) })
}

/// A line, or a part of one, without what a terminal adds.
struct Line {
    text: String,
    place: TextPosition,
    /// Whether a JSON value ended in the line before this part.
    used: bool,
}

struct Extract<'s, R, S> {
    lines: BufReader<R>,
    sink: &'s mut S,
    /// Lines that are looked at again.
    again: VecDeque<Line>,
    /// Where the next part of a line begins.
    next: TextPosition,
    /// Strings around this text.
    depth: usize,
    /// Documents with details.
    taken: u64,
    /// Bytes that were read, and those of them that belong to pages.
    read: u64,
    kept: u64,
    skipped: u64,
}

impl<'s, R: Read, S: Sink> Extract<'s, R, S> {
    fn new(reader: R, sink: &'s mut S, depth: usize) -> Self {
        Extract {
            lines: BufReader::new(reader),
            sink,
            again: VecDeque::new(),
            next: TextPosition { line: 1, column: 1 },
            depth,
            taken: 0,
            read: 0,
            kept: 0,
            skipped: 0,
        }
    }

    /// All of the text. What is returned explains why nothing was found, if something does.
    fn run(&mut self) -> Result<Option<PageError>, PageError> {
        let mut other = None;
        while let Some(line) = self.next_line()? {
            let first = line.text.len() - line.text.trim_start().len();
            let whole = self.taken == 0 && line.place == TextPosition { line: 1, column: 1 };
            let starts: Vec<usize> = line.text.match_indices(['{', '[']).map(|(at, _)| at).take(STARTS).collect();
            let mut taken = false;
            for start in starts {
                taken = self.document(&line, start, whole && start == first, &mut other)?;
                if taken {
                    break;
                }
            }
            if taken || self.quoted(&line)? {
                continue;
            }
            if line.text.trim().is_empty() {
                self.kept += line.text.len() as u64;
            } else if !line.used {
                self.skipped += 1;
            }
        }
        Ok(other)
    }

    /// Take the pages in the JSON strings of a line that is not JSON itself, as in a YAML file; false if there are none.
    fn quoted(&mut self, line: &Line) -> Result<bool, PageError> {
        if self.depth >= DEEPEST || !line.text.contains('\\') {
            return Ok(false);
        }
        let mut any = false;
        let quotes: Vec<usize> = line.text.match_indices('"').map(|(at, _)| at).take(STARTS).collect();
        for start in quotes {
            let mut strings = serde_json::Deserializer::from_str(&line.text[start..]).into_iter::<String>();
            let Some(Ok(string)) = strings.next() else { continue };
            if !wrong_input::has_details(&string) {
                continue;
            }
            let place = TextPosition { line: line.place.line, column: line.place.column + start as u64 };
            if self.inner(&string, place)? {
                self.taken += 1;
                self.kept += strings.byte_offset() as u64;
                any = true;
                break;
            }
        }
        Ok(any)
    }

    /// Follow the JSON value that begins at `start` of a line, and take it if there are details in it. False if
    /// it is not JSON: then the lines behind the first are looked at again. `whole` is whether the text begins
    /// with it.
    fn document(
        &mut self,
        line: &Line,
        start: usize,
        whole: bool,
        other: &mut Option<PageError>,
    ) -> Result<bool, PageError> {
        let place = TextPosition { line: line.place.line, column: line.place.column + start as u64 };
        let mut scan = JsonScan::default();
        let mut text = String::new();
        let mut behind: Vec<Line> = Vec::new();
        let mut part = &line.text[start..];
        loop {
            match scan.feed(part.as_bytes()) {
                Step::More if text.len() + part.len() >= LONGEST_ITEM => {
                    text.push_str(part);
                    return self.too_long(text, place, whole);
                }
                Step::More => text.push_str(part),
                Step::Done(length) => {
                    text.push_str(&part[..length]);
                    let rest = part[length..].to_owned();
                    let last = behind.last().unwrap_or(line);
                    let column = last.place.column + (last.text.len() - rest.len()) as u64;
                    let next = TextPosition { line: last.place.line, column };
                    // A whole value without details is passed over: what is in it is not a page either.
                    let taken = self.take(&text, place, other)?;
                    if !taken {
                        self.skipped += text.lines().filter(|line| !line.trim().is_empty()).count() as u64;
                    }
                    self.again.push_front(Line { text: rest, place: next, used: true });
                    return Ok(true);
                }
                Step::Bad(at) => {
                    text.push_str(&part[..at]);
                    if wrong_input::has_details(&text) {
                        text.push_str(&part[at..]);
                        return Err(broken(text, place));
                    }
                    break;
                }
            }
            let Some(next) = self.next_line()? else {
                if wrong_input::has_details(&text) {
                    return Err(broken(text, place));
                }
                break;
            };
            behind.push(next);
            part = behind.last().map_or("", |line| &line.text);
        }
        for line in behind.into_iter().rev() {
            self.again.push_front(line);
        }
        Ok(false)
    }

    /// A value that is larger than a page in a capture may be. One that the text begins with is read as
    /// usual: then the text is a page, and most likely nothing else.
    fn too_long(&mut self, text: String, place: TextPosition, whole: bool) -> Result<bool, PageError> {
        if !whole || self.depth > 0 {
            let limit = LONGEST_ITEM >> 20;
            let message = format!("a page of more than {limit} MiB within other text; save it alone");
            return Err(PageError::At { place, message });
        }
        let rest: String = self.again.drain(..).map(|line| line.text).collect();
        let reader = Cursor::new(text).chain(Cursor::new(rest)).chain(&mut self.lines);
        page::parse(reader, &mut *self.sink)?;
        (self.taken, self.kept) = (self.taken + 1, self.read);
        Ok(true)
    }

    /// Pass a JSON value to the parser; false if there are no details in it.
    fn take(&mut self, text: &str, place: TextPosition, other: &mut Option<PageError>) -> Result<bool, PageError> {
        let mut parser = Parser::new(Piece::new(text.to_owned(), place).window(), &mut *self.sink);
        match parser.document()? {
            Found::Details => {}
            Found::Strings if self.depth < DEEPEST => {
                if !self.strings(text, place)? {
                    return Ok(false);
                }
            }
            Found::Strings | Found::Nothing(None) => return Ok(false),
            Found::Nothing(Some(error)) => {
                other.get_or_insert(error);
                return Ok(false);
            }
        }
        self.taken += 1;
        self.kept += text.len() as u64;
        Ok(true)
    }

    /// The pages in the strings of a JSON value; false if there are none.
    fn strings(&mut self, text: &str, place: TextPosition) -> Result<bool, PageError> {
        let Ok(value) = serde_json::from_str::<Value>(text) else { return Ok(false) };
        let mut strings = Vec::new();
        collect(value, &mut strings);
        let mut any = false;
        for string in strings {
            any |= self.inner(&string, place)?;
        }
        Ok(any)
    }

    /// Take the pages in a string of the JSON that begins at `place`; false if there are none.
    fn inner(&mut self, string: &str, place: TextPosition) -> Result<bool, PageError> {
        let mut inner = Extract::new(string.as_bytes(), &mut *self.sink, self.depth + 1);
        inner.run().map_err(|error| match error {
            PageError::At { place: TextPosition { line, column }, message } => PageError::At {
                place,
                message: format!("in a string of the JSON that begins here, at its {line}:{column}: {message}"),
            },
            PageError::Whole { message } => PageError::At { place, message },
            other => other,
        })?;
        Ok(inner.taken > 0)
    }

    /// The next line, cleaned. What a pager left is empty, so that the lines behind it keep their numbers.
    fn next_line(&mut self) -> Result<Option<Line>, PageError> {
        if let Some(line) = self.again.pop_front() {
            return Ok(Some(line));
        }
        let mut raw = Vec::new();
        (&mut self.lines).take(PART).read_until(b'\n', &mut raw)?;
        // A part does not end within a character.
        while std::str::from_utf8(&raw).is_err_and(|error| error.error_len().is_none()) {
            if (&mut self.lines).take(1).read_until(b'\n', &mut raw)? == 0 {
                break;
            }
        }
        if raw.is_empty() {
            return Ok(None);
        }
        self.read += raw.len() as u64;
        let place = self.next;
        self.next = if raw.last() == Some(&b'\n') {
            TextPosition { line: place.line + 1, column: 1 }
        } else {
            TextPosition { line: place.line, column: place.column + raw.len() as u64 }
        };
        let text = capture::cleaned(&String::from_utf8_lossy(&raw), place.column == 1);
        Ok(Some(Line { text, place, used: false }))
    }
}

/// What is wrong with a page that breaks off, in the parser's words.
fn broken(text: String, place: TextPosition) -> PageError {
    let mut ignore = Ignore::default();
    let mut parser = Parser::new(Piece::new(text, place).window(), &mut ignore);
    match parser.document() {
        Err(error) => error,
        Ok(_) => PageError::At { place, message: "a page begins here, and does not end".to_owned() },
    }
}

/// The strings of a value that have details in them. The lines of a text can be strings in a list.
fn collect(value: Value, strings: &mut Vec<String>) {
    match value {
        Value::String(text) if wrong_input::has_details(&text) => strings.push(text),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let lines: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            let text = if lines.iter().any(|line| line.ends_with('\n')) { lines.concat() } else { lines.join("\n") };
            if wrong_input::has_details(&text) {
                strings.push(text);
            }
        }
        Value::Array(items) => items.into_iter().for_each(|item| collect(item, strings)),
        Value::Object(members) => {
            // Ansible has the same text as a string and as a list of lines.
            let is_text = |value: &Value| value.as_str().is_some_and(wrong_input::has_details);
            let text = members.values().any(is_text);
            for (_, member) in members {
                if !(text && member.is_array()) {
                    collect(member, strings);
                }
            }
        }
        _ => {}
    }
}

/// A sink for text that is only parsed to find out what is wrong with it.
#[derive(Default)]
struct Ignore {
    known: Known,
}

impl Sink for Ignore {
    fn detail(&mut self, _detail: &RawDetail<'_>, _region: Option<&str>) -> Result<Mark, DetailError> {
        Ok(Mark::Plain)
    }

    fn key(&self, separator: Option<u8>, region: Option<&str>) -> FingerprintKey {
        FingerprintKey::new(&Defaults::default(), separator, region)
    }

    fn fingerprint(&mut self, _rows: usize, _text: Fingerprint) {}

    fn known(&self) -> &Known {
        &self.known
    }

    fn take_known(&mut self, _chunk: KnownChunk) -> Result<(), DetailError> {
        Ok(())
    }

    fn page(&mut self, _token: Option<String>, _region: Option<&str>) -> Result<(), DetailError> {
        Ok(())
    }

    fn pending(&self) -> bool {
        false
    }
}
