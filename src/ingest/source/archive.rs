//! Reads tar archives: the old kind, POSIX with its extensions, GNU with its long names.
//!
//! The blocks are walked here and only the fields of a header are left to the `tar` crate, because
//! its reader of whole archives does not guarantee three properties: a truncated archive is an error
//! wherever it ends, errors name the byte, and a header that claims to be huge is not read into memory.

use super::error::{Packing, Problem, SourceError};
use super::sniff::checksum_fits;
use ::tar::{EntryType, Header, PaxExtensions};
use std::io::{self, Read};
use std::time::{Duration, SystemTime};

const BLOCK: usize = 512;

/// The longest extension header that is read: a path cannot be as long by far.
const EXTENSION_LIMIT: u64 = 1 << 20;

/// A walk through an archive, member by member.
pub(super) struct Archive<'a, R> {
    inner: R,
    name: &'a str,
    /// How many bytes of the archive were read.
    position: u64,
    /// What is left of the current member's data.
    left: u64,
    /// What follows the data, to the end of the block.
    padding: u64,
}

/// A regular file in an archive.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    /// Its path as the archive has it.
    pub(super) path: String,
    /// When it was modified. `None` for 0, which reproducible archives have.
    pub(super) modified: Option<SystemTime>,
    /// Whether it is stored in pieces, without its holes.
    pub(super) sparse: bool,
}

/// What extension headers say about the member that follows them.
#[derive(Default)]
struct Extensions {
    path: Option<String>,
    modified: Option<SystemTime>,
    size: Option<u64>,
    sparse: bool,
}

/// What a block turned out to be.
enum Block {
    Header,
    Zero,
    End,
}

impl<'a, R: Read> Archive<'a, R> {
    pub(super) fn new(inner: R, name: &'a str) -> Self {
        Self { inner, name, position: 0, left: 0, padding: 0 }
    }

