//! Writing a lake: what is missing is written, what is there is left alone, in an order that a crash cannot spoil.
//!
//! Files are made in a folder of their own on the same file system and renamed into place, so a data file is whole or
//! not there. For a capture that replaces another one: its files are written, the old ones removed, the record
//! written, the new files renamed in. A reader meets the old capture, none for a moment, or the new one, and never
//! both. A run after a crash finds in the record what is missing and writes it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File, TryLockError};
use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::capture::{Capture, Group};
use super::file::{TableFile, whole};
use super::manifest::{self, Entry, Record, Size};
use super::tables::TABLES;
use super::{LakeError, SCHEMA_VERSION, at, layout};
use crate::store::read::{Reader, Repositories, Snapshot};

/// Captures, or images in them, that are put in place together: the record is written once for them.
const CAPTURES: usize = 64;
const IMAGES: u64 = 500_000;
/// The name of a file without rows, and of its registry.
const EMPTY: &str = "empty";

/// Which captures to write, and what to do about those that the lake has.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Of this registry only.
    pub registry_id: Option<String>,
    /// With this region label only.
    pub region: Option<String>,
    /// Replace captures that the lake has with other content.
    pub force: bool,
    /// Remove captures that the store does not have any more, of registries and regions that it has.
    pub prune: bool,
    /// Find out what there is to do, and do nothing.
    pub dry_run: bool,
}

/// A data file, for the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    /// Below the lake.
    pub path: PathBuf,
    /// Rows.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
}

/// What was done about a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Written, for the first time or again because a file was missing or cut short.
    Written,
    /// Removed, because the store does not have it, or has other content.
    Removed,
}

/// What an export did, or would do.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Captures that were written.
    pub written: u64,
    /// Captures that the lake had already.
    pub present: u64,
    /// Captures that were removed because other content took their place.
    pub replaced: u64,
    /// Captures that were removed because the store does not have them.
    pub pruned: u64,
    /// Images that were written.
    pub images: u64,
    /// Files that were written and removed. In a dry run the sizes of those to be written are not known: 0.
    pub files: Vec<(Done, FileRecord)>,
}

/// A folder that is a lake, or becomes one. Other processes that write to it wait outside.
pub struct Lake {
    folder: PathBuf,
    _lock: Option<File>,
}

/// What there is to do for an export.
pub struct Plan {
    jobs: Vec<Job>,
    records: HashMap<(String, String), Record>,
    pruned: Vec<(String, String, Entry)>,
    outcome: Outcome,
    images: u64,
}

/// A capture that is to be written, or whose files are there and unrecorded.
struct Job {
    snapshot: Snapshot,
    registry: String,
    region: String,
    /// What it replaces.
    old: Vec<Entry>,
    adopted: Option<Entry>,
}

