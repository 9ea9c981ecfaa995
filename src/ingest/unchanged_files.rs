//! Recognizes files that an earlier ingest read, by their hashes, so that they are not parsed again.
//!
//! Lengths are compared first, so that new files are not read twice. It must not know what is in a file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;

use super::error::IngestError;
use super::parallel::pipeline::parsers;
use super::session::record;
use super::source::{Seen, Source};
use crate::store::load::{Earlier, Load, SourceRecord};

/// Files that an earlier run read.
pub(super) struct Unchanged {
    /// Their records, in order.
    pub(super) records: Vec<SourceRecord>,
    lengths: Vec<u64>,
    earlier: Earlier,
}

impl Unchanged {
    /// Take over what the earlier run found; false if that is not there any more.
    pub(super) fn take_over(&self, load: &mut Load<'_>, options: &str) -> Result<bool, IngestError> {
        let there = load.earlier(options, &self.lengths)?.is_some_and(|again| again == self.earlier);
        if there {
            load.repeat(&self.earlier)?;
        }
        Ok(there)
    }
}

/// The `wanted` ones of `sources`, if they are files that an earlier run read in the same way.
pub(super) fn find(
    load: &Load<'_>,
    options: &str,
    sources: &[Source],
    wanted: &[usize],
    progress: &Arc<AtomicU64>,
) -> Result<Option<Unchanged>, IngestError> {
    let wanted: Vec<&Source> = wanted.iter().map(|index| &sources[*index]).collect();
    let Some(lengths) = wanted.iter().map(|source| source.bytes()).collect::<Option<Vec<u64>>>() else {
        return Ok(None);
    };
    let Some(earlier) = load.earlier(options, &lengths)? else { return Ok(None) };
    let before = progress.load(Ordering::Relaxed);
    let Some(seen) = same(&wanted, &earlier.hashes, progress) else {
        progress.store(before, Ordering::Relaxed);
        return Ok(None);
    };
    let records = wanted.iter().zip(&seen).map(|(source, seen)| record(source, seen)).collect();
    Ok(Some(Unchanged { records, lengths, earlier }))
}

/// Hash the files; `None` as soon as one has another hash, or cannot be read: the parser, which
/// reads it again, will say why.
fn same(wanted: &[&Source], hashes: &[[u8; 32]], progress: &Arc<AtomicU64>) -> Option<Vec<Seen>> {
    let next = AtomicUsize::new(0);
    let differs = AtomicBool::new(false);
    let work = || {
        let mut found = Vec::new();
        while !differs.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(source) = wanted.get(index) else { break };
            match source.hash(Some(progress)) {
                Ok(Some(seen)) if seen.hash.is_some_and(|hash| *hash.as_bytes() == hashes[index]) => {
                    found.push((index, seen));
                }
                _ => differs.store(true, Ordering::Relaxed),
            }
        }
        found
    };
    let mut found: Vec<(usize, Seen)> = thread::scope(|scope| {
        let others: Vec<_> = (1..parsers().min(wanted.len())).map(|_| scope.spawn(work)).collect();
        let mut found = work();
        found.extend(others.into_iter().filter_map(|other| other.join().ok()).flatten());
        found
    });
    found.sort_unstable_by_key(|(index, _)| *index);
    (found.len() == wanted.len()).then(|| found.into_iter().map(|(_, seen)| seen).collect())
}
