//! An object of a response whose members are values and instants, such as a repository's settings.

use indexmap::IndexMap;

use super::instant::Instant;
use super::value::{Map, Value};

/// Members in the order in which they are shown. Instants stay instants until it is known how to print them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    members: IndexMap<String, RecordMember>,
}

/// A member of a [`Record`].
#[derive(Clone, Debug, PartialEq)]
pub enum RecordMember {
    /// Anything but an instant.
    Value(Value),
    /// An instant.
    Time(Instant),
}

impl Record {
    /// Add a member behind the others; one of that name is replaced in its place.
    pub fn set(&mut self, name: &str, member: RecordMember) {
        self.members.insert(name.to_owned(), member);
    }

    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&RecordMember> {
        self.members.get(name)
    }

    /// The members in order.
    pub fn members(&self) -> impl Iterator<Item = (&str, &RecordMember)> {
        self.members.iter().map(|(name, member)| (name.as_str(), member))
    }

    /// Put the members into the order of `names`; those of other names come last, in the order they had.
    pub fn order_by(&mut self, names: &[&str]) {
        // A stable sort keeps what is not named in its order.
        let place = |name: &String| names.iter().position(|known| known == name).unwrap_or(names.len());
        self.members.sort_by(|left, _, right, _| place(left).cmp(&place(right)));
    }

    /// The record as the client sees it, instants in the form that `time` gives them.
    pub fn to_value(&self, time: &dyn Fn(Instant) -> Value) -> Value {
        let value = |member: &RecordMember| match member {
            RecordMember::Value(value) => value.clone(),
            RecordMember::Time(instant) => time(*instant),
        };
        Value::Map(self.members.iter().map(|(name, member)| (name.clone(), value(member))).collect::<Map>())
    }
}

#[cfg(test)]
mod tests {
    use super::{Record, RecordMember};
    use crate::model::{Instant, Value, json};

    #[test]
    fn members_take_the_order_of_the_model_and_unknown_ones_come_last() {
        let mut record = Record::default();
        for name in ["new", "b", "newer", "a"] {
            record.set(name, RecordMember::Value(Value::from(name)));
        }
        record.set("b", RecordMember::Time(Instant::from_micros(1_500_000).unwrap()));
        record.order_by(&["a", "b", "c"]);
        let value = record.to_value(&|instant| Value::Float(instant.epoch_seconds()));
        assert_eq!(json::to_compact(&value), r#"{"a": "a", "b": 1.5, "new": "new", "newer": "newer"}"#);
        assert!(record.get("c").is_none());
    }
}
