//! JSON as Python's `json.loads` reads it, with its messages.
//!
//! `serde_json` would refuse what Python takes (`NaN`, a lone surrogate, any depth that comes up) and
//! words its refusals in its own way; the client prints Python's. Positions count characters.

use crate::model::AwsCli;

use super::pyvalue::{Dict, PyValue, int_of_ascii};

/// Why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum JsonError {
    /// A `ValueError`, which callers turn into a message about their parameter.
    Value(String),
    /// Nesting beyond Python's stack, an exception that is not caught.
    Recursion(String),
}

/// Python's own limit is a thousand calls, of which the client has used some.
const DEEPEST: usize = 960;

/// Read one document. The Python inside v2 is newer and names a trailing comma as such.
pub(super) fn loads(text: &str, cli: AwsCli) -> Result<PyValue, JsonError> {
    let chars: Vec<char> = text.chars().collect();
    let mut reader = Reader { chars: &chars, at: 0, depth: 0, names_trailing_comma: cli == AwsCli::V2 };
    if chars.first() == Some(&'\u{feff}') {
        return Err(reader.error("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
    }
    reader.skip_space();
    let value = reader.value()?;
    reader.skip_space();
    if reader.at < chars.len() {
        return Err(reader.error("Extra data", reader.at));
    }
    Ok(value)
}

/// Read one document from bytes, which may start with a byte order mark.
pub(super) fn loads_bytes(bytes: &[u8], cli: AwsCli) -> Result<PyValue, JsonError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| JsonError::Value(decode_error(bytes, error)))?;
    loads(text, cli)
}

/// The message of a `UnicodeDecodeError`.
fn decode_error(bytes: &[u8], error: std::str::Utf8Error) -> String {
    let start = error.valid_up_to();
    let first = bytes.get(start).copied().unwrap_or_default();
    let reason = match error.error_len() {
        None => "unexpected end of data",
        Some(_) if (0xc2..=0xf4).contains(&first) => "invalid continuation byte",
        Some(_) => "invalid start byte",
    };
    let length = error.error_len().unwrap_or(bytes.len() - start);
    if length == 1 {
        format!("'utf-8' codec can't decode byte 0x{first:02x} in position {start}: {reason}")
    } else {
        format!("'utf-8' codec can't decode bytes in position {start}-{}: {reason}", start + length - 1)
    }
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    depth: usize,
    names_trailing_comma: bool,
}

