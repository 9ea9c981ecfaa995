//! `--output text`: a row for each object, its scalars in columns by sorted key.
//!
//! The row of a nested object or list starts with its member's name in capitals. Objects of one
//! list share their columns, so a member that one of them lacks leaves an empty column there.

use std::io::{self, Write};

use super::node::{Members, Node, place};
use super::python::type_name;
use super::{Error, Formatter};
use crate::model::Value;

/// Text is handed on in pieces of about this size.
const PIECE: usize = 16 * 1024;

/// Prints each value as rows.
#[derive(Default)]
pub struct Text {
    /// Rows that were not handed on yet; between values none.
    rows: String,
}

impl Formatter for Text {
    fn page(&mut self, value: &Value, out: &mut dyn Write) -> Result<(), Error> {
        self.node(value.into(), out)
    }
}

impl Text {
    /// Print a value, or details without values being made of them.
    ///
    /// # Errors
    /// If it cannot be printed in this format, or the output cannot be written.
    pub fn node(&mut self, node: Node<'_>, out: &mut dyn Write) -> Result<(), Error> {
        let outcome = Rows { text: &mut self.rows, out }.node(node, None);
        // Rows before a value that cannot be printed are printed.
        out.write_all(self.rows.as_bytes())?;
        self.rows.clear();
        outcome
    }
}

/// The rows of one value.
struct Rows<'r> {
    text: &'r mut String,
    out: &'r mut dyn Write,
}

impl Rows<'_> {
    /// Print what a member holds; `identifier` is its name in capitals.
    fn node(&mut self, node: Node<'_>, identifier: Option<&str>) -> Result<(), Error> {
        if node.is_object() {
            self.object(node.members(), None, identifier)
        } else if node.is_list() {
            self.list(node, identifier)
        } else {
            Ok(self.row(None, [node].into_iter())?)
        }
    }

    fn list(&mut self, list: Node<'_>, identifier: Option<&str>) -> Result<(), Error> {
        if list.items().any(Node::is_object) {
            let (objects, columns) = shared_columns(list)?;
            return objects.into_iter().try_for_each(|members| self.object(members, Some(&columns), identifier));
        }
        // No object among them: the scalars come first, on one row or a row each, then the lists.
        let scalars = list.items().filter(|item| item.is_scalar());
        if identifier.is_some() {
            for scalar in scalars {
                self.row(identifier, [scalar].into_iter())?;
            }
        } else if scalars.clone().next().is_some() {
            self.row(None, scalars)?;
        }
        list.items().filter(|item| item.is_list()).try_for_each(|inner| self.list(inner, identifier))
    }

    /// An object: its scalars on one row, then what is nested in it. `columns` are those that the
    /// objects of a list share; a column holds whatever the object has there, even a list.
    fn object(
        &mut self,
        members: Members<'_>,
        columns: Option<&[&str]>,
        identifier: Option<&str>,
    ) -> Result<(), Error> {
        let nested = if let Some(columns) = columns {
            let mut row = vec![Node::Text(""); columns.len()];
            let mut nested = Members::new();
            let mut from = 0;
            for (key, node) in members {
                match place(columns, from, key) {
                    Ok(column) => (row[column], from) = (node, column + 1),
                    Err(column) => {
                        nested.push((key, node));
                        from = column;
                    }
                }
            }
            if !row.is_empty() {
                self.row(identifier, row.into_iter())?;
            }
            nested
        } else {
            let scalars = members.iter().map(|(_, node)| *node).filter(|node| node.is_scalar());
            if scalars.clone().next().is_some() {
                self.row(identifier, scalars)?;
            }
            members.into_iter().filter(|(_, node)| !node.is_scalar()).collect()
        };
        let mut capitals = String::new();
        for (key, node) in nested {
            capitals.clear();
            push_upper(key, &mut capitals);
            self.node(node, Some(&capitals))?;
        }
        Ok(())
    }

    fn row<'v>(&mut self, identifier: Option<&str>, nodes: impl Iterator<Item = Node<'v>>) -> io::Result<()> {
        self.text.push_str(identifier.unwrap_or_default());
        for (index, node) in nodes.enumerate() {
            if index > 0 || identifier.is_some() {
                self.text.push('\t');
            }
            node.push_str(self.text);
        }
        self.text.push('\n');
        if self.text.len() >= PIECE {
            self.out.write_all(self.text.as_bytes())?;
            self.text.clear();
        }
        Ok(())
    }
}

/// The members of each object, and the keys that hold a scalar in at least one of them, sorted.
fn shared_columns(list: Node<'_>) -> Result<(Vec<Members<'_>>, Vec<&str>), Error> {
    let mut columns = Vec::new();
    let mut objects = Vec::with_capacity(list.len());
    for item in list.items() {
        if let (Node::Value(value), false) = (item, item.is_object()) {
            return Err(Error::Shape(format!("'{}' object has no attribute 'items'", type_name(value))));
        }
        let members = item.members();
        let mut from = 0;
        for (key, _) in members.iter().filter(|(_, node)| node.is_scalar()) {
            from = match place(&columns, from, key) {
                Ok(column) => column + 1,
                Err(column) => {
                    columns.insert(column, *key);
                    column + 1
                }
            };
        }
        objects.push(members);
    }
    Ok((objects, columns))
}

fn push_upper(name: &str, text: &mut String) {
    if name.is_ascii() {
        text.extend(name.bytes().map(|byte| char::from(byte.to_ascii_uppercase())));
    } else {
        text.push_str(&name.to_uppercase());
    }
}
