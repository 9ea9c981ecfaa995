//! Numbers as in Python: integers of any size and floats, compared without rounding.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};

use super::error::{ErrorKind, QueryError};

use crate::model::python::{ascii_digits, is_space};
use crate::model::{Value, json};

/// A number, wherever it is kept.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number<'v> {
    Int(i64),
    Big(&'v BigInt),
    Float(f64),
}

impl<'v> Number<'v> {
    pub(super) fn of(value: &'v Value) -> Option<Number<'v>> {
        match value {
            Value::Int(number) => Some(Number::Int(*number)),
            Value::Big(number) => Some(Number::Big(number)),
            Value::Float(number) => Some(Number::Float(*number)),
            _ => None,
        }
    }

    /// The order of two numbers by their exact values; none with a NaN.
    pub(super) fn compare(self, other: Number<'_>) -> Option<Ordering> {
        match (self, other) {
            (Number::Int(left), Number::Int(right)) => Some(left.cmp(&right)),
            (Number::Float(left), Number::Float(right)) => left.partial_cmp(&right),
            (Number::Float(left), right) => compare_with_float(right, left).map(Ordering::reverse),
            (left, Number::Float(right)) => compare_with_float(left, right),
            // A big number is beyond every small one.
            (Number::Big(left), Number::Big(right)) => Some(left.cmp(right)),
            (Number::Big(left), Number::Int(_)) => Some(sign_order(left)),
            (Number::Int(_), Number::Big(right)) => Some(sign_order(right).reverse()),
        }
    }

    /// [`Number::compare`] made total for sorting: a NaN comes last.
    pub(super) fn sort_order(self, other: Number<'_>) -> Ordering {
        self.compare(other).unwrap_or_else(|| self.is_nan().cmp(&other.is_nan()))
    }

    fn is_nan(self) -> bool {
        matches!(self, Number::Float(number) if number.is_nan())
    }

    fn to_value(self) -> Value {
        match self {
            Number::Int(number) => Value::Int(number),
            Number::Big(number) => Value::Big(Box::new(number.clone())),
            Number::Float(number) => Value::Float(number),
        }
    }

    /// The nearest float, as Python's `float` finds it.
    fn to_float(self) -> Result<f64, QueryError> {
        match self {
            Number::Int(number) => Ok(number as f64),
            Number::Float(number) => Ok(number),
            Number::Big(number) => {
                let float = nearest_float(number);
                if float.is_infinite() { Err(overflow("int too large to convert to float")) } else { Ok(float) }
            }
        }
    }

    fn to_big(self) -> BigInt {
        match self {
            Number::Int(number) => BigInt::from(number),
            Number::Big(number) => number.clone(),
            Number::Float(number) => big_of_whole(number),
        }
    }

    /// `abs()`.
    pub(super) fn absolute(self) -> Value {
        match self {
            Number::Int(number) => match number.checked_abs() {
                Some(absolute) => Value::Int(absolute),
                None => integer(-BigInt::from(number)),
            },
            Number::Big(number) => integer(BigInt::from(number.magnitude().clone())),
            Number::Float(number) => Value::Float(number.abs()),
        }
    }

    /// `math.ceil()`: an integer.
    pub(super) fn ceiling(self) -> Result<Value, QueryError> {
        self.whole(f64::ceil)
    }

    /// `math.floor()`: an integer.
    pub(super) fn floor(self) -> Result<Value, QueryError> {
        self.whole(f64::floor)
    }

    fn whole(self, round: fn(f64) -> f64) -> Result<Value, QueryError> {
        match self {
            Number::Float(number) if number.is_nan() => {
                Err(QueryError::search(ErrorKind::Value, "cannot convert float NaN to integer"))
            }
            Number::Float(number) if number.is_infinite() => Err(overflow("cannot convert float infinity to integer")),
            Number::Float(number) => Ok(integer(big_of_whole(round(number)))),
            whole => Ok(whole.to_value()),
        }
    }
}

fn overflow(message: &str) -> QueryError {
    QueryError::search(ErrorKind::Overflow, message)
}

fn sign_order(big: &BigInt) -> Ordering {
    if big.sign() == Sign::Minus { Ordering::Less } else { Ordering::Greater }
}

/// The order of an integer and a float.
fn compare_with_float(whole: Number<'_>, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.is_infinite() {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let floor = float.floor();
    let order = whole.to_big().cmp(&big_of_whole(floor));
    // Equal to the floor means less than a float that has a fraction.
    Some(if order == Ordering::Equal && float > floor { Ordering::Less } else { order })
}

/// An integer in the smallest kind of [`Value`] that holds it.
pub(super) fn integer(number: BigInt) -> Value {
    match i64::try_from(&number) {
        Ok(small) => Value::Int(small),
        Err(_) => Value::Big(Box::new(number)),
    }
}

/// A finite float without a fraction as an integer.
fn big_of_whole(number: f64) -> BigInt {
    let bits = number.abs().to_bits();
    let exponent = (bits >> 52) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let magnitude = if exponent == 0 {
        // Zero; the other numbers this small are fractions.
        BigInt::ZERO
    } else {
        let mantissa = BigInt::from(fraction | (1 << 52));
        let shift = exponent - 1075;
        if shift >= 0 { mantissa << shift } else { mantissa >> -shift }
    };
    if number < 0.0 { -magnitude } else { magnitude }
}

/// The float nearest to an integer, infinite beyond them all.
fn nearest_float(number: &BigInt) -> f64 {
    // Reading decimal digits is rounded correctly, and this is rare.
    number.to_string().parse().unwrap_or(f64::NAN)
}

/// Python's `sum()`: integers stay exact, and floats are added as Python does since 3.12 (the AWS
/// CLI v2 brings a newer one), which carries the rounding error along.
pub(super) fn sum<'v>(numbers: impl Iterator<Item = Number<'v>>) -> Result<Value, QueryError> {
    let mut whole = Number::Int(0);
    let mut numbers = numbers.peekable();
    while let Some(number) = numbers.next_if(|number| !matches!(number, Number::Float(_))) {
        whole = match (whole, number) {
            (Number::Int(left), Number::Int(right)) if left.checked_add(right).is_some() => Number::Int(left + right),
            (left, right) => {
                return sum_onwards(left.to_big() + right.to_big(), numbers);
            }
        };
    }
    match numbers.peek() {
        None => Ok(whole.to_value()),
        Some(_) => sum_floats(whole.to_float()?, numbers).map(Value::Float),
    }
}

