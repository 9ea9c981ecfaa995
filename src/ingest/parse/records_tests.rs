//! Every spelling of the pages that are not of describe-images.

use super::{image_ids, policy, repositories};
use crate::ingest::parse::row::Defaults;

const MODEL: &str = r#"{"repositories": [{"repositoryArn": "arn:aws:ecr:eu-central-1:123456789012:repository/shop/web",
    "registryId": "123456789012", "repositoryName": "shop/web",
    "repositoryUri": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web",
    "createdAt": "2024-05-06T07:08:09.123000+00:00", "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev*"}],
    "imageScanningConfiguration": {"scanOnPush": true},
    "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "arn:aws:kms:eu-central-1:123456789012:key/1"}}],
    "nextToken": "more"}"#;

#[test]
fn every_spelling_of_a_repository_gives_the_same_row() {
    let defaults = Defaults::default();
    let expected = repositories(MODEL, false, None, &defaults).unwrap();
    assert_eq!(expected.regions, ["eu-central-1"]);
    assert_eq!((expected.page.registry_id.as_str(), expected.page.region.as_str()), ("123456789012", "eu-central-1"));
    assert_eq!(expected.page.token.as_deref(), Some("more"));
    assert_eq!(
        expected.page.rows[0].members,
        concat!(
            r#"{"repositoryArn":"arn:aws:ecr:eu-central-1:123456789012:repository/shop/web","#,
            r#""repositoryUri":"123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web","#,
            r#""imageTagMutability":"MUTABLE_WITH_EXCLUSION","#,
            r#""imageTagMutabilityExclusionFilters":[{"filterType":"WILDCARD","filter":"dev*"}],"#,
            r#""imageScanningConfiguration":{"scanOnPush":true},"#,
            r#""encryptionConfiguration":{"encryptionType":"KMS","kmsKey":"arn:aws:kms:eu-central-1:123456789012:key/1"}}"#
        )
    );
    // Go: capitals and nulls. PowerShell: values in objects, a list of one without brackets. Ruby: snake case, epoch.
    for text in [
        r#"{"Repositories": [{"CreatedAt": "2024-05-06T07:08:09.123Z", "EncryptionConfiguration":
            {"KmsKey": "arn:aws:kms:eu-central-1:123456789012:key/1", "EncryptionType": "KMS"},
            "ImageScanningConfiguration": {"ScanOnPush": true}, "ImageTagMutability": "MUTABLE_WITH_EXCLUSION",
            "ImageTagMutabilityExclusionFilters": [{"Filter": "dev*", "FilterType": "WILDCARD"}],
            "RegistryId": "123456789012", "RepositoryArn": "arn:aws:ecr:eu-central-1:123456789012:repository/shop/web",
            "RepositoryName": "shop/web",
            "RepositoryUri": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web"}],
            "NextToken": "more", "ResultMetadata": {}}"#,
        r#"{"Repositories": {"CreatedAt": "\/Date(1714979289123)\/", "EncryptionConfiguration":
            {"EncryptionType": {"Value": "KMS"}, "KmsKey": "arn:aws:kms:eu-central-1:123456789012:key/1"},
            "ImageScanningConfiguration": {"ScanOnPush": true}, "ImageTagMutability": {"Value": "MUTABLE_WITH_EXCLUSION"},
            "ImageTagMutabilityExclusionFilters": {"value": [{"FilterType": {"Value": "WILDCARD"}, "Filter": "dev*"}],
            "Count": 1}, "RepositoryArn": "arn:aws:ecr:eu-central-1:123456789012:repository/shop/web",
            "RepositoryUri": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web"}, "NextToken": "more"}"#,
        r#"{"next_token": "more", "repositories": [{"created_at": 1714979289.123, "repository_name": "shop/web",
            "repository_arn": "arn:aws:ecr:eu-central-1:123456789012:repository/shop/web", "registry_id": "123456789012",
            "repository_uri": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web",
            "image_tag_mutability": "MUTABLE_WITH_EXCLUSION",
            "image_tag_mutability_exclusion_filters": [{"filter_type": "WILDCARD", "filter": "dev*"}],
            "image_scanning_configuration": {"scan_on_push": true},
            "encryption_configuration": {"encryption_type": "KMS",
            "kms_key": "arn:aws:kms:eu-central-1:123456789012:key/1"}}]}"#,
    ] {
        let found = repositories(text, false, None, &defaults).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(found.page, expected.page, "{text}");
    }
}

#[test]
fn what_the_model_does_not_have_is_kept_with_its_text() {
    let text = r#"{"registryId": "1", "repositoryName": "a", "futureNumber": 1.50, "imageScanningConfiguration":
        {"futureFlag": [1e3], "scanOnPush": false}, "futureObject": { "x": null }}"#;
    let found = repositories(text, true, None, &Defaults::default()).unwrap();
    assert_eq!(
        found.page.rows[0].members,
        r#"{"imageScanningConfiguration":{"scanOnPush":false,"futureFlag":[1e3]},"futureNumber":1.50,"futureObject":{"x":null}}"#
    );
    assert_eq!(found.regions, [""; 0]);
}

