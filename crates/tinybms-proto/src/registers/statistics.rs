//! Statistics, registers 100 to 117.

use core::fmt;

use battery_units::{DeciCelsius, Microvolts, Milliamps};

use crate::reading::{Seconds, cell_voltage};
use crate::requests::Registers;

/// First register.
pub const STATISTICS_START: u16 = 100;
/// Registers that hold all statistics.
pub const STATISTICS_COUNT: u8 = 18;

/// What the BMS has counted since the statistics were cleared (TinyBMS rev D, register map).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Statistics {
    /// 100: in steps of 10 m.
    pub total_distance_10m: u32,
    /// 102: largest discharge current, without sign.
    pub max_discharge: Milliamps,
    /// 103: largest charge current.
    pub max_charge: Milliamps,
    /// 104: largest difference between cells.
    pub max_cell_difference: Microvolts,
    /// 105.
    pub under_voltages: u16,
    /// 106.
    pub over_voltages: u16,
    /// 107.
    pub discharge_over_currents: u16,
    /// 108.
    pub charge_over_currents: u16,
    /// 109.
    pub over_heats: u16,
    /// 111.
    pub chargings: u16,
    /// 112.
    pub full_charges: u16,
    /// 113, low byte: whole degrees.
    pub min_temperature: DeciCelsius,
    /// 113, high byte: whole degrees.
    pub max_temperature: DeciCelsius,
    /// 114, low byte.
    pub last_reset: LastReset,
    /// 114, high byte.
    pub last_wake_up: LastWakeUp,
    /// 116: on the lifetime counter.
    pub cleared_at: Seconds,
}

impl Statistics {
    /// From a reading that holds registers 100 to 117; `None` when one is missing.
    #[must_use]
    pub fn decode(registers: Registers<'_>) -> Option<Self> {
        let deciamps = |address| {
            let value = registers.get(address)?;
            Some(Milliamps::new(i32::from(value).saturating_mul(100)))
        };
        let [min, max] = registers.get(113)?.to_le_bytes();
        let [reset, wake_up] = registers.get(114)?.to_le_bytes();
        Some(Self {
            total_distance_10m: registers.double(100)?,
            max_discharge: deciamps(102)?,
            max_charge: deciamps(103)?,
            max_cell_difference: cell_voltage(registers.get(104)?),
            under_voltages: registers.get(105)?,
            over_voltages: registers.get(106)?,
            discharge_over_currents: registers.get(107)?,
            charge_over_currents: registers.get(108)?,
            over_heats: registers.get(109)?,
            chargings: registers.get(111)?,
            full_charges: registers.get(112)?,
            min_temperature: degrees(min),
            max_temperature: degrees(max),
            last_reset: reset.into(),
            last_wake_up: wake_up.into(),
            cleared_at: Seconds::new(registers.double(116)?),
        })
    }
}

fn degrees(byte: u8) -> DeciCelsius {
    DeciCelsius::new(i32::from(byte.cast_signed()).saturating_mul(10))
}

/// Why the BMS restarted last (TinyBMS rev D, register 114).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LastReset {
    /// 0: it does not know.
    NotKnown,
    /// 1.
    LowPower,
    /// 2.
    WindowWatchdog,
    /// 3.
    IndependentWatchdog,
    /// 4.
    Software,
    /// 5: power came back.
    Power,
    /// 6.
    Pin,
    /// 7.
    OptionBytes,
    /// A code without a documented meaning.
    Other(u8),
}

impl LastReset {
    /// A short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotKnown => "unknown",
            Self::LowPower => "low_power",
            Self::WindowWatchdog => "window_watchdog",
            Self::IndependentWatchdog => "independent_watchdog",
            Self::Software => "software",
            Self::Power => "power",
            Self::Pin => "pin",
            Self::OptionBytes => "option_bytes",
            Self::Other(_) => "other",
        }
    }
}

impl From<u8> for LastReset {
    fn from(code: u8) -> Self {
        match code {
            0 => Self::NotKnown,
            1 => Self::LowPower,
            2 => Self::WindowWatchdog,
            3 => Self::IndependentWatchdog,
            4 => Self::Software,
            5 => Self::Power,
            6 => Self::Pin,
            7 => Self::OptionBytes,
            other => Self::Other(other),
        }
    }
}

/// What woke the BMS last (TinyBMS rev D, register 114).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LastWakeUp {
    /// 0: a charger was connected.
    Charger,
    /// 1.
    Ignition,
    /// 2: a discharge was seen.
    Discharge,
    /// 3: the serial line.
    Uart,
    /// A code without a documented meaning.
    Other(u8),
}

impl LastWakeUp {
    /// A short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Charger => "charger",
            Self::Ignition => "ignition",
            Self::Discharge => "discharge",
            Self::Uart => "uart",
            Self::Other(_) => "other",
        }
    }
}

impl From<u8> for LastWakeUp {
    fn from(code: u8) -> Self {
        match code {
            0 => Self::Charger,
            1 => Self::Ignition,
            2 => Self::Discharge,
            3 => Self::Uart,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for LastReset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(code) => write!(f, "code {code}"),
            known => f.write_str(known.name()),
        }
    }
}

impl fmt::Display for LastWakeUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(code) => write!(f, "code {code}"),
            known => f.write_str(known.name()),
        }
    }
}
