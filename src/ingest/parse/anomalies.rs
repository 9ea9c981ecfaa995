//! Forms in a page that the service never gives: counted for a warning, never refused.

use crate::model::request::is_repository_name;
use crate::store::row::RepositoryName;

/// A form that the service never gives but that saved pages have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Anomaly {
    /// A digest that is not `sha256:` and 64 lower-case hexadecimal digits.
    Digest,
    /// A registry id that is not twelve digits; each registry counts once.
    Registry,
    /// A repository name outside the service's pattern; each repository counts once.
    Repository,
    /// A tag outside `[a-zA-Z0-9_.-]`.
    Tag,
    /// A negative size.
    Size,
    /// A negative number of findings.
    FindingCount,
    /// A member that occurs twice in a detail, perhaps in two spellings.
    Twice,
    /// A push time before the service existed (2015).
    PushedBefore,
    /// A push time after the capture.
    PushedAfter,
}

impl Anomaly {
    /// All of them, in the order in which they are reported.
    pub const ALL: [Anomaly; 9] = [
        Anomaly::Digest,
        Anomaly::Registry,
        Anomaly::Repository,
        Anomaly::Tag,
        Anomaly::Size,
        Anomaly::FindingCount,
        Anomaly::Twice,
        Anomaly::PushedBefore,
        Anomaly::PushedAfter,
    ];

    /// What is wrong with the example, as a clause.
    pub fn description(self) -> &'static str {
        match self {
            Anomaly::Digest => "imageDigest is not sha256: and 64 hexadecimal digits",
            Anomaly::Registry => "registryId is not twelve digits",
            Anomaly::Repository => "repositoryName is not a name that the service allows",
            Anomaly::Tag => "imageTags has a tag with characters outside [a-zA-Z0-9_.-]",
            Anomaly::Size => "imageSizeInBytes is negative",
            Anomaly::FindingCount => "findingSeverityCounts has a negative count",
            Anomaly::Twice => "a detail has a member twice, and the last value counts",
            Anomaly::PushedBefore => "imagePushedAt is before 2015, when the service began",
            Anomaly::PushedAfter => "imagePushedAt is after the capture",
        }
    }
}

/// How often each [`Anomaly`] was found, with the first example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anomalies {
    found: [Option<(u64, String)>; Anomaly::ALL.len()],
}

impl Anomalies {
    /// The anomalies that were found: how often, and the first example.
    pub fn found(&self) -> impl Iterator<Item = (Anomaly, u64, &str)> {
        let pairs = Anomaly::ALL.into_iter().zip(&self.found);
        pairs.filter_map(|(anomaly, found)| found.as_ref().map(|(count, example)| (anomaly, *count, example.as_str())))
    }

    /// Whether none was found.
    pub fn is_empty(&self) -> bool {
        self.found.iter().all(Option::is_none)
    }

    /// Count one more.
    pub(in crate::ingest) fn count(&mut self, anomaly: Anomaly, example: &str) {
        match &mut self.found[anomaly as usize] {
            Some((count, _)) => *count += 1,
            none => *none = Some((1, example.to_owned())),
        }
    }

    /// Look at a repository that was not seen before; `registry` says whether its registry was not.
    pub(crate) fn repository(&mut self, name: &RepositoryName, registry: bool) {
        let twelve = name.registry_id.len() == 12 && name.registry_id.bytes().all(|byte| byte.is_ascii_digit());
        if registry && !twelve {
            self.count(Anomaly::Registry, &name.registry_id);
        }
        if !is_repository_name(&name.name) {
            self.count(Anomaly::Repository, &name.name);
        }
    }

    /// Add what another batch had.
    pub fn add(&mut self, other: Anomalies) {
        for (mine, theirs) in self.found.iter_mut().zip(other.found) {
            match (mine.as_mut(), theirs) {
                (Some(mine), Some(theirs)) => mine.0 += theirs.0,
                (None, Some(theirs)) => *mine = Some(theirs),
                (_, None) => {}
            }
        }
    }
}

/// Whether a tag has only the characters that the service allows.
pub(in crate::ingest) fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::{Anomalies, Anomaly};

    #[test]
    fn each_anomaly_has_its_place() {
        for (place, anomaly) in Anomaly::ALL.into_iter().enumerate() {
            assert_eq!(anomaly as usize, place);
            let mut one = Anomalies::default();
            one.count(anomaly, "first");
            one.count(anomaly, "second");
            let mut all = Anomalies::default();
            assert!(all.is_empty());
            all.add(one.clone());
            all.add(one);
            assert_eq!(all.found().collect::<Vec<_>>(), [(anomaly, 4, "first")]);
        }
    }
}
