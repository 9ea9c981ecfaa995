//! From the columns of an image row back to the [`Detail`] that was saved.

use std::rc::Rc;

use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::Reader;
use crate::model::{Detail, Digest, FindingsSummary, Instant, Map, ScanStatus, Value, json};
use crate::store::error::StoreError;
use crate::store::row::{Kind, RepositoryName, TIMES};

/// The columns that [`Reader::detail`] reads, in its order.
pub(super) const COLUMNS: &str = "id, kind_id, digest, tags, size_bytes, pushed_at, scan_completed_at, \
     vulnerability_source_updated_at, pulled_at, archived_at, activated_at, severity_counts, subject_digest, rest";

impl Reader {
    /// The kind of that id.
    pub(super) fn kind(&self, id: i64) -> Result<Rc<Kind>, StoreError> {
        if let Some(kind) = self.kinds.borrow().get(&id) {
            return Ok(Rc::clone(kind));
        }
        let sql = "SELECT manifest_media_type, artifact_media_type, image_status, scan_status, scan_description
                   FROM image_kind WHERE id = ?1";
        let kind = self.connection.prepare_cached(sql)?.query_row([id], |row| {
            let text = |index| row.get::<_, Option<String>>(index).map(|text| text.map(Into::into));
            Ok(Kind {
                manifest_media_type: text(0)?,
                artifact_media_type: text(1)?,
                image_status: text(2)?,
                scan_status: text(3)?,
                scan_description: text(4)?,
            })
        })?;
        let kind = Rc::new(kind);
        self.kinds.borrow_mut().insert(id, Rc::clone(&kind));
        Ok(kind)
    }

    /// The detail in a row of [`COLUMNS`].
    pub(super) fn detail(&self, repository: &RepositoryName, row: &Row<'_>) -> Result<Detail, StoreError> {
        let kind = self.kind(row.get(1)?)?;
        let digest = digest_of(row.get_ref(2)?).ok_or_else(|| damaged(row, "digest"))?;
        let mut detail = Detail::new(repository.registry_id.clone(), repository.name.clone(), digest);
        if let Some(text) = text_of(row, 3)? {
            detail.image_tags = Some(serde_json::from_str(text).map_err(|_| damaged(row, "tags"))?);
        }
        detail.image_size_in_bytes = row.get(4)?;
        let mut times = [None; 6];
        for (index, time) in times.iter_mut().enumerate() {
            *time = row.get::<_, Option<i64>>(5 + index)?;
        }
        let rest = match text_of(row, 13)? {
            Some(text) => match json::parse(text) {
                Ok(Value::Map(map)) => map,
                _ => return Err(damaged(row, "rest")),
            },
            None => Map::new(),
        };
        let below = rest.get("nanos");
        let instant = |index: usize| -> Result<Option<Instant>, StoreError> {
            let Some(micros) = times[index] else { return Ok(None) };
            let below = below.and_then(|below| below.get(TIMES[index])).and_then(Value::as_int).unwrap_or(0);
            Instant::from_parts(micros, below as u16).map(Some).map_err(|_| damaged(row, TIMES[index]))
        };
        let part = |name: &str| rest.get(name).and_then(Value::as_map);
        detail.image_pushed_at = instant(0)?;
        detail.last_recorded_pull_time = instant(3)?;
        detail.last_archived_at = instant(4)?;
        detail.last_activated_at = instant(5)?;
        if kind.scan_status.is_some() || kind.scan_description.is_some() || part("scan_status").is_some() {
            detail.image_scan_status = Some(ScanStatus {
                status: kind.scan_status.clone(),
                description: kind.scan_description.clone(),
                unknown: part("scan_status").cloned().unwrap_or_default(),
            });
        }
        let (completed, updated) = (instant(1)?, instant(2)?);
        let counts = text_of(row, 11)?;
        if completed.is_some() || updated.is_some() || counts.is_some() || part("findings").is_some() {
            detail.image_scan_findings_summary = Some(FindingsSummary {
                image_scan_completed_at: completed,
                vulnerability_source_updated_at: updated,
                finding_severity_counts: match counts {
                    Some(text) => Some(counts_of(text).ok_or_else(|| damaged(row, "severity_counts"))?),
                    None => None,
                },
                unknown: part("findings").cloned().unwrap_or_default(),
            });
        }
        detail.image_manifest_media_type.clone_from(&kind.manifest_media_type);
        detail.artifact_media_type.clone_from(&kind.artifact_media_type);
        detail.image_status.clone_from(&kind.image_status);
        detail.subject_manifest_digest = digest_of(row.get_ref(12)?);
        detail.unknown = part("members").cloned().unwrap_or_default();
        Ok(detail)
    }
}

/// A digest column: 32 bytes, text, or NULL.
pub(super) fn digest_of(value: ValueRef<'_>) -> Option<Digest> {
    match value {
        ValueRef::Blob(bytes) => bytes.try_into().ok().map(Digest::Sha256),
        ValueRef::Text(text) => std::str::from_utf8(text).ok().map(|text| Digest::Other(text.into())),
        _ => None,
    }
}

pub(super) fn text_of<'r>(row: &'r Row<'_>, index: usize) -> Result<Option<&'r str>, StoreError> {
    match row.get_ref(index)? {
        ValueRef::Null => Ok(None),
        ValueRef::Text(text) => std::str::from_utf8(text).map(Some).map_err(|_| damaged(row, "a text")),
        _ => Err(damaged(row, "a text")),
    }
}

fn counts_of(text: &str) -> Option<Vec<(String, i64)>> {
    let value = json::parse(text).ok()?;
    let counts = value.as_map()?;
    counts.iter().map(|(severity, count)| Some((severity.clone(), count.as_int()?))).collect()
}

/// What to say of a row that cannot have been written by us.
pub(super) fn damaged(row: &Row<'_>, column: &str) -> StoreError {
    let id = row.get::<_, i64>(0).unwrap_or(-1);
    StoreError::Damaged(format!("image {id} has no readable {column}"))
}
