//! See `parallelator_fuzz::ina226_registers`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parallelator_fuzz::ina226_registers(data));
