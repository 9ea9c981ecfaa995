//! What a policy does to the images of one repository at one moment.
//!
//! Each rule first finds the images that match it, whatever other rules do. An image belongs to the first rule that
//! matches it: this rule may act on it and no other, even if this rule keeps it. A rule acts on those of its
//! matching images that meet its count and belong to it.
//!
//! Some untagged images may be children of an image index ([`ListedIndexes`]). Whether the service counts them is not
//! visible in a capture, so the policy is applied twice, with and without them, and what differs is [`Fate::Unknown`].

use super::image::Image;
use super::policy::{Action, Count, Policy, Rule, TagSelection};
use crate::model::{Instant, ListedIndexes};

const DAY: i128 = 86_400_000_000_000;

/// What happens to an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// No rule acts on it.
    Stays,
    /// The rule that it belongs to acts on it.
    Acted,
    /// The rule that it belongs to acts on it only if possible children of an index count as ordinary images.
    Unknown,
}

/// The result for one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What happens to it.
    pub fate: Fate,
    /// The rule that it belongs to: the index in [`Policy::rules`] of the first rule that matches it.
    pub rule: Option<usize>,
    /// The first rule that would act on it if it did not belong to another; its index.
    pub shielded_from: Option<usize>,
    /// Whether it may be a child of an image index.
    pub possible_child: bool,
}

/// Counts of images and sums of their sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Images.
    pub images: u64,
    /// Bytes, an index counted in addition to its children.
    pub bytes: u64,
}

/// What one rule, or a whole policy, does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleSums {
    /// Images that match it, those that belong to another rule included.
    pub matched: u64,
    /// Images that it deletes.
    pub expired: Sums,
    /// Images that it moves to the archive.
    pub archived: Sums,
    /// Images whose fate is unknown.
    pub unknown: Sums,
    /// Images that belong to it and stay.
    pub kept: Sums,
}

/// The result for a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// The result for each image, in the order of the images.
    pub verdicts: Vec<Verdict>,
    /// What each rule does, in the order of the rules.
    pub rules: Vec<RuleSums>,
    /// What all of them do; `matched` counts all images, `kept` those that stay.
    pub total: RuleSums,
    /// Images that no rule selects and that refer to a deleted one: ECR deletes them within a day.
    pub referrers: Vec<usize>,
    /// Images that have no time to order or date them by. They count as the youngest.
    pub undated: u64,
}

/// What a policy does to the images of a repository at a moment, if these are all of them. An image that occurs
/// several times should be given once; see [`Image::distinct`].
pub fn evaluate(policy: &Policy, images: &[Image], at: Instant) -> Evaluation {
    evaluate_part(policy, images, at, false)
}

/// The same for a capture that may hide an image index.
pub fn evaluate_part(policy: &Policy, images: &[Image], at: Instant, may_hide_index: bool) -> Evaluation {
    let children = possible_children(images, may_hide_index);
    let with = apply(policy, images, at, None);
    let without = if children.contains(&true) { Some(apply(policy, images, at, Some(&children))) } else { None };
    let mut evaluation = Evaluation { rules: vec![RuleSums::default(); policy.rules.len()], ..Evaluation::default() };
    for (index, image) in images.iter().enumerate() {
        let sure = without.as_ref().map_or(with.acts[index], |without| without.acts[index]);
        let fate = match (with.acts[index], sure) {
            (true, true) => Fate::Acted,
            (false, false) => Fate::Stays,
            _ => Fate::Unknown,
        };
        let rule = with.owners[index];
        evaluation.verdicts.push(Verdict {
            fate,
            rule,
            shielded_from: with.shielded[index],
            possible_child: children[index],
        });
        let bytes = image.bytes;
        let action = rule.map(|rule| policy.rules[rule].action);
        evaluation.total.add(fate, action, bytes);
        if let Some(rule) = rule {
            evaluation.rules[rule].add(fate, action, bytes);
        }
        evaluation.undated += u64::from(image.age_start().is_none());
    }
    evaluation.total.matched = images.len() as u64;
    for (sums, matched) in evaluation.rules.iter_mut().zip(with.matched) {
        sums.matched = matched;
    }
    evaluation.referrers = referrers(policy, images, &evaluation.verdicts);
    evaluation
}

impl RuleSums {
    fn add(&mut self, fate: Fate, action: Option<Action>, bytes: u64) {
        let sums = match (fate, action) {
            (Fate::Unknown, _) => &mut self.unknown,
            (Fate::Acted, Some(Action::Expire)) => &mut self.expired,
            (Fate::Acted, Some(Action::Archive)) => &mut self.archived,
            _ => &mut self.kept,
        };
        sums.images += 1;
        sums.bytes = sums.bytes.saturating_add(bytes);
    }
}

impl Image {
    /// Each digest once. Of a digest that occurs in a listing several times, with different members, the last row
    /// counts.
    pub fn distinct(images: Vec<Image>) -> Vec<Image> {
        let mut places = std::collections::HashMap::with_capacity(images.len());
        let mut distinct: Vec<Image> = Vec::with_capacity(images.len());
        for image in images {
            if let Some(place) = places.get(&image.digest) {
                let place: usize = *place;
                distinct[place] = image;
            } else {
                places.insert(image.digest.clone(), distinct.len());
                distinct.push(image);
            }
        }
        distinct
    }
}

