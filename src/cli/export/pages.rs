//! `export` with json or ndjson: a snapshot as the pages that it was saved from.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::super::advice::advised;
use super::super::interrupt::survive_file_size_limit;
use super::super::spool::Spool;
use super::super::stdout::plural;
use super::super::{DONE, REFUSED, print_error, read_at_once};
use super::{Arguments, repositories};
use crate::export::names::Layout;
use crate::export::{self, ExportError, Shape};
use crate::model::visible;
use crate::store::StoreError;
use crate::store::read::{Listing, Reader, Repositories, Snapshot};

/// A listing and where it goes.
type Job = (Listing, PathBuf);

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("{}", advised(.0))]
    Store(#[from] StoreError),
    #[error("{}: the file exists, and nothing was written; pass --force to overwrite it", visible(&.0.to_string_lossy()))]
    There(PathBuf),
    #[error("{}: is a file; --out must name a folder", visible(&.0.to_string_lossy()))]
    NoFolder(PathBuf),
    #[error("{}: {source}", visible(&path.to_string_lossy()))]
    File { path: PathBuf, source: ExportError },
    #[error("no repository of snapshot `{snapshot}` matches `{glob}`")]
    NoRepository { snapshot: String, glob: String },
    #[error("no repository of snapshot `{snapshot}` is of that name, registry and region")]
    NoneSo { snapshot: String },
}

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    survive_file_size_limit();
    let mut out = (arguments.out == Path::new("-")).then(Spool::stdout);
    let read = read_at_once(db, |reader| export(reader, arguments, out.as_mut()));
    // The database is not held any more while the rest is printed.
    let printed = out.map_or(Ok(()), Spool::finish).map_err(|error| not_printed(error.into()));
    match read.and(printed) {
        Ok(()) => DONE,
        Err(Failed::File { source: ExportError::Write(error), .. }) if error.kind() == io::ErrorKind::BrokenPipe => {
            DONE
        }
        Err(error) => {
            print_error(&error, None);
            REFUSED
        }
    }
}

fn not_printed(source: ExportError) -> Failed {
    Failed::File { path: "standard output".into(), source }
}

fn export(reader: &Reader, arguments: &Arguments, out: Option<&mut Spool>) -> Result<(), Failed> {
    let snapshot = reader.snapshot(&arguments.references[0])?;
    let mut listings = reader.listings(snapshot.id, None)?;
    let described = reader.described_repositories(snapshot.id)?;
    let all = listings.iter().map(|listing| &listing.repository).chain(described.iter().map(|it| &it.repository));
    let layout = Layout::of_names(&all.collect::<Vec<_>>());
    for glob in &arguments.scope.repository_name {
        let named = reader.repositories_like(glob)?;
        if !listings.iter().any(|listing| named.contains(&listing.repository_id)) {
            return Err(Failed::NoRepository { snapshot: visible(&snapshot.name), glob: visible(glob) });
        }
    }
    let wanted = arguments.scope.repositories();
    if wanted != Repositories::default() {
        listings = reader.select(snapshot.id, &wanted)?;
        if listings.is_empty() {
            return Err(Failed::NoneSo { snapshot: visible(&snapshot.name) });
        }
    }
    let format = arguments.format.as_deref().or(arguments.output.as_deref()).unwrap_or("json");
    let shape = if format == "ndjson" { Shape::Lines } else { Shape::Page };
    warn(&listings, shape, out.is_some());
    if let Some(out) = out {
        return to_stdout(reader, &snapshot, &listings, shape, out);
    }
    let wrong = |source| Failed::File { path: arguments.out.clone(), source };
    let whole = wanted == Repositories::default();
    let others = match shape {
        Shape::Page => repositories::files(reader, &snapshot, (&listings, whole), layout, &arguments.out),
        Shape::Lines => Ok(Vec::new()),
    };
    let others = others.map_err(wrong)?;
    // A manifest says whose an empty page is.
    let apart = others.is_empty();
    let jobs: Vec<Job> = listings
        .into_iter()
        .filter(|listing| shape == Shape::Page || listing.images > 0)
        .map(|listing| {
            let folder =
                if listing.images > 0 || !apart { arguments.out.clone() } else { folder_for_empty(&arguments.out) };
            let path = folder.join(layout.path(&listing.repository, format));
            (listing, path)
        })
        .collect();
    if !arguments.force
        && let Some(path) = jobs
            .iter()
            .map(|(_, path)| path)
            .chain(others.iter().map(|(path, _)| path))
            .find(|path| path.symlink_metadata().is_ok())
    {
        return Err(Failed::There(path.clone()));
    }
    if arguments.out.metadata().is_ok_and(|there| !there.is_dir()) {
        return Err(Failed::NoFolder(arguments.out.clone()));
    }
    for (listing, path) in &jobs {
        to_file(reader, &snapshot, listing, shape, path, arguments.force)
            .map_err(|source| Failed::File { path: path.clone(), source })?;
    }
    for (path, content) in &others {
        create(path, &snapshot, arguments.force, |out| Ok(out.write_all(content)?))
            .map_err(|source| Failed::File { path: path.clone(), source })?;
    }
    let count = jobs.len() + others.len();
    eprint_escaped!("{} written to {}", plural(count as u64, "file"), visible(&arguments.out.to_string_lossy()));
    if apart {
        hint(&jobs, arguments, &snapshot);
    }
    Ok(())
}

