//! Sources as a whole: files on disk, streams, several threads.

use super::{ArchiveEntry, Source, SourceError, Watch, find, passed_over};
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn source(path: &Path) -> Source {
    let mut found = find(&[path.to_owned()], || Box::new(io::empty()));
    assert!(found.errors.is_empty());
    found.sources.remove(0)
}

fn texts(source: &Source, watch: &Watch) -> Result<(Vec<String>, super::Seen), SourceError> {
    let mut texts = Vec::new();
    let seen = source.read(watch, &mut |member: ArchiveEntry<'_>| {
        let mut text = String::new();
        member.reader.read_to_string(&mut text).map_err(|error| SourceError::from_io(member.name, error))?;
        texts.push(text);
        Ok::<(), SourceError>(())
    })?;
    Ok((texts, seen))
}

fn watch() -> Watch {
    Watch { hash: true, progress: Some(Arc::new(AtomicU64::new(0))) }
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn sources_can_go_to_other_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Source>();
    shared::<SourceError>();
}

#[test]
fn the_hash_is_that_of_the_raw_bytes_whatever_was_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let archive = {
        let mut builder = ::tar::Builder::new(Vec::new());
        let mut header = ::tar::Header::new_gnu();
        header.set_size(3);
        builder.append_data(&mut header, "a.json", &b"one"[..]).unwrap();
        let mut bytes = builder.into_inner().unwrap();
        // Tapes are written in blocks of 10 kB; what comes after the end mark is hashed as well.
        bytes.resize(10_240, 0);
        bytes
    };
    let padded = [gzip(b"one"), vec![0; 3000]].concat();
    for raw in [b"one".to_vec(), b"\xef\xbb\xbfone".to_vec(), gzip(b"one"), padded, gzip(&archive), archive] {
        let path = folder.path().join("page");
        fs::write(&path, &raw).unwrap();
        let (source, watch) = (source(&path), watch());
        let (texts, seen) = texts(&source, &watch).unwrap();
        assert_eq!(texts, ["one"]);
        assert_eq!((seen.bytes, seen.hash), (raw.len() as u64, Some(blake3::hash(&raw))));
        assert_eq!(watch.progress.unwrap().load(Ordering::Relaxed), raw.len() as u64);
        assert_eq!(source.hash(None).unwrap(), Some(seen));
        assert_eq!(source.bytes(), Some(seen.bytes));
    }
}

#[test]
fn nothing_is_hashed_unasked() {
    let source = Source::open("stream", Box::new(&b"text"[..]));
    let (_, seen) = texts(&source, &Watch::default()).unwrap();
    assert_eq!((seen.bytes, seen.hash), (4, None));
}

#[test]
fn a_stream_is_read_once() {
    let found = find(&["-".into()], || Box::new(&b"text"[..]));
    let stream = &found.sources[0];
    assert_eq!(stream.hash(None).unwrap(), None);
    assert_eq!(texts(stream, &watch()).unwrap().0, ["text"]);
    let again = texts(stream, &watch()).unwrap_err().to_string();
    assert_eq!(again, "standard input: a stream can be read only once, and this one has been read");
}

#[test]
fn a_file_that_is_gone_by_then_is_an_error_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page");
    fs::write(&path, "text").unwrap();
    let source = source(&path);
    fs::remove_file(&path).unwrap();
    let expected = format!("{}: no such file or folder", path.display());
    assert_eq!(texts(&source, &watch()).unwrap_err().to_string(), expected);
    assert_eq!(source.hash(None).unwrap_err().to_string(), expected);
}

#[test]
fn a_caller_may_bring_its_own_error() {
    #[derive(Debug)]
    struct Mine(String);
    impl From<SourceError> for Mine {
        fn from(error: SourceError) -> Self {
            Self(error.to_string())
        }
    }
    let source = Source::open("zip", Box::new(&b"PK\x03\x04"[..]));
    let error = source.read(&Watch::default(), &mut |_| Ok::<(), Mine>(())).unwrap_err();
    assert_eq!(error.0, "zip: a zip archive, which is not read");
}

/// Repeats one block, and counts the reads.
struct Endless {
    block: Vec<u8>,
    at: usize,
    left: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            if self.left == 0 {
                return Ok(0);
            }
            self.left -= 1;
            self.at = 0;
        }
        let count = (self.block.len() - self.at).min(buffer.len());
        buffer[..count].copy_from_slice(&self.block[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// What is read ahead of what was given out is bounded, for a gigabyte as for a kilobyte: that is
/// what keeps memory flat. (The packed one is smaller, because decoders are slow when not optimised.)
#[test]
fn a_gigabyte_streams_through_small_buffers() {
    let packed = gzip(&vec![b' '; 2 << 20]);
    for (block, times, unpacked) in [(packed, 16, 2 << 20), (vec![b' '; 1 << 20], 1024, 1 << 20)] {
        let raw_size = block.len() as u64;
        let watch = Watch { hash: false, progress: Some(Arc::new(AtomicU64::new(0))) };
        let progress = watch.progress.clone().unwrap();
        let stream = Endless { at: block.len(), block, left: times };
        let source = Source::open("bomb", Box::new(stream));
        let mut total = 0u64;
        source
            .read(&watch, &mut |member: ArchiveEntry<'_>| {
                let mut buffer = vec![0; 256 << 10];
                loop {
                    let count = member.reader.read(&mut buffer).unwrap() as u64;
                    if count == 0 {
                        return Ok::<(), SourceError>(());
                    }
                    total += count;
                    let needed = total.div_ceil(unpacked) * raw_size;
                    assert!(progress.load(Ordering::Relaxed) <= needed + (256 << 10));
                }
            })
            .unwrap();
        assert_eq!(total, times as u64 * unpacked);
    }
}

#[test]
fn names_that_nobody_means_are_passed_over() {
    for name in
        [".DS_Store", "._page.json", ".git", ".page.json.swp", "page.json~", "#page.json#", "__MACOSX", "THUMBS.DB"]
    {
        assert!(passed_over(name), "{name}");
    }
    for name in ["page.json", ".", "..", "#", "page#", "a.b", "thumbs.db.json", ""] {
        assert!(!passed_over(name), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_as_a_stream() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    if !std::process::Command::new("mkfifo").arg(&path).status().is_ok_and(|status| status.success()) {
        return;
    }
    let source = source(&path);
    assert_eq!((source.bytes(), source.hash(None).unwrap()), (None, None));
    let writer = std::thread::spawn(move || fs::write(path, gzip(b"text")).unwrap());
    assert_eq!(texts(&source, &watch()).unwrap().0, ["text"]);
    writer.join().unwrap();
}
