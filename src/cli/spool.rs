//! Standard output that never makes the command wait for its reader.
//!
//! A command that prints rows while it reads them holds the database for as long as it reads. With
//! `| less`, or a pipe that stalls, that would be as long as a person likes. So the rows are handed to
//! a thread that prints them; what it has not printed yet waits in memory and then in a temporary
//! file, and the command continues.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// Bytes that are handed over at once.
const CHUNK: usize = 1 << 16;
/// Bytes that may wait in memory.
const IN_MEMORY: usize = 16 << 20;
/// Bytes that may wait in the temporary file; beyond that the command waits after all.
const IN_FILE: u64 = 8 << 30;

/// A writer to standard output, or to anything else.
pub(super) struct Spool {
    buffer: Vec<u8>,
    to: To,
}

enum To {
    /// Written at once: a file never makes anybody wait.
    Direct(Box<dyn Write>),
    Thread(Arc<Shared>, JoinHandle<()>),
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    chunks: VecDeque<Vec<u8>>,
    /// Bytes of `chunks`.
    waiting: usize,
    file: Option<File>,
    /// What of the file is still to be printed: from, to.
    unread: (u64, u64),
    /// No temporary file can be had.
    no_file: bool,
    closed: bool,
    failed: Option<io::Error>,
    /// It was reported, or everything was printed.
    ended: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spool {
    /// Standard output.
    pub(super) fn stdout() -> Self {
        if is_file() {
            return Spool { buffer: Vec::with_capacity(CHUNK), to: To::Direct(Box::new(io::stdout().lock())) };
        }
        Spool::to(io::stdout())
    }

    /// A thread that prints to `out`.
    fn to(mut out: impl Write + Send + 'static) -> Self {
        let shared = Arc::<Shared>::default();
        let work = Arc::clone(&shared);
        let spawned = thread::Builder::new().name("printer".to_owned()).spawn(move || print(&work, &mut out));
        let to = match spawned {
            Ok(thread) => To::Thread(shared, thread),
            Err(_) => To::Direct(Box::new(io::stdout().lock())),
        };
        Spool { buffer: Vec::with_capacity(CHUNK), to }
    }

    /// Wait until everything is printed. The database need not be held any more.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.hand_over()?;
        match self.to {
            To::Direct(mut out) => out.flush(),
            To::Thread(shared, thread) => {
                shared.state().closed = true;
                shared.changed.notify_all();
                let _ = thread.join();
                let failed = shared.state().failed.take();
                failed.map_or(Ok(()), Err)
            }
        }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
        match &mut self.to {
            To::Direct(out) => out.write_all(&chunk),
            To::Thread(shared, _) => push(shared, chunk),
        }
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.hand_over()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_over()
    }
}

