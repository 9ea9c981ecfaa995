//! How the commands of our own read sizes, ages and times on the command line.

use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;

use crate::model::{Glob, Instant};

/// A moment, or how long before the capture it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// A moment.
    At(Instant),
    /// This long before the capture.
    Before(Duration),
}

impl When {
    /// The moment in microseconds since 1970, for a capture at `captured_at`.
    pub(super) fn micros(self, captured_at: i64) -> i64 {
        match self {
            When::At(instant) => instant.micros(),
            When::Before(age) => captured_at.saturating_sub(i64::try_from(age.as_micros()).unwrap_or(i64::MAX)),
        }
    }
}

/// Read a moment (ISO 8601, a date alone being its start in UTC) or an age (`30d`, `12h`, `1w 2d`).
pub(super) fn when(text: &str) -> Result<When, String> {
    if let Ok(instant) = Instant::from_text(text) {
        return Ok(When::At(instant));
    }
    let age = humantime::parse_duration(text);
    age.map(When::Before).map_err(|_| "expected a date, a time, or an age such as 30d, 12h or 1y".to_owned())
}

/// Parse a duration, `30s` or `5m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "expected a duration such as 30s or 5m".to_owned())
}

/// Read an age: `90d`, `12w`, `6months`.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "expected an age such as 90d, 12w or 6months".to_owned())
}

/// Read a glob that can match something.
pub(super) fn glob(text: &str) -> Result<String, String> {
    parsed_glob(text).map(|glob| glob.as_str().to_owned())
}

/// The same, to match with it.
pub(super) fn parsed_glob(text: &str) -> Result<Glob, String> {
    Glob::parse(text).map_err(|error| error.to_string())
}

/// Read the start of a digest: hexadecimal digits, or an algorithm with a colon and digits. Digits alone are those of
/// a sha256. Saved documents have digests that end in capitals (`sha256:fa1EXAMPLE`), so capitals are accepted.
pub(super) fn digest_prefix(text: &str) -> Result<String, String> {
    const EXPECTED: &str = "expected hexadecimal digits, or sha256: and up to 64 hexadecimal digits";
    let digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'Z');
    if text.is_empty() {
        return Err(EXPECTED.to_owned());
    }
    if text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return if text.len() <= 64 {
            Ok(format!("sha256:{}", text.to_ascii_lowercase()))
        } else {
            Err(EXPECTED.to_owned())
        };
    }
    match text.split_once(':') {
        None if "sha256:".starts_with(text) || "sha512:".starts_with(text) => Ok(text.to_owned()),
        Some(("sha256", digits)) if digits.len() <= 64 && digits.bytes().all(digit) => Ok(text.to_owned()),
        Some(("sha512" | "sha384", digits)) if digits.len() <= 128 && digits.bytes().all(digit) => Ok(text.to_owned()),
        _ => Err(EXPECTED.to_owned()),
    }
}

/// Read a regular expression.
pub(super) fn regex(text: &str) -> Result<String, String> {
    match crate::store::functions::regex(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Read a price for a gigabyte and month, in any currency.
pub(super) fn price(text: &str) -> Result<f64, String> {
    let price: Option<f64> = text.parse().ok().filter(|price: &f64| price.is_finite() && *price >= 0.0);
    price.ok_or_else(|| "expected a price for 1 GB and month, such as 0.10".to_owned())
}

/// Parse a count.
pub(super) fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "expected a whole number, 0 or more".to_owned())
}

/// Read a number of which none makes no sense.
pub(super) fn from_one<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "expected a number from 1 on".to_owned())
}

/// Read a size: `1500000`, `500MB` (decimal), `1.5GiB` (binary).
pub(super) fn size(text: &str) -> Result<u64, String> {
    let size: ByteSize = text.parse().map_err(|_| "expected a size such as 1500000, 500MB or 1.5GiB".to_owned())?;
    Ok(size.as_u64())
}

#[cfg(test)]
mod tests {
    use super::{When, age, digest_prefix, duration, glob, number, price, regex, size, when};

    const DAY: i64 = 86_400_000_000;

    #[test]
    fn ages_count_from_the_capture() {
        let captured = 1_772_330_400_000_000;
        for (text, expected) in [
            ("30d", captured - 30 * DAY),
            ("1w 2d", captured - 9 * DAY),
            ("12h", captured - DAY / 2),
            ("2026-03-01", 1_772_323_200_000_000),
            ("2026-03-01T02:00:00Z", captured),
            ("2026-03-01T04:00:00+02:00", captured),
        ] {
            assert_eq!(when(text).map(|when| when.micros(captured)), Ok(expected), "{text}");
        }
        // An age may lead to before the year 1; there is nothing from then.
        let When::Before(_) = when("9000y").expect("an age") else { panic!("an age") };
        assert!(when("9000y").expect("an age").micros(captured) < -200_000 * 365 * DAY / 365);
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["", "90", "soon", "30x", "-30d", "2026-13-01", "1772330400"] {
            assert!(when(text).is_err(), "{text}");
        }
        assert!(duration("fast").is_err());
        for text in ["90", "", "old"] {
            assert!(age(text).expect_err(text).contains("such as 90d"), "{text}");
        }
        for text in ["-1", "ten", "1.5", ""] {
            assert!(number(text).is_err(), "{text}");
        }
        assert_eq!(number("0"), Ok(0));
    }

    #[test]
    fn a_pattern_can_match_something() {
        for text in ["shop/*", "v?", "[a-z]*", "[]]", "[^]x]", "[[]", "a]", "é"] {
            assert_eq!(glob(text).as_deref(), Ok(text));
        }
        for text in ["", "[", "a[b", "[]", "[^]", "[a]["] {
            assert!(glob(text).is_err(), "{text}");
        }
        assert!(regex("^v[0-9]+$").is_ok());
        for text in ["(", "[a", "(a{500}){500}"] {
            assert!(regex(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_digest_can_begin_so() {
        for (text, expected) in [
            ("0Fa1", Some("sha256:0fa1")),
            ("sha256:0Fa1", Some("sha256:0Fa1")),
            ("sha256:", Some("sha256:")),
            ("sha", Some("sha")),
            ("sha512:0f", Some("sha512:0f")),
            ("sha256:fa1EXAMPLE", Some("sha256:fa1EXAMPLE")),
            ("", None),
            ("xyz", None),
            ("sha256:xyz", None),
            ("sha256:0:1", None),
            ("md5:0f", None),
            ("shop/web", None),
        ] {
            assert_eq!(digest_prefix(text).ok().as_deref(), expected, "{text}");
        }
        for digits in [64, 65] {
            let text = "0".repeat(digits);
            assert_eq!(digest_prefix(&text).is_ok(), digits == 64);
            assert_eq!(digest_prefix(&format!("sha256:{text}")).is_ok(), digits == 64);
        }
    }

    #[test]
    fn a_price_is_an_amount() {
        assert_eq!(price("0.10"), Ok(0.1));
        assert_eq!(price("0"), Ok(0.0));
        for text in ["", "-1", "NaN", "inf", "0,10", "$1"] {
            assert!(price(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_decimal_or_binary_as_written() {
        for (text, expected) in [
            ("0", 0),
            ("1500000", 1_500_000),
            ("500MB", 500_000_000),
            ("500 mb", 500_000_000),
            ("1GiB", 1 << 30),
            ("1.5GiB", 3 << 29),
            ("9007199254740993", 9_007_199_254_740_993),
        ] {
            assert_eq!(size(text), Ok(expected), "{text}");
        }
        for text in ["", "-1", "1.5.5MB", "5 bananas", "GB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
