//! Limit registers of the INA237 family, 0Ch to 11h. All are watched at once.

use battery_units::{Microvolts, MilliCelsius, Nanowatts};

use super::super::{Readable, Register, Writable};
use crate::{ConfigError, CurrentStep, Part, ShuntRange, alert};

/// SOVL, 0Ch: alert above this shunt voltage, 5 µV or 1.25 µV a count. 7FFFh after power-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ShuntOverLimit(u16);

impl ShuntOverLimit {
    /// For a shunt voltage, to the nearest count; refused when beyond 16 bits.
    pub fn new(part: Part, range: ShuntRange, limit: Microvolts) -> Result<Self, ConfigError> {
        let picovolts = i64::from(limit.get()).saturating_mul(1_000_000);
        alert::shunt_word(part, range, picovolts).map(Self)
    }

    /// Any word, unknown bits kept.
    #[must_use]
    pub const fn from_bits_retain(bits: u16) -> Self {
        Self(bits)
    }

    /// The word.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl Register for ShuntOverLimit {
    const ADDRESS: u8 = 0x0C;
}

impl Readable for ShuntOverLimit {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for ShuntOverLimit {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// SUVL, 0Dh: alert below this shunt voltage, 5 µV or 1.25 µV a count. 8000h after power-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ShuntUnderLimit(u16);

impl ShuntUnderLimit {
    /// For a shunt voltage, to the nearest count; refused when beyond 16 bits.
    pub fn new(part: Part, range: ShuntRange, limit: Microvolts) -> Result<Self, ConfigError> {
        let picovolts = i64::from(limit.get()).saturating_mul(1_000_000);
        alert::shunt_word(part, range, picovolts).map(Self)
    }

    /// Any word, unknown bits kept.
    #[must_use]
    pub const fn from_bits_retain(bits: u16) -> Self {
        Self(bits)
    }

    /// The word.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl Register for ShuntUnderLimit {
    const ADDRESS: u8 = 0x0D;
}

impl Readable for ShuntUnderLimit {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for ShuntUnderLimit {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// BOVL, 0Eh: alert above this bus voltage, 3.125 mV a count. 7FFFh after power-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BusOverLimit(u16);

impl BusOverLimit {
    /// For a bus voltage, to the nearest count; refused when negative or beyond 7FFFh.
    pub fn new(part: Part, limit: Microvolts) -> Result<Self, ConfigError> {
        alert::bus_word(part, i64::from(limit.get())).map(Self)
    }

    /// Any word, unknown bits kept.
    #[must_use]
    pub const fn from_bits_retain(bits: u16) -> Self {
        Self(bits)
    }

    /// The word.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl Register for BusOverLimit {
    const ADDRESS: u8 = 0x0E;
}

impl Readable for BusOverLimit {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for BusOverLimit {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// BUVL, 0Fh: alert below this bus voltage, 3.125 mV a count. Zero after power-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BusUnderLimit(u16);

impl BusUnderLimit {
    /// For a bus voltage, to the nearest count; refused when negative or beyond 7FFFh.
    pub fn new(part: Part, limit: Microvolts) -> Result<Self, ConfigError> {
        alert::bus_word(part, i64::from(limit.get())).map(Self)
    }

    /// Any word, unknown bits kept.
    #[must_use]
    pub const fn from_bits_retain(bits: u16) -> Self {
        Self(bits)
    }

    /// The word.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl Register for BusUnderLimit {
    const ADDRESS: u8 = 0x0F;
}

impl Readable for BusUnderLimit {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for BusUnderLimit {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// TEMP_LIMIT, 10h: alert above this die temperature, in the format of the temperature register. 7FFFh after power-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TemperatureLimit(u16);

impl TemperatureLimit {
    /// For a temperature, to the nearest count; refused when beyond 16 bits.
    pub fn new(part: Part, limit: MilliCelsius) -> Result<Self, ConfigError> {
        alert::temperature_word(part, limit).map(Self)
    }

    /// Any word, unknown bits kept.
    #[must_use]
    pub const fn from_bits_retain(bits: u16) -> Self {
        Self(bits)
    }

    /// The word.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl Register for TemperatureLimit {
    const ADDRESS: u8 = 0x10;
}

impl Readable for TemperatureLimit {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for TemperatureLimit {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// PWR_LIMIT, 11h: alert above this power, the upper 16 bits of what the power register holds. FFFFh after power-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PowerLimit(u16);

impl PowerLimit {
    /// For a power with this step of the Current register, to the nearest count; refused when it does not fit.
    pub fn new(part: Part, step: CurrentStep, limit: Nanowatts) -> Result<Self, ConfigError> {
        alert::power_word(part, step, limit).map(Self)
    }

    /// Any word, unknown bits kept.
    #[must_use]
    pub const fn from_bits_retain(bits: u16) -> Self {
        Self(bits)
    }

    /// The word.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl Register for PowerLimit {
    const ADDRESS: u8 = 0x11;
}

impl Readable for PowerLimit {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for PowerLimit {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}
