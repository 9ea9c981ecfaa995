//! The examples of the user guide with the results that it gives, and the rules that it states.

use super::{Fate, Image, Policy, StorageClass, evaluate, explain};
use crate::model::{Digest, Instant};

const DAY: i64 = 86_400_000_000;
const NOW: i64 = 1_000 * DAY;

/// An image that was pushed so many days ago.
fn image(name: &str, tags: &[&str], days: i64) -> Image {
    Image {
        digest: Digest::parse(name),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        bytes: 100,
        pushed_at: Some(Instant::from_micros(NOW - days * DAY).unwrap()),
        pulled_at: None,
        archived_at: None,
        activated_at: None,
        storage_class: Some(StorageClass::Standard),
        is_index: false,
        subject: None,
    }
}

fn now() -> Instant {
    Instant::from_micros(NOW).unwrap()
}

/// A policy of expire rules: the members of each selection.
fn policy(selections: &[&str]) -> Policy {
    let rule = |(index, selection): (usize, &&str)| {
        format!(r#"{{"rulePriority": {}, "selection": {{{selection}}}, "action": {{"type": "expire"}}}}"#, index + 1)
    };
    let rules: Vec<String> = selections.iter().enumerate().map(rule).collect();
    Policy::parse(&format!(r#"{{"rules": [{}]}}"#, rules.join(","))).unwrap()
}

fn tagged(patterns: &str, rest: &str) -> String {
    format!(r#""tagStatus": "tagged", "tagPatternList": [{patterns}], {rest}"#)
}

fn keep(count: u32) -> String {
    format!(r#""countType": "imageCountMoreThan", "countNumber": {count}"#)
}

fn older(kind: &str, days: u32) -> String {
    format!(r#""countType": "{kind}", "countUnit": "days", "countNumber": {days}"#)
}

/// The names of the images that are acted on, and of those whose fate is unknown.
fn acted(policy: &Policy, images: &[Image]) -> (String, String) {
    let evaluation = evaluate(policy, images, now());
    let named = |fate: Fate| {
        let with = images.iter().zip(&evaluation.verdicts).filter(|(_, verdict)| verdict.fate == fate);
        with.map(|(image, _)| image.digest.to_string()).collect::<String>()
    };
    (named(Fate::Acted), named(Fate::Unknown))
}

#[test]
fn the_examples_of_the_user_guide_have_its_results() {
    let three =
        [image("A", &["beta-1", "prod-1"], 10), image("B", &["beta-2", "prod-2"], 9), image("C", &["beta-3"], 8)];
    let ages = [
        image("A", &["alpha-1"], 12),
        image("B", &["beta-1"], 11),
        image("C", &["alpha-2", "beta-2"], 10),
        image("D", &["alpha-3"], 4),
        image("E", &["beta-3"], 3),
        image("F", &["alpha-4", "beta-4"], 2),
    ];
    let counts = [
        image("A", &["alpha-1", "beta-1", "gamma-1"], 10),
        image("B", &["alpha-2", "beta-2"], 9),
        image("C", &["alpha-3", "beta-3", "gamma-2"], 8),
    ];
    let any =
        [image("A", &["alpha-1"], 4), image("B", &["beta-1"], 3), image("C", &[], 2), image("D", &["alpha-2"], 1)];
    let mut mixed = [
        image("A", &["alpha-1", "beta-1"], 4),
        image("B", &[], 3),
        image("C", &["alpha-2"], 2),
        image("D", &["git hash"], 1),
        image("E", &[], 1),
    ];
    mixed[4].pushed_at = Some(Instant::from_micros(NOW - DAY / 2).unwrap());
    let both = r#""alpha*", "beta*""#;
    let everything = format!(r#""tagStatus": "any", {}"#, keep(1));
    let untagged = format!(r#""tagStatus": "untagged", {}"#, older("sinceImagePushed", 1));
    for (rules, images, expected) in [
        (vec![tagged(r#""prod*""#, &keep(1)), tagged(r#""beta*""#, &keep(1))], &three[..], "A"),
        (vec![tagged(r#""beta*""#, &keep(1)), tagged(r#""prod*""#, &keep(1))], &three[..], "AB"),
        (vec![tagged(both, &older("sinceImagePushed", 5))], &ages[..], "C"),
        (vec![tagged(both, &keep(1))], &counts[..], "AB"),
        (vec![everything.clone()], &any[..], "ABC"),
        (vec![tagged(r#""alpha*""#, &keep(1)), untagged, everything], &mixed[..], "ABD"),
    ] {
        let texts: Vec<&str> = rules.iter().map(String::as_str).collect();
        assert_eq!(acted(&policy(&texts), images), (expected.to_owned(), String::new()), "{rules:?}");
    }
}

#[test]
fn exactly_so_many_days_are_not_more() {
    let policy = policy(&[&format!(r#""tagStatus": "any", {}"#, older("sinceImagePushed", 5))]);
    let mut images = [image("A", &["a"], 5), image("B", &["b"], 5), image("C", &["c"], 6)];
    images[1].pushed_at = Some(Instant::from_parts(NOW - 5 * DAY - 1, 999).unwrap());
    assert_eq!(acted(&policy, &images).0, "BC");
}

#[test]
fn of_equal_push_times_the_greater_digest_is_younger() {
    let policy = policy(&[&format!(r#""tagStatus": "any", {}"#, keep(1))]);
    assert_eq!(acted(&policy, &[image("A", &["a"], 3), image("C", &["c"], 3), image("B", &["b"], 3)]).0, "AB");
}

#[test]
fn a_restored_image_counts_from_its_restore() {
    let policy = policy(&[&format!(r#""tagStatus": "any", {}"#, keep(1))]);
    let mut images = [image("A", &["a"], 30), image("B", &["b"], 3)];
    assert_eq!(acted(&policy, &images).0, "A");
    images[0].activated_at = Some(Instant::from_micros(NOW - DAY).unwrap());
    assert_eq!(acted(&policy, &images).0, "B");
}

#[test]
fn pulls_count_from_the_last_use() {
    let policy = Policy::parse(&format!(
        r#"{{"rules": [{{"rulePriority": 1, "selection": {{"tagStatus": "any", {}}},
            "action": {{"type": "transition", "targetStorageClass": "archive"}}}}]}}"#,
        older("sinceImagePulled", 10)
    ))
    .unwrap();
    let with = |name, pulled: Option<i64>, activated: Option<i64>| {
        let ago = |days: i64| Instant::from_micros(NOW - days * DAY).unwrap();
        Image { pulled_at: pulled.map(ago), activated_at: activated.map(ago), ..image(name, &["a"], 100) }
    };
    let images = [
        with("A", Some(5), None),
        with("B", Some(11), None),
        // Never pulled: the push counts.
        with("C", None, None),
        // Restored and not pulled since: the restore counts.
        with("D", Some(50), Some(3)),
        with("E", None, Some(20)),
        // Pulled since the restore.
        with("F", Some(2), Some(20)),
    ];
    assert_eq!(acted(&policy, &images).0, "BCE");
}

#[test]
fn each_storage_class_has_its_own_rules() {
    let policy = policy(&[
        &format!(r#""tagStatus": "any", "storageClass": "archive", {}"#, older("sinceImageTransitioned", 90)),
        &format!(r#""tagStatus": "any", {}"#, older("sinceImagePushed", 5)),
    ]);
    let archived = |name, days: i64| Image {
        storage_class: Some(StorageClass::Archive),
        archived_at: Some(Instant::from_micros(NOW - days * DAY).unwrap()),
        ..image(name, &["a"], 500)
    };
    let restoring = Image { storage_class: None, ..image("E", &["a"], 500) };
    let images = [archived("A", 91), archived("B", 90), image("C", &["a"], 6), image("D", &["a"], 5), restoring];
    assert_eq!(acted(&policy, &images).0, "AC");
}

#[test]
fn children_of_an_index_make_two_results() {
    let policy = policy(&[&format!(r#""tagStatus": "any", {}"#, keep(2))]);
    let index = Image { is_index: true, ..image("I", &["v2"], 2) };
    // Counted as ordinary images, the two children push A and B out; else only A goes.
    let images =
        [image("A", &["v0"], 9), image("B", &["v1"], 8), image("x", &[], 3), image("y", &[], 3), index.clone()];
    assert_eq!(acted(&policy, &images), ("A".to_owned(), "Bx".to_owned()));
    // Without an index no untagged image is a child, and an index is not its own child.
    assert_eq!(acted(&policy, &images[..4]), ("AB".to_owned(), String::new()));
    let alone = Image { tags: Vec::new(), ..index };
    let evaluation = evaluate(&policy, &[alone], now());
    assert!(!evaluation.verdicts[0].possible_child);
}

#[test]
fn referrers_follow_a_deleted_subject() {
    let policy = policy(&[&tagged(r#""dev*""#, &keep(1))]);
    let signature = |name, subject: &str| Image { subject: Some(Digest::parse(subject)), ..image(name, &["sig"], 1) };
    let images = [image("A", &["dev-1"], 9), image("B", &["dev-2"], 8), signature("S", "A"), signature("T", "B")];
    let evaluation = evaluate(&policy, &images, now());
    assert_eq!(evaluation.referrers, [2]);
}

#[test]
fn an_image_without_a_push_time_is_never_acted_on_by_age() {
    let images = [Image { pushed_at: None, ..image("A", &["a"], 0) }, image("B", &["b"], 9), image("C", &["c"], 8)];
    let by_age = policy(&[&format!(r#""tagStatus": "any", {}"#, older("sinceImagePushed", 1))]);
    assert_eq!(acted(&by_age, &images).0, "BC");
    let by_count = policy(&[&format!(r#""tagStatus": "any", {}"#, keep(1))]);
    assert_eq!(acted(&by_count, &images).0, "BC");
    assert_eq!(evaluate(&by_count, &images, now()).undated, 1);
}

#[test]
fn a_shielded_image_is_named_with_both_rules() {
    let policy = policy(&[&tagged(r#""prod*""#, &keep(5)), &format!(r#""tagStatus": "any", {}"#, keep(1))]);
    let images = [image("A", &["prod-1"], 9), image("B", &["x"], 8), image("C", &["y"], 7)];
    let evaluation = evaluate(&policy, &images, now());
    let first = evaluation.verdicts[0];
    assert_eq!((first.fate, first.rule, first.shielded_from), (Fate::Stays, Some(0), Some(1)));
    assert_eq!(evaluation.total.expired.images, 1);
    assert_eq!(
        (evaluation.rules[1].matched, evaluation.rules[1].expired.images, evaluation.rules[1].kept.images),
        (3, 1, 1)
    );
    let views = explain(&policy, &images, 0, now());
    assert_eq!((views[0].matched, views[0].place, views[0].met), (true, Some((1, 1)), false));
    assert_eq!((views[1].matched, views[1].place, views[1].met), (true, Some((3, 3)), true));
    assert_eq!(views[0].tags[0].tag.as_deref(), Some("prod-1"));
}

#[test]
fn huge_numbers_do_not_overflow() {
    let most = i64::MAX;
    let policy = policy(&[
        &tagged(r#""a*""#, &format!(r#""countType": "imageCountMoreThan", "countNumber": {most}"#)),
        &format!(r#""tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": {most}"#),
    ]);
    let first = Instant::from_text("0001-01-01").unwrap();
    let images = [Image { pushed_at: Some(first), bytes: u64::MAX, ..image("A", &["a"], 0) }, image("B", &["b"], 1)];
    assert_eq!(acted(&policy, &images).0, "");
    assert_eq!(evaluate(&policy, &images, now()).total.kept.bytes, u64::MAX);
}
