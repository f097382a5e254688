//! See `parallelator_fuzz::chip_twins`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parallelator_fuzz::chip_twins(data));
