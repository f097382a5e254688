//! Reasons as they go on after a colon.

use parallelator_core::{Reason, Waiting};

use super::fault;

/// A reason in small letters, with the numbers when there are any.
pub(super) fn words(reason: Reason, value: i32, limit: i32) -> String {
    match reason {
        Reason::Fault(found) => decapitalised(&fault::sentence(found, value, limit)),
        Reason::Waiting(waiting) => short(waiting).to_owned(),
    }
}

fn decapitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

fn short(waiting: Waiting) -> &'static str {
    match waiting {
        Waiting::Connected => "it is connected",
        Waiting::Closing => "it was closing",
        Waiting::Opening => "it was opening",
        Waiting::Precharging => "the pre-charge is over",
        Waiting::ServiceTest => "a test that the operator asked for",
        Waiting::CurrentSum => "the currents do not add up",
        Waiting::PathResistance => "its load steps show a path resistance outside the band",
        Waiting::Boot => "the rack is starting",
        Waiting::NoSensor => "its sensor has never answered",
        Waiting::CollectingSamples => "too few samples",
        Waiting::WaitingTurn => "another pack goes first",
        Waiting::WaitingForSet => "other packs start the bus",
        Waiting::CirculatingCurrent => "too much current between the packs",
        Waiting::DifferenceTooLarge => "too far from the bus",
        Waiting::PackLimit => "a pack of the set would exceed its limit",
        Waiting::VoltageLow => "voltage too low for joining",
        Waiting::VoltageHigh => "voltage too high for joining",
        Waiting::TemperatureWindow => "outside the temperatures for joining",
        Waiting::WouldCharge => "it would be charged",
        Waiting::WouldDischarge => "it would be discharged",
        Waiting::WearBudget => "the closings of this hour are used up",
        Waiting::CurrentWhileOpen => "current though its switch is open",
        Waiting::StaleSample => "its last sample is too old",
        Waiting::MemberUnknown => "a connected pack is not measured",
        Waiting::ClockJump => "the clock jumped",
        Waiting::BusSuspect => "the bus may be shorted",
        Waiting::UnknownSource => "something else holds the bus",
        Waiting::LoadNotCovered => "the load is not covered",
        Waiting::SystemOff => "the rack is shut off",
        Waiting::Operator => "by the operator",
        // A code that this program does not know yet is better shown bare than hidden.
        other => other.code(),
    }
}
