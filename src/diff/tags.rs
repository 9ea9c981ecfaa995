//! Which tags came, went and moved, seen from the images that differ.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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

/// The changes of tags between two listings, by tag. Only images that differ are given: the others
/// have the same tags on both sides. A tag that stands on several images at once, as a capture during
/// a move can show it, is compared image by image.
pub(super) fn tags<'a>(
    before: impl Iterator<Item = &'a Detail> + Clone,
    after: impl Iterator<Item = &'a Detail> + Clone,
    coverage: (&Coverage, &Coverage),
) -> Vec<TagChange> {
    let (from, to) = (by_tag(before.clone()), by_tag(after.clone()));
    let (shown_before, shown_after) = (by_digest(before), by_digest(after));
    // What it means that a listing lacks a tag on an image of the other one.
    let absence = |coverage: &Coverage, shown: &Images<'_>, others: &Images<'_>, digest: &Digest| {
        let missing = if shown.contains_key(digest) { None } else { others.get(digest) };
        coverage.absence_of_tag(missing.copied())
    };
    let none = BTreeSet::new();
    let every: BTreeSet<&str> = from.keys().chain(to.keys()).copied().collect();
    let mut changes = Vec::new();
    for tag in every {
        let (from, to) = (from.get(tag).unwrap_or(&none), to.get(tag).unwrap_or(&none));
        let (mut gone, mut come) = (from.difference(to), to.difference(from));
        loop {
            let (from, to) = (gone.next().copied(), come.next().copied());
            let absence = match (from, to) {
                (None, None) => break,
                (Some(_), Some(_)) => Absence::Certain,
                (Some(from), None) => absence(coverage.1, &shown_after, &shown_before, from),
                (None, Some(to)) => absence(coverage.0, &shown_before, &shown_after, to),
            };
            changes.push(TagChange { tag: tag.to_owned(), from: from.cloned(), to: to.cloned(), absence });
        }
    }
    changes
}

/// Images by their digests.
type Images<'a> = HashMap<&'a Digest, &'a Detail>;

fn by_digest<'a>(details: impl Iterator<Item = &'a Detail>) -> Images<'a> {
    details.map(|detail| (&detail.image_digest, detail)).collect()
}

fn by_tag<'a>(details: impl Iterator<Item = &'a Detail>) -> BTreeMap<&'a str, BTreeSet<&'a Digest>> {
    let mut tags: BTreeMap<&str, BTreeSet<&Digest>> = BTreeMap::new();
    for detail in details {
        for tag in detail.image_tags.iter().flatten() {
            tags.entry(tag).or_default().insert(&detail.image_digest);
        }
    }
    tags
}
