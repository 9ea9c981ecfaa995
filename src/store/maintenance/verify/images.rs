//! The image rows: each hash recomputed from its columns, each member readable.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::{DefaultHashBuilder, HashSet};
use rusqlite::{Connection, Row};
use serde_json::value::RawValue;

use super::Names;
use super::finding::{Finding, Findings};
use super::segments::{self, Comparison};
use crate::model::{Digest, Instant, json};
use crate::store::columns::{Column, Columns, digest_of};
use crate::store::error::StoreError;
use crate::store::row::{digest_prefix, hash_row};
use crate::store::segment;

/// Image ids from `first` to `last`. Both ends are borders between segments.
#[derive(Clone, Copy, Debug)]
pub(super) struct IdRange {
    first: i64,
    last: i64,
}

impl IdRange {
    /// Two ranges that have all ids, each with about half of the images.
    pub(super) fn halves(connection: &Connection) -> Result<[IdRange; 2], StoreError> {
        let last: i64 = connection.query_row("SELECT coalesce(max(id), 0) FROM image", [], |row| row.get(0))?;
        let (_, slot) = segment::place(last / 2);
        let middle = last / 2 - slot as i64;
        Ok([IdRange { first: i64::MIN, last: middle - 1 }, IdRange { first: middle, last: i64::MAX }])
    }

    /// The numbers of its segments.
    fn segments(self) -> [i64; 2] {
        // At the ends it is whatever the table has: a segment of impossible images is damage, too.
        [self.first, self.last].map(|id| if matches!(id, i64::MIN | i64::MAX) { id } else { segment::place(id).0 })
    }
}

/// Where the columns of [`Column::ALL`] begin in a row.
const FIRST: usize = 4;

/// Where a column is in a row.
const fn at(column: Column) -> usize {
    FIRST + column.place()
}

/// Rows between two notes of progress.
const STRIDE: u64 = 1024;

/// What the checks of chunks and listings need of every image, in the order of ids; 58 bytes each.
#[derive(Default)]
pub(super) struct Images {
    ids: Vec<i64>,
    pub(super) hashes: Vec<[u8; 16]>,
    pub(super) sizes: Vec<i64>,
    pub(super) repositories: Vec<i64>,
    /// Hashes of their whole digests, with a key of this run: two digests that share one do not occur.
    pub(super) digests: Vec<u128>,
    pub(super) tagged: Vec<bool>,
    /// Already reported.
    pub(super) damaged: Vec<bool>,
}

impl Images {
    /// Add those with greater ids.
    pub(super) fn append(&mut self, more: Images) {
        self.ids.extend(more.ids);
        self.hashes.extend(more.hashes);
        self.sizes.extend(more.sizes);
        self.repositories.extend(more.repositories);
        self.digests.extend(more.digests);
        self.tagged.extend(more.tagged);
        self.damaged.extend(more.damaged);
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The indices here of images with consecutive ids; `None` if one is missing.
    pub(super) fn places(&self, id: i64, length: i64) -> Option<std::ops::Range<usize>> {
        let length = usize::try_from(length).ok().filter(|length| *length > 0)?;
        let start = self.ids.binary_search(&id).ok()?;
        let end = start.checked_add(length)?;
        let last = id.checked_add(length as i64 - 1)?;
        (self.ids.get(end - 1) == Some(&last)).then_some(start..end)
    }
}

/// Rows of a look-up table without their order: their number, and the sum of a hash of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    rows: u64,
    sum: u64,
}

impl Tally {
    pub(super) fn add(&mut self, hash: u64) {
        self.append(Tally { rows: 1, sum: hash });
    }

    fn append(&mut self, more: Tally) {
        self.rows += more.rows;
        self.sum = self.sum.wrapping_add(more.sum);
    }
}

/// What the look-up tables must hold for each repository.
pub(super) struct Expected {
    pub(super) random: DefaultHashBuilder,
    pub(super) digests: HashMap<i64, Tally>,
    pub(super) tags: HashMap<i64, Tally>,
}

impl Expected {
    /// Nothing yet. Tallies can be compared or added only if their hashes have the same `random`.
    pub(super) fn new(random: DefaultHashBuilder) -> Self {
        Expected { random, digests: HashMap::new(), tags: HashMap::new() }
    }

    /// Add what other images ask for.
    pub(super) fn append(&mut self, more: Expected) {
        for (repository, tally) in more.digests {
            self.digests.entry(repository).or_default().append(tally);
        }
        for (repository, tally) in more.tags {
            self.tags.entry(repository).or_default().append(tally);
        }
    }

    fn add(&mut self, repository: i64, id: i64, digest: &Digest, tags: &[String]) {
        let hash = self.random.hash_one((digest_prefix(digest), id));
        self.digests.entry(repository).or_default().add(hash);
        for tag in tags {
            let hash = self.random.hash_one((tag.as_str(), id));
            self.tags.entry(repository).or_default().add(hash);
        }
    }
}

