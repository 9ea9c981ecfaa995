//! JSON on many lines, four spaces a level, as the AWS CLI prints it. Scalars keep their text.

use std::io::{self, Write};

/// Write a JSON text that has no white space with indentation; its first line continues the current line.
pub(super) fn write(out: &mut dyn Write, text: &str, depth: usize) -> io::Result<()> {
    let mut depth = depth;
    let mut rest = text;
    while let Some(byte) = rest.bytes().next() {
        let length = match byte {
            b'{' | b'[' if matches!(rest.as_bytes().get(1), Some(b'}' | b']')) => 2,
            b'"' => string_length(rest),
            b'{' | b'[' | b'}' | b']' | b',' | b':' => 1,
            _ => rest.find(['{', '}', '[', ']', ',', ':', '"']).unwrap_or(rest.len()),
        };
        let (item, after) = rest.split_at(length);
        rest = after;
        match item {
            "{" | "[" => {
                depth += 1;
                out.write_all(item.as_bytes())?;
                new_line(out, depth)?;
            }
            "}" | "]" => {
                depth = depth.saturating_sub(1);
                new_line(out, depth)?;
                out.write_all(item.as_bytes())?;
            }
            "," => {
                out.write_all(b",")?;
                new_line(out, depth)?;
            }
            ":" => out.write_all(b": ")?,
            _ => out.write_all(item.as_bytes())?,
        }
    }
    Ok(())
}

fn new_line(out: &mut dyn Write, depth: usize) -> io::Result<()> {
    write!(out, "\n{:1$}", "", depth * 4)
}

/// Bytes of the string that `text` starts with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    fn indented(text: &str) -> String {
        let mut out = Vec::new();
        super::write(&mut out, text, 0).expect("memory");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn what_is_inside_strings_and_numbers_stays() {
        for (text, expected) in [
            ("{}", "{}"),
            ("[]", "[]"),
            ("1.10", "1.10"),
            ("{\"a\":[]}", "{\n    \"a\": []\n}"),
            ("[1,{\"é\":-2E5}]", "[\n    1,\n    {\n        \"é\": -2E5\n    }\n]"),
            (r#"{"a\",:[":"}\\"}"#, "{\n    \"a\\\",:[\": \"}\\\\\"\n}"),
            // Not JSON: whatever comes out, it comes out.
            ("{\"a", "{\n    \"a"),
            ("]]}", "\n]\n]\n}"),
        ] {
            assert_eq!(indented(text), expected, "{text}");
        }
    }
}
