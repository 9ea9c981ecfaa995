//! Previews in the shapes that people save, and each kind of difference.

use std::collections::BTreeMap;

use super::super::{Action, Image, Policy, StorageClass, evaluate};
use super::{DifferenceKind, Preview, PreviewError, differences};
use crate::model::{Digest, Instant};

const POLICY: &str = r#"{"rules": [
    {"rulePriority": 1, "selection": {"tagStatus": "tagged", "tagPatternList": ["dev*"],
        "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}},
    {"rulePriority": 5, "selection": {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days",
        "countNumber": 5}, "action": {"type": "expire"}}]}"#;

fn image(name: &str, tags: &[&str], day: i64, is_index: bool) -> Image {
    Image {
        digest: Digest::parse(name),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        bytes: 1,
        pushed_at: Some(Instant::from_micros(day * 86_400_000_000).unwrap()),
        pulled_at: None,
        archived_at: None,
        activated_at: None,
        storage_class: Some(StorageClass::Standard),
        is_index,
        subject: None,
    }
}

#[test]
fn every_saved_shape_is_read() {
    let live = r#"{"registryId": "123456789012", "repositoryName": "web", "lifecyclePolicyText": "{}",
        "status": "COMPLETE", "previewResults": [{"imageTags": ["dev-1"], "imageDigest": "a",
        "imagePushedAt": "2026-03-01T00:00:00+00:00", "action": {"type": "EXPIRE"}, "appliedRulePriority": 1,
        "storageClass": "STANDARD"}], "summary": {"expiringImageTotalCount": 1}}"#;
    let shell = r#"{"RegistryId": "123456789012", "RepositoryName": "web", "LifecyclePolicyText": "{}",
        "Status": "COMPLETE", "NextToken": null, "PreviewResults": {"ImageTags": "dev-1", "ImageDigest": "a",
        "Action": {"Type": {"Value": "EXPIRE"}}, "AppliedRulePriority": 1}}"#;
    let expected = Preview::parse(live).unwrap();
    assert_eq!(expected[0].rows[0].action, Action::Expire);
    assert_eq!((expected[0].rows[0].priority, expected[0].open), (Some(1), false));
    assert_eq!(Preview::parse(shell).unwrap(), expected);
    assert_eq!(Preview::parse(&format!("[{live}, {live}]")).unwrap().len(), 2);
    assert!(Preview::parse(r#"{"previewResults": [], "nextToken": "t"}"#).unwrap()[0].open);
    for (text, expected) in [
        ("{", "not JSON"),
        ("{}", "no `previewResults`"),
        ("[]", "no `previewResults`"),
        (r#"{"previewResults": 1}"#, "no `previewResults`"),
        (r#"{"previewResults": [{"imageDigest": "a"}]}"#, "$.previewResults[0].action: expected EXPIRE or TRANSITION"),
        (r#"{"previewResults": [{"action": {"type": "EXPIRE"}}]}"#, "$.previewResults[0].imageDigest: expected a text"),
    ] {
        let error: PreviewError = Preview::parse(text).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{text}: {error}");
    }
}

#[test]
fn each_kind_of_difference_is_named() {
    let policy = Policy::parse(POLICY).unwrap();
    let images = [
        image("same", &["dev-1"], 1, false),
        image("rule", &["dev-2"], 2, false),
        image("ours", &["dev-3"], 3, false),
        image("kept", &["dev-4"], 4, false),
        image("index", &["prod"], 28, true),
        image("child", &[], 2, false),
        image("other child", &[], 3, false),
    ];
    let at = Instant::from_micros(30 * 86_400_000_000).unwrap();
    let evaluation = evaluate(&policy, &images, at);
    let row = |digest: &str, priority: i64| {
        format!(r#"{{"imageDigest": "{digest}", "action": {{"type": "EXPIRE"}}, "appliedRulePriority": {priority}}}"#)
    };
    let rows = [row("same", 1), row("rule", 5), row("index", 5), row("child", 5), row("elsewhere", 5)].join(",");
    let preview = &Preview::parse(&format!(r#"{{"previewResults": [{rows}]}}"#)).unwrap()[0];
    let (found, settled) = differences(preview, &policy, &images, &evaluation);
    let found: Vec<_> = found.iter().map(|it| (it.digest.to_string(), it.kind, it.preview, it.evaluation)).collect();
    assert_eq!(
        found,
        [
            ("rule".to_owned(), DifferenceKind::OtherRule, Some(5), Some(1)),
            ("ours".to_owned(), DifferenceKind::OnlyInEvaluation, None, Some(1)),
            ("index".to_owned(), DifferenceKind::OnlyInPreview, Some(5), None),
            ("elsewhere".to_owned(), DifferenceKind::NotInSnapshot, Some(5), None),
        ]
    );
    assert_eq!(settled, BTreeMap::from([(false, 1), (true, 1)]));
}
