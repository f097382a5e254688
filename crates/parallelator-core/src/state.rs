//! The states of a pack and of the system.
//!
//! ```text
//!            sensor answers        5 good samples          D3 passed            read back
//!   Absent ----------------> Init ---------------> Open ------------> Closing ---------> Closed
//!                             ^                     ^ |                  |                  |
//!                             |  recovered, samples | | operator         | every state      |
//!                             |                     | v                  v has this edge    v
//!                             |                     | Disabled        Opening <-------------+
//!                             |                     |                    | read back
//!                             |                     |                    v
//!                             +---- Fault <-- Cooldown{until}  <---- why it opened ----> Latched
//!                                                                        |
//!   StuckClosed <------------- current flows though commanded open ------+   (left only by a clear command)
//! ```
//!
//! `Precharge` stands between `Open` and `Closing` where a pre-charge path is fitted. Only
//! `Open -> (Precharge ->) Closing -> Closed` raises the number of connected packs. A pack whose opening waits, with its switch
//! still closed, goes back to `Closed` when it has become the last one and the policy keeps it.

/// The state of one pack.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PackState {
    /// Its sensor has never answered.
    #[default]
    Absent,
    /// Waiting for enough good samples.
    Init,
    /// Healthy and waiting to be joined.
    Open,
    /// Charging the bus through the pre-charge path.
    Precharge,
    /// Commanded closed, not confirmed yet.
    Closing,
    /// Commanded closed and read back.
    Closed,
    /// Commanded open and not confirmed yet, or about to be opened when its current has fallen: it may be connected.
    Opening,
    /// Open after a fault until this core time.
    Cooldown {
        /// Core time in milliseconds; see rule D19.
        until_ms: u64,
    },
    /// Open by a fault that lasts; recovers by rule.
    Fault,
    /// Open until a clear command names the fault.
    Latched,
    /// Current flows though the switch is commanded open; counts as connected until cleared.
    StuckClosed,
    /// Open by the operator.
    Disabled,
}

impl PackState {
    /// The stable name in snake case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Init => "init",
            Self::Open => "open",
            Self::Precharge => "precharge",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Opening => "opening",
            Self::Cooldown { .. } => "cooldown",
            Self::Fault => "fault",
            Self::Latched => "latched",
            Self::StuckClosed => "stuck_closed",
            Self::Disabled => "disabled",
        }
    }

    /// Whether the switch is commanded closed in this state.
    #[must_use]
    pub const fn is_commanded_closed(self) -> bool {
        matches!(self, Self::Closing | Self::Closed)
    }
}

/// The state of the rack.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SystemState {
    /// Confirming that every switch is open and collecting samples.
    #[default]
    Boot,
    /// No pack is connected.
    Idle,
    /// At least one pack is connected.
    Running,
    /// The load is being asked to draw less before a pack is opened.
    Shedding,
    /// Everything is open and stays so until the cause has gone.
    SafeOff,
    /// An operator may ask for tests of single packs; everything else goes on by its rules.
    Service,
}

impl SystemState {
    /// The stable name in snake case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Boot => "boot",
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Shedding => "shedding",
            Self::SafeOff => "safe_off",
            Self::Service => "service",
        }
    }
}

/// What a lamp on the board should show.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LedPattern {
    /// Starting.
    #[default]
    Boot,
    /// Healthy, nothing connected.
    Idle,
    /// Healthy, packs connected.
    Running,
    /// Packs connected, at least one has a fault.
    Degraded,
    /// Shut off.
    SafeOff,
}
