//! Follows a JSON value byte by byte to its end, and stops at the first byte that is not JSON.
//!
//! Numbers and words are not looked at closely: the parser does that. It keeps no text, so a value may come
//! in any pieces.

/// Brackets in brackets. It bounds how often a text can be scanned again.
const DEEPEST: usize = 64;

/// Where the scan is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// A value comes next.
    #[default]
    Value,
    /// The first value of a list or its end.
    FirstValue,
    /// The first name of an object or its end.
    FirstName,
    Name,
    Colon,
    /// A comma or a closing bracket.
    Next,
    /// In a string; a name if `name`.
    String {
        name: bool,
        escaped: bool,
    },
    /// In a number or a word.
    Word,
}

/// A scan of one value, which is an object or a list.
#[derive(Debug, Default)]
pub(super) struct JsonScan {
    /// The open brackets.
    open: Vec<u8>,
    at: At,
}

/// How far a scan has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The value continues behind these bytes.
    More,
    /// It ends after so many of these bytes.
    Done(usize),
    /// The byte there is not JSON.
    Bad(usize),
}

impl JsonScan {
    /// Go on with the next bytes of the text.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Step {
        for (index, byte) in bytes.iter().enumerate() {
            match self.step(*byte) {
                Some(at) => self.at = at,
                None => return Step::Bad(index),
            }
            if self.open.is_empty() {
                return Step::Done(index + 1);
            }
        }
        Step::More
    }

    fn step(&mut self, byte: u8) -> Option<At> {
        match (self.at, byte) {
            (At::String { name, escaped: true }, 0x20..) => Some(At::String { name, escaped: false }),
            (At::String { name, .. }, b'\\') => Some(At::String { name, escaped: true }),
            (At::String { name, .. }, b'"') => Some(if name { At::Colon } else { At::Next }),
            (At::String { .. }, 0x20..) => Some(self.at),
            (At::String { .. }, _) => None,
            (At::Word, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.') => Some(At::Word),
            (At::Word, b' ' | b'\t' | b'\n' | b'\r') => Some(At::Next),
            (_, b' ' | b'\t' | b'\n' | b'\r') => Some(self.at),
            (At::Value | At::FirstValue, b'{') => self.begin(byte, At::FirstName),
            (At::Value | At::FirstValue, b'[') => self.begin(byte, At::FirstValue),
            // A value alone is an object or a list.
            (At::Value | At::FirstValue, b'"') if !self.open.is_empty() => {
                Some(At::String { name: false, escaped: false })
            }
            (At::Value | At::FirstValue, b'0'..=b'9' | b'-' | b't' | b'f' | b'n') if !self.open.is_empty() => {
                Some(At::Word)
            }
            (At::FirstName | At::Name, b'"') => Some(At::String { name: true, escaped: false }),
            (At::Colon, b':') => Some(At::Value),
            (At::Next | At::Word, b',') => Some(if self.open.last() == Some(&b'{') { At::Name } else { At::Value }),
            (At::Next | At::Word | At::FirstName, b'}') if self.open.last() == Some(&b'{') => Some(self.end()),
            (At::Next | At::Word | At::FirstValue, b']') if self.open.last() == Some(&b'[') => Some(self.end()),
            _ => None,
        }
    }

    fn begin(&mut self, bracket: u8, at: At) -> Option<At> {
        self.open.push(bracket);
        (self.open.len() <= DEEPEST).then_some(at)
    }

    fn end(&mut self) -> At {
        self.open.pop();
        At::Next
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonScan, Step};

    #[test]
    fn a_value_is_followed_to_its_end() {
        for text in
            ["{}", "[]", "[ {\"a\" : [1, -2.5e+3, true, null, \"}\\\"]\"]} , {} ]", "{\"a\":\"\\\\\"}", "[[],[{}]]"]
        {
            assert_eq!(JsonScan::default().feed(text.as_bytes()), Step::Done(text.len()), "{text}");
            assert_eq!(JsonScan::default().feed(format!("{text}x").as_bytes()), Step::Done(text.len()), "{text}");
            let mut scan = JsonScan::default();
            for (at, byte) in text.bytes().enumerate() {
                let expected = if at + 1 == text.len() { Step::Done(1) } else { Step::More };
                assert_eq!(scan.feed(&[byte]), expected, "{text} {at}");
            }
        }
    }

    #[test]
    fn what_is_not_json_is_bad_where_it_stands() {
        for (text, at) in [
            ("{a}", 1),
            ("[1 2]", 3),
            ("{\"a\" 1}", 5),
            ("[1,]", 3),
            ("{\"a\":1,}", 7),
            ("[\"a\nb\"]", 3),
            ("[}", 1),
            ("{\"a\"}", 4),
            ("[?x]", 1),
        ] {
            assert_eq!(JsonScan::default().feed(text.as_bytes()), Step::Bad(at), "{text}");
        }
        assert_eq!(JsonScan::default().feed("[".repeat(100).as_bytes()), Step::Bad(64));
    }
}
