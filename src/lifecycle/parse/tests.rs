//! Every violation, at its path; and what is accepted.

use super::super::{Action, Count, Policy, StorageClass, TagPattern, TagSelection};

/// A policy of one rule with these members of `selection` and this action.
fn one(selection: &str, action: &str) -> String {
    format!(r#"{{"rules": [{{"rulePriority": 1, "selection": {{{selection}}}, "action": {action}}}]}}"#)
}

const EXPIRE: &str = r#"{"type": "expire"}"#;
const ARCHIVE: &str = r#"{"type": "transition", "targetStorageClass": "archive"}"#;

fn violations(text: &str) -> Vec<String> {
    match Policy::parse(text) {
        Ok(_) => Vec::new(),
        Err(error) => error.0.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_policy_with_every_form_is_read() {
    let policy = Policy::parse(
        r#"{"rules": [
            {"rulePriority": 30, "description": "rest", "selection":
                {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 100}, "action": {"type": "expire"}},
            {"rulePriority": 1, "selection": {"tagStatus": "tagged", "tagPatternList": ["prod*", "*-eu"],
                "countType": "sinceImagePulled", "countUnit": "days", "countNumber": 60},
                "action": {"type": "transition", "targetStorageClass": "archive"}},
            {"rulePriority": 2, "selection": {"tagStatus": "tagged", "tagPrefixList": ["dev"], "storageClass": "standard",
                "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14}, "action": {"type": "expire"}},
            {"rulePriority": 7, "selection": {"tagStatus": "untagged", "storageClass": "archive",
                "countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": 90}, "action": {"type": "expire"}}
        ]}"#,
    )
    .unwrap();
    assert_eq!(policy.rules.iter().map(|rule| rule.priority).collect::<Vec<_>>(), [1, 2, 7, 30]);
    let [pulled, pushed, archived, rest] = &policy.rules[..] else { panic!("four rules") };
    assert_eq!(pulled.tags, TagSelection::Patterns(vec![TagPattern::new("prod*"), TagPattern::new("*-eu")]));
    assert_eq!((pulled.count, pulled.action), (Count::DaysSincePulled(60), Action::Archive));
    assert_eq!(pushed.tags, TagSelection::Prefixes(vec!["dev".to_owned()]));
    assert_eq!((pushed.count, pushed.storage_class), (Count::DaysSincePushed(14), StorageClass::Standard));
    assert_eq!((archived.count, archived.storage_class), (Count::DaysSinceArchived(90), StorageClass::Archive));
    assert_eq!((rest.description.as_deref(), rest.count), (Some("rest"), Count::MoreThan(100)));
    assert_eq!(rest.tags, TagSelection::Any);
}

#[test]
fn what_is_not_a_policy_is_named_at_its_place() {
    for (text, expected) in [
        ("", "$: not JSON"),
        ("{", "$: not JSON"),
        ("[]", "$: expected an object with `rules`, found a list"),
        ("{}", "$.rules: missing; expected a list of rules"),
        (r#"{"rules": {}}"#, "$.rules: expected a list of rules, found an object"),
        (r#"{"rules": []}"#, "$.rules: 0 rules; expected 1 to 50"),
        (r#"{"rules": [1]}"#, "$.rules[0]: expected a rule, found an integer"),
        (r#"{"Rules": []}"#, "$.Rules: unknown member; expected one of: rules"),
    ] {
        let found = violations(text);
        assert!(found.iter().any(|violation| violation.starts_with(expected)), "{text}: {found:?}");
    }
    let long = format!(r#"{{"rules": [], "x": "{}"}}"#, "é".repeat(30_720));
    assert!(violations(&long)[0].contains("the service accepts at most 30720"));
    let many = r#"{"rulePriority": 1}"#.to_owned() + &r#", {"rulePriority": 1}"#.repeat(50);
    assert!(violations(&format!(r#"{{"rules": [{many}]}}"#))[0].contains("51 rules; expected 1 to 50"));
}

/// Each text has the violation.
fn assert_found(cases: &[(String, String)]) {
    for (text, expected) in cases {
        let found = violations(text);
        assert!(found.iter().any(|violation| violation.starts_with(expected)), "{text}\n{expected}\n{found:#?}");
    }
}

const KEEP: &str = r#""countType": "imageCountMoreThan", "countNumber": 1"#;
const SELECTION: &str = "$.rules[0].selection";

/// The members of a count in days.
fn days(kind: &str, number: &str) -> String {
    format!(r#""countType": "{kind}", "countUnit": "days", "countNumber": {number}"#)
}

#[test]
fn each_constraint_of_tags_has_its_own_violation() {
    assert_found(&[
        (
            one(KEEP, EXPIRE),
            format!("{SELECTION}.tagStatus (rule 1): missing; expected one of `tagged`, `untagged`, `any`"),
        ),
        (
            one(&format!(r#""tagStatus": "Any", {KEEP}"#), EXPIRE),
            format!("{SELECTION}.tagStatus (rule 1): expected one of `tagged`, `untagged`, `any`, found `Any`"),
        ),
        (
            one(&format!(r#""tagStatus": "tagged", {KEEP}"#), EXPIRE),
            format!("{SELECTION} (rule 1): `tagStatus` is `tagged`; expected `tagPatternList` or `tagPrefixList`"),
        ),
        (
            one(&format!(r#""tagStatus": "tagged", "tagPrefixList": [], {KEEP}"#), EXPIRE),
            format!("{SELECTION}.tagPrefixList (rule 1): an empty list; expected at least one text"),
        ),
        (
            one(&format!(r#""tagStatus": "tagged", "tagPrefixList": "a", {KEEP}"#), EXPIRE),
            format!("{SELECTION}.tagPrefixList (rule 1): expected a list of texts, found a text"),
        ),
        (
            one(&format!(r#""tagStatus": "tagged", "tagPrefixList": ["a", 1], {KEEP}"#), EXPIRE),
            format!("{SELECTION}.tagPrefixList[1] (rule 1): expected a text, found 1"),
        ),
        (
            one(&format!(r#""tagStatus": "tagged", "tagPrefixList": ["a"], "tagPatternList": ["a"], {KEEP}"#), EXPIRE),
            format!(
                "{SELECTION} (rule 1): `tagPatternList` and `tagPrefixList` in one rule; expected exactly one of them"
            ),
        ),
        (
            one(&format!(r#""tagStatus": "untagged", "tagPatternList": ["a"], {KEEP}"#), EXPIRE),
            format!(
                "{SELECTION}.tagPatternList (rule 1): not allowed if `tagStatus` is `untagged`; only `tagged` takes it"
            ),
        ),
        (
            one(&format!(r#""tagStatus": "tagged", "tagPatternList": ["a*b*c*d*e*"], {KEEP}"#), EXPIRE),
            format!("{SELECTION}.tagPatternList[0] (rule 1): 5 `*`; a pattern has at most 4"),
        ),
        (
            one(&format!(r#""tagStatus": "any", "tagPrefixlist": ["a"], {KEEP}"#), EXPIRE),
            format!("{SELECTION}.tagPrefixlist (rule 1): unknown member; expected one of: tagStatus, tagPrefixList"),
        ),
    ]);
}

#[test]
fn each_constraint_of_a_count_has_its_own_violation() {
    assert_found(&[
        (
            one(r#""tagStatus": "any", "countType": "imageCountMoreThan""#, EXPIRE),
            format!("{SELECTION}.countNumber (rule 1): missing; expected a positive integer"),
        ),
        (
            one(r#""tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 0"#, EXPIRE),
            format!("{SELECTION}.countNumber (rule 1): expected a positive integer, found 0"),
        ),
        (
            one(r#""tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": "5""#, EXPIRE),
            format!("{SELECTION}.countNumber (rule 1): expected a positive integer, found the text `5`"),
        ),
        (
            one(
                r#""tagStatus": "any", "countType": "imageCountMoreThan", "countUnit": "days", "countNumber": 5"#,
                EXPIRE,
            ),
            format!("{SELECTION}.countUnit (rule 1): not allowed if `countType` is `imageCountMoreThan`"),
        ),
        (
            one(r#""tagStatus": "any", "countType": "sinceImagePushed", "countNumber": 5"#, EXPIRE),
            format!("{SELECTION}.countUnit (rule 1): missing; `sinceImagePushed` needs \"countUnit\": \"days\""),
        ),
        (
            one(
                r#""tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "weeks", "countNumber": 5"#,
                EXPIRE,
            ),
            format!("{SELECTION}.countUnit (rule 1): expected one of `days`, found `weeks`"),
        ),
    ]);
}

#[test]
fn each_constraint_of_an_action_has_its_own_violation() {
    let pushed = days("sinceImagePushed", "1");
    assert_found(&[
        (
            one(&format!(r#""tagStatus": "any", {}"#, days("sinceImagePulled", "5")), EXPIRE),
            format!("{SELECTION}.countType (rule 1): `sinceImagePulled` is only allowed with the action `transition`"),
        ),
        (
            one(&format!(r#""tagStatus": "any", {}"#, days("sinceImageTransitioned", "90")), EXPIRE),
            format!("{SELECTION}.storageClass (rule 1): `sinceImageTransitioned` needs \"storageClass\": \"archive\""),
        ),
        (
            one(
                &format!(r#""tagStatus": "any", "storageClass": "archive", {}"#, days("sinceImageTransitioned", "89")),
                EXPIRE,
            ),
            format!("{SELECTION}.countNumber (rule 1): 89 days; `sinceImageTransitioned` needs 90 or more"),
        ),
        (
            one(
                &format!(r#""tagStatus": "any", "storageClass": "archive", {}"#, days("sinceImageTransitioned", "90")),
                ARCHIVE,
            ),
            format!(
                "{SELECTION}.countType (rule 1): `sinceImageTransitioned` is only allowed with the action `expire`"
            ),
        ),
        (
            one(&format!(r#""tagStatus": "any", "storageClass": "archive", {pushed}"#), ARCHIVE),
            format!("{SELECTION}.storageClass (rule 1): `archive` with the action `transition`"),
        ),
        (
            one(&format!(r#""tagStatus": "any", "storageClass": "cold", {pushed}"#), EXPIRE),
            format!("{SELECTION}.storageClass (rule 1): expected one of `standard`, `archive`, found `cold`"),
        ),
        (
            one(&format!(r#""tagStatus": "any", {pushed}"#), r#"{"type": "delete"}"#),
            "$.rules[0].action.type (rule 1): expected one of `expire`, `transition`, found `delete`".to_owned(),
        ),
        (
            one(&format!(r#""tagStatus": "any", {pushed}"#), r#"{"type": "transition"}"#),
            "$.rules[0].action.targetStorageClass (rule 1): missing; expected one of `archive`".to_owned(),
        ),
    ]);
}

#[test]
fn each_constraint_of_a_rule_has_its_own_violation() {
    let pushed = days("sinceImagePushed", "1");
    assert_found(&[
        (
            one(&format!(r#""tagStatus": "any", {pushed}"#), r#"{"type": "expire", "targetStorageClass": "archive"}"#),
            "$.rules[0].action.targetStorageClass (rule 1): not allowed if `type` is `expire`".to_owned(),
        ),
        (r#"{"rules": [{"rulePriority": 1}]}"#.to_owned(), "$.rules[0].selection (rule 1): missing".to_owned()),
        (r#"{"rules": [{"rulePriority": 1}]}"#.to_owned(), "$.rules[0].action (rule 1): missing".to_owned()),
        (
            r#"{"rules": [{"rulePriority": 0}]}"#.to_owned(),
            "$.rules[0].rulePriority: expected an integer from 1 on, found 0".to_owned(),
        ),
        (
            r#"{"rules": [{"rulePriority": 1.0}]}"#.to_owned(),
            "$.rules[0].rulePriority: expected an integer from 1 on, found 1".to_owned(),
        ),
        (
            r#"{"rules": [{"rulePriority": 1, "description": 5}]}"#.to_owned(),
            "$.rules[0].description (rule 1): expected a text, found an integer".to_owned(),
        ),
    ]);
}

#[test]
fn each_constraint_across_rules_has_its_own_violation() {
    let rule = |priority: i64, selection: &str| {
        format!(
            r#"{{"rulePriority": {priority}, "selection": {{{selection}, "countType": "imageCountMoreThan",
                "countNumber": 1}}, "action": {{"type": "expire"}}}}"#
        )
    };
    let policy = |rules: &[String]| format!(r#"{{"rules": [{}]}}"#, rules.join(","));
    let any = r#""tagStatus": "any""#;
    let untagged = r#""tagStatus": "untagged""#;
    let archive = r#""tagStatus": "any", "storageClass": "archive""#;
    let tagged = |list: &str| format!(r#""tagStatus": "tagged", {list}"#);
    for (rules, expected) in [
        (
            vec![rule(1, untagged), rule(1, any)],
            vec!["$.rules[1].rulePriority (rule 1): 1 is the priority of $.rules[0] too"],
        ),
        (
            vec![rule(1, untagged), rule(2, untagged)],
            vec!["$.rules[1].selection.tagStatus (rule 2): `untagged` is in $.rules[0] too"],
        ),
        (
            vec![rule(1, any), rule(2, any)],
            vec![
                "$.rules[1].selection.tagStatus (rule 2): `any` is in $.rules[0] too",
                "$.rules[0].rulePriority (rule 1): 1 is below 2",
            ],
        ),
        (vec![rule(5, any), rule(9, untagged)], vec!["$.rules[0].rulePriority (rule 5): 5 is below 9"]),
        (
            vec![rule(1, &tagged(r#""tagPrefixList": ["a", "b"]"#)), rule(2, &tagged(r#""tagPrefixList": ["b"]"#))],
            vec!["$.rules[1].selection.tagPrefixList[0] (rule 2): `b` is at $.rules[0].selection.tagPrefixList[1] too"],
        ),
        (
            vec![rule(1, &tagged(r#""tagPatternList": ["a*", "a*"]"#))],
            vec![
                "$.rules[0].selection.tagPatternList[1] (rule 1): `a*` is at $.rules[0].selection.tagPatternList[0] too",
            ],
        ),
        // A pattern and a prefix of the same text are different, and so are two storage classes.
        (vec![rule(1, &tagged(r#""tagPatternList": ["a"]"#)), rule(2, &tagged(r#""tagPrefixList": ["a"]"#))], vec![]),
        (vec![rule(1, any), rule(2, archive)], vec![]),
        // Gaps are allowed, and the order in the text is not the order of priority.
        (vec![rule(900, any), rule(7, untagged)], vec![]),
    ] {
        let text = policy(&rules);
        let found = violations(&text);
        assert_eq!(found.len(), expected.len(), "{text}\n{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{text}\n{expected}\n{found}");
        }
    }
}

#[test]
fn all_violations_are_in_one_message() {
    let text = r#"{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "some", "countType": "imageCountMoreThan",
        "countNumber": -1}, "action": {"type": "expire"}}, {"selection": {}, "action": {}}]}"#;
    let message = Policy::parse(text).unwrap_err().to_string();
    assert_eq!(
        message,
        "invalid lifecycle policy: 7 violations
  $.rules[0].selection.tagStatus (rule 1): expected one of `tagged`, `untagged`, `any`, found `some`
  $.rules[0].selection.countNumber (rule 1): expected a positive integer, found -1
  $.rules[1].rulePriority: missing; expected an integer from 1 on
  $.rules[1].selection.tagStatus: missing; expected one of `tagged`, `untagged`, `any`
  $.rules[1].selection.countType: missing; expected one of `imageCountMoreThan`, `sinceImagePushed`, `sinceImagePulled`, `sinceImageTransitioned`
  $.rules[1].selection.countNumber: missing; expected a positive integer
  $.rules[1].action.type: missing; expected one of `expire`, `transition`"
    );
}
