//! The AWS JSON 1.1 protocol: headers and a JSON object to a typed call, answers and refusals to
//! JSON.
//!
//! Only types are checked here; values are the service's affair. Members that the operation does
//! not have are ignored and `null` means absent, as the protocol has it. The wording of
//! `SerializationException` is ours.

use axum::http::{HeaderMap, StatusCode, header};
use serde_json::Value as Json;

use super::repositories::DescribeRepositoriesRequest;
use crate::model::{DescribeImagesRequest, Detail, ImageFilter, ImageIdentifier, ListImagesRequest, Map, Value, json};
use crate::output::detail::{Layout, write_detail, write_epoch_seconds};
use crate::service::{ErrorCode, ListImagesPage, ServiceError};

/// The media type of requests and answers.
pub(super) const MEDIA_TYPE: &str = "application/x-amz-json-1.1";
const TARGET: &str = "x-amz-target";
const SERVICE: &str = "AmazonEC2ContainerRegistry_V20150921.";

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Refusal { status, code, message: message.into() }
    }

    fn serialization(message: impl Into<String>) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, "SerializationException", message)
    }

    /// The body: the exception's name and message.
    pub(super) fn to_body(&self) -> Vec<u8> {
        let members = [("__type", self.code), ("message", &self.message)];
        body(&Value::Map(members.into_iter().map(|(key, text)| (key.to_owned(), text.into())).collect()))
    }
}

impl From<ServiceError> for Refusal {
    fn from(error: ServiceError) -> Self {
        let status = match error.code {
            ErrorCode::Server => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        Refusal { status, code: error.code.name(), message: error.message }
    }
}

/// The operations that a snapshot can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    DescribeImages,
    ListImages,
    DescribeRepositories,
}

/// An operation with its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    DescribeImages(DescribeImagesRequest),
    ListImages(ListImagesRequest),
    DescribeRepositories(DescribeRepositoriesRequest),
}

/// The operation that the headers ask for.
pub(super) fn operation(headers: &HeaderMap) -> Result<Operation, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = text(header::CONTENT_TYPE.as_str()).split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(MEDIA_TYPE) {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedMediaTypeException",
            format!("the Content-Type must be {MEDIA_TYPE}"),
        ));
    }
    match text(TARGET).strip_prefix(SERVICE) {
        Some("DescribeImages") => Ok(Operation::DescribeImages),
        Some("ListImages") => Ok(Operation::ListImages),
        Some("DescribeRepositories") => Ok(Operation::DescribeRepositories),
        _ => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "UnknownOperationException",
            "a snapshot answers DescribeImages, ListImages and DescribeRepositories of ECR, and nothing else",
        )),
    }
}

/// Read the input of an operation.
///
/// `serde_json` refuses what is nested more than 128 deep, so a hostile body costs no stack.
pub(super) fn read(operation: Operation, body: &[u8]) -> Result<Call, Refusal> {
    let json: Json = serde_json::from_slice(body).map_err(|error| Refusal::serialization(error.to_string()))?;
    let input = Object::new("the request", &json)?;
    Ok(match operation {
        Operation::DescribeImages => Call::DescribeImages(DescribeImagesRequest {
            registry_id: input.text("registryId")?,
            repository_name: input.text("repositoryName")?,
            image_ids: input.list("imageIds", image_id)?,
            next_token: input.text("nextToken")?,
            max_results: input.integer("maxResults")?,
            filter: input.filter()?,
        }),
        Operation::ListImages => Call::ListImages(ListImagesRequest {
            registry_id: input.text("registryId")?,
            repository_name: input.text("repositoryName")?,
            next_token: input.text("nextToken")?,
            max_results: input.integer("maxResults")?,
            filter: input.filter()?,
        }),
        Operation::DescribeRepositories => Call::DescribeRepositories(DescribeRepositoriesRequest {
            registry_id: input.text("registryId")?,
            repository_names: input.list("repositoryNames", string)?,
            next_token: input.text("nextToken")?,
            max_results: input.integer("maxResults")?,
        }),
    })
}

/// The members of an object that is read.
struct Object<'a>(&'a serde_json::Map<String, Json>);

impl<'a> Object<'a> {
    fn new(what: &str, json: &'a Json) -> Result<Self, Refusal> {
        json.as_object().map(Object).ok_or_else(|| wrong(what, "an object", json))
    }

