//! Values as text in Python's manner: `str`, `repr`, and the `json.dumps` of `to_string`.

use std::fmt::Write;

use super::budget;
use super::item::{Elements, Item, ObjectMembers, View};
use crate::model::python::{float_repr, push_str_repr};
use crate::model::{Value, json};

/// Python's `str(value)`.
pub(super) fn str(value: &Value) -> String {
    str_of(&Item::Ref(value))
}

/// Python's `str` of a value under way.
pub(super) fn str_of(item: &Item<'_>) -> String {
    if let View::Str(text) = item.view() {
        return text.to_owned();
    }
    let mut out = String::new();
    write_repr(&mut out, item);
    out
}

/// How an expression reference prints. Python prints its address, which differs each time; this one
/// only looks like it.
const REFERENCE: &str = "<jmespath.visitor._Expression object at 0x7f0000000000>";

fn write_repr(out: &mut String, item: &Item<'_>) {
    match item.view() {
        View::Null => out.push_str("None"),
        View::Bool(true) => out.push_str("True"),
        View::Bool(false) => out.push_str("False"),
        View::Float(number) => out.push_str(&float_repr(number)),
        View::Int(number) => push_display(out, number),
        View::Big(number) => push_display(out, number),
        View::Str(text) if budget::spend_text(text) => push_str_repr(out, text),
        View::Str(_) => {}
        View::List(elements) => write_list(out, &elements, ", ", write_repr),
        View::Map(members) => write_map(out, &members, (", ", ": "), push_str_repr, write_repr),
        View::Reference => out.push_str(REFERENCE),
    }
}

fn push_display(out: &mut String, number: impl std::fmt::Display) {
    // Writing to a string does not fail.
    let _ = write!(out, "{number}");
}

/// `json.dumps(value, separators=(',', ':'), default=str)`: ASCII alone, nothing between.
pub(super) fn dumps(item: &Item<'_>) -> String {
    let mut out = String::new();
    write_json(&mut out, item);
    out
}

fn write_json(out: &mut String, item: &Item<'_>) {
    match item.view() {
        View::Null => out.push_str("null"),
        View::Bool(truth) => push_display(out, truth),
        View::Int(number) => push_display(out, number),
        View::Big(number) => push_display(out, number),
        View::Float(number) => out.push_str(&json::python_float(number)),
        View::Str(text) if budget::spend_text(text) => write_json_string(out, text),
        View::Str(_) => {}
        View::List(elements) => write_list(out, &elements, ",", write_json),
        View::Map(members) => write_map(out, &members, (",", ":"), write_json_string, write_json),
        View::Reference => write_json_string(out, REFERENCE),
    }
}

fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{c}' => out.push_str("\\f"),
            '\u{8}' => out.push_str("\\b"),
            ' '..='~' => out.push(character),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

fn write_list(out: &mut String, elements: &Elements<'_>, between: &str, write: fn(&mut String, &Item<'_>)) {
    out.push('[');
    for (index, element) in elements.iter().enumerate() {
        if !budget::spend(1) {
            break;
        }
        if index > 0 {
            out.push_str(between);
        }
        write(out, &element);
    }
    out.push(']');
}

fn write_map(
    out: &mut String,
    members: &ObjectMembers<'_>,
    (between, after_name): (&str, &str),
    write_name: fn(&mut String, &str),
    write: fn(&mut String, &Item<'_>),
) {
    out.push('{');
    for (index, (name, member)) in members.iter().enumerate() {
        if !budget::spend(1) {
            break;
        }
        if index > 0 {
            out.push_str(between);
        }
        write_name(out, &name);
        out.push_str(after_name);
        write(out, &member);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_python_prints() {
        for (json_text, expected) in [
            ("null", "None"),
            ("[true, false, 1, 1.0, 1e300]", "[True, False, 1, 1.0, 1e+300]"),
            (r#"{"a": ["it's", "say \"it's\"", "\\"]}"#, r#"{'a': ["it's", 'say "it\'s"', '\\']}"#),
            (r#""plain""#, "plain"),
            (r#"["\n\r\t\u0001\u007f\u00a0\u00ad\u200b\ue000"]"#, r"['\n\r\t\x01\x7f\xa0\xad\u200b\ue000']"),
            (r#"["\u00e9\u0301\ud83d\ude00\udbff\udfff"]"#, "['\u{e9}\u{301}\u{1f600}\\U0010ffff']"),
            ("[123456789012345678901234567890]", "[123456789012345678901234567890]"),
        ] {
            let value = json::parse(json_text).expect("JSON");
            assert_eq!(str(&value), expected, "{json_text}");
        }
        assert_eq!(str(&Value::Float(f64::NEG_INFINITY)), "-inf");
    }

    #[test]
    fn dumps_ascii_alone() {
        let value = json::parse(r#"{"b": ["\u00e9\ud83d\ude00\b\f\u007f", 1.0], "a": {}}"#).expect("JSON");
        assert_eq!(dumps(&Item::Ref(&value)), r#"{"b":["\u00e9\ud83d\ude00\b\f\u007f",1.0],"a":{}}"#);
    }
}
