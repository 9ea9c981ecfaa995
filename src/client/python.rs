//! Python's `int()`, which shows in what the AWS CLI takes for a number.

use num_bigint::BigInt;

use crate::model::Value;
use crate::model::python::{ascii_digits, is_space, str_repr};

/// `int()` of a text: white space around, a sign, digits of any script with single underscores
/// between them.
pub(crate) fn int(text: &str) -> Option<BigInt> {
    /// Python refuses to read a decimal number of more digits than this.
    const MOST_DIGITS: usize = 4300;

    let text = &*ascii_digits(text.trim_matches(is_space));
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain: String = digits.split('_').collect();
    let well_formed = digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !well_formed || plain.len() > MOST_DIGITS {
        return None;
    }
    let number: BigInt = plain.parse().ok()?;
    Some(if text.starts_with('-') { -number } else { number })
}

/// The message of `int()` for a text that it does not take.
pub(crate) fn not_an_int(text: &str) -> String {
    format!("invalid literal for int() with base 10: {}", str_repr(text))
}

/// An integer as a value.
pub(crate) fn value_of_int(number: BigInt) -> Value {
    i64::try_from(&number).map_or_else(|_| Value::Big(Box::new(number)), Value::Int)
}

#[cfg(test)]
mod tests {
    use super::int;

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        for (text, number) in [
            ("3", Some(3)),
            (" +3\n", Some(3)),
            ("-1_000", Some(-1000)),
            ("007", Some(7)),
            ("-１_٣", Some(-13)),
            ("²", None),
            ("", None),
            ("-", None),
            ("1__0", None),
            ("_1", None),
            ("1.0", None),
            ("--1", None),
            ("0x10", None),
            ("1 0", None),
        ] {
            assert_eq!(int(text), number.map(num_bigint::BigInt::from), "{text:?}");
        }
        assert!(int(&"9".repeat(4300)).is_some());
        assert!(int(&"9".repeat(4301)).is_none());
    }
}
