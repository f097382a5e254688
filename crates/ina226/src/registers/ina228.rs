//! What the INA228 has wider than the INA237, or on top (SLYS021, register maps). The other registers are those of
//! [`super::ina237`].

use battery_units::MilliCelsius;

use super::{Readable, Register, Writable};
use crate::rounding::nearest_signed;
use crate::{CurrentStep, Part, ShuntRange};

/// Value in the upper 20 of 24 bits, two's complement.
pub(crate) fn upper_twenty(bytes: [u8; 3]) -> i32 {
    let [high, middle, low] = bytes;
    i32::from_be_bytes([high, middle, low, 0]) >> 12
}

/// SHUNT_TEMPCO, 03h: how the shunt grows with temperature, 14 bits, 1 ppm/°C a count from 25 °C. Zero after power-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ShuntTempco(u16);

impl ShuntTempco {
    /// Largest value, 16 383 ppm/°C.
    pub const MAX: u16 = 0x3FFF;

    /// From ppm/°C; `None` beyond 14 bits.
    #[must_use]
    pub const fn new(ppm_per_degree: u16) -> Option<Self> {
        if ppm_per_degree <= Self::MAX {
            Some(Self(ppm_per_degree))
        } else {
            None
        }
    }

    /// In ppm/°C.
    #[must_use]
    pub const fn ppm_per_degree(self) -> u16 {
        self.0 & Self::MAX
    }
}

impl Register for ShuntTempco {
    const ADDRESS: u8 = 0x03;
}

impl Readable for ShuntTempco {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for ShuntTempco {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// VSHUNT, 04h, read only: 20 bits, 312.5 nV a count, 78.125 nV in the narrow range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ShuntVoltage(i32);

impl ShuntVoltage {
    /// Counts of the register.
    #[must_use]
    pub const fn counts(self) -> i32 {
        self.0
    }

    /// What they mean.
    #[must_use]
    pub fn to_voltage(self, range: ShuntRange) -> crate::ShuntVoltage {
        crate::ShuntVoltage::new(Part::Ina228, range, self.0)
    }
}

impl Register for ShuntVoltage {
    const ADDRESS: u8 = 0x04;
}

impl Readable for ShuntVoltage {
    type Bytes = [u8; 3];

    fn decode(bytes: [u8; 3]) -> Self {
        Self(upper_twenty(bytes))
    }
}

/// VBUS, 05h, read only: 20 bits, 195.3125 µV a count, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BusVoltage(i32);

impl BusVoltage {
    /// What it means; `None` when the sign bit is set, which no chip sends.
    #[must_use]
    pub fn to_voltage(self) -> Option<crate::Voltage> {
        let counts = u32::try_from(self.0).ok()?;
        Some(crate::Voltage::new(Part::Ina228, counts))
    }
}

impl Register for BusVoltage {
    const ADDRESS: u8 = 0x05;
}

impl Readable for BusVoltage {
    type Bytes = [u8; 3];

    fn decode(bytes: [u8; 3]) -> Self {
        Self(upper_twenty(bytes))
    }
}

/// DIETEMP, 06h, read only: two's complement, 7.8125 m°C a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DieTemperature(i16);

impl DieTemperature {
    /// The temperature, to nearest.
    #[must_use]
    pub fn to_millicelsius(self) -> MilliCelsius {
        // 7.8125 is 1000 / 128.
        let rounded = nearest_signed(i64::from(self.0).saturating_mul(1_000), 128);
        MilliCelsius::new(i32::try_from(rounded).unwrap_or(i32::MAX))
    }
}

impl Register for DieTemperature {
    const ADDRESS: u8 = 0x06;
}

impl Readable for DieTemperature {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(i16::from_be_bytes(bytes))
    }
}

/// CURRENT, 07h, read only: 20 bits, one calibrated step a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Current(i32);

impl Current {
    /// Counts of the register.
    #[must_use]
    pub const fn counts(self) -> i32 {
        self.0
    }

    /// What they mean with this step, in the direction of the shunt.
    #[must_use]
    pub fn to_current(self, step: CurrentStep) -> crate::Current {
        crate::Current::new(self.0, step)
    }
}

impl Register for Current {
    const ADDRESS: u8 = 0x07;
}

impl Readable for Current {
    type Bytes = [u8; 3];

    fn decode(bytes: [u8; 3]) -> Self {
        Self(upper_twenty(bytes))
    }
}

/// ENERGY, 09h, read only: 40 bits without sign, 16 power steps for one second a count. Reading it clears its overflow flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Energy(u64);

impl Energy {
    /// Counts of the register.
    #[must_use]
    pub const fn counts(self) -> u64 {
        self.0
    }

    /// What they mean with this step of the Current register, in whole millijoules, cut off; held at the end of 64 bits.
    #[must_use]
    pub fn to_millijoules(self, step: CurrentStep) -> u64 {
        // 16 x 3.2 steps; divided in two steps so that 40 bits times a step of 42 bits stay inside 128.
        let picojoules = u128::from(self.0)
            .saturating_mul(u128::from(step.as_picoamps()))
            .saturating_mul(256)
            / 5;
        u64::try_from(picojoules / 1_000_000_000).unwrap_or(u64::MAX)
    }
}

impl Register for Energy {
    const ADDRESS: u8 = 0x09;
}

impl Readable for Energy {
    type Bytes = [u8; 5];

    fn decode(bytes: [u8; 5]) -> Self {
        let [b4, b3, b2, b1, b0] = bytes;
        Self(u64::from_be_bytes([0, 0, 0, b4, b3, b2, b1, b0]))
    }
}

/// CHARGE, 0Ah, read only: 40 bits, two's complement, one current step for one second a count. Reading it clears its overflow flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Charge(i64);

impl Charge {
    /// Counts of the register.
    #[must_use]
    pub const fn counts(self) -> i64 {
        self.0
    }

    /// What they mean with this step of the Current register, in whole millicoulombs, cut off, in the direction of the shunt.
    #[must_use]
    pub fn to_millicoulombs(self, step: CurrentStep) -> i64 {
        let picocoulombs = i128::from(self.0).saturating_mul(i128::from(step.as_picoamps()));
        i64::try_from(picocoulombs / 1_000_000_000).unwrap_or(i64::MAX)
    }
}

impl Register for Charge {
    const ADDRESS: u8 = 0x0A;
}

impl Readable for Charge {
    type Bytes = [u8; 5];

    fn decode(bytes: [u8; 5]) -> Self {
        let [b4, b3, b2, b1, b0] = bytes;
        Self(i64::from_be_bytes([b4, b3, b2, b1, b0, 0, 0, 0]) >> 24)
    }
}
