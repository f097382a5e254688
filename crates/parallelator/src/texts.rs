//! What the codes of the core mean, in sentences with their numbers. The page, the terminal and the log print these.

mod event;
mod fault;
mod number;

use parallelator_core::{PackDecision, PackState, Reason, SystemState, Waiting};

pub use event::event_text;
pub use number::{amps, celsius, seconds, volts};

/// Why a pack is, or is not, connected.
#[must_use]
pub fn pack_text(pack: &PackDecision) -> String {
    let (value, limit) = (pack.value, pack.limit);
    match pack.reason {
        Reason::Waiting(waiting) => waiting_text(waiting, pack),
        Reason::Fault(reason) => {
            let what = fault::sentence(reason, value, limit);
            match (pack.state, pack.eligible_in_ms) {
                (PackState::Latched, _) => format!("{what}; latched until it is cleared"),
                (PackState::Cooldown { .. }, Some(left)) => {
                    format!("{what}; may try again in {}", seconds(left.into()))
                }
                (PackState::Fault, _) => format!("{what}; waits until this is over"),
                (PackState::StuckClosed, _) => {
                    format!("{what}; isolate it from outside, then clear it")
                }
                (PackState::Disabled, _) => format!("Disabled by the operator; {what}"),
                _ => what,
            }
        }
    }
}

fn waiting_text(waiting: Waiting, pack: &PackDecision) -> String {
    let (value, limit) = (pack.value, pack.limit);
    let soon = |words: &str| match pack.eligible_in_ms {
        Some(left) => format!("{words}, about {} more", seconds(left.into())),
        None => words.to_owned(),
    };
    match waiting {
        Waiting::Connected => "Connected".to_owned(),
        Waiting::Closing => "Closing: waits for the read-back of its switch".to_owned(),
        Waiting::Opening => "Opening: waits for the read-back of its switch".to_owned(),
        Waiting::Boot => "Waits: the rack is still confirming that every switch is open".to_owned(),
        Waiting::NoSensor => "No reading: its sensor has never answered".to_owned(),
        Waiting::CollectingSamples => soon("Waits: collects samples"),
        Waiting::WaitingTurn => match pack.predicted {
            Some(predicted) => soon(&format!(
                "Waits for its turn: may join with at most {} between the packs",
                amps(predicted.get())
            )),
            None => soon("Waits for its turn"),
        },
        Waiting::WaitingForSet if value > limit => format!(
            "Waits: other packs start the bus; with them up to {} could flow between the packs, the limit is {}",
            amps(value),
            amps(limit)
        ),
        Waiting::WaitingForSet => "Waits: another pack starts the bus".to_owned(),
        Waiting::CirculatingCurrent => format!(
            "Waits: joining could push up to {} between the packs, the limit is {}{}",
            amps(value),
            amps(limit),
            apart(pack)
        ),
        Waiting::DifferenceTooLarge => {
            let side = match pack.difference {
                Some(difference) if difference.get() < 0 => "below",
                Some(_) => "above",
                None => "away from",
            };
            format!(
                "Refused: {} {side} the bus, at most {} is allowed",
                volts(value),
                volts(limit)
            )
        }
        Waiting::PackLimit => format!(
            "Waits: at the present load a pack of the set would carry {}, its limit is {}",
            amps(value),
            amps(limit)
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
            amps(value)
        ),
        Waiting::WouldDischarge => format!(
            "Waits: it would be discharged with up to {}, and must not be discharged now",
            amps(value.saturating_abs())
        ),
        Waiting::WearBudget => {
            format!("Waits: {value} closings in the last hour, the budget is {limit}")
        }
        Waiting::CurrentWhileOpen => format!(
            "Waits: {} flow though its switch is open, at most {} may",
            amps(value.saturating_abs()),
            amps(limit)
        ),
        Waiting::StaleSample => format!(
            "Waits: its last sample is {} old, at most {} is allowed",
            seconds(value.unsigned_abs().into()),
            seconds(limit.unsigned_abs().into())
        ),
        Waiting::MemberUnknown => {
            "Waits: a connected pack has no fresh sample, so nothing can be predicted".to_owned()
        }
        Waiting::ClockJump => "Waits: the clock jumped in this step".to_owned(),
        Waiting::BusSuspect => {
            "Waits: a short circuit took the last packs off the bus; clear their faults once it is mended".to_owned()
        }
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
        Waiting::SystemOff => "Open: the rack is shut off".to_owned(),
        Waiting::Operator => "Disabled by the operator".to_owned(),
        // A code that this program does not know yet is better shown bare than hidden.
        other => other.code().to_owned(),
    }
}

/// How far the pack stands from the bus, as an addition to a sentence.
fn apart(pack: &PackDecision) -> String {
    match pack.difference.map(battery_units::Millivolts::get) {
        Some(0) | None => String::new(),
        Some(difference) => {
            let side = if difference < 0 { "below" } else { "above" };
            format!(" ({} {side} the bus)", volts(difference.saturating_abs()))
        }
    }
}

/// The state of a pack in a word or two.
#[must_use]
pub fn state_text(state: PackState) -> &'static str {
    match state {
        PackState::Absent => "Absent",
        PackState::Init => "Starting",
        PackState::Open => "Open",
        PackState::Precharge => "Pre-charging",
        PackState::Closing => "Closing",
        PackState::Closed => "Closed",
        PackState::Opening => "Opening",
        PackState::Cooldown { .. } => "Cooling down",
        PackState::Fault => "Fault",
        PackState::Latched => "Latched",
        PackState::StuckClosed => "Stuck closed",
        PackState::Disabled => "Disabled",
    }
}

/// The state of the rack, with the cause when it is shut off.
#[must_use]
pub fn system_text(state: SystemState, reason: Option<Reason>) -> String {
    match (state, reason) {
        (SystemState::Boot, _) => "Starting".to_owned(),
        (SystemState::Idle, _) => "Ready, no pack connected".to_owned(),
        (SystemState::Running, _) => "Running".to_owned(),
        (SystemState::Shedding, _) => "Asking for less load".to_owned(),
        (SystemState::Service, _) => "Service".to_owned(),
        (SystemState::SafeOff, Some(Reason::Fault(cause))) => {
            format!("Shut off: {}", fault::cause(cause))
        }
        (SystemState::SafeOff, _) => "Shut off".to_owned(),
    }
}
