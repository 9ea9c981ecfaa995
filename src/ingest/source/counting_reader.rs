//! The lowest reader: the bytes of a source as they lie on the disk, watched as they pass.

use super::error::SourceError;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What to do with the raw bytes of a source while they are read.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Hash them. Costs about as much time as reading them from a fast disk.
    pub hash: bool,
    /// Add their number here, as they come: what a progress bar shows.
    pub progress: Option<Arc<AtomicU64>>,
}

/// What all of the raw bytes of a source came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Their number.
    pub bytes: u64,
    /// Their BLAKE3 hash, if it was asked for.
    pub hash: Option<blake3::Hash>,
}

/// A reader that counts and hashes what goes through it, and gives the system's errors the name
/// of the source.
pub(super) struct Tap<'a, R> {
    inner: R,
    name: &'a str,
    bytes: u64,
    hasher: Option<Box<blake3::Hasher>>,
    progress: Option<&'a AtomicU64>,
}

impl<'a, R: Read> Tap<'a, R> {
    pub(super) fn new(inner: R, name: &'a str, watch: &'a Watch) -> Self {
        Self { inner, name, bytes: 0, hasher: watch.hash.then(Box::default), progress: watch.progress.as_deref() }
    }

    pub(super) fn seen(&self) -> Seen {
        Seen { bytes: self.bytes, hash: self.hasher.as_ref().map(|hasher| hasher.finalize()) }
    }
}

impl<R: Read> Read for Tap<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = loop {
            match self.inner.read(buffer) {
                Ok(count) => break count,
                // Repeated here, because not every decoder above is ready to be interrupted.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(SourceError::from_io(self.name, error).into_io()),
            }
        };
        self.bytes += count as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..count]);
        }
        if let Some(progress) = self.progress {
            progress.fetch_add(count as u64, Ordering::Relaxed);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::{Tap, Watch};
    use crate::ingest::source::SourceError;
    use std::io::{self, Read};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Gives a byte, an interruption, a byte, ..., and in the end an error.
    struct Flaky(u8);

    impl Read for Flaky {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                7.. => Err(io::ErrorKind::TimedOut.into()),
                turn if turn % 2 == 0 => Err(io::ErrorKind::Interrupted.into()),
                _ => {
                    buffer[0] = b'x';
                    Ok(1)
                }
            }
        }
    }

    #[test]
    fn bytes_are_counted_and_hashed_and_errors_get_a_name() {
        let progress = Arc::new(AtomicU64::new(100));
        let watch = Watch { hash: true, progress: Some(Arc::clone(&progress)) };
        let mut tap = Tap::new(Flaky(0), "disk", &watch);
        let mut all = Vec::new();
        let error = tap.read_to_end(&mut all).unwrap_err();
        assert_eq!(all, b"xxx");
        assert_eq!(SourceError::from_io("?", error).to_string(), "disk: cannot be read: timed out");
        assert_eq!(tap.seen().bytes, 3);
        assert_eq!(tap.seen().hash, Some(blake3::hash(b"xxx")));
        assert_eq!(progress.load(Ordering::Relaxed), 103);
    }
}
