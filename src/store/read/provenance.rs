//! What a snapshot was made of: the runs of ingest, and the files that each one read.

use crate::store::error::StoreError;
use crate::store::read::Reader;

/// One run of ingest that gave a snapshot something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingest {
    /// When, in microseconds since 1970.
    pub ingested_at: i64,
    /// The program and its version.
    pub program: String,
    /// JSON: the options that change how a page is read.
    pub options: String,
    /// What it read, in order.
    pub sources: Vec<SourceFile>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as the user gave it.
    pub name: String,
    /// BLAKE3 of the file's bytes.
    pub hash: Vec<u8>,
    /// Its length.
    pub bytes: u64,
    /// Microseconds since 1970.
    pub modified_at: Option<i64>,
}

impl Reader {
    /// The runs that a snapshot was made by, oldest first.
    ///
    /// # Errors
    /// If the database cannot be read, or is damaged.
    pub fn ingests(&self, snapshot_id: i64) -> Result<Vec<Ingest>, StoreError> {
        let sql = "SELECT id, ingested_at, program, options FROM ingest WHERE snapshot_id = ?1 ORDER BY id";
        let mut runs = self.connection.prepare_cached(sql)?;
        let sql = "SELECT name, hash, bytes, modified_at FROM source WHERE ingest_id = ?1 ORDER BY id";
        let mut files = self.connection.prepare_cached(sql)?;
        let mut ingests = Vec::new();
        let mut rows = runs.query([snapshot_id])?;
        while let Some(row) = rows.next()? {
            let sources = files.query_map([row.get::<_, i64>(0)?], |row| {
                Ok(SourceFile {
                    name: row.get(0)?,
                    hash: row.get(1)?,
                    bytes: row.get::<_, i64>(2)?.max(0) as u64,
                    modified_at: row.get(3)?,
                })
            })?;
            ingests.push(Ingest {
                ingested_at: row.get(1)?,
                program: row.get(2)?,
                options: row.get(3)?,
                sources: sources.collect::<Result<_, _>>()?,
            });
        }
        Ok(ingests)
    }
}
