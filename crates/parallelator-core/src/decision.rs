//! What the core answers to a step: the state of every switch, never a difference.

use battery_units::{Milliamps, Millivolts};

use crate::{Events, LedPattern, PackState, Reason, SystemState, Waiting};

/// What a switch is told.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SwitchCommand {
    /// Open.
    #[default]
    Open,
    /// Main switch open, pre-charge path closed.
    Precharge,
    /// Closed.
    Closed,
}

impl SwitchCommand {
    /// The stable name in snake case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Precharge => "precharge",
            Self::Closed => "closed",
        }
    }
}

/// The decision about one pack, with the numbers behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PackDecision {
    /// What the switch is told.
    pub command: SwitchCommand,
    /// The state of the pack.
    pub state: PackState,
    /// Why it is open or closed.
    pub reason: Reason,
    /// Bound of the circulating current of the join that is next or was refused.
    pub predicted: Option<Milliamps>,
    /// How far the pack is from the bus, or from the mean of the connected packs where the bus is not measured.
    pub difference: Option<Millivolts>,
    /// What was measured against the limit of the reason, in its unit (mV, mA, ms or a count).
    pub value: i32,
    /// The limit of the reason, in the same unit.
    pub limit: i32,
    /// Time still to wait; `None` when time alone does not help.
    pub eligible_in_ms: Option<u32>,
    /// Fault score.
    pub score: u8,
    /// Closings in the pack's life.
    pub closes: u32,
}

impl Default for PackDecision {
    fn default() -> Self {
        Self {
            command: SwitchCommand::Open,
            state: PackState::Absent,
            reason: Reason::Waiting(Waiting::NoSensor),
            predicted: None,
            difference: None,
            value: 0,
            limit: 0,
            eligible_in_ms: None,
            score: 0,
            closes: 0,
        }
    }
}

/// The whole decision of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision<const N: usize> {
    /// The packs, by index.
    pub packs: [PackDecision; N],
    /// State of the rack.
    pub system: SystemState,
    /// Why the rack is shut off, when it is.
    pub system_reason: Option<Reason>,
    /// The load may be switched on.
    pub load_permit: bool,
    /// The charger may be switched on.
    pub charge_permit: bool,
    /// What the bus may be discharged with, a magnitude.
    pub dcl: Milliamps,
    /// What the bus may be charged with.
    pub ccl: Milliamps,
    /// Highest voltage a charger may drive the bus to; zero when no pack is closed.
    pub cvl: Millivolts,
    /// Bus voltage as the core sees it: measured, else the mean of the connected packs.
    pub bus_voltage: Option<Millivolts>,
    /// Sum of the currents of the connected packs; `None` when one of them is not known.
    pub bus_current: Option<Milliamps>,
    /// What a lamp on the board should show.
    pub led: LedPattern,
    /// The events of this step.
    pub events: Events,
}

impl<const N: usize> Default for Decision<N> {
    /// Everything open, nothing permitted.
    fn default() -> Self {
        Self {
            packs: [PackDecision::default(); N],
            system: SystemState::Boot,
            system_reason: None,
            load_permit: false,
            charge_permit: false,
            dcl: Milliamps::ZERO,
            ccl: Milliamps::ZERO,
            cvl: Millivolts::ZERO,
            bus_voltage: None,
            bus_current: None,
            led: LedPattern::Boot,
            events: Events::default(),
        }
    }
}
