//! Numbers in English, and those that need a word.

use crate::texts::{Language, number};

const HERE: Language = Language::English;

pub(super) fn amps(milliamps: i32) -> String {
    number::amps(HERE, milliamps)
}

/// A current without its direction.
pub(super) fn magnitude(milliamps: i32) -> String {
    amps(milliamps.saturating_abs())
}

pub(super) fn volts(millivolts: i32) -> String {
    number::volts(HERE, millivolts)
}

pub(super) fn celsius(tenths: i32) -> String {
    number::celsius(HERE, tenths)
}

/// A time from milliseconds that the core counts as a signed number.
pub(super) fn time(milliseconds: i32) -> String {
    number::seconds(HERE, milliseconds.unsigned_abs().into())
}

/// A time that the core gives as it counts.
pub(super) fn left(milliseconds: u32) -> String {
    number::seconds(HERE, milliseconds.into())
}

/// The age of a sample; the core says the largest number it has where it does not know when the last one came.
pub(super) fn age(milliseconds: i32) -> String {
    if (0..i32::MAX).contains(&milliseconds) {
        time(milliseconds)
    } else {
        "too long".to_owned()
    }
}