    /// Pass over what is left of the current member, and continue to the next regular file. After the
    /// last one, everything up to the end of the data has been read.
    ///
    /// Blocks of zeros end an archive, but another archive may follow (`cat a.tar b.tar`): its
    /// members are taken too.
    pub(super) fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        let mut extensions = Extensions::default();
        let mut ended = false;
        let mut bytes = [0; BLOCK];
        loop {
            self.skip()?;
            let start = self.position;
            match self.block(&mut bytes, ended)? {
                Block::End if ended => return Ok(None),
                Block::End => return Err(self.cut_short()),
                Block::Zero => {
                    ended = true;
                    continue;
                }
                Block::Header if checksum_fits(&bytes) => {}
                Block::Header if ended => {
                    return Err(self.error(Problem::Trailing { packing: Packing::Tar, at: start }));
                }
                Block::Header => return Err(self.damaged(start, "the checksum of a header does not fit")),
            }
            ended = false;
            let header = Header::from_byte_slice(&bytes);
            let kind = header.entry_type();
            let size = match header.entry_size() {
                Ok(size) => extensions.size.filter(|_| !is_extension(kind)).unwrap_or(size),
                Err(_) => return Err(self.damaged(start, "the size of a member is not a number")),
            };
            self.left = size;
            self.padding = size.wrapping_neg() % BLOCK as u64;
            if is_extension(kind) {
                self.extend(&mut extensions, kind, start)?;
                continue;
            }
            let described = std::mem::take(&mut extensions);
            let entry = Entry {
                path: described.path.unwrap_or_else(|| String::from_utf8_lossy(&header.path_bytes()).into_owned()),
                modified: described.modified.or_else(|| instant(header.mtime().ok()?, 0)),
                sparse: described.sparse || kind.is_gnu_sparse(),
            };
            // Old archives have no kind for folders: the name ends with a slash.
            if is_file(kind) && !entry.path.ends_with('/') {
                return Ok(Some(entry));
            }
        }
    }

    /// Read an extension header's data, and note what matters of them.
    fn extend(&mut self, extensions: &mut Extensions, kind: EntryType, start: u64) -> io::Result<()> {
        if self.left > EXTENSION_LIMIT {
            return Err(self.damaged(start, "an extension header claims to be larger than any path"));
        }
        if kind.is_pax_global_extensions() || kind.is_gnu_longlink() {
            return Ok(());
        }
        let mut data = Vec::new();
        self.read_to_end(&mut data)?;
        if kind.is_gnu_longname() {
            let end = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
            extensions.path = Some(String::from_utf8_lossy(&data[..end]).into_owned());
            return Ok(());
        }
        for record in PaxExtensions::new(&data) {
            let Ok(record) = record else {
                return Err(self.damaged(start, "an extension header is malformed"));
            };
            let text = || String::from_utf8_lossy(record.value_bytes());
            match record.key_bytes() {
                b"path" => extensions.path = Some(text().into_owned()),
                b"mtime" => extensions.modified = parse_instant(&text()),
                b"size" => extensions.size = text().parse().ok(),
                key if key.starts_with(b"GNU.sparse.") => extensions.sparse = true,
                _ => {}
            }
        }
        Ok(())
    }

    fn skip(&mut self) -> io::Result<()> {
        io::copy(self, &mut io::sink())?;
        let padding = io::copy(&mut (&mut self.inner).take(self.padding), &mut io::sink())?;
        self.position += padding;
        if padding < self.padding {
            return Err(self.cut_short());
        }
        self.padding = 0;
        Ok(())
    }

    /// Read a block. After the end mark, the last one need not be whole.
    fn block(&mut self, block: &mut [u8; BLOCK], ended: bool) -> io::Result<Block> {
        let mut length = 0;
        while length < BLOCK {
            match self.inner.read(&mut block[length..])? {
                0 => break,
                count => length += count,
            }
        }
        self.position += length as u64;
        if length > 0 && length < BLOCK && !ended {
            return Err(self.cut_short());
        }
        Ok(match &block[..length] {
            [] => Block::End,
            bytes if bytes.iter().all(|&byte| byte == 0) => Block::Zero,
            _ => Block::Header,
        })
    }

    fn error(&self, problem: Problem) -> io::Error {
        SourceError::new(self.name, problem).into_io()
    }

    fn cut_short(&self) -> io::Error {
        self.error(Problem::CutShort { packing: Packing::Tar, after: self.position })
    }

    fn damaged(&self, near: u64, reason: &str) -> io::Error {
        self.error(Problem::Damaged { packing: Packing::Tar, near, reason: reason.to_owned() })
    }
}

/// The data of the current member.
impl<R: Read> Read for Archive<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let count = self.inner.read(&mut buffer[..wanted])?;
        if count == 0 {
            return Err(self.cut_short());
        }
        self.position += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

fn is_extension(kind: EntryType) -> bool {
    kind.is_gnu_longname() || kind.is_gnu_longlink() || is_pax(kind) || kind.is_pax_global_extensions()
}

/// `X` is Solaris's own letter for what became the `x` of POSIX.
fn is_pax(kind: EntryType) -> bool {
    kind.is_pax_local_extensions() || kind.as_byte() == b'X'
}

/// Whether a member is a file with data of its own. Capital letters are other programs' records;
/// what POSIX does not know is to be taken as a file.
fn is_file(kind: EntryType) -> bool {
    match kind.as_byte() {
        b'1'..=b'6' => false,
        byte => kind.is_gnu_sparse() || !byte.is_ascii_uppercase(),
    }
}

fn instant(seconds: u64, nanoseconds: u32) -> Option<SystemTime> {
    let since = Duration::new(seconds, nanoseconds);
    if since.is_zero() { None } else { SystemTime::UNIX_EPOCH.checked_add(since) }
}

/// An instant as POSIX extensions have it: `1700000000.25`. One before 1970 is none.
fn parse_instant(text: &str) -> Option<SystemTime> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    instant(seconds.parse().ok()?, digits.parse().ok()?)
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
