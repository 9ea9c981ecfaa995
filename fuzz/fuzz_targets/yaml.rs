//! A page in YAML: the input stands behind a line that makes it one.
#![no_main]

use ecrsnap::internal::ingest::{Defaults, inspect, source::Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = [b"imageDetails:\n", data].concat();
    let source = Source::open("input", Box::new(std::io::Cursor::new(text)));
    if let Err(error) = inspect(&source, &Defaults::default(), false) {
        assert!(!error.to_string().is_empty());
    }
});
