//! `--cli-input-json` and `--cli-input-yaml`: all parameters of a request in one document.
//!
//! What the command line itself names stays; the document only adds to it.

use crate::model::AwsCli;

use super::error::ParamError;
use super::pyjson::{self, JsonError};
use super::pyvalue::{Dict, PyValue};
use super::value::Given;
use super::yaml::{self, YamlError};
use crate::model::python::bytes_repr;

/// The language of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Yaml,
}

/// Add the members of a document to `input`.
pub(super) fn merge(input: &mut Dict, document: &Given<'_>, format: Format, cli: AwsCli) -> Result<(), ParamError> {
    let loaded = match format {
        Format::Json => load_json(document, cli)?,
        Format::Yaml => load_yaml(document)?,
    };
    let dict = match loaded {
        PyValue::Dict(dict) => dict,
        other => return Err(not_an_object(&other, format, cli)),
    };
    for (key, value) in dict {
        input.entry(key).or_insert(value);
    }
    Ok(())
}

fn load_json(document: &Given<'_>, cli: AwsCli) -> Result<PyValue, ParamError> {
    let (loaded, received) = match document {
        Given::Text(text) => (pyjson::loads(text, cli), text.clone()),
        Given::Bytes(bytes) => (pyjson::loads_bytes(bytes, cli), bytes_repr(bytes)),
        Given::Words(words) => (pyjson::loads(&words.concat(), cli), words.concat()),
    };
    loaded.map_err(|error| match (error, cli) {
        (JsonError::Recursion(message), _) => ParamError::general(message),
        (JsonError::Value(message), AwsCli::V1) => {
            ParamError::parsing("cli-input-json", format!("Invalid JSON: {message}\nJSON received: {received}"))
        }
        (JsonError::Value(_), AwsCli::V2) => ParamError::parsing("cli-input-json", "Invalid JSON received."),
    })
}

fn load_yaml(document: &Given<'_>) -> Result<PyValue, ParamError> {
    let loaded = match document {
        Given::Text(text) => yaml::load(text),
        Given::Bytes(bytes) => std::str::from_utf8(bytes).map_err(|_| YamlError::Yaml).and_then(yaml::load),
        Given::Words(words) => yaml::load(&words.concat()),
    };
    loaded.map_err(|error| match error {
        YamlError::Yaml => ParamError::parsing("cli-input-yaml", "Invalid YAML received."),
        YamlError::Limit(message) => ParamError::parsing("cli-input-yaml", message),
        YamlError::Python(message) => ParamError::general(message),
    })
}

fn not_an_object(value: &PyValue, format: Format, cli: AwsCli) -> ParamError {
    let class = value.class();
    if cli == AwsCli::V1 {
        return ParamError::general(format!("'{class}' object has no attribute 'keys'"));
    }
    let option = match format {
        Format::Json => "--cli-input-json",
        Format::Yaml => "--cli-input-yaml",
    };
    ParamError::parsing(option, format!("Invalid type: expecting map, received <class '{class}'>"))
}
