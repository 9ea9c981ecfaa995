//! CSV as RFC 4180 has it, with a line of names first. A text that a spreadsheet would run as a
//! formula gets an apostrophe before it, which the spreadsheet takes as "this is text".

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Cell, Column, Rows, micros};

/// Prints each row as it comes.
pub(super) struct Csv<'w> {
    columns: Vec<Column>,
    named: bool,
    writer: csv::Writer<&'w mut dyn Write>,
}

impl<'w> Csv<'w> {
    pub(super) fn new(columns: Vec<Column>, out: &'w mut dyn Write) -> Self {
        Csv { columns, named: false, writer: csv::Writer::from_writer(out) }
    }

    fn names(&mut self) -> io::Result<()> {
        if !self.named {
            self.named = true;
            let names = self.columns.iter().map(|column| harmless(&column.key).into_owned());
            self.writer.write_record(names).map_err(plain)?;
        }
        Ok(())
    }
}

impl Rows for Csv<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.names()?;
        self.writer.write_record(cells.iter().map(|cell| value(cell).into_owned())).map_err(plain)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.names()?;
        self.writer.flush()
    }
}

/// The writer's own error, so that a closed pipe is still seen to be one.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn value<'c>(cell: &'c Cell<'_>) -> Cow<'c, str> {
    match cell {
        Cell::Absent => "".into(),
        Cell::Text(text) => harmless(text),
        Cell::Integer(number) => number.to_string().into(),
        Cell::Float(number) => number.to_string().into(),
        Cell::Cost(amount) => micros(*amount).to_string().into(),
        Cell::Bytes(bytes) => bytes.to_string().into(),
        Cell::Instant(instant) => instant.to_utc_text().into(),
        Cell::Flag(flag) => flag.to_string().into(),
        Cell::Digest(digest) => harmless(&digest.to_string()).into_owned().into(),
        // A tag has no space in it.
        Cell::List(list) => harmless(&list.join(" ")).into_owned().into(),
    }
}

/// A text that no spreadsheet takes for a formula, and on which no terminal acts. Tabs and ends of
/// lines are data to CSV, and stay.
fn harmless(text: &str) -> Cow<'_, str> {
    let acts = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    if text.contains(acts) {
        let text: String =
            text.chars().map(|c| if acts(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect();
        return harmless(&text).into_owned().into();
    }
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}").into() } else { text.into() }
}
