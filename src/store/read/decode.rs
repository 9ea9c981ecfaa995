//! From the columns of an image row back to the [`Detail`] that was saved.

use std::rc::Rc;
use std::sync::Arc;

use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::Reader;
use crate::model::{Detail, Digest, FindingsSummary, Instant, Map, Member, Members, ScanStatus, Value, json, steps};
use crate::store::error::StoreError;
use crate::store::row::{Kind, RepositoryName, TIMES};

/// The columns that [`Reader::detail`] reads, in its order, each with the members that need it;
/// none means that it is always read.
const COLUMNS: [(&str, &[Member]); 14] = [
    ("id", &[]),
    ("kind_id", &[]),
    ("digest", &[]),
    ("tags", &[Member::ImageTags]),
    ("size_bytes", &[Member::ImageSizeInBytes]),
    ("pushed_at", &[Member::ImagePushedAt]),
    ("scan_completed_at", &[Member::ImageScanFindingsSummary]),
    ("vulnerability_source_updated_at", &[Member::ImageScanFindingsSummary]),
    ("pulled_at", &[Member::LastRecordedPullTime]),
    ("archived_at", &[Member::LastArchivedAt]),
    ("activated_at", &[Member::LastActivatedAt]),
    ("severity_counts", &[Member::ImageScanFindingsSummary]),
    ("subject_digest", &[Member::SubjectManifestDigest]),
    // The nanoseconds of any instant, and what the model does not know of either summary.
    (
        "rest",
        &[
            Member::ImagePushedAt,
            Member::ImageScanStatus,
            Member::ImageScanFindingsSummary,
            Member::LastRecordedPullTime,
            Member::LastArchivedAt,
            Member::LastActivatedAt,
        ],
    ),
];

/// Where the columns of [`TIMES`] begin.
const FIRST_TIME: usize = 5;

