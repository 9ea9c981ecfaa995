//! Two listings of one repository, and what differs between them.

use std::cmp::Ordering;

use indexmap::IndexMap;

use super::detail::{self, FindingsChange, MemberChange, PULL_TIME};
use super::tags::{self, TagChange};
use crate::coverage::{Absence, Coverage};
use crate::model::{Detail, Digest};

/// What counts as a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Compare `lastRecordedPullTime` too, which changes daily for what runs.
    pub pulls: bool,
    /// Compare the times of scans too, which change daily under continuous scanning. Without it an image whose only
    /// difference they are does not differ; in one that differs anyway they are among the members.
    pub rescans: bool,
}

/// What differs between two listings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Images that only the second listing shows, in the order of their pushes.
    pub added: Vec<Unmatched>,
    /// Images that only the first listing shows, in the order of their pushes.
    pub removed: Vec<Unmatched>,
    /// Images that both show, with a member that differs, in the order of their pushes.
    pub changed: Vec<Changed>,
    /// Tags by name.
    pub tags: Vec<TagChange>,
}

/// An image that one of two listings shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmatched {
    /// The image.
    pub detail: Detail,
    /// What it means that the other listing does not show it.
    pub absence: Absence,
}

/// An image with members that differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// The image in the first listing.
    pub before: Detail,
    /// The image in the second listing.
    pub after: Detail,
    /// Every member that differs except for the tags, by name; never empty.
    pub members: Vec<MemberChange>,
}

impl Changes {
    /// Nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty() && self.tags.is_empty()
    }
}

impl Changed {
    /// How the findings changed, if they did.
    pub fn findings(&self) -> Option<FindingsChange<'_>> {
        detail::findings(&self.before, &self.after)
    }

    /// The status before and after, if it changed: `ACTIVE`, `ARCHIVED`.
    pub fn status(&self) -> Option<(&str, &str)> {
        let (from, to) = (self.before.effective_status(), self.after.effective_status());
        (from != to).then_some((from, to))
    }

    /// The sizes before and after, if both are known and differ. A digest is the name of a content
    /// and a content has one size: one of the two captures is damaged.
    pub fn damaged_size(&self) -> Option<(i64, i64)> {
        match (self.before.image_size_in_bytes, self.after.image_size_in_bytes) {
            (Some(from), Some(to)) if from != to => Some((from, to)),
            _ => None,
        }
    }
}

/// Compare two listings by digest. The details are in the order of their listing; the order alone is not a
/// difference. Images that are equal in both may be left out of both, unless they show a tag that an image which
/// differs shows as well. Of several details of one digest the last counts, of several images with one tag too.
pub fn listings(before: (Vec<Detail>, &Coverage), after: (Vec<Detail>, &Coverage), options: Options) -> Changes {
    let (from, to) = (by_digest(before.0), by_digest(after.0));
    let mut changes =
        Changes { tags: tags::tags(from.values(), to.values(), (before.1, after.1)), ..Changes::default() };
    let mut to: IndexMap<Digest, Option<Detail>> = to.into_iter().map(|(key, detail)| (key, Some(detail))).collect();
    for (digest, detail) in from {
        if let Some(other) = to.get_mut(&digest).and_then(Option::take) {
            changes.changed.extend(changed(detail, other, options));
        } else {
            let absence = after.1.absence(&detail);
            changes.removed.push(Unmatched { detail, absence });
        }
    }
    for detail in to.into_values().flatten() {
        let absence = before.1.absence(&detail);
        changes.added.push(Unmatched { detail, absence });
    }
    sort(&mut changes);
    changes
}

/// Put images into the order of their pushes.
pub(super) fn sort(changes: &mut Changes) {
    changes.added.sort_by(|one, other| by_push(&one.detail, &other.detail));
    changes.removed.sort_by(|one, other| by_push(&one.detail, &other.detail));
    changes.changed.sort_by(|one, other| {
        let first = |changed: &Changed| changed.before.image_pushed_at.min(changed.after.image_pushed_at);
        first(one).cmp(&first(other)).then_with(|| one.before.image_digest.cmp(&other.before.image_digest))
    });
}

/// The members that differ between two details of one digest, in the options' sense.
pub(super) fn changed(before: Detail, after: Detail, options: Options) -> Option<Changed> {
    let mut members = detail::members(&before, &after);
    if !options.pulls {
        members.retain(|member| member.name != PULL_TIME);
    }
    if !options.rescans && members.iter().all(MemberChange::is_rescan) {
        return None;
    }
    (!members.is_empty()).then_some(Changed { before, after, members })
}

pub(super) fn by_digest(details: Vec<Detail>) -> IndexMap<Digest, Detail> {
    let mut last = IndexMap::with_capacity(details.len());
    for detail in details {
        // The place of the last detail counts as well.
        last.shift_remove(&detail.image_digest);
        last.insert(detail.image_digest.clone(), detail);
    }
    last
}

fn by_push(one: &Detail, other: &Detail) -> Ordering {
    one.image_pushed_at.cmp(&other.image_pushed_at).then_with(|| one.image_digest.cmp(&other.image_digest))
}
