//! The AWS JSON 1.1 protocol: headers and a JSON object to an operation and its input, answers and
//! refusals to JSON. Bodies are read by the input shape of the operation.
//!
//! Only types are checked here; the service checks values. Members that the operation does
//! not have are ignored and `null` means absent, as the protocol has it. The wording of
//! `SerializationException` is ours.

use axum::http::{HeaderMap, StatusCode, header};
use serde_json::Value as Json;

use crate::model::{Map, Value, json};
use crate::output::detail::{Layout, write_detail, write_epoch_seconds};
use crate::service::api::shape::{Kind, Shape};
use crate::service::api::{OPERATIONS, Operation};
use crate::service::{ErrorCode, Row, ServiceError};

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

/// The operation that the headers ask for.
pub(super) fn operation(headers: &HeaderMap) -> Result<&'static Operation, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = text(header::CONTENT_TYPE.as_str()).split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(MEDIA_TYPE) {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedMediaTypeException",
            format!("the Content-Type must be {MEDIA_TYPE}"),
        ));
    }
    text(TARGET).strip_prefix(SERVICE).and_then(Operation::named).ok_or_else(|| {
        let names: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
        let message = format!("a snapshot answers these operations of ECR and no other: {}", names.join(", "));
        Refusal::new(StatusCode::BAD_REQUEST, "UnknownOperationException", message)
    })
}

/// The region that a request was signed for: of `Credential=KEY/20260301/eu-west-1/ecr/aws4_request` the third part.
/// Signatures are not checked.
pub(super) fn signed_region(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let credential = authorization.split([' ', ',']).find_map(|part| part.strip_prefix("Credential="))?;
    // The key may hold slashes, the rest may not.
    let mut parts = credential.rsplit('/');
    let (end, _service, region) = (parts.next()?, parts.next()?, parts.next()?);
    (end == "aws4_request" && !region.is_empty()).then_some(region)
}

/// Read the input of an operation: a value of its input shape.
///
/// `serde_json` refuses what is nested more than 128 deep, so a hostile body costs no stack.
pub(super) fn read(operation: &Operation, body: &[u8]) -> Result<Value, Refusal> {
    let json: Json = serde_json::from_slice(body).map_err(|error| Refusal::serialization(error.to_string()))?;
    member("the request", operation.input, &json)
}

/// A member of a request by its shape.
fn member(name: &str, shape: &Shape, json: &Json) -> Result<Value, Refusal> {
    let expected = match (&shape.kind, json) {
        (Kind::Structure(members), Json::Object(object)) => {
            let given = members.iter().filter_map(|known| Some((known, object.get(known.name)?)));
            let given = given.filter(|(_, json)| !json.is_null());
            let read = given.map(|(known, json)| Ok((known.name.to_owned(), member(known.name, known.shape, json)?)));
            return read.collect::<Result<Map, _>>().map(Value::Map);
        }
        (Kind::List(element), Json::Array(items)) => {
            return items.iter().map(|item| member(name, element, item)).collect::<Result<_, _>>().map(Value::List);
        }
        (Kind::Map(element), Json::Object(object)) => {
            let read = object.iter().map(|(key, json)| Ok((key.clone(), member(key, element, json)?)));
            return read.collect::<Result<Map, _>>().map(Value::Map);
        }
        (Kind::String(_) | Kind::Timestamp, Json::String(text)) => return Ok(Value::Str(text.clone())),
        (Kind::Boolean, Json::Bool(truth)) => return Ok(Value::Bool(*truth)),
        (Kind::Integer, json) if let Some(number) = whole(json) => return Ok(Value::Int(number)),
        (Kind::Structure(_) | Kind::Map(_), _) => "an object",
        (Kind::List(_), _) => "an array",
        (Kind::String(_) | Kind::Timestamp, _) => "a string",
        (Kind::Boolean, _) => "a boolean",
        (Kind::Integer, _) => "an integer",
    };
    Err(wrong(name, expected, json))
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

/// The answer of an operation, written row by row as the rows are read.
pub(super) struct AnswerBody {
    text: Vec<u8>,
    /// The member that holds the rows; without one, the only row is the answer.
    result_key: Option<&'static str>,
    any: bool,
}

impl AnswerBody {
    /// About what a page of a hundred images takes.
    const CAPACITY: usize = 1 << 17;

    pub(super) fn new(operation: &Operation) -> Self {
        let mut text = Vec::with_capacity(Self::CAPACITY);
        if let Some(key) = operation.result_key {
            text.extend_from_slice(format!("{{\"{key}\": [").as_bytes());
        }
        AnswerBody { text, result_key: operation.result_key, any: false }
    }

    /// The wire has instants as numbers of epoch seconds.
    pub(super) fn add(&mut self, row: &Row) {
        if self.any {
            self.text.extend_from_slice(b", ");
        }
        self.any = true;
        match row {
            Row::Detail(detail) => write_detail(&mut self.text, detail, &write_epoch_seconds, Layout::Compact),
            Row::Id(id) => {
                let members = [("imageDigest", &id.image_digest), ("imageTag", &id.image_tag)];
                let given =
                    members.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text.as_deref()?.into())));
                self.text.append(&mut body(&Value::Map(given.collect())));
            }
            Row::Record(record) => {
                self.text.append(&mut body(&record.to_value(&|instant| Value::Float(instant.epoch_seconds()))));
            }
        }
    }

    pub(super) fn finish(mut self, next_token: Option<String>) -> Vec<u8> {
        if self.result_key.is_none() {
            return self.text;
        }
        self.text.push(b']');
        if let Some(token) = next_token {
            self.text.extend_from_slice(b", \"nextToken\": ");
            self.text.append(&mut body(&Value::Str(token)));
        }
        self.text.push(b'}');
        self.text
    }
}

#[cfg(test)]
#[path = "protocol_tests.rs"]
mod tests;
