//! The rows of `image` as segments have them.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row as SqlRow, params};

use super::{Row, SEVERITIES, SPAN_BITS, Values, Writer, place};
use crate::model::Severities;
use crate::store::error::StoreError;
use crate::store::severity_counts;

const ROWS: &str = "SELECT id, kind_id, size_bytes, pushed_at, pulled_at, scan_completed_at, severity_counts,
                           tags IS NOT NULL AND tags <> '[]', subject_digest IS NOT NULL FROM image";

/// The counts of a `severity_counts` column. What cannot be read counts as unknown; `verify` reports it.
pub(super) fn findings(text: Option<&str>) -> Option<[i64; SEVERITIES]> {
    let Severities(counts) = severity_counts::read(text?)?;
    Some(counts.map(|count| i64::try_from(count).unwrap_or(i64::MAX)))
}

fn row_of(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    let counts = match row.get_ref(6)? {
        ValueRef::Text(text) => std::str::from_utf8(text).ok(),
        _ => None,
    };
    Ok(Row {
        kind: row.get(1)?,
        size: row.get(2)?,
        pushed: row.get(3)?,
        pulled: row.get(4)?,
        scanned: row.get(5)?,
        findings: findings(counts),
        tagged: row.get(7)?,
        attached: row.get(8)?,
    })
}

/// The images of a segment.
pub(in crate::store) fn values(connection: &Connection, number: i64) -> Result<Values, StoreError> {
    let mut rows = connection.prepare_cached(&format!("{ROWS} WHERE id >= ?1 AND id < ?2"))?;
    let first = number << SPAN_BITS;
    let mut rows = rows.query(params![first, first.saturating_add(1 << SPAN_BITS)])?;
    let mut values = Values::default();
    while let Some(row) = rows.next()? {
        values.set(place(row.get(0)?).1, row_of(row)?);
    }
    Ok(values)
}

/// Rebuild these segments from their images, in a transaction that writes; a segment without an image is deleted.
pub(in crate::store) fn rebuild(connection: &Connection, numbers: impl Iterator<Item = i64>) -> Result<(), StoreError> {
    let mut put = connection.prepare_cached("INSERT OR REPLACE INTO segment (id, columns) VALUES (?1, ?2)")?;
    let mut drop = connection.prepare_cached("DELETE FROM segment WHERE id = ?1")?;
    for number in numbers {
        let values = values(connection, number)?;
        if values.is_empty() {
            drop.execute([number])?;
        } else {
            put.execute(params![number, values.encode()])?;
        }
    }
    Ok(())
}

/// Make every segment of a database that has none.
pub(in crate::store) fn build(connection: &Connection) -> Result<(), StoreError> {
    let mut rows = connection.prepare(&format!("{ROWS} ORDER BY id"))?;
    let mut writer = Writer::new(connection)?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        writer.add(row.get(0)?, row_of(row)?)?;
    }
    writer.write()
}