impl Lake {
    /// Open a folder. Unless `dry_run` is set, it is made, claimed and locked.
    ///
    /// # Errors
    /// If it is another program's, of a newer version, being written to by another process, or cannot be written.
    pub fn open(folder: &Path, dry_run: bool) -> Result<Self, LakeError> {
        manifest::check(folder)?;
        if dry_run {
            return Ok(Lake { folder: folder.to_owned(), _lock: None });
        }
        let own = folder.join(layout::OWN);
        fs::create_dir_all(&own).map_err(at(&own))?;
        let path = folder.join(layout::lock());
        let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LakeError::Busy(folder.to_owned())),
            Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
        }
        manifest::claim(folder)?;
        let lake = Lake { folder: folder.to_owned(), _lock: Some(lock) };
        lake.clear_unfinished()?;
        lake.add_new_tables()?;
        Ok(lake)
    }

    /// A lake of an older version has no folder for a table that was added since, and an engine refuses a folder that
    /// is not there: an empty file makes one.
    fn add_new_tables(&self) -> Result<(), LakeError> {
        let last = TABLES[TABLES.len() - 1];
        for table in TABLES.iter().filter(|table| table.since > 1) {
            if self.folder.join(table.name).exists() || !self.folder.join(last.name).exists() {
                continue;
            }
            let unfinished = self.folder.join(layout::unfinished());
            fs::create_dir_all(&unfinished).map_err(at(&unfinished))?;
            let made = unfinished.join(unfinished_name(table.name, EMPTY));
            TableFile::create(&made, *table, EMPTY, 0)?.finish()?;
            let target = self.folder.join(layout::partition(table.name, 0, EMPTY));
            fs::create_dir_all(&target).map_err(at(&target))?;
            fs::rename(&made, target.join(file_name(EMPTY))).map_err(at(&made))?;
        }
        self.clear_unfinished()
    }

    /// Compare the snapshots with what the lake has.
    ///
    /// # Errors
    /// If the lake has other content for one of them, unless `force` or `prune` is set; or a record or the store
    /// cannot be read.
    pub fn plan(&self, reader: &Reader, snapshots: &[Snapshot], options: &Options) -> Result<Plan, LakeError> {
        let mut plan = Plan {
            jobs: Vec::new(),
            records: HashMap::new(),
            pruned: Vec::new(),
            outcome: Outcome::default(),
            images: 0,
        };
        let wanted = Repositories {
            registry_id: options.registry_id.clone(),
            region: options.region.clone(),
            ..Repositories::default()
        };
        for snapshot in snapshots {
            for capture in Capture::of(reader, snapshot, &wanted)? {
                self.compare(capture, options, &mut plan)?;
            }
        }
        if options.prune {
            self.find_pruned(reader, options, &mut plan)?;
        }
        Ok(plan)
    }

    fn compare(&self, capture: Capture, options: &Options, plan: &mut Plan) -> Result<(), LakeError> {
        let record = self.record(&capture.registry, &capture.region, &mut plan.records)?;
        let same = |entry: &&Entry| {
            entry.snapshot == capture.snapshot.name && entry.captured_at_us == capture.snapshot.captured_at
        };
        let entries: Vec<Entry> = record.captures.iter().filter(same).cloned().collect();
        let (equal, mut old): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| entry.content == capture.content);
        if old.is_empty() && equal.is_empty() {
            old.extend(self.without_facts(&capture));
        }
        let there = |entry: &Entry| {
            let files = self.paths(entry, &capture.registry);
            files.iter().all(|(path, size)| path.metadata().is_ok_and(|file| file.len() == size.bytes))
        };
        if old.is_empty() && equal.iter().any(there) {
            plan.outcome.present += 1;
            return Ok(());
        }
        let some_left = |entry: &Entry| self.paths(entry, &capture.registry).iter().any(|(path, _)| path.exists());
        // Files of an older version whose columns could not hold all that the store knows: nothing is lost with them.
        let superseded =
            |entry: &Entry| entry.schema < SCHEMA_VERSION && entry.content == capture.content(entry.schema);
        if old.iter().filter(|entry| !superseded(entry)).any(some_left) && !options.force && !options.prune {
            return Err(LakeError::OtherContent {
                snapshot: capture.snapshot.name,
                registry: capture.registry,
                region: capture.region,
            });
        }
        let adopted = if old.is_empty() && equal.is_empty() { self.adopt(&capture) } else { None };
        match &adopted {
            Some(_) => plan.outcome.present += 1,
            None => plan.images += capture.images(),
        }
        let Capture { snapshot, registry, region, .. } = capture;
        plan.jobs.push(Job { snapshot, registry, region, old, adopted });
        Ok(())
    }

    /// The entry for files that are there and whole, though no record says so.
    fn adopt(&self, capture: &Capture) -> Option<Entry> {
        let same = |schema: &u32| capture.content(*schema) == capture.content;
        (1..=SCHEMA_VERSION).rev().filter(same).find_map(|schema| self.whole(capture, schema))
    }

    /// The entry for files of an older version that are there and whole, but lack what the store knows of the
    /// repositories, though no record says so.
    fn without_facts(&self, capture: &Capture) -> Option<Entry> {
        let other = |schema: &u32| capture.content(*schema) != capture.content;
        (1..SCHEMA_VERSION).rev().filter(other).find_map(|schema| self.whole(capture, schema))
    }

    /// The entry for the files of a version, if they are there and whole.
    fn whole(&self, capture: &Capture, schema: u32) -> Option<Entry> {
        let mut entry = entry(capture, schema);
        for (table, size) in &mut entry.tables {
            let folder = layout::partition(table, entry.captured_at_us, &capture.registry);
            let (rows, bytes) = whole(&self.folder.join(folder).join(file_name(&entry.file)), &entry.file)?;
            *size = Size { rows, bytes };
        }
        Some(entry)
    }

    fn find_pruned(&self, reader: &Reader, options: &Options, plan: &mut Plan) -> Result<(), LakeError> {
        let captures = reader.captured_regions()?;
        let wanted = |registry: &String, region: &String| {
            options.registry_id.as_ref().is_none_or(|id| id == registry)
                && options.region.as_ref().is_none_or(|label| label == region)
        };
        let known: BTreeSet<(String, String)> = captures
            .iter()
            .filter(|(_, registry, region)| wanted(registry, region))
            .map(|(_, registry, region)| (registry.clone(), region.clone()))
            .collect();
        let held: BTreeSet<(&str, i64, &str, &str)> = captures
            .iter()
            .map(|(snapshot, registry, region)| {
                (snapshot.name.as_str(), snapshot.captured_at, registry.as_str(), region.as_str())
            })
            .collect();
        for (registry, region) in known {
            let record = self.record(&registry, &region, &mut plan.records)?;
            for entry in &record.captures {
                if !held.contains(&(entry.snapshot.as_str(), entry.captured_at_us, &registry, &region)) {
                    plan.pruned.push((registry.clone(), region.clone(), entry.clone()));
                }
            }
        }
        Ok(())
    }

    /// Do what there is to do; `progress` counts images.
    ///
    /// # Errors
    /// If the store cannot be read or a file cannot be written. What was put in place before stays.
    pub fn export(
        &self,
        reader: &Reader,
        plan: Plan,
        options: &Options,
        progress: &AtomicU64,
    ) -> Result<Outcome, LakeError> {
        let Plan { jobs, mut records, pruned, mut outcome, .. } = plan;
        if options.dry_run {
            return rehearse(reader, jobs, &pruned, outcome);
        }
        let done = self.write(reader, jobs, &mut records, &mut outcome, progress);
        let done = done.and_then(|()| self.prune(&pruned, &mut records, &mut outcome));
        // Best effort after an error: the folder is cleared by the next run as well.
        let cleared = self.clear_unfinished();
        done.and(cleared)?;
        Ok(outcome)
    }

    fn write(
        &self,
        reader: &Reader,
        jobs: Vec<Job>,
        records: &mut HashMap<(String, String), Record>,
        outcome: &mut Outcome,
        progress: &AtomicU64,
    ) -> Result<(), LakeError> {
        let mut batch = Vec::new();
        let mut images = 0;
        for mut job in jobs {
            let entry = if let Some(entry) = job.adopted.take() {
                entry
            } else {
                let Some(capture) = again(reader, &job)? else { continue };
                images += capture.images();
                outcome.images += capture.images();
                outcome.written += 1;
                self.write_capture(reader, &capture, progress)?
            };
            batch.push((job, entry));
            if batch.len() >= CAPTURES || images >= IMAGES {
                self.place(&batch, records, outcome)?;
                batch.clear();
                images = 0;
            }
        }
        self.place(&batch, records, outcome)
    }

    /// Make the files of a capture in the folder for unfinished ones.
    fn write_capture(&self, reader: &Reader, capture: &Capture, progress: &AtomicU64) -> Result<Entry, LakeError> {
        let mut entry = entry(capture, SCHEMA_VERSION);
        let folder = self.folder.join(layout::unfinished());
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        let images = capture.images();
        // Nothing waits between the two, so that no more than two groups of rows are in memory.
        let (sender, receiver) = sync_channel(0);
        let sizes = thread::scope(|scope| {
            let writer = scope.spawn(|| write_files(&folder, &entry.file, images, receiver));
            let read = capture.read(reader, &sender, progress);
            drop(sender);
            let written = writer.join().unwrap_or_else(|panic| resume_unwind(panic));
            // A writer that fails ends the reader too, which then has nothing to say.
            written.and_then(|sizes| read.map(|()| sizes))
        })?;
        entry.tables = TABLES.iter().map(|table| table.name.to_owned()).zip(sizes).collect();
        Ok(entry)
    }

    /// Put captures in place: what they replace goes, the record is written, their files come.
    fn place(
        &self,
        batch: &[(Job, Entry)],
        records: &mut HashMap<(String, String), Record>,
        outcome: &mut Outcome,
    ) -> Result<(), LakeError> {
        let mut touched = BTreeSet::new();
        for (job, entry) in batch {
            for old in &job.old {
                self.remove(old, &job.registry, outcome)?;
                outcome.replaced += 1;
            }
            let record = self.record(&job.registry, &job.region, records)?;
            record
                .captures
                .retain(|other| (&other.snapshot, other.captured_at_us) != (&entry.snapshot, entry.captured_at_us));
            record.captures.push(entry.clone());
            touched.insert((job.registry.clone(), job.region.clone()));
        }
        self.write_records(&touched, records)?;
        let unfinished = self.folder.join(layout::unfinished());
        for (job, entry) in batch.iter().filter(|(_, entry)| entry.schema == SCHEMA_VERSION) {
            // In the order of the tables: who sees a row of the last one sees all of them.
            for table in TABLES {
                let made = unfinished.join(unfinished_name(table.name, &entry.file));
                let folder = layout::partition(table.name, entry.captured_at_us, &job.registry);
                let path = folder.join(file_name(&entry.file));
                if !made.exists() {
                    // It was there before, and has been taken into the record.
                    continue;
                }
                let target = self.folder.join(&folder);
                fs::create_dir_all(&target).map_err(at(&target))?;
                fs::rename(&made, self.folder.join(&path)).map_err(at(&made))?;
                let size = entry.tables.get(table.name).copied().unwrap_or(Size { rows: 0, bytes: 0 });
                outcome.files.push((Done::Written, FileRecord { path, rows: size.rows, bytes: size.bytes }));
            }
        }
        Ok(())
    }

    fn prune(
        &self,
        pruned: &[(String, String, Entry)],
        records: &mut HashMap<(String, String), Record>,
        outcome: &mut Outcome,
    ) -> Result<(), LakeError> {
        let mut touched = BTreeSet::new();
        for (registry, region, entry) in pruned {
            self.remove(entry, registry, outcome)?;
            outcome.pruned += 1;
            self.record(registry, region, records)?.captures.retain(|other| other != entry);
            touched.insert((registry.clone(), region.clone()));
        }
        self.write_records(&touched, records)
    }

    fn write_records(
        &self,
        touched: &BTreeSet<(String, String)>,
        records: &mut HashMap<(String, String), Record>,
    ) -> Result<(), LakeError> {
        for key in touched {
            if let Some(record) = records.get_mut(key) {
                record.write(&self.folder)?;
            }
        }
        Ok(())
    }

    fn record<'r>(
        &self,
        registry: &str,
        region: &str,
        records: &'r mut HashMap<(String, String), Record>,
    ) -> Result<&'r mut Record, LakeError> {
        let key = (registry.to_owned(), region.to_owned());
        if !records.contains_key(&key) {
            records.insert(key.clone(), Record::read(&self.folder, registry, region)?);
        }
        Ok(records.entry(key).or_insert_with(|| Record {
            registry_id: registry.to_owned(),
            region: region.to_owned(),
            captures: Vec::new(),
        }))
    }

    fn paths(&self, entry: &Entry, registry: &str) -> Vec<(PathBuf, Size)> {
        relative(entry, registry).into_iter().map(|(path, size)| (self.folder.join(path), size)).collect()
    }

    /// Remove the files of a capture, and folders that are empty then.
    fn remove(&self, entry: &Entry, registry: &str, outcome: &mut Outcome) -> Result<(), LakeError> {
        for (path, _) in relative(entry, registry) {
            let full = self.folder.join(&path);
            match fs::remove_file(&full) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&full)(error)),
                _ => {}
            }
            for folder in full.ancestors().skip(1).take(2) {
                // A folder that holds something stays.
                let _ = fs::remove_dir(folder);
            }
        }
        note_removed(entry, registry, outcome);
        Ok(())
    }

    fn clear_unfinished(&self) -> Result<(), LakeError> {
        let folder = self.folder.join(layout::unfinished());
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&folder)(error)),
            _ => Ok(()),
        }
    }
}

