//! The AWS CLI's yaml output, read as JSON, so that one parser serves both.
//!
//! `yaml-rust2` gives events, and a reader turns them into JSON text on demand: a page of any
//! length streams through. Each token of the JSON is on a line of its own, and a ring of recent places
//! says where in the YAML each line comes from, so that messages give the place in the file.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::rc::Rc;

use yaml_rust2::Yaml;
use yaml_rust2::parser::{Event, Parser as Events};
use yaml_rust2::scanner::{Marker, TScalarStyle};

use super::minify::push_json_string;
use super::page::{PageError, Parser, Sink};
use super::window::{TextPosition, Window};

/// Collections in one another that a page can have.
const DEEPEST: usize = 32;
/// Tokens whose places are known. The parser looks at much less text at once, except for a detail of many
/// megabytes.
const PLACES: usize = 1 << 20;
/// JSON text that is made at once.
const BLOCK: usize = 64 << 10;

/// Find everything in the YAML text of a window.
pub(super) fn parse<R: Read, S: Sink>(window: &mut Window<R>, sink: &mut S) -> Result<(), PageError> {
    let state = Rc::new(RefCell::new(State::default()));
    let mut json = JsonText {
        events: Events::new(Characters { window, state: Rc::clone(&state) }),
        state: Rc::clone(&state),
        open: Vec::new(),
        text: String::new(),
        given: 0,
        ended: false,
    };
    let reader: &mut dyn Read = &mut json;
    let mut parser = Parser::new(Window::new(reader), sink);
    parser.has_places = false;
    let read = parser.text();
    let state = state.take();
    read.map_err(|error| match error {
        PageError::Read(_) if state.failure.is_some() => state.failure.unwrap_or(error),
        PageError::At { place, message } => match state.place(place.line) {
            Some(place) => PageError::At { place, message },
            None => PageError::Whole { message },
        },
        other => other,
    })
}

/// What the reader knows that the parser above it does not.
#[derive(Default)]
struct State {
    /// The places of the last tokens: their lines and columns, from 1.
    places: VecDeque<(u32, u32)>,
    /// Tokens before those.
    before: u64,
    /// Why reading ended early.
    failure: Option<PageError>,
}

impl State {
    /// The place of the token on that line of the JSON text.
    fn place(&self, line: u64) -> Option<TextPosition> {
        // The first token is on the second line. What is wrong behind the last one is wrong at it.
        let index = usize::try_from(line.saturating_sub(2).checked_sub(self.before)?).ok()?;
        let place = self.places.get(index).or(self.places.back())?;
        Some(TextPosition { line: u64::from(place.0), column: u64::from(place.1) })
    }

    fn note(&mut self, marker: Marker) {
        if self.places.len() == PLACES {
            self.places.pop_front();
            self.before += 1;
        }
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.places.push_back((number(marker.line()), number(marker.col()).saturating_add(1)));
    }
}

/// The characters of a window. One that is not UTF-8 ends them.
struct Characters<'w, R> {
    window: &'w mut Window<R>,
    state: Rc<RefCell<State>>,
}

impl<R: Read> Iterator for Characters<'_, R> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if self.window.data().is_empty() {
            match self.window.more() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.state.borrow_mut().failure = Some(PageError::Read(error));
                    return None;
                }
            }
        }
        let first = *self.window.data().first()?;
        if first < 0x80 {
            self.window.consume(1);
            return Some(char::from(first));
        }
        let length = first.leading_ones() as usize;
        let whole = self.window.want(length);
        let bytes = self.window.data().get(..length).filter(|_| whole.is_ok()).unwrap_or_default();
        let found = std::str::from_utf8(bytes).ok().and_then(|text| text.chars().next());
        if found.is_some() {
            self.window.consume(length);
        } else {
            let message = "as YAML: not valid UTF-8; save the page again as UTF-8".to_owned();
            self.state.borrow_mut().failure = Some(PageError::At { place: self.window.place(0), message });
        }
        found
    }
}

/// A collection that is open.
enum Open {
    Sequence {
        first: bool,
    },
    /// `key` says whether a key comes next.
    Mapping {
        first: bool,
        key: bool,
    },
}

/// JSON text made of the events of a YAML text.
struct JsonText<I: Iterator<Item = char>> {
    events: Events<I>,
    state: Rc<RefCell<State>>,
    open: Vec<Open>,
    text: String,
    given: usize,
    ended: bool,
}

impl<I: Iterator<Item = char>> Read for JsonText<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            self.text.clear();
            self.given = 0;
            while self.text.len() < BLOCK && !self.ended {
                let taken = self.events.next_token().map_err(|error| wrong(*error.marker(), error.info()));
                let taken = taken.and_then(|(event, marker)| self.take(event, marker));
                // Characters that ended early explain what is wrong with the events.
                let failure = self.state.borrow().failure.is_some();
                if let Err(error) = taken
                    && !failure
                {
                    self.state.borrow_mut().failure = Some(error);
                }
                if self.state.borrow().failure.is_some() {
                    return Err(io::Error::other("not YAML"));
                }
            }
        }
        let text = &self.text.as_bytes()[self.given..];
        let count = text.len().min(buffer.len());
        buffer[..count].copy_from_slice(&text[..count]);
        self.given += count;
        Ok(count)
    }
}

