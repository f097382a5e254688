//! See `parallelator_fuzz::tinybms_frames`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parallelator_fuzz::tinybms_frames(data));
