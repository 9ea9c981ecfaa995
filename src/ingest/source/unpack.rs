//! Decompresses gzip and zstd. Each reader counts the compressed bytes that it has consumed, for its errors. Both read every part of what is packed in several parts (gzip
//! members, zstd frames), and both are refused when something else follows.
//!
//! However much comes out, only a window is kept: 32 kB for gzip, what the frame asks for in zstd
//! up to a limit.

use super::error::{Packing, Problem, SourceError};
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// Packed bytes are taken in blocks of this size.
pub(super) const BLOCK: usize = 128 << 10;

/// A buffered reader that counts what was taken from it.
struct Counted<R> {
    inner: BufReader<R>,
    taken: u64,
}

impl<R: Read> Counted<R> {
    fn new(inner: R) -> Self {
        Self { inner: BufReader::with_capacity(BLOCK, inner), taken: 0 }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.taken += count as u64;
        Ok(count)
    }
}

impl<R: Read> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.taken += count as u64;
        self.inner.consume(count);
    }
}

/// Say what a decoder's error means; an error of the reader below the decoder is passed on unchanged.
fn fault(name: &str, packing: Packing, at: u64, error: io::Error) -> io::Error {
    if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<SourceError>) {
        return error;
    }
    let reason = error.to_string();
    let problem = match error.kind() {
        io::ErrorKind::UnexpectedEof => Problem::CutShort { packing, after: at },
        // The data is not damaged. Only the text of the library's error shows this case.
        _ if packing == Packing::Zstd && reason.contains("too much memory") => Problem::Foreign {
            what: "zstd data with a window that is larger than is allowed",
            advice: "unpack it first (`unzstd --long=31`), and ingest what comes out",
        },
        _ => Problem::Damaged { packing, near: at, reason },
    };
    SourceError::new(name, problem).into_io()
}

/// Unpacks gzip.
pub(super) struct Gunzip<'a, R> {
    /// The decoder of the current part. `None` after the last one.
    decoder: Option<GzDecoder<Counted<R>>>,
    name: &'a str,
}

impl<'a, R: Read> Gunzip<'a, R> {
    pub(super) fn new(inner: R, name: &'a str) -> Self {
        Self { decoder: Some(GzDecoder::new(Counted::new(inner))), name }
    }

    /// After the end of a part: what follows may be another part, or the zeros that fill up the
    /// last block of a tape.
    fn next_part(&mut self, mut inner: Counted<R>) -> io::Result<()> {
        loop {
            let ahead = inner.fill_buf()?;
            match ahead.first() {
                None => return Ok(()),
                Some(0) => {
                    let zeros = ahead.iter().take_while(|&&byte| byte == 0).count();
                    inner.consume(zeros);
                }
                Some(0x1f) => {
                    self.decoder = Some(GzDecoder::new(inner));
                    return Ok(());
                }
                Some(_) => {
                    let problem = Problem::Trailing { packing: Packing::Gzip, at: inner.taken };
                    return Err(SourceError::new(self.name, problem).into_io());
                }
            }
        }
    }
}

impl<R: Read> Read for Gunzip<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(decoder) = &mut self.decoder {
            match decoder.read(buffer) {
                Ok(0) => {}
                Ok(count) => return Ok(count),
                Err(error) => return Err(fault(self.name, Packing::Gzip, decoder.get_ref().taken, error)),
            }
            if let Some(ended) = self.decoder.take() {
                self.next_part(ended.into_inner())?;
            }
        }
        Ok(0)
    }
}

/// Unpacks zstd.
pub(super) struct Unzstd<'a, R: Read> {
    decoder: zstd::Decoder<'static, Counted<R>>,
    name: &'a str,
}

impl<'a, R: Read> Unzstd<'a, R> {
    /// A frame may ask for a window of two to the power of `window` bytes, and is refused when it
    /// asks for more.
    pub(super) fn new(inner: R, name: &'a str, window: u32) -> io::Result<Self> {
        let mut decoder = zstd::Decoder::with_buffer(Counted::new(inner))?;
        decoder.window_log_max(window)?;
        Ok(Self { decoder, name })
    }
}

impl<R: Read> Read for Unzstd<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer).map_err(|error| fault(self.name, Packing::Zstd, self.decoder.get_ref().taken, error))
    }
}

