//! Measured values as people may see them: what is too old or was never measured is no value.

use parallelator_core::{Params, Quality, Sample};

/// The value, unless nothing was measured or it is older than `age_hard`.
#[must_use]
pub fn measured<T: Copy>(sample: &Sample<T>, params: &Params) -> Option<T> {
    let usable = match sample.quality {
        Quality::Good | Quality::OverRange => sample.age_ms <= params.age_hard_ms,
        Quality::Missing => false,
    };
    usable.then_some(sample.value)
}

/// Age of the value, unless nothing was measured.
#[must_use]
pub fn age_ms<T>(sample: &Sample<T>) -> Option<u32> {
    (sample.quality != Quality::Missing).then_some(sample.age_ms)
}