#[test]
fn the_region_comes_from_the_arn_and_a_contradiction_is_refused() {
    let arn = |partition: &str, region: &str| format!("arn:{partition}:ecr:{region}:123456789012:repository/a");
    let of = |arn: &str, uri: &str, said: Option<&str>| {
        let text = format!(r#"{{"repositoryArn": "{arn}", "repositoryUri": "{uri}", "repositoryName": "a"}}"#);
        repositories(&text, true, said, &Defaults::default())
            .map(|found| (found.page.region, found.page.registry_id))
            .map_err(|error| error.to_string())
    };
    for (partition, region) in [("aws", "eu-central-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")] {
        let uri = format!("123456789012.dkr.ecr.{region}.amazonaws.com/a");
        let expected = Ok((region.to_owned(), "123456789012".to_owned()));
        assert_eq!(of(&arn(partition, region), &uri, None), expected);
        assert_eq!(of(&arn(partition, region), &uri, Some(region)), expected);
        let refused = of(&arn(partition, region), &uri, Some("ap-south-1")).unwrap_err();
        assert!(refused.contains(&format!("says the region {region}")) && refused.contains("ap-south-1"), "{refused}");
    }
    let refused = of(&arn("aws", "eu-west-1"), "1.dkr.ecr.eu-west-2.amazonaws.com/a", None).unwrap_err();
    assert_eq!(refused, "repositoryArn says the region eu-west-1, and repositoryUri says eu-west-2");
    let public = of("arn:aws:ecr-public::123456789012:repository/a", "public.ecr.aws/b/a", None).unwrap_err();
    assert!(public.contains("ECR Public"), "{public}");
    for (uri, region) in [
        ("1.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a", Some("us-gov-west-1")),
        ("1.dkr-ecr.eu-west-1.on.aws/a", Some("eu-west-1")),
        ("localhost:5000/a", None),
    ] {
        assert_eq!(super::region_of_uri(uri), region, "{uri}");
    }
}

#[test]
fn a_policy_page_in_every_spelling() {
    let text = r#"{"registryId": "123456789012", "repositoryName": "a", "lifecyclePolicyText": "{\"rules\": []}",
        "lastEvaluatedAt": "2026-03-01T00:00:00+00:00", "futureMember": 1.0}"#;
    let defaults = Defaults { region: Some("eu-west-1".to_owned()), ..Defaults::default() };
    let expected = policy(text, None, &defaults).unwrap();
    assert_eq!(expected.text.as_deref(), Some("{\"rules\": []}"));
    assert_eq!(&*expected.name.region, "eu-west-1");
    assert_eq!(expected.rest.as_deref(), Some("{\"futureMember\":1.0}"));
    let shell = r#"{"LastEvaluatedAt": "\/Date(1772323200000)\/", "LifecyclePolicyText": "{\"rules\": []}",
        "RegistryId": "123456789012", "RepositoryName": "a", "futureMember": 1.0, "ResponseMetadata": {"x": 1}}"#;
    assert_eq!(policy(shell, None, &defaults).unwrap(), expected);
    let object = r#"{"registryId": "1", "repositoryName": "a", "lifecyclePolicyText": {"rules": [ ]}}"#;
    assert_eq!(policy(object, None, &defaults).unwrap().text.as_deref(), Some("{\"rules\":[]}"));
    for (text, expected) in [
        (r#"{"registryId": "1", "repositoryName": "a", "lifecyclePolicyText": 1}"#, "expected a text, found 1"),
        (r#"{"registryId": "1", "repositoryName": "a", "lifecyclePolicyText": null}"#, "found null"),
        (r#"{"repositoryName": "a", "lifecyclePolicyText": "x"}"#, "without registryId"),
        (r#"{"registryId": "1", "lifecyclePolicyText": "x"}"#, "without repositoryName"),
    ] {
        let refused = policy(text, None, &Defaults::default()).unwrap_err().to_string();
        assert!(refused.contains(expected), "{text}: {refused}");
    }
}

#[test]
fn ids_are_of_the_repository_that_the_options_name() {
    let text = r#"{"imageIds": [{"imageDigest": "sha256:aa", "imageTag": "1"}, {"imageDigest": "sha256:bb"}],
        "nextToken": "t"}"#;
    let found = image_ids(text, None, &Defaults::default()).unwrap();
    assert!(found.repository.is_none());
    let defaults = Defaults { registry_id: Some("1".to_owned()), repository_name: Some("a".to_owned()), region: None };
    let found = image_ids(text, None, &defaults).unwrap();
    assert_eq!(found.repository.map(|it| it.name.to_string()).as_deref(), Some("a"));
    assert_eq!((found.ids.len(), found.token.as_deref()), (2, Some("t")));
    assert_eq!(found.ids[0].1.as_deref(), Some("1"));
    assert!(image_ids(r#"{"imageIds": [{"imageTag": "1"}]}"#, None, &defaults).is_err());
}

#[test]
fn a_wrong_type_is_refused_with_its_member() {
    for (member, expected) in [
        (r#""imageTagMutability": 1"#, "imageTagMutability: expected a text, found 1"),
        (r#""createdAt": "soon""#, "createdAt"),
        (r#""imageScanningConfiguration": true"#, "imageScanningConfiguration: expected an object, found true"),
        (r#""imageScanningConfiguration": {"scanOnPush": "yes"}"#, "scanOnPush: expected true or false, found \"yes\""),
        (r#""imageTagMutabilityExclusionFilters": 1"#, "imageTagMutabilityExclusionFilters: expected a list, found 1"),
    ] {
        let text = format!(r#"{{"registryId": "1", "repositoryName": "a", {member}}}"#);
        let refused = repositories(&text, true, None, &Defaults::default()).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{text}: {refused}");
    }
    let deep =
        format!(r#"{{"registryId": "1", "repositoryName": "a", "x": {}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    assert!(repositories(&deep, true, None, &Defaults::default()).is_err());
}
