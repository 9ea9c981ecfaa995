//! Which lists and objects of a result were one before they were copied.
//!
//! jmespath.py passes Python's objects on without a copy, and the YAML dumper of the AWS CLI sees
//! where it gets one again. An [`Item`] passes on borrowed and counted values in the same way, so
//! the address of its value identifies the object.

use std::ptr;
use std::rc::Rc;

use indexmap::IndexMap;

use super::item::Item;
use crate::model::Value;
use crate::model::shared_refs::SharedRefs;

/// Finds the shared references in `copy`, a copy of `item`.
pub(super) fn find(item: &Item<'_>, copy: &Value) -> SharedRefs {
    let mut groups = Groups::default();
    groups.item(item, copy);
    SharedRefs::new(groups.copies.into_values().filter(|copies| copies.len() > 1))
}

/// The copies of each list and object, by its address.
#[derive(Default)]
struct Groups<'v> {
    copies: IndexMap<usize, Vec<&'v Value>>,
}

impl<'v> Groups<'v> {
    fn item(&mut self, item: &Item<'_>, copy: &'v Value) {
        match (item, copy) {
            (Item::Ref(value), _) => self.value(value, copy),
            (Item::List(items), Value::List(copies)) => {
                self.add(Rc::as_ptr(items).addr(), copy);
                items.iter().zip(copies).for_each(|(item, copy)| self.item(item, copy));
            }
            (Item::Map(members), Value::Map(copies)) => {
                self.add(Rc::as_ptr(members).addr(), copy);
                members.values().zip(copies.values()).for_each(|(item, copy)| self.item(item, copy));
            }
            _ => {}
        }
    }

    fn value(&mut self, value: &Value, copy: &'v Value) {
        match (value, copy) {
            (Value::List(items), Value::List(copies)) => {
                self.add(ptr::from_ref(value).addr(), copy);
                items.iter().zip(copies).for_each(|(item, copy)| self.value(item, copy));
            }
            (Value::Map(members), Value::Map(copies)) => {
                self.add(ptr::from_ref(value).addr(), copy);
                members.values().zip(copies.values()).for_each(|(member, copy)| self.value(member, copy));
            }
            _ => {}
        }
    }

    fn add(&mut self, address: usize, copy: &'v Value) {
        self.copies.entry(address).or_default().push(copy);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Value, json};

    /// The results' lists and objects in order, each as the number it shares or a dash.
    fn numbers(expression: &str) -> String {
        let given = json::parse(r#"{"a": [1, [2]], "b": {"c": {}, "d": "text"}}"#).unwrap();
        let (result, shared_refs) = super::super::compile(expression).unwrap().search_with_shared_refs(&given).unwrap();
        let mut told = Vec::new();
        let mut rest = vec![&result];
        while let Some(value) = rest.pop() {
            let inside: Vec<&Value> = match value {
                Value::List(items) => items.iter().collect(),
                Value::Map(map) => map.values().collect(),
                _ => continue,
            };
            told.push(shared_refs.number(value).map_or("-".to_owned(), |number| number.to_string()));
            rest.extend(inside.into_iter().rev());
        }
        told.join(" ")
    }

    #[test]
    fn what_is_passed_on_is_one_and_what_is_made_is_not() {
        let cases = [
            ("[a, a]", "- 0 1 0 1"),
            ("[b, b.c]", "- - 0 0"),
            ("{x: b.c, y: [b.c]}", "- 0 - 0"),
            ("[b.d, b.d]", "-"),
            ("[a[:], a[:]]", "- - 0 - 0"),
            ("[a[1], to_array(a[1]), not_null(a[1]), a[-1]]", "- 0 0 0 0"),
            ("[`[]`, `[]`]", "- - -"),
            ("map(&`[]`, a)", "- 0 0"),
            ("[a, b] | [@, @]", "- 0 1 2 3 4 0 1 2 3 4"),
            ("[merge(b, b), b]", "- - 0 - 0"),
        ];
        for (expression, expected) in cases {
            assert_eq!(numbers(expression), expected, "{expression}");
        }
    }
}
