//! Whole-number division with the rounding said in the name.
//!
//! Every caller divides by a positive number; a divisor of zero answers with the far end of the range, which is the
//! cautious answer wherever it is used (an unknown resistance gives an endless current).
//!
//! What is called from many places is kept out of line: on a processor of 32 bits each of these is twenty bytes and more.

/// `value / step`, towards minus infinity.
#[inline(never)]
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
#[inline(never)]
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

/// `a · b`, held at the ends of the range: where the two have few bits, as they do in every usable rack, a small processor is
/// spared the question whether they fit.
pub(crate) fn held_product(a: i32, b: u64) -> i64 {
    let spare = a
        .unsigned_abs()
        .leading_zeros()
        .saturating_add(b.leading_zeros());
    // 32 and 64 bits less these leave 63 at most.
    if spare > 32 {
        i64::from(a).wrapping_mul(b.cast_signed())
    } else {
        i64::from(a).saturating_mul(i64::try_from(b).unwrap_or(i64::MAX))
    }
}
