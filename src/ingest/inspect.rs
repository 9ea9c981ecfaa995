//! Reads a source as an ingest does, without a store: what fuzz targets and tests of the parsers call.

use std::collections::HashMap;

use super::error::IngestError;
use super::parse::detail::RawDetail;
use super::parse::extract;
use super::parse::fingerprint::FingerprintKey;
use super::parse::page::{self, Sink};
use super::parse::row::{Defaults, DetailError, Mark, RowBuilder};
use super::source::{ArchiveEntry, Source, Watch};
use crate::model::Instant;
use crate::store::load::{Known, KnownChunk};
use crate::store::row::Fingerprint;

/// What a source has in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspected {
    /// Details.
    pub details: u64,
    /// Pages, and the details outside of a page's object as one.
    pub pages: u64,
    /// The tokens of the pages that have one, in order.
    pub tokens: Vec<String>,
    /// The hash of each row that the store would have, and how often it came.
    pub rows: HashMap<[u8; 16], u64>,
}

/// Read all of a source, its packing included; `extract` takes pages out of surrounding text.
///
/// # Errors
/// What an ingest of the source would refuse, except for what only the store or other sources decide.
pub fn inspect(source: &Source, defaults: &Defaults, extract: bool) -> Result<Inspected, IngestError> {
    // The last instant there is: no push time is after it.
    let captured_at = Instant::from_micros(253_402_300_799_000_000);
    let captured_at = captured_at.map_err(|error| IngestError::Usage(error.to_string()))?;
    let mut sink = Inspector {
        rows: RowBuilder::new(defaults.clone(), captured_at),
        known: Known::default(),
        pending: 0,
        inspected: Inspected::default(),
    };
    source.read(&Watch::default(), &mut |entry: ArchiveEntry<'_>| {
        let read = if extract {
            extract::parse(entry.reader, &mut sink).map(|_| ())
        } else {
            page::parse(entry.reader, &mut sink)
        };
        read.map_err(|error| IngestError::of_page(entry.name, error))
    })?;
    Ok(sink.inspected)
}

struct Inspector {
    rows: RowBuilder,
    known: Known,
    pending: u64,
    inspected: Inspected,
}

impl Sink for Inspector {
    fn detail(&mut self, detail: &RawDetail<'_>, region: Option<&str>) -> Result<Mark, DetailError> {
        let mark = self.rows.push(detail, region)?;
        for row in self.rows.take().rows {
            *self.inspected.rows.entry(row.hash).or_default() += 1;
        }
        self.inspected.details += 1;
        self.pending += 1;
        Ok(mark)
    }

    fn key(&self, separator: Option<u8>, region: Option<&str>) -> FingerprintKey {
        FingerprintKey::new(self.rows.defaults(), separator, region)
    }

    fn fingerprint(&mut self, _rows: usize, _text: Fingerprint) {}

    fn known(&self) -> &Known {
        &self.known
    }

    fn take_known(&mut self, _chunk: KnownChunk) -> Result<(), DetailError> {
        Ok(())
    }

    fn page(&mut self, token: Option<String>, _region: Option<&str>) -> Result<(), DetailError> {
        self.pending = 0;
        self.inspected.pages += 1;
        self.inspected.tokens.extend(token);
        Ok(())
    }

    fn pending(&self) -> bool {
        self.pending > 0
    }
}
