//! Values under way: borrowed from the input or from the expression as long as possible.
//!
//! A projection makes lists of borrowed elements, and sorting moves borrowed elements; nothing of
//! the input is copied before [`Item::into_value`] copies the result.

use std::borrow::Cow;
use std::rc::Rc;

use indexmap::IndexMap;
use num_bigint::BigInt;

use super::ast::Node;
use super::budget;
use super::error::{ErrorKind, QueryError};
use super::number::Number;
use super::rows::Rows;
use crate::model::{Map, Value};

/// A value during the evaluation; cloning one is cheap.
#[derive(Clone)]
pub(super) enum Item<'a> {
    Ref(&'a Value),
    Null,
    Bool(bool),
    Int(i64),
    Big(Rc<BigInt>),
    Float(f64),
    Str(Rc<str>),
    List(Rc<Vec<Item<'a>>>),
    Map(Rc<IndexMap<Cow<'a, str>, Item<'a>>>),
    /// A list whose objects are built when they are looked at.
    Rows(&'a dyn Rows),
    /// An object of such a list.
    Row(&'a dyn Rows, usize),
    /// `&expression`, as functions take it.
    Reference(&'a Node),
}

/// An [`Item`] without regard to where it is kept.
pub(super) enum View<'v> {
    Null,
    Bool(bool),
    Int(i64),
    Big(&'v BigInt),
    Float(f64),
    Str(&'v str),
    List(Elements<'v>),
    Map(ObjectMembers<'v>),
    Reference,
}

/// The elements of an array.
#[derive(Clone)]
pub(super) enum Elements<'a> {
    Values(&'a [Value]),
    Made(Rc<Vec<Item<'a>>>),
    Rows(&'a dyn Rows),
}

/// The members of an object.
pub(super) enum ObjectMembers<'a> {
    Values(&'a Map),
    Made(Rc<IndexMap<Cow<'a, str>, Item<'a>>>),
}

impl<'a> Item<'a> {
    pub(super) fn view(&self) -> View<'_> {
        match self {
            Item::Ref(Value::Null) | Item::Null => View::Null,
            Item::Ref(Value::Bool(truth)) | Item::Bool(truth) => View::Bool(*truth),
            Item::Ref(Value::Int(number)) | Item::Int(number) => View::Int(*number),
            Item::Ref(Value::Big(number)) => View::Big(number),
            Item::Big(number) => View::Big(number),
            Item::Ref(Value::Float(number)) | Item::Float(number) => View::Float(*number),
            Item::Ref(Value::Str(text)) => View::Str(text),
            Item::Str(text) => View::Str(text),
            Item::Ref(Value::List(items)) => View::List(Elements::Values(items)),
            Item::List(items) => View::List(Elements::Made(items.clone())),
            Item::Ref(Value::Map(map)) => View::Map(ObjectMembers::Values(map)),
            Item::Map(map) => View::Map(ObjectMembers::Made(map.clone())),
            Item::Rows(rows) => View::List(Elements::Rows(*rows)),
            Item::Row(rows, row) => View::Map(ObjectMembers::Made(built(*rows, *row))),
            Item::Reference(_) => View::Reference,
        }
    }

    pub(super) fn list(items: Vec<Item<'a>>) -> Item<'a> {
        Item::List(Rc::new(items))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Item::Null | Item::Ref(Value::Null))
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Item::Ref(Value::Bool(truth)) | Item::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Item::Ref(Value::Str(text)) => Some(text),
            Item::Str(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<Number<'_>> {
        match self {
            Item::Ref(value) => Number::of(value),
            Item::Int(number) => Some(Number::Int(*number)),
            Item::Big(number) => Some(Number::Big(number)),
            Item::Float(number) => Some(Number::Float(*number)),
            _ => None,
        }
    }

    pub(super) fn elements(&self) -> Option<Elements<'a>> {
        match self {
            Item::Ref(Value::List(items)) => Some(Elements::Values(items)),
            Item::List(items) => Some(Elements::Made(items.clone())),
            Item::Rows(rows) => Some(Elements::Rows(*rows)),
            _ => None,
        }
    }

    pub(super) fn members(&self) -> Option<ObjectMembers<'a>> {
        match self {
            Item::Ref(Value::Map(map)) => Some(ObjectMembers::Values(map)),
            Item::Map(map) => Some(ObjectMembers::Made(map.clone())),
            Item::Row(rows, row) => Some(ObjectMembers::Made(built(*rows, *row))),
            _ => None,
        }
    }

    /// The member of that name, null if there is none.
    pub(super) fn member(&self, name: &str) -> Item<'a> {
        match self {
            Item::Ref(Value::Map(map)) => map.get(name).map_or(Item::Null, Item::Ref),
            Item::Map(map) => map.get(name).cloned().unwrap_or(Item::Null),
            Item::Row(rows, row) => rows.member(*row, name).map_or(Item::Null, Item::from),
            _ => Item::Null,
        }
    }

    /// What `JMESPath` takes for false: null, `false`, and whatever is empty. Zero is true.
    pub(super) fn is_false(&self) -> bool {
        if let Item::Row(..) = self {
            return false;
        }
        match self.view() {
            View::Null | View::Bool(false) => true,
            View::Str(text) => text.is_empty(),
            View::List(elements) => elements.len() == 0,
            View::Map(members) => members.len() == 0,
            _ => false,
        }
    }

    /// The result as a value of its own.
    ///
    /// # Errors
    /// An expression reference is not a value; the text is what the AWS CLI says when it prints one as JSON.
    pub(super) fn into_value(self) -> Result<Value, QueryError> {
        Ok(match self {
            Item::Ref(value) => copied(value)?,
            Item::Null => Value::Null,
            Item::Bool(truth) => Value::Bool(truth),
            Item::Int(number) => Value::Int(number),
            Item::Big(number) => Value::Big(Box::new(number.as_ref().clone())),
            Item::Float(number) => Value::Float(number),
            Item::Str(text) => {
                budget::check_text(&text)?;
                Value::Str(text.to_string())
            }
            Item::List(items) => {
                budget::check(items.len())?;
                let items = Rc::unwrap_or_clone(items);
                Value::List(items.into_iter().map(Item::into_value).collect::<Result<_, _>>()?)
            }
            Item::Map(map) => {
                budget::check(map.len())?;
                let members = Rc::unwrap_or_clone(map).into_iter();
                let members = members.map(|(name, item)| Ok((name.into_owned(), item.into_value()?)));
                Value::Map(members.collect::<Result<_, QueryError>>()?)
            }
            Item::Rows(rows) => {
                budget::check_rows(rows.len())?;
                Value::List((0..rows.len()).map(|row| rows.row(row)).collect())
            }
            Item::Row(rows, row) => {
                budget::check_rows(1)?;
                rows.row(row)
            }
            Item::Reference(_) => {
                let message = "Encountered unrecognized type in JSON encoder.";
                return Err(QueryError::search(ErrorKind::Type, message));
            }
        })
    }
}

/// A copy of a part of the input.
fn copied(value: &Value) -> Result<Value, QueryError> {
    Ok(match value {
        Value::List(items) => {
            budget::check(items.len())?;
            Value::List(items.iter().map(copied).collect::<Result<_, _>>()?)
        }
        Value::Map(map) => {
            budget::check(map.len())?;
            let members = map.iter().map(|(name, value)| Ok((name.clone(), copied(value)?)));
            Value::Map(members.collect::<Result<_, QueryError>>()?)
        }
        Value::Str(text) => {
            budget::check_text(text)?;
            Value::Str(text.clone())
        }
        scalar => scalar.clone(),
    })
}

/// The members of a row, all of them.
fn built<'a>(rows: &dyn Rows, row: usize) -> Rc<IndexMap<Cow<'a, str>, Item<'a>>> {
    let Value::Map(members) = rows.row(row) else { return Rc::default() };
    Rc::new(members.into_iter().map(|(name, value)| (Cow::Owned(name), value.into())).collect())
}

impl From<Value> for Item<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Item::Null,
            Value::Bool(truth) => Item::Bool(truth),
            Value::Int(number) => Item::Int(number),
            Value::Big(number) => Item::Big(Rc::new(*number)),
            Value::Float(number) => Item::Float(number),
            Value::Str(text) => Item::Str(text.into()),
            Value::List(items) => Item::list(items.into_iter().map(Item::from).collect()),
            Value::Map(map) => {
                Item::Map(Rc::new(map.into_iter().map(|(name, value)| (Cow::Owned(name), value.into())).collect()))
            }
        }
    }
}

impl<'a> Elements<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Elements::Values(values) => values.len(),
            Elements::Made(items) => items.len(),
            Elements::Rows(rows) => rows.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<Item<'a>> {
        match self {
            Elements::Values(values) => values.get(index).map(Item::Ref),
            Elements::Made(items) => items.get(index).cloned(),
            Elements::Rows(rows) => (index < rows.len()).then_some(Item::Row(*rows, index)),
        }
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = Item<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<'a> ObjectMembers<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            ObjectMembers::Values(map) => map.len(),
            ObjectMembers::Made(map) => map.len(),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Item<'a>> {
        match self {
            ObjectMembers::Values(map) => map.get(name).map(Item::Ref),
            ObjectMembers::Made(map) => map.get(name).cloned(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Cow<'a, str>, Item<'a>)> + '_ {
        (0..self.len()).filter_map(|index| match self {
            ObjectMembers::Values(map) => {
                map.get_index(index).map(|(name, value)| (Cow::Borrowed(&**name), Item::Ref(value)))
            }
            ObjectMembers::Made(map) => map.get_index(index).map(|(name, item)| (name.clone(), item.clone())),
        })
    }
}
