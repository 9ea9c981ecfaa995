//! `PaginationConfig`: the paging options as one parameter, which is what they are until the
//! paginator takes them. A document of `--cli-input-json` may have it too.
//!
//! What the options mean is for the paginator to know.

use num_bigint::BigInt;

use super::error::ParamError;
use super::pyvalue::{Key, PyValue, int_of_bytes, int_of_str};

/// The parameter's name.
pub(super) const MEMBER: &str = "PaginationConfig";

/// The paging options of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaginationConfig {
    /// `MaxItems`
    pub max_items: Option<BigInt>,
    /// `StartingToken`
    pub starting_token: Option<String>,
    /// `PageSize`
    pub page_size: Option<BigInt>,
}

impl PaginationConfig {
    /// Members of other names are passed over, as the paginator does.
    pub(super) fn read(value: &PyValue) -> Result<Self, ParamError> {
        let PyValue::Dict(dict) = value else {
            return Err(lacks(value, "get"));
        };
        let member = |name: &str| dict.get(&Key::from(name)).filter(|value| !matches!(value, PyValue::None));
        Ok(PaginationConfig {
            max_items: member("MaxItems").map(int).transpose()?,
            page_size: member("PageSize").map(int).transpose()?,
            starting_token: match member("StartingToken") {
                Some(PyValue::Str(text)) => Some(text.clone()),
                Some(other) => return Err(lacks(other, "encode")),
                None => None,
            },
        })
    }
}

fn lacks(value: &PyValue, attribute: &str) -> ParamError {
    ParamError::general(format!("'{}' object has no attribute '{attribute}'", value.class()))
}

/// Python's `int()` of anything.
fn int(value: &PyValue) -> Result<BigInt, ParamError> {
    let read = match value {
        PyValue::Str(text) => int_of_str(text).map_err(ParamError::general)?,
        PyValue::Bytes(bytes) => int_of_bytes(bytes).map_err(ParamError::general)?,
        other => other.clone(),
    };
    match read {
        PyValue::Bool(truth) => Ok(u8::from(truth).into()),
        PyValue::Int(number) => Ok(number.into()),
        PyValue::Big(number) => Ok(*number),
        PyValue::Float(number) if number.is_nan() => Err(ParamError::general("cannot convert float NaN to integer")),
        // What is behind the point is cut off, and printed are all digits before it: there is no infinity to read.
        PyValue::Float(number) => (format!("{:.0}", number.trunc()).parse())
            .map_err(|_| ParamError::general("cannot convert float infinity to integer")),
        other => Err(ParamError::general(format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            other.class()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::pyjson;
    use super::PaginationConfig;
    use crate::model::AwsCli;

    fn read(document: &str) -> Result<PaginationConfig, String> {
        let value = pyjson::loads(document, AwsCli::V2).expect("JSON");
        PaginationConfig::read(&value).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_are_whatever_python_makes_an_integer_of() {
        let config = read(r#"{"MaxItems": "２", "PageSize": -1.9, "StartingToken": "t", "other": []}"#);
        let expected = PaginationConfig {
            max_items: Some(2.into()),
            page_size: Some((-1).into()),
            starting_token: Some("t".into()),
        };
        assert_eq!(config, Ok(expected));
        assert_eq!(read("{}"), Ok(PaginationConfig::default()));
        assert_eq!(read(r#"{"MaxItems": null, "StartingToken": null}"#), Ok(PaginationConfig::default()));
    }

    #[test]
    fn what_is_no_paging_option_is_refused_in_pythons_words() {
        for (document, message) in [
            ("1", "'int' object has no attribute 'get'"),
            ("null", "'NoneType' object has no attribute 'get'"),
            (r#"{"MaxItems": "x"}"#, "invalid literal for int() with base 10: 'x'"),
            (
                r#"{"MaxItems": []}"#,
                "int() argument must be a string, a bytes-like object or a real number, not 'list'",
            ),
            (r#"{"PageSize": NaN}"#, "cannot convert float NaN to integer"),
            (r#"{"PageSize": -Infinity}"#, "cannot convert float infinity to integer"),
            (r#"{"StartingToken": 1}"#, "'int' object has no attribute 'encode'"),
        ] {
            assert_eq!(read(document), Err(message.to_owned()), "{document}");
        }
    }
}
