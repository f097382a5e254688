//! The reason for a pack's state with the numbers behind it, for page, log and tools; they print it and work out nothing.

use battery_units::{Milliamps, Millivolts};

use crate::{Decision, Fault, FaultClass, PackState, Reason, SystemState, Waiting};

/// What would help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Remedy {
    /// Nothing is needed: it is connected.
    None,
    /// Time alone, this much of it.
    Wait {
        /// Time still to wait.
        ms: u32,
    },
    /// What is measured has to change: voltages come together, a load goes down, a sensor answers.
    Condition,
    /// A clear command that names this fault, from somebody who has looked.
    Clear {
        /// The fault to name.
        fault: Fault,
    },
    /// The arm command, when the emergency stop is released.
    Arm,
    /// The enable command.
    Enable,
}

/// Why one pack is open or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Explanation {
    /// State of the pack.
    pub state: PackState,
    /// The reason.
    pub reason: Reason,
    /// How hard the fault is; `None` when there is none.
    pub class: Option<FaultClass>,
    /// Distance to the bus, where it is known.
    pub difference: Option<Millivolts>,
    /// Bound of the circulating current of the join that is next or was refused.
    pub bound: Option<Milliamps>,
    /// What was measured against the limit of the reason, in its unit.
    pub value: i32,
    /// The limit of the reason.
    pub limit: i32,
    /// Time still to wait; `None` when time alone does not help.
    pub eligible_in_ms: Option<u32>,
    /// What would help.
    pub remedy: Remedy,
}

impl<const N: usize> Decision<N> {
    /// Why pack `index` is open or closed, and what would help; `None` beyond the capacity.
    #[must_use]
    pub fn explain(&self, index: usize) -> Option<Explanation> {
        let pack = self.packs.get(index)?;
        let fault = match pack.reason {
            Reason::Fault(fault) => Some(fault),
            Reason::Waiting(_) => None,
        };
        let stopped = self.system == SystemState::SafeOff
            && matches!(
                self.system_reason,
                Some(Reason::Fault(Fault::EStop | Fault::Config))
            );
        let remedy = match (pack.state, fault) {
            (PackState::Closed, None) => Remedy::None,
            (PackState::Latched | PackState::StuckClosed, Some(fault)) => Remedy::Clear { fault },
            (PackState::Open, Some(fault @ Fault::Precharge)) => Remedy::Clear { fault },
            (PackState::Disabled, _) => Remedy::Enable,
            (PackState::Open, _) if stopped => Remedy::Arm,
            _ => match pack.eligible_in_ms {
                Some(ms) => Remedy::Wait { ms },
                None if pack.reason == Reason::Waiting(Waiting::Closing) => Remedy::Wait { ms: 0 },
                None => Remedy::Condition,
            },
        };
        Some(Explanation {
            state: pack.state,
            reason: pack.reason,
            class: fault.map(Fault::class),
            difference: pack.difference,
            bound: pack.predicted,
            value: pack.value,
            limit: pack.limit,
            eligible_in_ms: pack.eligible_in_ms,
            remedy,
        })
    }
}
