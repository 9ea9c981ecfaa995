//! One ingest: sources to pages, pages to listings, listings to one snapshot in one transaction.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::applier::EventApplier;
use super::error::IngestError;
use super::folders::Folders;
use super::ids_check::{self, IdsChecked};
use super::parallel::batcher::Context;
use super::parallel::pipeline::{self, Event};
use super::parse::anomalies::Anomalies;
use super::parse::extract::Skipped;
use super::parse::row::Defaults;
use super::source::{Problem, Seen, Source};
use super::unchanged_files;
use crate::model::{CaptureFilter, DeclaredScope, Instant, snapshot_name_problem};
use crate::store::load::{IngestRun, Loaded, SourceRecord, Target};
use crate::store::row::RepositoryName;
use crate::store::{Cancel, Writer};

/// Options of an ingest.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Options {
    /// The database; made if there is none.
    pub db: PathBuf,
    /// The snapshot's name; by default the capture time.
    pub snapshot: Option<String>,
    /// When the capture was made; by default the newest modification time among the sources, and
    /// now if none has one.
    pub captured_at: Option<Instant>,
    /// What the pages do not say.
    pub defaults: Defaults,
    /// The `--filter` of the capture.
    pub capture_filter: Option<CaptureFilter>,
    /// Take the new listing of a repository that the snapshot already holds.
    pub replace: bool,
    /// Take pages out of surrounding text: captures of terminals and CI logs, JSON in JSON strings.
    pub extract: bool,
    /// Which repositories the capture covers. Not recorded if a source is refused, which may hold a repository.
    pub scope: DeclaredScope,
    /// Go on after a source that is refused.
    pub keep_going: bool,
    /// Read and check everything, write nothing.
    pub dry_run: bool,
    /// Ends the ingest when it is set from another thread; the database is then unchanged.
    pub cancel: Cancel,
}

/// What an ingest did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The snapshot's name.
    pub snapshot: String,
    /// The capture time, if it was taken from the modification times of the files.
    pub dated: Option<Instant>,
    /// What was written.
    pub loaded: Loaded,
    /// Sources that were read.
    pub sources: u64,
    /// Their size on disk, in bytes.
    pub bytes: u64,
    /// Forms that the service never gives.
    pub anomalies: Anomalies,
    /// The text around the pages, with [`Options::extract`].
    pub skipped: Skipped,
    /// Sources that were refused, with `keep_going`.
    pub failed: Vec<IngestError>,
    /// Registries whose repositories the database holds without a region, and the region that their pages say. They
    /// stay without, so that their history continues.
    pub unlabelled: Vec<(String, String)>,
    /// Repositories with details that a list of all repositories of their registry does not have.
    pub unlisted: Vec<RepositoryName>,
    /// How list-images pages agree with the images.
    pub ids: Vec<IdsChecked>,
    /// How often the sources were read. More than once if sources are refused, if an archive is not in order, or if a
    /// manifest or a list of repositories comes after pages that it describes; at most seven times.
    pub passes: u32,
}

/// Ingest `sources` into one snapshot. `progress` counts the bytes that were read.
///
/// # Errors
/// The first source that is refused (without `keep_going`), or an error of the store; the database
/// is then unchanged.
pub fn ingest(sources: &[Source], options: &Options, progress: &Arc<AtomicU64>) -> Result<Outcome, IngestError> {
    let mut failed: Vec<(usize, IngestError)> = Vec::new();
    let mut modes = vec![ReadMode::AsItComes; sources.len()];
    let mut folders = Folders::new(options.defaults.clone());
    let mut restarts = 0;
    let before = progress.load(Ordering::Relaxed);
    for passes in 1.. {
        let said = options.captured_at.or_else(|| folders.captured_at());
        let captured_at = said.unwrap_or_else(|| newest(sources));
        let snapshot = options.snapshot.clone().unwrap_or_else(|| captured_at.to_utc_text());
        check_name(&snapshot)?;
        let plan = Plan { modes: &modes, snapshot: &snapshot, captured_at, eager: restarts < EAGER };
        // A source that turns out bad after some of it was loaded is left out of the next attempt, so that nothing of
        // it stays. An attempt finds all of them, so that many bad files cost no more attempts than one.
        let refused = match attempt(sources, &plan, options, &mut folders, progress) {
            Ok(mut outcome) => {
                let by_files = said.is_none() && sources.iter().any(|it| it.modified().is_some());
                outcome.dated = by_files.then_some(captured_at);
                outcome.failed = in_order_of_sources(failed);
                outcome.passes = passes;
                return Ok(outcome);
            }
            // What was found holds for pages that were read before it, and may be what a refused source lacks.
            Err(Failure::Restart) => {
                restarts += 1;
                Vec::new()
            }
            Err(Failure::Sources(refused)) => refused,
            Err(Failure::Ingest(error)) => return Err(error),
        };
        progress.store(before, Ordering::Relaxed);
        for (index, error) in refused {
            if modes[index] == ReadMode::AsItComes && asks_for_order(&error, &sources[index]) {
                put_in_order(sources, &mut modes, index);
            } else if options.keep_going {
                modes[index] = ReadMode::NotAtAll;
                failed.push((index, error));
            } else {
                return Err(error);
            }
        }
        if modes.iter().all(|mode| *mode == ReadMode::NotAtAll) {
            return Ok(Outcome { snapshot, failed: in_order_of_sources(failed), passes, ..Outcome::default() });
        }
    }
    unreachable!("each attempt but the last changes how a source is read, or counts a restart")
}