/// Which images may be children of an index.
fn possible_children(images: &[Image], may_be_hidden: bool) -> Vec<bool> {
    let shown = images.iter().filter(|image| image.is_index).count() as u64;
    let indexes = ListedIndexes { shown, may_be_hidden };
    let may_be =
        |image: &Image| image.tags.is_empty() && image.subject.is_none() && indexes.may_refer_to(image.is_index);
    images.iter().map(may_be).collect()
}

/// A policy applied to all images, or to all but some.
struct Applied {
    /// The first rule that matches each image.
    owners: Vec<Option<usize>>,
    /// Whether that rule acts on it.
    acts: Vec<bool>,
    /// The first other rule whose count it meets.
    shielded: Vec<Option<usize>>,
    /// How many images each rule matches.
    matched: Vec<u64>,
}

fn apply(policy: &Policy, images: &[Image], at: Instant, leave_out: Option<&[bool]>) -> Applied {
    let mut applied = Applied {
        owners: vec![None; images.len()],
        acts: vec![false; images.len()],
        shielded: vec![None; images.len()],
        matched: Vec::with_capacity(policy.rules.len()),
    };
    for (index, rule) in policy.rules.iter().enumerate() {
        let counted = |place: &usize| leave_out.is_none_or(|left_out| !left_out[*place]);
        let mut matching: Vec<usize> =
            (0..images.len()).filter(counted).filter(|place| matches(rule, &images[*place])).collect();
        applied.matched.push(matching.len() as u64);
        for place in &matching {
            applied.owners[*place].get_or_insert(index);
        }
        let met = meeting(rule, images, &mut matching, at);
        for place in &matching[met..] {
            if applied.owners[*place] == Some(index) {
                applied.acts[*place] = true;
            } else {
                applied.shielded[*place].get_or_insert(index);
            }
        }
    }
    applied
}

/// Whether a rule matches an image: its storage class and its tags.
pub(super) fn matches(rule: &Rule, image: &Image) -> bool {
    image.storage_class == Some(rule.storage_class)
        && match &rule.tags {
            TagSelection::Any => true,
            TagSelection::Untagged => image.tags.is_empty(),
            TagSelection::Prefixes(prefixes) => {
                prefixes.iter().all(|prefix| image.tags.iter().any(|tag| tag.starts_with(prefix.as_str())))
            }
            TagSelection::Patterns(patterns) => {
                patterns.iter().all(|pattern| image.tags.iter().any(|tag| pattern.matches(tag)))
            }
        }
}

/// Order the matching images so that those which meet the rule's count come last; the number of the others.
fn meeting(rule: &Rule, images: &[Image], matching: &mut [usize], at: Instant) -> usize {
    if let Count::MoreThan(count) = rule.count {
        youngest_first(images, matching);
        return usize::try_from(count).unwrap_or(usize::MAX).min(matching.len());
    }
    matching.sort_by_key(|place| is_older(rule.count, &images[*place], at));
    matching.partition_point(|place| !is_older(rule.count, &images[*place], at))
}

/// From the youngest to the oldest; of equal times the greater digest is younger, and without a time the image is
/// the youngest.
pub(super) fn youngest_first(images: &[Image], places: &mut [usize]) {
    places.sort_by(|left, right| {
        let key = |place: usize| {
            let start = images[place].age_start();
            (start.is_none(), start, &images[place].digest)
        };
        key(*right).cmp(&key(*left))
    });
}

/// The moment from which a count in days runs for an image.
pub(super) fn start_of(count: Count, image: &Image) -> Option<Instant> {
    match count {
        Count::MoreThan(_) => image.age_start(),
        Count::DaysSincePushed(_) => image.pushed_at,
        Count::DaysSincePulled(_) => image.use_start(),
        Count::DaysSinceArchived(_) => image.archived_at,
    }
}

/// Whether more than the days of a count have passed for an image. Exactly so many are not more.
pub(super) fn is_older(count: Count, image: &Image, at: Instant) -> bool {
    let (Count::DaysSincePushed(days) | Count::DaysSincePulled(days) | Count::DaysSinceArchived(days)) = count else {
        return false;
    };
    start_of(count, image).is_some_and(|start| nanos(at) - nanos(start) > i128::from(days) * DAY)
}

pub(super) fn nanos(instant: Instant) -> i128 {
    i128::from(instant.micros()) * 1000 + i128::from(instant.below_micros())
}

/// Images that are not acted on and whose subject is deleted.
fn referrers(policy: &Policy, images: &[Image], verdicts: &[Verdict]) -> Vec<usize> {
    let deleted = |verdict: &Verdict| {
        verdict.fate == Fate::Acted && verdict.rule.is_some_and(|rule| policy.rules[rule].action == Action::Expire)
    };
    let gone: std::collections::HashSet<_> =
        images.iter().zip(verdicts).filter(|(_, verdict)| deleted(verdict)).map(|(image, _)| &image.digest).collect();
    let follows = |place: &usize| {
        !deleted(&verdicts[*place]) && images[*place].subject.as_ref().is_some_and(|subject| gone.contains(subject))
    };
    (0..images.len()).filter(follows).collect()
}
