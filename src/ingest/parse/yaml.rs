//! The AWS CLI's yaml output as JSON text, so that one parser serves both.
//!
//! `yaml-rust2` does the reading. A page in YAML is held in memory whole; the window's limit for one
//! item bounds it.

use std::io;

use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::{Yaml, YamlLoader};

use super::minify::push_json_string;
use super::page::PageError;
use super::window::TextPosition;

/// Documents of a YAML text as JSON documents, one after another.
pub(crate) fn to_json(data: &[u8]) -> Result<String, PageError> {
    let text = std::str::from_utf8(data).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    check(text)?;
    let documents = YamlLoader::load_from_str(text).map_err(|error| wrong(&error))?;
    let mut json = String::new();
    for document in &documents {
        write(document, &mut json);
        json.push('\n');
    }
    Ok(json)
}

/// Collections in collections that a page can have; the loader recurses for each.
const DEEPEST: usize = 32;

/// Refuse what would cost the loader more than the text is long: aliases, which it copies out, and
/// deep nesting. The AWS CLI writes neither.
fn check(text: &str) -> Result<(), PageError> {
    let mut parser = Parser::new_from_str(text);
    let mut depth = 0usize;
    loop {
        let (event, marker) = parser.next_token().map_err(|error| wrong(&error))?;
        let refused = match event {
            Event::StreamEnd => return Ok(()),
            Event::Alias(_) => Some("an alias".to_owned()),
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                depth += 1;
                (depth > DEEPEST).then(|| format!("more than {DEEPEST} collections in one another"))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                depth = depth.saturating_sub(1);
                None
            }
            _ => None,
        };
        if let Some(what) = refused {
            let place = TextPosition { line: marker.line() as u64, column: marker.col() as u64 + 1 };
            let message = format!("as YAML: {what}, which the AWS CLI never writes for describe-images");
            return Err(PageError::At { place, message });
        }
    }
}

fn wrong(error: &yaml_rust2::ScanError) -> PageError {
    let place = TextPosition { line: error.marker().line() as u64, column: error.marker().col() as u64 + 1 };
    PageError::At { place, message: format!("as YAML: {}", error.info()) }
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

#[cfg(test)]
mod tests {
    use super::to_json;

    #[test]
    fn a_page_in_yaml_is_the_same_page_in_json() {
        let yaml = b"imageDetails:\n- imageDigest: sha256:aa\n  imageTags:\n  - '1.0'\n  imageSizeInBytes: 5\n";
        let json =
            "{\"imageDetails\":[{\"imageDigest\":\"sha256:aa\",\"imageTags\":[\"1.0\"],\"imageSizeInBytes\":5}]}\n";
        assert_eq!(to_json(yaml).unwrap(), json);
    }

    #[test]
    fn aliases_and_deep_nesting_are_refused() {
        let deep = format!("imageDetails: {}", "[".repeat(100_000));
        for text in ["imageDetails: [&a [x], *a]", &deep] {
            let message = to_json(text.as_bytes()).unwrap_err().to_string();
            assert!(message.starts_with("as YAML: "), "{message}");
        }
    }
}
