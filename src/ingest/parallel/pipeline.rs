//! Parsing on worker threads, in step with a writer that takes everything in the sources' order.
//!
//! Each source has a channel of its own with room for a few batches, so a worker can be ahead of
//! the writer by that much and memory stays flat. A worker that finds no further source helps the
//! others (`work_queue`), so that a single file is read by all of them too. It knows nothing of listings
//! or SQL.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use super::batcher::{Batcher, Context, Disconnected};
use super::work_queue::{self, WorkQueue};
use crate::ingest::error::IngestError;
use crate::ingest::folders::Manifest;
use crate::ingest::parse::anomalies::Anomalies;
use crate::ingest::parse::extract::{self, Skipped};
use crate::ingest::parse::page;
use crate::ingest::parse::records::{IdsFound, RepositoriesFound};
use crate::ingest::source::{ArchiveEntry, Seen, Source, Watch};
use crate::store::load::KnownChunk;
use crate::store::repositories::PolicyRow;
use crate::store::row::{Batch, RepositoryName};

/// Batches of rows or of known chunks that one source may be ahead of the writer: a file of some megabytes.
const AHEAD: usize = 32;
/// Sources that may be read while the writer is still at one before them.
const SOURCES_AHEAD: usize = 6 + MOST_PARSERS - FEWEST_PARSERS;
/// Parsers on any machine: the writer, which is the longest part of a load, shares their cores.
const FEWEST_PARSERS: usize = 2;
/// More would only wait for the writer.
const MOST_PARSERS: usize = 8;

/// How many threads parse: one for each core, within limits.
pub(in crate::ingest) fn parsers() -> usize {
    thread::available_parallelism().map_or(FEWEST_PARSERS, |cores| cores.get().clamp(FEWEST_PARSERS, MOST_PARSERS))
}

/// What a source has, in its order.
pub(in crate::ingest) enum Event {
    /// A stream of text begins: a file, or a member of an archive.
    Member(String),
    /// Details of the page that is open.
    Rows(Batch),
    /// The page ends. `empty` names the repository of a page without details, if it is known.
    Page { token: Option<String>, empty: Option<RepositoryName> },
    /// Chunks of the store in place of details of the page that is open.
    Known(Vec<KnownChunk>),
    /// What another parser reads of this source, and what it finds in it.
    Elsewhere(Receiver<Event>),
    /// What was odd in the rows before.
    Anomalies(Anomalies),
    /// A describe-repositories page.
    Repositories(Box<RepositoriesFound>),
    /// A get-lifecycle-policy page.
    Policy(Box<PolicyRow>),
    /// A list-images page of a known repository.
    Ids(Box<IdsFound>),
    /// The manifest of an export.
    Manifest(Box<Manifest>),
    /// The text around the pages of a stream.
    Skipped(Skipped),
    /// The source ends.
    End(Seen),
    /// The source is refused; nothing of it comes after this.
    Failed(IngestError),
}

/// Parse the `wanted` ones of `sources`, of some the members `in_order`, and hand their events to `take`, source by source in order.
pub(in crate::ingest) fn run(
    sources: &[Source],
    wanted: &[usize],
    in_order: &[bool],
    context: Context<'_>,
    progress: &Arc<AtomicU64>,
    mut take: impl FnMut(usize, Event) -> Result<(), IngestError>,
) -> Result<(), IngestError> {
    let channels = Channels::default();
    let next = AtomicUsize::new(0);
    let (queue, tasks) = work_queue::new();
    let turn = Turn::default();
    let (next, channels, tasks, turn) = (&next, &channels, &tasks, &turn);
    thread::scope(|scope| {
        for _ in 0..parsers() {
            let queue = queue.clone();
            scope.spawn(move || {
                lower_thread_priority();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&place) = wanted.get(index) else { break };
                    let (source, in_order) = (&sources[place], in_order[place]);
                    turn.wait(index);
                    if let Some(sender) = channels.sender(index) {
                        parse(source, in_order, context, progress, &sender, &queue);
                    }
                }
                // There is no source left to start.
                drop(queue);
                tasks.run(context);
            });
        }
        drop(queue);
        let outcome = drain(wanted, channels, turn, &mut take);
        channels.close();
        turn.to(usize::MAX);
        outcome
    })
}

