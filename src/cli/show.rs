//! What the commands of our own share when they print: the choice of a format, and standard output.

use std::io::{self, BufWriter, Write};

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::{DONE, REFUSED, complain};
use crate::tabular::Format;

/// Reads `--output`, for a command that has these formats.
pub(super) fn formats<const N: usize>(formats: [Format; N]) -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(formats.map(Format::name)).map(move |name| {
        // The parser lets no other name through.
        formats.into_iter().find(|format| format.name() == name).unwrap_or(Format::Table)
    })
}

/// Whether standard output is to have colours: a terminal that knows them, and no `NO_COLOR`.
pub(super) fn coloured() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// Print a result to standard output. A reader that has seen enough ends it quietly.
pub(super) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> u8 {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&error, None);
            REFUSED
        }
        _ => DONE,
    }
}
