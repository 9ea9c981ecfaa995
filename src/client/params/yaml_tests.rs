//! Documents and what the client's loader makes of them; tests/params has the recorded ones.

use std::fmt::Write as _;

use super::super::pyvalue::PyValue;
use super::{YamlError, load};

fn repr(text: &str) -> Result<String, YamlError> {
    load(text).map(|value| value.repr())
}

#[test]
fn documents_load() {
    for (text, expected) in [
        ("", "None"),
        ("# nothing", "None"),
        ("a: 1\nb: [x, 'y', \"z\"]", "{'a': 1, 'b': ['x', 'y', 'z']}"),
        ("- &a {x: 1}\n- {<<: *a, y: 2}\n- *a", "[{'x': 1}, {'x': 1, 'y': 2}, {'x': 1}]"),
        ("? [a]\n: 1", "{('a',): 1}"),
        ("\"<<\": 1", "{'<<': 1}"),
        (
            "[0x7fffffffffffffff, 0x8000000000000000, -0x8000000000000000]",
            concat!("[9223372036854775807, 9223372036854775808, ", "-9223372036854775808]"),
        ),
    ] {
        assert_eq!(repr(text), Ok(expected.to_owned()), "{text:?}");
    }
}

#[test]
fn what_is_no_document_is_refused() {
    for text in ["a: 1\na: 2", "[1", "*a", "--- a\n--- b", "a: =", "<<", "{<<: 1}", "{<<: {}, <<: {}}", "\u{7}", "!x a"]
    {
        assert_eq!(load(text), Err(YamlError::Yaml), "{text:?}");
    }
    assert_eq!(load("!!int x"), Err(YamlError::Python("invalid literal for int() with base 10: 'x'".to_owned())));
}

#[test]
fn aliases_cannot_fill_the_memory() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        _ = writeln!(text, "a{level}: &a{level} [{before}]");
    }
    assert!(matches!(load(&text), Err(YamlError::Limit(_))));
    // Long texts count by their length, and so do the copies that nested anchors keep.
    let long = format!("a: &a [{}]\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(10_000));
    assert!(matches!(load(&long), Err(YamlError::Limit(message)) if message.contains("64 MiB")));
    let mut deep = String::new();
    for level in 0..100 {
        _ = write!(deep, "&a{level} [");
    }
    deep.push_str(&"x".repeat(1_000_000));
    deep.push_str(&"]".repeat(100));
    assert!(matches!(load(&deep), Err(YamlError::Limit(_))));
}

#[test]
fn an_honest_use_of_aliases_is_far_below_the_limit() {
    let ids = "  - &id {imageTag: v1, imageDigest: x}\n".to_owned() + &"  - *id\n".repeat(10_000);
    assert!(load(&format!("imageIds:\n{ids}")).is_ok());
}

#[test]
fn nesting_has_an_end() {
    assert!(load(&"[".repeat(100_000)).is_err());
    assert!(load(&"- ".repeat(100_000)).is_err());
    assert!(matches!(load(&format!("{}{}", "[".repeat(100), "]".repeat(100))), Ok(PyValue::List(_))));
}
