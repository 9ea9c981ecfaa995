//! What the commands of our own share when they print: the choice of a format, standard output, counts.

use std::io::{self, BufWriter, Write};

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::advice::advised;
use super::spool::Spool;
use super::{DONE, REFUSED, print_error};
use crate::store::StoreError;
use crate::store::sql::SqlError;
use crate::tabular::{Column, Format, Rows, rows_within};

/// Reads `--output`, for a command that has these formats.
pub(super) fn formats<const N: usize>(formats: [Format; N]) -> impl TypedValueParser<Value = Format> {
    choice(formats.map(|format| (format.name(), format)).to_vec())
}

/// Parses one of several words to its value; `ignore_case` may be set for it.
pub(super) fn choice<T: Clone + Send + Sync + 'static>(
    choices: Vec<(&'static str, T)>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(choices.iter().map(|(name, _)| *name)).try_map(move |word| {
        let known = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(&word));
        // The parser lets no other word through.
        known.map(|(_, value)| value.clone()).ok_or("no such choice")
    })
}

/// Whether standard output is to have colours: a terminal that knows them, and no `NO_COLOR`.
pub(super) fn coloured() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// How many columns a table may take: `COLUMNS` if it is set, even if the output is piped; otherwise those of the
/// terminal; otherwise any number.
pub(super) fn table_width() -> Option<usize> {
    let set = std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok()).filter(|width| *width > 0);
    set.or_else(|| terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0)))
}

/// A printer of rows for standard output, whose tables fit the width of the terminal.
pub(super) fn rows<'w>(format: Format, columns: Vec<Column>, out: &'w mut dyn Write) -> Box<dyn Rows + 'w> {
    rows_within(format, columns, table_width(), out)
}

/// Print a result to standard output. A reader that has seen enough ends it quietly.
pub(super) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> u8 {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) => unprinted(&error),
        Ok(()) => DONE,
    }
}

/// The exit status after standard output could not be written. A closed pipe is not an error.
pub(super) fn unprinted(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return DONE;
    }
    print_error(&error, None);
    REFUSED
}

/// `1 image`, `2 images`, `0 repositories`.
pub(super) fn plural(count: u64, word: &str) -> String {
    match (count, word.strip_suffix('y')) {
        (1, _) => format!("1 {word}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ => format!("{count} {word}s"),
    }
}

/// What ends a result that is read while it is printed: the printer's error or the reader's.
pub(super) struct Ended(io::Error);

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Ended(error)
    }
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Ended(io::Error::other(advised(&error)))
    }
}

impl From<SqlError> for Ended {
    fn from(error: SqlError) -> Self {
        Ended(io::Error::other(super::sql::advised(&error)))
    }
}

/// Print a result while it is read from the database. Reading does not wait for the reader of the output, so
/// that a paused pager does not block writers of the database.
pub(super) fn print_from(write: impl FnOnce(&mut dyn Write) -> Result<(), Ended>) -> u8 {
    let mut out = Spool::stdout();
    let read = write(&mut out);
    let printed = out.finish();
    match read.map_err(|ended| ended.0).and(printed) {
        Err(error) => unprinted(&error),
        Ok(()) => DONE,
    }
}
