//! The instants of a page, in every spelling that pages have: texts, epoch numbers, recorded fixtures.

use std::borrow::Cow;

use serde::Deserialize;

use super::row::DetailError;
use crate::model::Instant;
use crate::model::instant::InstantError;

/// An instant in any of the spellings that pages have.
pub(in crate::ingest) fn instant(member: &'static str, text: &str) -> Result<Instant, DetailError> {
    let read = match text.as_bytes()[0] {
        b'"' => match unquoted(text) {
            Ok(text) => Instant::from_text(&text),
            Err(error) => return Err(DetailError::Value(format!("{member}: {error}"))),
        },
        b'{' => match serde_json::from_str::<FixtureTime>(text) {
            Ok(time) if time.class == "datetime" => Instant::from_text(&time.to_text()),
            _ => Err(InstantError::NotATime),
        },
        b'-' | b'0'..=b'9' => Instant::from_number(text),
        _ => Err(InstantError::NotATime),
    };
    read.map_err(|problem| DetailError::Time { member, problem, found: shortened(text) })
}

/// The text of a JSON string; borrowed where it has no escapes.
fn unquoted(text: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    match text.get(1..text.len() - 1) {
        Some(inner) if !inner.contains('\\') => Ok(inner.into()),
        _ => serde_json::from_str::<String>(text).map(Cow::from),
    }
}

/// An instant as recorded test fixtures (placebo, Cloud Custodian) have it; in UTC.
#[derive(Deserialize)]
struct FixtureTime {
    #[serde(rename = "__class__")]
    class: String,
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
        let FixtureTime { year, month, day, hour, minute, second, microsecond, .. } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{microsecond:06}Z")
    }
}

/// At most 60 characters of a text, for a message.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
