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
    /// `UNDEFINED`, `UNTRIAGED` and whatever else a page may say.
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

#[cfg(test)]
mod tests {
    use super::Severity;

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
