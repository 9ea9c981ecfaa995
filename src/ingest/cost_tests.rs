//! What reading costs: in proportion to the input, whatever the input is. Steps are counted, no time is measured.

use std::fmt::Write as _;
use std::io::{self, Cursor, Read};

use super::source::{Source, find};
use super::{Defaults, inspect};
use crate::model::steps::assert_linear;

/// Gives few bytes at a time, as a pipe does.
struct Pipe {
    data: Cursor<Vec<u8>>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = buffer.len().min(4096);
        self.data.read(&mut buffer[..piece])
    }
}

/// A page with one detail, which has these members beyond its own.
fn page(members: &str) -> String {
    format!(
        r#"{{"imageDetails": [{{"registryId": "123456789012", "repositoryName": "a/b", "imageDigest": "sha256:ab"{members}}}]}}"#
    )
}

fn details_of(data: Vec<u8>) -> u64 {
    let source = Source::open("pipe", Box::new(Pipe { data: Cursor::new(data) }));
    inspect(&source, &Defaults::default(), false).expect("a page").details
}

#[test]
fn many_unknown_members() {
    assert_linear("unknown members", 1000, |size| {
        let members = (0..size).fold(String::new(), |mut all, number| {
            _ = write!(all, r#", "x{number}": {number}"#);
            all
        });
        assert_eq!(details_of(page(&members).into_bytes()), 1);
    });
}

#[test]
fn many_severities() {
    assert_linear("severities", 1000, |size| {
        let counts: Vec<String> = (0..size).map(|number| format!(r#""S{number}": {number}"#)).collect();
        let members =
            format!(r#", "imageScanFindingsSummary": {{"findingSeverityCounts": {{{}}}}}"#, counts.join(", "));
        assert_eq!(details_of(page(&members).into_bytes()), 1);
    });
}

#[test]
fn one_long_item_through_a_pipe() {
    let long = |size: usize| page(&format!(r#", "note": "{}""#, "x".repeat(size)));
    assert_linear("a long item", 1 << 20, |size| assert_eq!(details_of(long(size).into_bytes()), 1));
    assert_linear("a long item in UTF-16", 1 << 20, |size| {
        let units = std::iter::once(0xfeff).chain(long(size).encode_utf16().collect::<Vec<_>>());
        assert_eq!(details_of(units.flat_map(u16::to_le_bytes).collect()), 1);
    });
}

#[test]
fn nested_folders() {
    assert_linear("nested folders", 60, |size| {
        let root = tempfile::tempdir().expect("a folder");
        let deepest = (0..size).fold(root.path().to_owned(), |folder, _| folder.join("d"));
        std::fs::create_dir_all(&deepest).expect("folders");
        std::fs::write(deepest.join("page.json"), page("")).expect("a file");
        let found = find(&[root.path().to_owned()], || Box::new(io::empty()));
        assert_eq!((found.sources.len(), found.errors.len()), (1, 0));
    });
}
