//! The instants of a page, in every spelling that pages have: texts, epoch numbers, objects.
//!
//! Objects come from tools that have no text for an instant: `{"$date": ...}` (`MongoDB`),
//! `{"seconds": 1, "nanos": 2}` (protocol buffers), `{"date": "...", "timezone": "UTC"}` (PHP),
//! `{"value": "/Date(...)/", "DateTime": "..."}` (`PowerShell`) and
//! `{"__class__": "datetime", "year": ...}` (recorded test fixtures).

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::detail_values::holds_value;
use crate::model::instant::InstantError;
use crate::model::{Instant, visible};

/// Why a value is not an instant, and the value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TimeError {
    #[error("{problem}, found {found}")]
    Value { problem: InstantError, found: String },
    #[error("has the time zone {found}, which is not read; save the time in UTC or with its offset")]
    Zone { found: String },
}

/// Objects in one another that hold an instant.
const DEEPEST: usize = 3;

/// An instant in any of the spellings that pages have: the text of a JSON value.
pub(in crate::ingest) fn instant(text: &str) -> Result<Instant, TimeError> {
    read(text, DEEPEST)
}

fn read(text: &str, depth: usize) -> Result<Instant, TimeError> {
    let read = match text.as_bytes().first() {
        Some(b'"') => Instant::from_text(&unquoted(text).unwrap_or_default()),
        Some(b'{') if depth > 0 => return object(text, depth - 1),
        Some(b'-' | b'0'..=b'9') => Instant::from_number(text),
        _ => Err(InstantError::NotATime),
    };
    read.map_err(|problem| TimeError::Value { problem, found: shortened(text) })
}

/// The text of a JSON string; borrowed if it has no escapes.
fn unquoted(text: &str) -> Option<Cow<'_, str>> {
    match text.get(1..text.len() - 1) {
        Some(inner) if !inner.contains('\\') => Some(inner.into()),
        _ => serde_json::from_str::<String>(text).map(Cow::from).ok(),
    }
}

/// An instant as an object.
fn object(text: &str, depth: usize) -> Result<Instant, TimeError> {
    let not_a_time = || TimeError::Value { problem: InstantError::NotATime, found: shortened(text) };
    let members: HashMap<String, &RawValue> = serde_json::from_str(text).map_err(|_| not_a_time())?;
    let member = |name: &str| members.get(name).map(|value| value.get());
    if member("__class__") == Some("\"datetime\"") {
        let time: FixtureTime = serde_json::from_str(text).map_err(|_| not_a_time())?;
        let read = Instant::from_text(&time.to_text());
        return read.map_err(|problem| TimeError::Value { problem, found: shortened(text) });
    }
    if let Some(date) = member("$date") {
        return mongo(date).unwrap_or_else(|| read(date, depth));
    }
    if let Some(seconds) = member("seconds") {
        return protobuf(seconds, member("nanos").or(member("nanoseconds"))).ok_or_else(not_a_time);
    }
    if let (Some(date), Some(zone)) = (member("date"), member("timezone")) {
        return php(date, zone).ok_or_else(|| TimeError::Zone { found: shortened(zone) });
    }
    match members.iter().find(|(name, _)| holds_value(name)) {
        Some((_, value)) => read(value.get(), depth),
        None => Err(not_a_time()),
    }
}

/// `$date` with milliseconds: a number, or `{"$numberLong": "1718737639000"}`. A text is ISO 8601.
fn mongo(date: &str) -> Option<Result<Instant, TimeError>> {
    let members: HashMap<String, String> = serde_json::from_str(date).unwrap_or_default();
    let millis = members.get("$numberLong").map_or(date, String::as_str);
    let millis: i64 = millis.parse().ok()?;
    let read = millis.checked_mul(1000).ok_or(InstantError::OutOfRange).and_then(Instant::from_micros);
    Some(read.map_err(|problem| TimeError::Value { problem, found: shortened(date) }))
}

