//! Which parts of a value are one and the same, if something can say so of them.
//!
//! A JSON document cannot, but a query's result may hold one list of the queried value in two
//! places. YAML shows that with an anchor and an alias.

use std::collections::HashMap;

use super::value::Value;

/// The lists and objects inside a value that are one object in Python.
///
/// Parts are known by their address, so this belongs to one value, which must not be changed
/// meanwhile; it may be moved, as what is inside of it stays where it is.
#[derive(Clone, Debug, Default)]
pub struct SharedRefs {
    numbers: HashMap<*const Value, usize>,
}

impl SharedRefs {
    /// Of groups of parts that are one.
    pub(crate) fn new<'v>(groups: impl IntoIterator<Item = Vec<&'v Value>>) -> Self {
        let numbered = groups.into_iter().enumerate();
        let numbers =
            numbered.flat_map(|(number, group)| group.into_iter().map(move |part| (&raw const *part, number)));
        SharedRefs { numbers: numbers.collect() }
    }

    /// Whether no part is shared.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The number that the occurrences of a shared part have in common. `None` for a part that is not
    /// shared.
    pub fn number(&self, part: &Value) -> Option<usize> {
        self.numbers.get(&(&raw const *part)).copied()
    }
}
