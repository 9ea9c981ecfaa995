//! From the columns of an image row back to the [`Detail`] that was saved.

use std::rc::Rc;
use std::sync::Arc;

use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::Reader;
use crate::model::{Detail, Digest, FindingsSummary, Instant, Map, Member, Members, ScanStatus, Value, json, steps};
use crate::store::columns::{Column, KindText, Time, digest_of};
use crate::store::error::StoreError;
use crate::store::row::{Kind, RepositoryName};

/// Where the columns of [`Column::ALL`] begin in a row of [`select`], behind the ids of the image and of its kind.
const FIRST: usize = 2;

/// Where a column is in a row of [`select`].
const fn at(column: Column) -> usize {
    FIRST + column.place()
}

/// Whether one of these members is in that column. What has no column of its own (nanoseconds, and what the model does
/// not know of a member) is in `rest`.
fn needs(members: Members, column: Column) -> bool {
    match column {
        Column::Digest => true,
        Column::Tags => members.has(Member::ImageTags),
        Column::Size => members.has(Member::ImageSizeInBytes),
        Column::Time(time) => members.has(time.member()),
        Column::SeverityCounts => members.has(Member::ImageScanFindingsSummary),
        Column::SubjectDigest => members.has(Member::SubjectManifestDigest),
        Column::Rest => {
            members.has_unknown()
                || members.has(Member::ImageScanStatus)
                || Time::ALL.into_iter().any(|time| members.has(time.member()))
        }
    }
}

/// A `SELECT` of the columns that these members need, in the places where [`Reader::detail`] looks
/// for them; the others are NULL, as are the columns of a member that is absent.
pub(super) fn select(members: Members) -> String {
    let mut sql = String::with_capacity(256);
    sql.push_str("SELECT id, kind_id");
    for column in Column::ALL {
        sql.push_str(", ");
        sql.push_str(if needs(members, column) { column.name() } else { "NULL" });
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
        let sql = format!("SELECT {} FROM image_kind WHERE id = ?1", KindText::list(""));
        let kind = self.connection.prepare_cached(&sql)?.query_row([id], |row| Kind::read(row, 0))?;
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
        let digest = digest_in(row, at(Column::Digest))?;
        let mut detail = Detail::new(Arc::clone(&repository.registry_id), Arc::clone(&repository.name), digest);
        if members == Members::NONE {
            return Ok(detail);
        }
        let kind = self.kind(row.get(1)?)?;
        let rest = match text_of(row, at(Column::Rest))? {
            Some(text) => match json::parse(text) {
                Ok(Value::Map(map)) => map,
                _ => return Err(damaged(row, "rest")),
            },
            None => Map::new(),
        };
        let part = |name: &str| rest.get(name).and_then(Value::as_map);
        let instant = |time: Time| -> Result<Option<Instant>, StoreError> {
            let ValueRef::Integer(micros) = row.get_ref(at(Column::Time(time)))? else { return Ok(None) };
            let below = part("nanos").and_then(|below| below.get(time.name())).and_then(Value::as_int).unwrap_or(0);
            Instant::from_parts(micros, below as u16).map(Some).map_err(|_| damaged(row, time.name()))
        };
        for time in Time::ALL.into_iter().filter(|time| members.has(time.member())) {
            if let Some(member) = detail.time_mut(time.member()) {
                *member = instant(time)?;
            }
        }
        for text in KindText::ALL.into_iter().filter(|text| members.has(text.member())) {
            if let Some(member) = detail.text_mut(text.member()) {
                member.clone_from(&kind[text]);
            }
        }
        if members.has(Member::ImageTags)
            && let Some(text) = text_of(row, at(Column::Tags))?
        {
            detail.image_tags = Some(tags_of(text).ok_or_else(|| damaged(row, "tags"))?);
        }
        if members.has(Member::ImageSizeInBytes) {
            detail.image_size_in_bytes = row.get(at(Column::Size))?;
        }
        if members.has(Member::ImageScanStatus) {
            let (status, description) = (&kind[KindText::ScanStatus], &kind[KindText::ScanDescription]);
            let unknown = part("scan_status");
            if status.is_some() || description.is_some() || unknown.is_some() {
                detail.image_scan_status = Some(ScanStatus {
                    status: status.clone(),
                    description: description.clone(),
                    unknown: unknown.cloned().unwrap_or_default(),
                });
            }
        }
        if members.has(Member::ImageScanFindingsSummary) {
            let (completed, updated) = (instant(Time::Scanned)?, instant(Time::SourceUpdated)?);
            let (counts, unknown) = (text_of(row, at(Column::SeverityCounts))?, part("findings"));
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
        if members.has(Member::SubjectManifestDigest) {
            detail.subject_manifest_digest = digest_of(row.get_ref(at(Column::SubjectDigest))?).unwrap_or_default();
        }
        if members.has_unknown() {
            detail.unknown = part("members").cloned().unwrap_or_default();
        }
        Ok(detail)
    }
}

/// The digest in a column of a row that begins with the image's id.
pub(super) fn digest_in(row: &Row<'_>, column: usize) -> Result<Digest, StoreError> {
    digest_of(row.get_ref(column)?).ok().flatten().ok_or_else(|| damaged(row, "digest"))
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