/// Let the writer go first where both could run: it is the longest part of a load, and waits for a
/// core otherwise while parsers get ahead of it.
fn lower_thread_priority() {
    // Of one thread only on Linux; where it is refused, nothing but time is lost.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(19);
}

/// The channels of the sources, by their place among the wanted ones. A channel has room for all its events from the
/// start, so each is made when one of its ends is asked for first.
#[derive(Default)]
struct Channels(Mutex<Open>);

#[derive(Default)]
struct Open {
    /// The ends that were not asked for yet, of channels whose other end was.
    senders: HashMap<usize, SyncSender<Event>>,
    receivers: HashMap<usize, Receiver<Event>>,
    closed: bool,
}

impl Channels {
    /// What a parser sends to; `None` if nobody will receive it.
    fn sender(&self, index: usize) -> Option<SyncSender<Event>> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.closed {
            return None;
        }
        if let Some(sender) = open.senders.remove(&index) {
            return Some(sender);
        }
        let (sender, receiver) = sync_channel(AHEAD);
        open.receivers.insert(index, receiver);
        Some(sender)
    }

    /// What the writer receives from; each is asked for once.
    fn receiver(&self, index: usize) -> Receiver<Event> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(receiver) = open.receivers.remove(&index) {
            return receiver;
        }
        let (sender, receiver) = sync_channel(AHEAD);
        open.senders.insert(index, sender);
        receiver
    }

    /// Drop what nobody will receive from, which ends the parsers that send to it.
    fn close(&self) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.closed = true;
        open.receivers.clear();
        open.senders.clear();
    }
}

/// Take everything in order. On an error the receiver is dropped, and the caller closes the other channels: that ends
/// the parsers.
fn drain(
    wanted: &[usize],
    channels: &Channels,
    turn: &Turn,
    take: &mut impl FnMut(usize, Event) -> Result<(), IngestError>,
) -> Result<(), IngestError> {
    for (number, index) in wanted.iter().enumerate() {
        turn.to(number);
        for event in channels.receiver(number) {
            match event {
                Event::Elsewhere(events) => events.into_iter().try_for_each(|event| take(*index, event))?,
                event => take(*index, event)?,
            }
        }
    }
    Ok(())
}

/// The number of the source that the writer is at.
#[derive(Default)]
struct Turn {
    at: Mutex<usize>,
    moved: Condvar,
}

impl Turn {
    fn to(&self, number: usize) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = number;
        self.moved.notify_all();
    }

    /// Wait until a source is near enough to be read.
    fn wait(&self, number: usize) {
        let at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let far = |at: &mut usize| number > at.saturating_add(SOURCES_AHEAD);
        drop(self.moved.wait_while(at, far).unwrap_or_else(PoisonError::into_inner));
    }
}

fn parse(
    source: &Source,
    in_order: bool,
    context: Context<'_>,
    progress: &Arc<AtomicU64>,
    sender: &SyncSender<Event>,
    queue: &WorkQueue,
) {
    let watch = Watch { hash: true, progress: Some(Arc::clone(progress)) };
    let send = |event| sender.send(event).map_err(|_| Disconnected);
    let mut batcher = Batcher::new(&send, context, Some(queue));
    let mut visit = |member: ArchiveEntry<'_>| {
        batcher.member(member.name).map_err(|Disconnected| IngestError::Stopped)?;
        if !context.extract {
            return page::parse(member.reader, &mut batcher).map_err(|error| IngestError::of_page(member.name, error));
        }
        let skipped = extract::parse(member.reader, &mut batcher);
        let skipped = skipped.map_err(|error| IngestError::of_page(member.name, error))?;
        send(Event::Skipped(skipped)).map_err(|Disconnected| IngestError::Stopped)
    };
    let read = if in_order { source.read_in_order(&watch, &mut visit) } else { source.read(&watch, &mut visit) };
    // A writer that has stopped listening reports its own error.
    let _ = match read {
        Err(IngestError::Stopped) => Ok(()),
        Ok(seen) => batcher.flush().and_then(|()| send(Event::End(seen))),
        Err(error) => send(Event::Failed(error)),
    };
}
