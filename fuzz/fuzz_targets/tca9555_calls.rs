//! See `parallelator_fuzz::tca9555_calls`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parallelator_fuzz::tca9555_calls(data));
