//! What holds for every policy and every repository.

use proptest::prelude::*;

use super::{Action, Count, Fate, Image, Policy, Rule, StorageClass, TagPattern, TagSelection, evaluate};
use crate::model::{Digest, Instant};

const DAY: i64 = 86_400_000_000;
const NOW: i64 = 1_000 * DAY;

fn images() -> impl Strategy<Value = Vec<Image>> {
    let ago = |days: u8| Instant::from_micros(NOW - i64::from(days) * DAY).unwrap();
    let image = (
        proptest::collection::vec("[ab][0-2]", 0..3),
        0u8..20,
        proptest::option::of(0u8..20),
        proptest::option::of(0u8..20),
        0u8..8,
        proptest::bool::weighted(0.1),
    );
    proptest::collection::vec(image, 0..25).prop_map(move |images| {
        let build =
            |(index, (tags, pushed, pulled, activated, class, is_index)): (usize, (Vec<String>, _, _, _, u8, _))| {
                Image {
                    digest: Digest::parse(&format!("d{index:02}")),
                    tags,
                    bytes: 1 << index,
                    pushed_at: Some(ago(pushed)),
                    pulled_at: Option::map(pulled, ago),
                    archived_at: (class == 0).then(|| ago(pushed)),
                    activated_at: Option::map(activated, ago),
                    storage_class: match class {
                        0 => Some(StorageClass::Archive),
                        1 => None,
                        _ => Some(StorageClass::Standard),
                    },
                    is_index,
                    subject: None,
                }
            };
        images.into_iter().enumerate().map(build).collect()
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let tags = prop_oneof![
        Just(TagSelection::Any),
        Just(TagSelection::Untagged),
        proptest::collection::vec("[ab]", 1..3).prop_map(TagSelection::Prefixes),
        proptest::collection::vec("[ab*][0-2*]", 1..3)
            .prop_map(|all| TagSelection::Patterns(all.into_iter().map(TagPattern::new).collect())),
    ];
    let count = prop_oneof![
        (1i64..6).prop_map(Count::MoreThan),
        (1i64..20).prop_map(Count::DaysSincePushed),
        (1i64..20).prop_map(Count::DaysSincePulled),
        (1i64..20).prop_map(Count::DaysSinceArchived),
    ];
    (tags, count, proptest::bool::ANY, proptest::bool::weighted(0.2)).prop_map(|(tags, count, expire, archive)| Rule {
        priority: 0,
        description: None,
        tags,
        storage_class: if archive { StorageClass::Archive } else { StorageClass::Standard },
        count,
        action: if expire { Action::Expire } else { Action::Archive },
    })
}

/// A policy; not every one is valid, and what is below holds all the same.
fn policy() -> impl Strategy<Value = Policy> {
    proptest::collection::vec(rule(), 1..6).prop_map(|mut rules| {
        for (index, rule) in rules.iter_mut().enumerate() {
            rule.priority = index as i64 + 1;
        }
        Policy { rules }
    })
}

fn now() -> Instant {
    Instant::from_micros(NOW).unwrap()
}

proptest! {
    #[test]
    fn an_image_has_one_rule_or_none_and_every_image_is_counted_once(policy in policy(), images in images()) {
        let evaluation = evaluate(&policy, &images, now());
        prop_assert_eq!(evaluation.verdicts.len(), images.len());
        for verdict in &evaluation.verdicts {
            prop_assert!(verdict.fate == Fate::Stays || verdict.rule.is_some());
            // The rule that an image is shielded from comes after its own.
            prop_assert!(verdict.shielded_from.is_none_or(|other| Some(other) > verdict.rule));
        }
        let sum = |sums: &super::RuleSums| {
            sums.expired.images + sums.archived.images + sums.unknown.images + sums.kept.images
        };
        prop_assert_eq!(sum(&evaluation.total), images.len() as u64);
        let owned = evaluation.verdicts.iter().filter(|verdict| verdict.rule.is_some()).count();
        prop_assert_eq!(evaluation.rules.iter().map(sum).sum::<u64>(), owned as u64);
        for sums in &evaluation.rules {
            prop_assert!(sum(sums) <= sums.matched);
        }
    }

    #[test]
    fn a_rule_with_the_highest_number_changes_nothing_for_the_others(
        policy in policy(), last in rule(), images in images()
    ) {
        let before = evaluate(&policy, &images, now());
        let mut longer = policy.clone();
        longer.rules.push(Rule { priority: 1_000, ..last });
        let after = evaluate(&longer, &images, now());
        for (before, after) in before.verdicts.iter().zip(&after.verdicts) {
            match before.rule {
                Some(_) => prop_assert_eq!((before.rule, before.fate), (after.rule, after.fate)),
                None => prop_assert!(after.rule.is_none_or(|rule| rule == policy.rules.len())),
            }
        }
    }

    #[test]
    fn keep_n_leaves_at_most_n_of_what_it_may_act_on(policy in policy(), images in images()) {
        let evaluation = evaluate(&policy, &images, now());
        for (rule, sums) in policy.rules.iter().zip(&evaluation.rules) {
            if let Count::MoreThan(count) = rule.count {
                prop_assert!(sums.kept.images <= count as u64);
            }
        }
    }

    #[test]
    fn leaving_children_out_never_deletes_more(policy in policy(), images in images()) {
        let evaluation = evaluate(&policy, &images, now());
        let ordinary: Vec<Image> = images.iter().map(|image| Image { is_index: false, ..image.clone() }).collect();
        let all = evaluate(&policy, &ordinary, now());
        for (image, (verdict, all)) in images.iter().zip(evaluation.verdicts.iter().zip(&all.verdicts)) {
            prop_assert_eq!(all.possible_child, false);
            // Acted on or unknown is what acts if children are ordinary images.
            prop_assert_eq!(verdict.fate != Fate::Stays, all.fate == Fate::Acted, "{}", image.digest);
            prop_assert!(!verdict.possible_child || verdict.fate != Fate::Acted);
        }
        // Without the possible children the result is that of a repository which does not have them.
        let rest: Vec<Image> = images.iter().zip(&evaluation.verdicts)
            .filter(|(_, verdict)| !verdict.possible_child).map(|(image, _)| image.clone()).collect();
        let without = evaluate(&policy, &rest, now());
        let sure = images.iter().zip(&evaluation.verdicts).filter(|(_, verdict)| verdict.fate == Fate::Acted);
        let alone = rest.iter().zip(&without.verdicts).filter(|(_, verdict)| verdict.fate == Fate::Acted);
        prop_assert_eq!(
            sure.map(|(image, _)| &image.digest).collect::<Vec<_>>(),
            alone.map(|(image, _)| &image.digest).collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_order_of_the_images_changes_nothing(policy in policy(), images in images()) {
        let evaluation = evaluate(&policy, &images, now());
        let reversed: Vec<Image> = images.iter().rev().cloned().collect();
        let mut other = evaluate(&policy, &reversed, now()).verdicts;
        other.reverse();
        prop_assert_eq!(evaluation.verdicts, other);
    }
}
