//! The type of a YAML scalar, by its tag or by what a plain word looks like.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{NaiveDate, NaiveDateTime, TimeDelta, Timelike as _};
use num_bigint::BigInt;
use yaml_rust2::parser::Tag;
use yaml_rust2::scanner::TScalarStyle;

use super::pyvalue::{Other, PyValue, int_of_ascii};
use super::yaml::YamlError;
use crate::model::python::str_repr;

/// What the tags of YAML's own types start with.
pub(super) const CORE: &str = "tag:yaml.org,2002:";

/// Which words are a number or a truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1_1,
    V1_2,
}

/// The full name of a tag.
pub(super) fn tag_name(tag: Option<&Tag>) -> Option<String> {
    tag.map(|tag| format!("{}{}", tag.handle, tag.suffix))
}

/// Whether a plain word is the key that merges another mapping in.
pub(super) fn is_merge(text: &str, style: TScalarStyle) -> bool {
    style == TScalarStyle::Plain && text == "<<"
}

/// The value of a scalar with that tag.
pub(super) fn construct(
    text: &str,
    style: TScalarStyle,
    tag: Option<&str>,
    version: Version,
) -> Result<PyValue, YamlError> {
    let kind = match tag {
        // A lone `!` makes quotes count for nothing.
        Some("!") => plain_type(text, version),
        Some(tag) => tag.strip_prefix(CORE).ok_or(YamlError::Yaml)?,
        None if style == TScalarStyle::Plain => plain_type(text, version),
        None => "str",
    };
    match kind {
        "str" => Ok(PyValue::Str(text.to_owned())),
        "null" => Ok(PyValue::None),
        "bool" => truth(text),
        "int" => integer(text, version),
        "float" => float(text, version),
        "binary" => binary(text),
        "timestamp" => timestamp(text),
        _ => Err(YamlError::Yaml),
    }
}

/// What a plain word means. `=` and `<<` have types of their own, which no value can have.
fn plain_type(text: &str, version: Version) -> &'static str {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => "null",
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => "bool",
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off"
        | "OFF"
            if version == Version::V1_1 =>
        {
            "bool"
        }
        "=" => "value",
        "<<" => "merge",
        _ if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => "str",
        _ if looks_like_float(text, version) => "float",
        _ if looks_like_int(text, version) => "int",
        _ if split_timestamp(text).is_some() => "timestamp",
        _ => "str",
    }
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

/// The parts of a number in base sixty, of which each but the first is below sixty: `1:30`, and with `float` `1:30.5`.
fn is_sexagesimal(text: &str, float: bool) -> bool {
    let mut parts = unsigned(text).split(':');
    let of_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let first = parts.next().unwrap_or_default();
    if !first.starts_with(|c: char| c.is_ascii_digit() && (float || c != '0')) || !of_digits(first) {
        return false;
    }
    let mut rest: Vec<&str> = parts.collect();
    if float {
        let Some((last, fraction)) = rest.pop().and_then(|last| last.split_once('.')) else { return false };
        if !of_digits(fraction) {
            return false;
        }
        rest.push(last);
    }
    let below_sixty = |part: &&str| match part.as_bytes() {
        [digit] | [b'0'..=b'5', digit] => digit.is_ascii_digit(),
        _ => false,
    };
    !rest.is_empty() && rest.iter().all(below_sixty)
}

fn looks_like_float(text: &str, version: Version) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") || version == Version::V1_1 && is_sexagesimal(text, true) {
        return true;
    }
    let body = unsigned(text);
    if matches!(body, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    let all = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let exponent_fits = |sign_needed: bool| {
        exponent.is_none_or(|exponent| {
            let digits = unsigned(exponent);
            let signed = digits.len() < exponent.len();
            !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && (signed || !sign_needed)
        })
    };
    match mantissa.split_once('.') {
        // Without a digit before the point, an exponent needs its sign.
        Some(("", _)) if version == Version::V1_1 && text.starts_with(['+', '-']) => false,
        Some(("", fraction)) => !fraction.is_empty() && all(fraction) && exponent_fits(true),
        Some((whole, fraction)) => {
            whole.starts_with(|c: char| c.is_ascii_digit()) && all(whole) && all(fraction) && exponent_fits(false)
        }
        None => {
            exponent.is_some()
                && mantissa.starts_with(|c: char| c.is_ascii_digit())
                && all(mantissa)
                && exponent_fits(false)
        }
    }
}

