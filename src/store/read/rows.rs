//! The images of a listing column by column, their texts as they lie in the store.
//!
//! A [`crate::model::Detail`] is what the API's model makes of a row; it forgets how a number of an
//! unknown member was spelled, and that a page had an empty list of tags. What must come out as it
//! went in is read here.

use std::collections::HashSet;

use rusqlite::Row;

use crate::model::json::is_too_deep;
use crate::store::columns::{Column, Columns, KindText, KindTexts, Unreadable};
use crate::store::error::StoreError;
use crate::store::read::{Listing, Reader};

/// An image as the store has it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredImage<'r> {
    /// Its columns.
    pub columns: Columns<'r>,
    /// The texts of its kind.
    pub kind: KindTexts<Option<&'r str>>,
}

/// Everything of [`StoredImage`] in the order of a listing. CROSS JOIN holds `SQLite` to that way.
fn rows() -> String {
    format!(
        "SELECT {}, {}
         FROM listing_chunk c
         CROSS JOIN chunk_run r ON r.chunk_id = c.chunk_id
         CROSS JOIN image i ON i.id BETWEEN r.image_id AND r.image_id + r.length - 1
         CROSS JOIN image_kind k ON k.id = i.kind_id
         WHERE c.listing_id = ?1
         ORDER BY c.start, r.\"offset\", i.id",
        Column::list("i."),
        KindText::list("k.")
    )
}

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
    /// What `visit` says; or if the store cannot be read or has another number of images than
    /// the listing says.
    pub fn stored_images<E: From<StoreError>>(
        &self,
        listing: &Listing,
        mut visit: impl FnMut(&StoredImage<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let sqlite = |error: rusqlite::Error| StoreError::from(error);
        let mut statement = self.connection.prepare_cached(&rows()).map_err(sqlite)?;
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

fn image_of<'r>(row: &'r Row<'_>) -> Result<StoredImage<'r>, String> {
    let columns = Columns::read(row, 0).map_err(|why| why.of("it"))?;
    if [columns.tags, columns.severity_counts, columns.rest].into_iter().flatten().any(is_too_deep) {
        return Err("its JSON has too many brackets in brackets".to_owned());
    }
    let mut kind = KindTexts::default();
    for (index, text) in KindText::ALL.into_iter().enumerate() {
        let value = row.get_ref(Column::ALL.len() + index).map_err(|error| error.to_string())?;
        kind[text] = value.as_str_or_null().map_err(|_| Unreadable::Text.of("it"))?;
    }
    Ok(StoredImage { columns, kind })
}
