//! A moment, compared as a moment: `2024-01-01T01:00:00+01:00` and `1704067200.0` are equal.
//!
//! Pages hold instants in many spellings (a number of epoch seconds, ISO 8601 with and without a
//! `T`, .NET's `/Date(ms)/`). All are read here, exactly; how one is printed is the client's affair.

use std::fmt::{self, Write as _};

use chrono::NaiveDate;

/// An instant from the year 1 to the year 9999, exact to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    micros: i64,
    below: u16,
}

/// Why a text or a number is no instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstantError {
    /// No spelling of an instant that is known here.
    #[error("is no time: expected epoch seconds or ISO 8601, such as 2024-01-31T12:00:00+00:00")]
    NotATime,
    /// A number or date beyond the years 1 to 9999.
    #[error("is no time between the years 1 and 9999")]
    OutOfRange,
}

const SECOND: i64 = 1_000_000;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z, in microseconds from 1970. An instant
/// is in UTC; the day's slack below allows any offset in between.
const MIN: i64 = -62_135_596_800 * SECOND;
const MAX: i64 = 253_402_300_800 * SECOND - 1;

impl Instant {
    /// An instant from microseconds since 1970 in UTC and the nanoseconds (0 to 999) below them.
    pub fn from_parts(micros: i64, below: u16) -> Result<Self, InstantError> {
        if (MIN..=MAX).contains(&micros) && below < 1000 {
            Ok(Instant { micros, below })
        } else {
            Err(InstantError::OutOfRange)
        }
    }

    /// An instant from whole microseconds since 1970 in UTC.
    pub fn from_micros(micros: i64) -> Result<Self, InstantError> {
        Self::from_parts(micros, 0)
    }

    /// Microseconds since 1970 in UTC, rounded down.
    pub fn micros(self) -> i64 {
        self.micros
    }

    /// The nanoseconds below the microsecond, 0 to 999.
    pub fn below_micros(self) -> u16 {
        self.below
    }

    /// Whole seconds since 1970 in UTC, rounded down, and the microseconds above them.
    pub fn seconds(self) -> (i64, u32) {
        let seconds = self.micros.div_euclid(SECOND);
        (seconds, self.micros.rem_euclid(SECOND) as u32)
    }

