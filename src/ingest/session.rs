//! One ingest: sources to pages, pages to listings, listings to one snapshot in one transaction.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};

use super::error::IngestError;
use super::parallel::batcher::Context;
use super::parallel::pipeline::{self, Event};
use super::parse::anomalies::Anomalies;
use super::parse::row::Defaults;
use super::source::{Problem, Seen, Source, SourceError, natural_paths};
use super::unchanged_files;
use crate::model::{CaptureFilter, Instant, snapshot_name_problem};
use crate::store::load::{IngestRun, Known, Load, Loaded, SourceRecord, Target};
use crate::store::row::RepositoryName;
use crate::store::{Cancel, Writer};

/// What an ingest is asked to do, beside its sources.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The database; made where there is none.
    pub db: PathBuf,
    /// The snapshot's name; by default the capture time.
    pub snapshot: Option<String>,
    /// When the capture was made; by default the newest modification time among the sources, and
    /// now where none has one.
    pub captured_at: Option<Instant>,
    /// What the pages do not say.
    pub defaults: Defaults,
    /// The `--filter` of the capture.
    pub capture_filter: Option<CaptureFilter>,
    /// Take the new listing of a repository that the snapshot already holds.
    pub replace: bool,
    /// Go on after a source that is refused.
    pub keep_going: bool,
    /// Read and check everything, write nothing.
    pub dry_run: bool,
    /// Ends the ingest when it is set from another thread; the database is then as it was.
    pub cancel: Cancel,
}

/// What an ingest did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The snapshot's name.
    pub snapshot: String,
    /// The capture time, where nobody said it and the files' own times were taken for it.
    pub dated: Option<Instant>,
    /// What was written.
    pub loaded: Loaded,
    /// Sources that were read.
    pub sources: u64,
    /// Bytes of them, as they are on disk.
    pub bytes: u64,
    /// Forms that the service never gives.
    pub anomalies: Anomalies,
    /// Sources that were refused, with `keep_going`.
    pub failed: Vec<IngestError>,
}

/// Ingest `sources` into one snapshot. `progress` counts the bytes that were read.
///
/// # Errors
/// The first source that is refused (without `keep_going`), or what the store says; the database
/// is then as it was.
pub fn ingest(sources: &[Source], options: &Options, progress: &Arc<AtomicU64>) -> Result<Outcome, IngestError> {
    let captured_at = options.captured_at.unwrap_or_else(|| newest(sources));
    let snapshot = options.snapshot.clone().unwrap_or_else(|| captured_at.to_utc_text());
    check_name(&snapshot)?;
    let mut failed = Vec::new();
    let mut modes = vec![ReadMode::AsItComes; sources.len()];
    loop {
        // A source that turns out bad after some of it was taken is left out of a second try, so
        // that nothing of it stays. Bad files are few, and so are archives without an order.
        match attempt(sources, &modes, options, &snapshot, captured_at, progress) {
            Ok(mut outcome) => {
                let by_files = options.captured_at.is_none() && sources.iter().any(|it| it.modified().is_some());
                outcome.dated = by_files.then_some(captured_at);
                outcome.failed = failed;
                return Ok(outcome);
            }
            Err((Some(index), error))
                if modes[index] == ReadMode::AsItComes && asks_for_order(&error, &sources[index]) =>
            {
                modes[index] = ReadMode::InOrder;
            }
            Err((Some(index), error)) if options.keep_going => {
                modes[index] = ReadMode::NotAtAll;
                failed.push(error);
                if modes.iter().all(|mode| *mode == ReadMode::NotAtAll) {
                    return Ok(Outcome { snapshot, failed, ..Outcome::default() });
                }
            }
            Err((_, error)) => return Err(error),
        }
    }
}

/// Whether an error may be gone where an archive's members come in order. The end of a series can be
/// an empty page, which does not say whose it is unless it stands behind the others.
fn asks_for_order(error: &IngestError, source: &Source) -> bool {
    let order = match error {
        IngestError::Source(error) => matches!(error.problem(), Problem::OutOfOrder { .. }),
        IngestError::Page { file, place: None, .. } => file != source.name(),
        _ => false,
    };
    order && source.is_file()
}

/// How a source is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadMode {
    AsItComes,
    /// An archive's members in the order of their names.
    InOrder,
    NotAtAll,
}

