//! Versions and serial number, registers 500 to 509.

use crate::reading::{Firmware, Version};
use crate::requests::Registers;

/// First register.
pub const VERSION_START: u16 = 500;
/// Registers that hold versions and serial number.
pub const VERSION_COUNT: u8 = 10;
/// First register of the serial number.
const SERIAL: u16 = 504;
/// Bit 8 of register 501, in its high byte.
const HIGH_POWER: u8 = 0b001;
/// Bits 10 and 9 of register 501, in its high byte.
const SENSOR_SHIFT: u32 = 1;
const SENSOR_BITS: u8 = 0b11;

/// How the BMS measures its current (TinyBMS rev D, register 501).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CurrentSensor {
    /// 0: resistor on the board.
    InternalResistor,
    /// 1: Hall sensor on the board.
    InternalHall,
    /// 2.
    External,
    /// A code without a documented meaning.
    Other(u8),
}

impl CurrentSensor {
    /// A short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InternalResistor => "internal_resistor",
            Self::InternalHall => "internal_hall",
            Self::External => "external",
            Self::Other(_) => "other",
        }
    }
}

impl From<u8> for CurrentSensor {
    fn from(code: u8) -> Self {
        match code {
            0 => Self::InternalResistor,
            1 => Self::InternalHall,
            2 => Self::External,
            other => Self::Other(other),
        }
    }
}

/// Versions and serial number, from one reading of registers 500 to 509 (TinyBMS rev D, register map).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct VersionRegisters {
    /// 500 to 502.
    pub version: Version,
    /// 501, bit 8: a board for high power.
    pub high_power: bool,
    /// 501, bits 10 and 9.
    pub current_sensor: CurrentSensor,
    /// 503, low byte.
    pub bootloader: u8,
    /// 503, high byte; that it is the register map version of 1Fh is likely and not confirmed.
    pub profile: u8,
    /// 504 to 509; `None` when they were not read.
    pub serial: Option<[u8; 12]>,
}

impl VersionRegisters {
    /// From a reading that holds registers 500 to 503 at least; `None` when one is missing.
    #[must_use]
    pub fn decode(registers: Registers<'_>) -> Option<Self> {
        let [hardware, hardware_changes] = registers.get(500)?.to_le_bytes();
        let [firmware_public, flags] = registers.get(501)?.to_le_bytes();
        let [bootloader, profile] = registers.get(503)?.to_le_bytes();
        Some(Self {
            version: Version {
                hardware,
                hardware_changes,
                firmware_public,
                firmware: Firmware::new(registers.get(502)?),
            },
            high_power: flags & HIGH_POWER != 0,
            current_sensor: ((flags >> SENSOR_SHIFT) & SENSOR_BITS).into(),
            bootloader,
            profile,
            serial: serial(registers),
        })
    }
}

fn serial(registers: Registers<'_>) -> Option<[u8; 12]> {
    let mut serial = [0; 12];
    for (pair, address) in serial.chunks_exact_mut(2).zip(SERIAL..) {
        pair.copy_from_slice(&registers.get(address)?.to_le_bytes());
    }
    Some(serial)
}
