//! What can go wrong.

use core::fmt;

use battery_units::{Microohms, Milliamps, Nanoamps};

use crate::{Identity, Reading};

/// What can go wrong when talking to the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// The bus failed; the chip may or may not have seen the bytes.
    Bus(E),
    /// The request was refused before anything was sent.
    Config(ConfigError),
    /// Something else answers at this address.
    WrongDevice {
        /// Identity that was read; a word the part does not have reads 0 here.
        found: Identity,
    },
    /// A register does not hold what was written to it.
    NotWritten {
        /// Register address.
        register: u8,
        /// Word that was sent.
        written: u16,
        /// Word that was read back.
        found: u16,
    },
    /// `init` has not succeeded since the client was made, since a reset, or since a write failed.
    NotInitialised,
    /// The settings that `init` made are gone: the chip lost power or was reset, or another controller wrote to it.
    ///
    /// Calibration and limits are lost with them. Call `init` again.
    ChipReset {
        /// Register in which the loss showed.
        register: u8,
        /// Word it should hold, flags left out.
        expected: u16,
        /// Word it holds.
        found: u16,
    },
    /// An input is beyond its range or the chip's arithmetic overflowed; the flags of the reading say which.
    ///
    /// The numbers in the reading are the ends of the range, not measurements.
    OverRange(Reading),
    /// A single quantity stands at the end of its range: not a measurement.
    RangeEnd {
        /// Register address.
        register: u8,
        /// Its counts.
        found: i32,
    },
    /// The chip reports that its factory trim is damaged; its readings have no accuracy.
    TrimDamaged {
        /// What was read all the same.
        reading: Reading,
    },
    /// A result that the chip cannot give: a set sign bit in the bus voltage, for example all ones from a stuck line.
    Implausible {
        /// Register address.
        register: u8,
        /// The word, sign-extended.
        found: i32,
    },
    /// The conversion was not ready after the wait; the last word of the flag register is attached.
    NotReady {
        /// Flag register as last read.
        found: u16,
    },
}

/// A request that the chip cannot meet, found before any bus traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConfigError {
    /// Not an address of these chips (40h to 4Fh).
    Address {
        /// What was asked for.
        found: u8,
    },
    /// A shunt outside 10 µΩ to 10 Ω.
    Shunt {
        /// What was asked for.
        found: Microohms,
    },
    /// A step of the Current register that is zero, negative or beyond 4.29 A.
    CurrentStep {
        /// What was asked for.
        found: Nanoamps,
    },
    /// A largest current that is zero or negative.
    MaxCurrent,
    /// The largest current lies beyond what the shunt input can measure with this shunt.
    BeyondFullScale {
        /// The largest current that can be measured, rounded down.
        full_scale: Milliamps,
    },
    /// The calibration would not fit into the register (1 to 32 767).
    CalibrationOutOfRange {
        /// What the register would have to hold; the largest `u32` if it is more than that.
        value: u32,
    },
    /// The part has no narrow shunt range.
    NoNarrowRange,
    /// The part does not have this conversion time.
    ConversionTime {
        /// What was asked for, in microseconds.
        microseconds: u16,
    },
    /// A measuring mode without any input, or with one that the part does not have.
    Inputs,
    /// A limit beyond what its register can hold.
    LimitOutOfRange,
    /// The part cannot watch this quantity.
    LimitNotOnPart,
    /// The INA226 family watches one quantity at a time.
    OneLimitOnly,
    /// The part does not have the register behind this call.
    NotOnPart,
    /// With these settings a chip reset could not be seen: latch the alert, or choose a configuration other than the power-on one.
    ResetNotVisible,
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(error) => write!(f, "the bus failed: {error}"),
            Self::Config(error) => error.fmt(f),
            Self::WrongDevice { found } => write!(
                f,
                "another device answers: manufacturer {:04X}h, device {:04X}h",
                found.manufacturer, found.device
            ),
            Self::NotWritten {
                register,
                written,
                found,
            } => write!(
                f,
                "register {register:02X}h holds {found:04X}h after {written:04X}h was written"
            ),
            Self::NotInitialised => f.write_str("the chip is not initialised"),
            Self::ChipReset {
                register,
                expected,
                found,
            } => write!(
                f,
                "the settings are lost: register {register:02X}h holds {found:04X}h instead of {expected:04X}h"
            ),
            Self::OverRange(reading) => write!(f, "beyond the range: {reading}"),
            Self::RangeEnd { register, found } => {
                write!(f, "register {register:02X}h stands at its end, {found}")
            }
            Self::TrimDamaged { .. } => f.write_str("the factory trim of the chip is damaged"),
            Self::Implausible { register, found } => {
                write!(f, "register {register:02X}h gave the impossible {found}")
            }
            Self::NotReady { found } => {
                write!(f, "no conversion became ready, flags {found:04X}h")
            }
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { found } => write!(f, "address {found:02X}h is not 40h to 4Fh"),
            Self::Shunt { found } => write!(f, "a shunt of {found} is not 10 µΩ to 10 Ω"),
            Self::CurrentStep { found } => {
                write!(f, "a current step of {found} cannot be used")
            }
            Self::MaxCurrent => f.write_str("a largest current has to be above zero"),
            Self::BeyondFullScale { full_scale } => {
                write!(f, "with this shunt the input ends at {full_scale}")
            }
            Self::CalibrationOutOfRange { value } => {
                write!(f, "a calibration of {value} is not 1 to 32767")
            }
            Self::NoNarrowRange => f.write_str("the part has no narrow shunt range"),
            Self::ConversionTime { microseconds } => {
                write!(f, "the part has no conversion time of {microseconds} µs")
            }
            Self::Inputs => f.write_str("the part cannot measure this choice of inputs"),
            Self::LimitOutOfRange => f.write_str("the limit does not fit into its register"),
            Self::LimitNotOnPart => f.write_str("the part cannot watch this quantity"),
            Self::OneLimitOnly => f.write_str("the part watches one quantity at a time"),
            Self::NotOnPart => f.write_str("the part does not have this register"),
            Self::ResetNotVisible => {
                f.write_str("with these settings a chip reset could not be seen")
            }
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for Error<E> {}

impl core::error::Error for ConfigError {}
