//! Instants, compared as instants: `2024-01-01T01:00:00+01:00` and `1704067200.0` are equal.
//!
//! Pages hold instants in many spellings (a number of epoch seconds, ISO 8601 in several forms,
//! .NET's `/Date(ms)/`). This module reads all of them exactly; the client decides how one is printed.

use std::fmt::{self, Write as _};

use chrono::NaiveDate;

/// An instant from the year 1 to the year 9999, exact to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    micros: i64,
    below: u16,
}

/// Why a text or a number is not an instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstantError {
    /// Not a known spelling of an instant.
    #[error("is not a timestamp: expected epoch seconds or ISO 8601, such as 2024-01-31T12:00:00+00:00")]
    NotATime,
    /// A number or date outside the years 1 to 9999.
    #[error("is not a timestamp between the years 1 and 9999")]
    OutOfRange,
    /// A number that is too large for seconds, and a date of this century in a smaller unit.
    #[error("is too large for epoch seconds: milliseconds? expected seconds, such as 1718737639.25")]
    Milliseconds,
    /// The same, in microseconds or nanoseconds.
    #[error("is too large for epoch seconds: microseconds or nanoseconds? expected seconds, such as 1718737639.25")]
    BelowMilliseconds,
}

const SECOND: i64 = 1_000_000;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z, in microseconds from 1970. An instant
/// is in UTC; the day's slack below allows any offset in between.
const MIN: i64 = -62_135_596_800 * SECOND;
const MAX: i64 = 253_402_300_800 * SECOND - 1;

impl Instant {
    /// An instant from microseconds since 1970 in UTC and the nanoseconds (0 to 999) below them.
    ///
    /// # Errors
    /// If the instant is not in the years 1 to 9999, or `below` is not under 1,000.
    pub fn from_parts(micros: i64, below: u16) -> Result<Self, InstantError> {
        if (MIN..=MAX).contains(&micros) && below < 1000 {
            Ok(Instant { micros, below })
        } else {
            Err(InstantError::OutOfRange)
        }
    }

    /// An instant from whole microseconds since 1970 in UTC.
    ///
    /// # Errors
    /// If the instant is not in the years 1 to 9999.
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

    /// The instant in UTC: `2024-01-31T12:00:00Z`, with the fraction if there is one.
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
    ///
    /// # Errors
    /// Text that is not a number, and numbers outside the years 1 to 9999.
    pub fn from_number(text: &str) -> Result<Self, InstantError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match digits.find(['e', 'E']) {
            Some(at) => (&digits[..at], exponent(&digits[at + 1..])?),
            None => (digits, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if whole.is_empty() || !all().all(|byte| byte.is_ascii_digit()) || mantissa.ends_with('.') {
            return Err(InstantError::NotATime);
        }
        // The digits of whole and fraction are one decimal integer; `point` is the place of its decimal
        // point after the exponent has moved it, counted from the first digit.
        let mut digits = all().skip_while(|b| *b == b'0').peekable();
        let leading = all().take_while(|b| *b == b'0').count();
        let point = exponent.saturating_add(whole.len() as i64).saturating_sub(leading as i64);
        if digits.peek().is_none() {
            return Self::from_micros(0);
        }
        if point > 12 {
            return Err(smaller_unit(digits, point, negative));
        }
        let mut nanos: i128 = 0;
        for _ in 0..point.saturating_add(9).max(0) {
            nanos = nanos * 10 + i128::from(digits.next().unwrap_or(b'0') - b'0');
        }
        if point >= -9 && digits.next().is_some_and(|digit| digit >= b'5') {
            nanos += 1;
        }
        Self::from_nanos(if negative { -nanos } else { nanos })
    }

    fn from_nanos(nanos: i128) -> Result<Self, InstantError> {
        let micros = i64::try_from(nanos.div_euclid(1000)).map_err(|_| InstantError::OutOfRange)?;
        Self::from_parts(micros, nanos.rem_euclid(1000) as u16)
    }

    /// Read a text: ISO 8601 in extended form (`T` or a space, seconds optional) or in basic form
    /// (`20240618T190719Z`), any fraction, `Z` or an offset (UTC without one); a date alone
    /// (`2024-06-18`); or .NET's `/Date(milliseconds)/`. A fraction is kept to nine digits.
    ///
    /// # Errors
    /// Any other text, and times outside the years 1 to 9999.
    pub fn from_text(text: &str) -> Result<Self, InstantError> {
        if let Some(rest) = text.strip_prefix("/Date(") {
            return Self::from_dotnet(rest);
        }
        let bytes = text.as_bytes();
        let (day, rest) = date(bytes).ok_or(InstantError::NotATime)?;
        let day = day?;
        if rest.is_empty() && bytes.len() == 10 {
            return Self::from_micros(day * 86_400 * SECOND);
        }
        let Some((b'T' | b't' | b' ', rest)) = rest.split_first() else { return Err(InstantError::NotATime) };
        let (time, rest) = clock(rest).ok_or(InstantError::NotATime)?;
        let (nanos, rest) = fraction(rest).ok_or(InstantError::NotATime)?;
        let offset = offset_seconds(rest).ok_or(InstantError::NotATime)?;
        let seconds = day * 86_400 + time - offset;
        Self::from_parts(seconds * SECOND + nanos / 1000, (nanos % 1000) as u16)
    }

    /// `/Date(946684800000)/` or with an offset, which only says where it was written.
    fn from_dotnet(rest: &str) -> Result<Self, InstantError> {
        let body = rest.strip_suffix(")/").ok_or(InstantError::NotATime)?;
        // A sign may begin the number; one further on begins the offset.
        let signs = body.bytes().enumerate().skip(1);
        let end = signs.filter(|(_, byte)| matches!(byte, b'+' | b'-')).map(|(at, _)| at).next();
        let millis = body.get(..end.unwrap_or(body.len())).unwrap_or_default();
        let millis: i64 = millis.parse().map_err(|_| InstantError::NotATime)?;
        Self::from_micros(millis.checked_mul(1000).ok_or(InstantError::OutOfRange)?)
    }
}

/// The exponent of a number, at most so large as is of use: beyond, only its sign matters.
fn exponent(text: &str) -> Result<i64, InstantError> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(InstantError::NotATime);
    }
    let size = digits.iter().fold(0i64, |size, digit| (size * 10 + i64::from(digit - b'0')).min(1 << 40));
    Ok(if negative { -size } else { size })
}

