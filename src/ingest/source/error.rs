//! What can be wrong with a path or with the bytes behind it, and what to do about it.
//!
//! The text of a problem says what was found; the advice is kept apart from it, for the caller to
//! print on a line of its own. Neither knows where it will be printed.

use std::fmt;
use std::io;

use crate::model::visible;

/// A problem with one source, and the source's name.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", visible(.name))]
pub struct SourceError {
    name: String,
    problem: Problem,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Nothing has this name.
    #[error("no such file or folder")]
    Missing,
    /// A symbolic link to something that does not exist.
    #[error("a link to something that does not exist")]
    DanglingLink,
    /// The system does not let us read it.
    #[error("no permission to read it")]
    NoPermission,
    /// A folder with nothing in it to read.
    #[error("the folder has no file to read")]
    EmptyFolder,
    /// A folder of folders was needed.
    #[error("the folder has no subfolder")]
    NoFolders,
    /// A folder was needed.
    #[error("not a folder")]
    NotAFolder,
    /// `-` was given more than once.
    #[error("standard input can be read only once, but `-` is given more than once")]
    StdinTwice,
    /// A stream (standard input, a pipe) that has been read already.
    #[error("a stream can be read only once, and this one has been read")]
    AlreadyRead,
    /// Any other refusal of the system's.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// Packed data that end before their own end mark.
    #[error("the {packing} data are truncated: they stop after byte {after}, before their end")]
    CutShort {
        /// How it is packed.
        packing: Packing,
        /// How many of its bytes there are.
        after: u64,
    },
    /// Packed data that contradict themselves.
    #[error("the {packing} data are damaged near byte {near}: {reason}")]
    Damaged {
        /// How it is packed.
        packing: Packing,
        /// Where reading stopped, counted in the packed bytes.
        near: u64,
        /// What did not fit.
        reason: String,
    },
    /// Good packed data, and then something else in the same file.
    #[error("the {packing} data end at byte {at}, and something else follows them")]
    Trailing {
        /// How it is packed.
        packing: Packing,
        /// Where the other bytes begin.
        at: u64,
    },
    /// UTF-16 text that is not UTF-16 throughout.
    #[error("not valid UTF-16: {reason} near byte {near}")]
    Utf16 {
        /// Where, counted in the bytes of the text.
        near: u64,
        /// What did not fit.
        reason: &'static str,
    },
    /// A format that is known by its first bytes, and not read.
    #[error("{what}, which is not read")]
    Foreign {
        /// The format, with its article.
        what: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// Packed within packed within packed.
    #[error("compressed or archived more than {0} times over")]
    TooDeep(usize),
    /// An archive with no file in it.
    #[error("the archive has no file to read")]
    EmptyArchive,
    /// An archive whose members' order would not be that of the pages, in a stream.
    #[error("`{}` precedes `{}`, and both have pages of one repository", visible(.first), visible(.second))]
    OutOfOrder {
        /// The member that comes first in the archive.
        first: String,
        /// The member that would come first in a folder.
        second: String,
    },
    /// The temporary file for an archive whose members are not in order.
    #[error("an archive's members cannot be put in order here: {0}")]
    Spool(io::Error),
    /// A file that the archive stores in pieces, with its holes left out.
    #[error("the archive stores this file without its holes (a sparse member), which is not read")]
    Sparse,
}

/// A way of packing that is unpacked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// An archive of the old, the POSIX or the GNU kind.
    Tar,
}

impl SourceError {
    /// Name the source that has the problem.
    pub fn new(name: impl Into<String>, problem: Problem) -> Self {
        Self { name: name.into(), problem }
    }

    /// The name of the source without escaping: it may contain control characters.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// What the user can do, if there is something to be said.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match &self.problem {
            Problem::Missing => "check the path for a typing error, and the folder it starts from",
            Problem::NoPermission => "ask its owner for read permission, or run as a user who has it",
            Problem::EmptyFolder => {
                "hidden files, editor backups and what a file manager leaves behind are passed over"
            }
            Problem::NoFolders => {
                "name the folder that holds a folder for each date, or leave out --snapshot-per-directory"
            }
            Problem::OutOfOrder { .. } => "make the archive of sorted names, or save it to a file and give the file",
            Problem::Spool(_) => "free room there, let TMPDIR name another folder, or make the archive of sorted names",
            Problem::StdinTwice | Problem::AlreadyRead => "save it to a file first, and give the file",
            Problem::CutShort { .. } => "the copy or the download was not finished: fetch the file again",
            Problem::Damaged { .. } => "fetch the file again, in binary mode if it travelled by FTP",
            Problem::Trailing { .. } => "unpack it with its own tool, and ingest what comes out",
            Problem::Utf16 { .. } => "save the page again as UTF-8",
            Problem::Foreign { advice, .. } => advice,
            Problem::TooDeep(_) => "unpack the outer layers first",
            Problem::Sparse => "make the archive again without `--sparse`",
            Problem::DanglingLink | Problem::NotAFolder | Problem::Io(_) | Problem::EmptyArchive => return None,
        })
    }

    /// Take the error out of an [`io::Error`] that a [`Member`](super::Member)'s reader gave, or
    /// make one for `name` from an error that comes from elsewhere.
    pub fn from_io(name: &str, error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(inner) => inner,
            Err(error) => {
                let problem = match error.kind() {
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Problem::Missing,
                    io::ErrorKind::PermissionDenied => Problem::NoPermission,
                    _ => Problem::Io(error),
                };
                Self::new(name, problem)
            }
        }
    }

    /// Pack the error for a trip through code that knows only [`io::Error`].
    pub(super) fn into_io(self) -> io::Error {
        let kind = match &self.problem {
            Problem::Io(error) => error.kind(),
            Problem::CutShort { .. } => io::ErrorKind::UnexpectedEof,
            Problem::NoPermission => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, self)
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Packing::Gzip => "gzip",
            Packing::Zstd => "zstd",
            Packing::Tar => "tar",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Packing, Problem, SourceError};
    use std::io;

    #[test]
    fn an_error_survives_the_trip_through_io() {
        let error = SourceError::new("a.gz", Problem::CutShort { packing: Packing::Gzip, after: 7 });
        let io = error.into_io();
        assert_eq!(io.kind(), io::ErrorKind::UnexpectedEof);
        let back = SourceError::from_io("outer.tar", io);
        assert_eq!(back.to_string(), "a.gz: the gzip data are truncated: they stop after byte 7, before their end");
        assert!(back.advice().is_some());
    }

    #[test]
    fn the_systems_refusals_are_told_apart() {
        for (kind, text) in [
            (io::ErrorKind::NotFound, "p: no such file or folder"),
            (io::ErrorKind::NotADirectory, "p: no such file or folder"),
            (io::ErrorKind::PermissionDenied, "p: no permission to read it"),
            (io::ErrorKind::TimedOut, "p: cannot be read: timed out"),
        ] {
            assert_eq!(SourceError::from_io("p", kind.into()).to_string(), text);
        }
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let error = SourceError::new("a\u{1b}[2J\nb\u{202e}c é", Problem::Missing);
        assert_eq!(error.to_string(), "a\\u{1b}[2J\\u{a}b\\u{202e}c é: no such file or folder");
        assert_eq!(error.name(), "a\u{1b}[2J\nb\u{202e}c é");
    }
}
