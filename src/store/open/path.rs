//! What the file system says of a database without opening it, and paths as `SQLite` must get them.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Offsets in the header of a rollback journal: the initial size in pages, then the page size.
const JOURNAL_PAGES: usize = 16;
const JOURNAL_PAGE_SIZE: usize = 24;
const JOURNAL_HEADER: usize = 28;

/// The path of a file that `SQLite` keeps next to a database.
pub(super) fn companion(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// Whether a first load is running: its journal says that the file had no page when it began.
///
/// The journal has no locks of its own, so reading it disturbs no other process. The database itself must not
/// be opened here: closing it would give up every lock that this process has on it.
pub(super) fn is_first_load(database: &Path) -> bool {
    let mut header = [0; JOURNAL_HEADER];
    let read = File::open(companion(database, "-journal")).and_then(|mut file| file.read_exact(&mut header));
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    read.is_ok() && number(JOURNAL_PAGES) == 0 && number(JOURNAL_PAGE_SIZE).is_power_of_two()
}

/// A URI by which `SQLite` reads a file without a lock and without looking for changes.
pub(super) fn immutable_uri(database: &Path) -> Option<String> {
    let path = std::path::absolute(database).ok()?;
    let mut uri = "file:".to_owned();
    if !path.as_os_str().as_encoded_bytes().starts_with(b"/") {
        // A drive letter.
        uri.push('/');
    }
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => uri.push(char::from(*byte)),
            b'\\' if cfg!(windows) => uri.push('/'),
            other => write!(uri, "%{other:02X}").ok()?,
        }
    }
    Some(uri + "?immutable=1")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{immutable_uri, is_first_load};

    #[test]
    #[cfg(unix)]
    fn a_path_is_never_read_as_a_uri() {
        for (path, expected) in [
            ("/a/b.db", "file:/a/b.db?immutable=1"),
            ("/a/b?mode=memory#x.db", "file:/a/b%3Fmode%3Dmemory%23x.db?immutable=1"),
            ("/%41/\u{e9}", "file:/%2541/%C3%A9?immutable=1"),
        ] {
            assert_eq!(immutable_uri(path.as_ref()).as_deref(), Some(expected));
        }
    }

    #[test]
    fn the_journal_of_a_first_load_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.db");
        let mut header = [0u8; 512];
        header[26] = 0x20;
        assert!(!is_first_load(&path), "no journal");
        for (bytes, expected) in [(&header[..20], false), (&[0; 512], false), (&header, true)] {
            fs::write(folder.path().join("x.db-journal"), bytes).expect("a file");
            assert_eq!(is_first_load(&path), expected);
        }
        header[19] = 7;
        fs::write(folder.path().join("x.db-journal"), header).expect("a file");
        assert!(!is_first_load(&path), "there were seven pages");
    }
}
