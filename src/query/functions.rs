//! The functions by name, what each takes, and the check of arguments before one runs.
//!
//! jmespath.py checks as many arguments as a function declares. Of `merge`, which takes more, only
//! the first is checked; what the others do is `dict.update`'s business.

use super::compare::python_type;
use super::error::{ErrorKind, QueryError};
use super::item::{Item, View};
use super::{library, ordering, text};

/// Declares the functions once: variant, name, parameter types, whether the last one repeats.
macro_rules! functions {
    ($($variant:ident $name:literal $doc:literal [$($types:expr),*] $repeats:literal;)*) => {
        /// A function of `JMESPath`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Function {
            $(#[doc = $doc] $variant,)*
        }

        impl Function {
            /// The function of that name.
            pub fn named(name: &str) -> Option<Function> {
                match name {
                    $($name => Some(Function::$variant),)*
                    _ => None,
                }
            }

            /// Its name in an expression.
            pub fn name(self) -> &'static str {
                match self {
                    $(Function::$variant => $name,)*
                }
            }

            /// The types that each parameter takes, any if there are none; and whether more
            /// arguments may follow.
            fn signature(self) -> (&'static [&'static [Type]], bool) {
                match self {
                    $(Function::$variant => (&[$($types),*], $repeats),)*
                }
            }
        }
    };
}

const ANY: &[Type] = &[];
const ARRAY: &[Type] = &[Type::Array];
const EXPREF: &[Type] = &[Type::Expref];
const NUMBER: &[Type] = &[Type::Number];
const NUMBERS: &[Type] = &[Type::ArrayOf(Scalar::Number)];
const NUMBERS_OR_STRINGS: &[Type] = &[Type::ArrayOf(Scalar::Number), Type::ArrayOf(Scalar::String)];
const OBJECT: &[Type] = &[Type::Object];
const STRING: &[Type] = &[Type::String];
const STRINGS: &[Type] = &[Type::ArrayOf(Scalar::String)];
const STRINGS_OR_NUMBERS: &[Type] = &[Type::ArrayOf(Scalar::String), Type::ArrayOf(Scalar::Number)];
const ARRAY_OR_STRING: &[Type] = &[Type::Array, Type::String];
const COUNTABLE: &[Type] = &[Type::String, Type::Array, Type::Object];

functions! {
    Abs "abs" "A number without its sign." [NUMBER] false;
    Avg "avg" "The mean of numbers, null without any." [NUMBERS] false;
    Ceil "ceil" "The next integer upwards." [NUMBER] false;
    Contains "contains" "Whether an array holds a value or a string another." [ARRAY_OR_STRING, ANY] false;
    EndsWith "ends_with" "Whether a string ends with another." [STRING, STRING] false;
    Floor "floor" "The next integer downwards." [NUMBER] false;
    Join "join" "Strings with a separator between." [STRING, STRINGS] false;
    Keys "keys" "The names of an object's members." [OBJECT] false;
    Length "length" "How many characters, elements or members." [COUNTABLE] false;
    Map "map" "An expression applied to every element, nulls kept." [EXPREF, ARRAY] false;
    Max "max" "The greatest number or string." [NUMBERS_OR_STRINGS] false;
    MaxBy "max_by" "The element for which an expression is greatest." [ARRAY, EXPREF] false;
    Merge "merge" "One object with the members of all." [OBJECT] true;
    Min "min" "The least number or string." [NUMBERS_OR_STRINGS] false;
    MinBy "min_by" "The element for which an expression is least." [ARRAY, EXPREF] false;
    NotNull "not_null" "The first argument that is not null." [ANY] true;
    Reverse "reverse" "An array or a string from its end." [ARRAY_OR_STRING] false;
    Sort "sort" "Numbers or strings in their order." [STRINGS_OR_NUMBERS] false;
    SortBy "sort_by" "Elements in the order that an expression gives them." [ARRAY, EXPREF] false;
    StartsWith "starts_with" "Whether a string begins with another." [STRING, STRING] false;
    Sum "sum" "All numbers added up." [NUMBERS] false;
    ToArray "to_array" "An array as it is, and anything else as the one element of one." [ANY] false;
    ToNumber "to_number" "A number, or the number that a string spells, or null." [ANY] false;
    ToString "to_string" "A string as it is, and anything else as JSON." [ANY] false;
    Type "type" "The name of a value's type." [ANY] false;
    Values "values" "The values of an object's members." [OBJECT] false;
}