/// Seconds and nanoseconds, each a number or the text of one.
fn protobuf(seconds: &str, nanos: Option<&str>) -> Option<Instant> {
    let number = |text: &str| text.trim_matches('"').parse::<i64>().ok();
    let (seconds, nanos) = (number(seconds)?, nanos.map_or(Some(0), number)?);
    if !(0..1_000_000_000).contains(&nanos) {
        return None;
    }
    Instant::from_parts(seconds.checked_mul(1_000_000)?.checked_add(nanos / 1000)?, (nanos % 1000) as u16).ok()
}

/// A local time and its zone, if the zone is UTC or an offset.
fn php(date: &str, zone: &str) -> Option<Instant> {
    let (date, zone) = (unquoted(date)?, unquoted(zone)?);
    let offset = match zone.as_ref() {
        "UTC" | "Z" | "GMT" => "+00:00",
        zone if zone.starts_with(['+', '-']) => zone,
        _ => return None,
    };
    Instant::from_text(&format!("{date}{offset}")).ok()
}

/// An instant as recorded test fixtures (placebo, Cloud Custodian) have it; in UTC.
#[derive(Deserialize)]
struct FixtureTime {
    year: u16,
    month: u8,
    day: u8,
    #[serde(default)]
    hour: u8,
    #[serde(default)]
    minute: u8,
    #[serde(default)]
    second: u8,
    #[serde(default)]
    microsecond: u32,
}

impl FixtureTime {
    fn to_text(&self) -> String {
        let FixtureTime { year, month, day, hour, minute, second, microsecond } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{microsecond:06}Z")
    }
}

/// At most 60 characters of a value, on one line, for a message.
fn shortened(text: &str) -> String {
    let mut short = String::new();
    for word in text.split_ascii_whitespace() {
        short.extend((!short.is_empty()).then_some(' '));
        short.push_str(word);
        if let Some((end, _)) = short.char_indices().nth(60) {
            short.truncate(end);
            short.push_str("...");
            break;
        }
    }
    visible(&short)
}

#[cfg(test)]
mod tests {
    use super::{Instant, instant};

    #[test]
    fn instants_as_objects() {
        for text in [
            r#"{"$date": "2024-06-18T19:07:19.25Z"}"#,
            r#"{"$date": 1718737639250}"#,
            r#"{"$date": {"$numberLong": "1718737639250"}}"#,
            r#"{"seconds": 1718737639, "nanos": 250000000}"#,
            r#"{"seconds": "1718737639", "nanoseconds": 250000000}"#,
            r#"{"date": "2024-06-18 19:07:19.250000", "timezone_type": 3, "timezone": "UTC"}"#,
            r#"{"date": "2024-06-18 21:07:19.250000", "timezone_type": 1, "timezone": "+02:00"}"#,
            r#"{"value": "\/Date(1718737639250)\/", "DisplayHint": 2, "DateTime": "Tuesday, June 18, 2024"}"#,
            r#"{"Value": {"value": 1718737639.25}}"#,
            r#"{"__class__": "datetime", "year": 2024, "month": 6, "day": 18, "hour": 19, "minute": 7, "second": 19, "microsecond": 250000}"#,
        ] {
            let read = instant(text).map(Instant::to_utc_text);
            assert_eq!(read.as_deref().map_err(ToString::to_string), Ok("2024-06-18T19:07:19.250000Z"), "{text}");
        }
    }

    #[test]
    fn objects_that_are_not_instants() {
        for (text, problem) in [
            ("{}", "is not a timestamp"),
            (r#"{"seconds": 1.5}"#, "is not a timestamp"),
            (r#"{"seconds": 1, "nanos": -1}"#, "is not a timestamp"),
            (r#"{"seconds": 9223372036854775807}"#, "is not a timestamp"),
            (r#"{"$date": 9223372036854775807}"#, "years 1 and 9999"),
            (r#"{"value": {"value": {"value": {"value": 1}}}}"#, "is not a timestamp"),
            (r#"{"date": "2024-06-18 19:07:19", "timezone": "Europe/Berlin"}"#, "has the time zone \"Europe/Berlin\""),
            (r#"{"__class__": "datetime", "year": 2024}"#, "is not a timestamp"),
            (r#""\ud83d""#, "is not a timestamp"),
        ] {
            let message = instant(text).unwrap_err().to_string();
            assert!(message.contains(problem), "{text}: {message}");
        }
    }
}