/// The errors in the order of the sources that they are about.
fn in_order_of_sources(mut failed: Vec<(usize, IngestError)>) -> Vec<IngestError> {
    failed.sort_by_key(|(index, _)| *index);
    failed.into_iter().map(|(_, error)| error).collect()
}

/// Why an attempt ended without a snapshot.
enum Failure {
    /// These sources are refused.
    Sources(Vec<(usize, IngestError)>),
    /// Facts about folders were found that hold for pages read before them.
    Restart,
    /// The error is not about a source.
    Ingest(IngestError),
}

impl From<IngestError> for Failure {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Restart => Failure::Restart,
            error => Failure::Ingest(error),
        }
    }
}

/// Attempts that end as soon as something is found that holds for pages read before. Later ones continue to the end of
/// the sources, and find all of it at once.
const EAGER: u32 = 2;

/// What an attempt does with the sources.
struct Plan<'p> {
    modes: &'p [ReadMode],
    snapshot: &'p str,
    captured_at: Instant,
    eager: bool,
}

/// Read an archive in the order of its members' names, and the packed files behind it too: if one archive has no order,
/// the others probably have none, and each would cost an attempt.
fn put_in_order(sources: &[Source], modes: &mut [ReadMode], index: usize) {
    modes[index] = ReadMode::InOrder;
    for (source, mode) in sources.iter().zip(modes).skip(index + 1) {
        if *mode == ReadMode::AsItComes && source.is_packed() {
            *mode = ReadMode::InOrder;
        }
    }
}

/// Whether an error may disappear if an archive's members are read in natural order. The end of a series can be
/// an empty page, which names no repository: only its place behind the others shows whose it is.
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

