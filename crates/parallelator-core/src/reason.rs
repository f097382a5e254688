//! Why a pack is, or is not, connected; and the faults behind it.
//!
//! The codes are stable: they are part of the public interface (`docs/codes.md`), the texts for people live with the
//! program that prints them.

/// How hard a fault is, and so how fast it acts and how it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum FaultClass {
    /// Seen by hardware, which has acted already; latched.
    H0,
    /// Opens within one step; a pack's own fault latches, the rack's makes everything safe.
    H1,
    /// Opens within three steps; cool-down and score.
    H2,
    /// Soft: asks for shedding first; cool-down and score.
    S1,
    /// No new join, and an alarm.
    S2,
    /// Reported only.
    W,
}

macro_rules! codes {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal $(, $class:ident)?;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl $name {
            /// Every one of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name in snake case.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The one with this stable name.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }

        codes!(@class $name $($variant $($class)?;)*);
    };
    (@class $name:ident $($variant:ident $class:ident;)+) => {
        impl $name {
            /// How hard it is.
            #[must_use]
            pub const fn class(self) -> FaultClass {
                match self { $(Self::$variant => FaultClass::$class),+ }
            }
        }
    };
    (@class $name:ident $($variant:ident;)+) => {};
}

codes! {
    /// A fault, by the name that a clear command gives.
    pub enum Fault {
        /// The hardware alert of a pack fired: short circuit, blown fuse, gate driver.
        HardwareAlert = "hardware_alert", H0;
        /// Emergency stop, by input or by command.
        EStop = "estop", H1;
        /// A pack at or above the absolute over-voltage limit.
        OverVoltageAbs = "over_voltage_abs", H1;
        /// A pack current at or above the hard limit.
        OverCurrentHard = "over_current_hard", H1;
        /// Current above the hard limit through a switch that is commanded open.
        CurrentOnOpenSwitch = "current_on_open_switch", H1;
        /// Switches and sensors do not fit together.
        Topology = "topology", H1;
        /// The configuration in force is not valid.
        Config = "config", H1;
        /// The switch outputs do not read back as they were written.
        ReadBack = "read_back", H1;
        /// A write of the switch outputs failed.
        WriteFailed = "write_failed", H1;
        /// An output expander lost its supply and forgot what it was told.
        BrownOut = "brown_out", H1;
        /// Outside the temperature window.
        OverTemperature = "over_temperature", H2;
        /// Below the never-join floor.
        UnderVoltageAbs = "under_voltage_abs", H2;
        /// The last good sample is older than `age_hard`.
        StaleData = "stale_data", H2;
        /// The current after a join is not the one that was predicted.
        JoinMismatch = "join_mismatch", H2;
        /// The whole bus carried more than the packs may.
        CollectiveOverload = "collective_overload", H2;
        /// Above the continuous current for too long.
        OverCurrentSoft = "over_current_soft", S1;
        /// Below the soft under-voltage limit.
        UnderVoltage = "under_voltage", S1;
        /// Circulating current above its limit while connected.
        Imbalance = "imbalance", S1;
        /// The sensor repeats itself while the others move.
        Frozen = "frozen", S1;
        /// Closed, but no current where there should be some.
        StuckOpen = "stuck_open", S2;
        /// Open, but current flows.
        StuckClosed = "stuck_closed", S2;
        /// Two packs with opposite symptoms: their wiring is exchanged.
        Swapped = "swapped", S2;
        /// The pack currents do not add up to the bus current.
        Kirchhoff = "kirchhoff", S2;
        /// The learned path resistance is not plausible.
        ResistanceRange = "resistance_range", S2;
        /// The pre-charge did not finish.
        Precharge = "precharge", W;
    }
}

codes! {
    /// Why a pack that has no fault is open or closed.
    pub enum Waiting {
        /// It is closed and confirmed.
        Connected = "connected";
        /// It is closing; the read-back is awaited.
        Closing = "closing";
        /// It is opening; the read-back is awaited.
        Opening = "opening";
        /// The bus is being charged through a resistor first.
        Precharging = "precharging";
        /// Opened for a test that the operator asked for.
        ServiceTest = "service_test";
        /// The pack currents do not add up to the bus current.
        CurrentSum = "current_sum";
        /// Its load steps show a path resistance outside the band of the parameters.
        PathResistance = "path_resistance";
        /// The rack has not confirmed all switches open yet.
        Boot = "boot";
        /// Its sensor has never answered.
        NoSensor = "no_sensor";
        /// Too few good samples so far.
        CollectingSamples = "collecting_samples";
        /// Another pack goes first, or the last join is settling.
        WaitingTurn = "waiting_turn";
        /// Not in the set that a dead bus is started with.
        WaitingForSet = "waiting_for_set";
        /// Joining could push more than `i_circ_max` between the packs.
        CirculatingCurrent = "circulating_current";
        /// Further than `dv_max` from the bus.
        DifferenceTooLarge = "difference_too_large";
        /// A pack of the set would exceed its own limit at the present load.
        PackLimit = "pack_limit";
        /// Voltage below the window for joining.
        VoltageLow = "voltage_low";
        /// Voltage above the window for joining.
        VoltageHigh = "voltage_high";
        /// Temperature outside the window for joining.
        TemperatureWindow = "temperature_window";
        /// It would be charged, and must not be.
        WouldCharge = "would_charge";
        /// It would be discharged, and must not be.
        WouldDischarge = "would_discharge";
        /// The closings of this hour are used up.
        WearBudget = "wear_budget";
        /// Current flows though its switch is open; it may be stuck.
        CurrentWhileOpen = "current_while_open";
        /// Its last good sample is older than `age_soft`.
        StaleSample = "stale_sample";
        /// A connected pack has no fresh sample, so nothing can be predicted.
        MemberUnknown = "member_unknown";
        /// The clock jumped in this step.
        ClockJump = "clock_jump";
        /// The last packs on the bus were opened by a short circuit; they have to be cleared first.
        BusSuspect = "bus_suspect";
        /// Something else holds the bus at another voltage.
        UnknownSource = "unknown_source";
        /// The packs that fit together cannot carry the load that is expected.
        LoadNotCovered = "load_not_covered";
        /// The rack is shut off.
        SystemOff = "system_off";
        /// Disabled by the operator.
        Operator = "operator";
    }
}

/// Why a pack is open or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reason {
    /// No fault: connected, or waiting for something.
    Waiting(Waiting),
    /// A fault, present or latched or cooling down.
    Fault(Fault),
}

impl Reason {
    /// The stable name in snake case; for a fault the name that a clear command gives.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting(waiting) => waiting.code(),
            Self::Fault(fault) => fault.code(),
        }
    }
}

impl From<Fault> for Reason {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Waiting> for Reason {
    fn from(waiting: Waiting) -> Self {
        Self::Waiting(waiting)
    }
}