fn looks_like_int(text: &str, version: Version) -> bool {
    let body = unsigned(text);
    let digits_of =
        |digits: &str, radix: u32| !digits.is_empty() && digits.chars().all(|c| c == '_' || c.is_digit(radix));
    let prefixed = |prefix: &str, radix: u32| body.strip_prefix(prefix).is_some_and(|rest| digits_of(rest, radix));
    if prefixed("0b", 2) || prefixed("0x", 16) {
        return true;
    }
    match version {
        Version::V1_2 => digits_of(body, 10) || prefixed("0o", 8),
        Version::V1_1 => {
            digits_of(body, 8)
                || digits_of(body, 10) && body.starts_with(|c: char| matches!(c, '1'..='9'))
                || is_sexagesimal(text, false)
        }
    }
}

fn truth(text: &str) -> Result<PyValue, YamlError> {
    match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "on" => Ok(PyValue::Bool(true)),
        "no" | "n" | "false" | "off" => Ok(PyValue::Bool(false)),
        other => Err(YamlError::Python(str_repr(other))),
    }
}

/// The client looks at the first character of a number without asking whether there is one.
fn not_empty(text: String) -> Result<String, YamlError> {
    if text.is_empty() { Err(YamlError::Python("string index out of range".to_owned())) } else { Ok(text) }
}

fn integer(text: &str, version: Version) -> Result<PyValue, YamlError> {
    let joined = not_empty(text.replace('_', ""))?;
    let body = unsigned(&joined);
    let negative = joined.starts_with('-');
    if version == Version::V1_1 && body.contains(':') {
        let mut sum = BigInt::default();
        for part in body.split(':') {
            let part = BigInt::parse_bytes(part.as_bytes(), 10).ok_or(YamlError::Yaml)?;
            sum = sum * 60 + part;
        }
        return Ok(PyValue::from(if negative { -sum } else { sum }));
    }
    let (digits, radix) = match body.get(..2) {
        Some("0b") => (&body[2..], 2),
        Some("0x") => (&body[2..], 16),
        Some("0o") => (&body[2..], 8),
        _ if version == Version::V1_1 && body != "0" && body.starts_with('0') => (body, 8),
        _ => (body, 10),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        let shown = str_repr(digits);
        return Err(YamlError::Python(format!("invalid literal for int() with base {radix}: {shown}")));
    }
    if radix == 10 {
        return int_of_ascii(negative, digits).map_err(YamlError::Python);
    }
    let number = BigInt::parse_bytes(digits.as_bytes(), radix).unwrap_or_default();
    let number = if negative { -number } else { number };
    Ok(PyValue::from(number))
}

fn float(text: &str, version: Version) -> Result<PyValue, YamlError> {
    let joined = not_empty(text.replace('_', "").to_lowercase())?;
    let body = unsigned(&joined);
    let number = match body {
        _ if version == Version::V1_1 && body.contains(':') => {
            let mut sum = 0.0;
            let mut base = 1.0;
            for part in body.rsplit(':') {
                sum += part.parse::<f64>().map_err(|_| YamlError::Yaml)? * base;
                base *= 60.0;
            }
            sum
        }
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ => body
            .parse()
            .map_err(|_| YamlError::Python(format!("could not convert string to float: {}", str_repr(body))))?,
    };
    Ok(PyValue::Float(if joined.starts_with('-') { -number } else { number }))
}

/// Base64 in which anything foreign to it is passed over.
fn binary(text: &str) -> Result<PyValue, YamlError> {
    if !text.is_ascii() {
        return Err(YamlError::Yaml);
    }
    let digits: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || "+/=".contains(*c)).collect();
    STANDARD.decode(digits).map(PyValue::Bytes).map_err(|_| YamlError::Yaml)
}

/// The parts of a timestamp as they were written.
struct Stamp<'a> {
    year: &'a str,
    month: &'a str,
    day: &'a str,
    time: Option<Time<'a>>,
}

struct Time<'a> {
    hour: &'a str,
    minute: &'a str,
    second: &'a str,
    fraction: &'a str,
    zone: Option<Zone<'a>>,
}

struct Zone<'a> {
    /// The text as written.
    name: &'a str,
    /// East of Greenwich.
    minutes: i64,
}

/// Up to `most` digits from the front, `least` at the least.
fn digits(text: &str, least: usize, most: usize) -> Option<(&str, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    (count >= least).then(|| text.split_at(count))
}

fn split_timestamp(text: &str) -> Option<Stamp<'_>> {
    let (year, rest) = digits(text, 4, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    if rest.is_empty() {
        return (month.len() == 2 && day.len() == 2).then_some(Stamp { year, month, day, time: None });
    }
    let rest = match rest.strip_prefix(['T', 't']) {
        Some(rest) => rest,
        None => rest.strip_prefix([' ', '\t'])?.trim_start_matches([' ', '\t']),
    };
    let (hour, rest) = digits(rest, 1, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    let (second, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest, 0, usize::MAX)?,
        None => ("", rest),
    };
    let zone = match rest.trim_start_matches([' ', '\t']) {
        "" => None,
        written => Some(split_zone(written)?),
    };
    Some(Stamp { year, month, day, time: Some(Time { hour, minute, second, fraction, zone }) })
}

