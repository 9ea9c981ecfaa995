//! Sources packed in all manner of ways, and what comes out of them.

use super::{LAYERS, Layer, decode};
use crate::ingest::source::{ArchiveEntry, SourceError};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime};

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zstd(data: &[u8]) -> Vec<u8> {
    zstd::encode_all(data, 1).unwrap()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (path, data) in members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, *data).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A text that is longer than every buffer on its way.
fn long_text() -> String {
    "{\"imageTag\": \"größe-\u{1f980}\"},\r\n".repeat(40_000)
}

/// Gives at most so many bytes at a time.
struct Slowly<R>(R, usize);

impl<R: Read> Read for Slowly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let step = self.1.min(buffer.len());
        self.0.read(&mut buffer[..step])
    }
}

/// Names and texts, read `step` bytes at a time on both sides.
fn unpack_slowly(raw: &[u8], step: usize) -> Result<Vec<(String, Vec<u8>)>, SourceError> {
    let mut all = Vec::new();
    let layer = Layer { name: "in", modified: None, depth: 0 };
    decode(layer, &mut Slowly(raw, step), &mut |member: ArchiveEntry<'_>| {
        let mut text = Vec::new();
        let mut reader = Slowly(member.reader, step);
        reader.read_to_end(&mut text).map_err(|error| SourceError::from_io(member.name, error))?;
        all.push((member.name.to_owned(), text));
        Ok::<(), SourceError>(())
    })?;
    Ok(all)
}

fn unpack(raw: &[u8]) -> Result<Vec<(String, Vec<u8>)>, SourceError> {
    unpack_slowly(raw, usize::MAX)
}

fn error(raw: &[u8]) -> String {
    unpack(raw).unwrap_err().to_string()
}

fn utf16(text: &str, mark: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn text_comes_out_of_every_packing() {
    let text = long_text();
    let plain = text.as_bytes();
    let marked = [b"\xef\xbb\xbf", plain].concat();
    for raw in [
        plain.to_vec(),
        marked.clone(),
        utf16(&text, true),
        utf16(&text, false),
        gzip(plain),
        zstd(plain),
        gzip(&gzip(plain)),
        zstd(&gzip(&marked)),
        gzip(&utf16(&text, true)),
    ] {
        let all = unpack(&raw).unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].0, "in");
        assert!(all[0].1 == plain);
    }
}

