//! JSON text between backticks and quotes, read as Python's `json.loads` reads it.
//!
//! `serde_json` will not do: `NaN` and `Infinity` are values here, a float too large is infinite,
//! and the lexer reports a bad quoted identifier in the words of Python's decoder. A lone half of a
//! surrogate pair is the one thing Python reads and this does not, as no `String` can hold it.

use crate::model::python::MOST_DIGITS;
use crate::model::{Map, Value, json};

/// Why a text is not a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoadError {
    /// Python's `ValueError`, with the part of its message before the first colon.
    Invalid(&'static str),
    /// Nested too deep.
    TooDeep,
    /// An escape such as `\ud800` without its other half.
    HalfCharacter,
}

const NO_VALUE: LoadError = LoadError::Invalid("Expecting value");

/// Read one value that fills `text` except for blanks around it.
pub(super) fn loads(text: &str) -> Result<Value, LoadError> {
    if text.starts_with('\u{feff}') {
        return Err(LoadError::Invalid("Unexpected UTF-8 BOM (decode using utf-8-sig)"));
    }
    let mut reader = Reader { text, at: 0, depth: 0, half_character: false };
    reader.skip_blanks();
    let value = reader.value()?;
    reader.skip_blanks();
    if reader.at < text.len() {
        return Err(LoadError::Invalid("Extra data"));
    }
    if reader.half_character { Err(LoadError::HalfCharacter) } else { Ok(value) }
}

