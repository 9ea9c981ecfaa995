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
use super::node::{Members, Node};
use super::python::type_name;
use super::{Colour, Error, Formatter, RESET, Style};
use crate::model::Value;

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
        let mut builder = Builder::default();
        if builder.section(Some(&self.style.title), value.into(), 0)? {
            render::render(builder.sections(), &self.style, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.style.colour == Colour::Terminal { out.write_all(RESET.as_bytes()) } else { Ok(()) }
    }
}

/// The sections so far. Rows go to the last one.
#[derive(Default)]
struct Builder {
    /// Behind those in use are others that wait for it.
    sections: Vec<Section>,
    used: usize,
}

impl Builder {
    fn sections(&self) -> &[Section] {
        &self.sections[..self.used]
    }

    /// Begin anew.
    fn clear(&mut self) {
        self.used = 0;
    }

    fn open(&mut self, title: Option<&str>, indent: usize) -> &mut Section {
        if self.used == self.sections.len() {
            self.sections.push(Section::default());
        }
        self.used += 1;
        let section = &mut self.sections[self.used - 1];
        section.open(title, indent);
        section
    }

    /// Add what `node` holds, in a new section if there is a title; false where it holds
    /// nothing (Python's idea of nothing: `null`, `false`, zero and whatever is empty).
    fn section(&mut self, title: Option<&str>, node: Node<'_>, indent: usize) -> Result<bool, Error> {
        let members = if node.is_object() { node.members() } else { Members::new() };
        if members.is_empty() && is_nothing(node) {
            return Ok(false);
        }
        if title.is_some() {
            self.open(title, indent);
        }
        if node.is_object() {
            self.object(&members, indent)?;
        } else if node.items().next().is_some_and(Node::is_object) {
            self.objects(node, title, indent)?;
        } else {
            node.items().try_for_each(|item| self.item(item))?;
        }
        Ok(true)
    }

    /// An element of a list that does not start with an object: a scalar or a list of scalars is a
    /// row, anything deeper goes into the same section. An object of scalars shows its keys alone;
    /// that is what iterating over it gives in Python.
    fn item(&mut self, item: Node<'_>) -> Result<(), Error> {
        if let Node::Value(Value::Map(map)) = item {
            // Python iterates over an object's keys here, and those are always scalars.
            return self.last().add_row(map.keys().map(|key| Node::Text(key)));
        }
        if !item.is_list() {
            return self.last().add_row([item].into_iter());
        }
        if item.items().all(Node::is_scalar) {
            return self.last().add_row(item.items());
        }
        self.section(None, item, 0)?;
        Ok(())
    }

    /// One object: a row under its keys, or a row of key and value if there is but one.
    fn object(&mut self, members: &[(&str, Node<'_>)], indent: usize) -> Result<(), Error> {
        let mut scalars = members.iter().filter(|(_, node)| node.is_scalar());
        match (scalars.next(), scalars.next()) {
            (None, _) => {}
            (Some((key, node)), None) => self.last().add_row([Node::Text(key), *node].into_iter())?,
            _ => {
                let scalars = members.iter().filter(|(_, node)| node.is_scalar());
                self.last().set_headers(scalars.clone().map(|(key, _)| *key))?;
                self.last().add_row(scalars.map(|(_, node)| *node))?;
            }
        }
        let nested = members.iter().filter(|(_, node)| !node.is_scalar());
        for (key, node) in nested {
            self.section(Some(key), *node, indent + 1)?;
        }
        Ok(())
    }

    /// A list of objects: one section with a row for each, or if something is nested in them,
    /// one section for each.
    fn objects(&mut self, list: Node<'_>, title: Option<&str>, indent: usize) -> Result<(), Error> {
        let mut objects = Vec::with_capacity(list.len());
        let mut keys = Keys::default();
        for item in list.items() {
            match item {
                Node::Value(value) if !item.is_object() => keys_of_no_object(value)?,
                _ => {}
            }
            let members = item.members();
            keys.add(&members);
            objects.push((item, members));
        }
        self.last().set_headers(keys.scalar.iter().copied())?;
        for (index, (item, members)) in objects.iter().enumerate() {
            if index > 0 && !keys.nested.is_empty() {
                self.open(title, indent).set_headers(keys.scalar.iter().copied())?;
            }
            match item {
                Node::Value(value) if !item.is_object() => {
                    if keys.scalar.is_empty() {
                        self.last().add_row([].into_iter())?;
                        continue;
                    }
                    return Err(Error::Shape(format!("'{}' object has no attribute 'get'", type_name(value))));
                }
                _ => {}
            }
            self.last().add_row(keys.scalar.iter().map(|key| member(members, key).unwrap_or(Node::Text(""))))?;
            for key in &keys.nested {
                if let Some(node) = member(members, key) {
                    self.section(Some(key), node, indent + 1)?;
                }
            }
        }
        Ok(())
    }

    fn last(&mut self) -> &mut Section {
        // The outermost value always has a title, so there is a section before there is a row.
        if self.used == 0 {
            self.open(None, 0);
        }
        &mut self.sections[self.used - 1]
    }
}

/// The keys of a list of objects, by what they hold. A key that holds a scalar in
/// one object and not in another is in both.
#[derive(Default)]
struct Keys<'v> {
    scalar: BTreeSet<&'v str>,
    nested: BTreeSet<&'v str>,
}

impl<'v> Keys<'v> {
    fn add(&mut self, members: &[(&'v str, Node<'v>)]) {
        for (key, node) in members {
            let keys = if node.is_scalar() { &mut self.scalar } else { &mut self.nested };
            keys.insert(key);
        }
    }
}

/// The member of that name.
fn member<'v>(members: &[(&str, Node<'v>)], name: &str) -> Option<Node<'v>> {
    let place = members.binary_search_by(|(key, _)| (*key).cmp(name)).ok()?;
    Some(members[place].1)
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

/// Whether a scalar, a list or an object without members holds nothing.
fn is_nothing(node: Node<'_>) -> bool {
    match node {
        Node::Value(Value::Null | Value::Bool(false) | Value::Int(0)) | Node::Null | Node::Number(0) => true,
        Node::Value(Value::Float(number)) => *number == 0.0,
        Node::Value(Value::Str(text)) => text.is_empty(),
        Node::Text(text) => text.is_empty(),
        _ => !node.is_scalar() && node.len() == 0,
    }
}