    fn member<T>(
        &self,
        key: &str,
        read: impl FnOnce(&str, &'a Json) -> Result<T, Refusal>,
    ) -> Result<Option<T>, Refusal> {
        self.0.get(key).filter(|json| !json.is_null()).map(|json| read(key, json)).transpose()
    }

    fn text(&self, key: &str) -> Result<Option<String>, Refusal> {
        self.member(key, string)
    }

    fn integer(&self, key: &str) -> Result<Option<i64>, Refusal> {
        self.member(key, |key, json| whole(json).ok_or_else(|| wrong(key, "an integer", json)))
    }

    fn list<T>(&self, key: &str, read: fn(&str, &Json) -> Result<T, Refusal>) -> Result<Option<Vec<T>>, Refusal> {
        self.member(key, |key, json| {
            let items = json.as_array().ok_or_else(|| wrong(key, "an array", json))?;
            items.iter().map(|item| read(key, item)).collect()
        })
    }

    fn filter(&self) -> Result<Option<ImageFilter>, Refusal> {
        self.member("filter", |key, json| {
            let filter = Object::new(key, json)?;
            Ok(ImageFilter { tag_status: filter.text("tagStatus")?, image_status: filter.text("imageStatus")? })
        })
    }
}

/// A whole number; what is too large for one is the largest, which every limit refuses in its own
/// words. A truth value is 1 or 0, as the AWS CLI lets it pass for a number.
fn whole(json: &Json) -> Option<i64> {
    match json {
        Json::Bool(truth) => Some(i64::from(*truth)),
        Json::Number(number) => number.as_i64().or_else(|| {
            // serde_json reads digits that no integer holds as a float; casting one stops at the ends.
            number.as_f64().filter(|float| float.abs() >= i64::MAX as f64).map(|float| float as i64)
        }),
        _ => None,
    }
}

fn string(key: &str, json: &Json) -> Result<String, Refusal> {
    json.as_str().map(str::to_owned).ok_or_else(|| wrong(key, "a string", json))
}

fn image_id(key: &str, json: &Json) -> Result<ImageIdentifier, Refusal> {
    let id = Object::new(key, json)?;
    Ok(ImageIdentifier { image_digest: id.text("imageDigest")?, image_tag: id.text("imageTag")? })
}

fn wrong(what: &str, expected: &str, found: &Json) -> Refusal {
    let found = match found {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    };
    Refusal::serialization(format!("{what}: expected {expected}, found {found}"))
}

/// An answer's JSON.
pub(super) fn body(value: &Value) -> Vec<u8> {
    json::to_compact(value).into_bytes()
}

/// The answer to `DescribeImages`, written detail by detail as they are read.
pub(super) struct ImagesBody {
    text: Vec<u8>,
    any: bool,
}

impl ImagesBody {
    /// About what a page of a hundred takes.
    const CAPACITY: usize = 1 << 17;

    pub(super) fn new() -> Self {
        let mut text = Vec::with_capacity(Self::CAPACITY);
        text.extend_from_slice(b"{\"imageDetails\": [");
        ImagesBody { text, any: false }
    }

    /// The wire has instants as numbers of epoch seconds.
    pub(super) fn add(&mut self, detail: &Detail) {
        if self.any {
            self.text.extend_from_slice(b", ");
        }
        self.any = true;
        write_detail(&mut self.text, detail, &write_epoch_seconds, Layout::Compact);
    }

    pub(super) fn finish(mut self, next_token: Option<String>) -> Vec<u8> {
        self.text.push(b']');
        if let Some(token) = next_token {
            self.text.extend_from_slice(b", \"nextToken\": ");
            self.text.append(&mut body(&Value::Str(token)));
        }
        self.text.push(b'}');
        self.text
    }
}

/// The answer to `ListImages`.
pub(super) fn list_images(page: &ListImagesPage) -> Value {
    let id = |id: &ImageIdentifier| {
        let members = [("imageDigest", &id.image_digest), ("imageTag", &id.image_tag)];
        let given = members.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text.as_deref()?.into())));
        Value::Map(given.collect())
    };
    with_token("imageIds", page.image_ids.iter().map(id).collect(), page.next_token.as_deref())
}

fn with_token(key: &str, items: Vec<Value>, next_token: Option<&str>) -> Value {
    let mut map = Map::new();
    map.insert(key.to_owned(), items.into());
    if let Some(token) = next_token {
        map.insert("nextToken".to_owned(), token.into());
    }
    map.into()
}

#[cfg(test)]
#[path = "protocol_tests.rs"]
mod tests;
