//! Numbers with their unit, as people write them.

use battery_units::{DeciCelsius, Microvolts, Milliamps, Millivolts};
use serde_json::{Value, json};
use tinybms_proto::{NotAvailable, Seconds, StateOfCharge};

/// What stands where nothing was measured.
pub(super) const NOTHING: &str = "-";

/// A whole number of small steps with a decimal point, `decimals` digits behind it.
pub(super) fn decimal(steps: i64, decimals: usize) -> String {
    let sign = if steps < 0 { "-" } else { "" };
    if decimals == 0 {
        return steps.to_string();
    }
    let digits = format!("{:0>width$}", steps.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    format!("{sign}{whole}.{fraction}")
}

pub(super) fn volts(voltage: Millivolts) -> String {
    format!("{} V", decimal(voltage.get().into(), 3))
}

/// A cell; its steps are of 0.1 mV.
pub(super) fn cell_volts(voltage: Microvolts) -> String {
    format!("{} V", decimal(i64::from(voltage.get()) / 100, 4))
}

pub(super) fn amperes(current: Milliamps) -> String {
    format!("{} A", decimal(current.get().into(), 3))
}

pub(super) fn degrees(temperature: Option<DeciCelsius>) -> String {
    temperature.map_or_else(
        || "not connected".to_owned(),
        |temperature| format!("{} °C", decimal(temperature.get().into(), 1)),
    )
}

pub(super) fn percent(charge: StateOfCharge) -> String {
    let remark = if charge.is_over_full() {
        ", more than full: not to be trusted"
    } else {
        ""
    };
    let millionths = charge.millionths_of_percent();
    format!("{} %{remark}", decimal(i64::from(millionths / 1_000), 3))
}

/// Days, hours, minutes and seconds.
pub(super) fn span(seconds: Seconds) -> String {
    let seconds = seconds.get();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let clock = format!("{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60);
    match days {
        0 => clock,
        days => format!("{days} d {clock}"),
    }
}

/// What there is, or why there is nothing.
pub(super) fn available<T>(value: Result<T, NotAvailable>, show: impl Fn(T) -> String) -> String {
    value.map_or_else(|error| format!("not available ({error})"), show)
}

pub(super) fn json_degrees(temperature: Option<DeciCelsius>) -> Value {
    json!(temperature.map(|temperature| f64::from(temperature.get()) / 10.0))
}

pub(super) fn json_percent(charge: StateOfCharge) -> Value {
    let told =
        (!charge.is_over_full()).then(|| f64::from(charge.millionths_of_percent()) / 1_000_000.0);
    json!(told)
}

/// Bytes as two digits each.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    digits.join(" ")
}