/// A type that a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Type {
    Array,
    /// An array whose elements are all of one kind.
    ArrayOf(Scalar),
    Expref,
    Number,
    Object,
    String,
}

/// What an array can be required to hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Number,
    String,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Type::Array => "array",
            Type::ArrayOf(Scalar::Number) => "array-number",
            Type::ArrayOf(Scalar::String) => "array-string",
            Type::Expref => "expref",
            Type::Number => "number",
            Type::Object => "object",
            Type::String => "string",
        }
    }

    fn admits(self, item: &Item<'_>) -> bool {
        match self {
            Type::Array | Type::ArrayOf(_) => item.elements().is_some(),
            Type::Expref => matches!(item, Item::Reference(_)),
            Type::Number => Scalar::Number.admits(item),
            Type::Object => item.members().is_some(),
            Type::String => Scalar::String.admits(item),
        }
    }
}

impl Scalar {
    fn admits(self, item: &Item<'_>) -> bool {
        match self {
            Scalar::Number => item.as_number().is_some(),
            Scalar::String => item.as_str().is_some(),
        }
    }
}

/// Call `function`.
pub(super) fn call<'a>(function: Function, arguments: &[Item<'a>]) -> Result<Item<'a>, QueryError> {
    check(function, arguments)?;
    match (function, arguments) {
        (Function::Sort, [array]) => Ok(ordering::sort(array)),
        (Function::SortBy, [array, key]) => ordering::sort_by(array, key),
        (Function::Min, [array]) => ordering::least(array),
        (Function::Max, [array]) => ordering::greatest(array),
        (Function::MinBy, [array, key]) => ordering::least_by(array, key),
        (Function::MaxBy, [array, key]) => ordering::greatest_by(array, key),
        _ => library::call(function, arguments),
    }
}

fn check(function: Function, arguments: &[Item<'_>]) -> Result<(), QueryError> {
    let (parameters, repeats) = function.signature();
    let (expected, received) = (parameters.len(), arguments.len());
    let wrong = if repeats { received < expected } else { received != expected };
    if wrong {
        let (kind, at_least) = if repeats { (ErrorKind::VariadicArity, "at least ") } else { (ErrorKind::Arity, "") };
        let plural = if expected == 1 { "" } else { "s" };
        let message = format!(
            "Expected {at_least}{expected} argument{plural} for function {}(), received {received}",
            function.name()
        );
        return Err(QueryError::search(kind, message));
    }
    parameters.iter().zip(arguments).try_for_each(|(types, argument)| check_type(function, types, argument))
}

fn check_type(function: Function, types: &[Type], argument: &Item<'_>) -> Result<(), QueryError> {
    if types.is_empty() {
        return Ok(());
    }
    let names = || types.iter().map(|required| required.name()).collect::<Vec<_>>();
    if !types.iter().any(|required| required.admits(argument)) {
        return Err(wrong_type(function, argument, &names(), type_name(argument)));
    }
    let mut scalars = types.iter().filter_map(|required| match required {
        Type::ArrayOf(scalar) => Some(*scalar),
        _ => None,
    });
    let (Some(only), Some(elements)) = (scalars.next(), argument.elements()) else { return Ok(()) };
    // With two kinds to choose from, the first element chooses.
    let chosen = match (scalars.next(), elements.get(0)) {
        (Some(other), Some(first)) if !only.admits(&first) => other,
        _ => only,
    };
    match elements.iter().find(|element| !chosen.admits(element)) {
        // For an element jmespath.py names the Python type, not the JMESPath one.
        Some(element) => Err(wrong_type(function, &element, &names(), python_type(&element))),
        None => Ok(()),
    }
}

/// jmespath.py's `JMESPathTypeError`.
pub(super) fn wrong_type(function: Function, value: &Item<'_>, expected: &[&str], received: &str) -> QueryError {
    let expected = expected.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let (name, value) = (function.name(), text::str_of(value));
    QueryError::search(
        ErrorKind::ArgumentType,
        format!(
            "In function {name}(), invalid type for value: {value}, \
             expected one of: [{expected}], received: \"{received}\""
        ),
    )
}

/// A value's `JMESPath` type as the error messages name it.
pub(super) fn type_name(item: &Item<'_>) -> &'static str {
    match item.view() {
        View::Null => "null",
        View::Bool(_) => "boolean",
        View::Int(_) | View::Big(_) | View::Float(_) => "number",
        View::Str(_) => "string",
        View::List(_) => "array",
        View::Map(_) => "object",
        View::Reference => "expref",
    }
}
