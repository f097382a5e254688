//! Whole-number division with the rounding said in the name.
//!
//! Every caller divides by a positive number; a divisor of zero answers with the far end of the range, which is the
//! cautious answer wherever it is used (an unknown resistance gives an endless current).

/// `value / step`, towards minus infinity.
pub(crate) fn floor_div(value: i64, step: i64) -> i64 {
    if step <= 0 {
        return if value < 0 { i64::MIN } else { i64::MAX };
    }
    value.div_euclid(step)
}

/// `value / step`, towards plus infinity.
pub(crate) fn ceil_div(value: i64, step: i64) -> i64 {
    floor_div(value.saturating_neg(), step).saturating_neg()
}

/// `value / step`, to nearest.
pub(crate) fn near_div(value: i64, step: i64) -> i64 {
    floor_div(value.saturating_add(step.div_euclid(2)), step)
}

/// A wide number held inside the range of a quantity.
pub(crate) fn narrow(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

/// `a · b`, exactly: 31 bits times 32 bits always fit.
pub(crate) fn product(a: i32, b: u32) -> i64 {
    i64::from(a).wrapping_mul(b.into())
}

/// `a · b`, exactly: 32 bits times 32 bits always fit.
pub(crate) fn wide(a: u32, b: u32) -> u64 {
    u64::from(a).wrapping_mul(b.into())
}
