//! Segments as a scan reads them: one at a time, the last one kept.

use rusqlite::CachedStatement;
use rusqlite::types::ValueRef;

use super::Reader;
use crate::store::error::StoreError;
use crate::store::segment::Segment;

/// Reads segments by number.
pub(super) struct Segments<'r> {
    find: CachedStatement<'r>,
    number: Option<i64>,
    segment: Segment,
}

impl<'r> Segments<'r> {
    pub(super) fn new(reader: &'r Reader) -> Result<Self, StoreError> {
        let find = reader.connection.prepare_cached("SELECT columns FROM segment WHERE id = ?1")?;
        Ok(Segments { find, number: None, segment: Segment::default() })
    }

    /// The segment of a number.
    ///
    /// # Errors
    /// If there is none, or its bytes are not a segment.
    pub(super) fn get(&mut self, number: i64) -> Result<&Segment, StoreError> {
        if self.number != Some(number) {
            self.number = None;
            let damaged = || StoreError::Damaged(format!("segment {number} is missing or cannot be read"));
            let mut rows = self.find.query([number])?;
            let row = rows.next()?.ok_or_else(damaged)?;
            let ValueRef::Blob(bytes) = row.get_ref(0)? else { return Err(damaged()) };
            self.segment.read(bytes).ok_or_else(damaged)?;
            self.number = Some(number);
        }
        Ok(&self.segment)
    }
}
