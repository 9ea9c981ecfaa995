//! Finds where a span of details ends without reading them: looks at strings and braces only.
//!
//! The length is right for text that is JSON. For other text it may be too long or too short, but the span
//! never ends in what a parser takes for the middle of a detail: until the parser meets an error, both agree
//! on what is a string and how deep a brace is.

use super::fast_json;
use super::page_kind::{Meaning, meaning};

/// The length of the longest run of whole details that `data` begins with, `separator` between
/// them.
pub(in crate::ingest) fn length(data: &[u8], separator: Option<u8>) -> usize {
    let mut end = 0;
    let mut begin = 0;
    while is_detail(&data[begin..]) {
        let Some(length) = object(&data[begin..]) else { break };
        end = begin + length;
        begin = end + space(&data[end..]);
        if let Some(separator) = separator {
            if data.get(begin) != Some(&separator) {
                break;
            }
            begin += 1;
            begin += space(&data[begin..]);
        }
    }
    end
}

fn space(data: &[u8]) -> usize {
    data.iter().position(|byte| !fast_json::is_space(*byte)).unwrap_or(data.len())
}

/// Whether this is an object that a parser takes for a detail: the first of its members that says what it is,
/// is one of a detail. Members that other objects have too, as `registryId`, are passed over if they are
/// strings.
fn is_detail(data: &[u8]) -> bool {
    let Some(mut rest) = data.strip_prefix(b"{") else { return false };
    loop {
        rest = &rest[space(rest)..];
        let Some(length) = rest.starts_with(b"\"").then(|| string(rest)).flatten() else { return false };
        let Ok(name) = std::str::from_utf8(&rest[1..length - 1]) else { return false };
        match meaning(name) {
            Meaning::Detail => return true,
            Meaning::Shared => {}
            _ => return false,
        }
        rest = &rest[length..];
        let Some(value) = rest[space(rest)..].strip_prefix(b":") else { return false };
        rest = &value[space(value)..];
        let Some(length) = rest.starts_with(b"\"").then(|| string(rest)).flatten() else { return false };
        rest = &rest[length..];
        let Some(next) = rest[space(rest)..].strip_prefix(b",") else { return false };
        rest = next;
    }
}

/// The length of the object that `data` begins with; `None` if it does not end in it.
fn object(data: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut depth = 0u32;
    loop {
        at += memchr::memchr3(b'"', b'{', b'}', &data[at..])?;
        match data[at] {
            b'"' => at += string(&data[at..])?,
            b'{' => {
                depth += 1;
                at += 1;
            }
            _ => {
                at += 1;
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
    }
}

/// The length of the string that `data` begins with, quotes included.
fn string(data: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', data.get(at..)?)?;
        if data[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_run_ends_behind_its_last_whole_detail() {
        let plain = r#"{"imageDigest": "a"}"#;
        let odd = r#"{ "ImageTags" : ["}{", "\"}"], "x": {"y": {}}}"#;
        let page = r#"{"imageDetails": []}"#;
        let shared = r#"{"registryId": "1", "repositoryName": "a\"", "imageTags": []}"#;
        let policy = r#"{"registryId": "1", "lifecyclePolicyText": "{}"}"#;
        let cases = [
            (Some(b','), format!("{plain} , {odd}]"), plain.len() + 3 + odd.len()),
            (Some(b','), format!("{plain},{odd},{}", &odd[..odd.len() - 1]), plain.len() + 1 + odd.len()),
            (Some(b','), format!("{plain}\n{odd}"), plain.len()),
            (None, format!("{plain}\n{odd}\n"), plain.len() + 1 + odd.len()),
            (None, format!("{plain}\n{page}\n{plain}"), plain.len()),
            (None, page.to_owned(), 0),
            (None, format!("{policy}\n{plain}"), 0),
            (Some(b','), format!("{shared},{policy}"), shared.len()),
            (None, "{}".to_owned(), 0),
            (None, "{\"imageDigest".to_owned(), 0),
            (None, "{\"imageDigest\": \"\\".to_owned(), 0),
            (None, String::new(), 0),
        ];
        for (separator, text, length) in cases {
            assert_eq!(super::length(text.as_bytes(), separator), length, "{text}");
        }
    }
}
