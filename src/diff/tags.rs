//! Which tags came, went and moved, seen from the images that differ.

use std::collections::{BTreeMap, BTreeSet};

use crate::coverage::{Absence, Coverage};
use crate::model::{Detail, Digest};

/// A tag that is not where it was. With both digests it moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagChange {
    /// The tag.
    pub tag: String,
    /// The image that it pointed at before.
    pub from: Option<Digest>,
    /// The image that it points at after.
    pub to: Option<Digest>,
    /// How sure it is that the other capture has no such tag. A move is certain.
    pub absence: Absence,
}

impl TagChange {
    /// From one image to another.
    pub fn is_move(&self) -> bool {
        self.from.is_some() && self.to.is_some()
    }
}

/// The changes of tags between two listings, by tag. The details are in the order of their listing; a capture that
/// was made during a move can show a tag on several images, and the last of them has it.
pub(super) fn tags<'a>(
    before: impl Iterator<Item = &'a Detail>,
    after: impl Iterator<Item = &'a Detail>,
    coverage: (&Coverage, &Coverage),
) -> Vec<TagChange> {
    let (from, to) = (holders(before), holders(after));
    let every: BTreeSet<&str> = from.keys().chain(to.keys()).copied().collect();
    let mut changes = Vec::new();
    for tag in every {
        let (from, to) = (from.get(tag).copied(), to.get(tag).copied());
        let absence = match (from, to) {
            _ if from == to => continue,
            (Some(_), None) => coverage.1.absence_of_tag(),
            (None, _) => coverage.0.absence_of_tag(),
            (Some(_), Some(_)) => Absence::Certain,
        };
        changes.push(TagChange { tag: tag.to_owned(), from: from.cloned(), to: to.cloned(), absence });
    }
    changes
}

/// The image that each tag is on: the last one that shows it.
fn holders<'a>(details: impl Iterator<Item = &'a Detail>) -> BTreeMap<&'a str, &'a Digest> {
    let mut holders = BTreeMap::new();
    for detail in details {
        for tag in detail.image_tags.iter().flatten() {
            holders.insert(tag.as_str(), &detail.image_digest);
        }
    }
    holders
}
