//! Writing segments as they fill up, for loads and for the migration that adds them.

use rusqlite::{Connection, Statement, params};

use super::rows::values;
use super::{Row, Values, place};
use crate::store::error::StoreError;

/// The segment that is being filled.
pub(in crate::store) struct Writer<'c> {
    connection: &'c Connection,
    put: Statement<'c>,
    /// Its number; `None` before the first image.
    number: Option<i64>,
    values: Values,
}

impl<'c> Writer<'c> {
    pub(in crate::store) fn new(connection: &'c Connection) -> Result<Self, StoreError> {
        let put = connection.prepare("INSERT OR REPLACE INTO segment (id, columns) VALUES (?1, ?2)")?;
        Ok(Writer { connection, put, number: None, values: Values::default() })
    }

    /// Add an image that was just inserted; ids ascend.
    pub(in crate::store) fn add(&mut self, image_id: i64, row: Row) -> Result<(), StoreError> {
        let (number, slot) = place(image_id);
        if self.number != Some(number) {
            self.write()?;
            self.number = Some(number);
            // Earlier loads have filled the slots before it.
            self.values = if slot > 0 { values(self.connection, number)? } else { Values::default() };
        }
        self.values.set(slot, row);
        Ok(())
    }

    /// Write what waits.
    pub(in crate::store) fn write(&mut self) -> Result<(), StoreError> {
        if let Some(number) = self.number.take() {
            self.put.execute(params![number, self.values.encode()])?;
        }
        Ok(())
    }
}