struct Reader<'t> {
    text: &'t str,
    /// Byte offset, always on a character's boundary.
    at: usize,
    depth: usize,
    half_character: bool,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Value, LoadError> {
        match self.peek() {
            Some(b'"') => Ok(Value::Str(self.string()?)),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("null") => Ok(Value::Null),
            _ if self.take("true") => Ok(Value::Bool(true)),
            _ if self.take("false") => Ok(Value::Bool(false)),
            _ if self.take("NaN") => Ok(Value::Float(f64::NAN)),
            _ if self.take("Infinity") => Ok(Value::Float(f64::INFINITY)),
            _ => Err(NO_VALUE),
        }
    }

    /// Read a container, its opening bracket included.
    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, LoadError>) -> Result<Value, LoadError> {
        if self.depth == super::MAX_DEPTH {
            return Err(LoadError::TooDeep);
        }
        self.depth += 1;
        self.at += 1;
        self.skip_blanks();
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Result<Value, LoadError> {
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_blanks();
            if self.take("]") {
                return Ok(Value::List(items));
            }
            self.comma()?;
        }
    }

    fn object(&mut self) -> Result<Value, LoadError> {
        let mut members = Map::new();
        if self.take("}") {
            return Ok(Value::Map(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(LoadError::Invalid("Expecting property name enclosed in double quotes"));
            }
            let name = self.string()?;
            self.skip_blanks();
            if !self.take(":") {
                return Err(LoadError::Invalid("Expecting ':' delimiter"));
            }
            self.skip_blanks();
            // A name that comes twice keeps its first place and its last value, as in a dict.
            let value = self.value()?;
            members.insert(name, value);
            self.skip_blanks();
            if self.take("}") {
                return Ok(Value::Map(members));
            }
            self.comma()?;
        }
    }

    fn comma(&mut self) -> Result<(), LoadError> {
        if !self.take(",") {
            return Err(LoadError::Invalid("Expecting ',' delimiter"));
        }
        self.skip_blanks();
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`, as much of it as is there.
    fn number(&mut self) -> Result<Value, LoadError> {
        let start = self.at;
        if self.take("-") && self.take("Infinity") {
            return Ok(Value::Float(f64::NEG_INFINITY));
        }
        let integer = if self.take("0") { 1 } else { self.digits() };
        if integer == 0 {
            return Err(NO_VALUE);
        }
        let mut float = self.optional(|reader| reader.take(".") && reader.digits() > 0);
        float |= self.optional(|reader| {
            let marked = reader.take("e") || reader.take("E");
            let _sign = marked && (reader.take("-") || reader.take("+"));
            marked && reader.digits() > 0
        });
        if !float && integer > MOST_DIGITS {
            return Err(LoadError::Invalid("Exceeds the limit (4300 digits) for integer string conversion"));
        }
        json::parse_number(&self.text[start..self.at]).ok_or(NO_VALUE)
    }

    /// Read a part that may be absent: what was taken is given back when `read` says no.
    fn optional(&mut self, read: impl Fn(&mut Self) -> bool) -> bool {
        let start = self.at;
        let found = read(self);
        if !found {
            self.at = start;
        }
        found
    }

    fn string(&mut self) -> Result<String, LoadError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(character) = self.rest().chars().next() else {
                return Err(LoadError::Invalid("Unterminated string starting at"));
            };
            self.at += character.len_utf8();
            match character {
                '"' => return Ok(text),
                '\\' => text.push(self.escape()?),
                '\0'..='\x1f' => return Err(LoadError::Invalid("Invalid control character at")),
                _ => text.push(character),
            }
        }
    }

    fn escape(&mut self) -> Result<char, LoadError> {
        let Some(letter) = self.rest().chars().next() else {
            return Err(LoadError::Invalid("Unterminated string starting at"));
        };
        self.at += letter.len_utf8();
        Ok(match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode_escape(),
            _ => return Err(LoadError::Invalid("Invalid \\escape")),
        })
    }

    fn unicode_escape(&mut self) -> Result<char, LoadError> {
        let unit = self.code_unit()?;
        if (0xd800..0xdc00).contains(&unit) {
            let start = self.at;
            if self.take("\\u") {
                let low = self.code_unit()?;
                if (0xdc00..0xe000).contains(&low) {
                    let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                self.at = start;
            }
        }
        // Reading continues, since a mistake further on is what Python would report.
        Ok(char::from_u32(unit).unwrap_or_else(|| {
            self.half_character = true;
            char::REPLACEMENT_CHARACTER
        }))
    }

    fn code_unit(&mut self) -> Result<u32, LoadError> {
        let digits = self.text.get(self.at..self.at + 4).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|text| u32::from_str_radix(text, 16).ok());
        self.at += 4;
        unit.ok_or(LoadError::Invalid("Invalid \\uXXXX escape"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_python_reads() {
        for (text, expected) in [
            (" null ", "null"),
            ("[1, -0, 1.50, 1E2, 12345678901234567890]", "[1, 0, 1.5, 100.0, 12345678901234567890]"),
            ("[NaN, Infinity, -Infinity, 1e999]", "[NaN, Infinity, -Infinity, Infinity]"),
            (r#"{"b": 1, "a": 2, "b": 3}"#, r#"{"b": 3, "a": 2}"#),
            (r#""\u00e9\ud83d\ude00\/""#, "\"\u{e9}\u{1f600}/\""),
            ("\"\u{7f}\"", "\"\u{7f}\""),
            ("{ }", "{}"),
        ] {
            let value = loads(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(json::to_compact(&value), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_python_refuses() {
        let invalid = LoadError::Invalid;
        for (text, expected) in [
            ("", NO_VALUE),
            ("-", NO_VALUE),
            ("[1,]", NO_VALUE),
            ("01", invalid("Extra data")),
            ("1.", invalid("Extra data")),
            ("1e+", invalid("Extra data")),
            ("\u{feff}1", invalid("Unexpected UTF-8 BOM (decode using utf-8-sig)")),
            ("{1: 2}", invalid("Expecting property name enclosed in double quotes")),
            ("{\"a\" 2}", invalid("Expecting ':' delimiter")),
            ("[1 2]", invalid("Expecting ',' delimiter")),
            ("\"a", invalid("Unterminated string starting at")),
            ("\"a\nb\"", invalid("Invalid control character at")),
            (r#""\x""#, invalid("Invalid \\escape")),
            (r#""\u12""#, invalid("Invalid \\uXXXX escape")),
            (r#""\ud800\uzzzz""#, invalid("Invalid \\uXXXX escape")),
            (r#""\ud800""#, LoadError::HalfCharacter),
            (r#""\ud800A""#, LoadError::HalfCharacter),
        ] {
            assert_eq!(loads(text), Err(expected), "{text}");
        }
        assert_eq!(loads(&"[".repeat(100_000)), Err(LoadError::TooDeep));
        assert!(loads(&"9".repeat(MOST_DIGITS)).is_ok());
        assert!(loads(&"9".repeat(MOST_DIGITS + 1)).is_err());
    }
}