fn split_zone(text: &str) -> Option<Zone<'_>> {
    if text == "Z" {
        return Some(Zone { name: text, minutes: 0 });
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, rest) = digits(text.strip_prefix(['+', '-'])?, 1, 2)?;
    let minutes = match rest.strip_prefix(':') {
        None if rest.is_empty() => 0,
        Some(minutes) if minutes.len() == 2 => minutes.parse().ok()?,
        _ => return None,
    };
    Some(Zone { name: text, minutes: sign * (hours.parse::<i64>().ok()? * 60 + minutes) })
}

/// A date or an instant, as printed; no parameter accepts one.
fn timestamp(text: &str) -> Result<PyValue, YamlError> {
    let stamp = split_timestamp(text).ok_or(YamlError::Yaml)?;
    let number = |digits: &str| digits.parse::<u32>().unwrap_or_default();
    let (year, month, day) = (number(stamp.year), number(stamp.month), number(stamp.day));
    let refuse = |message: String| Err(YamlError::Python(message));
    if year == 0 {
        return refuse(format!("year must be in 1..9999, not {year}"));
    }
    if !(1..=12).contains(&month) {
        return refuse(format!("month must be in 1..12, not {month}"));
    }
    let on = |day: u32| NaiveDate::from_ymd_opt(year as i32, month, day);
    let Some(date) = on(day) else {
        let last = (28..=31).rev().find(|&last| on(last).is_some()).unwrap_or_default();
        return refuse(format!("day {day} must be in range 1..{last} for month {month} in year {year}"));
    };
    let Some(time) = stamp.time else {
        return Ok(PyValue::Other(Box::new(Other {
            class: "datetime.date",
            text: date.to_string(),
            repr: format!("datetime.date({year}, {month}, {day})"),
        })));
    };
    let (hour, minute, second) = (number(time.hour), number(time.minute), number(time.second));
    for (name, value, most) in [("hour", hour, 23), ("minute", minute, 59), ("second", second, 59)] {
        if value > most {
            return refuse(format!("{name} must be in 0..{most}, not {value}"));
        }
    }
    let instant = date
        .and_hms_opt(hour, minute, second)
        .and_then(|whole| whole.checked_add_signed(TimeDelta::microseconds(microseconds(time.fraction))));
    let Some(instant) = instant else { return refuse("date value out of range".to_owned()) };
    Ok(PyValue::Other(Box::new(Other {
        class: "datetime.datetime",
        text: instant_text(instant, time.zone.as_ref()),
        repr: instant_repr(instant, time.zone.as_ref()),
    })))
}

/// Six digits of a fraction, rounded by the seventh.
fn microseconds(fraction: &str) -> i64 {
    let digit = |index: usize| fraction.as_bytes().get(index).map_or(0, |b| i64::from(b - b'0'));
    (0..6).fold(0, |sum, index| sum * 10 + digit(index)) + i64::from(digit(6) > 4)
}

fn instant_text(instant: NaiveDateTime, zone: Option<&Zone<'_>>) -> String {
    let mut text = instant.format("%Y-%m-%d %H:%M:%S").to_string();
    let micros = instant.and_utc().timestamp_subsec_micros();
    if micros > 0 {
        _ = write!(text, ".{micros:06}");
    }
    if let Some(Zone { minutes, .. }) = zone {
        let sign = if *minutes < 0 { '-' } else { '+' };
        _ = write!(text, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
    }
    text
}

fn instant_repr(instant: NaiveDateTime, zone: Option<&Zone<'_>>) -> String {
    let mut repr = instant.format("datetime.datetime(%-Y, %-m, %-d, %-H, %-M").to_string();
    let micros = instant.and_utc().timestamp_subsec_micros();
    if instant.second() > 0 || micros > 0 {
        _ = write!(repr, ", {}", instant.second());
    }
    if micros > 0 {
        _ = write!(repr, ", {micros}");
    }
    if let Some(Zone { name, minutes }) = zone {
        let (days, seconds) = ((minutes * 60).div_euclid(86400), (minutes * 60).rem_euclid(86400));
        let delta = match (days, seconds) {
            (0, 0) => "0".to_owned(),
            (0, _) => format!("seconds={seconds}"),
            (_, 0) => format!("days={days}"),
            _ => format!("days={days}, seconds={seconds}"),
        };
        _ = write!(repr, ", tzinfo=datetime.timezone(datetime.timedelta({delta}), {})", str_repr(name));
    }
    repr.push(')');
    repr
}
