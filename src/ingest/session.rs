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
use super::parse::extract::Skipped;
use super::parse::row::Defaults;
use super::source::{Problem, Seen, Source, SourceError, natural_paths};
use super::unchanged_files;
use crate::model::{CaptureFilter, Instant, snapshot_name_problem};
use crate::store::Writer;
use crate::store::load::{IngestRun, Known, Load, Loaded, SourceRecord, Target};
use crate::store::row::RepositoryName;

/// What an ingest is asked to do, beside its sources.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
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
    /// Take pages out of surrounding text: captures of terminals and CI logs, JSON in JSON strings.
    pub extract: bool,
    /// Go on after a source that is refused.
    pub keep_going: bool,
    /// Read and check everything, write nothing.
    pub dry_run: bool,
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
    /// What stood around the pages, with [`Options::extract`].
    pub skipped: Skipped,
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
        // A source that turns out bad after some of it was taken is left out of a second try, so that
        // nothing of it stays. A try goes on to the last source, so that bad files cost one try in all.
        let refused = match attempt(sources, &modes, options, &snapshot, captured_at, progress) {
            Ok(mut outcome) => {
                let by_files = options.captured_at.is_none() && sources.iter().any(|it| it.modified().is_some());
                outcome.dated = by_files.then_some(captured_at);
                outcome.failed = failed;
                return Ok(outcome);
            }
            Err(Failure::Ingest(error)) => return Err(error),
            Err(Failure::Sources(refused)) => refused,
        };
        for (index, error) in refused {
            if modes[index] == ReadMode::AsItComes && asks_for_order(&error, &sources[index]) {
                put_in_order(sources, &mut modes, index);
            } else if options.keep_going {
                modes[index] = ReadMode::NotAtAll;
                failed.push(error);
            } else {
                return Err(error);
            }
        }
        if modes.iter().all(|mode| *mode == ReadMode::NotAtAll) {
            return Ok(Outcome { snapshot, failed, ..Outcome::default() });
        }
    }
}

/// Why a try ended.
enum Failure {
    /// These sources are refused.
    Sources(Vec<(usize, IngestError)>),
    /// The error is not about a source.
    Ingest(IngestError),
}

/// Read an archive in the order of its members' names, and the packed files behind it too: where one archive
/// has no order, the others are likely to have none, and each would cost a try.
fn put_in_order(sources: &[Source], modes: &mut [ReadMode], index: usize) {
    modes[index] = ReadMode::InOrder;
    for (source, mode) in sources.iter().zip(modes).skip(index + 1) {
        if *mode == ReadMode::AsItComes && source.is_packed() {
            *mode = ReadMode::InOrder;
        }
    }
}

/// Whether an error may be gone if an archive's members come in order. The end of a series can be
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

/// One try.
fn attempt(
    sources: &[Source],
    modes: &[ReadMode],
    options: &Options,
    snapshot: &str,
    captured_at: Instant,
    progress: &Arc<AtomicU64>,
) -> Result<Outcome, Failure> {
    let store = |error| Failure::Ingest(IngestError::Store(error));
    let writer = Writer::open(&options.db).map_err(store)?;
    let mut load = writer.begin().map_err(store)?;
    let described = describe(options);
    let target = Target {
        snapshot: snapshot.to_owned(),
        captured_at: captured_at.micros(),
        capture_filter: options.capture_filter,
        replace: options.replace,
    };
    let mut outcome = Outcome { snapshot: snapshot.to_owned(), ..Outcome::default() };
    let wanted: Vec<usize> = (0..sources.len()).filter(|index| modes[*index] != ReadMode::NotAtAll).collect();
    let in_order: Vec<bool> = modes.iter().map(|mode| *mode == ReadMode::InOrder).collect();
    if let Some(records) =
        unchanged_files::find(&mut load, &described, sources, &wanted, progress).map_err(Failure::Ingest)?
    {
        outcome.sources = records.len() as u64;
        outcome.bytes = records.iter().map(|record| record.bytes).sum();
        let run = IngestRun { sources: &records, options: &described, warned: false };
        outcome.loaded = load.finish(&target, run, options.dry_run).map_err(store)?;
        return Ok(outcome);
    }
    let known = Arc::clone(load.known());
    let context = Context { defaults: &options.defaults, captured_at, extract: options.extract, known: &known };
    let mut applier = EventApplier::new(load, &known);
    let mut records = Vec::new();
    let mut refused: Vec<(usize, IngestError)> = Vec::new();
    let mut pages = PageState::default();
    let mut before = pages;
    let run = pipeline::run(sources, &wanted, &in_order, context, progress, |index, event| {
        // What comes of a source behind its refusal does not matter.
        if refused.last().is_some_and(|(last, _)| *last == index) {
            return Ok(());
        }
        let taken = match event {
            Event::End(seen) => {
                outcome.sources += 1;
                outcome.bytes += seen.bytes;
                records.push(record(&sources[index], &seen));
                applier.end_source();
                before = pages;
                return Ok(());
            }
            Event::Failed(error) => Err(error),
            // After a refusal this try only finds the other sources that are refused.
            event => pages
                .check(&event, &applier.member)
                .and_then(|()| if refused.is_empty() { applier.apply(event) } else { applier.pass_over(event) }),
        };
        match taken {
            Err(error @ (IngestError::Page { .. } | IngestError::Source(_))) => {
                refused.push((index, error));
                pages = before;
                if options.keep_going { Ok(()) } else { Err(IngestError::Stopped) }
            }
            taken => taken,
        }
    });
    match run {
        _ if !refused.is_empty() => return Err(Failure::Sources(refused)),
        run => run.map_err(Failure::Ingest)?,
    }
    outcome.anomalies = applier.anomalies;
    outcome.skipped = applier.skipped;
    let warned = !outcome.anomalies.is_empty() || outcome.skipped != Skipped::default();
    let run = IngestRun { sources: &records, options: &described, warned };
    outcome.loaded = applier.load.finish(&target, run, options.dry_run).map_err(store)?;
    Ok(outcome)
}

