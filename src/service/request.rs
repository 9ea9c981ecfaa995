//! A request as a value of its input shape, to the typed request that the service takes.
//!
//! Types were checked before, by the client or by `serve`.

use crate::model::{
    DescribeImagesRequest, DescribeRepositoriesRequest, GetLifecyclePolicyRequest, ImageFilter, ImageIdentifier,
    ListImagesRequest, Value,
};

/// The request of `DescribeImages`.
pub(super) fn describe_images(input: &Value) -> DescribeImagesRequest {
    DescribeImagesRequest {
        registry_id: text(input, "registryId"),
        repository_name: text(input, "repositoryName"),
        image_ids: input.get("imageIds").and_then(Value::as_list).map(|ids| ids.iter().map(image_identifier).collect()),
        next_token: text(input, "nextToken"),
        max_results: integer(input, "maxResults"),
        filter: filter(input),
    }
}

/// The request of `ListImages`.
pub(super) fn list_images(input: &Value) -> ListImagesRequest {
    ListImagesRequest {
        registry_id: text(input, "registryId"),
        repository_name: text(input, "repositoryName"),
        next_token: text(input, "nextToken"),
        max_results: integer(input, "maxResults"),
        filter: filter(input),
    }
}

/// The request of `DescribeRepositories`.
pub(super) fn describe_repositories(input: &Value) -> DescribeRepositoriesRequest {
    let names = input.get("repositoryNames").and_then(Value::as_list);
    DescribeRepositoriesRequest {
        registry_id: text(input, "registryId"),
        repository_names: names.map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        next_token: text(input, "nextToken"),
        max_results: integer(input, "maxResults"),
    }
}

/// The request of `GetLifecyclePolicy`.
pub(super) fn get_lifecycle_policy(input: &Value) -> GetLifecyclePolicyRequest {
    GetLifecyclePolicyRequest {
        registry_id: text(input, "registryId"),
        repository_name: text(input, "repositoryName").unwrap_or_default(),
    }
}

fn image_identifier(id: &Value) -> ImageIdentifier {
    ImageIdentifier { image_digest: text(id, "imageDigest"), image_tag: text(id, "imageTag") }
}

fn filter(input: &Value) -> Option<ImageFilter> {
    let filter = input.get("filter")?;
    Some(ImageFilter { tag_status: text(filter, "tagStatus"), image_status: text(filter, "imageStatus") })
}

fn text(input: &Value, member: &str) -> Option<String> {
    input.get(member)?.as_str().map(str::to_owned)
}

/// The client accepts numbers of any size and booleans. A number beyond the largest becomes the largest:
/// the service refuses both.
fn integer(input: &Value, member: &str) -> Option<i64> {
    match input.get(member)? {
        Value::Int(number) => Some(*number),
        Value::Big(_) => Some(i64::MAX),
        Value::Bool(truth) => Some(i64::from(*truth)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{describe_images, list_images};
    use crate::model::{ImageFilter, ImageIdentifier, json};

    #[test]
    fn every_member_finds_its_place() -> Result<(), serde_json::Error> {
        let input = json::parse(
            r#"{"registryId":"123456789012","repositoryName":"app","imageIds":[{"imageTag":"a"},{"imageDigest":"d"}],
                "nextToken":"t","maxResults":5,"filter":{"tagStatus":"ANY","imageStatus":"ARCHIVED"}}"#,
        )?;
        let filter = Some(ImageFilter { tag_status: Some("ANY".into()), image_status: Some("ARCHIVED".into()) });
        let request = describe_images(&input);
        assert_eq!(request.registry_id.as_deref(), Some("123456789012"));
        assert_eq!(request.repository_name.as_deref(), Some("app"));
        assert_eq!(
            request.image_ids,
            Some(vec![
                ImageIdentifier { image_tag: Some("a".into()), image_digest: None },
                ImageIdentifier { image_tag: None, image_digest: Some("d".into()) },
            ])
        );
        assert_eq!((request.next_token.as_deref(), request.max_results), (Some("t"), Some(5)));
        assert_eq!(request.filter, filter);
        let request = list_images(&input);
        assert_eq!((request.max_results, request.filter), (Some(5), filter));
        assert_eq!(list_images(&json::parse(r#"{"maxResults":true}"#)?).max_results, Some(1));
        assert_eq!(list_images(&json::parse(r#"{"maxResults":1000000000000000000000}"#)?).max_results, Some(i64::MAX));
        Ok(())
    }
}
