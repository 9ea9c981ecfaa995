//! `--generate-cli-skeleton`: a sample of a request or of a response in place of a call.

use std::fmt::Write as _;

use crate::model::{AwsCli, Map, Value, json};

use crate::service::api::Operation;
use crate::service::api::shape::{Kind as Type, Shape, ShapeMember};

use super::error::ParamError;
use super::pyvalue::PyValue;
use super::validate;

/// Which sample is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skeleton {
    /// A request for `--cli-input-json`, printed unchanged.
    Input,
    /// A request for `--cli-input-yaml` with comments, printed unchanged; v2 only.
    YamlInput,
    /// A response, shown as the answer to a call would be. The request is checked first.
    Output,
}

/// The instant of a sample response as JSON shows it.
pub const SAMPLE_INSTANT_JSON: &str = "1970-01-01T00:00:00";
/// The instant of a sample response as text, table and YAML show it (YAML without quotes).
pub const SAMPLE_INSTANT_PLAIN: &str = "1970-01-01 00:00:00";

impl Skeleton {
    /// The words that the option takes. Without a word it means the first.
    pub fn choices(cli: AwsCli) -> &'static [&'static str] {
        match cli {
            AwsCli::V1 => &["input", "output"],
            AwsCli::V2 => &["input", "output", "yaml-input"],
        }
    }

    /// The meaning of one of [`Skeleton::choices`]; any other word means nothing.
    pub fn of_word(word: &str) -> Option<Self> {
        match word {
            "input" => Some(Skeleton::Input),
            "output" => Some(Skeleton::Output),
            "yaml-input" => Some(Skeleton::YamlInput),
            _ => None,
        }
    }
}

/// What `input` prints, its last line ended.
pub fn input_json(operation: &Operation) -> String {
    let mut text = String::new();
    write_indented(&mut text, &request_sample(operation.input), 0);
    text.push('\n');
    text
}

/// What `yaml-input` prints.
pub fn input_yaml(operation: &Operation) -> String {
    let mut text = String::new();
    write_yaml(&mut text, operation.input, "");
    text
}

/// The response that `output` shows. Instants are strings, in the form that the output format has.
///
/// # Errors
/// The client checks its own sample, and refuses one that is shorter than the model allows.
pub fn response(operation: &Operation, instant: &str) -> Result<Value, ParamError> {
    let sample = response_sample(operation.output, "", instant);
    if let PyValue::Dict(members) = PyValue::from(sample.clone()) {
        validate::check(&members, operation.output)?;
    }
    Ok(sample)
}

/// Of the values that the model lists for a string the client takes any, by chance; here it is
/// always the first.
fn request_sample(shape: &Shape) -> Value {
    match shape.kind {
        Type::Structure(members) => {
            members.iter().map(|member| (member.name.to_owned(), request_sample(member.shape))).collect::<Map>().into()
        }
        Type::List(element) => Value::List(vec![request_sample(element)]),
        Type::Map(element) => map_sample(request_sample(element)),
        Type::String(values) => values.first().copied().unwrap_or_default().into(),
        Type::Integer => Value::Int(0),
        Type::Boolean => Value::Bool(true),
        Type::Timestamp => SAMPLE_INSTANT_JSON.into(),
    }
}

fn response_sample(shape: &Shape, name: &str, instant: &str) -> Value {
    match shape.kind {
        Type::Structure(members) => {
            let sample =
                |member: &ShapeMember| (member.name.to_owned(), response_sample(member.shape, member.name, instant));
            members.iter().map(sample).collect::<Map>().into()
        }
        Type::List(element) => Value::List(vec![response_sample(element, element.name, instant)]),
        Type::Map(element) => map_sample(response_sample(element, "", instant)),
        Type::String(_) => name.into(),
        Type::Integer => Value::Int(0),
        Type::Boolean => Value::Bool(true),
        Type::Timestamp => instant.into(),
    }
}

fn map_sample(element: Value) -> Value {
    Value::Map(Map::from_iter([("KeyName".to_owned(), element)]))
}

/// Python's `json.dumps(..., indent=4)`; a sample has no empty containers.
fn write_indented(text: &mut String, value: &Value, depth: usize) {
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.push_str(&"    ".repeat(depth));
    };
    match value {
        Value::Map(map) => {
            text.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                line(text, depth + 1);
                _ = write!(text, "\"{key}\": ");
                write_indented(text, item, depth + 1);
            }
            line(text, depth);
            text.push('}');
        }
        Value::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                line(text, depth + 1);
                write_indented(text, item, depth + 1);
            }
            line(text, depth);
            text.push(']');
        }
        scalar => text.push_str(&json::to_compact(scalar)),
    }
}

/// The sample of a value that is on its member's line.
fn yaml_scalar(shape: &Shape) -> Option<&'static str> {
    match shape.kind {
        Type::String(values) => Some(values.first().copied().unwrap_or("''")),
        Type::Structure(_) | Type::List(_) | Type::Map(_) => None,
        Type::Integer => Some("0"),
        Type::Boolean => Some("true"),
        Type::Timestamp => Some(SAMPLE_INSTANT_PLAIN),
    }
}

/// Members of a structure, each with its comment. The comment of the first member of a structure
/// is one column further to the right, where the dumper leaves room for it.
fn write_yaml(text: &mut String, shape: &Shape, indent: &str) {
    for (index, member) in shape.members().iter().enumerate() {
        let first_of_element = index == 0 && text.ends_with("- ");
        if !first_of_element {
            text.push_str(indent);
        }
        text.push_str(member.name);
        text.push(':');
        if let Some(scalar) = yaml_scalar(member.shape) {
            _ = write!(text, " {scalar}");
        }
        text.push_str(if index == 0 { "  # " } else { " # " });
        text.push_str(if member.required { "[REQUIRED] " } else { "" });
        text.push_str(member.about);
        if let Type::String(values @ [_, ..]) = &member.shape.kind {
            _ = write!(text, " Valid values are: {}.", values.join(", "));
        }
        text.push('\n');
        match &member.shape.kind {
            Type::Structure(_) => write_yaml(text, member.shape, &format!("{indent}  ")),
            Type::List(element) => {
                _ = write!(text, "{indent}- ");
                match yaml_scalar(element) {
                    Some(scalar) => _ = writeln!(text, "{scalar}"),
                    None => write_yaml(text, element, &format!("{indent}  ")),
                }
            }
            _ => {}
        }
    }
}
