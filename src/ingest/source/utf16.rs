//! Turns UTF-16 into UTF-8, a block at a time.

use super::error::{Problem, SourceError};
use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE};
use std::io::{self, Read};

const BLOCK: usize = 64 << 10;

/// A reader of UTF-8 over UTF-16 without its byte order mark.
pub(super) struct Utf16<'a, R> {
    inner: R,
    name: &'a str,
    decoder: Decoder,
    /// UTF-16 that was read; from `taken` on it is not decoded yet.
    raw: Vec<u8>,
    taken: usize,
    /// How many bytes went through the decoder, the mark included.
    position: u64,
    /// UTF-8 that was decoded; from `given` on it is not given out yet.
    text: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<'a, R: Read> Utf16<'a, R> {
    /// `skipped` is the length of the byte order mark before the data of `inner`.
    pub(super) fn new(inner: R, name: &'a str, little_endian: bool, skipped: u64) -> Self {
        let encoding = if little_endian { UTF_16LE } else { UTF_16BE };
        Self {
            inner,
            name,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: Vec::with_capacity(BLOCK),
            taken: 0,
            position: skipped,
            text: Vec::new(),
            given: 0,
            ended: false,
        }
    }

    /// Decode until there is text, or the end.
    fn fill(&mut self) -> io::Result<()> {
        self.given = 0;
        self.text.clear();
        while self.text.is_empty() && !self.ended {
            if self.taken == self.raw.len() {
                self.taken = 0;
                self.raw.clear();
                (&mut self.inner).take(BLOCK as u64).read_to_end(&mut self.raw)?;
            }
            let last = self.raw.is_empty();
            self.text.resize(BLOCK, 0);
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(&self.raw[self.taken..], &mut self.text, last);
            self.text.truncate(written);
            self.taken += read;
            self.position += read as u64;
            match result {
                DecoderResult::InputEmpty => self.ended = last,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => return Err(self.malformed(last)),
            }
        }
        Ok(())
    }

    fn malformed(&mut self, last: bool) -> io::Error {
        // What was decoded before the error is dropped: half a page is useless.
        self.text.clear();
        let reason = if last && self.position % 2 == 1 {
            "it ends in the middle of a character, after an odd number of bytes,"
        } else {
            "a surrogate without its other half"
        };
        SourceError::new(self.name, Problem::Utf16 { near: self.position, reason }).into_io()
    }
}

impl<R: Read> Read for Utf16<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() && !buffer.is_empty() {
            self.fill()?;
        }
        let text = &self.text[self.given..];
        let count = text.len().min(buffer.len());
        buffer[..count].copy_from_slice(&text[..count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::Utf16;
    use crate::ingest::source::SourceError;
    use proptest::prelude::*;
    use std::io::Read;

    fn encode(text: &str, little_endian: bool) -> Vec<u8> {
        let bytes = |unit: u16| if little_endian { unit.to_le_bytes() } else { unit.to_be_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    fn decode(raw: impl Read, little_endian: bool) -> Result<String, String> {
        let mut text = String::new();
        match Utf16::new(raw, "page", little_endian, 2).read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(error) => Err(SourceError::from_io("not ours", error).to_string()),
        }
    }

    /// Gives `step` bytes at a time.
    struct Slowly<'a>(&'a [u8], usize);

    impl Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let step = self.1.min(buffer.len());
            self.0.read(&mut buffer[..step])
        }
    }

    #[test]
    fn what_is_no_utf16_is_named_and_placed() {
        for (units, tail, error) in [
            (&[0x41, 0xd800, 0x42][..], &b""[..], "a surrogate without its other half near byte 6"),
            (&[0x41, 0xdc00], b"", "a surrogate without its other half near byte 6"),
            (&[0x41, 0xd800], b"", "a surrogate without its other half near byte 6"),
            (&[0x41], b"\x42", "it ends in the middle of a character, after an odd number of bytes, near byte 5"),
        ] {
            let mut raw: Vec<u8> = units.iter().flat_map(|unit: &u16| unit.to_le_bytes()).collect();
            raw.extend(tail);
            assert_eq!(decode(&raw[..], true).unwrap_err(), format!("page: not valid UTF-16: {error}"));
        }
    }

    #[test]
    fn text_of_many_blocks_comes_through() {
        let text = "{\"tag\": \"größe-漢字-🦀\"}\r\n".repeat(20_000);
        for little_endian in [true, false] {
            assert_eq!(decode(&encode(&text, little_endian)[..], little_endian).unwrap(), text);
        }
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_text(text in ".{0,60}", step in 1usize..9, little_endian: bool) {
            let raw = encode(&text, little_endian);
            prop_assert_eq!(decode(Slowly(&raw, step), little_endian).unwrap(), text.clone());
            // And read with a buffer smaller than a character.
            let mut reader = Utf16::new(&raw[..], "page", little_endian, 2);
            let mut all = Vec::new();
            let mut byte = [0; 1];
            while reader.read(&mut byte).unwrap() == 1 {
                all.push(byte[0]);
            }
            prop_assert_eq!(all, text.into_bytes());
        }
    }
}
