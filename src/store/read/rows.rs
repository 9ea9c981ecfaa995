//! The images of a listing column by column, their texts as they lie in the store.
//!
//! A [`crate::model::Detail`] is what the API's model makes of a row; it forgets how a number of an
//! unknown member was spelled, and that a page had an empty list of tags. What must come out as it
//! went in is read here.

use std::collections::HashSet;

use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::model::Digest;
use crate::model::json::is_too_deep;
use crate::store::error::StoreError;
use crate::store::read::{Listing, Reader};

/// An image as the store has it; see [`crate::store::row::ImageRow`] for the columns.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredImage<'r> {
    /// The digest.
    pub digest: Digest,
    /// A JSON array.
    pub tags: Option<&'r str>,
    /// Bytes.
    pub size_bytes: Option<i64>,
    /// Microseconds, in the order of [`crate::store::row::TIMES`].
    pub times: [Option<i64>; 6],
    /// A JSON object.
    pub severity_counts: Option<&'r str>,
    /// The subject's digest.
    pub subject_digest: Option<Digest>,
    /// A JSON object of what has no column.
    pub rest: Option<&'r str>,
    /// Manifest and artifact media type, image status, scan status and description.
    pub kind: [Option<&'r str>; 5],
}

/// Everything of [`StoredImage`] in the order of a listing. CROSS JOIN holds `SQLite` to that way.
const ROWS: &str = "
    SELECT i.digest, i.tags, i.size_bytes, i.pushed_at, i.scan_completed_at, i.vulnerability_source_updated_at,
           i.pulled_at, i.archived_at, i.activated_at, i.severity_counts, i.subject_digest, i.rest,
           k.manifest_media_type, k.artifact_media_type, k.image_status, k.scan_status, k.scan_description
    FROM listing_chunk c
    CROSS JOIN chunk_run r ON r.chunk_id = c.chunk_id
    CROSS JOIN image i ON i.id BETWEEN r.image_id AND r.image_id + r.length - 1
    CROSS JOIN image_kind k ON k.id = i.kind_id
    WHERE c.listing_id = ?1
    ORDER BY c.start, r.\"offset\", i.id";

impl Reader {
    /// The repositories whose names a pattern of `*`, `?` and `[a-z]` matches, by their keys.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn repositories_like(&self, glob: &str) -> Result<HashSet<i64>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT id FROM repository WHERE name GLOB ?1")?;
        Ok(statement.query_map([glob], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Hand every image of a listing to `visit`, in order.
    ///
    /// # Errors
    /// What `visit` says; or where the store cannot be read or has another number of images than
    /// the listing says.
    pub fn stored_images<E: From<StoreError>>(
        &self,
        listing: &Listing,
        mut visit: impl FnMut(&StoredImage<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let sqlite = |error: rusqlite::Error| StoreError::from(error);
        let mut statement = self.connection.prepare_cached(ROWS).map_err(sqlite)?;
        let mut rows = statement.query([listing.listing_id]).map_err(sqlite)?;
        let mut images = 0;
        while let Some(row) = rows.next().map_err(sqlite)? {
            let image = image_of(row).map_err(|error| {
                let place = format!("image {images} of {}: {error}", crate::model::visible(&listing.repository.name));
                StoreError::Damaged(place)
            })?;
            if images == listing.images {
                let name = crate::model::visible(&listing.repository.name);
                return Err(StoreError::Damaged(format!("{name} has more than its {images} images")).into());
            }
            visit(&image)?;
            images += 1;
        }
        if images == listing.details {
            return Ok(());
        }
        let name = crate::model::visible(&listing.repository.name);
        Err(StoreError::Damaged(format!("{name} has {images} of its {} images", listing.details)).into())
    }
}

fn image_of<'r>(row: &'r Row<'_>) -> Result<StoredImage<'r>, Box<dyn std::error::Error>> {
    let text = |index| row.get_ref(index)?.as_str_or_null().map_err(rusqlite::Error::from);
    if [1, 9, 11].into_iter().any(|index| text(index).is_ok_and(|text| text.is_some_and(is_too_deep))) {
        return Err("its JSON has too many brackets in brackets".into());
    }
    let mut times = [None; 6];
    for (index, time) in times.iter_mut().enumerate() {
        *time = row.get(3 + index)?;
    }
    Ok(StoredImage {
        digest: digest_of(row.get_ref(0)?)?.ok_or("it has no digest")?,
        tags: text(1)?,
        size_bytes: row.get(2)?,
        times,
        severity_counts: text(9)?,
        subject_digest: digest_of(row.get_ref(10)?)?,
        rest: text(11)?,
        kind: [text(12)?, text(13)?, text(14)?, text(15)?, text(16)?],
    })
}

/// A digest column that need not be there: 32 bytes, text, or NULL. An error is a sentence about it.
pub(in crate::store) fn digest_of(value: ValueRef<'_>) -> Result<Option<Digest>, &'static str> {
    let digest = match value {
        ValueRef::Null => return Ok(None),
        ValueRef::Blob(bytes) => bytes.try_into().ok().map(Digest::Sha256),
        ValueRef::Text(text) => std::str::from_utf8(text).ok().map(|text| Digest::Other(text.into())),
        _ => None,
    };
    digest.map(Some).ok_or("a digest is neither 32 bytes nor text")
}
