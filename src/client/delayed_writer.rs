//! A writer that keeps the first bytes back.
//!
//! The AWS CLI reads every page before it prints the first byte of a JSON document, so a call that
//! fails on a later page prints nothing. Ours prints while it reads; it holds the beginning back,
//! so that all but the largest outputs behave the same, and memory stays flat for those.

use std::io::{self, Write};

/// How much is held back: a document of some 10,000 images.
const MOST: usize = 8 << 20;

/// Writes to `out`, the first [`MOST`] bytes not before more come or [`DelayedWriter::release`].
pub(crate) struct DelayedWriter<'a> {
    out: &'a mut dyn Write,
    held: Vec<u8>,
    released: bool,
}

impl<'a> DelayedWriter<'a> {
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        DelayedWriter { out, held: Vec::new(), released: false }
    }

    /// Write what is held back, and hold back no more.
    pub(crate) fn release(&mut self) -> io::Result<()> {
        self.released = true;
        self.out.write_all(&std::mem::take(&mut self.held))
    }
}

impl Write for DelayedWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.released {
            return self.out.write(bytes);
        }
        if self.held.len() + bytes.len() > MOST {
            self.release()?;
            return self.out.write(bytes);
        }
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.released { self.out.flush() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{DelayedWriter, MOST};

    #[test]
    fn nothing_comes_before_it_is_released_or_too_much() {
        let mut out = Vec::new();
        let mut held = DelayedWriter::new(&mut out);
        held.write_all(b"beginning").unwrap();
        held.flush().unwrap();
        drop(held);
        assert!(out.is_empty());

        let mut held = DelayedWriter::new(&mut out);
        held.write_all(b"beginning, ").unwrap();
        held.release().unwrap();
        held.write_all(b"end").unwrap();
        assert_eq!(out, b"beginning, end");

        let mut out = Vec::new();
        let mut held = DelayedWriter::new(&mut out);
        held.write_all(b"a").unwrap();
        held.write_all(&vec![b'b'; MOST]).unwrap();
        assert_eq!(out.len(), MOST + 1);
        assert!(out.starts_with(b"ab"));
    }
}
