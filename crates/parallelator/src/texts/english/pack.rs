//! Why a pack is, or is not, connected, and what would help.

use parallelator_core::{
    Explanation, PackDecision, PackState, Reason, Remedy, SwitchCommand, Waiting,
};

use super::{fault, number::left, reason, waiting};

pub(in crate::texts) fn sentence(pack: &PackDecision) -> String {
    let (value, limit) = (pack.value, pack.limit);
    let because = || reason::words(pack.reason, value, limit);
    match (pack.state, pack.reason) {
        (PackState::Opening, _) if pack.command == SwitchCommand::Closed => format!(
            "Opens when its current has fallen to what the switch can break: {}",
            because()
        ),
        (PackState::Opening, Reason::Waiting(Waiting::Opening)) => {
            waiting::sentence(Waiting::Opening, pack)
        }
        (PackState::Opening, _) => {
            format!("Opening: {}; the read-back is awaited", because())
        }
        (PackState::Closed, Reason::Fault(_)) => {
            format!("Connected, with an alarm: {}", because())
        }
        (_, Reason::Fault(found)) => fault::sentence(found, value, limit),
        (_, Reason::Waiting(awaited)) => waiting::sentence(awaited, pack),
    }
}

pub(in crate::texts) fn remedy(why: &Explanation) -> Option<String> {
    match (why.remedy, why.state) {
        (Remedy::Wait { ms }, PackState::Cooldown { .. }) => {
            Some(format!("; may try again in {}", left(ms)))
        }
        (Remedy::Wait { ms }, PackState::Precharge) if ms > 0 => {
            Some(format!(", at most {} more", left(ms)))
        }
        (Remedy::Wait { ms }, _) if ms > 0 => Some(format!(", about {} more", left(ms))),
        (Remedy::Condition, PackState::Fault) => Some("; waits until this is over".to_owned()),
        (Remedy::Clear { fault }, PackState::StuckClosed) => Some(format!(
            "; isolate it from outside, then clear it with {}",
            fault.code()
        )),
        (Remedy::Clear { fault }, _) => Some(format!(
            "; latched until it is cleared with {}",
            fault.code()
        )),
        (Remedy::Arm, _) => Some(" until it is armed".to_owned()),
        (Remedy::Enable, _) => Some(" until it is enabled".to_owned()),
        (Remedy::None | Remedy::Wait { .. } | Remedy::Condition, _) => None,
    }
}

pub(in crate::texts) fn measured(value: &str, limit: &str) -> String {
    format!("{value}, limit {limit}")
}

pub(in crate::texts) fn difference(volts: &str) -> String {
    format!("{volts} to the bus")
}

pub(in crate::texts) fn bound(amps: &str) -> String {
    format!("at most {amps} predicted")
}

pub(in crate::texts) fn wait(left: &str) -> String {
    format!("{left} to wait")
}
