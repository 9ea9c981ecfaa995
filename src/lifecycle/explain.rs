//! How each rule sees one image, so that a person can follow a verdict.

use super::evaluate::{is_older, matches, nanos, start_of, youngest_first};
use super::image::Image;
use super::policy::{Count, Policy, TagSelection};
use crate::model::Instant;

/// Whether a tag of the image matches one prefix or pattern of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagMatch {
    /// The prefix followed by `*`, or the pattern.
    pub pattern: String,
    /// The first tag that matches it.
    pub tag: Option<String>,
}

/// One rule's view of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleView {
    /// The index of the rule in [`Policy::rules`].
    pub rule: usize,
    /// Whether the image is in the storage class that the rule looks at.
    pub in_class: bool,
    /// For a rule with prefixes or patterns: each of them with the tag that matches it.
    pub tags: Vec<TagMatch>,
    /// Whether the rule matches the image.
    pub matched: bool,
    /// For a rule that counts images and matches this one: its place among the matching ones, the youngest being 1,
    /// and how many they are.
    pub place: Option<(u64, u64)>,
    /// For a rule that counts days: the moment from which it counts.
    pub since: Option<Instant>,
    /// For a rule that counts days: how many have passed, rounded down.
    pub days: Option<i64>,
    /// Whether the image meets the rule's count.
    pub met: bool,
}

/// How each rule sees the image at `place` of `images`. Possible children count as ordinary images.
pub fn explain(policy: &Policy, images: &[Image], place: usize, at: Instant) -> Vec<RuleView> {
    let image = &images[place];
    let view = |(index, rule): (usize, &super::policy::Rule)| {
        let matched = matches(rule, image);
        let mut view = RuleView {
            rule: index,
            in_class: image.storage_class == Some(rule.storage_class),
            tags: tag_matches(&rule.tags, image),
            matched,
            place: None,
            since: None,
            days: None,
            met: false,
        };
        if let Count::MoreThan(count) = rule.count {
            if matched {
                let mut counted: Vec<usize> = (0..images.len()).filter(|it| matches(rule, &images[*it])).collect();
                youngest_first(images, &mut counted);
                let at = counted.iter().position(|it| *it == place).unwrap_or_default() as u64 + 1;
                view.place = Some((at, counted.len() as u64));
                view.met = i64::try_from(at).is_ok_and(|at| at > count);
            }
        } else {
            view.since = start_of(rule.count, image);
            view.days = view.since.map(|since| {
                let days = (nanos(at) - nanos(since)).div_euclid(86_400_000_000_000);
                i64::try_from(days).unwrap_or(i64::MAX)
            });
            view.met = matched && is_older(rule.count, image, at);
        }
        view
    };
    policy.rules.iter().enumerate().map(view).collect()
}

fn tag_matches(selection: &TagSelection, image: &Image) -> Vec<TagMatch> {
    let found = |matches: &dyn Fn(&str) -> bool| image.tags.iter().find(|tag| matches(tag)).cloned();
    match selection {
        TagSelection::Any | TagSelection::Untagged => Vec::new(),
        TagSelection::Prefixes(prefixes) => prefixes
            .iter()
            .map(|prefix| TagMatch {
                pattern: format!("{prefix}*"),
                tag: found(&|tag| tag.starts_with(prefix.as_str())),
            })
            .collect(),
        TagSelection::Patterns(patterns) => patterns
            .iter()
            .map(|pattern| TagMatch { pattern: pattern.as_str().to_owned(), tag: found(&|tag| pattern.matches(tag)) })
            .collect(),
    }
}
