//! `sql`: the user's own statement over the public views.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::stdout::{Ended, formats, print_from, rows};
use super::values::duration;
use super::{REFUSED, print_error};
use crate::store::sql::{Query, Sql, SqlError, VIEWS, Value};
use crate::tabular::{Cell, Column, Format};

/// How many rows are looked at for what a column holds, since a column of a query has no type.
const LOOKED_AT: usize = 100;

/// Query the database in SQL, read-only
///
/// One statement, over the views that schema/README.md describes; `ecrsnap sql --schema` lists them.
/// The database engine itself refuses every write. Blobs are printed as hexadecimal digits.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ecrsnap sql \"SELECT snapshot, images, bytes FROM snapshots\"
  ecrsnap sql --param tag=prod --output csv \\
      \"SELECT captured_at, repository_name, image_digest FROM image_tags WHERE image_tag = :tag\"
  ecrsnap sql - < report.sql")]
pub(super) struct Arguments {
    /// The statement; `-` reads it from standard input
    #[arg(value_name = "SQL", required_unless_present_any = ["file", "schema"])]
    statement: Option<String>,
    /// Read the statement from a file
    #[arg(long, value_name = "FILE", conflicts_with = "statement")]
    file: Option<PathBuf>,
    /// List the views and their columns
    #[arg(long, conflicts_with_all = ["statement", "file"])]
    schema: bool,
    /// The value of :NAME in the statement, as a text; CAST(:NAME AS INTEGER) makes it a number
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    param: Vec<(String, String)>,
    /// Time limit for reading and printing; 0s means no limit
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
    /// How to print the rows
    #[arg(long, value_name = "FORMAT", default_value = "table",
          value_parser = formats([Format::Table, Format::Json, Format::Ndjson, Format::Csv, Format::Markdown]))]
    output: Format,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.trim_start_matches([':', '@', '$']).to_owned(), value.to_owned()))
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    let statement = match statement(arguments) {
        Ok(statement) => statement,
        Err(message) => {
            print_error(&message, None);
            return REFUSED;
        }
    };
    match answer(db, &statement, arguments) {
        Ok(status) => status,
        Err(error) => {
            let unknown = matches!(&error, SqlError::Place { message, .. } | SqlError::Sqlite(message)
                if message.starts_with("no such"));
            let advice = unknown.then_some("`ecrsnap sql --schema` lists the views and their columns");
            print_error(&advised(&error), advice);
            REFUSED
        }
    }
}

/// An error with what to do about it, as one sentence.
pub(super) fn advised(error: &SqlError) -> String {
    match error {
        SqlError::Store(error) => super::advice::advised(error),
        SqlError::NoValue(name) => {
            format!("{error}; give it one with --param {}=VALUE", name.trim_start_matches([':', '@', '$']))
        }
        SqlError::Timeout(_) => {
            format!("{error}; --timeout gives it longer, and a condition on `snapshot` makes most statements fast")
        }
        error => error.to_string(),
    }
}

/// The statement, from where the arguments say.
fn statement(arguments: &Arguments) -> Result<String, String> {
    if arguments.schema {
        return Ok(VIEWS.to_owned());
    }
    if let Some(path) = &arguments.file {
        return fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    }
    match arguments.statement.as_deref() {
        Some("-") => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map_err(|error| format!("standard input: {error}"))?;
            Ok(text)
        }
        text => Ok(text.unwrap_or_default().to_owned()),
    }
}

fn answer(db: &Path, statement: &str, arguments: &Arguments) -> Result<u8, SqlError> {
    let limit = Some(arguments.timeout).filter(|limit| !limit.is_zero());
    let sql = Sql::open(db, limit)?;
    let mut query = sql.query(statement, &arguments.param)?;
    Ok(print_from(|out| write(&mut query, arguments.output, out)))
}

fn write(query: &mut Query<'_>, format: Format, out: &mut dyn Write) -> Result<(), Ended> {
    let names = query.columns().to_vec();
    let mut found = query.rows();
    let first: Vec<Vec<Value>> = found.by_ref().take(LOOKED_AT).collect::<Result<_, _>>()?;
    let column = |(index, name): (usize, String)| {
        let value = first.iter().map(|values| &values[index]).find(|value| **value != Value::Null);
        let number = matches!(value, Some(Value::Integer(_) | Value::Real(_)));
        Column { key: name.clone().into(), title: name.into(), number, optional: 0 }
    };
    let columns = names.into_iter().enumerate().map(column).collect();
    let mut printer = rows(format, columns, out);
    let mut print = |values: &[Value]| printer.row(&values.iter().map(|it| cell(it, format)).collect::<Vec<_>>());
    for values in &first {
        print(values)?;
    }
    for values in found {
        print(&values?)?;
    }
    Ok(printer.finish()?)
}

fn cell(value: &Value, format: Format) -> Cell<'_> {
    match value {
        Value::Null => Cell::Absent,
        Value::Integer(number) => Cell::Integer(*number),
        // People's formats would round it.
        Value::Real(number) if matches!(format, Format::Table | Format::Markdown) => Cell::text(format!("{number:?}")),
        Value::Real(number) => Cell::Float(*number),
        Value::Text(text) => Cell::text(text),
        Value::Blob(bytes) => Cell::text(hex(bytes)),
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
