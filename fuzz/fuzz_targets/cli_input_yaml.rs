//! The target `cli_input_yaml`; `inputs.rs` says what it does with an input.
#![no_main]

#[allow(dead_code, reason = "each target uses one of its functions")]
#[path = "../inputs.rs"]
mod inputs;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    inputs::cli_input_yaml(data);
});
