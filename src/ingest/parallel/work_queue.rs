//! Runs of details that a parser gives to those which have nothing to read of their own.
//!
//! What comes of a run goes through a channel of its own, whose other end the giver has put among
//! its own events: so everything keeps its place. That channel takes all that a run has, for a
//! helper must never wait for the writer: the writer may be waiting for the helper's next run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::batcher::{Context, Feed, Hungup};
use super::pipeline::Event;
use crate::ingest::error::IngestError;
use crate::ingest::parse::fast_path::{self, Run};

/// Runs that wait for, or are read by, each helper.
const FOR_EACH: usize = 2;

/// A run, where it is from, and where to tell what it has.
struct Errand {
    run: Run,
    member: String,
    found: Sender<Event>,
}

/// How many helpers there are, and runs that were given to them and not yet read.
#[derive(Default)]
struct Count {
    helpers: AtomicUsize,
    given: AtomicUsize,
}

/// The giver's end.
#[derive(Clone)]
pub(in crate::ingest) struct Help {
    errands: Sender<Errand>,
    count: Arc<Count>,
}

/// The helpers' end.
pub(in crate::ingest) struct Errands {
    errands: Mutex<Receiver<Errand>>,
    count: Arc<Count>,
}

/// Both ends, for nobody as yet.
pub(in crate::ingest) fn new() -> (Help, Errands) {
    let count = Arc::<Count>::default();
    let (sender, receiver) = channel();
    (Help { errands: sender, count: Arc::clone(&count) }, Errands { errands: Mutex::new(receiver), count })
}

impl Help {
    /// Whether a run would be read soon. Only a hint.
    pub(in crate::ingest) fn is_there(&self) -> bool {
        self.count.given.load(Ordering::Relaxed) < FOR_EACH * self.count.helpers.load(Ordering::Relaxed)
    }

    /// Give a run of the stream of text `member`.
    pub(in crate::ingest) fn give(&self, run: Run, member: &str, found: Sender<Event>) {
        self.count.given.fetch_add(1, Ordering::Relaxed);
        // The helpers stay until all givers are gone.
        let _ = self.errands.send(Errand { run, member: member.to_owned(), found });
    }
}

impl Errands {
    /// Read what is given until nobody is left who could.
    pub(in crate::ingest) fn run(&self, context: Context<'_>) {
        self.count.helpers.fetch_add(1, Ordering::Relaxed);
        loop {
            let next = self.errands.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Errand { run, member, found }) = next else { break };
            let send = |event| found.send(event).map_err(|_| Hungup);
            let mut feed = Feed::new(&send, context, None);
            // A writer that has stopped listening has its own error to tell.
            let _ = match fast_path::parse_run(run, &mut feed) {
                Ok(()) => feed.flush(),
                Err(error) => send(Event::Failed(IngestError::of_page(&member, error))),
            };
            self.count.given.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
