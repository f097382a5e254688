//! Division to nearest, for everything that is not on the way of a reading.

/// `value / step` to nearest, ties up; a `step` of zero gives zero and does not occur.
pub(crate) fn nearest(value: u64, step: u64) -> u64 {
    value
        .saturating_add(step / 2)
        .checked_div(step)
        .unwrap_or(0)
}

/// `value / step` to nearest, ties away from zero.
pub(crate) fn nearest_signed(value: i64, step: u64) -> i64 {
    let size = i64::try_from(nearest(value.unsigned_abs(), step)).unwrap_or(i64::MAX);
    if value < 0 {
        size.saturating_neg()
    } else {
        size
    }
}
