//! Tables of two listings each, and what must hold of any two.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::detail::members_of;
use super::{Changed, Changes, MemberChange, Options, TagChange, Unmatched, listings};
use crate::coverage::{Absence, Coverage};
use crate::model::{Detail, Digest, FindingsSummary, Instant, Map, ScanStatus, Value};

const DAY: i64 = 86_400_000_000;
/// Every difference counts.
const EVERYTHING: Options = Options { pulls: true, rescans: true };

const FIRST: i64 = 1_772_330_400_000_000;

fn day(number: i64) -> Instant {
    Instant::from_micros(FIRST + number * DAY).expect("an instant")
}

/// A capture of everything at a day.
fn whole(number: i64) -> Coverage {
    Coverage::new(day(number), true, "imageStatus=ANY".parse().ok())
}

fn digest(number: u8) -> Digest {
    Digest::Sha256([number; 32])
}

fn image(number: u8, tags: &[&str]) -> Detail {
    let mut detail = Detail::new("123456789012".into(), "shop/web".into(), digest(number));
    detail.image_tags = Some(tags.iter().map(|tag| (*tag).to_owned()).collect());
    detail.image_pushed_at = Some(day(-9));
    detail
}

fn compare(before: &[Detail], after: &[Detail]) -> Changes {
    listings((before.to_vec(), &whole(0)), (after.to_vec(), &whole(1)), Options::default())
}

/// The tags in short: `prod: 1>2`, with what is sure about it.
fn tags(changes: &Changes) -> Vec<String> {
    let number = |digest: &Option<Digest>| match digest {
        Some(Digest::Sha256(bytes)) => bytes[0].to_string(),
        _ => "-".to_owned(),
    };
    let one = |c: &TagChange| format!("{}: {}>{} {:?}", c.tag, number(&c.from), number(&c.to), c.absence);
    changes.tags.iter().map(one).collect()
}

#[test]
fn tags_come_go_and_move() {
    for (before, after, expected) in [
        (vec![image(1, &["a"])], vec![image(1, &["a"])], vec![]),
        (vec![image(1, &["a", "b"])], vec![image(1, &["b", "a"])], vec![]),
        (vec![image(1, &["a"]), image(2, &[])], vec![image(1, &[]), image(2, &["a"])], vec!["a: 1>2 Certain"]),
        (vec![image(1, &["a"])], vec![image(2, &["a"])], vec!["a: 1>2 Certain"]),
        (vec![image(1, &["a"])], vec![], vec!["a: 1>- Certain"]),
        (vec![], vec![image(1, &["b", "a"])], vec!["a: ->1 Certain", "b: ->1 Certain"]),
        // A capture that was made while a tag moved shows it twice: the last image of the listing has it.
        (vec![image(1, &["a"]), image(2, &["a"])], vec![image(1, &[]), image(2, &["a"])], vec![]),
        (vec![image(2, &["a"]), image(1, &["a"])], vec![image(1, &[]), image(2, &["a"])], vec!["a: 1>2 Certain"]),
        (vec![image(1, &["a"]), image(2, &["a"])], vec![image(3, &["a"])], vec!["a: 2>3 Certain"]),
        (vec![image(1, &["a"]), image(2, &["a"])], vec![image(1, &["a"])], vec!["a: 2>1 Certain"]),
    ] {
        assert_eq!(tags(&compare(&before, &after)), expected, "{before:?} {after:?}");
    }
}