impl Plan {
    /// Images that are to be written, for a progress bar.
    pub fn images(&self) -> u64 {
        self.images
    }
}

/// The capture of a job. The plan keeps no listings, which would be many in a store of many snapshots.
fn again(reader: &Reader, job: &Job) -> Result<Option<Capture>, LakeError> {
    let wanted = Repositories {
        registry_id: Some(job.registry.clone()),
        region: Some(job.region.clone()),
        ..Repositories::default()
    };
    Ok(Capture::of(reader, &job.snapshot, &wanted)?.pop())
}

/// The files of an entry with their sizes, below the lake, those that appear last first.
fn relative(entry: &Entry, registry: &str) -> Vec<(PathBuf, Size)> {
    let tables = TABLES.iter().rev().filter_map(|table| Some((table.name, *entry.tables.get(table.name)?)));
    let path = |table| layout::partition(table, entry.captured_at_us, registry).join(file_name(&entry.file));
    tables.map(|(table, size)| (path(table), size)).collect()
}

/// Note that the files of an entry are removed.
fn note_removed(entry: &Entry, registry: &str, outcome: &mut Outcome) {
    for (path, size) in relative(entry, registry) {
        outcome.files.push((Done::Removed, FileRecord { path, rows: size.rows, bytes: size.bytes }));
    }
}

