//! Writes a listing as the page that it could have been saved as: ingesting that page gives the same
//! listing, hash for hash.
//!
//! Writes to a writer. The command line decides which files there are and whether one may be
//! overwritten; `names` has their names.

mod detail;
mod indent;
pub mod names;
mod repositories;

use std::io::{self, Write};

use crate::model::json;
use crate::store::StoreError;
use crate::store::read::{Listing, Reader, Snapshot};
pub use repositories::{Manifest, write_policy, write_repositories};

/// How a listing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One page, indented as the AWS CLI indents it; with the last page's token if that was open.
    Page,
    /// One detail a line. It cannot say that a listing is incomplete, or empty.
    Lines,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// What the store says.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Write a listing of a snapshot.
///
/// # Errors
/// If the database cannot be read, or the output cannot be written.
pub fn write(
    reader: &Reader,
    snapshot: &Snapshot,
    listing: &Listing,
    shape: Shape,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let mut text = String::new();
    if shape == Shape::Lines {
        return reader.stored_images(listing, |image| {
            text.clear();
            detail::put(&mut text, &listing.repository, image)?;
            text.push('\n');
            Ok(out.write_all(text.as_bytes())?)
        });
    }
    let token = open_token(reader, snapshot, listing)?;
    out.write_all(b"{\n    \"imageDetails\": [")?;
    let mut any = false;
    reader.stored_images(listing, |image| {
        text.clear();
        detail::put(&mut text, &listing.repository, image)?;
        out.write_all(if any { b",\n        " } else { b"\n        " })?;
        any = true;
        Ok::<_, ExportError>(indent::write(out, &text, 2)?)
    })?;
    out.write_all(if any { b"\n    ]" } else { b"]" })?;
    if let Some(token) = token {
        let mut quoted = Vec::new();
        json::write_string(&mut quoted, &token)?;
        out.write_all(b",\n    \"nextToken\": ")?;
        out.write_all(&quoted)?;
    }
    Ok(out.write_all(b"\n}\n")?)
}

/// The token that keeps an incomplete listing incomplete: its last page's.
fn open_token(reader: &Reader, snapshot: &Snapshot, listing: &Listing) -> Result<Option<String>, StoreError> {
    if listing.complete {
        return Ok(None);
    }
    let tokens = reader.page_tokens(snapshot.id, listing.repository_id)?;
    match tokens.into_iter().next_back() {
        Some(last) => Ok(Some(last.token)),
        None => Err(StoreError::Damaged(format!(
            "{} is incomplete, and its last page has no token",
            crate::model::visible(&listing.repository.name)
        ))),
    }
}
