//! What the core is told in a step.

use battery_units::{DeciCelsius, MilliampHours, Milliamps, Millivolts, Permille};

use crate::{ConfigError, Fault, PackSet, Params};

/// How far a measured value can be trusted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Quality {
    /// Measured and inside the range of the sensor.
    Good,
    /// The sensor was at the end of its range: the true value is at least this.
    OverRange,
    /// Nothing usable was measured; the value is meaningless.
    #[default]
    Missing,
}

/// One measured value.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sample<T> {
    /// The value; meaningless when `quality` is `Missing`.
    pub value: T,
    /// How old the value was when the step was made.
    pub age_ms: u32,
    /// How far it can be trusted.
    pub quality: Quality,
}

impl<T> Sample<T> {
    /// A good value of this age.
    #[must_use]
    pub const fn good(value: T, age_ms: u32) -> Self {
        Self {
            value,
            age_ms,
            quality: Quality::Good,
        }
    }
}

/// What contacts or gate drivers report of a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SwitchFeedback {
    /// Reported open.
    Open,
    /// Reported closed.
    Closed,
}

/// What a gauge, a BMS or the rack description knows of a pack; `None` where nobody does.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Gauge {
    /// Capacity; decides which set of packs is the largest.
    pub capacity: Option<MilliampHours>,
    /// State of charge.
    pub soc: Option<Permille>,
    /// State of health.
    pub soh: Option<Permille>,
    /// Own discharge limit, a magnitude; the smaller of this and the parameter counts.
    pub i_dis_max: Option<Milliamps>,
    /// Own charge limit; the smaller of this and the parameter counts.
    pub i_chg_max: Option<Milliamps>,
    /// Alarm bits of the gauge, for the report.
    pub alarm_bits: u32,
}

/// Everything about one pack.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PackInput {
    /// Voltage at the pack's side of the switch.
    pub voltage: Sample<Millivolts>,
    /// Current; positive charges the pack.
    pub current: Sample<Milliamps>,
    /// Temperature, where a sensor is fitted.
    pub temperature: Option<Sample<DeciCelsius>>,
    /// What the switch reports of itself, where it does.
    pub switch_feedback: Option<SwitchFeedback>,
    /// What is known of the pack.
    pub gauge: Gauge,
}

/// What the bus is used for, when somebody outside knows.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ModeHint {
    /// Nobody knows; the core judges by the current.
    #[default]
    Auto,
    /// A charger will drive the bus.
    Charge,
    /// A load will draw from the bus.
    Discharge,
    /// Neither.
    Idle,
}

/// Everything about the bus.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BusInput {
    /// Bus voltage, where it is measured.
    pub voltage: Option<Millivolts>,
    /// Total current, where it is measured; positive charges the packs.
    pub current: Option<Milliamps>,
    /// What the bus is used for.
    pub mode_hint: ModeHint,
    /// Whether the load obeys the load permit.
    pub load_controllable: bool,
    /// Whether the charger obeys the charge permit.
    pub charger_controllable: bool,
}

/// Health of the way to the switches and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IoHealth {
    /// The outputs read back as they were written.
    pub readback_ok: bool,
    /// Every switch has its sensor.
    pub topology_ok: bool,
    /// The last write of the outputs was acknowledged.
    pub write_ok: bool,
    /// An expander was found in its power-up state.
    pub brown_out: bool,
    /// The emergency stop input is active.
    pub estop: bool,
    /// Packs whose hardware alert has fired.
    pub alerts: PackSet,
}

impl Default for IoHealth {
    fn default() -> Self {
        Self {
            readback_ok: true,
            topology_ok: true,
            write_ok: true,
            brown_out: false,
            estop: false,
            alerts: PackSet::EMPTY,
        }
    }
}

/// What an operator, a page or a remote system asks for. None of it closes a switch: the core decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command {
    /// The pack may take part again.
    Enable {
        /// Index of the pack.
        pack: u8,
    },
    /// The pack is opened and stays open.
    Disable {
        /// Index of the pack.
        pack: u8,
    },
    /// Clears a latch, a cool-down or a stuck switch of a pack.
    Clear {
        /// Index of the pack.
        pack: u8,
        /// The fault being cleared; another one is refused.
        fault: Fault,
    },
    /// Leaves the emergency stop once its input is released.
    Arm,
    /// Emergency stop.
    EStop,
    /// Enters or leaves the service mode.
    Service {
        /// Enter, or leave.
        enter: bool,
    },
    /// In the service mode: opens a pack for a moment, which exercises its switch and shows its path resistance. It comes
    /// back by the joining rules.
    Test {
        /// Index of the pack.
        pack: u8,
    },
}

/// How many commands one step takes; a caller with more gives the rest to the next step.
pub const MAX_COMMANDS: usize = 8;

/// Everything the core is told in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inputs<const N: usize> {
    /// The packs, by index; those beyond the rack's number are not looked at.
    pub packs: [PackInput; N],
    /// The bus.
    pub bus: BusInput,
    /// Health of the outputs.
    pub io: IoHealth,
    /// Commands, executed in this order.
    pub commands: [Option<Command>; MAX_COMMANDS],
    /// New parameters, taken after the commands, all or nothing.
    pub new_params: Option<Params>,
    /// New parameters came that could not be read, or that do not fit the rack: nothing is taken, and the refusal becomes
    /// an event.
    pub unreadable_params: Option<ConfigError>,
}

impl<const N: usize> Default for Inputs<N> {
    fn default() -> Self {
        Self {
            packs: [PackInput::default(); N],
            bus: BusInput::default(),
            io: IoHealth::default(),
            commands: [None; MAX_COMMANDS],
            new_params: None,
            unreadable_params: None,
        }
    }
}
