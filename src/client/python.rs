//! Python's integers as the options and tokens of the AWS CLI have them.

use num_bigint::BigInt;

use crate::model::Value;
use crate::model::python::{self, IntError, str_repr};

/// `int()` of a text, if it is one.
pub(crate) fn int(text: &str) -> Option<BigInt> {
    python::int(text).ok()
}

/// The message of `int()` for a text that it does not take.
pub(crate) fn not_an_int(text: &str) -> String {
    python::int(text).err().unwrap_or(IntError::Malformed).message(&str_repr(text))
}

/// An integer as a value.
pub(crate) fn value_of_int(number: BigInt) -> Value {
    i64::try_from(&number).map_or_else(|_| Value::Big(Box::new(number)), Value::Int)
}
