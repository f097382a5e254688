//! Values of settings as people write them: `4150 mV`, `66.00 Ah`, `kilometre`.

use serde_json::{Value, json};
use tinybms_proto::{Changes, Setting, SettingError, registers::Unit};

use super::super::quantity::decimal;

/// How the counts of a register become a number that people write.
struct Scale {
    symbol: &'static str,
    decimals: usize,
    /// Last decimals in one count.
    count: i64,
}

fn scale(setting: Setting) -> Scale {
    let (symbol, decimals, count) = match setting.entry().unit {
        Unit::HundredthAmpereHour => ("Ah", 2, 1),
        Unit::FiveHundredthPercent => ("%", 3, 2),
        other => (other.symbol(), 0, 1),
    };
    Scale {
        symbol,
        decimals,
        count,
    }
}

/// The unit of a setting; nothing for a choice.
pub(super) fn symbol(setting: Setting) -> &'static str {
    scale(setting).symbol
}

/// Names of a choice; none for a number.
pub(super) fn choices(setting: Setting) -> Vec<&'static str> {
    let mut names = Vec::new();
    for code in 0..=16 {
        if let Some(name) = setting
            .choice_name(code)
            .filter(|name| !names.contains(name))
        {
            names.push(name);
        }
    }
    names
}

fn number(setting: Setting, value: i32) -> String {
    let scale = scale(setting);
    decimal(i64::from(value) * scale.count, scale.decimals)
}

/// A value with its unit.
pub(super) fn shown(setting: Setting, value: i32) -> String {
    if let Some(name) = setting.choice_name(value) {
        return name.to_owned();
    }
    if setting.entry().unit == Unit::Choice {
        return format!("unknown {value}");
    }
    format!("{} {}", number(setting, value), symbol(setting))
        .trim_end()
        .to_owned()
}

/// A value in the unit of [`symbol`]: a number, or the name of a choice.
pub(super) fn json(setting: Setting, value: i32) -> Value {
    if let Some(name) = setting.choice_name(value) {
        return json!(name);
    }
    let scale = scale(setting);
    let steps = i64::from(value) * scale.count;
    match scale.decimals {
        0 => json!(steps),
        2 => json!(f64::from(value) / 100.0),
        _ => json!(steps as f64 / 1_000.0),
    }
}

/// A range, or the choices.
pub(super) fn allowed(setting: Setting, range: Option<(i32, i32)>) -> String {
    let names = choices(setting);
    if !names.is_empty() {
        return format!("one of {}", names.join(", "));
    }
    let example = |value| format!("{} {}", number(setting, value), symbol(setting));
    match range {
        Some((from, to)) => format!("{} to {}", number(setting, from), example(to)),
        None => format!("a number of {}", symbol(setting)),
    }
}

/// Reads a value; what would be right, when it is none.
pub(super) fn read(setting: Setting, text: &str, needs_unit: bool) -> Result<i32, String> {
    let text = text.trim();
    let right = || allowed(setting, setting.entry().range);
    if setting.entry().unit == Unit::Choice {
        let code = setting.choice_code(text);
        return code.ok_or_else(|| format!("\"{text}\" is not {}", right()));
    }
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    let end = text.find(|c| !is_of_number(c)).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = unit.trim();
    let scale = scale(setting);
    if digits.is_empty() {
        return Err(format!("\"{text}\" is no number: it has to be {}", right()));
    }
    if unit != scale.symbol && (needs_unit || !unit.is_empty()) {
        let found = if unit.is_empty() { "no unit" } else { unit };
        return Err(format!(
            "{found} where {} is right: {}",
            scale.symbol,
            right()
        ));
    }
    let steps = steps(digits, scale.decimals).ok_or_else(|| {
        format!(
            "\"{digits}\" is not a number of {}: {}",
            step(&scale),
            right()
        )
    })?;
    if steps % scale.count != 0 {
        return Err(format!("\"{digits}\" is not a number of {}", step(&scale)));
    }
    i32::try_from(steps / scale.count).map_err(|_| format!("{text} is not {}", right()))
}

fn step(scale: &Scale) -> String {
    format!(
        "steps of {} {}",
        decimal(scale.count, scale.decimals),
        scale.symbol
    )
}

/// A decimal number in units of its last decimal; nothing when it is none, or has more decimals that are not zero.
fn steps(digits: &str, decimals: usize) -> Option<i64> {
    let (is_negative, digits) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(digits)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > decimals {
        return None;
    }
    let value: i64 = format!("{whole}{fraction:0<decimals$}").parse().ok()?;
    Some(if is_negative { -value } else { value })
}

/// Adds a value to changes, when the document allows it.
pub(super) fn put(changes: &mut Changes, setting: Setting, value: i32) -> Result<(), String> {
    changes
        .set(setting, value)
        .map_err(|error| problem(setting, error))
}

/// What is wrong with a value, in the unit in which it was written.
pub(super) fn problem(setting: Setting, error: SettingError) -> String {
    match error {
        SettingError::OutOfRange { value, range, .. } => format!(
            "{} is not {}",
            shown(setting, value),
            allowed(setting, Some(range))
        ),
        SettingError::BeyondDevice { value, range, .. } => format!(
            "{}, and this BMS takes {}",
            shown(setting, value),
            limits(setting, range)
        ),
        SettingError::NotAChoice { value, .. } => {
            format!("{value} is not {}", allowed(setting, None))
        }
        other => other.to_string(),
    }
}

/// What a device takes; of a choice the numbers, since it may not know the last ones.
pub(super) fn limits(setting: Setting, (from, to): (i32, i32)) -> String {
    if setting.entry().unit == Unit::Choice {
        return format!("{} to {}", shown(setting, from), shown(setting, to));
    }
    allowed(setting, Some((from, to)))
}
