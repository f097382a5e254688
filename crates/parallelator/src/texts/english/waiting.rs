//! What a pack without a fault waits for.

use battery_units::Millivolts;
use parallelator_core::{PackDecision, Waiting};

use super::number::{amps, celsius, magnitude, time, volts};

pub(super) fn sentence(waiting: Waiting, pack: &PackDecision) -> String {
    let (value, limit) = (pack.value, pack.limit);
    match waiting {
        Waiting::WaitingTurn => match pack.predicted {
            Some(predicted) => format!(
                "Waits for its turn: may join with at most {} between the packs",
                amps(predicted.get())
            ),
            None => "Waits for its turn".to_owned(),
        },
        Waiting::WaitingForSet if value > limit => format!(
            "Waits: other packs start the bus; with them up to {} could flow between the packs, the limit is {}",
            amps(value),
            amps(limit)
        ),
        Waiting::CirculatingCurrent => format!(
            "Waits: joining could push up to {} between the packs, the limit is {}{}",
            amps(value),
            amps(limit),
            apart(pack)
        ),
        Waiting::DifferenceTooLarge => {
            let side = pack.difference.map_or("away from", side);
            format!(
                "Refused: {} {side} the bus, at most {} is allowed",
                volts(value),
                volts(limit)
            )
        }
        Waiting::PackLimit if value == 0 && limit == 0 => {
            "Waits: its own limit for what the bus is used for is zero".to_owned()
        }
        Waiting::PackLimit => format!(
            "Waits: at the present load a pack of the set would carry {}, its limit is {}",
            magnitude(value),
            magnitude(limit)
        ),
        Waiting::VoltageLow => format!(
            "Waits: {} is below {}, the lowest voltage for joining",
            volts(value),
            volts(limit)
        ),
        Waiting::VoltageHigh => format!(
            "Waits: {} is above {}, the highest voltage for joining",
            volts(value),
            volts(limit)
        ),
        Waiting::TemperatureWindow => format!(
            "Waits: {} is outside the temperatures for joining, which end at {}",
            celsius(value),
            celsius(limit)
        ),
        Waiting::WouldCharge => format!(
            "Waits: it would be charged with up to {}, and must not be charged now",
            magnitude(value)
        ),
        Waiting::WouldDischarge => format!(
            "Waits: it would be discharged with up to {}, and must not be discharged now",
            magnitude(value)
        ),
        Waiting::WearBudget => {
            format!("Waits: {value} closings in the last hour, the budget is {limit}")
        }
        Waiting::CurrentWhileOpen => format!(
            "Waits: {} flow though its switch is open, at most {} may",
            magnitude(value),
            magnitude(limit)
        ),
        Waiting::StaleSample => format!(
            "Waits: its last sample is {} old, at most {} is allowed",
            time(value),
            time(limit)
        ),
        Waiting::UnknownSource => format!(
            "Waits: something else holds the bus; joining could push up to {}, the limit is {}",
            amps(value),
            amps(limit)
        ),
        Waiting::LoadNotCovered => format!(
            "Waits: the packs that fit together can carry {}, the load needs {}",
            amps(value),
            amps(limit)
        ),
        other => plain(other).to_owned(),
    }
}

/// The sentences without numbers.
fn plain(waiting: Waiting) -> &'static str {
    match waiting {
        Waiting::Connected => "Connected",
        Waiting::Closing => "Closing: waits for the read-back of its switch",
        Waiting::Opening => "Opening: waits for the read-back of its switch",
        Waiting::Precharging => "Pre-charging: the bus is charged through its resistor",
        Waiting::ServiceTest => {
            "Open for a test that the operator asked for; joins again by itself"
        }
        Waiting::CurrentSum => {
            "Waits: the pack currents do not add up to the bus current; look for a path that nobody measures, or a wrong shunt"
        }
        Waiting::PathResistance => {
            "Waits: its load steps show a path resistance outside the band of the parameters; check its terminals and its shunt"
        }
        Waiting::Boot => "Waits: the rack is still confirming that every switch is open",
        Waiting::NoSensor => {
            "No reading: its sensor has never answered; check the sensor, its supply and its address"
        }
        Waiting::CollectingSamples => "Waits: collects samples",
        Waiting::WaitingForSet => "Waits: another pack starts the bus",
        Waiting::MemberUnknown => {
            "Waits: a connected pack has no fresh sample, so nothing can be predicted"
        }
        Waiting::ClockJump => "Waits: the clock jumped in this step",
        Waiting::BusSuspect => {
            "Waits: a short circuit took the last packs off the bus; clear their faults once it is mended"
        }
        Waiting::SystemOff => "Open: the rack is shut off",
        Waiting::Operator => "Disabled by the operator",
        // A code that this program does not know yet is better shown bare than hidden.
        other => other.code(),
    }
}

fn side(difference: Millivolts) -> &'static str {
    if difference.get() < 0 {
        "below"
    } else {
        "above"
    }
}

/// How far the pack stands from the bus, as an addition to a sentence.
fn apart(pack: &PackDecision) -> String {
    match pack.difference {
        Some(Millivolts::ZERO) | None => String::new(),
        Some(difference) => format!(
            " ({} {} the bus)",
            volts(difference.get().saturating_abs()),
            side(difference)
        ),
    }
}