/// One try; an error names the source that it is about.
fn attempt(
    sources: &[Source],
    modes: &[ReadMode],
    options: &Options,
    snapshot: &str,
    captured_at: Instant,
    progress: &Arc<AtomicU64>,
) -> Result<Outcome, (Option<usize>, IngestError)> {
    let store = |error| (None, IngestError::Store(error));
    let writer = Writer::open(&options.db, &options.cancel).map_err(store)?;
    let described = describe(&options.defaults);
    let target = Target {
        snapshot: snapshot.to_owned(),
        captured_at: captured_at.micros(),
        capture_filter: options.capture_filter,
        replace: options.replace,
    };
    let mut outcome = Outcome { snapshot: snapshot.to_owned(), ..Outcome::default() };
    let wanted: Vec<usize> = (0..sources.len()).filter(|index| modes[*index] != ReadMode::NotAtAll).collect();
    let in_order: Vec<bool> = modes.iter().map(|mode| *mode == ReadMode::InOrder).collect();
    let again = take_over(&writer, &described, (sources, &wanted), &target, options.dry_run, progress);
    if let Some((records, loaded)) = again.map_err(|error| (None, error))? {
        outcome.sources = records.len() as u64;
        outcome.bytes = records.iter().map(|record| record.bytes).sum();
        outcome.loaded = loaded;
        return Ok(outcome);
    }
    let load = writer.begin().map_err(store)?;
    let known = Arc::clone(load.known());
    let context = Context { defaults: &options.defaults, captured_at, known: &known };
    let mut applier = EventApplier::new(load, &known);
    let mut records = Vec::new();
    let mut bad = None;
    let run = pipeline::run(sources, &wanted, &in_order, context, progress, |index, event| match event {
        Event::End(seen) => {
            outcome.sources += 1;
            outcome.bytes += seen.bytes;
            records.push(record(&sources[index], &seen));
            applier.end_source();
            Ok(())
        }
        Event::Failed(error) => {
            bad = Some(index);
            Err(error)
        }
        event => applier.apply(event).inspect_err(|error| {
            if matches!(error, IngestError::Page { .. } | IngestError::Source(_)) {
                bad = Some(index);
            }
        }),
    });
    run.map_err(|error| (bad, error))?;
    outcome.anomalies = applier.anomalies;
    let run = IngestRun { sources: &records, options: &described, warned: !outcome.anomalies.is_empty() };
    outcome.loaded = applier.load.finish(&target, run, options.dry_run).map_err(store)?;
    Ok(outcome)
}

/// Take over what an earlier run found in the same files, if there was one. If nothing changes, nothing
/// is locked or written.
fn take_over(
    writer: &Writer,
    described: &str,
    (sources, wanted): (&[Source], &[usize]),
    target: &Target,
    dry_run: bool,
    progress: &Arc<AtomicU64>,
) -> Result<Option<(Vec<SourceRecord>, Loaded)>, IngestError> {
    let Some(mut look) = writer.look()? else { return Ok(None) };
    let Some(found) = unchanged_files::find(&look, described, sources, wanted, progress)? else { return Ok(None) };
    let run = IngestRun { sources: &found.records, options: described, warned: false };
    if !found.take_over(&mut look, described)? {
        return Ok(None);
    }
    let mut loaded = look.finish(target, run, true)?;
    if loaded.changed && !dry_run {
        let mut load = writer.begin()?;
        if !found.take_over(&mut load, described)? {
            return Ok(None);
        }
        loaded = load.finish(target, run, false)?;
    }
    Ok(Some((found.records, loaded)))
}

/// Puts events into the load.
struct EventApplier<'c> {
    load: Load<'c>,
    known: &'c Known,
    source: usize,
    /// Listings of the page that is open, with the details that it added to each.
    touched: Vec<(usize, u64)>,
    /// Listings of the page before, and whether its token was open.
    last: Vec<usize>,
    open: bool,
    member: Arc<str>,
    /// The member of this source that had the last page of each listing.
    members: HashMap<usize, Arc<str>>,
    anomalies: Anomalies,
    /// Registries that were looked at.
    registries: HashSet<Arc<str>>,
}

impl<'c> EventApplier<'c> {
    fn new(load: Load<'c>, known: &'c Known) -> Self {
        EventApplier {
            load,
            known,
            source: 0,
            touched: Vec::new(),
            last: Vec::new(),
            open: false,
            member: Arc::default(),
            members: HashMap::new(),
            anomalies: Anomalies::default(),
            registries: HashSet::new(),
        }
    }