/// What to say of a number with `point` digits before its point, which are too many for seconds.
fn smaller_unit(digits: impl Iterator<Item = u8>, point: i64, negative: bool) -> InstantError {
    // 2000-01-01 and 2100-01-01 in seconds have nine and ten digits.
    const CENTURY: std::ops::Range<u64> = 946_684_800..4_102_444_800;
    let within = |digits: &[u8], count: usize| {
        let padded = digits.iter().copied().chain(std::iter::repeat(b'0'));
        CENTURY.contains(&padded.take(count).fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    };
    let digits: Vec<u8> = digits.take(10).collect();
    match point {
        _ if negative => InstantError::OutOfRange,
        13 if within(&digits, 10) => InstantError::Milliseconds,
        16 | 19 if within(&digits, 10) => InstantError::BelowMilliseconds,
        _ => InstantError::OutOfRange,
    }
}

/// Two digits at `at`.
fn two(bytes: &[u8], at: usize) -> Option<i64> {
    let (tens, ones) = (bytes.get(at)?, bytes.get(at + 1)?);
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

/// Days from 1970-01-01 to the date that `bytes` starts with, and what follows it.
fn date(bytes: &[u8]) -> Option<(Result<i64, InstantError>, &[u8])> {
    let year = two(bytes, 0)? * 100 + two(bytes, 2)?;
    let extended = bytes.get(4) == Some(&b'-');
    let (month, day, rest) = if extended {
        (bytes.get(7) == Some(&b'-')).then_some(())?;
        (two(bytes, 5)?, two(bytes, 8)?, bytes.get(10..)?)
    } else {
        (two(bytes, 4)?, two(bytes, 6)?, bytes.get(8..)?)
    };
    let date = NaiveDate::from_ymd_opt(year as i32, month as u32, day as u32).filter(|_| year >= 1);
    let days = date.map(|date| date.signed_duration_since(NaiveDate::default()).num_days());
    Some((days.ok_or(InstantError::OutOfRange), rest))
}

/// Seconds of the day at the start of `bytes`: `19:07:19`, `19:07`, `190719` or `1907`; and what follows.
fn clock(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let part = |at: usize, limit: i64| two(bytes, at).filter(|n| *n < limit);
    let colon = |at: usize| bytes.get(at) == Some(&b':');
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let hours = part(0, 24)? * 3600;
    // A leap second is the first second of the next minute.
    let (minute, second, end) = if colon(2) {
        if colon(5) { (part(3, 60)?, part(6, 61)?, 8) } else { (part(3, 60)?, 0, 5) }
    } else if digit(4) {
        (part(2, 60)?, part(4, 61)?, 6)
    } else {
        (part(2, 60)?, 0, 4)
    };
    Some((hours + minute * 60 + second, bytes.get(end..)?))
}

/// Nanoseconds of the fraction at the start of `bytes`, zero without one; and what follows.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.' | b',', rest)) = bytes.split_first() else { return Some((0, bytes)) };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at(length);
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0'));
    let nanos = padded.take(9).fold(0, |nanos, digit| nanos * 10 + i64::from(digit - b'0'));
    (length > 0).then_some((nanos, rest))
}

/// `Z`, `+09:00`, `+0900`, `+09`, `+00:19:32`, with or without a space before; nothing means UTC.
fn offset_seconds(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text.trim_ascii() {
        [] | b"Z" | b"z" | b"UTC" | b"+00:00" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let hours = two(rest, 0).filter(|hours| *hours < 24)?;
    let (mut seconds, mut rest) = (hours * 3600, &rest[2..]);
    for unit in [60, 1] {
        if rest.is_empty() {
            break;
        }
        rest = rest.strip_prefix(b":").unwrap_or(rest);
        seconds += two(rest, 0).filter(|part| *part < 60)? * unit;
        rest = &rest[2..];
    }
    rest.is_empty().then_some(sign * seconds)
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
    fn basic_and_minute_precision_are_iso_8601() {
        let at = |text| Instant::from_text(text).map(Instant::to_utc_text);
        for (text, expected) in [
            ("2024-06-18T19:07Z", "2024-06-18T19:07:00Z"),
            ("2024-06-18 19:07", "2024-06-18T19:07:00Z"),
            ("2024-06-18T19:07+02:00", "2024-06-18T17:07:00Z"),
            ("20240618T190719Z", "2024-06-18T19:07:19Z"),
            ("20240618T190719.5+0200", "2024-06-18T17:07:19.500000Z"),
            ("20240618T1907Z", "2024-06-18T19:07:00Z"),
            ("2024-06-18T190719-01", "2024-06-18T20:07:19Z"),
            ("1895-01-01T00:00:00+00:19:32", "1894-12-31T23:40:28Z"),
        ] {
            assert_eq!(at(text).as_deref(), Ok(expected), "{text}");
        }
    }

    /// A character of several bytes, or a cut anywhere, is not a panic.
    #[test]
    fn no_text_panics() {
        for whole in ["/Date(1705071987000+0100)/", "2024-06-18T19:07:19.5+00:19:32", "20240618T190719Z", "-1.25e+10"] {
            for (at, _) in whole.char_indices() {
                for insert in ["", "é", "☃", "🦀", "-", "+", ":", ".", " "] {
                    let text = format!("{}{insert}{}", &whole[..at], &whole[at..]);
                    for text in [text.as_str(), &whole[..at], &whole[at..]] {
                        let _ = (Instant::from_text(text), Instant::from_number(text));
                    }
                }
            }
        }
        assert_eq!(Instant::from_text("/Date(é)/"), Err(InstantError::NotATime));
        assert_eq!(
            Instant::from_text("/Date(-62135596800000)/").map(Instant::to_utc_text).unwrap(),
            "0001-01-01T00:00:00Z"
        );
    }

    #[test]
    fn other_units_are_named() {
        for (number, expected) in [
            ("1718737639000", InstantError::Milliseconds),
            ("1718737639000.5", InstantError::Milliseconds),
            ("1.718737639E12", InstantError::Milliseconds),
            ("1718737639000000", InstantError::BelowMilliseconds),
            ("1718737639000000000", InstantError::BelowMilliseconds),
            ("9999999999999", InstantError::OutOfRange),
            ("-1718737639000", InstantError::OutOfRange),
            ("17187376390000", InstantError::OutOfRange),
        ] {
            assert_eq!(Instant::from_number(number), Err(expected), "{number}");
        }
    }

    #[test]
    fn text_that_is_not_a_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2024-13-01",
            "20240618",
            "2024-06-18T",
            "2024-06-18T19",
            "2024-01-12T25:00:00Z",
            "2024-01-12T15:06:27.Z",
            "2025-09-24T...",
            "2024-01-12T15:06:27+1",
            "2024-01-12T15:06:27+01:60",
            "2024-01-12T15:06:27+01:00:00:00",
        ] {
            assert!(Instant::from_text(text).is_err(), "{text}");
        }
        for number in ["1e300", "99999999999999", "-1e13", "1e99999999999"] {
            assert_eq!(Instant::from_number(number), Err(InstantError::OutOfRange), "{number}");
        }
        for number in ["", "-", ".", "e5", "1e", "1.e5", ".5", "1x", "0.0000000000000001x", "1e5x", "--1", "é"] {
            assert_eq!(Instant::from_number(number), Err(InstantError::NotATime), "{number}");
        }
        for tiny in ["1e-99999999999", "0e99999999999", "0.00000000001"] {
            assert_eq!(Instant::from_number(tiny).map(Instant::micros), Ok(0), "{tiny}");
        }
    }

    #[test]
    fn the_go_zero_time_is_an_instant() {
        let zero = Instant::from_text("0001-01-01T00:00:00Z").unwrap();
        assert_eq!(zero.to_utc_text(), "0001-01-01T00:00:00Z");
    }
}
