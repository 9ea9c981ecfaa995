//! The AWS CLI's output formats, byte for byte: json, text, table, yaml, yaml-stream and off.
//!
//! One file (or folder) a format, behind one trait that is fed value by value. This module knows
//! nothing of responses, queries, pages' tokens, terminals or the environment: what to print comes
//! in as a [`Value`], how to print it as a [`Style`], and the bytes go to a writer of the caller's.
//! The exceptions are for speed: `detail` prints an image as JSON without a value, and `node` is what the other
//! formats print: a value, or an image.
//!
//! The seam with `--query`: a format says by [`Format::takes`] what it wants to be fed. For
//! [`Takes::Whole`] the caller merges all pages, applies the query once and calls
//! [`Formatter::page`] once. For [`Takes::Pages`] it applies the query to each page and calls
//! [`Formatter::page`] for each result. For [`Takes::Nothing`] it reads the pages (for their
//! errors) and feeds nothing; the query is never evaluated.
//!
//! Two habits of the real client are the caller's part, because they need the paginator:
//! - a page of `text` has the result keys alone (`imageDetails`, and on the first page whatever the
//!   paginator does not aggregate), and where the output was cut by `--max-items`, one more value
//!   follows, `{"NextToken": {"NextToken": TOKEN}}`, through the query like any page;
//! - a page of `yaml-stream` is the service's whole response, its `nextToken` included.

use std::io::{self, Write};

use crate::model::shared_refs::SharedRefs;
use crate::model::{AwsCli, Value};

pub mod detail;
pub mod json;
pub mod node;
pub mod python;
pub mod table;
pub mod text;
mod unicode;
pub mod yaml;

/// A value of `--output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Indented JSON.
    #[default]
    Json,
    /// Rows of tab-separated columns.
    Text,
    /// Nested boxes.
    Table,
    /// One YAML document.
    Yaml,
    /// A YAML list item for each page.
    YamlStream,
    /// Nothing.
    Off,
}

/// What a format is fed with, and so what `--query` sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Takes {
    /// All pages merged into one value.
    Whole,
    /// Each page for itself.
    Pages,
    /// No value at all; the pages are still read.
    Nothing,
}

impl Format {
    /// The names that the real client of that release line knows, in the order of its usage text.
    pub const fn names(cli: AwsCli) -> &'static [&'static str] {
        match cli {
            AwsCli::V1 => &["json", "text", "table"],
            AwsCli::V2 => &["json", "text", "table", "yaml", "yaml-stream", "off"],
        }
    }

    /// The format of that name, if the real client of that release line knows it.
    ///
    /// ```
    /// use ecrsnap::internal::{model::AwsCli, output::Format};
    /// assert_eq!(Format::parse("yaml", AwsCli::V2), Some(Format::Yaml));
    /// assert_eq!(Format::parse("yaml", AwsCli::V1), None);
    /// ```
    pub fn parse(name: &str, cli: AwsCli) -> Option<Self> {
        if !Self::names(cli).contains(&name) {
            return None;
        }
        Some(match name {
            "json" => Format::Json,
            "text" => Format::Text,
            "table" => Format::Table,
            "yaml" => Format::Yaml,
            "yaml-stream" => Format::YamlStream,
            _ => Format::Off,
        })
    }

    /// What this format is fed with.
    pub const fn takes(self) -> Takes {
        match self {
            Format::Json | Format::Table | Format::Yaml => Takes::Whole,
            Format::Text | Format::YamlStream => Takes::Pages,
            Format::Off => Takes::Nothing,
        }
    }

    /// Whether this format shows which parts of a value are one.
    pub const fn shows_twins(self) -> bool {
        matches!(self, Format::Yaml | Format::YamlStream)
    }

    /// A formatter for one command's output.
    pub fn formatter(self, style: Style) -> Box<dyn Formatter> {
        match self {
            Format::Json => Box::new(json::Json),
            Format::Text => Box::new(text::Text::default()),
            Format::Table => Box::new(table::Table::new(style)),
            Format::Yaml => Box::new(yaml::Yaml),
            Format::YamlStream => Box::new(yaml::YamlStream::new(style.paginated)),
            Format::Off => Box::new(Off),
        }
    }
}

/// What a formatter must know in addition to the value. The release line is not part of it: what both
/// lines can print, they print alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// The operation's name (`DescribeImages`): the title of a table.
    pub title: String,
    /// Whether and how a table is coloured.
    pub colour: Colour,
    /// The width of the terminal that standard output is, which decides whether a table is turned
    /// upright; [`Style::COLUMNS`] if it is not a terminal. The real client asks the terminal
    /// alone and never reads `COLUMNS`.
    pub columns: usize,
    /// Whether the values are pages of the paginator. Only `yaml-stream` asks: an unpaginated `{}`
    /// prints nothing there, a paginated one prints an item.
    pub paginated: bool,
}