/// What is missing from a capture that was not whole is unknown; what it shows is known.
#[test]
fn captures_that_do_not_show_everything() {
    let mut new = image(3, &["new"]);
    new.image_pushed_at = Some(day(1));
    let (one, moved) = (image(1, &["a"]), image(1, &["b"]));
    let two = image(2, &["b"]);
    for (complete, filter, after, images, expected) in [
        (false, None, vec![one.clone()], vec![Absence::Unknown], vec!["b: 2>- Unknown"]),
        (false, None, vec![moved.clone()], vec![Absence::Unknown], vec!["a: 1>- Unknown", "b: 2>1 Certain"]),
        (true, None, vec![one.clone()], vec![Absence::OrArchived], vec!["b: 2>- OrArchived"]),
        // The tag may have moved to an image that was archived since.
        (true, None, vec![moved], vec![Absence::OrArchived], vec!["a: 1>- OrArchived", "b: 2>1 Certain"]),
        (true, Some("imageStatus=ANY"), vec![one.clone()], vec![Absence::Certain], vec!["b: 2>- Certain"]),
        (true, Some("tagStatus=UNTAGGED"), vec![], vec![Absence::Unknown; 2], vec!["a: 1>- Unknown", "b: 2>- Unknown"]),
    ] {
        let narrow = Coverage::new(day(0), complete, filter.and_then(|filter: &str| filter.parse().ok()));
        let whole = whole(2);
        let all = vec![one.clone(), two.clone()];
        let changes = listings((all.clone(), &whole), (after.clone(), &narrow), Options::default());
        assert_eq!(changes.removed.iter().map(|image| image.absence).collect::<Vec<_>>(), images);
        assert_eq!(tags(&changes), expected);
        // The other way round the same is unknown, except for what was pushed since.
        let all = [all, vec![new.clone()]].concat();
        let changes = listings((after, &narrow), (all, &whole), Options::default());
        let pushed = changes.added.last().expect("an image");
        assert_eq!((&pushed.detail, pushed.absence), (&new, Absence::Certain));
        assert_eq!(changes.added.len(), images.len() + 1);
    }
}

#[test]
fn the_last_of_a_digest_counts() {
    let mut old = image(1, &["a"]);
    old.image_size_in_bytes = Some(1);
    let new = image(1, &["b"]);
    assert!(compare(&[old.clone(), new.clone()], std::slice::from_ref(&new)).is_empty());
    let changes = compare(&[old.clone(), new.clone()], &[new, old]);
    assert_eq!(tags(&changes), ["a: ->1 Certain", "b: 1>- Certain"]);
    assert_eq!(changes.changed.len(), 1);
}

#[test]
fn what_a_change_is_called() {
    let before = image(1, &[]);
    let mut after = before.clone();
    after.last_recorded_pull_time = Some(day(0));
    assert!(compare(std::slice::from_ref(&before), std::slice::from_ref(&after)).is_empty());
    let pulls = EVERYTHING;
    let changes = listings((vec![before.clone()], &whole(0)), (vec![after.clone()], &whole(1)), pulls);
    assert_eq!(changes.changed[0].members[0].name, "lastRecordedPullTime");

    after.image_status = Some("ARCHIVED".into());
    after.image_size_in_bytes = Some(2);
    let image = compare(std::slice::from_ref(&before), std::slice::from_ref(&after)).changed.remove(0);
    assert_eq!((image.status(), image.damaged_size()), (Some(("ACTIVE", "ARCHIVED")), None));
    let mut damaged = after.clone();
    damaged.image_size_in_bytes = Some(3);
    let image = compare(&[after], &[damaged]).changed.remove(0);
    assert_eq!((image.status(), image.damaged_size()), (None, Some((2, 3))));
}

