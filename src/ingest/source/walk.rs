//! From paths to sources: what lies in folders, in the order that people expect.

use super::error::{Problem, SourceError};
use super::{Source, order, passed_over};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::model::steps;

/// What [`find`] found, and what it did not.
#[derive(Debug, Default)]
pub struct FoundSources {
    /// What there is to read, in order.
    pub sources: Vec<Source>,
    /// The paths that gave nothing, each with its reason.
    pub errors: Vec<SourceError>,
}

/// What [`subfolders`] found in a folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Subfolders {
    /// The folders in it, in natural order.
    pub folders: Vec<PathBuf>,
    /// The files that are in none of the folders.
    pub files: Vec<PathBuf>,
}

/// Find what there is to read at `paths`, which keep their order: a file is itself, a folder is
/// every file in it and below it in natural order (`page-2` before `page-10`), `-` is what `stdin`
/// gives. No file is opened.
///
/// In folders, hidden files, editor backups and what file managers leave behind are passed over,
/// and so is what is not a regular file (sockets, pipes). Links are followed: to a file always; to a folder
/// unless it is part of the tree that is being walked, where it would only give the same files
/// again, or forever. What is named itself is read in any case.
pub fn find(paths: &[PathBuf], stdin: impl FnOnce() -> Box<dyn Read + Send>) -> FoundSources {
    let mut found = FoundSources::default();
    let mut stdin = Some(stdin);
    for path in paths {
        if path.as_os_str() == "-" {
            match stdin.take() {
                Some(stdin) => found.sources.push(Source::open("standard input", stdin())),
                None => found.errors.push(SourceError::new("-", Problem::StdinTwice)),
            }
            continue;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => found.folder(path),
            Ok(metadata) => found.sources.push(Source::at(path.clone(), &metadata)),
            Err(error) => found.errors.push(refusal(path, error)),
        }
    }
    found
}

/// List what is directly in `folder`, for those who make a snapshot of each folder. The names that
/// [`find`] passes over are passed over, and so is a link to another folder of the list.
///
/// # Errors
/// If the folder cannot be listed.
pub fn subfolders(folder: &Path) -> Result<Subfolders, SourceError> {
    let metadata = fs::metadata(folder).map_err(|error| refusal(folder, error))?;
    if !metadata.is_dir() {
        return Err(SourceError::new(folder.to_string_lossy(), Problem::NotAFolder));
    }
    let mut found = Subfolders::default();
    let root = fs::canonicalize(folder).map_err(|error| refusal(folder, error))?;
    for path in list(folder).map_err(|error| refusal(folder, error))? {
        let metadata = fs::metadata(&path).map_err(|error| refusal(&path, error))?;
        if metadata.is_file() {
            found.files.push(path);
        } else if metadata.is_dir() && !leads_back(&path, &root) {
            found.folders.push(path);
        }
    }
    Ok(found)
}

impl FoundSources {
    fn folder(&mut self, folder: &Path) {
        let before = (self.sources.len(), self.errors.len());
        match fs::canonicalize(folder).and_then(|root| Ok((Identity::of(&root, &fs::metadata(&root)?)?, root))) {
            Ok((identity, root)) => {
                let mut walk = Walk { found: self, visited: HashSet::from([identity]), root };
                walk.folder(folder);
            }
            Err(error) => self.errors.push(refusal(folder, error)),
        }
        if before == (self.sources.len(), self.errors.len()) {
            self.errors.push(SourceError::new(folder.to_string_lossy(), Problem::EmptyFolder));
        }
    }
}

/// Which folder it is, under whatever path. Finding the real path of a folder costs a call for each folder
/// above it, so the numbers that the system gives a folder are used if it has any.
#[derive(PartialEq, Eq, Hash)]
struct Identity {
    #[cfg(unix)]
    numbers: (u64, u64),
    #[cfg(not(unix))]
    path: PathBuf,
}

impl Identity {
    #[cfg(unix)]
    #[allow(clippy::unnecessary_wraps, reason = "the other one fails")]
    fn of(_path: &Path, metadata: &fs::Metadata) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        steps::count(1);
        Ok(Identity { numbers: (metadata.dev(), metadata.ino()) })
    }

    #[cfg(not(unix))]
    fn of(path: &Path, _metadata: &fs::Metadata) -> io::Result<Self> {
        Ok(Identity { path: fs::canonicalize(path)? })
    }
}

/// A walk through one folder that was named.
struct Walk<'a> {
    found: &'a mut FoundSources,
    /// The folder, by its real path.
    root: PathBuf,
    /// The folders that the walk was in: none is visited twice.
    visited: HashSet<Identity>,
}

impl Walk<'_> {
    /// Everything in a folder and below it. Folders that are being walked wait in a list of their own, so
    /// that they may be as deep as the system allows.
    fn folder(&mut self, folder: &Path) {
        let mut open = vec![self.paths(folder)];
        while let Some(paths) = open.last_mut() {
            match paths.next() {
                Some(path) => open.extend(self.path(path)),
                None => drop(open.pop()),
            }
        }
    }

    /// The paths in a folder; none if it cannot be read.
    fn paths(&mut self, folder: &Path) -> std::vec::IntoIter<PathBuf> {
        let paths = list(folder).unwrap_or_else(|error| {
            self.found.errors.push(refusal(folder, error));
            Vec::new()
        });
        paths.into_iter()
    }

    /// Take a path; the paths in it if it is a folder that was not visited yet.
    fn path(&mut self, path: PathBuf) -> Option<std::vec::IntoIter<PathBuf>> {
        steps::count(1);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                if leads_back(&path, &self.root) {
                    return None;
                }
                match Identity::of(&path, &metadata) {
                    Ok(identity) => return self.visited.insert(identity).then(|| self.paths(&path)),
                    Err(error) => self.found.errors.push(refusal(&path, error)),
                }
            }
            Ok(metadata) if metadata.is_file() => self.found.sources.push(Source::at(path, &metadata)),
            Ok(_) => {}
            Err(error) => self.found.errors.push(refusal(&path, error)),
        }
        None
    }
}

/// What is in a folder and not passed over, in natural order.
fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !passed_over(&name.to_string_lossy()) {
            names.push(name);
        }
    }
    names.sort_by(|left, right| order::natural(left, right));
    Ok(names.iter().map(|name| folder.join(name)).collect())
}

/// Whether `path` is a link to a folder that a walk through `root` visits under its own name, as
/// `latest` is in a folder of dates. A folder that is hidden in `root` is visited only by its link.
fn leads_back(path: &Path, root: &Path) -> bool {
    let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    if !is_link {
        return false;
    }
    // The system looks at each folder above it.
    steps::count(path.iter().count());
    let Ok(target) = fs::canonicalize(path) else { return false };
    let hidden = |name: &OsStr| passed_over(&name.to_string_lossy());
    target.strip_prefix(root).is_ok_and(|inside| !inside.iter().any(hidden))
}

/// Say why the system does not give us `path`.
fn refusal(path: &Path, error: io::Error) -> SourceError {
    let name = path.to_string_lossy();
    if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_ok() {
        return SourceError::new(name, Problem::DanglingLink);
    }
    SourceError::from_io(&name, error)
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
