//! `==`, `<` and their kin as jmespath.py has them: Python's, with exceptions at the top.

use std::cmp::Ordering;

use super::ast::Comparison;
use super::budget;
use super::error::{ErrorKind, QueryError};
use super::item::{Item, View};
use super::number::Number;

/// What a comparison of two values gives.
///
/// # Errors
/// Python cannot order a number and a string, and raises an error.
pub(super) fn compare<'a>(by: Comparison, left: &Item<'a>, right: &Item<'a>) -> Result<Item<'a>, QueryError> {
    let accepted: fn(Ordering) -> bool = match by {
        Comparison::Equal => return Ok(Item::Bool(equal(left, right))),
        Comparison::NotEqual => return Ok(Item::Bool(!equal(left, right))),
        Comparison::Less => Ordering::is_lt,
        Comparison::LessOrEqual => Ordering::is_le,
        Comparison::Greater => Ordering::is_gt,
        Comparison::GreaterOrEqual => Ordering::is_ge,
    };
    let orderable = |item: &Item<'_>| item.as_number().is_some() || item.as_str().is_some();
    if !(orderable(left) && orderable(right)) {
        return Ok(Item::Null);
    }
    let sign = match by {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        _ => ">=",
    };
    Ok(Item::Bool(order(left, right, sign)?.is_some_and(accepted)))
}

/// The order of two numbers or two strings, none if a NaN is among them. `sign` is the operator
/// for the error message.
pub(super) fn order(left: &Item<'_>, right: &Item<'_>, sign: &str) -> Result<Option<Ordering>, QueryError> {
    match (left.as_number(), right.as_number(), left.as_str(), right.as_str()) {
        (Some(left), Some(right), _, _) => Ok(left.compare(right)),
        (_, _, Some(left), Some(right)) => Ok(Some(left.cmp(right))),
        _ => Err(QueryError::search(
            ErrorKind::Type,
            format!("'{sign}' not supported between instances of '{}' and '{}'", python_type(left), python_type(right)),
        )),
    }
}

/// The `==` of an expression: no number equals a boolean here.
fn equal(left: &Item<'_>, right: &Item<'_>) -> bool {
    left.as_bool().is_some() == right.as_bool().is_some() && python_equal(left, right)
}

/// The `==` of Python, which also decides inside of lists and objects, and in `contains`: there
/// `true` equals 1 and `false` equals 0.
pub(super) fn python_equal(left: &Item<'_>, right: &Item<'_>) -> bool {
    match (left.view(), right.view()) {
        (View::Null, View::Null) => true,
        (View::Str(left), View::Str(right)) => left == right,
        (View::List(left), View::List(right)) => {
            left.len() == right.len()
                && budget::spend(left.len())
                && left.iter().zip(right.iter()).all(|(left, right)| python_equal(&left, &right))
        }
        (View::Map(left), View::Map(right)) => {
            left.len() == right.len()
                && budget::spend(left.len())
                && left.iter().all(|(name, left)| right.get(&name).is_some_and(|right| python_equal(&left, &right)))
        }
        (left, right) => match (arithmetic(&left), arithmetic(&right)) {
            (Some(left), Some(right)) => left.compare(right) == Some(Ordering::Equal),
            _ => false,
        },
    }
}

/// A number, or a boolean as the number that Python takes it for.
fn arithmetic<'v>(view: &View<'v>) -> Option<Number<'v>> {
    match *view {
        View::Bool(truth) => Some(Number::Int(i64::from(truth))),
        View::Int(number) => Some(Number::Int(number)),
        View::Big(number) => Some(Number::Big(number)),
        View::Float(number) => Some(Number::Float(number)),
        _ => None,
    }
}

/// The name of a value's class in Python.
pub(super) fn python_type(item: &Item<'_>) -> &'static str {
    match item.view() {
        View::Null => "NoneType",
        View::Bool(_) => "bool",
        View::Int(_) | View::Big(_) => "int",
        View::Float(_) => "float",
        View::Str(_) => "str",
        View::List(_) => "list",
        View::Map(_) => "dict",
        View::Reference => "_Expression",
    }
}
