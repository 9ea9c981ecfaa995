//! The inputs of the fuzz targets, read on a stable compiler: every file of a corpus, and damaged copies of
//! it that are the same each time. Nothing may panic; what is refused is refused with a message.

mod ingest;
#[path = "../../fuzz/inputs.rs"]
mod inputs;
mod targets;

use std::fs;
use std::path::Path;

/// The files of a target's corpus, by name.
pub(crate) fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| {
            let path = entry.expect("an entry").path();
            (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read(&path).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

/// A generator of numbers that is the same everywhere (xorshift).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: &[u8]) -> Self {
        Numbers(
            seed.iter()
                .fold(0x9e37_79b9_7f4a_7c15, |state, byte| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
                | 1,
        )
    }

    /// A number below `limit`, which is not zero.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// A copy of `data` with up to four bytes changed, added or gone, or cut off.
pub(crate) fn damaged(data: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    const BYTES: &[u8] = b"{}[]\",:\\ \n\r-0e.'x&*#\x00\x1b\xc3\xff";
    let mut copy = data.to_vec();
    for _ in 0..=numbers.below(4) {
        if copy.is_empty() {
            break;
        }
        let at = numbers.below(copy.len());
        let byte = BYTES[numbers.below(BYTES.len())];
        match numbers.below(5) {
            0 => copy[at] = byte,
            1 => copy.insert(at, byte),
            2 => drop(copy.remove(at)),
            3 => copy[at] ^= 1 << numbers.below(8),
            _ => {
                let end = (at + numbers.below(64)).min(copy.len());
                let part = copy[at..end].to_vec();
                copy.splice(at..at, part);
            }
        }
    }
    if numbers.below(8) == 0 {
        copy.truncate(numbers.below(copy.len() + 1));
    }
    copy
}
