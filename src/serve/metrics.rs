//! `/metrics`: the figures of the served snapshot for Prometheus.
//!
//! Counting reads every image, so the text is cached until the snapshot's content changes. The content is
//! compared by the hashes of its listings, which also differ between two databases.

use std::sync::{Mutex, PoisonError};

use crate::report::{self, Format};
use crate::service::ServiceError;
use crate::store::StoreError;
use crate::store::read::{Reader, Repositories, Snapshot};

/// The last text, and the content that it is about.
#[derive(Default)]
pub(super) struct Metrics(Mutex<Option<(blake3::Hash, Vec<u8>)>>);

impl Metrics {
    /// The metrics of a snapshot.
    pub(super) fn of(&self, reader: &Reader, snapshot: &Snapshot) -> Result<Vec<u8>, ServiceError> {
        let content = content(reader, snapshot)?;
        // The lock is not held while counting: two first requests count twice, and none waits.
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, text)) = kept.filter(|(known, _)| *known == content) {
            return Ok(text);
        }
        // Metrics have no lists of images.
        let options = report::Options { listed: 0, ..report::Options::default() };
        let figures = report::gather(reader, std::slice::from_ref(snapshot), &options)?;
        let mut text = Vec::new();
        // Writing to memory does not fail.
        let _ = report::write(&figures, Format::OpenMetrics, &mut text);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((content, text.clone()));
        Ok(text)
    }
}

/// A hash over everything that the metrics of a snapshot depend on.
fn content(reader: &Reader, snapshot: &Snapshot) -> Result<blake3::Hash, StoreError> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&snapshot.captured_at.to_le_bytes());
    hasher.update(snapshot.name.as_bytes());
    for listing in reader.select(snapshot.id, &Repositories::default())? {
        hasher.update(&listing.hash);
        let filter = listing.capture_filter.map(|filter| filter.to_string()).unwrap_or_default();
        hasher.update(&[u8::from(listing.complete)]);
        hasher.update(&(filter.len() as u64).to_le_bytes());
        hasher.update(filter.as_bytes());
    }
    Ok(hasher.finalize())
}
