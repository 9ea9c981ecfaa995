//! A report over one snapshot or a span of them: contents, trends, and what could be deleted.
//!
//! `gather` makes [`Figures`] from a store, `page` puts them into sentences, tables and charts, and each
//! format is one file. The same database and options give the same bytes: no clock is read. This
//! module neither prints nor contains SQL.

// What only the HTML page shows (charts, ids, folded rows) is unused in a build without it.
#![cfg_attr(not(feature = "report"), allow(dead_code))]

mod children;
mod churn;
mod csv;
pub mod figures;
mod gather;
mod histogram;
#[cfg(feature = "report")]
mod html;
mod markdown;
mod moves;
mod openmetrics;
mod page;
mod policies;
mod scale;
mod settings;
mod span;
mod state;
mod svg;
mod table;
mod tag_kind;
mod top;

use std::io::{self, Write};

pub use figures::Figures;
pub use gather::{Options, gather};
pub use openmetrics::MEDIA_TYPE as OPENMETRICS_MEDIA_TYPE;

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One self-contained HTML file.
    /// Needs the feature `report`.
    #[cfg(feature = "report")]
    Html,
    /// Headings, sentences and tables.
    Markdown,
    /// All figures as one object.
    Json,
    /// One figure per line.
    Csv,
    /// Metrics for Prometheus.
    OpenMetrics,
}

/// Print a report.
///
/// # Errors
/// If `out` cannot be written.
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
        Format::OpenMetrics => openmetrics::write(figures, openmetrics::REPOSITORIES, out),
    }
}
