//! Numbers of findings by severity, read from their column.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};

use crate::model::Severities;

/// Read the JSON object of a `severity_counts` column.
pub(super) fn read(text: &str) -> Option<Severities> {
    let mut json = serde_json::Deserializer::from_str(text);
    let severities = json.deserialize_map(Counts).ok()?;
    json.end().ok()?;
    Some(severities)
}

struct Counts;

impl<'de> Visitor<'de> for Counts {
    type Value = Severities;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("counts by severity")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Severities, A::Error> {
        let mut severities = Severities::default();
        while let Some((word, count)) = map.next_entry::<Cow<'de, str>, i64>()? {
            severities.count(&word, count);
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
}
