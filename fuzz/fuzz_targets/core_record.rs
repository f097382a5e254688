//! See `parallelator_fuzz::core_record`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parallelator_fuzz::core_record(data));
