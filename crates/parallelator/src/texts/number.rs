//! Numbers as people read them.

/// A current in amperes, from milliamperes: two digits after the point below one ampere, else one.
#[must_use]
pub fn amps(milliamps: i32) -> String {
    let amps = f64::from(milliamps) / 1_000.0;
    if milliamps.saturating_abs() < 1_000 {
        format!("{amps:.2} A")
    } else {
        format!("{amps:.1} A")
    }
}

/// A voltage in volts, from millivolts; small ones stay in millivolts.
#[must_use]
pub fn volts(millivolts: i32) -> String {
    if millivolts.saturating_abs() < 1_000 {
        format!("{millivolts} mV")
    } else {
        format!("{:.2} V", f64::from(millivolts) / 1_000.0)
    }
}

/// A temperature in degrees Celsius, from tenths.
#[must_use]
pub fn celsius(tenths: i32) -> String {
    format!("{:.1} °C", f64::from(tenths) / 10.0)
}

/// A time from milliseconds, in the unit that suits its size.
#[must_use]
pub fn seconds(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..120_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!("{} min", milliseconds.div_ceil(60_000)),
    }
}