/// The rest of a sum that has left 64 bits.
fn sum_onwards<'v>(
    mut total: BigInt,
    mut numbers: std::iter::Peekable<impl Iterator<Item = Number<'v>>>,
) -> Result<Value, QueryError> {
    while let Some(number) = numbers.next_if(|number| !matches!(number, Number::Float(_))) {
        total += number.to_big();
    }
    if numbers.peek().is_none() {
        return Ok(integer(total));
    }
    let mut total = Number::Big(&total).to_float()?;
    for number in numbers {
        total += number.to_float()?;
    }
    Ok(Value::Float(total))
}

fn sum_floats<'v>(start: f64, numbers: impl Iterator<Item = Number<'v>>) -> Result<f64, QueryError> {
    let mut total = start;
    let mut carried = 0.0;
    for number in numbers {
        let number = number.to_float()?;
        let next = total + number;
        carried += if total.abs() >= number.abs() { (total - next) + number } else { (number - next) + total };
        total = next;
    }
    Ok(if carried != 0.0 && f64::is_finite(carried) { total + carried } else { total })
}

/// `total / count` as Python divides: the nearest float to the exact quotient.
pub(super) fn divide(total: &Value, count: usize) -> Result<Value, QueryError> {
    const EXACT: i64 = 1 << 53;
    let quotient = match total {
        Value::Float(total) => total / count as f64,
        Value::Int(total) if (-EXACT..=EXACT).contains(total) => *total as f64 / count as f64,
        Value::Int(total) => divide_big(&BigInt::from(*total), count)?,
        Value::Big(total) => divide_big(total, count)?,
        _ => f64::NAN,
    };
    Ok(Value::Float(quotient))
}

/// The quotient to far more bits than a float has, the last of which says whether anything was left.
fn divide_big(total: &BigInt, count: usize) -> Result<f64, QueryError> {
    const ENOUGH_BITS: u64 = 256;
    let extra_bits = ENOUGH_BITS.saturating_sub(total.bits()) as i32;
    let scaled = total.magnitude() << extra_bits;
    let mut quotient = &scaled / count;
    if &quotient * count != scaled {
        quotient |= BigUint::from(1u8);
    }
    let float = nearest_float(&BigInt::from_biguint(total.sign(), quotient)) / 2f64.powi(extra_bits);
    if float.is_finite() { Ok(float) } else { Err(overflow("integer division result too large for a float")) }
}

