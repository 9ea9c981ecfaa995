//! `--output json`: four spaces an indent, non-ASCII characters unescaped.
//!
//! [`JsonListWriter`] prints the same bytes as the formatter for a response of
//! one long list without holding that list.

use std::io::{self, Write};

use super::{Error, Formatter};
use crate::model::Value;
use crate::model::json::{write_scalar, write_string};

/// Prints a value as the real client does: nothing at all for `{}`, else the value and a newline.
pub struct Json;

impl Formatter for Json {
    fn page(&mut self, value: &Value, out: &mut dyn Write) -> Result<(), Error> {
        if value.as_map().is_none_or(|map| !map.is_empty()) {
            write_indented(out, value, 0)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}

/// Write `value` with its inner lines indented, the first line being at `depth` already.
///
/// # Errors
/// If the output cannot be written.
pub fn write_indented(mut out: &mut dyn Write, value: &Value, depth: usize) -> io::Result<()> {
    match value {
        Value::List(items) if items.is_empty() => out.write_all(b"[]"),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                out.write_all(if index > 0 { b"," } else { b"[" })?;
                break_line(out, depth + 1)?;
                write_indented(out, item, depth + 1)?;
            }
            break_line(out, depth)?;
            out.write_all(b"]")
        }
        Value::Map(map) if map.is_empty() => out.write_all(b"{}"),
        Value::Map(map) => {
            for (index, (key, item)) in map.iter().enumerate() {
                out.write_all(if index > 0 { b"," } else { b"{" })?;
                break_line(out, depth + 1)?;
                write_string(&mut out, key)?;
                out.write_all(b": ")?;
                write_indented(out, item, depth + 1)?;
            }
            break_line(out, depth)?;
            out.write_all(b"}")
        }
        scalar => write_scalar(&mut out, scalar),
    }
}

/// A newline and the indent of `depth`.
fn break_line(out: &mut dyn Write, depth: usize) -> io::Result<()> {
    /// A newline and sixteen levels of four spaces; deeper ones are rare and take another round.
    const BREAK: &[u8; 65] = b"\n                                                                ";
    let mut spaces = depth * 4;
    let first = spaces.min(64);
    out.write_all(&BREAK[..=first])?;
    spaces -= first;
    while spaces > 0 {
        let more = spaces.min(64);
        out.write_all(&BREAK[1..=more])?;
        spaces -= more;
    }
    Ok(())
}

/// Prints `{"KEY": [ELEMENTS...], ...}` element by element: the bytes that [`Json`] prints for the
/// whole object.
///
/// ```
/// use ecrsnap::internal::{model::Value, output::json::JsonListWriter};
/// let mut out = Vec::new();
/// let mut list = JsonListWriter::new("imageDetails");
/// list.element(&Value::Int(1), &mut out)?;
/// list.element(&Value::Int(2), &mut out)?;
/// list.finish(&[("NextToken", &Value::from("t"))], &mut out)?;
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     "{\n    \"imageDetails\": [\n        1,\n        2\n    ],\n    \"NextToken\": \"t\"\n}\n"
/// );
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct JsonListWriter<'k> {
    key: &'k str,
    any: bool,
}

impl<'k> JsonListWriter<'k> {
    /// A writer for the list of that key. Nothing is printed before its first element or its end.
    pub fn new(key: &'k str) -> Self {
        JsonListWriter { key, any: false }
    }

    /// Print the next element.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn element(&mut self, element: &Value, out: &mut dyn Write) -> io::Result<()> {
        self.next(out)?;
        write_indented(out, element, Self::DEPTH)
    }

    /// Print the text before the next element. The caller then writes that element itself, its
    /// first line unchanged and its other lines indented from [`JsonListWriter::DEPTH`] on.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn next(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.any {
            out.write_all(b",")?;
        } else {
            self.open(out)?;
            self.any = true;
        }
        break_line(out, Self::DEPTH)
    }

    /// Close the list, print the members that follow it and close the object.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn finish(self, members: &[(&str, &Value)], mut out: &mut dyn Write) -> io::Result<()> {
        if self.any {
            break_line(out, Self::DEPTH - 1)?;
        } else {
            self.open(out)?;
        }
        out.write_all(b"]")?;
        for (key, value) in members {
            out.write_all(b",")?;
            break_line(out, Self::DEPTH - 1)?;
            write_string(&mut out, key)?;
            out.write_all(b": ")?;
            write_indented(out, value, Self::DEPTH - 1)?;
        }
        out.write_all(b"\n}\n")
    }

    /// The depth of the elements.
    pub const DEPTH: usize = 2;

    fn open(&self, mut out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"{")?;
        break_line(out, Self::DEPTH - 1)?;
        write_string(&mut out, self.key)?;
        out.write_all(b": [")
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, JsonListWriter};
    use crate::model::{Map, Value, json};
    use crate::output::Formatter;

    fn printed(value: &Value) -> String {
        let mut out = Vec::new();
        Json.page(value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_an_empty_object_prints_nothing() {
        let cases = [
            ("{}", ""),
            ("[]", "[]\n"),
            ("null", "null\n"),
            ("\"\"", "\"\"\n"),
            ("0", "0\n"),
            ("[{}]", "[\n    {}\n]\n"),
        ];
        for (text, expected) in cases {
            assert_eq!(printed(&json::parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn deep_values_are_indented_all_the_way() {
        let deep = (0..40).fold(Value::Int(1), |inner, _| vec![inner].into());
        let text = printed(&deep);
        assert_eq!(text.lines().nth(40), Some(format!("{}1", " ".repeat(160)).as_str()));
    }

    #[test]
    fn the_list_writer_prints_what_the_formatter_prints() {
        let element = json::parse(r#"{"imageTags": ["a", "b"], "none": {}, "n": 1.5}"#).unwrap();
        for count in 0..4 {
            for members in
                [&[][..], &[("NextToken", Value::from("t\"é"))], &[("a", element.clone()), ("b", Value::Null)]]
            {
                let mut whole = Map::new();
                whole.insert("imageDetails".to_owned(), vec![element.clone(); count].into());
                whole.extend(members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
                let mut out = Vec::new();
                let mut list = JsonListWriter::new("imageDetails");
                for _ in 0..count {
                    list.element(&element, &mut out).unwrap();
                }
                let members: Vec<_> = members.iter().map(|(key, value)| (*key, value)).collect();
                list.finish(&members, &mut out).unwrap();
                assert_eq!(String::from_utf8(out).unwrap(), printed(&whole.into()));
            }
        }
    }
}
