//! Checks that a store still holds what was written: recomputes every hash and every sum, follows
//! every reference, and runs `SQLite`'s own checks. Two threads share the work, each with half of the images.
//!
//! Hashes cover images and their order in listings. What lies above (names, capture times, sources)
//! has no hash; of that the form and the agreement with one another are checked. A check that fails
//! is a [`Finding`] and not an error, and does not keep the others from running.

mod chunks;
mod file;
mod finding;
mod images;
mod listings;
mod lookups;
mod repositories;
mod rules;
mod segments;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use hashbrown::DefaultHashBuilder;
use rusqlite::Connection;

use crate::store::columns::KindText;
use crate::store::error::StoreError;
use crate::store::open::{self, Handle};
use crate::store::row::{Kind, RepositoryName};
pub use finding::{Finding, Findings};
use images::{Expected, IdRange, Images};

/// How often two connections try to see the same state of a database that others write to.
const TRIES: usize = 100;

/// A database about to be verified.
pub struct Verifier {
    path: PathBuf,
    connection: Handle,
}

/// What a verification saw.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Snapshots.
    pub snapshots: u64,
    /// Different listings in them.
    pub listings: u64,
    /// Different images in those.
    pub images: u64,
    /// Images that no snapshot has any more, because their listing was replaced; `forget` takes them along.
    pub unused: u64,
    /// What is damaged.
    pub findings: Findings,
}

/// The small tables that rows refer to, by id.
struct Names {
    repositories: HashMap<i64, Repository>,
    /// Their part in the hash of an image.
    kinds: HashMap<i64, [u8; 16]>,
}

/// A repository's row.
struct Repository {
    name: RepositoryName,
    /// Its part in the hash of an image.
    hash: [u8; 16],
}

impl Names {
    fn read(connection: &Connection) -> Result<Self, StoreError> {
        Ok(Names { repositories: repository_names(connection)?, kinds: kinds(connection)? })
    }
}

impl Verifier {
    /// Open a database; it must be there and of this program's schema.
    ///
    /// # Errors
    /// If the file does not exist, is not a database of ecrsnap, or cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Verifier { path: path.to_owned(), connection: open::for_verifying(path)? })
    }

    /// About how many images there are to look at, for a progress bar.
    pub fn expected(&self) -> Option<u64> {
        let last = self.connection.query_row("SELECT max(id) FROM image", [], |row| row.get::<_, Option<i64>>(0));
        last.ok().flatten().and_then(|last| u64::try_from(last).ok())
    }

    /// Check everything; `progress` counts images.
    ///
    /// # Errors
    /// If something cannot be looked at for a reason that is not damage, such as the want of file
    /// descriptors or memory.
    pub fn run(self, progress: &AtomicU64) -> Result<Report, StoreError> {
        let Verifier { path, connection } = self;
        let mut report = Report::default();
        if !file::schema(&connection, &mut report.findings) {
            return Ok(report);
        }
        // Opened before anything is reported: what cannot be opened is not damaged.
        let second = open::for_verifying(&path)?;
        let same = begin_both(&connection, &second)?;
        let random = DefaultHashBuilder::default();
        thread::scope(|scope| {
            let (send, receive) = sync_channel(1);
            let of_second = random.clone();
            let sqlites_own = scope.spawn(move || {
                let _ = send.send(if same { second_half(&second, of_second, progress) } else { None });
                let mut findings = Findings::default();
                file::check(&second, &mut findings);
                findings
            });
            content(&connection, random, progress, &receive, &mut report);
            match sqlites_own.join() {
                Ok(findings) => report.findings.append(findings),
                Err(_) => report.findings.add(Finding::of("SQLite's own checks did not come to an end".to_owned())),
            }
        });
        let refused = report.findings.refused.take();
        refused.map_or(Ok(report), |reason| Err(StoreError::Unverified { path, reason }))
    }
}

