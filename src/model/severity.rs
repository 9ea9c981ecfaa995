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
}
