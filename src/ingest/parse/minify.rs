//! A JSON value's text without white space and with strings escaped one way only, so that equal
//! values of differently printed pages have equal text. Numbers keep every character.

use std::borrow::Cow;

use serde::de::Error as _;
use serde_json::value::RawValue;

/// Brackets in brackets of one unknown member. What is kept must be readable later, and readers
/// recurse for each.
const DEEPEST: usize = 100;

/// Add the minified text of `value`, which `serde_json` has already found to be JSON.
pub(in crate::ingest) fn minify(value: &RawValue, out: &mut String) -> Result<(), serde_json::Error> {
    let text = value.get();
    let mut rest = text;
    let mut depth = 0usize;
    while let Some(byte) = rest.bytes().next() {
        let length = match byte {
            b' ' | b'\n' | b'\r' | b'\t' => {
                rest = &rest[1..];
                continue;
            }
            b'"' => {
                let length = string_length(rest);
                let string: Cow<'_, str> = serde_json::from_str(&rest[..length])?;
                push_json_string(out, &string);
                rest = &rest[length..];
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(serde_json::Error::custom(format!("more than {DEEPEST} brackets deep")));
                }
                1
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                1
            }
            b':' | b',' => 1,
            _ => rest.find(|c: char| " \n\r\t\"{}[]:,".contains(c)).unwrap_or(rest.len()),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Ok(())
}

/// Bytes of the string that `text` starts with, quotes included.
fn string_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// Add `text` as a JSON string.
pub(in crate::ingest) fn push_json_string(out: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // A string is always valid JSON.
        out.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    #[test]
    fn only_white_space_and_escapes_go() {
        let page =
            "{ \"a\" : [ 1.10 , -2E5,\n\t123456789012345678901234567890, true , null ],\r\n \"\\u00e9 \\\" x\": {} }";
        let raw: &RawValue = serde_json::from_str(page).unwrap();
        let mut out = String::new();
        super::minify(raw, &mut out).unwrap();
        assert_eq!(out, "{\"a\":[1.10,-2E5,123456789012345678901234567890,true,null],\"é \\\" x\":{}}");
    }
}
