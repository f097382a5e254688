//! Numbers as people read them, in the custom of the language.

use super::Language;

/// A current in amperes, from milliamperes: two digits after the point below one ampere, else one.
#[must_use]
pub fn amps(language: Language, milliamps: i32) -> String {
    let amps = f64::from(milliamps) / 1_000.0;
    language.number(if milliamps.saturating_abs() < 1_000 {
        format!("{amps:.2} A")
    } else {
        format!("{amps:.1} A")
    })
}

/// A voltage in volts, from millivolts; small ones stay in millivolts.
#[must_use]
pub fn volts(language: Language, millivolts: i32) -> String {
    language.number(if millivolts.saturating_abs() < 1_000 {
        format!("{millivolts} mV")
    } else {
        format!("{:.2} V", f64::from(millivolts) / 1_000.0)
    })
}

/// The same with a plus where it is positive.
pub(super) fn signed_volts(language: Language, millivolts: i32) -> String {
    let sign = if millivolts > 0 { "+" } else { "" };
    format!("{sign}{}", volts(language, millivolts))
}

/// A temperature in degrees Celsius, from tenths.
#[must_use]
pub fn celsius(language: Language, tenths: i32) -> String {
    language.number(format!("{:.1} °C", f64::from(tenths) / 10.0))
}

/// A time from milliseconds, in the unit that suits its size.
#[must_use]
pub fn seconds(language: Language, milliseconds: u64) -> String {
    language.number(match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..120_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!("{} min", milliseconds.div_ceil(60_000)),
    })
}

/// Volts or amperes without their unit, for a column of a table: two digits, a dash where nothing was measured.
#[must_use]
pub fn figure(language: Language, thousandths: Option<i32>) -> String {
    thousandths.map_or_else(
        || "-".to_owned(),
        |value| language.number(format!("{:.2}", f64::from(value) / 1_000.0)),
    )
}