impl Style {
    /// The width that the real client uses if standard output is not a terminal.
    pub const COLUMNS: usize = 80;

    /// No colour, 80 columns, paginated.
    pub fn plain(title: impl Into<String>) -> Self {
        Style { title: title.into(), colour: Colour::Off, columns: Self::COLUMNS, paginated: true }
    }
}

/// How a table is coloured. `--color on`, or `auto` on a terminal, means one of the last three:
/// the real client's colours come through a wrapper of standard output that resets the terminal
/// after each write, and once more when the process ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Colour {
    /// No escape sequence at all.
    #[default]
    Off,
    /// Standard output is not a terminal: a reset follows each write.
    Pipe,
    /// Standard output is a terminal: as [`Colour::Pipe`], and a last reset at the end, even where
    /// nothing was printed.
    Terminal,
    /// The output goes through a pager, which the wrapper does not see: no resets but those of the
    /// colours themselves. The last one, [`RESET`], goes to the terminal when the pager has ended,
    /// and is the caller's to write.
    Pager,
}

/// The escape sequence that ends a colour.
pub const RESET: &str = "\x1b[0m";

/// Prints one command's output.
pub trait Formatter {
    /// Print a value: the whole result, or one page's (see [`Format::takes`]).
    ///
    /// # Errors
    /// If the value cannot be printed in this format, or the output cannot be written.
    fn page(&mut self, value: &Value, out: &mut dyn Write) -> Result<(), Error>;

    /// Print a value of which some parts are one. YAML alone shows that.
    ///
    /// # Errors
    /// If the value cannot be printed in this format, or the output cannot be written.
    fn page_with_shared_refs(
        &mut self,
        value: &Value,
        shared_refs: &SharedRefs,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        let _ = shared_refs;
        self.page(value, out)
    }

    /// Print the text at the very end. To be called once, after an [`Error::Shape`] too.
    ///
    /// # Errors
    /// If the output cannot be written.
    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let _ = out;
        Ok(())
    }
}

/// Why a value was not printed, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Writing failed; a closed pipe is [`io::ErrorKind::BrokenPipe`].
    #[error(transparent)]
    Write(#[from] io::Error),
    /// A value of a shape that the real client stumbles over, such as an object among numbers in
    /// text or rows of unequal length in a table. The text is the message that it ends with
    /// (exit status 255); text may have printed rows before.
    #[error("{0}")]
    Shape(String),
}

/// Prints nothing.
struct Off;

impl Formatter for Off {
    fn page(&mut self, _: &Value, _: &mut dyn Write) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Style, Takes};
    use crate::model::{AwsCli, Value};

    #[test]
    fn each_release_line_knows_its_own_names() {
        for cli in [AwsCli::V1, AwsCli::V2] {
            for name in ["json", "text", "table"] {
                assert!(Format::parse(name, cli).is_some(), "{name} in {cli:?}");
            }
            for name in ["", "JSON", "yml", "tab"] {
                assert_eq!(Format::parse(name, cli), None, "{name} in {cli:?}");
            }
        }
        for name in ["yaml", "yaml-stream", "off"] {
            assert_eq!(Format::parse(name, AwsCli::V1), None);
            assert!(Format::parse(name, AwsCli::V2).is_some());
        }
    }

    #[test]
    fn off_takes_nothing_and_prints_nothing() {
        assert_eq!(Format::Off.takes(), Takes::Nothing);
        let mut out = Vec::new();
        let mut formatter = Format::Off.formatter(Style::plain("DescribeImages"));
        formatter.page(&Value::Int(1), &mut out).unwrap();
        formatter.finish(&mut out).unwrap();
        assert!(out.is_empty());
    }

    #[test]
    fn a_closed_pipe_is_reported_by_every_format() {
        /// A pipe whose reader has gone.
        struct Closed;
        impl std::io::Write for Closed {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let value = crate::model::json::parse(r#"{"a": [{"b": 1}]}"#).unwrap();
        for format in [Format::Json, Format::Text, Format::Table, Format::Yaml, Format::YamlStream] {
            let outcome = format.formatter(Style::plain("DescribeImages")).page(&value, &mut Closed);
            let Err(super::Error::Write(error)) = outcome else { panic!("{format:?} wrote to a closed pipe") };
            assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe, "{format:?}");
        }
    }
}
