//! Writes and reads plain values as Python does. The AWS CLI and jmespath.py are Python programs, and
//! their output and messages show it.
//!
//! Which characters are printable follows Unicode 16.0.0, as in AWS CLI 2.36; version 1 runs on any
//! Python and takes that one's tables, which differ in characters newer than the interpreter.

mod decimal;
mod integer;
mod printable;

use std::fmt::Write as _;

pub use decimal::{ascii_digits, decimal_digit};
pub use integer::{IntError, MOST_DIGITS, int, int_of_digits};

use super::json::python_float;

/// `repr()` of a string.
pub fn str_repr(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_str_repr(&mut out, text);
    out
}

/// Append `repr()` of a string.
pub fn push_str_repr(out: &mut String, text: &str) {
    let quote = quote_for(text.contains('\''), text.contains('"'));
    out.push(quote);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == '\\' || c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                // Writing to a string does not fail.
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
}

/// `repr()` of bytes.
pub fn bytes_repr(bytes: &[u8]) -> String {
    let quote = quote_for(bytes.contains(&b'\''), bytes.contains(&b'"'));
    let mut out = String::from("b");
    out.push(quote);
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b if b == b'\\' || char::from(b) == quote => out.extend(['\\', char::from(b)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => _ = write!(out, "\\x{byte:02x}"),
        }
    }
    out.push(quote);
    out
}

/// The quote that `repr()` takes: a double one only if that saves an escape.
fn quote_for(has_single: bool, has_double: bool) -> char {
    if has_single && !has_double { '"' } else { '\'' }
}

/// `repr()` of a float, which spells infinities and NaN differently from JSON.
pub fn float_repr(number: f64) -> String {
    if number.is_nan() {
        "nan".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else {
        python_float(number)
    }
}

/// `str.isprintable()`: whether `repr()` shows a character unescaped.
pub fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    let code = u32::from(character);
    let after = printable::UNPRINTABLE.partition_point(|(first, _)| *first <= code);
    after == 0 || code > printable::UNPRINTABLE[after - 1].1
}

/// `str.isspace()`, which takes four more separators than Unicode's white space; `str.strip()`
/// takes these away.
pub fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

#[cfg(test)]
mod tests {
    use super::{bytes_repr, float_repr, is_printable, printable, str_repr};

    /// Each pair was printed by Python 3.14's `repr`.
    #[test]
    fn strings_are_quoted_as_python_quotes_them() {
        for (text, expected) in [
            ("it's", "\"it's\""),
            ("say \"x\"", "'say \"x\"'"),
            ("both ' and \"", "'both \\' and \"'"),
            ("\0\t\n\r\u{1f}\u{7f}\\", "'\\x00\\t\\n\\r\\x1f\\x7f\\\\'"),
            ("é\u{301}\u{a0}\u{ad}日\u{200b}\u{2028}\u{e000}", "'é\u{301}\\xa0\\xad日\\u200b\\u2028\\ue000'"),
            ("😀\u{e0001}\u{10ffff}", "'😀\\U000e0001\\U0010ffff'"),
        ] {
            assert_eq!(str_repr(text), expected);
        }
        assert_eq!(bytes_repr(b"it's \x00\xff\\\n"), "b\"it's \\x00\\xff\\\\\\n\"");
    }

    #[test]
    fn floats_that_are_no_numbers_have_names() {
        for (number, expected) in
            [(f64::NAN, "nan"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf"), (1e22, "1e+22"), (-0.0, "-0.0")]
        {
            assert_eq!(float_repr(number), expected);
        }
    }

    #[test]
    fn the_table_is_sorted_and_apart() {
        let table = printable::UNPRINTABLE;
        assert!(table.iter().all(|(first, last)| first <= last));
        assert!(table.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert!(is_printable('日') && !is_printable('\u{a0}') && !is_printable('\u{7f}'));
    }
}