fn detail() -> impl Strategy<Value = Detail> {
    let time = || option::of((-9i64..3).prop_map(day));
    let text = |texts: &'static [&'static str]| option::of(prop::sample::select(texts).prop_map(Into::into));
    let counts = option::of(vec((prop::sample::select(vec!["HIGH", "LOW", "ODD"]), 0i64..3), 0..3));
    let unknown = btree_map("x[ab]", prop::sample::select(vec![Value::Null, Value::Int(1), "t".into()]), 0..2);
    let scan = option::of((text(&["COMPLETE", "FAILED"]), text(&["a", "b"])));
    (
        0u8..7,
        option::of(vec("[abc]", 0..3)),
        option::of(0i64..3),
        (time(), time(), time()),
        text(&["ACTIVE", "ARCHIVED"]),
        scan,
        option::of((time(), counts)),
        unknown,
    )
        .prop_map(|(number, tags, size, (pushed, pulled, archived), status, scan, findings, unknown)| {
            let mut detail = image(number, &[]);
            detail.image_tags = tags;
            detail.image_size_in_bytes = size;
            detail.image_pushed_at = pushed;
            detail.last_recorded_pull_time = pulled;
            detail.last_archived_at = archived;
            detail.image_status = status;
            detail.image_scan_status =
                scan.map(|(status, description)| ScanStatus { status, description, unknown: Map::new() });
            detail.image_scan_findings_summary = findings.map(|(completed, counts)| FindingsSummary {
                image_scan_completed_at: completed,
                null_severities: Vec::new(),
                finding_severity_counts: counts
                    .map(|counts| counts.into_iter().map(|(severity, count)| (severity.to_owned(), count)).collect()),
                ..FindingsSummary::default()
            });
            detail.unknown = unknown.into_iter().collect();
            detail
        })
}

fn details() -> impl Strategy<Value = Vec<Detail>> {
    vec(detail(), 0..8)
}

fn coverage() -> impl Strategy<Value = Coverage> {
    let filters = vec![None, Some("imageStatus=ANY"), Some("tagStatus=TAGGED"), Some("imageStatus=ARCHIVED")];
    (-2i64..3, any::<bool>(), prop::sample::select(filters)).prop_map(|(number, complete, filter)| {
        Coverage::new(day(number), complete, filter.and_then(|filter| filter.parse().ok()))
    })
}

fn mirrored(changes: Changes) -> Changes {
    let member = |c: MemberChange| MemberChange { name: c.name, from: c.to, to: c.from };
    let image =
        |c: Changed| Changed { before: c.after, after: c.before, members: c.members.into_iter().map(member).collect() };
    Changes {
        added: changes.removed,
        removed: changes.added,
        changed: changes.changed.into_iter().map(image).collect(),
        tags: changes.tags.into_iter().map(|tag| TagChange { from: tag.to, to: tag.from, ..tag }).collect(),
    }
}

/// A listing as far as it can differ: members by digest, and on which digest each tag is.
type Canonical = (BTreeMap<Digest, Map>, BTreeMap<String, Digest>);

/// The members with the status that an absent one means.
fn known_members(detail: &Detail) -> Map {
    let mut members = members_of(detail);
    members.entry("imageStatus".to_owned()).or_insert_with(|| detail.effective_status().into());
    members
}

fn canonical(details: &[Detail]) -> Canonical {
    let last = last_details(details);
    let images = last.iter().map(|detail| (detail.image_digest.clone(), known_members(detail))).collect();
    let tags = last
        .iter()
        .flat_map(|detail| detail.image_tags.iter().flatten().map(|tag| (tag.clone(), detail.image_digest.clone())));
    (images, tags.collect())
}

fn apply((mut images, mut tags): Canonical, changes: &Changes) -> Canonical {
    for Unmatched { detail, .. } in &changes.removed {
        assert!(images.remove(&detail.image_digest).is_some());
    }
    for Unmatched { detail, .. } in &changes.added {
        assert!(images.insert(detail.image_digest.clone(), known_members(detail)).is_none());
    }
    for changed in &changes.changed {
        let members = images.get_mut(&changed.before.image_digest).expect("an image");
        for change in &changed.members {
            match change.name.split_once('.') {
                Some((outer, inner)) => {
                    let Value::Map(object) = members.entry(outer.to_owned()).or_insert_with(|| Map::new().into())
                    else {
                        panic!("{outer} is no object");
                    };
                    put(object, inner, change);
                    if object.is_empty() {
                        members.shift_remove(outer);
                    }
                }
                None => put(members, &change.name, change),
            }
        }
    }
    for TagChange { tag, from, to, .. } in &changes.tags {
        if let Some(from) = from {
            assert_eq!(tags.remove(tag).as_ref(), Some(from));
        }
        if let Some(to) = to {
            assert_eq!(tags.insert(tag.clone(), to.clone()), None);
        }
    }
    (images, tags)
}

