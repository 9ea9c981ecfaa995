//! How bad a scan finding is, in ECR's words.

/// A severity of scan findings, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// `CRITICAL`.
    Critical,
    /// `HIGH`.
    High,
    /// `MEDIUM`.
    Medium,
    /// `LOW`.
    Low,
    /// `INFORMATIONAL`.
    Informational,
    /// `UNDEFINED`, `UNTRIAGED` and every other word: outputs call it `undefined`.
    Other,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Severity; 6] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Informational, Severity::Other];

    /// The severity that a page's word means.
    pub fn of(word: &str) -> Self {
        let named = |severity: &Severity| severity.name() == word;
        Severity::ALL.into_iter().find(named).unwrap_or(Severity::Other)
    }

    /// How many findings of this severity some counts hold: of [`Severity::Other`], the sum of every word that is
    /// not one of the five named ones.
    pub fn count(self, counts: &[(String, i64)]) -> i64 {
        let of = counts.iter().filter(|(word, _)| Severity::of(word) == self);
        of.fold(0, |sum: i64, (_, count)| sum.saturating_add(*count))
    }

    /// The word in `findingSeverityCounts`; of all others, the commonest.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Critical => "CRITICAL",
            Severity::High => "HIGH",
            Severity::Medium => "MEDIUM",
            Severity::Low => "LOW",
            Severity::Informational => "INFORMATIONAL",
            Severity::Other => "UNDEFINED",
        }
    }
}

/// Numbers of findings by severity, the worst first: the greater of two is the worse.
///
/// This is the one rule by which every output counts: a severity that is not one of the five named ones counts as
/// [`Severity::Other`], and several of them add up. A negative count is 0, and a count beyond 32 bits is the largest
/// of those, so that no sum overflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Severities(pub [u64; 6]);

impl Severities {
    /// The numbers in the `findingSeverityCounts` of a detail.
    pub fn of_counts<'c>(counts: impl IntoIterator<Item = (&'c str, i64)>) -> Self {
        let mut severities = Severities::default();
        for (word, count) in counts {
            severities.count(word, count);
        }
        severities
    }

    /// Add one member of a `findingSeverityCounts`.
    pub fn count(&mut self, word: &str, count: i64) {
        let sum = &mut self.0[Severity::of(word) as usize];
        *sum = sum.saturating_add(count.clamp(0, i64::from(u32::MAX)) as u64);
    }

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
}

#[cfg(test)]
mod tests {
    use super::{Severities, Severity};

    #[test]
    fn every_unnamed_severity_counts_as_other() {
        let counts = Severities::of_counts([("UNTRIAGED", 24), ("LOW", 1), ("UNDEFINED", 3), ("odd", -7)]);
        assert_eq!(counts, Severities([0, 0, 0, 1, 0, 27]));
        assert_eq!((counts.get(Severity::Other), counts.total()), (27, 28));
        let extreme = Severities::of_counts([("HIGH", i64::MAX), ("LOW", i64::MIN)]);
        assert_eq!(extreme, Severities([0, u64::from(u32::MAX), 0, 0, 0, 0]));
    }

    #[test]
    fn one_critical_is_worse_than_many_highs() {
        assert!(Severities([1, 0, 0, 0, 0, 0]) > Severities([0, 900, 900, 0, 0, 0]));
        assert_eq!(Severities([1, 2, 0, 0, 0, 0]).get(Severity::High), 2);
    }

    #[test]
    fn a_word_means_one_severity() {
        for severity in Severity::ALL {
            assert_eq!(Severity::of(severity.name()), severity);
        }
        for word in ["UNTRIAGED", "critical", ""] {
            assert_eq!(Severity::of(word), Severity::Other, "{word}");
        }
    }

    #[test]
    fn whatever_is_not_named_counts_as_other() {
        let counts = [("UNTRIAGED", 24), ("LOW", 1), ("UNDEFINED", 3), ("low", i64::MAX)];
        let counts = counts.map(|(word, count)| (word.to_owned(), count));
        assert_eq!(Severity::Low.count(&counts), 1);
        assert_eq!(Severity::High.count(&counts), 0);
        assert_eq!(Severity::Other.count(&counts[..3]), 27);
        assert_eq!(Severity::Other.count(&counts), i64::MAX);
    }
}
