//! What the commands of our own share when they print: the choice of a format, and standard output.

use std::io::{self, BufWriter, Write};

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::{DONE, REFUSED, complain};
use crate::tabular::Format;

/// Reads `--output`, for a command that has these formats.
pub(super) fn formats<const N: usize>(formats: [Format; N]) -> impl TypedValueParser<Value = Format> {
    choice(formats.map(|format| (format.name(), format)).to_vec())
}

/// Reads one of several words as what it stands for; `ignore_case` may be set for it.
pub(super) fn choice<T: Clone + Send + Sync + 'static>(
    choices: Vec<(&'static str, T)>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(choices.iter().map(|(name, _)| *name)).try_map(move |word| {
        let known = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(&word));
        // The parser lets no other word through.
        known.map(|(_, value)| value.clone()).ok_or("no such choice")
    })
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
