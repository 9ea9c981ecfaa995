//! An answer with one long list of objects, which are built as far as an expression looks at them.
//!
//! To every other part of the engine the list is an array and its rows are objects; the naive way,
//! a [`Value`] of everything, is what tests compare with.

use std::borrow::Cow;
use std::rc::Rc;

use indexmap::IndexMap;

use super::item::Item;
use crate::model::Value;

/// The objects of a list, by index. None of them is empty.
pub trait Rows {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One member of an object; `None` if it has no member of that name.
    fn member(&self, row: usize, name: &str) -> Option<Value>;

    /// A whole object.
    fn row(&self, row: usize) -> Value;

    /// A number for each object: they are to each other, less or equal, as the values of that member
    /// are, all of them strings or all of them numbers. `None` if that is not known.
    fn ranks(&self, name: &str) -> Option<Vec<i64>> {
        let _ = name;
        None
    }
}

/// An object whose first member is a list of rows.
pub struct Answer<'a> {
    /// The list's name.
    pub key: &'a str,
    /// The list.
    pub rows: &'a dyn Rows,
    /// A member behind it.
    pub token: Option<(&'a str, Value)>,
}

impl Answer<'_> {
    /// The answer with everything built.
    pub fn to_value(&self) -> Value {
        let rows = (0..self.rows.len()).map(|row| self.rows.row(row)).collect();
        let token = self.token.iter().map(|(name, token)| ((*name).to_owned(), token.clone()));
        Value::Map(std::iter::once((self.key.to_owned(), Value::List(rows))).chain(token).collect())
    }

    pub(super) fn item(&self) -> Item<'_> {
        let mut members = IndexMap::with_capacity(2);
        members.insert(Cow::Borrowed(self.key), Item::Rows(self.rows));
        members.extend(self.token.iter().map(|(name, token)| (Cow::Borrowed(*name), Item::Ref(token))));
        Item::Map(Rc::new(members))
    }
}