/// Begin a read transaction on either connection; whether both see the same state of the same file.
fn begin_both(first: &Connection, second: &Connection) -> Result<bool, StoreError> {
    for connection in [first, second] {
        connection.execute_batch("PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY")?;
    }
    // Each of two connections to a database of an older schema may have a copy of its own.
    if first.path() != second.path() {
        first.execute_batch("BEGIN")?;
        return Ok(false);
    }
    let read = |connection: &Connection| {
        connection.execute_batch("BEGIN")?;
        // A transaction begins with the first thing that it reads, and the schema can be read: it was compared.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).map(|_| ())
    };
    let version = || second.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0));
    for _ in 0..TRIES {
        let before = version()?;
        read(first)?;
        read(second)?;
        // It counts what others have committed, so nobody did in between.
        if version()? == before {
            return Ok(true);
        }
        first.execute_batch("ROLLBACK")?;
        second.execute_batch("ROLLBACK")?;
    }
    read(first)?;
    Ok(false)
}

/// What the check of half of the images gives.
struct Half {
    checked: Result<(Images, Expected), StoreError>,
    findings: Findings,
}

/// Check the images in the second half of the ids. `None` if it is not even known which these are.
fn second_half(connection: &Connection, random: DefaultHashBuilder, progress: &AtomicU64) -> Option<Half> {
    let [_, range] = IdRange::halves(connection).ok()?;
    let names = Names::read(connection).ok()?;
    let mut findings = Findings::default();
    let checked = images::check(connection, &names, range, random, progress, &mut findings);
    Some(Half { checked, findings })
}

/// Everything that is ours to check, in the read transaction that was begun.
fn content(
    connection: &Connection,
    random: DefaultHashBuilder,
    progress: &AtomicU64,
    second: &Receiver<Option<Half>>,
    report: &mut Report,
) {
    let mut findings = std::mem::take(&mut report.findings);
    let checked = hashes(connection, random, progress, second, report, &mut findings);
    report.findings = findings;
    if let Err(error) = checked {
        report.findings.unreadable("images and listings", &error);
    }
    file::views(connection, &mut report.findings);
    rules::check(connection, &mut report.findings);
}

/// From the images up: rows, look-ups, chunks, listings.
fn hashes(
    connection: &Connection,
    random: DefaultHashBuilder,
    progress: &AtomicU64,
    second: &Receiver<Option<Half>>,
    report: &mut Report,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map(|count| count as u64);
    report.snapshots = count("SELECT count(*) FROM snapshot")?;
    report.listings = count("SELECT count(DISTINCT listing_id) FROM snapshot_listing")?;
    let names = Names::read(connection)?;
    let [first, other] = IdRange::halves(connection)?;
    let (mut images, mut expected) = images::check(connection, &names, first, random.clone(), progress, findings)?;
    let (more, more_expected) = match second.recv() {
        Ok(Some(half)) => {
            findings.append(half.findings);
            half.checked?
        }
        _ => images::check(connection, &names, other, random, progress, findings)?,
    };
    images.append(more);
    expected.append(more_expected);
    images::repeated(connection, &names, &images, findings);
    lookups::check(connection, &names, &expected, findings)?;
    let chunks = chunks::check(connection, &names, &images, findings)?;
    let used = listings::check(connection, &names, &images, &chunks, findings)?;
    report.images = used;
    repositories::check(connection, &names, findings)?;
    report.unused = (images.len() as u64).saturating_sub(used);
    Ok(())
}

/// Check everything except images, chunks and listings: snapshots, runs, files and pages, settings and policies.
pub(in crate::store) fn records(connection: &Connection) -> Findings {
    let mut findings = Findings::default();
    rules::check(connection, &mut findings);
    let checked = repository_names(connection).and_then(|repositories| {
        repositories::check(connection, &Names { repositories, kinds: HashMap::new() }, &mut findings)
    });
    if let Err(error) = checked {
        findings.unreadable("settings and policies", &error);
    }
    findings
}

fn repository_names(connection: &Connection) -> Result<HashMap<i64, Repository>, StoreError> {
    let mut statement = connection.prepare("SELECT id, registry_id, name, region FROM repository")?;
    let rows = statement.query_map([], |row| {
        let text = |index| row.get::<_, String>(index).map(Into::into);
        let name = RepositoryName { registry_id: text(1)?, name: text(2)?, region: text(3)? };
        let hash = name.hash();
        Ok((row.get(0)?, Repository { name, hash }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn kinds(connection: &Connection) -> Result<HashMap<i64, [u8; 16]>, StoreError> {
    let mut statement = connection.prepare(&format!("SELECT id, {} FROM image_kind", KindText::list("")))?;
    let rows = statement.query_map([], |row| {
        let kind = Kind::read(row, 1)?;
        Ok((row.get(0)?, kind.hash()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
