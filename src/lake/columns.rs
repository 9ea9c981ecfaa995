//! Rows on their way into a file, column by column, with the levels that say which values are absent.

use std::ops::Range;

use bytes::Bytes;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::writer::SerializedRowGroupWriter;

use super::tables::{Column, Table, Type};

/// Rows of one table, at most a row group of them.
pub(super) struct Rows {
    table: Table,
    columns: Vec<Values>,
    /// The column that the next value goes to.
    next: usize,
    count: usize,
}

/// Bytes of the texts of one column after which a row group ends early.
const HEAVY: usize = 32 << 20;

/// The values of a column.
struct Values {
    column: Column,
    /// The texts one behind another, and where each stands. An allocation for each text would take longer than all
    /// the rest of an export.
    arena: Vec<u8>,
    texts: Vec<Range<usize>>,
    numbers: Vec<i64>,
    booleans: Vec<bool>,
    definition: Vec<i16>,
    repetition: Vec<i16>,
}

impl Values {
    fn new(column: Column) -> Self {
        Values {
            column,
            arena: Vec::new(),
            texts: Vec::new(),
            numbers: Vec::new(),
            booleans: Vec::new(),
            definition: Vec::new(),
            repetition: Vec::new(),
        }
    }

    /// Add a text; one that is equal to the last shares its place.
    fn push_text(&mut self, text: &[u8]) {
        let place = match self.texts.last() {
            Some(last) if self.arena[last.clone()] == *text => last.clone(),
            _ => {
                let start = self.arena.len();
                self.arena.extend_from_slice(text);
                start..self.arena.len()
            }
        };
        self.texts.push(place);
    }
}

impl Rows {
    pub(super) fn new(table: Table) -> Self {
        Rows { table, columns: table.columns.iter().copied().map(Values::new).collect(), next: 0, count: 0 }
    }

    /// Rows that are complete.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Whether they are enough for a row group, by their number or by their texts.
    pub(super) fn full(&self, rows: usize) -> bool {
        self.count >= rows || self.columns.iter().any(|values| values.arena.len() >= HEAVY)
    }

    /// The column of the next value; the row is complete behind its last one.
    fn column(&mut self, kinds: &[Type]) -> &mut Values {
        let at = self.next;
        self.next += 1;
        if self.next == self.columns.len() {
            self.next = 0;
            self.count += 1;
        }
        let values = &mut self.columns[at];
        debug_assert!(kinds.contains(&values.column.kind), "{} of {}", values.column.name, self.table.name);
        values
    }

    pub(super) fn text(&mut self, text: Option<&str>) {
        let values = self.column(&[Type::Text]);
        debug_assert!(text.is_some() || values.column.optional, "{} may not be NULL", values.column.name);
        if values.column.optional {
            values.definition.push(i16::from(text.is_some()));
        }
        if let Some(text) = text {
            values.push_text(text.as_bytes());
        }
    }

    pub(super) fn integer(&mut self, number: Option<i64>) {
        let values = self.column(&[Type::Integer, Type::Instant]);
        debug_assert!(number.is_some() || values.column.optional, "{} may not be NULL", values.column.name);
        if values.column.optional {
            values.definition.push(i16::from(number.is_some()));
        }
        values.numbers.extend(number);
    }

    pub(super) fn boolean(&mut self, value: Option<bool>) {
        let values = self.column(&[Type::Boolean]);
        debug_assert!(value.is_some() || values.column.optional, "{} may not be NULL", values.column.name);
        if values.column.optional {
            values.definition.push(i16::from(value.is_some()));
        }
        values.booleans.extend(value);
    }

    pub(super) fn texts<'t>(&mut self, texts: Option<impl Iterator<Item = &'t str>>) {
        let values = self.column(&[Type::Texts]);
        let Some(texts) = texts else { return values.none() };
        let mut any = false;
        for text in texts {
            values.element(any);
            values.push_text(text.as_bytes());
            any = true;
        }
        values.end(any);
    }

    pub(super) fn counts<'t>(&mut self, counts: Option<impl Iterator<Item = (&'t str, i64)>>) {
        let values = self.column(&[Type::Counts]);
        let Some(counts) = counts else { return values.none() };
        let mut any = false;
        for (key, count) in counts {
            values.element(any);
            values.push_text(key.as_bytes());
            values.numbers.push(count);
            any = true;
        }
        values.end(any);
    }

    /// Write the rows as a row group.
    pub(super) fn write<W: std::io::Write + Send>(self, group: &mut SerializedRowGroupWriter<'_, W>) -> Result<()> {
        for values in self.columns {
            let Values { column, arena, texts, numbers, booleans, definition, repetition } = values;
            let arena = Bytes::from(arena);
            let texts: Vec<ByteArray> = texts.into_iter().map(|place| arena.slice(place).into()).collect();
            let nested = matches!(column.kind, Type::Texts | Type::Counts);
            let definition = column.optional.then_some(&definition[..]);
            let repetition = nested.then_some(&repetition[..]);
            let leaves: &[Type] = match column.kind {
                Type::Texts => &[Type::Text],
                Type::Counts => &[Type::Text, Type::Integer],
                _ => std::slice::from_ref(&column.kind),
            };
            for leaf in leaves {
                let mut writer = group.next_column()?.ok_or_else(|| mismatch(&column))?;
                match (leaf, writer.untyped()) {
                    (Type::Text, ColumnWriter::ByteArrayColumnWriter(writer)) => {
                        writer.write_batch(&texts, definition, repetition)?
                    }
                    (Type::Boolean, ColumnWriter::BoolColumnWriter(writer)) => {
                        writer.write_batch(&booleans, definition, repetition)?
                    }
                    (_, ColumnWriter::Int64ColumnWriter(writer)) => {
                        writer.write_batch(&numbers, definition, repetition)?
                    }
                    _ => return Err(mismatch(&column)),
                };
                writer.close()?;
            }
        }
        Ok(())
    }
}

impl Values {
    /// NULL, for a list or map.
    fn none(&mut self) {
        self.definition.push(0);
        self.repetition.push(0);
    }

    /// One more element of a list or map.
    fn element(&mut self, follows: bool) {
        self.definition.push(2);
        self.repetition.push(i16::from(follows));
    }

    /// The end of a list or map.
    fn end(&mut self, any: bool) {
        if !any {
            self.definition.push(1);
            self.repetition.push(0);
        }
    }
}

fn mismatch(column: &Column) -> ParquetError {
    ParquetError::General(format!("the column {} has another type in the file", column.name))
}
