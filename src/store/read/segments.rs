//! Segments as a scan reads them: one at a time, the last one kept.

use std::ops::Range;

use rusqlite::CachedStatement;
use rusqlite::types::ValueRef;

use super::Reader;
use crate::store::error::StoreError;
use crate::store::segment::{SPAN, SPAN_BITS, Segment, place};

/// The segments of consecutive images, and the slots of these there.
pub(super) fn places(images: Range<i64>) -> impl Iterator<Item = (i64, Range<usize>)> {
    let (first, last) = (images.start, images.end.saturating_sub(1).max(images.start));
    let numbers = if images.is_empty() { 0..0 } else { place(first).0..place(last).0 + 1 };
    numbers.map(move |number| {
        let start = number << SPAN_BITS;
        let end = (last - start).min(SPAN as i64 - 1) as usize + 1;
        (number, (first - start).max(0) as usize..end)
    })
}

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