impl<I: Iterator<Item = char>> JsonText<I> {
    fn take(&mut self, event: Event, marker: Marker) -> Result<(), PageError> {
        match event {
            Event::StreamEnd => self.ended = true,
            Event::Alias(_) => {
                return Err(wrong(marker, "an alias, which the AWS CLI never writes for describe-images"));
            }
            Event::Scalar(text, style, _, tag) => {
                let plain = style == TScalarStyle::Plain && tag.is_none_or(|tag| tag.suffix != "str");
                if self.before(marker) {
                    push_json_string(&mut self.text, &text);
                    self.text.push(':');
                } else if plain {
                    self.plain(&text);
                } else {
                    push_json_string(&mut self.text, &text);
                }
            }
            Event::SequenceStart(..) => self.begin('[', Open::Sequence { first: true }, marker)?,
            Event::MappingStart(..) => self.begin('{', Open::Mapping { first: true, key: true }, marker)?,
            Event::SequenceEnd => self.end(']'),
            Event::MappingEnd => self.end('}'),
            Event::Nothing | Event::StreamStart | Event::DocumentStart | Event::DocumentEnd => {}
        }
        Ok(())
    }

    /// Begin a token on a new line; whether it is a key.
    fn before(&mut self, marker: Marker) -> bool {
        let (comma, is_key) = match self.open.last_mut() {
            None => (false, false),
            Some(Open::Sequence { first }) => (!std::mem::replace(first, false), false),
            Some(Open::Mapping { first, key }) => {
                let is_key = std::mem::replace(key, !*key);
                (is_key && !std::mem::replace(first, false), is_key)
            }
        };
        if comma {
            self.text.push(',');
        }
        self.text.push('\n');
        self.state.borrow_mut().note(marker);
        is_key
    }

    fn begin(&mut self, bracket: char, open: Open, marker: Marker) -> Result<(), PageError> {
        if self.before(marker) {
            return Err(wrong(marker, "a key that is a list or a mapping"));
        }
        if self.open.len() == DEEPEST {
            let what =
                format!("more than {DEEPEST} collections in one another: no shape of describe-images output has them");
            return Err(wrong(marker, &what));
        }
        self.text.push(bracket);
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self, bracket: char) {
        self.open.pop();
        self.text.push(bracket);
    }

    /// A scalar without quotes: a number, a truth value, null, or a string.
    fn plain(&mut self, text: &str) {
        match Yaml::from_str(text) {
            Yaml::Integer(number) => self.text.push_str(&number.to_string()),
            Yaml::Real(number) if serde_json::from_str::<serde_json::Number>(&number).is_ok() => {
                self.text.push_str(&number);
            }
            Yaml::Boolean(truth) => self.text.push_str(if truth { "true" } else { "false" }),
            Yaml::Null => self.text.push_str("null"),
            _ => push_json_string(&mut self.text, text),
        }
    }
}

fn wrong(marker: Marker, what: &str) -> PageError {
    let place = TextPosition { line: marker.line() as u64, column: marker.col() as u64 + 1 };
    PageError::At { place, message: format!("as YAML: {what}") }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// The JSON that a YAML text is read as, without white space; or the message.
    fn json(yaml: &str) -> Result<String, String> {
        let state = Rc::new(RefCell::new(State::default()));
        let mut window = Window::new(yaml.as_bytes());
        let mut json = JsonText {
            events: Events::new(Characters { window: &mut window, state: Rc::clone(&state) }),
            state: Rc::clone(&state),
            open: Vec::new(),
            text: String::new(),
            given: 0,
            ended: false,
        };
        let mut text = String::new();
        match json.read_to_string(&mut text) {
            Ok(_) => Ok(text.replace('\n', "")),
            Err(_) => Err(state.take().failure.map_or(String::new(), |error| error.to_string())),
        }
    }

    #[test]
    fn a_page_in_yaml_is_the_same_page_in_json() {
        let yaml = "imageDetails:\n- imageDigest: sha256:aa\n  imageTags:\n  - '1.0'\n  - é\n  imageSizeInBytes: 5\n\
                    nextToken: null\n---\n[{a: .5, b: !!str 7, \"c\": ~, 1: true}, [], {}]\n";
        let expected = "{\"imageDetails\":[{\"imageDigest\":\"sha256:aa\",\"imageTags\":[\"1.0\",\"é\"],\
                        \"imageSizeInBytes\":5}],\"nextToken\":null}\
                        [{\"a\":\".5\",\"b\":\"7\",\"c\":null,\"1\":true},[],{}]";
        assert_eq!(json(yaml).as_deref(), Ok(expected));
    }

    #[test]
    fn aliases_and_deep_nesting_are_refused() {
        let deep = format!("imageDetails: {}", "[".repeat(100_000));
        for text in ["imageDetails: [&a [x], *a]", &deep, "? [a]\n: b\n", "a: 'b\n", "\u{1}: ]"] {
            let message = json(text).unwrap_err();
            assert!(message.starts_with("as YAML: "), "{text}: {message}");
        }
    }
}
