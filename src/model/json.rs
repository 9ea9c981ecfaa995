//! JSON text to and from [`Value`], with the numbers kept as Python keeps them.
//!
//! `serde_json` does the parsing and the quoting; what is here is only the mapping: numbers are
//! read from their own text, so an integer keeps all its digits, and written as Python's
//! `json.dumps(..., ensure_ascii=False)` writes them.

use std::io::{self, Write};

use num_bigint::BigInt;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::value::{Map, Value};

/// Read one JSON document.
///
/// # Errors
/// What `serde_json` finds wrong, with line and column.
pub fn parse(text: &str) -> Result<Value, serde_json::Error> {
    let raw: &RawValue = serde_json::from_str(text)?;
    if depth(raw.get()) > DEEPEST {
        return Err(serde_json::Error::custom(format!("more than {DEEPEST} brackets deep")));
    }
    parse_raw(raw)
}

/// Brackets in brackets: a reader recurses for each, and its stack has an end.
const DEEPEST: usize = 128;

/// Whether the brackets of a JSON text go deeper than a reader of it can follow.
pub(crate) fn is_too_deep(text: &str) -> bool {
    // Each bracket is closed, so that a short text cannot be.
    text.len() > 2 * DEEPEST && depth(text) > DEEPEST
}

/// How deep the brackets of a JSON text go.
fn depth(text: &str) -> usize {
    let (mut now, mut most) = (0usize, 0);
    let mut quoted = false;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if quoted => {
                bytes.next();
            }
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                now += 1;
                most = most.max(now);
            }
            b'}' | b']' if !quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Parse a value whose text was stored unchanged.
///
/// # Errors
/// If the text is not JSON, or is nested too deeply.
pub fn parse_raw(raw: &RawValue) -> Result<Value, serde_json::Error> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'{' | b'[') => ValueSeed.deserialize(&mut serde_json::Deserializer::from_str(text)),
        Some(b'"') => Ok(Value::Str(serde_json::from_str(text)?)),
        Some(b't') => Ok(Value::Bool(true)),
        Some(b'f') => Ok(Value::Bool(false)),
        Some(b'n') => Ok(Value::Null),
        _ => parse_number(text).ok_or_else(|| serde_json::Error::custom(format!("`{text}` is not a number"))),
    }
}

/// A JSON number's text as Python's `json.loads` reads it: an integer unless it has a fraction or
/// an exponent.
pub fn parse_number(text: &str) -> Option<Value> {
    if text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) {
        return text.parse().ok().map(Value::Float);
    }
    match text.parse::<i64>() {
        Ok(number) => Some(Value::Int(number)),
        Err(_) => text.parse::<BigInt>().ok().map(|big| Value::Big(Box::new(big))),
    }
}

/// Containers only: each member or element is taken as raw text first.
struct ValueSeed;

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(ContainerVisitor)
    }
}

struct ContainerVisitor;

impl<'de> Visitor<'de> for ContainerVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object or an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(raw) = access.next_element::<&RawValue>()? {
            items.push(parse_raw(raw).map_err(A::Error::custom)?);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let raw: &RawValue = access.next_value()?;
            map.insert(key, parse_raw(raw).map_err(A::Error::custom)?);
        }
        Ok(Value::Map(map))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        parse_raw(raw).map_err(D::Error::custom)
    }
}

/// Write `value` on one line with `, ` and `: ` between, as Python's `json.dumps` does with
/// `ensure_ascii=False`.
///
/// # Errors
/// If the output cannot be written.
pub fn write_compact(out: &mut impl Write, value: &Value) -> io::Result<()> {
    match value {
        Value::List(items) => {
            out.write_all(b"[")?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.write_all(b", ")?;
                }
                write_compact(out, item)?;
            }
            out.write_all(b"]")
        }
        Value::Map(map) => {
            out.write_all(b"{")?;
            for (index, (key, item)) in map.iter().enumerate() {
                if index > 0 {
                    out.write_all(b", ")?;
                }
                write_string(out, key)?;
                out.write_all(b": ")?;
                write_compact(out, item)?;
            }
            out.write_all(b"}")
        }
        scalar => write_scalar(out, scalar),
    }
}

