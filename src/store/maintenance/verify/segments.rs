//! Segments: each is what its images make, and every image is in one.

use rusqlite::{Row as SqlRow, Rows};

use super::finding::{Finding, Findings};
use crate::store::error::StoreError;
use crate::store::segment::{Row, Values, place};

/// The segments from one number to another, in order.
pub(super) const STORED: &str = "SELECT id, columns FROM segment WHERE id BETWEEN ?1 AND ?2 ORDER BY id";

/// Compares segments while the images are read in order of their ids.
pub(super) struct Comparison<'r, 's> {
    /// The rows of [`STORED`].
    stored: &'r mut Rows<'s>,
    /// The next one that was not compared.
    next: Option<(i64, Vec<u8>)>,
    current: Option<(i64, Values)>,
    /// An image of the current one is damaged, which is reported already.
    damaged: bool,
}

impl<'r, 's> Comparison<'r, 's> {
    pub(super) fn new(stored: &'r mut Rows<'s>) -> Result<Self, StoreError> {
        let mut comparison = Comparison { stored, next: None, current: None, damaged: false };
        comparison.advance()?;
        Ok(comparison)
    }

    /// Add the image of a row; `None` if its columns cannot be read.
    pub(super) fn add(&mut self, id: i64, row: Option<Row>, findings: &mut Findings) -> Result<(), StoreError> {
        let (number, slot) = place(id);
        if self.current.as_ref().is_none_or(|(current, _)| *current != number) {
            self.compare(findings)?;
            self.current = Some((number, Values::default()));
        }
        match (&mut self.current, row) {
            (Some((_, values)), Some(row)) => values.set(slot, row),
            _ => self.damaged = true,
        }
        Ok(())
    }

    /// Compare the last one, and report what is left.
    pub(super) fn finish(mut self, findings: &mut Findings) -> Result<(), StoreError> {
        self.compare(findings)?;
        self.report_before(i64::MAX, findings)
    }

    fn compare(&mut self, findings: &mut Findings) -> Result<(), StoreError> {
        let Some((number, values)) = self.current.take() else { return Ok(()) };
        let damaged = std::mem::take(&mut self.damaged);
        self.report_before(number, findings)?;
        match &self.next {
            Some((stored, bytes)) if *stored == number => {
                if !damaged && *bytes != values.encode() {
                    findings.add(Finding::of(format!("segment {number} is not what its images make")));
                }
                self.advance()
            }
            _ => {
                findings.add(Finding::of(format!("segment {number} is missing")));
                Ok(())
            }
        }
    }

    /// Report stored ones before a number: they have no image.
    fn report_before(&mut self, number: i64, findings: &mut Findings) -> Result<(), StoreError> {
        while let Some((stored, _)) = self.next.as_ref().filter(|(stored, _)| *stored < number) {
            findings.add(Finding::of(format!("segment {stored} has no images")));
            self.advance()?;
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<(), StoreError> {
        let row = self.stored.next()?;
        let read = |row: &SqlRow<'_>| Ok::<_, rusqlite::Error>((row.get(0)?, row.get(1)?));
        self.next = row.map(read).transpose()?;
        Ok(())
    }
}