    /// Count what is odd about a repository that is new to this load.
    fn look_at(&mut self, name: &RepositoryName) {
        if !self.load.has(name) {
            self.anomalies.repository(name, self.registries.insert(Arc::clone(&name.registry_id)));
        }
    }

    /// The page that is open has added so many details to a listing.
    fn touch(&mut self, listing: usize, added: u64) {
        match self.touched.iter_mut().find(|(known, _)| *known == listing) {
            Some((_, count)) => *count += added,
            None => self.touched.push((listing, added)),
        }
    }

    fn end_source(&mut self) {
        self.source += 1;
        self.members.clear();
    }

    /// A page of a listing, which must not stand behind one that a folder would have after it.
    fn check_order(&mut self, listing: usize) -> Result<(), IngestError> {
        let Some(last) = self.members.insert(listing, Arc::clone(&self.member)) else { return Ok(()) };
        if natural_paths(&last, &self.member).is_le() {
            return Ok(());
        }
        let problem = Problem::OutOfOrder { first: last.to_string(), second: self.member.to_string() };
        let source = self.member.split('!').next().unwrap_or_default();
        Err(IngestError::Source(SourceError::new(source, problem)))
    }

    fn apply(&mut self, event: Event) -> Result<(), IngestError> {
        match event {
            Event::Member(name) => self.member = name.into(),
            Event::Anomalies(anomalies) => self.anomalies.add(anomalies),
            Event::Rows(batch) => {
                for name in &batch.repositories {
                    self.look_at(name);
                }
                for (listing, added) in self.load.push(batch)? {
                    self.touch(listing, added);
                }
            }
            Event::Known(chunks) => {
                for chunk in chunks {
                    self.look_at(self.known.repository(chunk));
                    let (listing, added) = self.load.push_known(chunk)?;
                    self.touch(listing, added);
                }
            }
            Event::Page { token, empty } => {
                if self.touched.is_empty() {
                    self.touched = match empty {
                        // The last page of a series can be empty.
                        _ if self.open => self.last.iter().map(|listing| (*listing, 0)).collect(),
                        Some(name) => vec![(self.load.listing(&name)?, 0)],
                        None => {
                            return Err(IngestError::Page {
                                file: self.member.to_string(),
                                place: None,
                                message: "a page without images does not say whose it is; \
                                          say it with --registry-id and --repository-name"
                                    .to_owned(),
                            });
                        }
                    };
                }
                self.open = token.is_some();
                self.last = self.touched.iter().map(|(listing, _)| *listing).collect();
                for (listing, images) in std::mem::take(&mut self.touched) {
                    self.check_order(listing)?;
                    self.load.page(listing, self.source, images, token.clone());
                }
            }
            Event::End(_) | Event::Elsewhere(_) | Event::Failed(_) => {}
        }
        Ok(())
    }
}

pub(super) fn record(source: &Source, seen: &Seen) -> SourceRecord {
    SourceRecord {
        name: source.name().to_owned(),
        hash: seen.hash.map_or([0; 32], |hash| *hash.as_bytes()),
        bytes: seen.bytes,
        modified_at: source.modified().and_then(instant_of).map(Instant::micros),
    }
}

/// The options that change what a page means, as JSON for the record.
fn describe(defaults: &Defaults) -> String {
    serde_json::json!({
        "region": defaults.region,
        "registryId": defaults.registry_id,
        "repositoryName": defaults.repository_name,
    })
    .to_string()
}

/// A name that no REF means something else by.
fn check_name(name: &str) -> Result<(), IngestError> {
    let Some(problem) = snapshot_name_problem(name) else { return Ok(()) };
    let name = crate::model::visible(name);
    Err(IngestError::Usage(format!("a snapshot cannot be called `{name}`: it {problem}; choose another --snapshot")))
}

/// The newest modification time among the sources; now where none has one.
fn newest(sources: &[Source]) -> Instant {
    let newest = sources.iter().filter_map(Source::modified).max().unwrap_or_else(SystemTime::now);
    instant_of(newest).or_else(|| Instant::from_micros(0).ok()).unwrap_or_else(|| unreachable!("1970 is an instant"))
}

/// Whole seconds are enough for a capture time that nobody gave.
fn instant_of(time: SystemTime) -> Option<Instant> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Instant::from_micros(i64::try_from(seconds).ok()?.checked_mul(1_000_000)?).ok()
}
