//! The functions themselves, except for those that order values.
//!
//! Each is what jmespath.py does, including what Python does where jmespath.py does not look.

use std::borrow::Cow;
use std::rc::Rc;

use indexmap::IndexMap;

use super::budget;
use super::compare::{python_equal, python_type};
use super::error::{ErrorKind, QueryError};
use super::eval::apply;
use super::functions::{Function, type_name};
use super::item::{Elements, Item, ObjectMembers, View};
use super::number;
use super::text;

/// Call `function` with arguments that were checked.
pub(super) fn call<'a>(function: Function, arguments: &[Item<'a>]) -> Result<Item<'a>, QueryError> {
    // What the check lets through has a first argument; `Null` keeps this total.
    let first = arguments.first().unwrap_or(&Item::Null);
    let second = arguments.get(1).unwrap_or(&Item::Null);
    Ok(match function {
        Function::Abs => first.as_number().map_or(Item::Null, |number| number.absolute().into()),
        Function::Ceil => first.as_number().map_or(Ok(Item::Null), |number| number.ceiling().map(Item::from))?,
        Function::Floor => first.as_number().map_or(Ok(Item::Null), |number| number.floor().map(Item::from))?,
        Function::Sum => sum(first)?,
        Function::Avg => average(first)?,
        Function::Contains => Item::Bool(contains(first, second)?),
        Function::StartsWith => {
            Item::Bool(both_texts(first, second).is_some_and(|(text, part)| text.starts_with(part)))
        }
        Function::EndsWith => Item::Bool(both_texts(first, second).is_some_and(|(text, part)| text.ends_with(part))),
        Function::Join => join(first, second),
        Function::Length => length(first),
        Function::Reverse => reverse(first),
        Function::Keys => {
            let members = first.members();
            let names = members.iter().flat_map(ObjectMembers::iter).map(|(name, _)| Item::Str(name.into()));
            Item::list(names.collect())
        }
        Function::Values => {
            let members = first.members();
            Item::list(members.iter().flat_map(ObjectMembers::iter).map(|(_, member)| member).collect())
        }
        Function::Map => map(first, second)?,
        Function::Merge => merge(arguments)?,
        Function::NotNull => arguments.iter().find(|argument| !argument.is_null()).cloned().unwrap_or(Item::Null),
        Function::ToArray if first.elements().is_some() => first.clone(),
        Function::ToArray => Item::list(vec![first.clone()]),
        Function::ToString if first.as_str().is_some() => first.clone(),
        Function::ToString => Item::Str(text::dumps(first).into()),
        Function::ToNumber => to_number(first)?,
        // A reference has no name in `type`, though it has one in error messages.
        Function::Type if matches!(first, Item::Reference(_)) => Item::Null,
        Function::Type => Item::Str(type_name(first).into()),
        Function::Sort | Function::SortBy | Function::Min | Function::MinBy | Function::Max | Function::MaxBy => {
            Item::Null
        }
    })
}

fn sum<'a>(array: &Item<'a>) -> Result<Item<'a>, QueryError> {
    let Some(elements) = array.elements() else { return Ok(Item::Null) };
    let items: Vec<_> = elements.iter().collect();
    number::sum(items.iter().filter_map(Item::as_number)).map(Item::from)
}

fn average<'a>(array: &Item<'a>) -> Result<Item<'a>, QueryError> {
    match array.elements().map(|elements| elements.len()) {
        None | Some(0) => Ok(Item::Null),
        Some(count) => number::divide(&sum(array)?.into_value()?, count).map(Item::from),
    }
}

fn both_texts<'v>(first: &'v Item<'_>, second: &'v Item<'_>) -> Option<(&'v str, &'v str)> {
    first.as_str().zip(second.as_str())
}

/// Python's `in`.
fn contains(subject: &Item<'_>, search: &Item<'_>) -> Result<bool, QueryError> {
    match (subject.as_str(), search.as_str()) {
        (Some(text), Some(part)) => Ok(text.contains(part)),
        (Some(_), None) => {
            let message = format!("'in <string>' requires string as left operand, not {}", python_type(search));
            Err(QueryError::search(ErrorKind::Type, message))
        }
        _ => Ok(subject.elements().is_some_and(|elements| elements.iter().any(|item| python_equal(&item, search)))),
    }
}

