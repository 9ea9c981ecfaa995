//! Pages, names, regions and the order of members, without a store.

use super::{Known, Record, RecordMember, in_order, named, names, narrow, page, shapes};
use crate::model::{Value, json};
use crate::service::{ErrorCode, ServiceError};
use crate::store::row::RepositoryName;

fn repositories(names: &[&str]) -> Vec<Known> {
    let of = |name: &&str| {
        let name = RepositoryName { registry_id: "123456789012".into(), name: (*name).into(), region: "".into() };
        Known::named(1, name)
    };
    names.iter().map(of).collect()
}

fn places(all: &[Known]) -> Vec<(usize, &Known)> {
    all.iter().enumerate().collect()
}

/// No token is one of a saved page.
#[allow(clippy::unnecessary_wraps, reason = "the shape of the function that it stands for")]
fn none(_: &str) -> Result<Option<usize>, ServiceError> {
    Ok(None)
}

fn shown(records: &[Record]) -> Vec<&str> {
    let name = |record| match Record::get(record, "repositoryName") {
        Some(RecordMember::Value(Value::Str(text))) => text.as_str(),
        other => panic!("{other:?}"),
    };
    records.iter().map(name).collect()
}

#[test]
fn pages_join_without_gap_or_repeat() {
    let all = repositories(&["a1", "b1", "c1", "d1", "e1"]);
    let (mut seen, mut token) = (Vec::new(), None::<String>);
    loop {
        let answer = page(&places(&all), 2, token.as_deref(), &none).unwrap();
        assert!(answer.repositories.len() <= 2);
        seen.extend(answer.repositories);
        token = answer.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(shown(&seen), ["a1", "b1", "c1", "d1", "e1"]);
}

#[test]
fn a_token_of_another_list_is_refused_and_that_of_a_saved_page_resumes() {
    let (all, other) = (repositories(&["a1", "b1"]), repositories(&["a1", "c1"]));
    let token = page(&places(&all), 1, None, &none).unwrap().next_token.unwrap();
    for next_token in [token.as_str(), "", "!", "AAAAAAAAAAAAAAAAAAAAAA"] {
        let error = page(&places(&other), 1, Some(next_token), &none).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidParameter);
    }
    // The token of a saved page leads to the first repository behind it that is shown.
    let some = [places(&all)[1]];
    let saved = |token: &str| Ok((token == "saved").then_some(1));
    assert_eq!(shown(&page(&some, 5, Some("saved"), &saved).unwrap().repositories), ["b1"]);
    assert!(page(&some, 5, Some("other"), &saved).is_err());
}

#[test]
fn names_are_answered_once_in_the_order_of_the_request() {
    let wanted = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let all = repositories(&["a1", "b1", "c1"]);
    let all = places(&all);
    let answer = named(&all, &wanted(&["c1", "a1", "c1"]), "123456789012").unwrap();
    assert_eq!(shown(&answer), ["c1", "a1"]);
    let error = named(&all, &wanted(&["a1", "none"]), "123456789012").unwrap_err();
    assert_eq!(
        error.to_string(),
        "RepositoryNotFoundException: The repository with name 'none' does not exist in the registry with id \
         '123456789012'"
    );
    assert_eq!(names(&[]).unwrap_err().code, ErrorCode::InvalidParameter);
    assert!(names(&wanted(&["a1"; 100])).is_ok());
    assert!(names(&wanted(&["a1"; 101])).unwrap_err().message.contains("less than or equal to 100"));
}

#[test]
fn the_region_chooses_among_labels_and_the_registry_among_ids() {
    let mut all = repositories(&["a1", "a1"]);
    all[1].name.region = "cn-north-1".into();
    let count = |region, registry| narrow(&all, region, registry).map(|shown| shown.len());
    assert_eq!(count(Some("cn-north-1"), Some("123456789012")), Ok(1));
    assert_eq!(count(Some("eu-west-1"), None), Ok(2));
    assert_eq!(count(None, Some("210987654321")), Ok(0));
    assert_eq!(count(None, Some("12")).unwrap_err().code, ErrorCode::InvalidParameter);
}

/// Nothing is made up for a repository of which only images were captured.
#[test]
fn what_is_not_known_is_left_out() {
    let all = repositories(&["a1"]);
    let members: Vec<&str> = all[0].record.members().map(|(name, _)| name).collect();
    assert_eq!(members, ["registryId", "repositoryName"]);
}

/// As the client of the model builds an answer: its own order inside too, no nulls, unknown members last.
#[test]
fn members_come_in_the_models_order() {
    let mut record = Record::default();
    for (name, text) in [
        ("later", "null"),
        ("encryptionConfiguration", r#"{"new": 1, "kmsKey": "k", "encryptionType": "KMS"}"#),
        ("imageTagMutability", "null"),
        ("imageTagMutabilityExclusionFilters", r#"[{"filter": "v*", "filterType": "WILDCARD"}]"#),
        ("repositoryArn", "\"arn\""),
    ] {
        record.set(name, RecordMember::Value(json::parse(text).unwrap()));
    }
    let value = in_order(&record, &shapes::REPOSITORY).to_value(&|_| Value::Null);
    let expected = concat!(
        r#"{"repositoryArn": "arn", "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "v*"}], "#,
        r#""encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "k", "new": 1}, "later": null}"#
    );
    assert_eq!(json::to_compact(&value), expected);
}
