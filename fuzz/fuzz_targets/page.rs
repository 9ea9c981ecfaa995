//! A page of any shape, read as it is and out of surrounding text.
#![no_main]

use ecrsnap::internal::ingest::{Defaults, inspect, source::Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let defaults = Defaults { registry_id: Some("123456789012".to_owned()), repository_name: Some("a".to_owned()), region: None };
    for extract in [false, true] {
        let source = Source::open("input", Box::new(std::io::Cursor::new(data.to_vec())));
        if let Err(error) = inspect(&source, &defaults, extract) {
            // The message is made as well, with the place.
            assert!(!error.to_string().is_empty());
        }
    }
});