/// What decides whether a page without details belongs to a repository.
#[derive(Clone, Copy, Default)]
struct PageState {
    /// The page that is open has details.
    details: bool,
    /// The page before it has an open token: an empty page ends that series.
    open: bool,
}

impl PageState {
    /// Refuse a page that belongs to no repository.
    fn check(&mut self, event: &Event, member: &str) -> Result<(), IngestError> {
        match event {
            Event::Rows(_) | Event::Known(_) => self.details = true,
            Event::Page { token, empty } => {
                let owned = std::mem::take(&mut self.details) || self.open || empty.is_some();
                self.open = token.is_some();
                if !owned {
                    return Err(IngestError::Page {
                        file: member.to_owned(),
                        place: None,
                        message: "a page without images does not say whose it is; \
                                  say it with --registry-id and --repository-name"
                            .to_owned(),
                    });
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Puts events into the load.
struct EventApplier<'c> {
    load: Load<'c>,
    known: &'c Known,
    source: usize,
    /// Listings of the page that is open, with the details that it added to each, and where each stands in
    /// that list.
    touched: Vec<(usize, u64)>,
    places: HashMap<usize, usize>,
    /// Listings of the page before, and whether its token was open.
    last: Vec<usize>,
    open: bool,
    member: Arc<str>,
    /// The member of this source that had the last page of each listing.
    members: HashMap<usize, Arc<str>>,
    anomalies: Anomalies,
    skipped: Skipped,
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
            places: HashMap::new(),
            last: Vec::new(),
            open: false,
            member: Arc::default(),
            members: HashMap::new(),
            anomalies: Anomalies::default(),
            skipped: Skipped::default(),
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
        let place = *self.places.entry(listing).or_insert(self.touched.len());
        match self.touched.get_mut(place) {
            Some((_, count)) => *count += added,
            None => self.touched.push((listing, added)),
        }
    }

    /// Take of an event only what names a source.
    #[allow(clippy::unnecessary_wraps, reason = "stands for `apply`")]
    fn pass_over(&mut self, event: Event) -> Result<(), IngestError> {
        if let Event::Member(name) = event {
            self.member = name.into();
        }
        Ok(())
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
                        // Refused before, by `PageState`.
                        None => Vec::new(),
                    };
                }
                self.open = token.is_some();
                self.last = self.touched.iter().map(|(listing, _)| *listing).collect();
                self.places.clear();
                for (listing, images) in std::mem::take(&mut self.touched) {
                    self.check_order(listing)?;
                    self.load.page(listing, self.source, images, token.clone());
                }
            }
            Event::Skipped(skipped) => {
                self.skipped.lines += skipped.lines;
                self.skipped.bytes += skipped.bytes;
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
fn describe(options: &Options) -> String {
    let defaults = &options.defaults;
    let mut described = serde_json::json!({
        "region": defaults.region,
        "registryId": defaults.registry_id,
        "repositoryName": defaults.repository_name,
    });
    if options.extract {
        described["extract"] = true.into();
    }
    described.to_string()
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