/// Read and check the images of a range, and their segments.
pub(super) fn check(
    connection: &Connection,
    names: &Names,
    range: IdRange,
    random: DefaultHashBuilder,
    progress: &AtomicU64,
    findings: &mut Findings,
) -> Result<(Images, Expected), StoreError> {
    let mut images = Images::default();
    let mut expected = Expected::new(random);
    let mut scratch = Vec::new();
    let sql = format!(
        "SELECT id, hash, repository_id, kind_id, {} FROM image WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
        Column::list("")
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([range.first, range.last])?;
    let mut stored = connection.prepare(segments::STORED)?;
    let mut stored = stored.query(range.segments())?;
    let mut segments = Comparison::new(&mut stored)?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let digest = digest_of(row.get_ref(at(Column::Digest))?).ok().flatten();
        let repository: i64 = row.get(2).unwrap_or_default();
        let tags = tags_of(row);
        let mut of_segment = None;
        let problem = match (&digest, &tags) {
            (None, _) => Some("its digest is neither 32 bytes nor text".to_owned()),
            (_, Err(problem)) => Some(problem.clone()),
            (Some(digest), Ok(tags)) => {
                expected.add(repository, id, digest, tags);
                let compared = compare(row, names, repository, !tags.is_empty(), &mut scratch);
                of_segment = compared.as_ref().ok().copied();
                compared.err()
            }
        };
        segments.add(id, of_segment, findings)?;
        let damaged = problem.is_some();
        if let Some(problem) = problem {
            findings.add_with(|| {
                let name = names.repositories.get(&repository).map(|repository| &*repository.name.name);
                Finding { digest: digest.as_ref().map(ToString::to_string), ..Finding::of_repository(name, problem) }
                    .at_image(connection, id)
            });
        }
        images.ids.push(id);
        images.digests.push(digest.as_ref().map_or(0, |digest| whole(&expected.random, digest)));
        images.hashes.push(row.get(1).unwrap_or_default());
        images.sizes.push(row.get::<_, Option<i64>>(at(Column::Size)).ok().flatten().unwrap_or(0));
        images.repositories.push(repository);
        images.tagged.push(tags.is_ok_and(|tags| !tags.is_empty()));
        images.damaged.push(damaged);
        if (images.ids.len() as u64).is_multiple_of(STRIDE) {
            progress.fetch_add(STRIDE, Ordering::Relaxed);
        }
    }
    segments.finish(findings)?;
    Ok((images, expected))
}

/// A hash of all of a digest.
fn whole(random: &DefaultHashBuilder, digest: &Digest) -> u128 {
    u128::from(random.hash_one((0u8, digest))) << 64 | u128::from(random.hash_one((1u8, digest)))
}

/// The tags of a row, each once.
fn tags_of(row: &Row<'_>) -> Result<Vec<String>, String> {
    let Some(text) = text(row, at(Column::Tags))? else { return Ok(Vec::new()) };
    let mut tags: Vec<String> =
        serde_json::from_str(text).map_err(|_| "its tags are not a JSON array of strings".to_owned())?;
    if tags.len() > 1 {
        tags.sort_unstable();
        tags.dedup();
    }
    Ok(tags)
}

/// Compare a row whose digest and tags can be read with its hash; an error says what is wrong. Returns what a segment
/// has of it.
fn compare(
    row: &Row<'_>,
    names: &Names,
    repository: i64,
    tagged: bool,
    scratch: &mut Vec<u8>,
) -> Result<segment::Row, String> {
    let kind_id: i64 = row.get(3).map_err(|_| "a number of it cannot be read".to_owned())?;
    let kind = names.kinds.get(&kind_id).ok_or("its media types and states are missing")?;
    let repository = names.repositories.get(&repository).ok_or("its repository is missing")?;
    let columns = Columns::read(row, FIRST).map_err(|why| why.of("it"))?;
    let stored: [u8; 16] = row.get(1).map_err(|_| "its hash is not of 16 bytes".to_owned())?;
    if hash_row(&repository.hash, kind, &columns, scratch) != stored {
        return Err("its stored columns are not what was ingested (its hash differs)".to_owned());
    }
    readable(&columns)?;
    Ok(segment::Row::new(kind_id, &columns, tagged))
}

/// A row that matches its hash was written by a program that knew how; still, a reader relies on this.
fn readable(columns: &Columns<'_>) -> Result<(), String> {
    if columns.times.iter().filter_map(|(_, time)| *time).any(|micros| Instant::from_micros(micros).is_err()) {
        return Err("one of its times is beyond the years 1 to 9999".to_owned());
    }
    if let Some(counts) = columns.severity_counts
        && serde_json::from_str::<BTreeMap<String, Option<i64>>>(counts).is_err()
    {
        return Err("its findings are not a JSON object of counts".to_owned());
    }
    if let Some(rest) = columns.rest {
        let known = ["members", "scan_status", "findings", "nanos"];
        let parts = serde_json::from_str::<BTreeMap<String, &RawValue>>(rest);
        let fine = parts.is_ok_and(|parts| {
            parts.iter().all(|(name, part)| known.contains(&name.as_str()) && part.get().starts_with('{'))
        });
        if !fine || json::parse(rest).is_err() {
            return Err("its unknown members cannot be read".to_owned());
        }
    }
    Ok(())
}

/// One row for one version: a second equal one of a repository was never written.
pub(super) fn repeated(connection: &Connection, names: &Names, images: &Images, findings: &mut Findings) {
    let mut seen = HashSet::with_capacity(images.len());
    for (place, hash) in images.hashes.iter().enumerate() {
        let repository = images.repositories[place];
        if !seen.insert((repository, hash)) && !images.damaged[place] {
            findings.add_with(|| {
                let name = names.repositories.get(&repository).map(|repository| &*repository.name.name);
                Finding::of_repository(name, "the same image is stored twice").at_image(connection, images.ids[place])
            });
        }
    }
}

fn text<'r>(row: &'r Row<'_>, index: usize) -> Result<Option<&'r str>, String> {
    let value = row.get_ref(index).map_err(|error| error.to_string())?;
    value.as_str_or_null().map_err(|_| "a text of it cannot be read".to_owned())
}
