//! Runs of details that a parser gives to those which have nothing to read of their own.
//!
//! What comes of a run goes through a channel of its own, whose other end the giver has put among
//! its own events: so everything keeps its place. That channel takes all that a run has, for a
//! helper must never wait for the writer: the writer may be waiting for the helper's next run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::batcher::{Batcher, Context, Disconnected};
use super::pipeline::Event;
use crate::ingest::error::IngestError;
use crate::ingest::parse::fast_path::{self, DetailSpan};
use crate::ingest::parse::page::PageError;

/// The most spans for each worker that are queued or being parsed.
const TASKS_PER_WORKER: usize = 2;

/// A span to parse, its source, and the channel for its events.
struct Task {
    span: DetailSpan,
    member: String,
    events: Sender<Event>,
}

/// How many workers there are, and runs that were submitted to them and not yet read.
#[derive(Default)]
struct Count {
    workers: AtomicUsize,
    submitted: AtomicUsize,
}

/// The giver's end.
#[derive(Clone)]
pub(in crate::ingest) struct WorkQueue {
    tasks: Sender<Task>,
    count: Arc<Count>,
}

/// The workers' end.
pub(in crate::ingest) struct TaskReceiver {
    tasks: Mutex<Receiver<Task>>,
    count: Arc<Count>,
}

/// Both ends of a new queue.
pub(in crate::ingest) fn new() -> (WorkQueue, TaskReceiver) {
    let count = Arc::<Count>::default();
    let (sender, receiver) = channel();
    (WorkQueue { tasks: sender, count: Arc::clone(&count) }, TaskReceiver { tasks: Mutex::new(receiver), count })
}

impl WorkQueue {
    /// Whether a run would be read soon. Only a hint.
    pub(in crate::ingest) fn has_idle_worker(&self) -> bool {
        self.count.submitted.load(Ordering::Relaxed) < TASKS_PER_WORKER * self.count.workers.load(Ordering::Relaxed)
    }

    /// Give a run of the stream of text `member`.
    pub(in crate::ingest) fn submit(&self, span: DetailSpan, member: &str, events: Sender<Event>) {
        self.count.submitted.fetch_add(1, Ordering::Relaxed);
        // The workers stay until all givers are gone.
        let _ = self.tasks.send(Task { span, member: member.to_owned(), events });
    }
}

impl TaskReceiver {
    /// Parse submitted tasks until every sender is gone.
    pub(in crate::ingest) fn run(&self, context: Context<'_>) {
        self.count.workers.fetch_add(1, Ordering::Relaxed);
        loop {
            let next = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Task { span, member, events }) = next else { break };
            let send = |event| events.send(event).map_err(|_| Disconnected);
            let mut batcher = Batcher::new(&send, context, None);
            batcher.within(&member);
            // If the writer has stopped receiving, it reports its own error.
            let _ = match fast_path::parse_span(span, &mut batcher) {
                Ok(()) => batcher.flush(),
                Err(PageError::Stopped) => Ok(()),
                Err(error) => send(Event::Failed(IngestError::of_page(&member, error))),
            };
            self.count.submitted.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