/// One attempt. `folders` gains what is found. With `keep_going` it reads to the end of the sources after one was
/// refused, so that it finds all that are.
fn attempt(
    sources: &[Source],
    plan: &Plan<'_>,
    options: &Options,
    folders: &mut Folders,
    progress: &Arc<AtomicU64>,
) -> Result<Outcome, Failure> {
    let store = |error| Failure::Ingest(IngestError::Store(error));
    let Plan { modes, snapshot, captured_at, eager } = *plan;
    let writer = Writer::open(&options.db, &options.cancel).map_err(store)?;
    let scope = if modes.contains(&ReadMode::NotAtAll) { DeclaredScope::Unknown } else { options.scope };
    let described = describe(options, scope);
    let mut target = Target {
        snapshot: snapshot.to_owned(),
        captured_at: captured_at.micros(),
        capture_filter: options.capture_filter,
        replace: options.replace,
        scope,
    };
    let mut outcome = Outcome { snapshot: snapshot.to_owned(), ..Outcome::default() };
    let wanted: Vec<usize> = (0..sources.len()).filter(|index| modes[*index] != ReadMode::NotAtAll).collect();
    let in_order: Vec<bool> = modes.iter().map(|mode| *mode == ReadMode::InOrder).collect();
    let again = take_over(&writer, &described, (sources, &wanted), &target, options.dry_run, progress);
    if let Some((records, loaded)) = again? {
        outcome.sources = records.len() as u64;
        outcome.bytes = records.iter().map(|record| record.bytes).sum();
        outcome.loaded = loaded;
        return Ok(outcome);
    }
    let load = writer.begin().map_err(store)?;
    let known = Arc::clone(load.known());
    let at_first = folders.clone();
    let context = Context { folders: &at_first, captured_at, extract: options.extract, known: &known };
    let mut applier = EventApplier::new(load, &known, at_first.clone(), eager);
    let mut records = Vec::new();
    let mut refused: Vec<(usize, IngestError)> = Vec::new();
    let run = pipeline::run(sources, &wanted, &in_order, context, progress, |index, event| {
        if refused.last().is_some_and(|(last, _)| *last == index) {
            return Ok(());
        }
        let taken = match event {
            Event::End(seen) => {
                outcome.sources += 1;
                outcome.bytes += seen.bytes;
                records.push(record(&sources[index], &seen));
                applier.end_source();
                Ok(())
            }
            Event::Failed(error) => Err(error),
            event => applier.apply(event),
        };
        match taken {
            Err(error @ (IngestError::Page { .. } | IngestError::Source(_))) => {
                refused.push((index, error));
                applier.drop_source();
                if options.keep_going { Ok(()) } else { Err(IngestError::Stopped) }
            }
            taken => taken,
        }
    });
    // Empty pages get their repositories only from what is not refused.
    let run = match run {
        Ok(()) => applier.finish(refused.is_empty()).map(|empty| {
            refused.extend(empty.into_iter().map(|(source, error)| (wanted[source], error)));
        }),
        run => run,
    };
    let EventApplier { load, found, anomalies, skipped, .. } = applier;
    *folders = found.folders;
    match run {
        Err(IngestError::Restart) => return Err(Failure::Restart),
        _ if !refused.is_empty() => return Err(Failure::Sources(refused)),
        run => run?,
    }
    if options.capture_filter.is_none() {
        target.capture_filter = only_filter(&found.filters)?;
    }
    if found.whole && !found.filters.is_empty() && !modes.contains(&ReadMode::NotAtAll) {
        target.scope = DeclaredScope::Registries;
    }
    outcome.anomalies = anomalies;
    outcome.skipped = skipped;
    outcome.unlabelled = found.unlabelled.into_iter().map(|(id, region)| (id.to_string(), region)).collect();
    outcome.unlisted = found.unlisted;
    let warned = !outcome.anomalies.is_empty() || outcome.skipped != Skipped::default() || found.any;
    let described = describe(options, target.scope);
    let run = IngestRun { sources: &records, options: &described, warned };
    outcome.loaded = load.finish(&target, run, options.dry_run).map_err(store)?;
    if !options.dry_run {
        outcome.ids = ids_check::check(&options.db, snapshot, found.ids).map_err(store)?;
    }
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

/// The filter that the manifests say for the pages of this run.
fn only_filter(filters: &BTreeSet<Option<String>>) -> Result<Option<CaptureFilter>, IngestError> {
    let mut filters = filters.iter();
    let filter = filters.next().cloned().flatten();
    if let Some(other) = filters.next() {
        let shown = |filter: &Option<String>| filter.as_ref().map_or("none".to_owned(), |filter| format!("`{filter}`"));
        return Err(IngestError::Usage(format!(
            "the pages were captured with different filters ({} and {}, as the manifests of the exports say); ingest the \
             folders one after another with the same --snapshot, or say the filter with --capture-filter",
            shown(&filter),
            shown(other)
        )));
    }
    let read = |filter: String| {
        filter.parse().map_err(|error| IngestError::Usage(format!("the manifest of an export: captureFilter: {error}")))
    };
    filter.map(read).transpose()
}

pub(super) fn record(source: &Source, seen: &Seen) -> SourceRecord {
    SourceRecord {
        name: source.name().to_owned(),
        hash: seen.hash.map_or([0; 32], |hash| *hash.as_bytes()),
        bytes: seen.bytes,
        modified_at: source.modified().and_then(instant_of).map(Instant::micros),
    }
}

/// The options that change what a page or the snapshot means, as JSON for the record.
fn describe(options: &Options, scope: DeclaredScope) -> String {
    let Options { defaults, extract, .. } = options;
    let mut described = serde_json::json!({
        "region": defaults.region,
        "registryId": defaults.registry_id,
        "repositoryName": defaults.repository_name,
    });
    if scope == DeclaredScope::Registries {
        described["scope"] = "registry".into();
    }
    if *extract {
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

/// The newest modification time among the sources; now if none has one.
fn newest(sources: &[Source]) -> Instant {
    let newest = sources.iter().filter_map(Source::modified).max().unwrap_or_else(SystemTime::now);
    instant_of(newest).or_else(|| Instant::from_micros(0).ok()).unwrap_or_else(|| unreachable!("1970 is an instant"))
}

/// A capture time that is derived from files has whole seconds.
fn instant_of(time: SystemTime) -> Option<Instant> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Instant::from_micros(i64::try_from(seconds).ok()?.checked_mul(1_000_000)?).ok()
}
