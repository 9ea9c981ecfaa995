//! One Parquet file: its properties, its rows in groups, and whether a file that is there is whole.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, RowGroupMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use super::columns::Rows;
use super::tables::{Column, Table, Type};
use super::{LakeError, SCHEMA_VERSION, at};

/// Rows of a row group: enough to compress well, little enough to be held in memory twice.
pub(super) const GROUP: usize = 128 << 10;
/// How often a bloom filter may say that a digest is there when it is not.
const FALSE_POSITIVES: f64 = 0.01;
/// The level of zstd: most bytes are of random digests, which higher levels take longer over and make larger.
const LEVEL: i32 = 1;
/// The key of a file's own metadata that holds the name of its capture.
const CAPTURE: &str = "ecrsnap.capture";
/// The key that holds the version of its columns.
const VERSION: &str = "ecrsnap.schema";

/// A file that is being written.
pub(super) struct TableFile {
    writer: SerializedFileWriter<File>,
    path: std::path::PathBuf,
    rows: u64,
}

impl TableFile {
    /// Create a file. `rows` is the number to expect, for the size of its bloom filters.
    pub(super) fn create(path: &Path, table: Table, capture: &str, rows: u64) -> Result<Self, LakeError> {
        let wrap = |source| LakeError::Parquet { path: path.to_owned(), source };
        let schema = Arc::new(parse_message_type(&table.message()).map_err(wrap)?);
        let properties = Arc::new(properties(table, capture, rows).map_err(wrap)?);
        let file = File::create(path).map_err(at(path))?;
        let writer = SerializedFileWriter::new(file, schema, properties).map_err(|error| failed(path, error))?;
        Ok(TableFile { writer, path: path.to_owned(), rows: 0 })
    }

    /// Add rows as a row group.
    pub(super) fn write(&mut self, rows: Rows) -> Result<(), LakeError> {
        if rows.len() == 0 {
            return Ok(());
        }
        self.rows += rows.len() as u64;
        let mut group = self.writer.next_row_group().map_err(|error| failed(&self.path, error))?;
        rows.write(&mut group).and_then(|()| group.close()).map_err(|error| failed(&self.path, error))?;
        Ok(())
    }

    /// Write the footer and wait until the file is on the disk; its rows and bytes.
    pub(super) fn finish(self) -> Result<(u64, u64), LakeError> {
        let file = self.writer.into_inner().map_err(|error| failed(&self.path, error))?;
        let length = file.sync_all().and_then(|()| file.metadata()).map_err(at(&self.path))?.len();
        Ok((self.rows, length))
    }
}

/// The rows and bytes of a file, if it is whole and of this capture.
pub(super) fn whole(path: &Path, capture: &str) -> Option<(u64, u64)> {
    let file = File::open(path).ok()?;
    let bytes = file.metadata().ok()?.len();
    let reader = SerializedFileReader::new(file).ok()?;
    let metadata = reader.metadata().file_metadata();
    let named =
        metadata.key_value_metadata()?.iter().any(|pair| pair.key == CAPTURE && pair.value.as_deref() == Some(capture));
    let rows = u64::try_from(metadata.num_rows()).ok()?;
    // The footer knows how long the row groups are; what was cut out of the middle shows here.
    let groups = reader.metadata().row_groups().iter();
    let ends = groups.flat_map(RowGroupMetaData::columns).map(|column| {
        let (start, length) = column.byte_range();
        start.saturating_add(length)
    });
    let fits = ends.max().is_none_or(|end| end < bytes);
    (named && fits).then_some((rows, bytes))
}

fn properties(table: Table, capture: &str, rows: u64) -> Result<WriterProperties, ParquetError> {
    let metadata = [(CAPTURE, capture.to_owned()), (VERSION, SCHEMA_VERSION.to_string())];
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by("ecrsnap".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL)?))
        .set_max_row_group_row_count(Some(GROUP))
        .set_key_value_metadata(Some(
            metadata.into_iter().map(|(key, value)| KeyValue { key: key.to_owned(), value: Some(value) }).collect(),
        ));
    for Column { name, kind, .. } in table.columns {
        let path = ColumnPath::from(*name);
        if *name == "image_digest" {
            // The smallest and the largest of random digests exclude nothing.
            builder = builder.set_column_statistics_enabled(path.clone(), EnabledStatistics::None);
        }
        match (*name, kind) {
            // Nearly every value is different.
            ("image_digest", _) if table.name != "images" => {
                builder = builder.set_column_dictionary_enabled(path, false);
            }
            ("image_digest", _) => {
                let distinct = rows.clamp(1, GROUP as u64);
                builder = builder
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_bloom_filter_enabled(path.clone(), true)
                    .set_column_bloom_filter_fpp(path.clone(), FALSE_POSITIVES)
                    .set_column_bloom_filter_max_ndv(path, distinct);
            }
            ("position", _) => {
                builder = builder
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
            }
            (_, Type::Instant) if *name != "captured_at" => {
                builder = builder.set_column_dictionary_enabled(path, false);
            }
            _ => {}
        }
    }
    Ok(builder.build())
}

/// An error of the writer; an error of the system inside it is kept apart, because the advice differs.
fn failed(path: &Path, error: ParquetError) -> LakeError {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(source) => LakeError::File { path: path.to_owned(), source: *source },
            Err(inner) => LakeError::Parquet { path: path.to_owned(), source: ParquetError::External(inner) },
        },
        source => LakeError::Parquet { path: path.to_owned(), source },
    }
}
