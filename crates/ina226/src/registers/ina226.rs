//! Registers of the INA226 family, 00h to 07h, FEh, FFh (SBOS547, register maps).

use battery_units::{Microvolts, Nanowatts};
use bitflags::bitflags;

use super::{Readable, Register, Writable, field, with_field};
use crate::config::cycle_microseconds;
use crate::{
    Averaging, ConfigError, ConversionTime, CurrentStep, Family, Mode, Part, ShuntRange, alert,
};

/// Configuration, 00h. Power-on 4127h.
///
/// Writing it, also with the same value, aborts the running conversion and starts a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Configuration(u16);

impl Configuration {
    const RESET_BIT: u16 = 1 << 15;
    const RANGE_BIT: u16 = 1 << 12;
    const AVERAGING: (u16, u32) = (0x0E00, 9);
    const BUS_TIME: (u16, u32) = (0x01C0, 6);
    const SHUNT_TIME: (u16, u32) = (0x0038, 3);
    const MODE: (u16, u32) = (0x0007, 0);
    /// What a read-back must agree in. Bits 14 and 13 are fixed, bit 15 clears itself.
    pub(crate) const CHECKED: u16 = 0x0FFF | Self::RANGE_BIT;

    /// After power-on: no averaging, 1.1 ms, both inputs continuously.
    pub const POWER_ON: Self = Self(0x4127);
    /// Resets every register to its power-on value; the bit clears itself.
    pub const RESET: Self = Self(0x4127 | Self::RESET_BIT);

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

    /// Averages a result is made of.
    #[must_use]
    pub const fn averaging(self) -> Averaging {
        Averaging::from_code(field(self.0, Self::AVERAGING.0, Self::AVERAGING.1))
    }

    /// Sets the averages; the other bits stay.
    #[must_use]
    pub const fn with_averaging(self, averaging: Averaging) -> Self {
        let (mask, shift) = Self::AVERAGING;
        Self(with_field(self.0, mask, shift, averaging.code()))
    }

    /// Conversion time of the bus voltage.
    #[must_use]
    pub const fn bus_time(self) -> ConversionTime {
        let (mask, shift) = Self::BUS_TIME;
        ConversionTime::from_code(Family::Ina226, field(self.0, mask, shift))
    }

    /// Sets it; a time of the other family is refused.
    pub fn with_bus_time(self, time: ConversionTime) -> Result<Self, ConfigError> {
        let (mask, shift) = Self::BUS_TIME;
        let code = time.code(Family::Ina226)?;
        Ok(Self(with_field(self.0, mask, shift, code)))
    }

    /// Conversion time of the shunt voltage.
    #[must_use]
    pub const fn shunt_time(self) -> ConversionTime {
        let (mask, shift) = Self::SHUNT_TIME;
        ConversionTime::from_code(Family::Ina226, field(self.0, mask, shift))
    }

    /// Sets it; a time of the other family is refused.
    pub fn with_shunt_time(self, time: ConversionTime) -> Result<Self, ConfigError> {
        let (mask, shift) = Self::SHUNT_TIME;
        let code = time.code(Family::Ina226)?;
        Ok(Self(with_field(self.0, mask, shift, code)))
    }

    /// When it measures. The two codes of power-down read alike.
    #[must_use]
    pub fn mode(self) -> Mode {
        let (mask, shift) = Self::MODE;
        Mode::from_code(Family::Ina226, field(self.0, mask, shift))
    }

    /// Sets it; no input, or the temperature, is refused.
    pub fn with_mode(self, mode: Mode) -> Result<Self, ConfigError> {
        let (mask, shift) = Self::MODE;
        let code = mode.code(Family::Ina226)?;
        Ok(Self(with_field(self.0, mask, shift, code)))
    }

    /// Shunt range. The bit exists on INA232, INA234 and INA236 only; elsewhere it reads zero.
    #[must_use]
    pub const fn range(self) -> ShuntRange {
        if self.0 & Self::RANGE_BIT == 0 {
            ShuntRange::Wide
        } else {
            ShuntRange::Narrow
        }
    }

