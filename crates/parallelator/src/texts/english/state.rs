//! States, in a word or two.

use parallelator_core::{Fault, PackState, SystemState};

use super::fault;

pub(in crate::texts) fn of_pack(state: PackState) -> &'static str {
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

pub(in crate::texts) fn of_rack(state: SystemState, cause: Option<Fault>) -> String {
    let words = match (state, cause) {
        (SystemState::Boot, _) => "Starting",
        (SystemState::Idle, _) => "Ready, no pack connected",
        (SystemState::Running, _) => "Running",
        (SystemState::Shedding, _) => "Asking for less load or charging before a pack opens",
        (SystemState::Service, _) => "Service mode: tests allowed",
        (SystemState::SafeOff, Some(cause)) => {
            return format!("Shut off: {}", fault::cause(cause));
        }
        (SystemState::SafeOff, None) => "Shut off",
    };
    words.to_owned()
}