/// What an export would do.
fn rehearse(
    reader: &Reader,
    jobs: Vec<Job>,
    pruned: &[(String, String, Entry)],
    mut outcome: Outcome,
) -> Result<Outcome, LakeError> {
    for job in jobs.into_iter().filter(|job| job.adopted.is_none()) {
        for old in &job.old {
            note_removed(old, &job.registry, &mut outcome);
            outcome.replaced += 1;
        }
        let Some(capture) = again(reader, &job)? else { continue };
        outcome.written += 1;
        outcome.images += capture.images();
        let entry = entry(&capture, SCHEMA_VERSION);
        for (path, size) in relative(&entry, &job.registry) {
            outcome.files.push((Done::Written, FileRecord { path, rows: size.rows, bytes: size.bytes }));
        }
    }
    for (registry, _, entry) in pruned {
        note_removed(entry, registry, &mut outcome);
        outcome.pruned += 1;
    }
    Ok(outcome)
}

/// The entry of a capture whose files have no sizes yet.
fn entry(capture: &Capture, schema: u32) -> Entry {
    let tables = TABLES
        .iter()
        .filter(|table| table.since <= schema)
        .map(|table| (table.name.to_owned(), Size { rows: 0, bytes: 0 }));
    Entry {
        file: capture.file(schema),
        content: capture.content(schema).to_owned(),
        schema,
        snapshot: capture.snapshot.name.clone(),
        captured_at_us: capture.snapshot.captured_at,
        tables: tables.collect::<BTreeMap<_, _>>(),
    }
}

fn file_name(file: &str) -> String {
    format!("{file}.parquet")
}

fn unfinished_name(table: &str, file: &str) -> String {
    format!("{table}-{file}.parquet")
}

/// Write the groups that come into one file for each table; their sizes.
fn write_files(folder: &Path, name: &str, images: u64, groups: Receiver<Group>) -> Result<Vec<Size>, LakeError> {
    let create = |table: &super::tables::Table| {
        TableFile::create(&folder.join(unfinished_name(table.name, name)), *table, name, images)
    };
    let mut files = TABLES.iter().map(create).collect::<Result<Vec<_>, _>>()?;
    for (table, rows) in groups {
        files[table].write(rows)?;
    }
    files.into_iter().map(|file| file.finish().map(|(rows, bytes)| Size { rows, bytes })).collect()
}
