//! The AWS CLI's yaml output as JSON text, so that one parser serves both.
//!
//! `yaml-rust2` does the reading. A page in YAML is held in memory whole; the window's limit for one
//! item bounds it.

use std::io;

use yaml_rust2::{Yaml, YamlLoader};

use super::page::PageError;
use super::row::push_json_string;
use super::window::Place;

/// Documents of a YAML text as JSON documents, one after another.
pub(crate) fn to_json(data: &[u8]) -> Result<String, PageError> {
    let text = std::str::from_utf8(data).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let documents = YamlLoader::load_from_str(text).map_err(|error| PageError::At {
        place: Place { line: error.marker().line() as u64, column: error.marker().col() as u64 + 1 },
        message: format!("as YAML: {}", error.info()),
    })?;
    let mut json = String::new();
    for document in &documents {
        write(document, &mut json);
        json.push('\n');
    }
    Ok(json)
}

fn write(yaml: &Yaml, out: &mut String) {
    match yaml {
        Yaml::Real(number) => out.push_str(number),
        Yaml::Integer(number) => out.push_str(&number.to_string()),
        Yaml::String(text) => push_json_string(out, text),
        Yaml::Boolean(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Yaml::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Yaml::Hash(members) => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_json_string(out, &scalar_text(key));
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Yaml::Null | Yaml::BadValue | Yaml::Alias(_) => out.push_str("null"),
    }
}

/// A key's text: the name of a member is a string, but severity counts may have any word.
fn scalar_text(yaml: &Yaml) -> String {
    match yaml {
        Yaml::String(text) | Yaml::Real(text) => text.clone(),
        Yaml::Integer(number) => number.to_string(),
        Yaml::Boolean(truth) => truth.to_string(),
        _ => String::new(),
    }
}
