//! Objects with a member for each column, as one array or one a line. Numbers are numbers, instants
//! ISO 8601 in UTC, and what is absent is `null`.

use std::io::{self, Write};

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

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
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
        Cell::List(list) => serde_json::Value::from(*list).to_string(),
    }
}
