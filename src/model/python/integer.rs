//! Python's `int()`: which texts are integers, how long they may be, and what it says of others.

use num_bigint::BigInt;

use super::{ascii_digits, is_space};

/// Python refuses to read a decimal integer of more digits than this.
pub const MOST_DIGITS: usize = 4300;

/// Why a text is not an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntError {
    /// Something else than digits.
    Malformed,
    /// More than [`MOST_DIGITS`], with their number.
    TooLong(usize),
}

impl IntError {
    /// The text of Python's `ValueError`. `repr` is the `repr()` of what was read.
    pub fn message(self, repr: &str) -> String {
        match self {
            IntError::Malformed => {
                // Python shows no more of it.
                let shown: String = repr.chars().take(200).collect();
                format!("invalid literal for int() with base 10: {shown}")
            }
            IntError::TooLong(digits) => format!(
                "Exceeds the limit ({MOST_DIGITS} digits) for integer string conversion: value has {digits} digits; use \
                 sys.set_int_max_str_digits() to increase the limit"
            ),
        }
    }
}

/// `int()` of a text: white space around, a sign, digits of any script with single underscores between them.
///
/// # Errors
/// The text is not an integer, or too long.
pub fn int(text: &str) -> Result<BigInt, IntError> {
    let text = &*ascii_digits(text.trim_matches(is_space));
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.split('_').any(|part| part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit())) {
        return Err(IntError::Malformed);
    }
    int_of_digits(text.starts_with('-'), &digits.replace('_', ""))
}

/// An integer from its ASCII digits alone.
///
/// # Errors
/// There are too many of them, or something else among them.
pub fn int_of_digits(negative: bool, digits: &str) -> Result<BigInt, IntError> {
    if digits.len() > MOST_DIGITS {
        return Err(IntError::TooLong(digits.len()));
    }
    let number: BigInt = digits.parse().map_err(|_| IntError::Malformed)?;
    Ok(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::{IntError, int};

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        for (text, number) in [
            ("3", Some(3)),
            (" +3\n", Some(3)),
            ("-1_000", Some(-1000)),
            ("007", Some(7)),
            ("-１_٣", Some(-13)),
            ("\u{1c}7", Some(7)),
            ("²", None),
            ("", None),
            ("-", None),
            ("+-1", None),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("1.0", None),
            ("--1", None),
            ("0x10", None),
            ("1 0", None),
        ] {
            assert_eq!(int(text).ok(), number.map(num_bigint::BigInt::from), "{text:?}");
        }
        assert!(int(&"9".repeat(4300)).is_ok());
        assert_eq!(int(&"9".repeat(4301)), Err(IntError::TooLong(4301)));
    }

    #[test]
    fn messages_are_pythons() {
        let long = IntError::Malformed.message(&"x".repeat(500));
        assert_eq!(long.chars().count(), 40 + 200);
        assert!(IntError::TooLong(4301).message("").contains("value has 4301 digits"));
    }
}
