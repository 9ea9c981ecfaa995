//! The statement that adds an image, run once for each new row of a load.

use rusqlite::{Connection, Statement};

use crate::store::columns::{Column, ColumnValue, Columns};

/// `INSERT INTO image`, and what its parameters are bound to.
///
/// The id is left to `SQLite`, which takes the one behind the last: then it appends, where an id of
/// ours would first be looked for.
pub(super) struct InsertImage<'c> {
    statement: Statement<'c>,
    /// Parameters that are NULL, a bit each: most of them are so in row after row.
    nulls: u32,
}

impl<'c> InsertImage<'c> {
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        let sql = format!(
            "INSERT INTO image (hash, repository_id, kind_id, {}) VALUES (?, ?, ?{})",
            Column::list(""),
            ", ?".repeat(Column::ALL.len())
        );
        Ok(InsertImage { statement: connection.prepare(&sql)?, nulls: u32::MAX })
    }

    /// Add an image of the repository and of the kind.
    pub(super) fn execute(
        &mut self,
        hash: &[u8; 16],
        repository_id: i64,
        kind_id: i64,
        columns: &Columns<'_>,
    ) -> rusqlite::Result<()> {
        self.statement.raw_bind_parameter(1, hash.as_slice())?;
        self.statement.raw_bind_parameter(2, repository_id)?;
        self.statement.raw_bind_parameter(3, kind_id)?;
        for column in Column::ALL {
            self.bind(4 + column.place(), columns.value(column))?;
        }
        self.statement.raw_execute().map(|_| ())
    }

    fn bind(&mut self, parameter: usize, value: ColumnValue<'_>) -> rusqlite::Result<()> {
        let bit = 1 << parameter;
        if value.is_null() && self.nulls & bit != 0 {
            return Ok(());
        }
        self.nulls = if value.is_null() { self.nulls | bit } else { self.nulls & !bit };
        self.statement.raw_bind_parameter(parameter, value)
    }
}
