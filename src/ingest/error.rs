//! What can go wrong with an ingest: which file, where in it, what was found, what to do.

use std::path::Path;

use super::parse::page::PageError;
use super::parse::window::TextPosition;
use super::source::SourceError;
use crate::model::visible;
use crate::store::StoreError;

/// Why an ingest, or one of its files, was refused.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// A file that cannot be found, read or unpacked.
    #[error("{0}")]
    Source(#[from] SourceError),
    /// A text that is not a page, or an incomplete one.
    #[error("{}{}: {message}", visible(file), at(.place.as_ref()))]
    Page {
        /// The file, and its member in an archive.
        file: String,
        /// Where, if it is at one place.
        place: Option<TextPosition>,
        /// What was found there and what was expected.
        message: String,
    },
    /// What the store says.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An option that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// What was found says something about pages that were read before; they are read again with it. It never
    /// reaches the caller of `ingest`.
    #[error("the ingest restarts")]
    Restart,
    /// The ingest was given up because of another error. It never reaches the caller of `ingest`.
    #[error("the ingest was stopped")]
    Stopped,
}

impl IngestError {
    /// A parser's finding with the file that it is about.
    pub(super) fn of_page(file: &str, error: PageError) -> Self {
        let (place, message) = match error {
            PageError::At { place, message } => (Some(place), message),
            PageError::Whole { message } => (None, message),
            PageError::Stopped => return IngestError::Stopped,
            PageError::Read(error) => return IngestError::Source(SourceError::from_io(file, error)),
        };
        IngestError::Page { file: file.to_owned(), place, message }
    }

    /// The same with the database's file, if it is about the database.
    #[must_use]
    pub fn of(self, db: &Path) -> Self {
        match self {
            IngestError::Store(error) => IngestError::Store(error.of(db)),
            other => other,
        }
    }

    /// What to do about it, if there is something beyond the message.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            IngestError::Source(error) => error.advice(),
            _ => None,
        }
    }
}

fn at(place: Option<&TextPosition>) -> String {
    place.map_or(String::new(), |place| format!(":{}:{}", place.line, place.column))
}
