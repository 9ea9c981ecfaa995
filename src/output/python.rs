//! Values as Python's `str` and `repr` print them, and the names of their types.
//!
//! The real client is a Python program that prints some values by converting them to text, so its
//! text and table formats, and its error messages, show Python's words.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::model::Value;
use crate::model::python::{float_repr, push_str_repr};

/// A value as `str(value)` has it: a string unchanged, everything else as [`repr`].
///
/// ```
/// use ecrsnap::internal::{model::Value, output::python};
/// assert_eq!(python::str(&Value::Null), "None");
/// assert_eq!(python::str(&Value::Float(2.0)), "2.0");
/// ```
pub fn str(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Str(text) => Cow::Borrowed(text),
        other => Cow::Owned(repr(other)),
    }
}

/// A value as `repr(value)` has it.
///
/// ```
/// use ecrsnap::internal::{model::Value, output::python};
/// assert_eq!(python::repr(&vec![Value::Bool(true), Value::from("it's")].into()), r#"[True, "it's"]"#);
/// ```
pub fn repr(value: &Value) -> String {
    let mut text = String::new();
    push_repr(&mut text, value);
    text
}

/// The name of the type that Python's `json` gives such a value.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Big(_) => "int",
        Value::Float(_) => "float",
        Value::Str(_) => "str",
        Value::List(_) => "list",
        Value::Map(_) => "dict",
    }
}

fn push_repr(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("None"),
        Value::Bool(true) => text.push_str("True"),
        Value::Bool(false) => text.push_str("False"),
        Value::Int(number) => text.push_str(itoa::Buffer::new().format(*number)),
        Value::Big(number) => {
            let _ = write!(text, "{number}");
        }
        Value::Float(number) => text.push_str(&float_repr(*number)),
        Value::Str(string) => push_str_repr(text, string),
        Value::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                push_repr(text, item);
            }
            text.push(']');
        }
        Value::Map(map) => {
            text.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                push_str_repr(text, key);
                text.push_str(": ");
                push_repr(text, item);
            }
            text.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{repr, str};
    use crate::model::{Value, json};

    /// Each pair was printed by Python 3.14's `repr(json.loads(...))`.
    #[test]
    fn reprs_are_pythons() {
        let cases = [
            ("null", "None"),
            ("true", "True"),
            ("[1, 2.5, -0.0, 1e22]", "[1, 2.5, -0.0, 1e+22]"),
            ("1e999", "inf"),
            ("-1e999", "-inf"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            (r#"{"b": [], "a": {}}"#, "{'b': [], 'a': {}}"),
            (r#"["it's", "say \"x\"", "both ' and \""]"#, r#"["it's", 'say "x"', 'both \' and "']"#),
            (r#""\u0000\t\n\r\u001f\u007f\\""#, r"'\x00\t\n\r\x1f\x7f\\'"),
            (
                r#""é\u00a0\u00ad日\u200b\u2028\ue000\ud83d\ude00\udb40\udc01""#,
                r"'é\xa0\xad日\u200b\u2028\ue000😀\U000e0001'",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(repr(&json::parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn a_strings_own_text_is_not_quoted() {
        assert_eq!(str(&Value::from("it's")), "it's");
        assert_eq!(str(&vec![Value::from("a")].into()), "['a']");
    }
}
