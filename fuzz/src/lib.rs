//! What the fuzz targets do, as plain functions: each takes any bytes and panics when something is wrong.
//!
//! `fuzz_targets/` hands them bytes from libFuzzer, `tests/corpus.rs` the committed seeds. A finding is kept by giving its
//! file in `corpus/<target>/` a name that starts with `seed-`.

mod bytes;
mod chip_twins;
mod core_record;
mod core_steps;
mod ina226_registers;
mod rack_file;
mod tca9555_calls;
mod tinybms_frames;
mod tinybms_stream;

pub use chip_twins::chip_twins;
pub use core_record::core_record;
pub use core_steps::core_steps;
pub use ina226_registers::ina226_registers;
pub use rack_file::rack_file;
pub use tca9555_calls::tca9555_calls;
pub use tinybms_frames::tinybms_frames;
pub use tinybms_stream::tinybms_stream;

/// A target takes any bytes.
pub type Target = fn(&[u8]);

/// Every target by the name of its file and of its folder of seeds.
pub const TARGETS: [(&str, Target); 8] = [
    ("chip_twins", chip_twins),
    ("core_record", core_record),
    ("core_steps", core_steps),
    ("ina226_registers", ina226_registers),
    ("rack_file", rack_file),
    ("tca9555_calls", tca9555_calls),
    ("tinybms_frames", tinybms_frames),
    ("tinybms_stream", tinybms_stream),
];