    /// Sets it, on a part that has the bit.
    #[must_use]
    pub const fn with_range(self, range: ShuntRange) -> Self {
        match range {
            ShuntRange::Wide => Self(self.0 & !Self::RANGE_BIT),
            ShuntRange::Narrow => Self(self.0 | Self::RANGE_BIT),
        }
    }

    /// Whether the word asks for a reset.
    #[must_use]
    pub const fn is_reset(self) -> bool {
        self.0 & Self::RESET_BIT != 0
    }

    /// Typical time of one cycle in microseconds, zero in power-down; allow 10 % more.
    #[must_use]
    pub fn cycle_microseconds(self) -> u32 {
        cycle_microseconds(
            self.mode(),
            self.averaging(),
            self.bus_time(),
            self.shunt_time(),
            // Not one of the inputs this family can switch on.
            ConversionTime::Us140,
        )
    }
}

impl Register for Configuration {
    const ADDRESS: u8 = 0x00;
}

impl Readable for Configuration {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for Configuration {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// Shunt voltage, 01h, read only: two's complement, 2.5 µV a count (a quarter of it in the narrow range).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ShuntVoltage(i16);

impl ShuntVoltage {
    /// Counts of the register.
    #[must_use]
    pub const fn counts(self) -> i16 {
        self.0
    }

    /// What they mean on `part`.
    #[must_use]
    pub fn to_voltage(self, part: Part, range: ShuntRange) -> crate::ShuntVoltage {
        crate::ShuntVoltage::new(part, range, i32::from(self.0))
    }
}

impl Register for ShuntVoltage {
    const ADDRESS: u8 = 0x01;
}

impl Readable for ShuntVoltage {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(i16::from_be_bytes(bytes))
    }
}

/// Bus voltage, 02h, read only: bit 15 is always zero; 1.25 mV a count, 1.6 mV on INA232, INA234 and INA236.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BusVoltage(u16);

impl BusVoltage {
    /// Counts of the register; `None` when bit 15 is set, which no chip sends.
    #[must_use]
    pub const fn counts(self) -> Option<u16> {
        if self.0 & 0x8000 == 0 {
            Some(self.0)
        } else {
            None
        }
    }

    /// What they mean on `part`; `None` as above.
    #[must_use]
    pub fn to_voltage(self, part: Part) -> Option<crate::Voltage> {
        self.counts()
            .map(|counts| crate::Voltage::new(part, u32::from(counts)))
    }
}

impl Register for BusVoltage {
    const ADDRESS: u8 = 0x02;
}

impl Readable for BusVoltage {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

/// Power, 03h, read only, without sign: 25 current steps a count, 32 on INA232, INA234 and INA236.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Power(u16);

impl Power {
    /// Counts of the register.
    #[must_use]
    pub const fn counts(self) -> u16 {
        self.0
    }

    /// What they mean on `part` with this step of the Current register.
    #[must_use]
    pub fn to_power(self, part: Part, step: CurrentStep) -> crate::Power {
        crate::Power::new(part, u32::from(self.0), step)
    }
}

impl Register for Power {
    const ADDRESS: u8 = 0x03;
}

impl Readable for Power {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

/// Current, 04h, read only: two's complement, one calibrated step a count; zero while Calibration is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Current(i16);

impl Current {
    /// Counts of the register.
    #[must_use]
    pub const fn counts(self) -> i16 {
        self.0
    }

    /// What they mean with this step, in the direction of the shunt.
    #[must_use]
    pub fn to_current(self, step: CurrentStep) -> crate::Current {
        crate::Current::new(i32::from(self.0), step)
    }
}

impl Register for Current {
    const ADDRESS: u8 = 0x04;
}

impl Readable for Current {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(i16::from_be_bytes(bytes))
    }
}

/// Calibration, 05h: 15 bits, zero after power-on. Current = Shunt x Calibration / 2048.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Calibration(u16);

impl Calibration {
    /// The register for a checked calibration of this family.
    #[must_use]
    pub const fn new(calibration: &crate::Calibration) -> Self {
        Self(calibration.register_value())
    }

