//! Archives and packed data, within one another.
#![no_main]

use ecrsnap::internal::ingest::{Defaults, inspect, source::Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // Small inputs can unpack to much; the limit is on what a run may take, not on what is correct.
    if data.len() > 64 << 10 {
        return;
    }
    let source = Source::open("input", Box::new(std::io::Cursor::new(data.to_vec())));
    if let Err(error) = inspect(&source, &Defaults::default(), false) {
        assert!(!error.to_string().is_empty());
    }
});
