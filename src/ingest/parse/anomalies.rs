//! What a page spells in a way that the service does not: counted for a warning, never refused.

use crate::model::request::is_repository_name;
use crate::store::row::RepositoryName;

/// Forms that the service never gives but that saved pages have; counted, with the first example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anomalies {
    /// Digests that are not `sha256:` and 64 lower-case hexadecimal digits.
    pub digests: Option<(u64, String)>,
    /// Registry ids that are not twelve digits, each once.
    pub registries: Option<(u64, String)>,
    /// Repository names outside the service's pattern, each once.
    pub repositories: Option<(u64, String)>,
}

/// Count one more.
pub(in crate::ingest) fn count(odd: &mut Option<(u64, String)>, example: &str) {
    match odd {
        Some((count, _)) => *count += 1,
        None => *odd = Some((1, example.to_owned())),
    }
}

impl Anomalies {
    /// Look at a repository that was not seen before; `registry` says whether its registry was not.
    pub(crate) fn repository(&mut self, name: &RepositoryName, registry: bool) {
        let twelve = name.registry_id.len() == 12 && name.registry_id.bytes().all(|byte| byte.is_ascii_digit());
        if registry && !twelve {
            count(&mut self.registries, &name.registry_id);
        }
        if !is_repository_name(&name.name) {
            count(&mut self.repositories, &name.name);
        }
    }

    /// Add what another batch had.
    pub fn add(&mut self, other: Anomalies) {
        for (mine, theirs) in [
            (&mut self.digests, other.digests),
            (&mut self.registries, other.registries),
            (&mut self.repositories, other.repositories),
        ] {
            match (mine.as_mut(), theirs) {
                (Some(mine), Some(theirs)) => mine.0 += theirs.0,
                (None, Some(theirs)) => *mine = Some(theirs),
                (_, None) => {}
            }
        }
    }
}