/// What `to_number` makes of a string: Python's `int(text)`, else `float(text)`, which take the
/// digits of every script.
pub(super) fn parse(text: &str) -> Option<Value> {
    let text = ascii_digits(text.trim_matches(is_space));
    let digits = without_underscores(&text)?;
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(&digits);
    let whole = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    if whole && unsigned.len() <= crate::model::python::MOST_DIGITS {
        return json::parse_number(digits.strip_prefix('+').unwrap_or(&digits));
    }
    digits.parse().ok().map(Value::Float)
}

/// The text without underscores, which may only be between two digits.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let misplaced =
        |(at, &byte): (usize, &u8)| byte == b'_' && !(is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)));
    if bytes.iter().enumerate().any(misplaced) { None } else { Some(text.replace('_', "")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        super::super::literal::loads(text).expect("a number")
    }

    #[test]
    fn numbers_are_compared_exactly() {
        for (left, right, expected) in [
            ("1", "1.0", Some(Ordering::Equal)),
            ("1", "1.5", Some(Ordering::Less)),
            ("-1", "-1.5", Some(Ordering::Greater)),
            ("0", "-0.0", Some(Ordering::Equal)),
            ("0", "5e-324", Some(Ordering::Less)),
            ("9007199254740993", "9007199254740992.0", Some(Ordering::Greater)),
            ("123456789012345678901234567890", "9", Some(Ordering::Greater)),
            ("-123456789012345678901234567890", "-9", Some(Ordering::Less)),
            ("123456789012345678901234567890", "Infinity", Some(Ordering::Less)),
            ("1", "-Infinity", Some(Ordering::Greater)),
            ("1", "NaN", None),
        ] {
            let (left, right) = (value(left), value(right));
            let (left, right) = (Number::of(&left).expect("a number"), Number::of(&right).expect("a number"));
            assert_eq!(left.compare(right), expected, "{left:?} {right:?}");
            assert_eq!(right.compare(left), expected.map(Ordering::reverse), "{right:?} {left:?}");
        }
    }

    #[test]
    fn sums_are_those_of_a_recent_python() {
        for (numbers, expected) in [
            ("[]", "0"),
            ("[9223372036854775807, 1, -1]", "9223372036854775807"),
            // Python before 3.12 gives 0.9999999999999999.
            ("[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]", "1.0"),
            ("[1e308, 1e308, -1e308]", "Infinity"),
            ("[9223372036854775807, 1, 0.5]", "9.223372036854776e+18"),
        ] {
            let list = value(numbers);
            let items = list.as_list().expect("a list").iter().filter_map(Number::of);
            assert_eq!(json::to_compact(&sum(items).expect("a sum")), expected, "{numbers}");
        }
        let huge = [value(&"9".repeat(400)), value("0.5")];
        assert!(sum(huge.iter().filter_map(Number::of)).is_err_and(|error| error.kind() == ErrorKind::Overflow));
    }

    #[test]
    fn quotients_are_rounded_once() {
        for (total, count, expected) in [
            ("9007199254740993", 1, "9007199254740992.0"),
            ("9007199254740995", 1, "9007199254740996.0"),
            ("-18014398509481986", 2, "-9007199254740992.0"),
            ("1", 3, "0.3333333333333333"),
            ("100000000000000000000000000000", 3, "3.3333333333333333e+28"),
        ] {
            assert_eq!(
                json::to_compact(&divide(&value(total), count).expect("a quotient")),
                expected,
                "{total}/{count}"
            );
        }
        assert!(divide(&value(&"9".repeat(400)), 2).is_err());
    }

    #[test]
    fn floats_become_integers_of_any_size() {
        for (number, ceiling, floor) in [
            ("1.5", "2", "1"),
            ("-1.5", "-1", "-2"),
            ("-0.5", "0", "-1"),
            ("5e-324", "1", "0"),
            ("4503599627370496.5", "4503599627370496", "4503599627370496"),
            ("1e23", "99999999999999991611392", "99999999999999991611392"),
        ] {
            let number = value(number);
            let number = Number::of(&number).expect("a number");
            let text = |result: Result<Value, QueryError>| json::to_compact(&result.expect("an integer"));
            assert_eq!((text(number.ceiling()), text(number.floor())), (ceiling.to_owned(), floor.to_owned()));
        }
    }
}
