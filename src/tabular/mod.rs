//! Rows of our own answers (not the AWS CLI's, see [`crate::output`]) as a table, JSON, NDJSON, CSV or Markdown.
//!
//! One trait takes the rows one by one; only a table holds them. [`Cell`] defines what a value means; each format
//! decides how it looks, and escapes it. This module does not know images or snapshots, and does not read the
//! environment: the caller gives a table its width.

mod csv;
pub(crate) mod json;
mod layout;
mod markdown;
mod table;

use std::borrow::Cow;
use std::io::{self, Write};

use crate::model::{Digest, Instant};
pub use markdown::markdown_text;

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
    /// RFC 4180, with a line of names.
    Csv,
    /// A table of GitHub's Markdown.
    Markdown,
}

impl Format {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
            Format::Markdown => "markdown",
        }
    }
}

/// One column: what machines and people call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The member of a JSON object and the name in CSV: `imageDigest`.
    pub key: Cow<'static, str>,
    /// The head of a table's column: `DIGEST`.
    pub title: Cow<'static, str>,
    /// Whether it holds numbers, which are aligned to the right.
    pub number: bool,
    /// Whether a narrow table may leave it out: 0 never; otherwise the highest first.
    pub optional: u8,
}

impl Column {
    /// A column of text.
    pub fn text(key: &'static str, title: &'static str) -> Self {
        Column { key: key.into(), title: title.into(), number: false, optional: 0 }
    }

    /// A column of numbers.
    pub fn number(key: &'static str, title: &'static str) -> Self {
        Column { key: key.into(), title: title.into(), number: true, optional: 0 }
    }

    /// The same column, which a narrow table may leave out; the one with the highest rank goes first.
    #[must_use]
    pub fn optional(self, rank: u8) -> Self {
        Column { optional: rank, ..self }
    }
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing is known: an empty cell, or `null`.
    Absent,
    /// Anybody's text.
    Text(Cow<'a, str>),
    /// A number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// An amount of money, in whatever currency; people see cents, machines six digits.
    Cost(f64),
    /// A size in bytes; people see `1.50 GB`, machines the number.
    Bytes(u64),
    /// A moment; people see whole seconds in UTC, machines all of it.
    Instant(Instant),
    /// Yes or no.
    Flag(bool),
    /// A digest; people see its first twelve digits, machines all of it.
    Digest(&'a Digest),
    /// Several texts in order, such as the tags of an image; people see how many there are beyond eight.
    List(&'a [String]),
}

impl<'a> Cell<'a> {
    /// A text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Cell::Text(text.into())
    }

    /// A count.
    pub fn count(count: u64) -> Self {
        Cell::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A cell of what is there, or an empty one.
    pub fn of<T>(value: Option<T>, cell: impl FnOnce(T) -> Cell<'a>) -> Self {
        value.map_or(Cell::Absent, cell)
    }
}

/// Takes rows and prints them.
pub trait Rows {
    /// Print a row; it has one cell for each column.
    ///
    /// # Errors
    /// If the output cannot be written.
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()>;
    /// Print what can only be printed at the end.
    ///
    /// # Errors
    /// If the output cannot be written.
    fn finish(&mut self) -> io::Result<()>;
}

/// A printer of rows in that format; a table is as wide as its content.
pub fn rows<'w>(format: Format, columns: Vec<Column>, out: &'w mut dyn Write) -> Box<dyn Rows + 'w> {
    rows_within(format, columns, None, out)
}

/// The same, with a table fitted into so many columns of a terminal.
pub fn rows_within<'w>(
    format: Format,
    columns: Vec<Column>,
    width: Option<usize>,
    out: &'w mut dyn Write,
) -> Box<dyn Rows + 'w> {
    match format {
        Format::Table => Box::new(table::Table::new(columns, width, out)),
        Format::Json => Box::new(json::Json::array(columns, out)),
        Format::Ndjson => Box::new(json::Json::lines(columns, out)),
        Format::Csv => Box::new(csv::Csv::new(columns, out)),
        Format::Markdown => Box::new(markdown::Markdown::new(columns, out)),
    }
}

/// Texts of a list that people see, if there are several more: an image can have a thousand tags.
const LISTED: usize = 8;

/// What people see of a cell; other people's text is not yet escaped.
fn human<'c>(cell: &'c Cell<'_>) -> Cow<'c, str> {
    match cell {
        Cell::Absent => "".into(),
        Cell::Text(text) => text.as_ref().into(),
        Cell::Integer(number) => number.to_string().into(),
        Cell::Float(number) => format!("{number:.1}").into(),
        Cell::Cost(amount) if *amount > 0.0 && *amount < 0.005 => "< 0.01".into(),
        Cell::Cost(amount) => format!("{amount:.2}").into(),
        Cell::Bytes(bytes) => size(*bytes).into(),
        Cell::Instant(instant) => whole_seconds(*instant).into(),
        Cell::Flag(flag) => if *flag { "yes" } else { "no" }.into(),
        Cell::Digest(digest) => short(digest).into(),
        Cell::List(list) => match list.split_at_checked(LISTED) {
            Some((first, more @ [_, _, ..])) => format!("{} and {} more", first.join(", "), more.len()).into(),
            _ => list.join(", ").into(),
        },
    }
}

/// An amount to six digits after the point.
fn micros(amount: f64) -> f64 {
    (amount * 1e6).round() / 1e6
}

/// A moment to the second, `2026-03-01 02:00:00`, in UTC.
pub fn whole_seconds(instant: Instant) -> String {
    let text = instant.to_utc_text();
    let text = text.trim_end_matches('Z').split('.').next().unwrap_or_default();
    text.replacen('T', " ", 1)
}

/// A size as people read it: `1.50 GB`.
pub fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

/// A digest as people name it: the algorithm and the first twelve digits.
pub fn short(digest: &Digest) -> String {
    let text = digest.to_string();
    let end = text.find(':').map_or(0, |colon| colon + 1) + 12;
    match text.char_indices().nth(end) {
        Some((cut, _)) if matches!(digest, Digest::Sha256(_)) => text[..cut].to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
