//! Sentences for faults.

use parallelator_core::Fault;

use super::number::{age, celsius, magnitude, volts};

/// What happened, with the value and the limit it broke. Both zero: the core gave no numbers.
pub(super) fn sentence(fault: Fault, value: i32, limit: i32) -> String {
    let numbers = value != 0 || limit != 0;
    match fault {
        Fault::HardwareAlert if numbers => format!(
            "Hardware alert of its sensor or switch, at {}",
            magnitude(value)
        ),
        Fault::OverVoltageAbs if numbers => format!(
            "Over-voltage: {}, the absolute limit is {}",
            volts(value),
            volts(limit)
        ),
        Fault::OverCurrentHard if numbers => format!(
            "Over-current: {}, the hard limit is {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::CurrentOnOpenSwitch if numbers => format!(
            "{} flow through its switch though it is commanded open",
            magnitude(value)
        ),
        Fault::OverTemperature if numbers => {
            format!(
                "Temperature {}, the limit is {}",
                celsius(value),
                celsius(limit)
            )
        }
        Fault::UnderVoltageAbs if numbers => format!(
            "Voltage {}, below the floor of {}",
            volts(value),
            volts(limit)
        ),
        Fault::StaleData if numbers => format!(
            "No good sample for {}, at most {} is allowed",
            age(value),
            age(limit)
        ),
        Fault::JoinMismatch if numbers => format!(
            "After a join its current was {} off the prediction, tolerances explain {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::CollectiveOverload if numbers => format!(
            "The bus carried {}, its packs may carry {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::OverCurrentSoft if numbers => format!(
            "{} for too long, the continuous limit is {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::UnderVoltage if numbers => {
            format!(
                "Voltage {}, the lower limit is {}",
                volts(value),
                volts(limit)
            )
        }
        Fault::Imbalance if numbers => format!(
            "Circulating current {}, the limit is {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::Frozen if numbers => format!(
            "Its sensor gave the same reading {value} times while the other packs moved, {limit} are allowed"
        ),
        Fault::StuckOpen if numbers => format!(
            "Its switch is commanded closed, but only {} flow",
            magnitude(value)
        ),
        Fault::StuckClosed if numbers => format!(
            "Its switch is commanded open, but {} flow, more than the leak limit of {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::Swapped if numbers => format!(
            "Its wiring is exchanged with another pack: {} flow, held against {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::Kirchhoff if numbers => format!(
            "The pack currents are {} off the bus current, measurement errors explain {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::Precharge if numbers => {
            format!("The pre-charge did not finish, tries used up: {value} of {limit}")
        }
        other => capitalised(cause(other)),
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A fault in a few words, without numbers.
pub(in crate::texts) fn cause(fault: Fault) -> &'static str {
    match fault {
        Fault::HardwareAlert => "hardware alert",
        Fault::EStop => "emergency stop",
        Fault::OverVoltageAbs => "absolute over-voltage",
        Fault::OverCurrentHard => "hard over-current",
        Fault::CurrentOnOpenSwitch => "current through an open switch",
        Fault::Topology => "switches and sensors do not fit together",
        Fault::Config => "configuration or stored record not readable",
        Fault::ReadBack => "the switch outputs do not read back as they were written",
        Fault::WriteFailed => "the switch outputs cannot be written",
        Fault::BrownOut => "a switch expander lost its supply",
        Fault::OverTemperature => "temperature outside its limits",
        Fault::UnderVoltageAbs => "voltage below the floor",
        Fault::StaleData => "no good sample for too long",
        Fault::JoinMismatch => "current after a join is not the predicted one",
        Fault::CollectiveOverload => "the whole bus was overloaded",
        Fault::OverCurrentSoft => "over-current for too long",
        Fault::UnderVoltage => "under-voltage",
        Fault::Imbalance => "circulating current above its limit",
        Fault::Frozen => "sensor repeats itself",
        Fault::StuckOpen => "switch does not close",
        Fault::StuckClosed => "switch does not open",
        Fault::Swapped => "wiring exchanged with another pack",
        Fault::Kirchhoff => "pack currents do not add up to the bus current",
        Fault::ResistanceRange => "path resistance not plausible",
        Fault::Precharge => "pre-charge did not finish",
        // A code that this program does not know yet is better shown bare than hidden.
        other => other.code(),
    }
}
