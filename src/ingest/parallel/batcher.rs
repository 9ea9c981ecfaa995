//! What a parser finds, put into batches and sent to the writer.

use std::sync::mpsc::channel;

use super::pipeline::Event;
use super::work_queue::WorkQueue;
use crate::ingest::folders::{Folders, Manifest};
use crate::ingest::parse::detail::RawDetail;
use crate::ingest::parse::fast_path::DetailSpan;
use crate::ingest::parse::fingerprint::FingerprintKey;
use crate::ingest::parse::page::Sink;
use crate::ingest::parse::page_kind::RecordKind;
use crate::ingest::parse::records;
use crate::ingest::parse::row::{DetailError, Mark, RowBuilder};
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
    pub(in crate::ingest) folders: &'s Folders,
    /// When the pages were captured: no image was pushed later.
    pub(in crate::ingest) captured_at: Instant,
    /// Whether pages are taken out of surrounding text.
    pub(in crate::ingest) extract: bool,
    pub(in crate::ingest) known: &'s Known,
}

/// A sink for the parser of one source, or of a run of details in it.
pub(in crate::ingest) struct Batcher<'s> {
    send: &'s dyn Fn(Event) -> Result<(), Disconnected>,
    rows: RowBuilder,
    /// What holds for pages that do not say it themselves.
    folders: &'s Folders,
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
        Context { folders, captured_at, known, .. }: Context<'s>,
        queue: Option<&'s WorkQueue>,
    ) -> Self {
        let rows = RowBuilder::new(folders.defaults(""), captured_at);
        Batcher {
            send,
            rows,
            folders,
            known,
            chunks: Vec::new(),
            at_border: false,
            queue,
            member: String::new(),
            in_page: 0,
        }
    }

    /// A stream of text begins.
    pub(in crate::ingest) fn member(&mut self, name: &str) -> Result<(), Disconnected> {
        self.within(name);
        (self.send)(Event::Member(name.to_owned()))
    }

    /// Set the stream of text that the following events belong to.
    pub(in crate::ingest) fn within(&mut self, member: &str) {
        member.clone_into(&mut self.member);
        self.rows.set_defaults(self.folders.defaults(member));
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
        self.flush()?;
        let defaults = self.rows.defaults();
        let event = match kind {
            RecordKind::Repositories | RecordKind::Repository => {
                let alone = kind == RecordKind::Repository;
                let said = region.or_else(|| self.folders.said_region(&self.member));
                Event::Repositories(Box::new(records::repositories(text, alone, said, defaults)?))
            }
            RecordKind::LifecyclePolicy => Event::Policy(Box::new(records::policy(text, region, defaults)?)),
            RecordKind::ImageIds => {
                let found = records::image_ids(text, region, defaults)?;
                if found.repository.is_none() {
                    return Err(DetailError::Value(
                        "this is what `aws ecr list-images` prints: ids alone, and no repository; name it with \
                         --registry-id and --repository-name to check them against its images"
                            .to_owned(),
                    ));
                }
                Event::Ids(Box::new(found))
            }
            RecordKind::Manifest => Event::Manifest(Box::new(Manifest::parse(text).map_err(DetailError::Value)?)),
            RecordKind::LifecyclePreview => return Err(DetailError::Value(kind.refusal().to_owned())),
        };
        Ok((self.send)(event)?)
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