fn put(members: &mut Map, name: &str, change: &MemberChange) {
    let active = Value::from("ACTIVE");
    let known = |value: &Option<Value>| value.clone().or((name == "imageStatus").then(|| active.clone()));
    assert_eq!(members.get(name).cloned(), known(&change.from), "{name}");
    match &known(&change.to) {
        Some(value) => drop(members.insert(name.to_owned(), value.clone())),
        None => drop(members.shift_remove(name)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_differs_from_itself(details in details(), one in coverage(), other in coverage()) {
        let same = listings((details.clone(), &one), (details.clone(), &other), EVERYTHING);
        prop_assert!(same.is_empty(), "{same:?}");
        // The order matters for a tag on several images alone.
        let mut turned = last_details(&details);
        turned.reverse();
        if !shares_a_tag(&details) {
            let changes = listings((details, &one), (turned, &other), EVERYTHING);
            prop_assert!(changes.is_empty(), "{changes:?}");
        }
    }

    #[test]
    fn turned_round_it_is_mirrored(a in details(), b in details(), one in coverage(), other in coverage()) {
        let there = listings((a.clone(), &one), (b.clone(), &other), EVERYTHING);
        let back = listings((b, &other), (a, &one), EVERYTHING);
        prop_assert_eq!(mirrored(there), back);
    }

    #[test]
    fn applied_to_the_first_it_gives_the_second(a in details(), b in details(), one in coverage(), other in coverage()) {
        let changes = listings((a.clone(), &one), (b.clone(), &other), EVERYTHING);
        prop_assert_eq!(apply(canonical(&a), &changes), canonical(&b));
    }

    /// What both sides have in common may be left out, unless a differing image shows one of its tags.
    #[test]
    fn equal_images_say_nothing(a in details(), b in details(), one in coverage(), other in coverage()) {
        let (a, b) = (last_details(&a), last_details(&b));
        let differs = |detail: &Detail, others: &[Detail]| !others.contains(detail);
        let differing = a.iter().filter(|it| differs(it, &b)).chain(b.iter().filter(|it| differs(it, &a)));
        let tags: BTreeSet<&String> = differing.flat_map(|detail| detail.image_tags.iter().flatten()).collect();
        let needed = |these: &[Detail], those: &[Detail]| -> Vec<Detail> {
            let is = |detail: &&Detail| {
                differs(detail, those) || detail.image_tags.iter().flatten().any(|tag| tags.contains(tag))
            };
            these.iter().filter(is).cloned().collect()
        };
        let all = listings((a.clone(), &one), (b.clone(), &other), Options::default());
        let some = listings((needed(&a, &b), &one), (needed(&b, &a), &other), Options::default());
        // Which of several images has a tag is settled by their order, which is then a difference of its own.
        let settled = |changes: &Changes| -> Vec<TagChange> {
            changes.tags.iter().filter(|change| tags.contains(&change.tag)).cloned().collect()
        };
        prop_assert_eq!(settled(&all), settled(&some));
        prop_assert_eq!((all.added, all.removed, all.changed), (some.added, some.removed, some.changed));
    }
}

/// The details that count, in their order: the last of each digest.
fn last_details(details: &[Detail]) -> Vec<Detail> {
    let mut met = BTreeSet::new();
    let mut last: Vec<Detail> =
        details.iter().rev().filter(|detail| met.insert(detail.image_digest.clone())).cloned().collect();
    last.reverse();
    last
}

/// Whether a tag is on several of the details that count.
fn shares_a_tag(details: &[Detail]) -> bool {
    let tags = last_details(details)
        .into_iter()
        .flat_map(|detail| detail.image_tags.into_iter().flatten().collect::<BTreeSet<_>>());
    let mut met = BTreeSet::new();
    tags.into_iter().any(|tag| !met.insert(tag))
}
