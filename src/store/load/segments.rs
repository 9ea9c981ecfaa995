//! The segments of the images that a load adds, written as they fill up.

use rusqlite::{Connection, Statement, params};

use crate::store::error::StoreError;
use crate::store::segment::{self, Row, Values, place};

/// The segment that is being filled.
pub(super) struct Segments<'c> {
    connection: &'c Connection,
    put: Statement<'c>,
    /// Its number; `None` before the first image.
    number: Option<i64>,
    values: Values,
}

impl<'c> Segments<'c> {
    pub(super) fn new(connection: &'c Connection) -> Result<Self, StoreError> {
        let put = connection.prepare("INSERT OR REPLACE INTO segment (id, columns) VALUES (?1, ?2)")?;
        Ok(Segments { connection, put, number: None, values: Values::default() })
    }

    /// Add an image that was just inserted; ids ascend.
    pub(super) fn add(&mut self, image_id: i64, row: Row) -> Result<(), StoreError> {
        let (number, slot) = place(image_id);
        if self.number != Some(number) {
            self.write()?;
            self.number = Some(number);
            // Earlier loads have filled the slots before it.
            self.values = if slot > 0 { segment::values(self.connection, number)? } else { Values::default() };
        }
        self.values.set(slot, row);
        Ok(())
    }

    /// Write what waits.
    pub(super) fn write(&mut self) -> Result<(), StoreError> {
        if let Some(number) = self.number.take() {
            self.put.execute(params![number, self.values.encode()])?;
        }
        Ok(())
    }
}
