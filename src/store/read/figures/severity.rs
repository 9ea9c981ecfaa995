//! Numbers of findings by severity, read from their column and added up.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};

use crate::model::Severity;

/// Numbers of findings by severity, the worst first: the greater of two is the worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Severities(pub [u64; 6]);

impl Severities {
    /// The number of findings of a severity.
    pub fn get(&self, severity: Severity) -> u64 {
        self.0[severity as usize]
    }

    /// The number of findings of any severity.
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Add what another image or listing has.
    pub fn add(&mut self, other: &Severities) {
        for (sum, count) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Read the JSON object of a `severity_counts` column. A count beyond 32 bits is taken for the
    /// largest of those, so that no sum can overflow, and a negative one for nothing.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut json = serde_json::Deserializer::from_str(text);
        let severities = json.deserialize_map(Counts).ok()?;
        json.end().ok()?;
        Some(severities)
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
        while let Some((word, count)) = map.next_entry::<Cow<'de, str>, i64>()? {
            let count = count.clamp(0, i64::from(u32::MAX)) as u64;
            severities.0[Severity::of(&word) as usize] += count;
        }
        Ok(severities)
    }
}

#[cfg(test)]
mod tests {
    use super::Severities;
    use crate::model::Severity;

    #[test]
    fn counts_are_read_in_any_order() {
        let counts = Severities::read(r#"{"LOW":9,"CRITICAL":1,"UNTRIAGED":2,"UNDEFINED":3,"odd \u0022":4}"#);
        assert_eq!(counts, Some(Severities([1, 0, 0, 9, 0, 9])));
        assert_eq!(Severities::read("{}"), Some(Severities::default()));
        assert_eq!(
            Severities::read(r#"{"HIGH":-1,"LOW":9223372036854775807}"#).map(|c| c.total()),
            Some(u64::from(u32::MAX))
        );
        for damaged in ["", "[]", "{\"HIGH\":\"1\"}", "{} {}", "{\"HIGH\":1"] {
            assert_eq!(Severities::read(damaged), None, "{damaged}");
        }
    }

    #[test]
    fn one_critical_is_worse_than_many_highs() {
        assert!(Severities([1, 0, 0, 0, 0, 0]) > Severities([0, 900, 900, 0, 0, 0]));
        assert_eq!(Severities([1, 2, 0, 0, 0, 0]).get(Severity::High), 2);
    }
}
