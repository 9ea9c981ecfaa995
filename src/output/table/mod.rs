//! `--output table`: boxes within boxes, one section for each object or list.
//!
//! This file turns a value into sections; `section` measures them and `render` draws them. All
//! sections share one width, so a table is drawn only when the whole value is known. For one long list that
//! can be read twice, `rows` measures it in the first reading and draws it in the second.

mod render;
mod rows;
mod section;

pub use self::rows::{RowsMeasure, RowsTable};

use std::collections::BTreeSet;
use std::io::{self, Write};

use self::section::Section;
use super::python::{str, type_name};
use super::{Colour, Error, Formatter, RESET, Style};
use crate::model::{Map, Value};

/// Prints a value as a table under the operation's name.
pub struct Table {
    style: Style,
}

impl Table {
    /// A table in that style.
    pub fn new(style: Style) -> Self {
        Table { style }
    }
}

impl Formatter for Table {
    fn page(&mut self, value: &Value, out: &mut dyn Write) -> Result<(), Error> {
        let mut builder = Builder { sections: Vec::new() };
        if builder.section(Some(&self.style.title), value, 0)? {
            render::render(builder.sections, &self.style, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.style.colour == Colour::Terminal { out.write_all(RESET.as_bytes()) } else { Ok(()) }
    }
}

/// The sections so far. Rows go to the last one.
struct Builder {
    sections: Vec<Section>,
}

impl Builder {
    /// Add what `value` holds, in a new section where there is a title; false where it holds
    /// nothing (Python's idea of nothing: `null`, `false`, zero and whatever is empty).
    fn section(&mut self, title: Option<&str>, value: &Value, indent: usize) -> Result<bool, Error> {
        if is_nothing(value) {
            return Ok(false);
        }
        if title.is_some() {
            self.sections.push(Section::new(title, indent));
        }
        match value {
            Value::List(items) if matches!(items.first(), Some(Value::Map(_))) => {
                self.objects(items, title, indent)?;
            }
            Value::List(items) => {
                for item in items {
                    self.item(item)?;
                }
            }
            Value::Map(map) => self.object(map, indent)?,
            _ => {}
        }
        Ok(true)
    }

    /// An element of a list that does not start with an object: a scalar or a list of scalars is a
    /// row, anything deeper goes into the same section. An object of scalars shows its keys alone;
    /// that is what iterating over it gives in Python.
    fn item(&mut self, item: &Value) -> Result<(), Error> {
        let row = match item {
            Value::List(items) if items.iter().all(is_scalar) => items.iter().map(text).collect(),
            // Python iterates over an object's keys here, and those are always scalars.
            Value::Map(map) => map.keys().cloned().collect(),
            Value::List(_) => {
                self.section(None, item, 0)?;
                return Ok(());
            }
            scalar => vec![text(scalar)],
        };
        self.last().add_row(row)
    }

    /// One object: a row under its keys, or a row of key and value where there is but one.
    fn object(&mut self, map: &Map, indent: usize) -> Result<(), Error> {
        let mut keys = Keys::default();
        keys.add(map);
        if let [(key, value)] = keys.scalar.iter().filter_map(|key| map.get_key_value(*key)).collect::<Vec<_>>()[..] {
            self.last().add_row(vec![key.clone(), text(value)])?;
        } else if !keys.scalar.is_empty() {
            self.last().set_headers(keys.headers())?;
            self.last().add_row(keys.row(map))?;
        }
        self.nested(&keys, map, indent)
    }

    /// A list of objects: one section with a row for each, or where something is nested in them,
    /// one section for each.
    fn objects(&mut self, items: &[Value], title: Option<&str>, indent: usize) -> Result<(), Error> {
        let mut keys = Keys::default();
        for item in items {
            match item {
                Value::Map(map) => keys.add(map),
                other => keys_of_no_object(other)?,
            }
        }
        self.last().set_headers(keys.headers())?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 && !keys.nested.is_empty() {
                self.sections.push(Section::new(title, indent));
                self.last().set_headers(keys.headers())?;
            }
            let Value::Map(map) = item else {
                if keys.scalar.is_empty() {
                    self.last().add_row(Vec::new())?;
                    continue;
                }
                return Err(Error::Shape(format!("'{}' object has no attribute 'get'", type_name(item))));
            };
            self.last().add_row(keys.row(map))?;
            self.nested(&keys, map, indent)?;
        }
        Ok(())
    }

    fn nested(&mut self, keys: &Keys<'_>, map: &Map, indent: usize) -> Result<(), Error> {
        for key in &keys.nested {
            if let Some(value) = map.get(*key) {
                self.section(Some(key), value, indent + 1)?;
            }
        }
        Ok(())
    }

    fn last(&mut self) -> &mut Section {
        // The outermost value always has a title, so there is a section before there is a row.
        if self.sections.is_empty() {
            self.sections.push(Section::new(None, 0));
        }
        let last = self.sections.len() - 1;
        &mut self.sections[last]
    }
}

/// The keys of one object or of a list of them, by what they hold. A key that holds a scalar in
/// one object and not in another is in both.
#[derive(Default)]
struct Keys<'v> {
    scalar: BTreeSet<&'v str>,
    nested: BTreeSet<&'v str>,
}

impl<'v> Keys<'v> {
    fn add(&mut self, map: &'v Map) {
        for (key, value) in map {
            let keys = if is_scalar(value) { &mut self.scalar } else { &mut self.nested };
            keys.insert(key);
        }
    }

    fn headers(&self) -> Vec<String> {
        self.scalar.iter().map(|key| (*key).to_owned()).collect()
    }

    fn row(&self, map: &Map) -> Vec<String> {
        self.scalar.iter().map(|key| map.get(*key).map(text).unwrap_or_default()).collect()
    }
}

/// What happens to the real client when a list that starts with an object has another kind of
/// element: it looks for its keys by iterating over it and using what it finds as a key. Only what
/// has nothing to iterate over, or numbers that happen to be good indices, comes through.
fn keys_of_no_object(item: &Value) -> Result<(), Error> {
    let refusal = match item {
        Value::Str(text) if text.is_empty() => None,
        Value::Str(_) => Some("string indices must be integers, not 'str'".to_owned()),
        Value::List(items) => items.iter().find_map(|index| bad_index(index, items.len())),
        other => Some(format!("'{}' object is not iterable", type_name(other))),
    };
    refusal.map_or(Ok(()), |message| Err(Error::Shape(message)))
}

/// Why a value is not an index into a list of that length, in Python's words.
fn bad_index(index: &Value, length: usize) -> Option<String> {
    let within = match index {
        Value::Int(index) if *index < 0 => index.unsigned_abs() <= length as u64,
        Value::Int(index) => (*index as u64) < length as u64,
        Value::Bool(index) => usize::from(*index) < length,
        Value::Big(_) => return Some("cannot fit 'int' into an index-sized integer".to_owned()),
        other => return Some(format!("list indices must be integers or slices, not {}", type_name(other))),
    };
    if within { None } else { Some("list index out of range".to_owned()) }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Map(_))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) => true,
        Value::Bool(true) | Value::Int(_) | Value::Big(_) => false,
        Value::Float(number) => *number == 0.0,
        Value::Str(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
    }
}

fn text(value: &Value) -> String {
    str(value).into_owned()
}
