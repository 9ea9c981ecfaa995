//! A parameter's value as the client holds it before it is checked: a Python object.
//!
//! [`Value`](crate::model::Value) is not enough, because an input may have values that no request can hold
//! (bytes of a file, a date of a YAML document), and messages print them as Python does.

use std::fmt::Write as _;

use indexmap::IndexMap;
use num_bigint::BigInt;

use crate::model::python::{self, IntError, bytes_repr, float_repr, str_repr};
use crate::model::{AwsCli, Value};

/// A Python object that a parameter can become.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PyValue {
    None,
    Bool(bool),
    Int(i64),
    /// Never one that fits [`PyValue::Int`].
    Big(Box<BigInt>),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    List(Vec<PyValue>),
    Dict(Dict),
    /// An object of JSON in an option, an `OrderedDict`, which the Python inside each client prints
    /// in its own way.
    Ordered(Dict, AwsCli),
    /// Anything else, known only by what is printed of it.
    Other(Box<Other>),
}

/// The members of a dictionary in the order in which they came.
pub(super) type Dict = IndexMap<Key, PyValue>;

/// An object of a class that no parameter takes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Other {
    /// The class as `type()` names it, `datetime.date`.
    pub(super) class: &'static str,
    /// What `str()` gives.
    pub(super) text: String,
    /// What `repr()` gives.
    pub(super) repr: String,
}

/// The key of a member: a string but for YAML, which may have anything there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// What `str()` gives.
    pub(super) text: String,
    /// What `repr()` gives, if the key is not a string.
    pub(super) not_string: Option<String>,
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Key { text: text.to_owned(), not_string: None }
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Key { text, not_string: None }
    }
}

impl From<Value> for PyValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => PyValue::None,
            Value::Bool(truth) => PyValue::Bool(truth),
            Value::Int(number) => PyValue::Int(number),
            Value::Big(number) => PyValue::Big(number),
            Value::Float(number) => PyValue::Float(number),
            Value::Str(text) => PyValue::Str(text),
            Value::List(items) => PyValue::List(items.into_iter().map(Into::into).collect()),
            Value::Map(map) => PyValue::Dict(map.into_iter().map(|(key, value)| (key.into(), value.into())).collect()),
        }
    }
}

impl PyValue {
    /// The same with every dictionary in it an ordered one.
    pub(super) fn ordered(self, cli: AwsCli) -> Self {
        match self {
            PyValue::List(items) => PyValue::List(items.into_iter().map(|item| item.ordered(cli)).collect()),
            PyValue::Dict(dict) => {
                PyValue::Ordered(dict.into_iter().map(|(key, item)| (key, item.ordered(cli))).collect(), cli)
            }
            other => other,
        }
    }

    /// The name of the class, `str`.
    pub(super) fn class(&self) -> &'static str {
        match self {
            PyValue::None => "NoneType",
            PyValue::Bool(_) => "bool",
            PyValue::Int(_) | PyValue::Big(_) => "int",
            PyValue::Float(_) => "float",
            PyValue::Str(_) => "str",
            PyValue::Bytes(_) => "bytes",
            PyValue::List(_) => "list",
            PyValue::Dict(_) => "dict",
            PyValue::Ordered(..) => "collections.OrderedDict",
            PyValue::Other(other) => other.class,
        }
    }

    /// What `str()` gives: the text itself for a string, else what `repr()` gives.
    pub(super) fn str(&self) -> String {
        match self {
            PyValue::Str(text) => text.clone(),
            PyValue::Other(other) => other.text.clone(),
            _ => self.repr(),
        }
    }

    /// What `repr()` gives.
    pub(super) fn repr(&self) -> String {
        let mut out = String::new();
        self.write_repr(&mut out);
        out
    }

    fn write_repr(&self, out: &mut String) {
        match self {
            PyValue::None => out.push_str("None"),
            PyValue::Bool(true) => out.push_str("True"),
            PyValue::Bool(false) => out.push_str("False"),
            PyValue::Int(number) => _ = write!(out, "{number}"),
            PyValue::Big(number) => _ = write!(out, "{number}"),
            PyValue::Float(number) => out.push_str(&float_repr(*number)),
            PyValue::Str(text) => out.push_str(&str_repr(text)),
            PyValue::Bytes(bytes) => out.push_str(&bytes_repr(bytes)),
            PyValue::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    item.write_repr(out);
                }
                out.push(']');
            }
            PyValue::Dict(dict) => write_members(out, dict, ["{", "", ": ", "", "}"]),
            PyValue::Ordered(dict, _) if dict.is_empty() => out.push_str("OrderedDict()"),
            PyValue::Ordered(dict, AwsCli::V1) => write_members(out, dict, ["OrderedDict([", "(", ", ", ")", "])"]),
            PyValue::Ordered(dict, AwsCli::V2) => write_members(out, dict, ["OrderedDict({", "", ": ", "", "})"]),
            PyValue::Other(other) => out.push_str(&other.repr),
        }
    }
}