#[test]
fn archives_are_unpacked_within_each_other() {
    let inner = tar(&[("deep.json", b"\xef\xbb\xbfdeep"), ("deep.json.zst", &zstd(b"zst"))]);
    let outer = tar(&[
        ("b.json", b"plain"),
        ("./a.json.gz", &gzip(b"gz")),
        ("folder/._a.json", b"AppleDouble"),
        ("__MACOSX/a.json", b"left behind"),
        (".hidden/a.json", b"hidden"),
        ("inner.tgz", &gzip(&inner)),
        ("empty.json", b""),
        ("inner.tar", &inner),
    ]);
    let expected = [
        ("in!b.json", "plain"),
        ("in!a.json.gz", "gz"),
        ("in!inner.tgz!deep.json", "deep"),
        ("in!inner.tgz!deep.json.zst", "zst"),
        ("in!empty.json", ""),
        ("in!inner.tar!deep.json", "deep"),
        ("in!inner.tar!deep.json.zst", "zst"),
    ];
    let expected: Vec<_> = expected.iter().map(|&(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect();
    for raw in [outer.clone(), gzip(&outer), zstd(&outer)] {
        assert_eq!(unpack(&raw).unwrap(), expected);
    }
}

#[test]
fn members_have_their_own_time_or_the_sources() {
    let entry = |mtime| {
        let mut header = ::tar::Header::new_gnu();
        header.set_path("page.json").unwrap();
        header.set_size(0);
        header.set_mtime(mtime);
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    let raw = [entry(1_700_000_000), entry(0), vec![0; 1024]].concat();
    let instant = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    let mut times = Vec::new();
    let layer = Layer { name: "in", modified: instant(5), depth: 0 };
    decode(layer, &mut &raw[..], &mut |member: ArchiveEntry<'_>| {
        times.push(member.modified);
        Ok::<(), SourceError>(())
    })
    .unwrap();
    assert_eq!(times, [instant(1_700_000_000), instant(5)]);
}

#[test]
fn what_is_not_read_is_refused_by_name() {
    for (raw, message) in [
        (&b"PK\x03\x04\x14\0"[..], "in: a zip archive, which is not read"),
        (b"\xfd7zXZ\0\0", "in: xz data, which is not read"),
        (b"\xff\xfe\0\0{\0\0\0", "in: UTF-32 text, which is not read"),
        (&gzip(b"SQLite format 3\0"), "in: an SQLite database, which is not read"),
        (&tar(&[("x.zip", b"PK\x05\x06")]), "in!x.zip: a zip archive, which is not read"),
        (&gzip(&tar(&[("._x", b"")])), "in: the archive has no file to read"),
        (
            &tar(&[("a.gz", b"\x1f\x8b\x08\0")]),
            "in!a.gz: the gzip data are truncated: they stop after byte 4, before their end",
        ),
        (
            &utf16("[\u{7b}", true)[..5],
            "in: not valid UTF-16: it ends in the middle of a character, after an odd number of bytes, near byte 5",
        ),
    ] {
        assert_eq!(error(raw), message);
        assert!(unpack(raw).unwrap_err().advice().is_some() || message.ends_with("no file to read"));
    }
}

#[test]
fn sparse_members_are_refused() {
    let mut header = ::tar::Header::new_gnu();
    header.set_path("page.json").unwrap();
    header.set_size(0);
    header.set_entry_type(::tar::EntryType::GNUSparse);
    header.set_cksum();
    let raw = [&header.as_bytes()[..], &[0; 1024]].concat();
    assert!(error(&raw).starts_with("in!page.json: the archive stores this file without its holes"));
}

#[test]
fn layers_are_counted() {
    let mut raw = b"text".to_vec();
    for _ in 0..LAYERS {
        raw = gzip(&raw);
    }
    assert_eq!(unpack(&raw).unwrap()[0].1, b"text");
    assert_eq!(error(&gzip(&raw)), "in: compressed or archived more than 6 times over");
}

#[test]
fn what_a_visitor_leaves_unread_is_checked_all_the_same() {
    let mut raw = gzip(long_text().as_bytes());
    let at = raw.len() - 6;
    raw[at] ^= 1;
    let layer = Layer { name: "in", modified: None, depth: 0 };
    let result = decode(layer, &mut &raw[..], &mut |_: ArchiveEntry<'_>| Ok::<(), SourceError>(()));
    assert!(result.unwrap_err().to_string().contains("checksum"));
}

#[test]
fn a_visitors_error_ends_the_reading() {
    let raw = tar(&[("a", b"1"), ("b", b"2")]);
    let mut visits = 0;
    let layer = Layer { name: "in", modified: None, depth: 0 };
    let error = decode(layer, &mut &raw[..], &mut |member: ArchiveEntry<'_>| {
        visits += 1;
        Err::<(), _>(SourceError::from_io(member.name, io::ErrorKind::TimedOut.into()))
    })
    .unwrap_err();
    assert_eq!((visits, error.to_string().as_str()), (1, "in!a: cannot be read: timed out"));
}

#[test]
fn cuts_and_flips_never_pass_unnoticed() {
    let text = long_text();
    let page = &text.as_bytes()[..3000];
    let raw = gzip(&tar(&[("a.json", page), ("b.json.gz", &gzip(page))]));
    let good = unpack(&raw).unwrap();
    for at in (2..raw.len()).step_by(13) {
        assert!(unpack(&raw[..at]).is_err(), "cut at {at}");
        let mut flipped = raw.clone();
        flipped[at] ^= 0x20;
        // A flip can hit a header field that says nothing about the data, such as the system.
        assert!(unpack(&flipped).is_err() || unpack(&flipped).unwrap() == good, "flipped at {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_chunking_gives_the_same_bytes(
        text in "[ -~é🦀\r\n]{0,400}",
        step in 1usize..700,
        shape in 0usize..7,
    ) {
        let plain = text.as_bytes();
        let raw = match shape {
            0 => plain.to_vec(),
            1 => [b"\xef\xbb\xbf", plain].concat(),
            2 => utf16(&text, true),
            3 => gzip(plain),
            4 => zstd(plain),
            5 => [gzip(&plain[..plain.len() / 2]), gzip(&plain[plain.len() / 2..])].concat(),
            _ => zstd(&tar(&[("in.gz", &gzip(plain))])),
        };
        // A text may happen to begin like something else (`BZh`); chunking must not matter then either.
        let slow = unpack_slowly(&raw, step).map_err(|error| error.to_string());
        prop_assert_eq!(&slow, &unpack(&raw).map_err(|error| error.to_string()));
        if let Ok(all) = slow {
            prop_assert_eq!(&all[0].1, plain);
        }
    }

    #[test]
    fn noise_never_panics(mut noise in proptest::collection::vec(any::<u8>(), 0..1500), sign in 0usize..6) {
        let signs: [&[u8]; 6] = [b"", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"];
        noise.splice(..0, signs[sign].iter().copied());
        let _ = unpack(&noise);
        if noise.len() > 512 {
            noise[257..263].copy_from_slice(b"ustar\0");
            let mut header = ::tar::Header::new_ustar();
            header.as_mut_bytes().copy_from_slice(&noise[..512]);
            header.set_cksum();
            noise[..512].copy_from_slice(header.as_bytes());
            let _ = unpack(&noise);
        }
    }
}
