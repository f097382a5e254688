//! See `parallelator_fuzz::rack_file`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parallelator_fuzz::rack_file(data));