/// The members of a dictionary between an opening and a closing text; each member has texts before,
/// inside and after it.
fn write_members(out: &mut String, dict: &Dict, [open, before, inside, after, close]: [&str; 5]) {
    out.push_str(open);
    for (index, (key, item)) in dict.iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        out.push_str(before);
        match &key.not_string {
            Some(repr) => out.push_str(repr),
            None => out.push_str(&str_repr(&key.text)),
        }
        out.push_str(inside);
        item.write_repr(out);
        out.push_str(after);
    }
    out.push_str(close);
}

/// `int()` of a text, or the message of its `ValueError`.
pub(super) fn int_of_str(text: &str) -> Result<PyValue, String> {
    python::int(text).map(PyValue::from).map_err(|error| error.message(&str_repr(text)))
}

/// `int()` of bytes.
pub(super) fn int_of_bytes(bytes: &[u8]) -> Result<PyValue, String> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii());
    let number = text.map_or(Err(IntError::Malformed), python::int);
    number.map(PyValue::from).map_err(|error| error.message(&bytes_repr(bytes)))
}

/// An integer from its digits alone.
pub(super) fn int_of_ascii(negative: bool, digits: &str) -> Result<PyValue, String> {
    python::int_of_digits(negative, digits).map(PyValue::from).map_err(|error| error.message(&str_repr(digits)))
}

impl From<BigInt> for PyValue {
    fn from(number: BigInt) -> Self {
        i64::try_from(&number).map_or_else(|_| PyValue::Big(Box::new(number)), PyValue::Int)
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, PyValue, int_of_bytes, int_of_str};

    #[test]
    fn values_print_as_in_python() {
        let odd_key = Key { text: "1".to_owned(), not_string: Some("1".to_owned()) };
        for (value, repr) in [
            (PyValue::None, "None"),
            (PyValue::Float(1e16), "1e+16"),
            (PyValue::Float(f64::NEG_INFINITY), "-inf"),
            (PyValue::Str("it's".into()), r#""it's""#),
            (PyValue::Str("it's \"so\"\\".into()), r#"'it\'s "so"\\'"#),
            (
                PyValue::Str("é\u{301}\u{0}\u{a0}\u{ad}\u{200b}\u{1f600}\u{e000}\u{10ffff}".into()),
                concat!("'é\u{301}", r"\x00\xa0\xad\u200b", "\u{1f600}", r"\ue000\U0010ffff'"),
            ),
            (PyValue::Str("\u{301}".into()), "'\u{301}'"),
            (PyValue::Bytes(b"a'\x00\xff\\".to_vec()), r#"b"a'\x00\xff\\""#),
            (PyValue::List(vec![PyValue::Bool(true), PyValue::Str("x".into())]), "[True, 'x']"),
            (
                PyValue::Dict([(odd_key, PyValue::Int(2)), ("a".into(), PyValue::List(vec![]))].into_iter().collect()),
                "{1: 2, 'a': []}",
            ),
        ] {
            assert_eq!(value.repr(), repr);
        }
        assert_eq!(PyValue::Str("it's".into()).str(), "it's");
    }

    #[test]
    fn integers_read_as_in_python() {
        assert_eq!(int_of_str(" +1_000\n"), Ok(PyValue::Int(1000)));
        assert_eq!(int_of_str("1.0"), Err("invalid literal for int() with base 10: '1.0'".to_owned()));
        assert_eq!(int_of_bytes(b" 12\n"), Ok(PyValue::Int(12)));
        assert_eq!(int_of_bytes(b"x"), Err("invalid literal for int() with base 10: b'x'".to_owned()));
        assert!(matches!(int_of_str(&"9".repeat(4300)), Ok(PyValue::Big(_))));
    }
}
