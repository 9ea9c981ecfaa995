use axum::http::{HeaderMap, HeaderValue};

use super::{AnswerBody, Refusal, operation, read, signed_region};
use crate::model::{Detail, Digest, ImageIdentifier, Instant, Record, RecordMember, Value, json};
use crate::service::api::{DESCRIBE_IMAGES, DESCRIBE_REPOSITORIES, GET_LIFECYCLE_POLICY, LIST_IMAGES};
use crate::service::{ErrorCode, Row, ServiceError};

fn headers(media_type: &'static str, target: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static(media_type));
    headers.insert("x-amz-target", HeaderValue::from_static(target));
    headers
}

#[test]
fn the_headers_name_the_operation() {
    let json = "application/x-amz-json-1.1";
    let describe = "AmazonEC2ContainerRegistry_V20150921.DescribeImages";
    let list = "AmazonEC2ContainerRegistry_V20150921.ListImages";
    let repositories = "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories";
    let accepted = [
        (json, describe, &DESCRIBE_IMAGES),
        ("Application/X-Amz-JSON-1.1; charset=utf-8", describe, &DESCRIBE_IMAGES),
        (json, list, &LIST_IMAGES),
        (json, repositories, &DESCRIBE_REPOSITORIES),
    ];
    for (media_type, target, expected) in accepted {
        assert_eq!(operation(&headers(media_type, target)), Ok(expected), "{media_type} {target}");
    }
    let refused = [
        ("application/json", describe, 415, "UnsupportedMediaTypeException"),
        ("", describe, 415, "UnsupportedMediaTypeException"),
        (json, "", 400, "UnknownOperationException"),
        (json, "DescribeImages", 400, "UnknownOperationException"),
        (json, "AmazonEC2ContainerRegistry_V20150921.PutImage", 400, "UnknownOperationException"),
        (json, "AmazonEC2ContainerRegistry_V20150921.describeimages", 400, "UnknownOperationException"),
    ];
    for (media_type, target, status, code) in refused {
        let refusal = operation(&headers(media_type, target)).unwrap_err();
        assert_eq!((refusal.status.as_u16(), refusal.code), (status, code), "{media_type} {target}");
    }
}

#[test]
fn the_region_is_that_of_the_signature() {
    for (authorization, expected) in [
        (
            "AWS4-HMAC-SHA256 Credential=AKIA/20260301/eu-west-1/ecr/aws4_request, SignedHeaders=host, Signature=0",
            Some("eu-west-1"),
        ),
        ("AWS4-HMAC-SHA256 Credential=a/b+c/20260301/eu-west-1/ecr/aws4_request,SignedHeaders=host", Some("eu-west-1")),
        ("AWS4-HMAC-SHA256 Credential=AKIA/20260301//ecr/aws4_request", None),
        ("AWS4-HMAC-SHA256 Credential=AKIA/20260301/eu-west-1/ecr/aws5_request", None),
        ("AWS4-HMAC-SHA256 Credential=aws4_request", None),
        ("Bearer x", None),
        ("", None),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static(authorization));
        assert_eq!(signed_region(&headers), expected, "{authorization}");
    }
    assert_eq!(signed_region(&HeaderMap::new()), None);
}