impl Reader<'_> {
    fn error(&self, what: &str, at: usize) -> JsonError {
        let before = &self.chars[..at.min(self.chars.len())];
        let line = before.iter().filter(|&&c| c == '\n').count() + 1;
        let column = at - before.iter().rposition(|&c| c == '\n').map_or(0, |newline| newline + 1) + 1;
        JsonError::Value(format!("{what}: line {line} column {column} (char {at})"))
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    /// Step over `c` where it comes next.
    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Result<PyValue, JsonError> {
        match self.peek() {
            Some('"') => self.string().map(PyValue::Str),
            Some('{') => self.nested("object", Self::object),
            Some('[') => self.nested("array", Self::array),
            _ => match self.word() {
                Some(value) => Ok(value),
                None => self.number(),
            },
        }
    }

    fn nested(&mut self, what: &str, read: fn(&mut Self) -> Result<PyValue, JsonError>) -> Result<PyValue, JsonError> {
        if self.depth == DEEPEST {
            return Err(JsonError::Recursion(format!(
                "maximum recursion depth exceeded while decoding a JSON {what} from a unicode string"
            )));
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Result<PyValue, JsonError> {
        let mut dict = Dict::new();
        if self.eat('}') {
            return Ok(PyValue::Dict(dict));
        }
        loop {
            if self.peek() != Some('"') {
                return Err(self.error("Expecting property name enclosed in double quotes", self.at));
            }
            let key = self.string()?;
            self.skip_space();
            if !self.eat(':') {
                return Err(self.error("Expecting ':' delimiter", self.at));
            }
            self.skip_space();
            let value = self.value()?;
            dict.insert(key.into(), value);
            if self.next_or_end('}', "object")? {
                return Ok(PyValue::Dict(dict));
            }
        }
    }

    fn array(&mut self) -> Result<PyValue, JsonError> {
        let mut items = Vec::new();
        if self.eat(']') {
            return Ok(PyValue::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.next_or_end(']', "array")? {
                return Ok(PyValue::List(items));
            }
        }
    }

    /// After an element: whether the container ends. Otherwise a comma has been stepped over.
    fn next_or_end(&mut self, end: char, what: &str) -> Result<bool, JsonError> {
        self.skip_space();
        if self.eat(end) {
            return Ok(true);
        }
        let comma = self.at;
        if !self.eat(',') {
            return Err(self.error("Expecting ',' delimiter", comma));
        }
        self.skip_space();
        if self.names_trailing_comma && self.peek() == Some(end) {
            return Err(self.error(&format!("Illegal trailing comma before end of {what}"), comma));
        }
        Ok(false)
    }

    fn word(&mut self) -> Option<PyValue> {
        const WORDS: [(&str, PyValue); 6] = [
            ("null", PyValue::None),
            ("true", PyValue::Bool(true)),
            ("false", PyValue::Bool(false)),
            ("NaN", PyValue::Float(f64::NAN)),
            ("Infinity", PyValue::Float(f64::INFINITY)),
            ("-Infinity", PyValue::Float(f64::NEG_INFINITY)),
        ];
        let rest = &self.chars[self.at..];
        let (word, value) = WORDS.into_iter().find(|(word, _)| {
            let mut expected = word.chars();
            rest.iter().zip(&mut expected).all(|(&c, e)| c == e) && expected.next().is_none()
        })?;
        self.at += word.len();
        Some(value)
    }

    fn digits(&self, from: usize) -> usize {
        from + self.chars[from.min(self.chars.len())..].iter().take_while(|c| c.is_ascii_digit()).count()
    }

    fn number(&mut self) -> Result<PyValue, JsonError> {
        let start = self.at;
        let whole = start + usize::from(self.peek() == Some('-'));
        let mut end = match self.chars.get(whole) {
            Some('0') => whole + 1,
            Some('1'..='9') => self.digits(whole),
            _ => return Err(self.error("Expecting value", start)),
        };
        let whole_end = end;
        if self.chars.get(end) == Some(&'.') && self.digits(end + 1) > end + 1 {
            end = self.digits(end + 1);
        }
        if matches!(self.chars.get(end), Some('e' | 'E')) {
            let sign = usize::from(matches!(self.chars.get(end + 1), Some('+' | '-')));
            let exponent = end + 1 + sign;
            if self.digits(exponent) > exponent {
                end = self.digits(exponent);
            }
        }
        self.at = end;
        if end > whole_end {
            let text: String = self.chars[start..end].iter().collect();
            return Ok(PyValue::Float(text.parse().unwrap_or(f64::NAN)));
        }
        let digits: String = self.chars[whole..end].iter().collect();
        int_of_ascii(whole > start, &digits).map_err(JsonError::Value)
    }

    /// A string from its opening quote on.
    fn string(&mut self) -> Result<String, JsonError> {
        let begin = self.at;
        let unterminated = "Unterminated string starting at";
        let mut text = String::new();
        self.at += 1;
        loop {
            let Some(c) = self.peek() else { return Err(self.error(unterminated, begin)) };
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(text);
                }
                '\0'..='\x1f' => return Err(self.error("Invalid control character at", self.at)),
                '\\' => {
                    let Some(&escape) = self.chars.get(self.at + 1) else {
                        return Err(self.error(unterminated, begin));
                    };
                    if escape == 'u' {
                        text.push(self.unicode_escape()?);
                        continue;
                    }
                    text.push(match escape {
                        '"' | '\\' | '/' => escape,
                        'b' => '\x08',
                        'f' => '\x0c',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        _ => return Err(self.error("Invalid \\escape", self.at)),
                    });
                    self.at += 2;
                }
                c => {
                    text.push(c);
                    self.at += 1;
                }
            }
        }
    }

    /// The four digits after a `\u` whose backslash is at `at`.
    fn four_digits(&self, at: usize) -> Result<u32, JsonError> {
        let digits = self.chars.get(at + 2..at + 6);
        let code = digits.and_then(|four| four.iter().try_fold(0, |code, c| Some(code * 16 + c.to_digit(16)?)));
        // A text that ends with the digits has lost its closing quote, and Python says so here.
        match code {
            Some(code) if at + 6 < self.chars.len() => Ok(code),
            _ => Err(self.error("Invalid \\uXXXX escape", at + 1)),
        }
    }

    /// One character of one or two escapes. Half of a pair, which Python keeps, cannot be held in a
    /// string here and becomes the replacement character.
    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let first = self.four_digits(self.at)?;
        let next = self.at + 6;
        self.at = next;
        let pair_may_follow = self.chars.get(next) == Some(&'\\') && self.chars.get(next + 1) == Some(&'u');
        if (0xd800..0xdc00).contains(&first) && pair_may_follow && next + 6 < self.chars.len() {
            let second = self.four_digits(next)?;
            if (0xdc00..0xe000).contains(&second) {
                self.at = next + 6;
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

#[cfg(test)]
mod tests {
    use super::{DEEPEST, JsonError, loads, loads_bytes};
    use crate::model::AwsCli;

    #[test]
    fn texts_read_as_in_python() {
        for (text, repr) in [
            (" [1, -0, 1.50, 1e3, 123456789012345678901] ", "[1, 0, 1.5, 1000.0, 123456789012345678901]"),
            (r#"{"a":1,"b":[true,false,null],"a":3}"#, "{'a': 3, 'b': [True, False, None]}"),
            ("[NaN, Infinity, -Infinity]", "[nan, inf, -inf]"),
            (r#""\ud83d\ude00\u00e9\n\/""#, "'😀é\\n/'"),
            (r#""\ud83dx""#, "'\u{fffd}x'"),
        ] {
            assert_eq!(loads(text, AwsCli::V1).map(|value| value.repr()), Ok(repr.to_owned()), "{text}");
        }
        assert_eq!(loads_bytes(b"\xef\xbb\xbf{}", AwsCli::V1).map(|value| value.repr()), Ok("{}".to_owned()));
    }

    #[test]
    fn refusals_are_worded_as_in_python() {
        for (text, message) in [
            ("", "Expecting value: line 1 column 1 (char 0)"),
            (" ", "Expecting value: line 1 column 2 (char 1)"),
            ("\n\n  x", "Expecting value: line 3 column 3 (char 4)"),
            ("\u{feff}{}", "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"),
            (r#""\x""#, r"Invalid \escape: line 1 column 2 (char 1)"),
            (r#""\u12g4""#, r"Invalid \uXXXX escape: line 1 column 3 (char 2)"),
            (r#""\u1234"#, r"Invalid \uXXXX escape: line 1 column 3 (char 2)"),
            ("\"a\nb\"", "Invalid control character at: line 1 column 3 (char 2)"),
            ("\"\\", "Unterminated string starting at: line 1 column 1 (char 0)"),
            ("[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"),
            ("[1,", "Expecting value: line 1 column 4 (char 3)"),
            (r#"{"a""#, "Expecting ':' delimiter: line 1 column 5 (char 4)"),
            ("{,}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ("01", "Extra data: line 1 column 2 (char 1)"),
            ("-", "Expecting value: line 1 column 1 (char 0)"),
        ] {
            for cli in [AwsCli::V1, AwsCli::V2] {
                assert_eq!(loads(text, cli), Err(JsonError::Value(message.to_owned())), "{text:?}");
            }
        }
        for (text, old, new) in [
            (
                "[1 , ]",
                "Expecting value: line 1 column 6 (char 5)",
                "Illegal trailing comma before end of array: line 1 column 4 (char 3)",
            ),
            (
                "{\"a\":1,}",
                "Expecting property name enclosed in double quotes: line 1 column 8 (char 7)",
                "Illegal trailing comma before end of object: line 1 column 7 (char 6)",
            ),
        ] {
            assert_eq!(loads(text, AwsCli::V1), Err(JsonError::Value(old.to_owned())));
            assert_eq!(loads(text, AwsCli::V2), Err(JsonError::Value(new.to_owned())));
        }
        let undecodable = "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte";
        assert_eq!(loads_bytes(b"a\xff", AwsCli::V1), Err(JsonError::Value(undecodable.to_owned())));
    }

    #[test]
    fn depth_has_an_end() {
        assert!(loads(&format!("{}{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST)), AwsCli::V2).is_ok());
        assert!(matches!(loads(&"[".repeat(1_000_000), AwsCli::V2), Err(JsonError::Recursion(_))));
    }
}
