//! A table of GitHub's Markdown, with other people's text escaped so that it stays text.

use std::io::{self, Write};

use super::{Cell, Column, Rows, human};
use crate::model::visible;

/// Prints each row as it comes.
pub(super) struct Markdown<'w> {
    columns: Vec<Column>,
    named: bool,
    out: &'w mut dyn Write,
}

impl<'w> Markdown<'w> {
    pub(super) fn new(columns: Vec<Column>, out: &'w mut dyn Write) -> Self {
        Markdown { columns, named: false, out }
    }

    fn names(&mut self) -> io::Result<()> {
        if self.named {
            return Ok(());
        }
        self.named = true;
        for column in &self.columns {
            write!(self.out, "| {} ", markdown_text(&column.title))?;
        }
        writeln!(self.out, "|")?;
        for column in &self.columns {
            self.out.write_all(if column.number { b"|--:" } else { b"|---" })?;
        }
        writeln!(self.out, "|")
    }
}

impl Rows for Markdown<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.names()?;
        for cell in cells {
            write!(self.out, "| {} ", markdown_text(&human(cell)))?;
        }
        writeln!(self.out, "|")
    }

    fn finish(&mut self) -> io::Result<()> {
        self.names()
    }
}

/// A text escaped for Markdown: no markup, no HTML, no end of a cell or line.
pub fn markdown_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