/// A `SELECT` of the columns that these members need, in the places where [`Reader::detail`] looks
/// for them; the others are NULL, as are the columns of a member that is absent.
pub(super) fn select(members: Members) -> String {
    let mut sql = String::with_capacity(256);
    for (name, needed_by) in COLUMNS {
        let needed = needed_by.is_empty()
            || needed_by.iter().any(|member| members.has(*member))
            || name == "rest" && members.has_unknown();
        sql.push_str(if sql.is_empty() { "SELECT " } else { ", " });
        sql.push_str(if needed { name } else { "NULL" });
    }
    sql.push_str(" FROM image");
    sql
}

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

    /// The detail in a row of [`select`], with no more than these members and those that every
    /// detail has.
    pub(super) fn detail(
        &self,
        repository: &RepositoryName,
        row: &Row<'_>,
        members: Members,
    ) -> Result<Detail, StoreError> {
        let digest = digest_of(row.get_ref(2)?).ok_or_else(|| damaged(row, "digest"))?;
        let mut detail = Detail::new(Arc::clone(&repository.registry_id), Arc::clone(&repository.name), digest);
        if members == Members::NONE {
            return Ok(detail);
        }
        let kind = self.kind(row.get(1)?)?;
        let rest = match text_of(row, 13)? {
            Some(text) => match json::parse(text) {
                Ok(Value::Map(map)) => map,
                _ => return Err(damaged(row, "rest")),
            },
            None => Map::new(),
        };
        let part = |name: &str| rest.get(name).and_then(Value::as_map);
        // The instant in the column of that number.
        let instant = |column: usize| -> Result<Option<Instant>, StoreError> {
            let ValueRef::Integer(micros) = row.get_ref(column)? else { return Ok(None) };
            let name = TIMES[column - FIRST_TIME];
            let below = part("nanos").and_then(|below| below.get(name)).and_then(Value::as_int).unwrap_or(0);
            Instant::from_parts(micros, below as u16).map(Some).map_err(|_| damaged(row, name))
        };
        if members.has(Member::ImageTags)
            && let Some(text) = text_of(row, 3)?
        {
            detail.image_tags = Some(tags_of(text).ok_or_else(|| damaged(row, "tags"))?);
        }
        if members.has(Member::ImageSizeInBytes) {
            detail.image_size_in_bytes = row.get(4)?;
        }
        if members.has(Member::ImagePushedAt) {
            detail.image_pushed_at = instant(5)?;
        }
        if members.has(Member::ImageScanStatus) {
            let unknown = part("scan_status");
            if kind.scan_status.is_some() || kind.scan_description.is_some() || unknown.is_some() {
                detail.image_scan_status = Some(ScanStatus {
                    status: kind.scan_status.clone(),
                    description: kind.scan_description.clone(),
                    unknown: unknown.cloned().unwrap_or_default(),
                });
            }
        }
        if members.has(Member::ImageScanFindingsSummary) {
            let (completed, updated, unknown) = (instant(6)?, instant(7)?, part("findings"));
            let counts = text_of(row, 11)?;
            if completed.is_some() || updated.is_some() || counts.is_some() || unknown.is_some() {
                let counts = counts.map(|text| counts_of(text).ok_or_else(|| damaged(row, "severity_counts")));
                let (counts, nulls) = counts.transpose()?.unzip();
                detail.image_scan_findings_summary = Some(FindingsSummary {
                    image_scan_completed_at: completed,
                    vulnerability_source_updated_at: updated,
                    finding_severity_counts: counts,
                    null_severities: nulls.unwrap_or_default(),
                    unknown: unknown.cloned().unwrap_or_default(),
                });
            }
        }
        if members.has(Member::ImageManifestMediaType) {
            detail.image_manifest_media_type.clone_from(&kind.manifest_media_type);
        }
        if members.has(Member::ArtifactMediaType) {
            detail.artifact_media_type.clone_from(&kind.artifact_media_type);
        }
        if members.has(Member::LastRecordedPullTime) {
            detail.last_recorded_pull_time = instant(8)?;
        }
        if members.has(Member::SubjectManifestDigest) {
            detail.subject_manifest_digest = digest_of(row.get_ref(12)?);
        }
        if members.has(Member::ImageStatus) {
            detail.image_status.clone_from(&kind.image_status);
        }
        if members.has(Member::LastArchivedAt) {
            detail.last_archived_at = instant(9)?;
        }
        if members.has(Member::LastActivatedAt) {
            detail.last_activated_at = instant(10)?;
        }
        if members.has_unknown() {
            detail.unknown = part("members").cloned().unwrap_or_default();
        }
        Ok(detail)
    }
}