fn join<'a>(separator: &Item<'a>, array: &Item<'a>) -> Item<'a> {
    let mut joined = String::new();
    for (index, element) in array.elements().iter().flat_map(Elements::iter).enumerate() {
        if index > 0 {
            joined.push_str(separator.as_str().unwrap_or_default());
        }
        let text = element.as_str().unwrap_or_default();
        if !budget::spend_text(text) {
            break;
        }
        joined.push_str(text);
    }
    Item::Str(joined.into())
}

fn length<'a>(counted: &Item<'a>) -> Item<'a> {
    let count = match counted.view() {
        View::Str(text) => text.chars().count(),
        View::List(elements) => elements.len(),
        View::Map(members) => members.len(),
        _ => return Item::Null,
    };
    Item::Int(count as i64)
}

fn reverse<'a>(reversed: &Item<'a>) -> Item<'a> {
    match (reversed.as_str(), reversed.elements()) {
        (Some(text), _) => Item::Str(text.chars().rev().collect::<String>().into()),
        (_, Some(elements)) => Item::list(elements.iter().rev().collect()),
        _ => Item::Null,
    }
}

fn map<'a>(reference: &Item<'a>, array: &Item<'a>) -> Result<Item<'a>, QueryError> {
    let elements = array.elements();
    let results = elements.iter().flat_map(Elements::iter).map(|element| apply(reference, &element));
    Ok(Item::list(results.collect::<Result<_, _>>()?))
}

fn to_number<'a>(argument: &Item<'a>) -> Result<Item<'a>, QueryError> {
    Ok(match argument.view() {
        View::Int(_) | View::Big(_) | View::Float(_) => argument.clone(),
        View::Str(text) => number::parse(text).map_or(Item::Null, Item::from),
        View::Reference => {
            let expected = "a string, a bytes-like object or a real number";
            let message = format!("int() argument must be {expected}, not '{}'", python_type(argument));
            return Err(QueryError::search(ErrorKind::Type, message));
        }
        View::Null | View::Bool(_) | View::List(_) | View::Map(_) => Item::Null,
    })
}

type Merged<'a> = IndexMap<Cow<'a, str>, Item<'a>>;

fn merge<'a>(arguments: &[Item<'a>]) -> Result<Item<'a>, QueryError> {
    let mut merged = Merged::new();
    for argument in arguments {
        match (argument.members(), argument.elements(), argument.as_str()) {
            (Some(members), ..) => merged.extend(members.iter()),
            (_, Some(elements), _) => {
                for (index, element) in elements.iter().enumerate() {
                    let (name, value) = pair(index, &element)?;
                    merged.insert(name, value);
                }
            }
            // The characters of a text are texts of one character, and none is a pair.
            (_, _, Some("")) => {}
            (_, _, Some(_)) => return Err(no_pair(0, 1)),
            _ => {
                let message = format!("'{}' object is not iterable", python_type(argument));
                return Err(QueryError::search(ErrorKind::Type, message));
            }
        }
    }
    Ok(Item::Map(Rc::new(merged)))
}

/// What `dict.update` makes of an element of a list: a name and a value.
fn pair<'a>(index: usize, element: &Item<'a>) -> Result<(Cow<'a, str>, Item<'a>), QueryError> {
    let parts: Vec<Item<'a>> = match (element.elements(), element.members(), element.as_str()) {
        (Some(elements), ..) => elements.iter().collect(),
        (_, Some(members), _) => members.iter().map(|(name, _)| Item::Str(name.into())).collect(),
        (_, _, Some(text)) => text.chars().map(|character| Item::Str(character.to_string().into())).collect(),
        _ => {
            let message = format!("cannot convert dictionary update sequence element #{index} to a sequence");
            return Err(QueryError::search(ErrorKind::Type, message));
        }
    };
    let [name, value] = parts.as_slice() else { return Err(no_pair(index, parts.len())) };
    let name = match name.view() {
        View::Str(text) => text.to_owned(),
        View::List(_) | View::Map(_) => {
            let message = format!("unhashable type: '{}'", python_type(name));
            return Err(QueryError::search(ErrorKind::Type, message));
        }
        // Python keeps the key unchanged, and prints it like this.
        _ => text::dumps(name),
    };
    Ok((Cow::Owned(name), value.clone()))
}

fn no_pair(index: usize, length: usize) -> QueryError {
    let message = format!("dictionary update sequence element #{index} has length {length}; 2 is required");
    QueryError::search(ErrorKind::Value, message)
}