/// [`write_compact`] into a new string.
pub fn to_compact(value: &Value) -> String {
    let mut bytes = Vec::new();
    // Writing to memory does not fail, and what is written is text.
    let _ = write_compact(&mut bytes, value);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Write a value that is neither array nor object.
///
/// # Errors
/// If the output cannot be written.
pub fn write_scalar(out: &mut impl Write, value: &Value) -> io::Result<()> {
    match value {
        Value::Null => out.write_all(b"null"),
        Value::Bool(true) => out.write_all(b"true"),
        Value::Bool(false) => out.write_all(b"false"),
        Value::Int(number) => {
            let mut buffer = itoa::Buffer::new();
            out.write_all(buffer.format(*number).as_bytes())
        }
        Value::Big(number) => write!(out, "{number}"),
        Value::Float(number) => out.write_all(python_float(*number).as_bytes()),
        Value::Str(text) => write_string(out, text),
        Value::List(_) | Value::Map(_) => write_compact(out, value),
    }
}

/// Write a quoted JSON string; characters beyond ASCII are not escaped, nor is DEL, as in Python.
///
/// # Errors
/// If the output cannot be written.
pub fn write_string(out: &mut impl Write, text: &str) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}

/// A float as Python's `repr` prints it: shortest digits that read back the same, a fraction
/// always, an exponent of two digits outside `1e-4 <= x < 1e16`.
///
/// ```
/// use ecrsnap::internal::model::json::python_float;
/// assert_eq!(python_float(1_546_320_694.0), "1546320694.0");
/// assert_eq!(python_float(1e16), "1e+16");
/// assert_eq!(python_float(0.00001), "1e-05");
/// ```
pub fn python_float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = shortest(number);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        place_point(mantissa, exponent)
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    }
}

/// The shortest digits that read back the same, as `d.ddde0`. If two such are equally near,
/// Python takes the even one and the standard library the upper one. That takes sixteen digits:
/// with fewer, no two neighbours read back as one double.
fn shortest(number: f64) -> String {
    let text = format!("{number:e}");
    let digits = text.find('e').map_or(0, |end| text[..end].bytes().filter(u8::is_ascii_digit).count());
    if digits < 16 {
        return text;
    }
    let even = format!("{number:.*e}", digits - 1);
    if even.parse() == Ok(number) { even } else { text }
}

/// `d.ddd` times ten to the `exponent`, written without an exponent.
fn place_point(mantissa: &str, exponent: i32) -> String {
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replacen('.', "", 1);
    let Ok(before) = usize::try_from(exponent + 1) else {
        return format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1));
    };
    match digits.split_at_checked(before) {
        _ if before == 0 => format!("{sign}0.{digits}"),
        Some((whole, "")) => format!("{sign}{whole}.0"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{digits}{}.0", "0".repeat(before - digits.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::python_float;

    /// Each pair is what Python's `repr` prints.
    #[test]
    fn floats_are_printed_as_pythons_repr() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-12.5, "-12.5"),
            (100.0, "100.0"),
            (0.1, "0.1"),
            (0.001_25, "0.00125"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (1e15, "1000000000000000.0"),
            (9_007_199_254_740_993.0, "9007199254740992.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (1_700_000_000.123_456, "1700000000.123456"),
            // Halfway between two: the even one.
            (6_493_478_340_589_274.0 / 8.0, "811684792573659.2"),
            (6_493_478_340_589_278.0 / 8.0, "811684792573659.8"),
            (5e22, "5e+22"),
            (9.5e22, "9.5e+22"),
        ];
        for (number, expected) in cases {
            assert_eq!(python_float(number), expected);
        }
    }
}
