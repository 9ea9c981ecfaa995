//! Parsing on worker threads, in step with a writer that takes everything in the sources' order.
//!
//! Each source has a channel of its own with room for a few batches, so a worker can be ahead of
//! the writer by that much and memory stays flat. It knows nothing of listings or SQL.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::detail::RawDetail;
use super::error::IngestError;
use super::page::{self, Sink};
use super::row::{Defaults, Oddities, Refused, RowBuilder};
use super::source::{Seen, Source, Watch};
use crate::store::row::{Batch, RepositoryName};

/// Rows, or bytes of their texts, that go to the writer at once.
const BATCH_ROWS: usize = 512;
const BATCH_BYTES: usize = 1 << 20;
/// Batches that one source may be ahead of the writer.
const AHEAD: usize = 4;
/// Parsers: one for each of the two cores that the project is made for; the writer shares them.
const PARSERS: usize = 2;

/// What a source has, in its order.
pub(super) enum Event {
    /// A stream of text begins: a file, or a member of an archive.
    Member(String),
    /// Details of the page that is open.
    Rows(Batch),
    /// The page ends. `empty` names the repository of a page without details, where it is known.
    Page { token: Option<String>, empty: Option<RepositoryName> },
    /// The source ends.
    End { seen: Seen, oddities: Oddities },
    /// The source is refused; nothing of it comes after this.
    Failed(IngestError),
}

/// Parse the `wanted` ones of `sources` and hand their events to `take`, source by source in order.
pub(super) fn run(
    sources: &[Source],
    wanted: &[usize],
    defaults: &Defaults,
    progress: &Arc<AtomicU64>,
    mut take: impl FnMut(usize, Event) -> Result<(), IngestError>,
) -> Result<(), IngestError> {
    let (senders, receivers): (Vec<_>, Vec<_>) = wanted.iter().map(|_| sync_channel(AHEAD)).unzip();
    let senders: Vec<Mutex<Option<SyncSender<Event>>>> =
        senders.into_iter().map(|sender| Mutex::new(Some(sender))).collect();
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..PARSERS.min(wanted.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(source) = wanted.get(index).map(|index| &sources[*index]) else { break };
                    let sender = senders[index].lock().unwrap_or_else(PoisonError::into_inner).take();
                    if let Some(sender) = sender.filter(|_| !stopped.load(Ordering::Relaxed)) {
                        parse(source, defaults, progress, &sender);
                    }
                }
            });
        }
        let outcome = drain(wanted, receivers, &mut take);
        stopped.store(true, Ordering::Relaxed);
        outcome
    })
}

/// Take everything in order. On an error the receivers are dropped, which ends the parsers.
fn drain(
    wanted: &[usize],
    receivers: Vec<Receiver<Event>>,
    take: &mut impl FnMut(usize, Event) -> Result<(), IngestError>,
) -> Result<(), IngestError> {
    for (index, receiver) in wanted.iter().zip(receivers) {
        for event in receiver {
            take(*index, event)?;
        }
    }
    Ok(())
}

/// The writer has stopped listening.
struct Hungup;

fn parse(source: &Source, defaults: &Defaults, progress: &Arc<AtomicU64>, sender: &SyncSender<Event>) {
    let watch = Watch { hash: true, progress: Some(Arc::clone(progress)) };
    let mut feed = Feed { sender, rows: RowBuilder::new(defaults.clone()), in_page: 0, gone: false };
    let read = source.read::<IngestError>(&watch, &mut |member| {
        feed.send(Event::Member(member.name.to_owned())).map_err(|Hungup| quiet())?;
        page::parse(member.reader, &mut feed).map_err(|error| IngestError::of_page(member.name, error))
    });
    let last = match read {
        Ok(seen) => Event::End { seen, oddities: feed.rows.take_oddities() },
        Err(error) => Event::Failed(error),
    };
    // A writer that has stopped listening has its own error to tell.
    let _ = feed.send(last);
}

/// Ends a parse that nobody waits for; never shown.
fn quiet() -> IngestError {
    IngestError::Usage("stopped".to_owned())
}

/// Puts what the parser finds into batches and sends them.
struct Feed<'s> {
    sender: &'s SyncSender<Event>,
    rows: RowBuilder,
    /// Details since the page before.
    in_page: u64,
    gone: bool,
}

impl Feed<'_> {
    fn send(&mut self, event: Event) -> Result<(), Hungup> {
        self.sender.send(event).map_err(|_| {
            self.gone = true;
            Hungup
        })
    }

    fn flush(&mut self) -> Result<(), Refused> {
        if self.rows.rows() > 0 {
            let batch = self.rows.take();
            self.send(Event::Rows(batch)).map_err(|Hungup| Refused::Value("stopped".to_owned()))?;
        }
        Ok(())
    }
}

impl Sink for Feed<'_> {
    fn detail(&mut self, detail: &RawDetail<'_>, region: Option<&str>) -> Result<(), Refused> {
        self.rows.push(detail, region)?;
        self.in_page += 1;
        if self.rows.rows() >= BATCH_ROWS || self.rows.bytes() >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn page(&mut self, token: Option<String>, region: Option<&str>) -> Result<(), Refused> {
        self.flush()?;
        let empty = if self.in_page == 0 { self.rows.default_repository(region).ok() } else { None };
        self.in_page = 0;
        self.send(Event::Page { token, empty }).map_err(|Hungup| Refused::Value("stopped".to_owned()))
    }

    fn pending(&self) -> bool {
        self.in_page > 0
    }
}
