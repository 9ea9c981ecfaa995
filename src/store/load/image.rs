//! The statement that adds an image, run once for each new row of a load.

use rusqlite::types::Null;
use rusqlite::{Connection, Statement, ToSql};

use crate::model::Digest;
use crate::store::row::{Batch, ImageRow};

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
        let sql = "INSERT INTO image VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        Ok(InsertImage { statement: connection.prepare(sql)?, nulls: u32::MAX })
    }

    /// Add `row` of `batch`, as one of the repository and of the kind.
    pub(super) fn execute(
        &mut self,
        repository_id: i64,
        kind_id: i64,
        batch: &Batch,
        row: &ImageRow,
    ) -> rusqlite::Result<()> {
        let [pushed, scanned, updated, pulled, archived, activated] = row.times;
        self.bind(1, Some(row.hash.as_slice()))?;
        self.bind(2, Some(repository_id))?;
        self.bind(3, Some(kind_id))?;
        self.bind_digest(4, Some(&row.digest))?;
        self.bind(5, row.tags.as_ref().map(|span| batch.text(span)))?;
        self.bind(6, row.size_bytes)?;
        self.bind(7, pushed)?;
        self.bind(8, scanned)?;
        self.bind(9, updated)?;
        self.bind(10, row.severity_counts.as_ref().map(|span| batch.text(span)))?;
        self.bind(11, pulled)?;
        self.bind(12, archived)?;
        self.bind(13, activated)?;
        self.bind_digest(14, row.subject_digest.as_ref())?;
        self.bind(15, row.rest.as_ref().map(|span| batch.text(span)))?;
        self.statement.raw_execute().map(|_| ())
    }

    fn bind(&mut self, parameter: usize, value: Option<impl ToSql>) -> rusqlite::Result<()> {
        let bit = 1 << parameter;
        if let Some(value) = value {
            self.nulls &= !bit;
            self.statement.raw_bind_parameter(parameter, value)
        } else if self.nulls & bit == 0 {
            self.nulls |= bit;
            self.statement.raw_bind_parameter(parameter, Null)
        } else {
            Ok(())
        }
    }

    /// A digest as the store has it: 32 bytes, or its text.
    fn bind_digest(&mut self, parameter: usize, digest: Option<&Digest>) -> rusqlite::Result<()> {
        match digest {
            Some(Digest::Sha256(bytes)) => self.bind(parameter, Some(bytes.as_slice())),
            Some(Digest::Other(text)) => self.bind(parameter, Some(&**text)),
            None => self.bind(parameter, None::<Null>),
        }
    }
}
