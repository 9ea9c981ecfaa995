//! What the first bytes of some data say about the rest. Names are not asked: people save gzip
//! under `.json` and plain text under `.gz`.

use std::io::{self, Cursor, Read};

/// How many bytes are looked at: the size of a tar header, the longest sign there is.
const HEAD: usize = 512;

/// What data can turn out to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Format {
    /// UTF-8, or what the parser of pages will call something else, after so many bytes of BOM.
    Utf8 {
        skip: u64,
    },
    /// UTF-16, likewise.
    Utf16 {
        little_endian: bool,
        skip: u64,
    },
    /// The packings.
    Gzip,
    Zstd,
    Tar,
    /// Something known that is not read: its name, and what to do.
    Foreign {
        what: &'static str,
        advice: &'static str,
    },
}

/// Data whose first bytes were looked at.
pub(super) type Whole<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// What `reader` has by its first bytes, and a reader that gives them again before the rest.
pub(super) fn look<R: Read>(mut reader: R) -> io::Result<(Format, Whole<R>)> {
    let mut head = Vec::with_capacity(HEAD);
    (&mut reader).take(HEAD as u64).read_to_end(&mut head)?;
    Ok((sniff(&head), Cursor::new(head).chain(reader)))
}

/// Formats that are refused by name: their signatures, and the offset of each signature.
const FOREIGN: [(&[u8], usize, &str, &str); 13] = [
    (b"PK\x03\x04", 0, "a zip archive", UNZIP),
    (b"PK\x05\x06", 0, "a zip archive", UNZIP),
    (b"PK\x07\x08", 0, "a zip archive", UNZIP),
    (b"BZh", 0, "bzip2 data", "unpack it first (`bunzip2`), and ingest what comes out"),
    (b"\xfd7zXZ\0", 0, "xz data", "unpack it first (`unxz`), and ingest what comes out"),
    (b"\x04\x22\x4d\x18", 0, "lz4 data", "unpack it first (`unlz4`), and ingest what comes out"),
    (b"\x1f\x9d", 0, "compress data", "unpack it first (`uncompress`), and ingest what comes out"),
    (b"7z\xbc\xaf\x27\x1c", 0, "a 7-Zip archive", "unpack it first (`7z x`), and ingest the files in it"),
    (b"Rar!\x1a\x07", 0, "a RAR archive", "unpack it first, and ingest the files in it"),
    (b"SQLite format 3\0", 0, "an SQLite database", "pages are ingested; a database is opened with `--db`"),
    (b"%PDF-", 0, "a PDF document", SAVE_AGAIN),
    (b"bplist", 0, "a binary property list", SAVE_AGAIN),
    (b"PAR1", 0, "a Parquet file", SAVE_AGAIN),
];
const UNZIP: &str = "unpack it first (`unzip`), and ingest the folder";
const SAVE_AGAIN: &str = "save the output of `aws ecr describe-images --output json` itself";

fn sniff(head: &[u8]) -> Format {
    if is_tar(head) {
        return Format::Tar;
    }
    match head {
        // The method, in the third byte, is left to the decoder to complain about.
        [0x1f, 0x8b, ..] => return Format::Gzip,
        // A frame, or one that decoders skip: parallel compressors begin with it.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => return Format::Zstd,
        _ => {}
    }
    for (sign, at, what, advice) in FOREIGN {
        if head.get(at..).is_some_and(|rest| rest.starts_with(sign)) {
            return Format::Foreign { what, advice };
        }
    }
    text(head)
}

/// The encoding of text by its byte order mark; without one, by where the zeros are, since JSON
/// begins with an ASCII character and has no zero.
fn text(head: &[u8]) -> Format {
    const UTF_32: Format = Format::Foreign { what: "UTF-32 text", advice: "save the page again as UTF-8" };
    let begins_json = |byte: u8| matches!(byte, b'{' | b'[' | b'"' | b' ' | b'\t' | b'\r' | b'\n');
    match *head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => UTF_32,
        [0xff, 0xfe, ..] => Format::Utf16 { little_endian: true, skip: 2 },
        [0xfe, 0xff, ..] => Format::Utf16 { little_endian: false, skip: 2 },
        [0xef, 0xbb, 0xbf, ..] => Format::Utf8 { skip: 3 },
        [first, 0, 0, 0, ..] | [0, 0, 0, first, ..] if begins_json(first) => UTF_32,
        [first, 0, ..] if begins_json(first) => Format::Utf16 { little_endian: true, skip: 0 },
        [0, first, ..] if begins_json(first) => Format::Utf16 { little_endian: false, skip: 0 },
        _ => Format::Utf8 { skip: 0 },
    }
}