fn push(shared: &Shared, chunk: Vec<u8>) -> io::Result<()> {
    let mut state = shared.state();
    loop {
        if state.ended {
            // The reader of the output has gone, or it cannot be written.
            return Err(state.failed.take().unwrap_or_else(|| io::ErrorKind::BrokenPipe.into()));
        }
        let in_file = state.unread.0 < state.unread.1;
        if !in_file && (state.waiting < IN_MEMORY || state.chunks.is_empty()) {
            state.waiting += chunk.len();
            state.chunks.push_back(chunk);
            break;
        }
        if !state.no_file && state.unread.1 < IN_FILE {
            if append(&mut state, &chunk).is_ok() {
                break;
            }
            // Nothing of the chunk counts. What is in the file already is printed first.
            state.no_file = true;
        }
        state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    drop(state);
    shared.changed.notify_all();
    Ok(())
}

fn append(state: &mut State, chunk: &[u8]) -> io::Result<()> {
    let end = state.unread.1;
    let file = match &mut state.file {
        Some(file) => file,
        None => state.file.insert(tempfile::tempfile()?),
    };
    file.seek(SeekFrom::Start(end))?;
    file.write_all(chunk)?;
    state.unread.1 = end + chunk.len() as u64;
    Ok(())
}

/// The thread: print what comes, in order, until the end.
fn print(shared: &Shared, out: &mut dyn Write) {
    loop {
        let next = next(shared);
        let done = match next {
            Ok(Some(chunk)) => out.write_all(&chunk).map(|()| false),
            Ok(None) => out.flush().map(|()| true),
            Err(error) => Err(error),
        };
        if !matches!(done, Ok(false)) {
            let mut state = shared.state();
            state.failed = done.err();
            state.ended = true;
            drop(state);
            shared.changed.notify_all();
            return;
        }
    }
}

/// The next bytes to print; none at the end.
fn next(shared: &Shared) -> io::Result<Option<Vec<u8>>> {
    let idle = |state: &mut State| state.chunks.is_empty() && state.unread.0 == state.unread.1 && !state.closed;
    let mut state = shared.changed.wait_while(shared.state(), idle).unwrap_or_else(PoisonError::into_inner);
    if let Some(chunk) = state.chunks.pop_front() {
        state.waiting -= chunk.len();
        drop(state);
        shared.changed.notify_all();
        return Ok(Some(chunk));
    }
    let (from, to) = state.unread;
    if from == to {
        return Ok(None);
    }
    let mut chunk = vec![0; (to - from).min(CHUNK as u64) as usize];
    if let Some(file) = &mut state.file {
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut chunk)?;
    }
    state.unread.0 = from + chunk.len() as u64;
    if state.unread.0 == to {
        // Begin again at the front, and in memory.
        state.unread = (0, 0);
    }
    drop(state);
    shared.changed.notify_all();
    Ok(Some(chunk))
}

/// Whether standard output is a file, which takes everything at once.
#[cfg(unix)]
fn is_file() -> bool {
    use std::os::fd::AsFd as _;
    let stdout = io::stdout().as_fd().try_clone_to_owned();
    stdout.map(File::from).and_then(|file| file.metadata()).is_ok_and(|metadata| metadata.is_file())
}

#[cfg(not(unix))]
fn is_file() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::{IN_MEMORY, Spool};

    /// A reader of the output that takes nothing until it is allowed to.
    struct Paused {
        go: Receiver<()>,
        going: bool,
        taken: Sender<Vec<u8>>,
    }

    impl Write for Paused {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if !self.going {
                self.going = true;
                let _ = self.go.recv();
            }
            self.taken.send(bytes.to_vec()).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_is_printed_in_order_after_any_pause() {
        let (go, wait) = channel();
        let (taken, got) = channel();
        let mut spool = Spool::to(Paused { go: wait, going: false, taken });
        let mut expected = Vec::new();
        // Far more than memory takes: this would hang if the command had to wait.
        while expected.len() < 2 * IN_MEMORY {
            let line = format!("line {}\n", expected.len());
            spool.write_all(line.as_bytes()).expect("room");
            expected.extend_from_slice(line.as_bytes());
        }
        go.send(()).expect("a printer");
        for number in 0..1000 {
            let line = format!("and then {number}\n");
            spool.write_all(line.as_bytes()).expect("room");
            expected.extend_from_slice(line.as_bytes());
        }
        spool.finish().expect("an end");
        let printed: Vec<u8> = got.into_iter().flatten().collect();
        assert_eq!(printed.len(), expected.len());
        assert!(printed == expected, "another order");
    }

    #[test]
    fn a_reader_that_has_gone_ends_it() {
        let (go, wait) = channel();
        let (taken, got) = channel();
        let mut spool = Spool::to(Paused { go: wait, going: false, taken });
        drop(got);
        go.send(()).expect("a printer");
        let mut error = None;
        for _ in 0..1_000_000 {
            if let Err(found) = spool.write_all(&[b'x'; 1000]) {
                error = Some(found);
                break;
            }
        }
        assert_eq!(error.map(|error| error.kind()), Some(io::ErrorKind::BrokenPipe));
    }
}