/// What the shape or the place cannot hold.
fn warn(listings: &[Listing], shape: Shape, stdout: bool) {
    for listing in listings {
        let name = visible(&listing.repository.name);
        if listing.images == 0 && (stdout || shape == Shape::Lines) {
            eprint_escaped!("ecrsnap: warning: {name} has no images, and an empty page does not name its repository");
        } else if !listing.complete && shape == Shape::Lines {
            eprint_escaped!("ecrsnap: warning: {name} is incomplete, which lines cannot say; use --format json");
        }
    }
}

fn to_stdout(
    reader: &Reader,
    snapshot: &Snapshot,
    listings: &[Listing],
    shape: Shape,
    out: &mut Spool,
) -> Result<(), Failed> {
    for listing in listings.iter().filter(|listing| listing.images > 0) {
        export::write(reader, snapshot, listing, shape, out).map_err(not_printed)?;
    }
    Ok(())
}

/// Where a file is written that will replace another.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    name.into()
}

/// Write the page of a listing.
fn to_file(
    reader: &Reader,
    snapshot: &Snapshot,
    listing: &Listing,
    shape: Shape,
    path: &Path,
    force: bool,
) -> Result<(), ExportError> {
    create(path, snapshot, force, |out| export::write(reader, snapshot, listing, shape, out))
}

/// Write one file, dated by the capture; one that cannot be written whole is removed again.
fn create(
    path: &Path,
    snapshot: &Snapshot,
    force: bool,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // What is there stays until the new file is whole; a link is replaced, not followed.
    let replaced = force && path.symlink_metadata().is_ok();
    let target = path;
    let path = &if replaced { part_of(path) } else { path.to_owned() };
    let mut out = BufWriter::with_capacity(1 << 16, File::create_new(path)?);
    let written =
        write(&mut out).and_then(|()| Ok(out.into_inner().map_err(io::IntoInnerError::into_error)?)).and_then(|file| {
            // Without --captured-at, an ingest takes the file's modification time.
            let captured = u64::try_from(snapshot.captured_at).ok().map(Duration::from_micros);
            match captured.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since)) {
                Some(at) => Ok(file.set_modified(at)?),
                None => Ok(()),
            }
        });
    let written = written.and_then(|()| if replaced { Ok(fs::rename(path, target)?) } else { Ok(()) });
    if written.is_err() {
        // What was wrong is said; a part of a file that stays behind as well is refused by ingest.
        let _ = fs::remove_file(path);
    }
    written
}

/// The folder for empty pages: `pages-empty` next to `pages`.
fn folder_for_empty(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or("export".as_ref()).to_owned();
    name.push("-empty");
    folder.with_file_name(name)
}

/// How to take it in again, for what a plain `ingest DIR` would not do.
fn hint(jobs: &[Job], arguments: &Arguments, snapshot: &Snapshot) {
    for (listing, path) in jobs.iter().filter(|(listing, _)| listing.images == 0) {
        let name = &listing.repository;
        eprint_escaped!(
            "note: {} is an empty page; ingest it with --snapshot {} --registry-id {} --repository-name {}",
            visible(&path.to_string_lossy()),
            visible(&snapshot.name),
            visible(&name.registry_id),
            visible(&name.name)
        );
    }
    if jobs.iter().any(|(listing, _)| !listing.repository.region.is_empty()) {
        eprint_escaped!(
            "note: pages do not say their region; ingest the folder of each region with its --region, all with \
             --snapshot {}",
            visible(&snapshot.name)
        );
    }
    if jobs.iter().any(|(listing, _)| listing.capture_filter.is_some()) {
        eprint_escaped!(
            "note: pages do not say the filter of their capture; `ecrsnap snapshots show {}` does, and ingest takes it \
             as --capture-filter",
            visible(&arguments.references[0])
        );
    }
}
