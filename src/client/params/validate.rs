//! The client's check of a request against its shape: types, required and unknown members, minimum
//! lengths and values. Maximum, pattern and enumeration are left to the service.
//!
//! Everything that is wrong is found and said in one message.

use crate::model::{Map, Value};

use super::error::ParamError;
use super::pyvalue::{Dict, Key, PyValue};
use crate::service::api::shape::{Kind, Shape, ShapeMember};

/// Check the members of a request; what passes is a value that a request can hold.
pub(super) fn check(input: &Dict, shape: &Shape) -> Result<Value, ParamError> {
    if input.keys().any(|key| key.not_string.is_some()) {
        return Err(ParamError::general("keywords must be strings"));
    }
    let mut report = Vec::new();
    let checked = structure(input, shape.members(), "", &mut report);
    if report.is_empty() {
        Ok(Value::Map(checked))
    } else {
        Err(ParamError::parameter(format!("Parameter validation failed:\n{}", report.join("\n"))))
    }
}

/// Each check adds to the report what it finds. What it returns matters only where that stays empty.
fn member(value: &PyValue, shape: &Shape, name: &str, report: &mut Vec<String>) -> Value {
    match (&shape.kind, value) {
        (Kind::Structure(members), PyValue::Dict(dict) | PyValue::Ordered(dict, _)) => {
            Value::Map(structure(dict, members, name, report))
        }
        (Kind::List(element), PyValue::List(items)) => {
            least_length(items.len(), shape, name, report);
            let items = items.iter().enumerate();
            Value::List(items.map(|(index, item)| member(item, element, &format!("{name}[{index}]"), report)).collect())
        }
        (Kind::Map(element), PyValue::Dict(dict) | PyValue::Ordered(dict, _)) => {
            let entry = |(key, item): (&Key, &PyValue)| {
                (key.text.clone(), member(item, element, &format!("{name}.{}", key.text), report))
            };
            Value::Map(dict.iter().map(entry).collect())
        }
        (Kind::String(_) | Kind::Timestamp, PyValue::Str(text)) => {
            least_length(text.chars().count(), shape, name, report);
            Value::Str(text.clone())
        }
        (Kind::Integer, PyValue::Int(number)) => {
            least_value(*number, value, shape, name, report);
            Value::Int(*number)
        }
        (Kind::Integer, PyValue::Big(number)) => {
            let sign = if number.sign() == num_bigint::Sign::Minus { i64::MIN } else { i64::MAX };
            least_value(sign, value, shape, name, report);
            Value::Big(number.clone())
        }
        // To Python a truth value is a number too.
        (Kind::Integer, PyValue::Bool(truth)) => {
            least_value(i64::from(*truth), value, shape, name, report);
            Value::Bool(*truth)
        }
        (Kind::Boolean, PyValue::Bool(truth)) => Value::Bool(*truth),
        (kind, other) => {
            let valid = match kind {
                Kind::Structure(_) | Kind::Map(_) => "<class 'dict'>",
                Kind::List(_) => "<class 'list'>, <class 'tuple'>",
                Kind::String(_) => "<class 'str'>",
                Kind::Integer => "<class 'int'>",
                Kind::Boolean => "<class 'bool'>",
                Kind::Timestamp => "<class 'datetime.datetime'>, timestamp-string",
            };
            report.push(format!(
                "Invalid type for parameter {}, value: {}, type: <class '{}'>, valid types: {valid}",
                shown(name),
                other.str(),
                other.class()
            ));
            Value::Null
        }
    }
}

fn structure(dict: &Dict, members: &[ShapeMember], name: &str, report: &mut Vec<String>) -> Map {
    for member in members.iter().filter(|member| member.required) {
        if !dict.contains_key(&Key::from(member.name)) {
            report.push(format!("Missing required parameter in {}: \"{}\"", shown(name), member.name));
        }
    }
    let member_of = |key: &Key| members.iter().find(|member| key.not_string.is_none() && member.name == key.text);
    for unknown in dict.keys().filter(|key| member_of(key).is_none()) {
        let names: Vec<_> = members.iter().map(|member| member.name).collect();
        report.push(format!(
            "Unknown parameter in {}: \"{}\", must be one of: {}",
            shown(name),
            unknown.text,
            names.join(", ")
        ));
    }
    let known = dict.iter().filter_map(|(key, item)| Some((member_of(key)?, item)));
    known
        .map(|(member, item)| {
            let path = if name.is_empty() { member.name.to_owned() } else { format!("{name}.{}", member.name) };
            (member.name.to_owned(), self::member(item, member.shape, &path, report))
        })
        .collect()
}

fn least_length(length: usize, shape: &Shape, name: &str, report: &mut Vec<String>) {
    if let Some(min) = shape.min.filter(|&min| (length as i64) < min) {
        report.push(format!("Invalid length for parameter {name}, value: {length}, valid min length: {min}"));
    }
}

fn least_value(number: i64, value: &PyValue, shape: &Shape, name: &str, report: &mut Vec<String>) {
    if let Some(min) = shape.min.filter(|&min| number < min) {
        report.push(format!("Invalid value for parameter {name}, value: {}, valid min value: {min}", value.repr()));
    }
}

/// The request itself has no name.
fn shown(name: &str) -> &str {
    if name.is_empty() { "input" } else { name }
}
