//! Objects with a member for each column, as one array or one a line. Numbers are numbers, instants
//! ISO 8601 in UTC, and what is absent is `null`.

use std::io::{self, Write};

use serde::Serialize;

use super::{Cell, Column, Rows, micros};

/// Prints each row as it comes.
pub(super) struct Json<'w> {
    keys: Vec<String>,
    lines: bool,
    any: bool,
    out: &'w mut dyn Write,
}

impl<'w> Json<'w> {
    /// One array, indented by object.
    pub(super) fn array(columns: Vec<Column>, out: &'w mut dyn Write) -> Self {
        Json::new(columns, false, out)
    }

    /// One object a line.
    pub(super) fn lines(columns: Vec<Column>, out: &'w mut dyn Write) -> Self {
        Json::new(columns, true, out)
    }

    fn new(columns: Vec<Column>, lines: bool, out: &'w mut dyn Write) -> Self {
        let keys = columns.into_iter().map(|column| quoted(&column.key)).collect();
        Json { keys, lines, any: false, out }
    }
}

impl Rows for Json<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        let (open, between, close) = match (self.lines, self.any) {
            (true, _) => ("{", ", ", "}\n"),
            (false, false) => ("[\n  {\n    ", ",\n    ", "\n  }"),
            (false, true) => (",\n  {\n    ", ",\n    ", "\n  }"),
        };
        self.any = true;
        self.out.write_all(open.as_bytes())?;
        for (index, (key, cell)) in self.keys.iter().zip(cells).enumerate() {
            if index > 0 {
                self.out.write_all(between.as_bytes())?;
            }
            write!(self.out, "{key}: {}", value(cell))?;
        }
        self.out.write_all(close.as_bytes())
    }

    fn finish(&mut self) -> io::Result<()> {
        match (self.lines, self.any) {
            (true, _) => Ok(()),
            (false, true) => self.out.write_all(b"\n]\n"),
            (false, false) => self.out.write_all(b"[]\n"),
        }
    }
}

/// Write a value as indented JSON that a terminal can show.
///
/// # Errors
/// If `out` cannot be written.
pub(crate) fn write_pretty<T: Serialize + ?Sized>(out: impl Write, value: &T) -> serde_json::Result<()> {
    serde_json::to_writer_pretty(Printable(out), value)
}

/// Escapes the control characters that JSON allows unescaped: DEL, and those from U+0080 to U+009F, with which a
/// text from a page could control a terminal. The input must be JSON, where they occur only in strings.
struct Printable<W>(W);

impl<W: Write> Write for Printable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut begin = 0;
        for at in memchr::memchr2_iter(0x7f, 0xc2, bytes) {
            // A writer of JSON hands out whole characters.
            let (control, length) = match (bytes[at], bytes.get(at + 1)) {
                (0x7f, _) => (0x7f, 1),
                (_, Some(second @ 0x80..=0x9f)) => (*second, 2),
                _ => continue,
            };
            self.0.write_all(&bytes[begin..at])?;
            write!(self.0, "\\u{control:04x}")?;
            begin = at + length;
        }
        self.0.write_all(&bytes[begin..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// JSON text with these characters escaped.
fn printable(json: String) -> String {
    if !json.contains(|c: char| matches!(c, '\u{7f}'..='\u{9f}')) {
        return json;
    }
    let mut out = Vec::with_capacity(json.len() + 16);
    // Writing to memory does not fail, and only ASCII is put in place of whole characters.
    let _ = Printable(&mut out).write_all(json.as_bytes());
    String::from_utf8(out).unwrap_or(json)
}

fn quoted(text: &str) -> String {
    printable(serde_json::Value::from(text).to_string())
}

fn value(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Absent => "null".to_owned(),
        Cell::Text(text) => quoted(text),
        Cell::Integer(number) => number.to_string(),
        Cell::Float(number) => serde_json::Value::from(*number).to_string(),
        Cell::Cost(amount) => serde_json::Value::from(micros(*amount)).to_string(),
        Cell::Bytes(bytes) => bytes.to_string(),
        Cell::Instant(instant) => quoted(&instant.to_utc_text()),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Digest(digest) => quoted(&digest.to_string()),
        Cell::List(list) => printable(serde_json::Value::from(*list).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{quoted, write_pretty};

    #[test]
    fn no_control_character_reaches_a_terminal() {
        for (text, expected) in [
            ("a", r#""a""#),
            ("a\u{9b}31m\u{7f}\u{80}", r#""a\u009b31m\u007f\u0080""#),
            ("é\u{a0}\u{c2}", "\"é\u{a0}\u{c2}\""),
            ("\u{1b}\n", r#""\u001b\n""#),
        ] {
            assert_eq!(quoted(text), expected);
            let mut out = Vec::new();
            write_pretty(&mut out, &text).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
            assert_eq!(serde_json::from_str::<String>(expected).unwrap(), text);
        }
    }
}
