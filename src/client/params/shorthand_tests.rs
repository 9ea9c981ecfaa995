//! The shorthand parser against the real one, and against itself.

use std::io;

use proptest::prelude::*;

use super::super::files::Files;
use super::super::pyvalue::{Dict, PyValue};
use super::parse;
use crate::model::{AwsCli, Value, json};

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &str) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn variable(&self, _name: &str) -> Option<String> {
        None
    }

    fn home(&self, _user: &str) -> Option<String> {
        None
    }
}

fn read(text: &str) -> Result<PyValue, String> {
    parse(text, "--p", AwsCli::V2, &NoFiles).map_err(|error| error.message)
}

/// `tests/params/record.py` made these texts up and asked the parser of AWS CLI v1 about each.
#[test]
fn random_texts_end_as_in_the_real_parser() {
    let rows = json::parse(include_str!("../../../tests/params/shorthand.json")).expect("a recording");
    let rows = rows.as_list().expect("rows");
    assert!(rows.len() >= 3000);
    for row in rows {
        let [Value::Str(text), repr, fault] = row.as_list().expect("a row") else { panic!("{row:?}") };
        let expected = match fault.as_list() {
            None => Ok(repr.as_str().expect("a repr").to_owned()),
            Some([Value::Str(expected), Value::Str(actual), Value::Str(place)]) => Err(format!(
                "Error parsing parameter '--p': Expected: '{expected}', received: '{actual}' for input:\n {place}"
            )),
            Some([_, _, Value::Str(place)]) => Err(place.clone()),
            Some(_) => panic!("{row:?}"),
        };
        match (read(text), expected) {
            (Err(ours), Err(place)) if ours.contains("Second instance of key") => {
                assert!(ours.contains(&format!("for input:\n{place}\nThis is")), "{text:?}: {ours}");
            }
            (ours, expected) => assert_eq!(ours.map(|value| value.repr()), expected, "{text:?}"),
        }
    }
}

#[test]
fn nesting_has_an_end() {
    for open in ["a=[", "a={a="] {
        let text = format!("a={}", open[2..].repeat(100_000));
        assert_eq!(read(&text), Err("maximum recursion depth exceeded".to_owned()));
    }
}

/// A value that shorthand can write: texts, lists and objects.
fn values() -> impl Strategy<Value = PyValue> {
    let text = "[^\\\\\"]{0,12}".prop_map(PyValue::Str);
    text.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(PyValue::List),
            objects(inner).prop_map(PyValue::Dict),
        ]
    })
}

fn objects(values: impl Strategy<Value = PyValue>) -> impl Strategy<Value = Dict> {
    prop::collection::vec(("[a-zA-Z0-9_.#/:-]{1,6}", values), 0..4)
        .prop_map(|members| members.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

/// The plainest way to write a value, with quotes only where they are needed.
fn write(value: &PyValue) -> String {
    let joined = |parts: Vec<String>| parts.join(",");
    match value {
        PyValue::List(items) => format!("[{}]", joined(items.iter().map(write).collect())),
        PyValue::Dict(dict) => format!("{{{}}}", joined(members(dict))),
        PyValue::Str(text) if !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric()) => text.clone(),
        other => format!("\"{}\"", other.str()),
    }
}

fn members(dict: &Dict) -> Vec<String> {
    dict.iter().map(|(key, value)| format!("{}={}", key.text, write(value))).collect()
}

proptest! {
    #[test]
    fn what_is_written_reads_back(dict in objects(values()).prop_filter("no member", |dict| !dict.is_empty())) {
        let text = members(&dict).join(",");
        prop_assert_eq!(read(&text), Ok(PyValue::Dict(dict)), "{}", text);
    }

    /// A backslash of the text itself has no safe way to be written, so there is none.
    #[test]
    fn an_escape_protects_a_quote(text in "[a-z', \\[\\]=]{0,12}") {
        let written = format!("a='{}'", text.replace('\'', "\\'"));
        let dict = [("a".into(), PyValue::Str(text))].into_iter().collect();
        prop_assert_eq!(read(&written), Ok(PyValue::Dict(dict)));
    }

    #[test]
    fn no_text_is_too_odd(text in any::<String>(), pieces in prop::collection::vec("[a=,\\[\\]{}'\"\\\\@ ]|.", 0..40)) {
        for text in [text, pieces.concat()] {
            let _ = parse(&text, "--p", AwsCli::V1, &NoFiles);
        }
    }
}
