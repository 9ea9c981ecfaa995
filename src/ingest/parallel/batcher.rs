//! What a parser finds, put into batches and sent to the writer.

use std::sync::mpsc::channel;

use super::pipeline::Event;
use super::work_queue::WorkQueue;
use crate::ingest::parse::detail::RawDetail;
use crate::ingest::parse::fast_path::DetailSpan;
use crate::ingest::parse::fingerprint::FingerprintKey;
use crate::ingest::parse::page::Sink;
use crate::ingest::parse::page_kind::RecordKind;
use crate::ingest::parse::row::{Defaults, DetailError, Mark, RowBuilder};
use crate::model::Instant;
use crate::store::load::{Known, KnownChunk};
use crate::store::row::Fingerprint;

/// Rows, or bytes of their texts, that go to the writer at once.
const BATCH_ROWS: usize = 448;
const BATCH_BYTES: usize = 512 << 10;
/// Known chunks that go to the writer at once: about as many images as a batch has rows.
const BATCH_CHUNKS: usize = 16;

/// The writer has stopped listening.
pub(in crate::ingest) struct Disconnected;

impl From<Disconnected> for DetailError {
    fn from(Disconnected: Disconnected) -> Self {
        DetailError::Stopped
    }
}

/// What all parsers of an ingest share.
#[derive(Clone, Copy)]
pub(in crate::ingest) struct Context<'s> {
    pub(in crate::ingest) defaults: &'s Defaults,
    /// When the pages were captured: no image was pushed later.
    pub(in crate::ingest) captured_at: Instant,
    pub(in crate::ingest) known: &'s Known,
}

/// A sink for the parser of one source, or of a run of details in it.
pub(in crate::ingest) struct Batcher<'s> {
    send: &'s dyn Fn(Event) -> Result<(), Disconnected>,
    rows: RowBuilder,
    /// The texts that need not be parsed.
    known: &'s Known,
    /// Known chunks that wait to be sent. Where there are any, no rows wait.
    chunks: Vec<KnownChunk>,
    /// Whether a chunk ends with the last row.
    at_border: bool,
    /// Who may read runs of details, if anybody.
    queue: Option<&'s WorkQueue>,
    /// The stream of text that is being read.
    member: String,
    /// Details, or runs of them, since the page before.
    in_page: u64,
}

impl<'s> Batcher<'s> {
    pub(in crate::ingest) fn new(
        send: &'s dyn Fn(Event) -> Result<(), Disconnected>,
        Context { defaults, captured_at, known }: Context<'s>,
        queue: Option<&'s WorkQueue>,
    ) -> Self {
        let rows = RowBuilder::new(defaults.clone(), captured_at);
        Batcher { send, rows, known, chunks: Vec::new(), at_border: false, queue, member: String::new(), in_page: 0 }
    }

    /// A stream of text begins.
    pub(in crate::ingest) fn member(&mut self, name: &str) -> Result<(), Disconnected> {
        name.clone_into(&mut self.member);
        (self.send)(Event::Member(name.to_owned()))
    }

    /// Send what waits.
    pub(in crate::ingest) fn flush(&mut self) -> Result<(), Disconnected> {
        if !self.chunks.is_empty() {
            (self.send)(Event::Known(std::mem::take(&mut self.chunks)))?;
        }
        if self.rows.rows() == 0 {
            return Ok(());
        }
        (self.send)(Event::Rows(self.rows.take()))?;
        match self.rows.take_anomalies() {
            none if none.is_empty() => Ok(()),
            anomalies => (self.send)(Event::Anomalies(anomalies)),
        }
    }
}

impl Sink for Batcher<'_> {
    fn detail(&mut self, detail: &RawDetail<'_>, region: Option<&str>) -> Result<Mark, DetailError> {
        // Where a chunk has ended if possible, for a text is only noted if its rows are together.
        let enough = if self.at_border { BATCH_ROWS } else { 2 * BATCH_ROWS };
        if self.rows.rows() >= enough || self.rows.bytes() >= BATCH_BYTES || !self.chunks.is_empty() {
            self.flush()?;
        }
        let mark = self.rows.push(detail, region)?;
        self.at_border = mark == Mark::Border;
        self.in_page += 1;
        Ok(mark)
    }

    fn key(&self, separator: Option<u8>, region: Option<&str>) -> FingerprintKey {
        FingerprintKey::new(self.rows.defaults(), separator, region)
    }

    fn fingerprint(&mut self, rows: usize, text: Fingerprint) {
        self.rows.fingerprint(rows, text);
    }

    fn known(&self) -> &Known {
        self.known
    }

    fn take_known(&mut self, chunk: KnownChunk) -> Result<(), DetailError> {
        if self.rows.rows() > 0 || self.chunks.len() >= BATCH_CHUNKS {
            self.flush()?;
        }
        self.in_page += 1;
        self.chunks.push(chunk);
        Ok(())
    }

    fn page(&mut self, token: Option<String>, region: Option<&str>) -> Result<(), DetailError> {
        self.flush()?;
        let empty = if self.in_page == 0 { self.rows.default_repository(region).ok() } else { None };
        self.in_page = 0;
        Ok((self.send)(Event::Page { token, empty })?)
    }

    fn pending(&self) -> bool {
        self.in_page > 0
    }

    fn record(&mut self, kind: RecordKind, text: &str, region: Option<&str>) -> Result<(), DetailError> {
        // The session has no use for records yet; a parser's refusal has a place, and the session's has not.
        let _ = (text, region);
        Err(DetailError::Value(kind.refusal().to_owned()))
    }

    fn has_idle_worker(&self) -> bool {
        self.queue.is_some_and(WorkQueue::has_idle_worker)
    }

    fn submit(&mut self, span: DetailSpan) -> Result<(), DetailError> {
        self.flush()?;
        self.in_page += 1;
        let (found, events) = channel();
        (self.send)(Event::Elsewhere(events))?;
        if let Some(queue) = self.queue {
            queue.submit(span, &self.member, found);
        }
        Ok(())
    }
}