    /// Seconds since 1970 as the service's wire has them: the nearest double.
    pub fn epoch_seconds(self) -> f64 {
        if self.below == 0 {
            // Both halves are exact in a double; one division rounds once.
            return self.micros as f64 / SECOND as f64;
        }
        let nanos = i128::from(self.micros) * 1000 + i128::from(self.below);
        let sign = if nanos < 0 { "-" } else { "" };
        let (seconds, fraction) = (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
        // Reading decimal digits rounds once; such an instant is rare.
        format!("{sign}{seconds}.{fraction:09}").parse().unwrap_or_default()
    }

    /// The instant in UTC: `2024-01-31T12:00:00Z`, with the fraction where there is one.
    pub fn to_utc_text(self) -> String {
        let (seconds, micros) = self.seconds();
        let date = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let mut text = date.format("%Y-%m-%dT%H:%M:%S").to_string();
        // Writing to a string does not fail.
        if self.below > 0 {
            let _ = write!(text, ".{:09}", u64::from(micros) * 1000 + u64::from(self.below));
        } else if micros > 0 {
            let _ = write!(text, ".{micros:06}");
        }
        text.push('Z');
        text
    }

    /// Read a JSON number of epoch seconds, with fraction and exponent, exactly. Digits below the
    /// nanosecond are rounded.
    pub fn from_number(text: &str) -> Result<Self, InstantError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match digits.find(['e', 'E']) {
            Some(at) => {
                let exponent = digits[at + 1..].parse::<i32>();
                (&digits[..at], exponent.map_err(|_| InstantError::OutOfRange)?)
            }
            None => (digits, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        // The digits of whole and fraction are one decimal integer; `point` says where its point
        // stands once the exponent has moved it, counted from the first digit.
        let mut digits = whole.bytes().chain(fraction.bytes()).skip_while(|b| *b == b'0').peekable();
        let leading = whole.bytes().chain(fraction.bytes()).take_while(|b| *b == b'0').count();
        let point = i64::from(exponent) + whole.len() as i64 - leading as i64;
        if digits.peek().is_none() {
            return Self::from_micros(0);
        }
        if point > 12 {
            return Err(InstantError::OutOfRange);
        }
        let mut nanos: i128 = 0;
        for _ in 0..(point + 9).max(0) {
            let digit = digits.next().unwrap_or(b'0');
            if !digit.is_ascii_digit() {
                return Err(InstantError::NotATime);
            }
            nanos = nanos * 10 + i128::from(digit - b'0');
        }
        if point + 9 >= 0 && digits.next().is_some_and(|digit| digit >= b'5') {
            nanos += 1;
        }
        Self::from_nanos(if negative { -nanos } else { nanos })
    }

    fn from_nanos(nanos: i128) -> Result<Self, InstantError> {
        let micros = i64::try_from(nanos.div_euclid(1000)).map_err(|_| InstantError::OutOfRange)?;
        Self::from_parts(micros, nanos.rem_euclid(1000) as u16)
    }

    /// Read a text: ISO 8601 with `T` or a space, any fraction, `Z` or an offset (UTC where there
    /// is none), a date alone, or .NET's `/Date(milliseconds)/`.
    pub fn from_text(text: &str) -> Result<Self, InstantError> {
        if let Some(rest) = text.strip_prefix("/Date(") {
            return Self::from_dotnet(rest);
        }
        let bytes = text.as_bytes();
        let day = days(bytes).ok_or(InstantError::NotATime)??;
        if bytes.len() == 10 {
            return Self::from_micros(day * 86_400 * SECOND);
        }
        if bytes.len() < 19 || !matches!(bytes[10], b'T' | b't' | b' ') || bytes[13] != b':' || bytes[16] != b':' {
            return Err(InstantError::NotATime);
        }
        let clock = |at: usize, limit: i64| two(bytes, at).filter(|n| *n < limit).ok_or(InstantError::NotATime);
        let time = clock(11, 24)? * 3600 + clock(14, 60)? * 60 + clock(17, 61)?;
        let mut at = 19;
        let mut nanos: i64 = 0;
        if matches!(bytes.get(at), Some(b'.' | b',')) {
            at += 1;
            let start = at;
            while let Some(digit) = bytes.get(at).filter(|b| b.is_ascii_digit()) {
                if at - start < 9 {
                    nanos = nanos * 10 + i64::from(digit - b'0');
                }
                at += 1;
            }
            if at == start {
                return Err(InstantError::NotATime);
            }
            for _ in (at - start).min(9)..9 {
                nanos *= 10;
            }
        }
        let offset = offset_seconds(bytes.get(at..).unwrap_or_default()).ok_or(InstantError::NotATime)?;
        let seconds = day * 86_400 + time - offset;
        Self::from_parts(seconds * SECOND + nanos / 1000, (nanos % 1000) as u16)
    }

    /// `/Date(946684800000)/` or with an offset, which only says where it was written.
    fn from_dotnet(rest: &str) -> Result<Self, InstantError> {
        let body = rest.strip_suffix(")/").ok_or(InstantError::NotATime)?;
        let end = body[1.min(body.len())..].find(['+', '-']).map_or(body.len(), |at| at + 1);
        let millis: i64 = body[..end].parse().map_err(|_| InstantError::NotATime)?;
        Self::from_micros(millis.checked_mul(1000).ok_or(InstantError::OutOfRange)?)
    }
}

/// Two digits at `at`.
fn two(bytes: &[u8], at: usize) -> Option<i64> {
    let (tens, ones) = (bytes.get(at)?, bytes.get(at + 1)?);
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

/// Days from 1970-01-01 to the date that `bytes` starts with.
fn days(bytes: &[u8]) -> Option<Result<i64, InstantError>> {
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = two(bytes, 0)? * 100 + two(bytes, 2)?;
    let (month, day) = (two(bytes, 5)? as u32, two(bytes, 8)? as u32);
    let date = NaiveDate::from_ymd_opt(year as i32, month, day).filter(|_| year >= 1);
    Some(match date {
        Some(date) => Ok(date.signed_duration_since(NaiveDate::default()).num_days()),
        None => Err(InstantError::OutOfRange),
    })
}

/// `Z`, `+09:00`, `+0900`, `+09`, `+00:19:32`, with or without a space before; nothing means UTC.
fn offset_seconds(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii();
    let (sign, rest) = match text {
        [] | b"Z" | b"z" | b"UTC" | b"+00:00" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let digits: Vec<u8> = rest.iter().copied().filter(|b| *b != b':').collect();
    if !matches!(digits.len(), 2 | 4 | 6) {
        return None;
    }
    let mut seconds = 0;
    for (index, unit) in [3600, 60, 1].into_iter().enumerate().take(digits.len() / 2) {
        seconds += two(&digits, index * 2)? * unit;
    }
    (seconds < 86_400).then_some(sign * seconds)
}

impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_utc_text())
    }
}

#[cfg(test)]
mod tests {
    use super::{Instant, InstantError};

    #[test]
    fn every_spelling_of_one_instant_is_equal() {
        let expected = Instant::from_micros(1_705_071_987_000_000).unwrap();
        for number in ["1705071987", "1705071987.0", "1.705071987E9", "1705071987.000000000", "17050719870e-1"] {
            assert_eq!(Instant::from_number(number), Ok(expected), "{number}");
        }
        for text in [
            "2024-01-12T15:06:27Z",
            "2024-01-12T15:06:27+00:00",
            "2024-01-12T16:06:27.000000+01:00",
            "2024-01-12 15:06:27+00:00",
            "2024-01-12 15:06:27",
            "2024-01-12T20:36:27+0530",
            "/Date(1705071987000)/",
            "/Date(1705071987000+0100)/",
        ] {
            assert_eq!(Instant::from_text(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn fractions_are_exact_to_nine_digits() {
        let at = Instant::from_number("1718737639.123456789").unwrap();
        assert_eq!((at.micros(), at.below_micros()), (1_718_737_639_123_456, 789));
        assert_eq!(Instant::from_text("2024-06-18T19:07:19.123456789Z"), Ok(at));
        assert_eq!(at.to_utc_text(), "2024-06-18T19:07:19.123456789Z");
        let at = Instant::from_number("-0.5").unwrap();
        assert_eq!(at.to_utc_text(), "1969-12-31T23:59:59.500000Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2024-13-01",
            "2024-01-12T25:00:00Z",
            "2024-01-12T15:06:27.Z",
            "2025-09-24T...",
            "2024-01-12T15:06:27+1",
        ] {
            assert!(Instant::from_text(text).is_err(), "{text}");
        }
        for number in ["1e300", "99999999999999", "-1e13", "1e99999999999"] {
            assert_eq!(Instant::from_number(number), Err(InstantError::OutOfRange), "{number}");
        }
    }

    #[test]
    fn the_go_zero_time_is_an_instant() {
        let zero = Instant::from_text("0001-01-01T00:00:00Z").unwrap();
        assert_eq!(zero.to_utc_text(), "0001-01-01T00:00:00Z");
    }
}
