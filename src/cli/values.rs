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

/// Read a stretch of time, `30s` or `5m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "expected a stretch of time such as 30s or 5m".to_owned())
}

/// Read an age: `90d`, `12w`, `6months`.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "expected an age such as 90d, 12w or 6months".to_owned())
}

/// Read a glob, one that can match something.
pub(super) fn glob(text: &str) -> Result<Glob, String> {
    Glob::parse(text).map_err(|error| error.to_string())
}

/// Read a glob that the store matches.
pub(super) fn glob_text(text: &str) -> Result<String, String> {
    glob(text).map(|glob| glob.as_str().to_owned())
}

/// Read a number of things.
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
    use super::{When, age, duration, number, size, when};

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