/// The digest in a column of a row that begins with the image's id.
pub(super) fn digest_in(row: &Row<'_>, column: usize) -> Result<Digest, StoreError> {
    digest_of(row.get_ref(column)?).ok_or_else(|| damaged(row, "digest"))
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

/// The texts of a JSON array.
fn tags_of(text: &str) -> Option<Vec<String>> {
    // Without escapes and white space, which is how nearly every array was written, the quotes
    // alone separate the texts.
    if let Some(between) = text.strip_prefix("[\"").and_then(|rest| rest.strip_suffix("\"]")) {
        if memchr::memchr2(b'"', b'\\', between.as_bytes()).is_none() {
            return Some(vec![between.to_owned()]);
        }
        let quotes = memchr::memchr_iter(b'"', between.as_bytes()).count();
        if memchr::memchr(b'\\', between.as_bytes()).is_none() {
            let mut tags = Vec::with_capacity(quotes / 2 + 1);
            tags.extend(between.split("\",\"").map(str::to_owned));
            if quotes == 2 * (tags.len() - 1) {
                return Some(tags);
            }
        }
    }
    serde_json::from_str(text).ok()
}

/// The numbers of a JSON object, by name, and the names whose value is null, each with its place.
type Counts = (Vec<(String, i64)>, Vec<(usize, String)>);

fn counts_of(text: &str) -> Option<Counts> {
    if let Some(counts) = plain_counts(text) {
        return Some((counts, Vec::new()));
    }
    let value = json::parse(text).ok()?;
    let mut found = Counts::default();
    for (place, (severity, count)) in value.as_map()?.iter().enumerate() {
        steps::count(1);
        match count {
            Value::Null => found.1.push((place, severity.clone())),
            count => found.0.push((severity.clone(), count.as_int()?)),
        }
    }
    Some(found)
}

/// Up to this many severities, names are compared pairwise to find one that occurs twice.
const MOST_COUNTS: usize = 32;

/// Those of an object as nearly every one was written: few names of capitals, each one once, natural
/// numbers, no white space. `None` says nothing about other objects.
fn plain_counts(text: &str) -> Option<Vec<(String, i64)>> {
    let mut counts: Vec<(String, i64)> = Vec::with_capacity(6);
    for pair in text.strip_prefix('{')?.strip_suffix('}')?.split(',') {
        let (name, number) = pair.strip_prefix('"')?.split_once("\":")?;
        let is_number = match number.as_bytes() {
            [b'0'] => true,
            [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        if counts.len() == MOST_COUNTS {
            return None;
        }
        steps::count(counts.len());
        let is_new = counts.iter().all(|(known, _)| known != name);
        if !(is_number && is_new && name.bytes().all(|byte| byte.is_ascii_uppercase())) {
            return None;
        }
        counts.push((name.to_owned(), number.parse().ok()?));
    }
    Some(counts)
}

/// What to say of a row that cannot have been written by us.
pub(super) fn damaged(row: &Row<'_>, column: &str) -> StoreError {
    let id = row.get::<_, i64>(0).unwrap_or(-1);
    StoreError::Damaged(format!("image {id} has no readable {column}"))
}

#[cfg(test)]
mod tests {
    use super::{counts_of, plain_counts, tags_of};
    use crate::model::{json, steps};

    #[test]
    fn counts_are_read_as_json() {
        let plain = [r#"{"HIGH":1}"#, r#"{"CRITICAL":0,"HIGH":12,"LOW":9223372036854775807}"#];
        let others = [
            "{}",
            r#"{"HIGH": 1}"#,
            r#"{"High":1}"#,
            r#"{"A,B":1}"#,
            r#"{"A\":1":1}"#,
            r#"{"A":-1}"#,
            r#"{"A":01}"#,
            r#"{"A":}"#,
            r#"{"A":1,}"#,
            r#"{"A":1,"A":2}"#,
            r#"{"A":9223372036854775808}"#,
            r#"{"A":"1"}"#,
            r#"["A"]"#,
            "",
        ];
        for text in plain.into_iter().chain(others) {
            assert_eq!(plain_counts(text).is_some(), plain.contains(&text), "{text}");
        }
        for text in plain {
            let value = json::parse(text).unwrap();
            let expected = value.as_map().unwrap().iter().map(|(name, count)| (name.clone(), count.as_int().unwrap()));
            assert_eq!(counts_of(text).unwrap(), (expected.collect(), vec![]), "{text}");
        }
    }

    #[test]
    fn many_severities_cost_in_step_with_their_number() {
        steps::assert_linear("severities", 100, |size| {
            let name =
                |number: usize| number.to_string().bytes().map(|b| char::from(b - b'0' + b'A')).collect::<String>();
            let members: Vec<String> = (0..size).map(|number| format!("\"{}\":{number}", name(number))).collect();
            assert_eq!(counts_of(&format!("{{{}}}", members.join(","))).unwrap().0.len(), size);
        });
    }

    #[test]
    fn tags_are_read_as_json() {
        let texts = [
            r"[]",
            r#"["a"]"#,
            r#"["a","b"]"#,
            r#"["a,b","","c"]"#,
            r#"["",""]"#,
            r#"[""]"#,
            r#"["a\","b"]"#,
            r#"["a","b"]"#,
            r#"["é","é"]"#,
            r#"["a" , "b"]"#,
            r#"["a", "b"]"#,
            r#"[ "a" ]"#,
            r#"["a"]]"#,
            r#"["a""b"]"#,
            r#"["a",1]"#,
            r#"["a","b""#,
            r#"["]"#,
            r#"["a"#,
            r"null",
            r"",
        ];
        for text in texts {
            assert_eq!(tags_of(text), serde_json::from_str(text).ok(), "{text}");
        }
    }
}
