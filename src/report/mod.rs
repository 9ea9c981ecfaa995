//! A report over one snapshot or a span of them: what is there, how it went, what could go.
//!
//! `gather` makes [`Figures`] from a store, `page` puts them into sentences, tables and charts, and one
//! file a format prints them. The same database and options give the same bytes: no clock is read.
//! Nothing here prints or knows SQL.

// What only the HTML page shows (charts, ids, folded rows) is unused in a build without it.
#![cfg_attr(not(feature = "report"), allow(dead_code))]

mod csv;
pub mod figures;
mod gather;
#[cfg(feature = "report")]
mod html;
mod markdown;
mod moves;
mod page;
mod scale;
mod span;
mod state;
mod svg;
mod table;

use std::io::{self, Write};

pub use figures::Figures;
pub use gather::{Options, gather};

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One self-contained page. Needs the feature `report`.
    #[cfg(feature = "report")]
    Html,
    /// Headings, sentences and tables.
    Markdown,
    /// All figures as one object.
    Json,
    /// One figure a line.
    Csv,
}

/// Print a report.
///
/// # Errors
/// Where it cannot be written.
pub fn write(figures: &Figures, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        #[cfg(feature = "report")]
        Format::Html => html::write(&page::page(figures), out),
        Format::Markdown => markdown::write(&page::page(figures), out),
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, figures)?;
            writeln!(out)
        }
        Format::Csv => csv::write(figures, out),
    }
}
