//! The members of an archive in the order of their names.
//!
//! A stream cannot be sorted, so its text is put aside in a temporary file that has no name and goes
//! with the process, and is read again from there. An archive is read so only if its own order
//! would change a listing (see `ingest::plan`).

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};
use std::time::SystemTime;

use super::error::{Problem, SourceError};
use super::order::natural_paths;
use super::{ArchiveEntry, Visit};

/// What is read and written at once.
const BLOCK: usize = 256 << 10;

/// Text that is put aside.
pub(super) struct Spool {
    file: BufWriter<File>,
    members: Vec<SpooledMember>,
}

/// A member's text in the file.
struct SpooledMember {
    name: String,
    modified: Option<SystemTime>,
    start: u64,
    length: u64,
}

impl Spool {
    pub(super) fn new() -> Result<Self, SourceError> {
        let file = tempfile::tempfile().map_err(no_room)?;
        Ok(Spool { file: BufWriter::with_capacity(BLOCK, file), members: Vec::new() })
    }

    /// Put a member's text aside.
    pub(super) fn add(&mut self, member: ArchiveEntry<'_>) -> Result<(), SourceError> {
        let ArchiveEntry { name, modified, reader } = member;
        let start = self.members.last().map_or(0, |last| last.start + last.length);
        let mut block = vec![0; BLOCK];
        let mut length = 0;
        loop {
            let read = match reader.read(&mut block) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(SourceError::from_io(name, error)),
            };
            self.file.write_all(&block[..read]).map_err(no_room)?;
            length += read as u64;
        }
        self.members.push(SpooledMember { name: name.to_owned(), modified, start, length });
        Ok(())
    }

    /// Hand out all members in the natural order of their names; of equal names, as they came.
    pub(super) fn visit<E: From<SourceError>>(self, visit: Visit<'_, E>) -> Result<(), E> {
        let Spool { file, mut members } = self;
        let mut file = file.into_inner().map_err(|error| no_room(error.into_error()))?;
        members.sort_by(|left, right| natural_paths(&left.name, &right.name));
        for SpooledMember { name, modified, start, length } in members {
            file.seek(SeekFrom::Start(start)).map_err(no_room)?;
            let mut reader = BufReader::with_capacity(BLOCK, &file).take(length);
            visit(ArchiveEntry { name: &name, modified, reader: &mut reader })?;
        }
        Ok(())
    }
}

fn no_room(error: io::Error) -> SourceError {
    SourceError::new(std::env::temp_dir().to_string_lossy(), Problem::Spool(error))
}
