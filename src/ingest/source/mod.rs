//! From the paths that a user names to streams of UTF-8 text.
//!
//! [`find`] turns paths into [`Source`]s, in order and with their sizes, before anything is read;
//! [`Source::read`] unpacks one and hands out the text in it, one [`ArchiveEntry`] after the other.
//! Sources are independent of each other and can be read on several threads. The
//! format of a file is detected from its content: gzip and zstd, tar, these within one another, UTF-8 with and
//! without a byte order mark, UTF-16. Memory stays flat however large a source is or unpacks to.
//!
//! This module must not know what a page is. Text comes out as it went in, empty text and invalid
//! UTF-8 included: what to say about those is for the parser, which can name line and column.

mod archive;
mod counting_reader;
mod decode;
mod error;
mod order;
mod sniff;
mod spool;
mod unpack;
mod utf16;
mod walk;

pub use counting_reader::{Seen, Watch};
pub use error::{Packing, Problem, SourceError};
pub(super) use order::natural_paths;
pub use walk::{FoundSources, Subfolders, find, subfolders};

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Something to read: a file, or a stream that can be read once.
#[derive(Debug)]
pub struct Source {
    name: String,
    modified: Option<SystemTime>,
    bytes: Option<u64>,
    input: Input,
}

enum Input {
    /// A regular file.
    File(PathBuf),
    /// A named pipe or a device: opened by its name, but not twice with the same result.
    Pipe(PathBuf),
    /// What was open already. `None` after it was read.
    Open(Mutex<Option<Box<dyn Read + Send>>>),
}

/// One stream of text in a source.
pub struct ArchiveEntry<'a> {
    /// The source's name, and after it each member's name in its archive: `year.tar!may/page.json`.
    /// Not escaped: it may contain control characters.
    pub name: &'a str,
    /// When it was last modified, as the archive says, or else as the source says.
    pub modified: Option<SystemTime>,
    /// The text as UTF-8, without a byte order mark. An error that it gives goes through
    /// [`SourceError::from_io`].
    pub reader: &'a mut (dyn Read + Send),
}

/// Who is handed the members of a source.
type Visit<'a, E> = &'a mut dyn FnMut(ArchiveEntry<'_>) -> Result<(), E>;

/// Blocks of this size are read if a file is only hashed.
const HASH_BLOCK: usize = 256 << 10;

impl Source {
    /// A stream that is open already.
    pub fn open(name: impl Into<String>, stream: Box<dyn Read + Send>) -> Self {
        Self { name: name.into(), modified: None, bytes: None, input: Input::Open(Mutex::new(Some(stream))) }
    }

    /// What `path` is, by its metadata: a regular file, or something to be read once.
    fn at(path: PathBuf, metadata: &fs::Metadata) -> Self {
        let name = path.to_string_lossy().into_owned();
        if metadata.is_file() {
            let modified = metadata.modified().ok();
            Self { name, modified, bytes: Some(metadata.len()), input: Input::File(path) }
        } else {
            Self { name, modified: None, bytes: None, input: Input::Pipe(path) }
        }
    }

    /// Its name: the path as given or found, or `standard input`. It may contain control
    /// characters.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it lies, if it is not a stream that was open already.
    pub fn path(&self) -> Option<&Path> {
        match &self.input {
            Input::File(path) | Input::Pipe(path) => Some(path),
            Input::Open(_) => None,
        }
    }

    /// When the file was last modified. A stream does not say.
    pub fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// The size of the file. A stream does not say.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Whether it can be read more than once.
    pub(super) fn is_file(&self) -> bool {
        matches!(self.input, Input::File(_))
    }

    /// Whether it is a file of packed data or an archive, by its first bytes.
    pub(super) fn is_packed(&self) -> bool {
        let Input::File(path) = &self.input else { return false };
        let format = File::open(path).and_then(sniff::look).map(|(format, _)| format);
        matches!(format, Ok(sniff::Format::Gzip | sniff::Format::Zstd | sniff::Format::Tar))
    }

    /// Unpack it, and pass each stream of text in it to `visit`. An archive's members are visited in the
    /// order of the archive, which is often the arbitrary order of a file system: `tar` writes `page-10`
    /// before `page-2`. Folders, links and what a folder would pass over ([`find`]) are left out.
    ///
    /// Everything is read to its end, also what `visit` leaves unread, so that damage is found and the
    /// hash is that of the whole file. The first error ends the reading. `visit` may have seen members
    /// before it, or part of one: on an error the caller must discard what it has collected.
    ///
    /// # Errors
    /// If the source cannot be opened, read or decoded; and those of `visit`.
    pub fn read<E: From<SourceError>>(&self, watch: &Watch, visit: Visit<'_, E>) -> Result<Seen, E> {
        let stream = self.stream()?;
        let layer = decode::Layer { name: &self.name, modified: self.modified, depth: 0 };
        let mut tap = counting_reader::Tap::new(stream, &self.name, watch);
        decode::decode(layer, &mut tap, visit)?;
        Ok(tap.seen())
    }

    /// The same with an archive's members in the order in which a folder of them would be read, by way
    /// of a temporary file as large as all the text in it.
    ///
    /// # Errors
    /// If the source cannot be opened, read or decoded; and those of `visit`.
    pub fn read_in_order<E: From<SourceError>>(&self, watch: &Watch, visit: Visit<'_, E>) -> Result<Seen, E> {
        let mut spool = spool::Spool::new()?;
        let seen = self.read::<SourceError>(watch, &mut |member| spool.add(member))?;
        spool.visit(visit)?;
        Ok(seen)
    }

    /// Hash the raw bytes of a file, and do nothing else with them. `None` for a stream, which can
    /// be read only once.
    ///
    /// # Errors
    /// If the source cannot be opened or read.
    pub fn hash(&self, progress: Option<&Arc<AtomicU64>>) -> Result<Option<Seen>, SourceError> {
        let Input::File(path) = &self.input else { return Ok(None) };
        let whole = || -> io::Result<Seen> {
            let watch = Watch { hash: true, progress: progress.cloned() };
            let mut tap = counting_reader::Tap::new(File::open(path)?, &self.name, &watch);
            let mut block = vec![0; HASH_BLOCK];
            while tap.read(&mut block)? > 0 {}
            Ok(tap.seen())
        };
        whole().map(Some).map_err(|error| SourceError::from_io(&self.name, error))
    }

    fn stream(&self) -> Result<Box<dyn Read + Send>, SourceError> {
        match &self.input {
            Input::File(path) | Input::Pipe(path) => match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(error) => Err(SourceError::from_io(&self.name, error)),
            },
            Input::Open(stream) => {
                let taken = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
                taken.ok_or_else(|| SourceError::new(&self.name, Problem::AlreadyRead))
            }
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::File(path) => formatter.debug_tuple("File").field(path).finish(),
            Input::Pipe(path) => formatter.debug_tuple("Pipe").field(path).finish(),
            Input::Open(_) => formatter.write_str("Open"),
        }
    }
}

/// Whether a file or folder of this name is skipped in a folder or in an archive, unless the user named it:
/// hidden ones (`.DS_Store`, `._page.json`, `.git`, an editor's `.page.json.swp`),
/// backups and unsaved work of editors (`page.json~`, `#page.json#`), and what file managers of
/// other systems leave behind.
fn passed_over(name: &str) -> bool {
    let is_step = matches!(name, "." | "..");
    (name.starts_with('.') && !is_step)
        || name.ends_with('~')
        || (name.len() > 1 && name.starts_with('#') && name.ends_with('#'))
        || ["__MACOSX", "Thumbs.db", "desktop.ini"].iter().any(|left| left.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