#[cfg(test)]
mod tests {
    use super::{Gunzip, Unzstd};
    use crate::ingest::source::SourceError;
    use flate2::{Compression, write::GzEncoder};
    use std::io::{self, Read, Write};

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(data: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn all(mut reader: impl Read) -> Result<Vec<u8>, String> {
        let mut data = Vec::new();
        match reader.read_to_end(&mut data) {
            Ok(_) => Ok(data),
            Err(error) => Err(SourceError::from_io("not ours", error).to_string()),
        }
    }

    fn gunzip(packed: &[u8]) -> Result<Vec<u8>, String> {
        all(Gunzip::new(packed, "a"))
    }

    fn unzstd(packed: &[u8]) -> Result<Vec<u8>, String> {
        all(Unzstd::new(packed, "a", 23).unwrap())
    }

    /// Something that neither packs to nothing nor has a period.
    fn sample() -> Vec<u8> {
        (0u32..3000).flat_map(|number| (number.wrapping_mul(2_654_435_761) >> 20).to_string().into_bytes()).collect()
    }

    #[test]
    fn every_part_is_unpacked() {
        let two = |pack: fn(&[u8]) -> Vec<u8>| [pack(b"one "), pack(b""), pack(b"two")].concat();
        assert_eq!(gunzip(&two(gzip)).unwrap(), b"one two");
        assert_eq!(unzstd(&two(zstd)).unwrap(), b"one two");
        let padded = [gzip(b"one "), vec![0; 700], gzip(b"two"), vec![0; 200_000]].concat();
        assert_eq!(gunzip(&padded).unwrap(), b"one two");
    }

    #[test]
    fn no_prefix_passes_for_the_whole() {
        let (gz, zst) = (gzip(&sample()), zstd(&sample()));
        for end in (2..40).chain((40..gz.len()).step_by(97)).chain(gz.len() - 12..gz.len()) {
            let error = gunzip(&gz[..end]).unwrap_err();
            assert_eq!(
                error,
                format!("a: the gzip data are truncated: they stop after byte {end}, before their end"),
                "{end}"
            );
        }
        for end in (4..40).chain((40..zst.len()).step_by(97)).chain(zst.len() - 12..zst.len()) {
            let error = unzstd(&zst[..end]).unwrap_err();
            assert!(
                error.contains("the zstd data are truncated") && error.contains(&format!("byte {end},")),
                "{error}"
            );
        }
    }

    #[test]
    fn damage_is_found_and_placed() {
        let (gz, zst) = (gzip(&sample()), zstd(&sample()));
        let damaged = |data: &[u8], at: usize| {
            let mut data = data.to_vec();
            data[at] ^= 0x55;
            data
        };
        for at in [2, gz.len() / 2, gz.len() - 6, gz.len() - 1] {
            let error = gunzip(&damaged(&gz, at)).unwrap_err();
            assert!(error.starts_with("a: the gzip data are damaged near byte "), "{at}: {error}");
        }
        assert!(gunzip(&damaged(&gz, gz.len() - 6)).unwrap_err().contains("checksum"));
        for at in [4, zst.len() / 2, zst.len() - 2] {
            let error = unzstd(&damaged(&zst, at)).unwrap_err();
            assert!(error.starts_with("a: the zstd data are "), "{at}: {error}");
        }
        assert!(unzstd(&damaged(&zst, zst.len() - 2)).unwrap_err().contains("checksum"));
    }

    #[test]
    fn what_follows_the_end_is_no_part_of_it() {
        let gz = gzip(b"one");
        let error = gunzip(&[&gz[..], b"\r\n"].concat()).unwrap_err();
        assert_eq!(error, format!("a: the gzip data end at byte {}, and something else follows them", gz.len()));
        assert!(unzstd(&[&zstd(b"one")[..], b"junk"].concat()).is_err());
    }

    #[test]
    fn an_error_from_below_keeps_its_own_name() {
        let outer = gzip(&gzip(&sample()));
        let cut = &outer[..outer.len() - 9];
        let error = all(Gunzip::new(Gunzip::new(cut, "outer"), "inner")).unwrap_err();
        assert!(error.starts_with("outer: the gzip data are truncated"), "{error}");
    }

    #[test]
    fn a_window_beyond_the_limit_is_refused() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(24).unwrap();
        encoder.write_all(b"one").unwrap();
        // Flushed before the end, so that the frame cannot know how small it is.
        encoder.flush().unwrap();
        let wide = encoder.finish().unwrap();
        assert!(unzstd(&wide).unwrap_err().contains("a window that is larger than is allowed"));
        assert_eq!(all(Unzstd::new(&wide[..], "a", 24).unwrap()).unwrap(), b"one");
    }

    #[test]
    fn unpacking_takes_no_more_than_it_needs() {
        // 8 MB of zeros in 8 kB: by the first block, almost nothing may have been read.
        let packed = gzip(&vec![0; 8 << 20]);
        let mut reader = Gunzip::new(&packed[..], "bomb");
        let mut block = vec![1; 64 << 10];
        reader.read_exact(&mut block).unwrap();
        assert!(block.iter().all(|&byte| byte == 0));
        let taken = reader.decoder.as_ref().unwrap().get_ref().taken;
        assert!(taken < 4096, "{taken}");
        let rest = io::copy(&mut reader, &mut io::sink()).unwrap();
        assert_eq!(rest + block.len() as u64, 8 << 20);
    }
}
