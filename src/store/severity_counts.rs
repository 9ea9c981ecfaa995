//! Numbers of findings by severity, read from their column.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};

use crate::model::{Severities, Severity};

/// Read the JSON object of a `severity_counts` column.
pub(in crate::store) fn read(text: &str) -> Option<Severities> {
    if let Some(severities) = read_plain(text) {
        return Some(severities);
    }
    read_any(text)
}

fn read_any(text: &str) -> Option<Severities> {
    let mut json = serde_json::Deserializer::from_str(text);
    let severities = json.deserialize_map(Counts).ok()?;
    json.end().ok()?;
    Some(severities)
}

/// The same for the common form: no white space, no escapes, counts of at most nine digits.
fn read_plain(text: &str) -> Option<Severities> {
    let mut severities = Severities::default();
    let mut rest = text.strip_prefix('{')?.as_bytes();
    loop {
        rest = rest.strip_prefix(b"\"")?;
        let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\') || *byte < b' ')?;
        let word = std::str::from_utf8(&rest[..end]).ok()?;
        rest = rest[end..].strip_prefix(b"\":")?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 9 || (digits > 1 && rest[0] == b'0') {
            return None;
        }
        let count = rest[..digits].iter().fold(0, |count, digit| count * 10 + u64::from(digit - b'0'));
        severities.0[Severity::of(word) as usize] += count;
        rest = &rest[digits..];
        match rest {
            b"}" => return Some(severities),
            [b',', more @ ..] => rest = more,
            _ => return None,
        }
    }
}

struct Counts;

impl<'de> Visitor<'de> for Counts {
    type Value = Severities;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("counts by severity")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Severities, A::Error> {
        let mut severities = Severities::default();
        while let Some((word, count)) = map.next_entry::<Cow<'de, str>, Option<i64>>()? {
            severities.count(&word, count.unwrap_or(0));
        }
        Ok(severities)
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::model::Severities;

    #[test]
    fn counts_are_read_in_any_order() {
        let counts = read(r#"{"LOW":9,"CRITICAL":1,"UNTRIAGED":2,"UNDEFINED":3,"odd \u0022":4}"#);
        assert_eq!(counts, Some(Severities([1, 0, 0, 9, 0, 9])));
        assert_eq!(read("{}"), Some(Severities::default()));
        assert_eq!(read(r#"{"HIGH":-1,"LOW":9223372036854775807}"#).map(|c| c.total()), Some(u64::from(u32::MAX)));
        for damaged in ["", "[]", "{\"HIGH\":\"1\"}", "{} {}", "{\"HIGH\":1"] {
            assert_eq!(read(damaged), None, "{damaged}");
        }
    }

    /// Both ways to read give the same, whatever the text.
    #[test]
    fn the_plain_reader_agrees_with_serde() {
        for text in [
            r#"{"LOW":9}"#,
            r#"{"LOW":9,"CRITICAL":12345}"#,
            r#"{"LOW":1,"LOW":2}"#,
            r#"{"":0}"#,
            r#"{"é":7}"#,
            r#"{"LOW":999999999}"#,
            r#"{"LOW":1000000000}"#,
            r#"{"LOW":01}"#,
            r#"{"LOW":}"#,
            r#"{"LOW":1,}"#,
            r#"{"LOW":1.5}"#,
            r#"{"LOW":1e3}"#,
            r#"{"LOW":1}x"#,
            r#"{"LOW" :1}"#,
            r#"{"L\u004fW":3}"#,
            "{",
            "{}",
            "",
            "{\"a\u{1}\":1}",
        ] {
            let slow = super::read_any(text);
            assert_eq!(read(text), slow, "{text}");
            if let Some(plain) = super::read_plain(text) {
                assert_eq!(Some(plain), slow, "{text}");
            }
        }
        assert!(super::read_plain(r#"{"LOW":9,"CRITICAL":12345}"#).is_some());
    }
}