    /// The value, bit 15 left out.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0 & 0x7FFF
    }
}

impl Register for Calibration {
    const ADDRESS: u8 = 0x05;
}

impl Readable for Calibration {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for Calibration {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// Mask/Enable, 06h: which limit is watched, how the pin behaves, and the flags. Zero after power-on.
///
/// Reading it clears the conversion-ready flag and, when latched, the alert flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MaskEnable(u16);

bitflags! {
    impl MaskEnable: u16 {
        /// SOL: watch the shunt voltage for more than the limit.
        const SHUNT_OVER = 1 << 15;
        /// SUL: watch the shunt voltage for less than the limit.
        const SHUNT_UNDER = 1 << 14;
        /// BOL: watch the bus voltage for more than the limit.
        const BUS_OVER = 1 << 13;
        /// BUL: watch the bus voltage for less than the limit.
        const BUS_UNDER = 1 << 12;
        /// POL: watch the power for more than the limit.
        const POWER_OVER = 1 << 11;
        /// CNVR: the end of a cycle drives the pin as well.
        const CONVERSION_READY_ON_PIN = 1 << 10;
        /// Memory error, INA232, INA234 and INA236 only.
        const MEMORY_ERROR = 1 << 5;
        /// AFF: the watched limit was passed.
        const ALERT = 1 << 4;
        /// CVRF: a cycle has finished.
        const CONVERSION_READY = 1 << 3;
        /// OVF: Current and Power of this cycle are not valid.
        const OVERFLOW = 1 << 2;
        /// APOL: the pin is active high.
        const ACTIVE_HIGH = 1 << 1;
        /// LEN: the alert stays until this register is read.
        const LATCH = 1;
        const _ = !0;
    }
}

impl MaskEnable {
    /// The bits that are settings; the others are flags or reserved.
    pub const SETTINGS: Self = Self::from_bits_retain(0xFC03);
    /// The choices of what is watched. With several set only the highest counts.
    pub const FUNCTIONS: Self = Self::from_bits_retain(0xF800);
}

impl Register for MaskEnable {
    const ADDRESS: u8 = 0x06;
}

impl Readable for MaskEnable {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self::from_bits_retain(u16::from_be_bytes(bytes))
    }
}

impl Writable for MaskEnable {
    fn encode(&self) -> [u8; 2] {
        self.bits().to_be_bytes()
    }
}

/// Alert limit, 07h, in counts of the register it is compared with. Zero after power-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AlertLimit(u16);

impl AlertLimit {
    /// Any word.
    #[must_use]
    pub const fn from_bits_retain(bits: u16) -> Self {
        Self(bits)
    }

    /// The word.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// For a bus voltage, to the nearest count; refused when negative or beyond 7FFFh.
    pub fn bus(part: Part, limit: Microvolts) -> Result<Self, ConfigError> {
        alert::bus_word(part, i64::from(limit.get())).map(Self)
    }

    /// For a shunt voltage, to the nearest count; refused when beyond 16 bits.
    pub fn shunt(part: Part, range: ShuntRange, limit: Microvolts) -> Result<Self, ConfigError> {
        let picovolts = i64::from(limit.get()).saturating_mul(1_000_000);
        alert::shunt_word(part, range, picovolts).map(Self)
    }

    /// For a power with this step of the Current register, to the nearest count; refused when negative or beyond FFFFh.
    pub fn power(part: Part, step: CurrentStep, limit: Nanowatts) -> Result<Self, ConfigError> {
        alert::power_word(part, step, limit).map(Self)
    }
}

impl Register for AlertLimit {
    const ADDRESS: u8 = 0x07;
}

impl Readable for AlertLimit {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for AlertLimit {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// Manufacturer, FEh, read only: 5449h. Not on INA230 and INA231; on INA232, INA234 and INA236 see [`super::ina237`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ManufacturerId(pub u16);

impl Register for ManufacturerId {
    const ADDRESS: u8 = 0xFE;
}

impl Readable for ManufacturerId {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

/// Die, FFh, read only: 226h in bits 15 to 4, revision in bits 3 to 0. Not on INA231.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DieId(pub u16);

impl Register for DieId {
    const ADDRESS: u8 = 0xFF;
}

impl Readable for DieId {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}
