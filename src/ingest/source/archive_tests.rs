//! Archives made by the `tar` crate, and by hand if it would not make them.

use super::{Archive, parse_instant};
use crate::ingest::source::SourceError;
use ::tar::{Builder, EntryType, Header};
use std::io::Read;
use std::time::{Duration, SystemTime};

fn header(mut header: Header, path: &str, size: usize, kind: EntryType) -> Header {
    header.set_path(path).unwrap();
    header.set_size(size as u64);
    header.set_entry_type(kind);
    header.set_mtime(1_700_000_000);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

fn member(path: &str, data: &[u8], kind: EntryType) -> Vec<u8> {
    let mut bytes = header(Header::new_ustar(), path, data.len(), kind).as_bytes().to_vec();
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(path: &str, data: &[u8]) -> Vec<u8> {
    member(path, data, EntryType::Regular)
}

fn end() -> Vec<u8> {
    vec![0; 1024]
}

/// The members' paths and data, or the error.
fn list(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    let mut archive = Archive::new(bytes, "a.tar");
    let mut members = Vec::new();
    let mut read = || -> std::io::Result<()> {
        while let Some(entry) = archive.next_entry()? {
            let mut data = String::new();
            archive.read_to_string(&mut data)?;
            members.push((entry.path, data));
        }
        Ok(())
    };
    match read() {
        Ok(()) => Ok(members),
        Err(error) => Err(SourceError::from_io("not ours", error).to_string()),
    }
}

fn paths(bytes: &[u8]) -> Vec<String> {
    list(bytes).unwrap().into_iter().map(|(path, _)| path).collect()
}

fn after_epoch(seconds: u64, nanoseconds: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds)
}

#[test]
fn files_of_every_kind_of_archive_are_read() {
    let long = format!("{}/page.json", "folder-with-a-long-name".repeat(12));
    for start in [Header::new_old(), Header::new_ustar(), Header::new_gnu()] {
        let is_gnu = start.as_gnu().is_some();
        let mut builder = Builder::new(Vec::new());
        for (path, data) in [("b.json", "{}"), ("a.json", ""), ("c.json", &"x".repeat(512))] {
            builder.append(&header(start.clone(), path, data.len(), EntryType::Regular), data.as_bytes()).unwrap();
        }
        if is_gnu {
            let mut entry = header(start, "short", 4, EntryType::Regular);
            builder.append_data(&mut entry, &long, &b"long"[..]).unwrap();
        }
        let members = list(&builder.into_inner().unwrap()).unwrap();
        let mut expected = vec![("b.json", "{}".to_owned()), ("a.json", String::new()), ("c.json", "x".repeat(512))];
        if is_gnu {
            expected.push((&long, "long".to_owned()));
        }
        let expected: Vec<_> = expected.into_iter().map(|(path, data)| (path.to_owned(), data)).collect();
        assert_eq!(members, expected);
    }
}

#[test]
fn extensions_of_posix_are_understood() {
    let mut builder = Builder::new(Vec::new());
    let long = format!("{}.json", "é".repeat(200));
    builder
        .append_pax_extensions([
            ("path", long.as_bytes()),
            ("mtime", b"1714521600.25"),
            ("size", b"2"),
            ("comment", b"\xff"),
        ])
        .unwrap();
    // The header says another size; the extension is the one that counts.
    builder.get_mut().extend(file("short.json", b""));
    builder.get_mut().extend(&[&b"{}"[..], &[0; 510][..]].concat());
    builder.get_mut().extend(file("next.json", b"[]"));
    let bytes = builder.into_inner().unwrap();
    let mut archive = Archive::new(&bytes[..], "a.tar");
    let first = archive.next_entry().unwrap().unwrap();
    assert_eq!((first.path, first.modified), (long, Some(after_epoch(1_714_521_600, 250_000_000))));
    let mut data = String::new();
    archive.read_to_string(&mut data).unwrap();
    assert_eq!(data, "{}");
    let second = archive.next_entry().unwrap().unwrap();
    assert_eq!((second.path.as_str(), second.modified), ("next.json", Some(after_epoch(1_700_000_000, 0))));
    assert_eq!(archive.next_entry().unwrap(), None);
}

#[test]
fn only_files_are_given() {
    let bytes = [
        member("folder/", b"", EntryType::Directory),
        member("link", b"", EntryType::Symlink),
        member("hard", b"", EntryType::Link),
        member("pipe", b"", EntryType::Fifo),
        member("everyone", b"14 comment=all of\n", EntryType::XGlobalHeader),
        member("old-folder/", b"", EntryType::Regular),
        member("volume", b"some", EntryType::new(b'V')),
        member("contiguous.json", b"{}", EntryType::Continuous),
        file("folder/page.json", b"{}"),
        end(),
    ]
    .concat();
    assert_eq!(paths(&bytes), ["contiguous.json", "folder/page.json"]);
}

#[test]
fn what_is_left_unread_is_passed_over() {
    let bytes = [file("a", &[b'x'; 1300]), file("b", b"y"), end()].concat();
    let mut archive = Archive::new(&bytes[..], "a.tar");
    archive.next_entry().unwrap().unwrap();
    let mut some = [0; 700];
    archive.read_exact(&mut some).unwrap();
    assert_eq!(archive.next_entry().unwrap().unwrap().path, "b");
    assert_eq!(archive.next_entry().unwrap(), None);
}

#[test]
fn archives_that_were_joined_are_one() {
    let one = [file("a", b"1"), end()].concat();
    let two = [file("b", b"2"), end(), vec![0; 8000]].concat();
    assert_eq!(paths(&[one, two].concat()), ["a", "b"]);
}

#[test]
fn an_archive_that_is_cut_is_an_error_wherever_the_cut_is() {
    let bytes = [file("a.json", &[b'x'; 600]), file("b.json", b"{}"), end()].concat();
    let mark = bytes.len() - 1024;
    for cut in (1..mark + 512).step_by(37).chain([512, 1536, mark, mark + 511]) {
        let error = list(&bytes[..cut]).unwrap_err();
        assert_eq!(error, format!("a.tar: the tar data are truncated: they stop after byte {cut}, before their end"));
    }
    // One block of zeros is end mark enough.
    for cut in [mark + 512, mark + 700, mark + 1024] {
        assert_eq!(paths(&bytes[..cut]), ["a.json", "b.json"], "{cut}");
    }
}

#[test]
fn damage_is_named_and_placed() {
    let good = [file("a.json", b"{}"), file("b.json", b"{}"), end()].concat();
    let mut flipped = good.clone();
    flipped[1024] ^= 1;
    let mut size = header(Header::new_ustar(), "a", 0, EntryType::Regular);
    size.as_mut_bytes()[124..136].copy_from_slice(b"not a number");
    size.set_cksum();
    let huge = header(Header::new_gnu(), "././@LongLink", 5 << 30, EntryType::GNULongName);
    let mut endless = header(Header::new_gnu(), "a", 0, EntryType::Regular);
    endless.set_size(u64::MAX);
    endless.set_cksum();
    for (bytes, error) in [
        (flipped, "data are damaged near byte 1024: the checksum of a header does not fit"),
        (size.as_bytes().to_vec(), "data are damaged near byte 0: the size of a member is not a number"),
        (
            huge.as_bytes().to_vec(),
            "data are damaged near byte 0: an extension header claims to be larger than any path",
        ),
        (
            [member("x", b"no record", EntryType::XHeader), good.clone()].concat(),
            "data are damaged near byte 0: an extension header is malformed",
        ),
        (endless.as_bytes().to_vec(), "data are truncated: they stop after byte 512, before their end"),
        ([&good[..], &b"junk"[..]].concat(), "data end at byte 3072, and something else follows them"),
        ([&good[..], &[b'j'; 2000][..]].concat(), "data end at byte 3072, and something else follows them"),
    ] {
        assert_eq!(list(&bytes).unwrap_err(), format!("a.tar: the tar {error}"));
    }
}

#[test]
fn instants_are_read_to_the_nanosecond() {
    for (text, expected) in [
        ("1700000000", Some(after_epoch(1_700_000_000, 0))),
        ("1700000000.5", Some(after_epoch(1_700_000_000, 500_000_000))),
        ("1700000000.1234567891", Some(after_epoch(1_700_000_000, 123_456_789))),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("1.x", None),
        ("99999999999999999999", None),
        ("18446744073709551615", None),
    ] {
        assert_eq!(parse_instant(text), expected, "{text}");
    }
}