/// Whether these are the first bytes of a tar archive: by the POSIX or GNU signature (a zero or two
/// spaces follow it, so it is not text), or, for older ones, by a correct checksum. The signature is
/// enough even if the checksum is wrong or the header incomplete, so that damage is reported as damage.
fn is_tar(head: &[u8]) -> bool {
    if head.get(257..).is_some_and(|sign| sign.starts_with(b"ustar\0") || sign.starts_with(b"ustar  \0")) {
        return true;
    }
    <&[u8; HEAD]>::try_from(head).is_ok_and(|head| head[0] != 0 && head.contains(&0) && checksum_fits(head))
}

/// Whether a tar header's checksum fits its bytes. It was at first a sum of signed ones, and some
/// archives still have that.
pub(super) fn checksum_fits(header: &[u8; HEAD]) -> bool {
    const FIELD: std::ops::Range<usize> = 148..156;
    let Ok(written) = ::tar::Header::from_byte_slice(header).cksum() else {
        return false;
    };
    let summed = || header.iter().enumerate().map(|(at, &byte)| if FIELD.contains(&at) { b' ' } else { byte });
    let unsigned: i64 = summed().map(i64::from).sum();
    let signed: i64 = summed().map(|byte| i64::from(byte.cast_signed())).sum();
    [unsigned, signed].contains(&i64::from(written))
}

#[cfg(test)]
mod tests {
    use super::{Format, checksum_fits, look, sniff};
    use std::io::Read;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let utf8 = Format::Utf8 { skip: 0 };
        let utf16 = |little_endian, skip| Format::Utf16 { little_endian, skip };
        for (head, format) in [
            (&b""[..], utf8),
            (b"{", utf8),
            (b"{}", utf8),
            (b"\0\0", utf8),
            (b"\xef\xbb\xbf{}", Format::Utf8 { skip: 3 }),
            (b"\xff\xfe{\0", utf16(true, 2)),
            (b"\xff\xfe", utf16(true, 2)),
            (b"\xfe\xff\0{", utf16(false, 2)),
            (b"{\0", utf16(true, 0)),
            (b"[\0{\0", utf16(true, 0)),
            (b"\0{\0\"", utf16(false, 0)),
            (b"\x1f\x8b", Format::Gzip),
            (b"\x1f\x8b\x09", Format::Gzip),
            (b"\x28\xb5\x2f\xfd", Format::Zstd),
            (b"\x50\x2a\x4d\x18", Format::Zstd),
            (b"\x1f", utf8),
        ] {
            assert_eq!(sniff(head), format, "{head:?}");
        }
        for (head, name) in [
            (&b"PK\x03\x04..."[..], "a zip archive"),
            (b"BZh91AY", "bzip2 data"),
            (b"\xff\xfe\0\0{\0\0\0", "UTF-32 text"),
            (b"{\0\0\0", "UTF-32 text"),
            (b"SQLite format 3\0", "an SQLite database"),
        ] {
            assert!(matches!(sniff(head), Format::Foreign { what, .. } if what == name), "{head:?}");
        }
    }

    #[test]
    fn an_old_tar_header_is_told_by_its_checksum() {
        let mut header = ::tar::Header::new_old();
        header.set_path("page.json").unwrap();
        header.set_size(2);
        header.set_cksum();
        assert_eq!(sniff(header.as_bytes()), Format::Tar);
        header.as_mut_bytes()[3] ^= 1;
        assert_eq!(sniff(header.as_bytes()), Format::Utf8 { skip: 0 });

        let mut gnu = ::tar::Header::new_gnu();
        gnu.set_path("page.json").unwrap();
        assert_eq!(sniff(gnu.as_bytes()), Format::Tar, "the sign is enough");
        assert_eq!(sniff(&gnu.as_bytes()[..300]), Format::Tar, "even of half a header");
        assert!(!checksum_fits(gnu.as_bytes()));
    }

    #[test]
    fn looking_takes_nothing_away() {
        for length in [0, 1, 511, 512, 513, 5000] {
            let data: Vec<u8> = (0..length).map(|at| (at % 251) as u8 | 0x20).collect();
            let (_, mut again) = look(&data[..]).unwrap();
            let mut read = Vec::new();
            again.read_to_end(&mut read).unwrap();
            assert_eq!(read, data);
        }
    }
}
