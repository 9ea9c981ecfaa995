//! `--output text`: a row for each object, its scalars in columns by sorted key.
//!
//! The row of a nested object or list starts with its member's name in capitals. Objects of one
//! list share their columns, so a member that one of them lacks leaves an empty column there.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::python::{str, type_name};
use super::{Error, Formatter};
use crate::model::{Map, Value};

/// Prints each value as rows.
pub struct Text;

impl Formatter for Text {
    fn page(&mut self, value: &Value, out: &mut dyn Write) -> Result<(), Error> {
        write_value(value, None, out)
    }
}

fn write_value(value: &Value, identifier: Option<&str>, out: &mut dyn Write) -> Result<(), Error> {
    match value {
        Value::Map(map) => write_map(map, None, identifier, out),
        Value::List(items) => write_list(items, identifier, out),
        scalar => Ok(write_row(None, [scalar], out)?),
    }
}

fn write_list(items: &[Value], identifier: Option<&str>, out: &mut dyn Write) -> Result<(), Error> {
    if items.iter().any(|item| matches!(item, Value::Map(_))) {
        let columns = shared_columns(items)?;
        for map in items.iter().filter_map(Value::as_map) {
            write_map(map, Some(&columns), identifier, out)?;
        }
        return Ok(());
    }
    // No object among them: the scalars come first, on one row or a row each, then the lists.
    let scalars = items.iter().filter(|item| is_scalar(item));
    if identifier.is_some() {
        for scalar in scalars {
            write_row(identifier, [scalar], out)?;
        }
    } else if scalars.clone().next().is_some() {
        write_row(None, scalars, out)?;
    }
    for list in items.iter().filter_map(Value::as_list) {
        write_list(list, identifier, out)?;
    }
    Ok(())
}

/// An object: its scalars on one row, then what is nested in it. `columns` are those that the
/// objects of a list share; a column holds whatever the object has there, even a list.
fn write_map(
    map: &Map,
    columns: Option<&BTreeSet<&str>>,
    identifier: Option<&str>,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let empty = Value::Str(String::new());
    let mut sorted: Vec<(&String, &Value)> = map.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    let (row, nested): (Vec<_>, Vec<_>) = if let Some(columns) = columns {
        sorted.retain(|(key, _)| !columns.contains(key.as_str()));
        (columns.iter().map(|column| map.get(*column).unwrap_or(&empty)).collect(), sorted)
    } else {
        let (scalars, nested): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|(_, value)| is_scalar(value));
        (scalars.into_iter().map(|(_, value)| value).collect(), nested)
    };
    if !row.is_empty() {
        write_row(identifier, row, out)?;
    }
    for (key, value) in nested {
        write_value(value, Some(key), out)?;
    }
    Ok(())
}

/// The keys that hold a scalar in at least one of the objects.
fn shared_columns(items: &[Value]) -> Result<BTreeSet<&str>, Error> {
    let mut columns = BTreeSet::new();
    for item in items {
        let Value::Map(map) = item else {
            return Err(Error::Shape(format!("'{}' object has no attribute 'items'", type_name(item))));
        };
        columns.extend(map.iter().filter(|(_, value)| is_scalar(value)).map(|(key, _)| key.as_str()));
    }
    Ok(columns)
}

fn write_row<'v>(
    identifier: Option<&str>,
    values: impl IntoIterator<Item = &'v Value>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut first = true;
    if let Some(identifier) = identifier {
        out.write_all(identifier.to_uppercase().as_bytes())?;
        first = false;
    }
    for value in values {
        if !first {
            out.write_all(b"\t")?;
        }
        out.write_all(str(value).as_bytes())?;
        first = false;
    }
    out.write_all(b"\n")
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Map(_))
}
