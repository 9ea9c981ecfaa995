//! Members of a policy's objects, and how a message shows a value.

use super::{Place, PolicyReader};
use crate::model::{Map, Value};

impl PolicyReader {
    /// Every member is one of those.
    pub(super) fn only(&mut self, members: &Map, known: &[&str], path: &str, priority: Option<i64>) {
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            let expected = known.join(", ");
            self.add(format!("{path}.{name}"), priority, format!("unknown member; expected one of: {expected}"));
        }
    }

    /// The member is one of those words. `Err` if it is not, which has been noted.
    pub(super) fn word<'w>(
        &mut self,
        members: &Map,
        place: &Place,
        name: &str,
        words: &[&'w str],
        required: bool,
    ) -> Result<Option<&'w str>, ()> {
        let expected = || words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let message = match members.get(name) {
            Some(Value::Str(text)) => match words.iter().find(|word| *word == text) {
                Some(word) => return Ok(Some(word)),
                None => format!("expected one of {}, found `{text}`", expected()),
            },
            Some(other) => format!("expected one of {}, found {}", expected(), kind(other)),
            None if required => format!("missing; expected one of {}", expected()),
            None => return Ok(None),
        };
        self.add(place.of(name), place.priority, message);
        Err(())
    }

    /// A list of texts that is not empty; `None` if it is not there or not such a list, which has been noted.
    pub(super) fn texts(&mut self, members: &Map, place: &Place, name: &str) -> Option<Vec<String>> {
        let items = match members.get(name)? {
            Value::List(items) if !items.is_empty() => items,
            Value::List(_) => {
                self.add(place.of(name), place.priority, "an empty list; expected at least one text");
                return None;
            }
            other => {
                self.add(place.of(name), place.priority, format!("expected a list of texts, found {}", kind(other)));
                return None;
            }
        };
        let mut texts = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match item {
                Value::Str(text) if !text.is_empty() => texts.push(text.clone()),
                other => {
                    let path = place.of(&format!("{name}[{index}]"));
                    self.add(path, place.priority, format!("expected a text, found {}", shown(other)));
                }
            }
        }
        (texts.len() == items.len()).then_some(texts)
    }
}

/// What a value is, for a message.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Big(_) => "an integer",
        Value::Float(_) => "a number with a fraction",
        Value::Str(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
    }
}

/// A value as the text has it, if it is short; else what it is.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Str(text) if text.chars().count() <= 40 => format!("the text `{text}`"),
        other => kind(other).to_owned(),
    }
}