#[test]
fn every_member_is_read_and_unknown_ones_are_ignored() {
    let text = r#"{"registryId": "123456789012", "repositoryName": "app", "nextToken": "t", "maxResults": 7,
        "imageIds": [{"imageDigest": "sha256:00"}, {"imageTag": "v1", "x": 1}, {}],
        "filter": {"tagStatus": "TAGGED", "imageStatus": "ANY"}, "madeUp": [1]}"#;
    let expected = r#"{"registryId": "123456789012", "repositoryName": "app", "imageIds": [{"imageDigest": "sha256:00"}, {"imageTag": "v1"}, {}], "nextToken": "t", "maxResults": 7, "filter": {"tagStatus": "TAGGED", "imageStatus": "ANY"}}"#;
    let shown = |operation, text: &str| read(operation, text.as_bytes()).map(|input| json::to_compact(&input));
    assert_eq!(shown(&DESCRIBE_IMAGES, text).as_deref(), Ok(expected));
    let nothing = r#"{"registryId": null, "imageIds": null, "filter": null}"#;
    assert_eq!(shown(&DESCRIBE_IMAGES, nothing).as_deref(), Ok("{}"));
    let names = r#"{"repositoryNames": ["a", "b"], "maxResults": 1}"#;
    assert_eq!(shown(&DESCRIBE_REPOSITORIES, names).as_deref(), Ok(names));
    assert_eq!(shown(&GET_LIFECYCLE_POLICY, r#"{"repositoryNames": 1}"#).as_deref(), Ok("{}"));
}

#[test]
fn wrong_types_and_bad_json_are_serialization_exceptions() {
    let cases: [(&[u8], &str); 14] = [
        (b"", "EOF"),
        (b"{", "EOF"),
        (b"\xff", "expected value"),
        (br#"{"repositoryName": "\ud800"}"#, "unexpected end of hex escape"),
        (b"{} {}", "trailing characters"),
        (b"[]", "the request: expected an object, found an array"),
        (b"null", "the request: expected an object, found null"),
        (br#"{"repositoryName": 5}"#, "repositoryName: expected a string, found a number"),
        (br#"{"maxResults": "5"}"#, "maxResults: expected an integer, found a string"),
        (br#"{"maxResults": 1e400}"#, "number out of range"),
        (br#"{"maxResults": 1.5}"#, "maxResults: expected an integer, found a number"),
        (br#"{"imageIds": {}}"#, "imageIds: expected an array, found an object"),
        (br#"{"imageIds": [null]}"#, "imageIds: expected an object, found null"),
        (br#"{"filter": true}"#, "filter: expected an object, found a boolean"),
    ];
    for (text, message) in cases {
        let refusal = read(&DESCRIBE_IMAGES, text).unwrap_err();
        assert_eq!((refusal.status.as_u16(), refusal.code), (400, "SerializationException"));
        assert!(refusal.message.contains(message), "{}: {}", text.escape_ascii(), refusal.message);
    }
}

/// Each limit refuses it with its own message, as `ecrsnap` without `serve` does.
#[test]
fn an_integer_beyond_every_limit_is_the_largest() {
    for (text, most) in [("99999999999999999999", i64::MAX), ("-99999999999999999999", i64::MIN), ("true", 1)] {
        let body = format!(r#"{{"maxResults": {text}}}"#);
        let input = read(&LIST_IMAGES, body.as_bytes()).unwrap();
        assert_eq!(input.get("maxResults").and_then(Value::as_int), Some(most), "{text}");
    }
}

#[test]
fn a_deeply_nested_body_is_refused_and_not_followed() {
    let deep = [b"{\"x\":".repeat(200_000), b"1".to_vec()].concat();
    assert_eq!(read(&LIST_IMAGES, &deep).unwrap_err().code, "SerializationException");
}

#[test]
fn answers_have_epoch_seconds_and_the_token_last() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let mut detail = Detail::new("123456789012".into(), "app".into(), Digest::parse(&digest));
    detail.image_pushed_at = Some(Instant::from_micros(1_705_071_987_500_000).unwrap());
    let mut page = AnswerBody::new(&DESCRIBE_IMAGES);
    page.add(&Row::Detail(detail));
    let expected = format!(
        "{{\"imageDetails\": [{{\"registryId\": \"123456789012\", \"repositoryName\": \"app\", \"imageDigest\": \
         \"{digest}\", \"imagePushedAt\": 1705071987.5}}], \"nextToken\": \"t\"}}"
    );
    assert_eq!(String::from_utf8(page.finish(Some("t".to_owned()))).unwrap(), expected);
    let mut page = AnswerBody::new(&LIST_IMAGES);
    for digest in ["d", "e"] {
        page.add(&Row::Id(ImageIdentifier { image_digest: Some(digest.to_owned()), image_tag: None }));
    }
    assert_eq!(page.finish(None), br#"{"imageIds": [{"imageDigest": "d"}, {"imageDigest": "e"}]}"#);
}

/// An operation without pages has one row, which is the answer.
#[test]
fn an_answer_without_pages_is_its_row() {
    let mut policy = Record::default();
    policy.set("lifecyclePolicyText", RecordMember::Value(Value::from("{}")));
    policy.set("lastEvaluatedAt", RecordMember::Time(Instant::from_micros(1_500_000).unwrap()));
    let mut answer = AnswerBody::new(&GET_LIFECYCLE_POLICY);
    answer.add(&Row::Record(policy));
    assert_eq!(answer.finish(None), br#"{"lifecyclePolicyText": "{}", "lastEvaluatedAt": 1.5}"#);
}

#[test]
fn refusals_name_their_type_and_a_failing_store_is_the_servers_fault() {
    for (code, status) in [(ErrorCode::ImageNotFound, 400), (ErrorCode::Server, 500)] {
        let refusal = Refusal::from(ServiceError::new(code, "a \"b\""));
        assert_eq!(refusal.status.as_u16(), status);
        let expected = format!("{{\"__type\": \"{code}\", \"message\": \"a \\\"b\\\"\"}}");
        assert_eq!(String::from_utf8(refusal.to_body()).unwrap(), expected);
    }
}
