//! Registers of the INA237 family, 00h to 11h, 3Eh, 3Fh (SBOSA20 and SLYS025, register maps).
//!
//! The result registers here are those of INA237 and INA238; the INA228 has wider ones, see [`super::ina228`].

use battery_units::MilliCelsius;
use bitflags::bitflags;

use super::{Readable, Register, Writable, field, with_field};
use crate::config::cycle_microseconds;
use crate::{Averaging, ConfigError, ConversionTime, CurrentStep, Family, Mode, Part, ShuntRange};

mod limits;

pub use limits::{
    BusOverLimit, BusUnderLimit, PowerLimit, ShuntOverLimit, ShuntUnderLimit, TemperatureLimit,
};

/// CONFIG, 00h: reset, start delay, shunt range. Zero after power-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config(u16);

impl Config {
    const RESET_BIT: u16 = 1 << 15;
    const CLEAR_BIT: u16 = 1 << 14;
    const DELAY: (u16, u32) = (0x3FC0, 6);
    const COMPENSATION_BIT: u16 = 1 << 5;
    const RANGE_BIT: u16 = 1 << 4;
    /// What a read-back must agree in. Bits 15 and 14 clear themselves, bits 3 to 0 read zero.
    pub(crate) const CHECKED: u16 = 0x3FF0;

    /// After power-on: wide range, no delay.
    pub const POWER_ON: Self = Self(0);
    /// Resets every register to its power-on value; the bit clears itself.
    pub const RESET: Self = Self(Self::RESET_BIT);

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

    /// Shunt range (ADCRANGE).
    #[must_use]
    pub const fn range(self) -> ShuntRange {
        if self.0 & Self::RANGE_BIT == 0 {
            ShuntRange::Wide
        } else {
            ShuntRange::Narrow
        }
    }

    /// Sets it.
    #[must_use]
    pub const fn with_range(self, range: ShuntRange) -> Self {
        match range {
            ShuntRange::Wide => Self(self.0 & !Self::RANGE_BIT),
            ShuntRange::Narrow => Self(self.0 | Self::RANGE_BIT),
        }
    }

    /// Wait before the first conversion, in steps of 2 ms.
    #[must_use]
    pub const fn delay_steps(self) -> u16 {
        field(self.0, Self::DELAY.0, Self::DELAY.1)
    }

    /// Sets it, 0 to 510 ms.
    #[must_use]
    pub fn with_delay_steps(self, steps: u8) -> Self {
        let (mask, shift) = Self::DELAY;
        Self(with_field(self.0, mask, shift, u16::from(steps)))
    }

    /// Whether the current is corrected for the temperature of the shunt (INA228 only).
    #[must_use]
    pub const fn is_compensated(self) -> bool {
        self.0 & Self::COMPENSATION_BIT != 0
    }

    /// Switches the correction on (INA228 only).
    #[must_use]
    pub const fn with_compensation(self) -> Self {
        Self(self.0 | Self::COMPENSATION_BIT)
    }

    /// Adds the request to zero the energy and charge registers (INA228 only); the bit clears itself.
    #[must_use]
    pub const fn with_cleared_accumulators(self) -> Self {
        Self(self.0 | Self::CLEAR_BIT)
    }
}

impl Register for Config {
    const ADDRESS: u8 = 0x00;
}

impl Readable for Config {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for Config {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// ADC_CONFIG, 01h: mode, conversion times, averages. FB68h after power-on; writing it starts a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AdcConfig(u16);

impl AdcConfig {
    const MODE: (u16, u32) = (0xF000, 12);
    const BUS_TIME: (u16, u32) = (0x0E00, 9);
    const SHUNT_TIME: (u16, u32) = (0x01C0, 6);
    const TEMPERATURE_TIME: (u16, u32) = (0x0038, 3);
    const AVERAGING: (u16, u32) = (0x0007, 0);

    /// After power-on: everything continuously, 1052 µs, no averaging.
    pub const POWER_ON: Self = Self(0xFB68);

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

    const fn time(self, place: (u16, u32)) -> ConversionTime {
        ConversionTime::from_code(Family::Ina237, field(self.0, place.0, place.1))
    }

    fn with_time(self, place: (u16, u32), time: ConversionTime) -> Result<Self, ConfigError> {
        let code = time.code(Family::Ina237)?;
        Ok(Self(with_field(self.0, place.0, place.1, code)))
    }

    /// Conversion time of the bus voltage.
    #[must_use]
    pub const fn bus_time(self) -> ConversionTime {
        self.time(Self::BUS_TIME)
    }

    /// Sets it; a time of the other family is refused.
    pub fn with_bus_time(self, time: ConversionTime) -> Result<Self, ConfigError> {
        self.with_time(Self::BUS_TIME, time)
    }

    /// Conversion time of the shunt voltage.
    #[must_use]
    pub const fn shunt_time(self) -> ConversionTime {
        self.time(Self::SHUNT_TIME)
    }

    /// Sets it; a time of the other family is refused.
    pub fn with_shunt_time(self, time: ConversionTime) -> Result<Self, ConfigError> {
        self.with_time(Self::SHUNT_TIME, time)
    }

    /// Conversion time of the die temperature.
    #[must_use]
    pub const fn temperature_time(self) -> ConversionTime {
        self.time(Self::TEMPERATURE_TIME)
    }

    /// Sets it; a time of the other family is refused.
    pub fn with_temperature_time(self, time: ConversionTime) -> Result<Self, ConfigError> {
        self.with_time(Self::TEMPERATURE_TIME, time)
    }

    /// When it measures. The two codes of power-down read alike.
    #[must_use]
    pub fn mode(self) -> Mode {
        Mode::from_code(Family::Ina237, field(self.0, Self::MODE.0, Self::MODE.1))
    }

    /// Sets it; no input is refused.
    pub fn with_mode(self, mode: Mode) -> Result<Self, ConfigError> {
        let (mask, shift) = Self::MODE;
        let code = mode.code(Family::Ina237)?;
        Ok(Self(with_field(self.0, mask, shift, code)))
    }

    /// Typical time of one cycle in microseconds, zero in power-down; allow 10 % more.
    #[must_use]
    pub fn cycle_microseconds(self) -> u32 {
        cycle_microseconds(
            self.mode(),
            self.averaging(),
            self.bus_time(),
            self.shunt_time(),
            self.temperature_time(),
        )
    }
}

impl Register for AdcConfig {
    const ADDRESS: u8 = 0x01;
}

impl Readable for AdcConfig {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for AdcConfig {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// SHUNT_CAL, 02h: 15 bits, 1000h after power-on. Current = Shunt x 4096 / SHUNT_CAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ShuntCal(u16);

impl ShuntCal {
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

impl Register for ShuntCal {
    const ADDRESS: u8 = 0x02;
}

impl Readable for ShuntCal {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

impl Writable for ShuntCal {
    fn encode(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// VSHUNT, 04h, read only: two's complement, 5 µV a count, 1.25 µV in the narrow range.
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
    const ADDRESS: u8 = 0x04;
}

impl Readable for ShuntVoltage {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(i16::from_be_bytes(bytes))
    }
}

/// VBUS, 05h, read only: 3.125 mV a count, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BusVoltage(i16);

impl BusVoltage {
    /// What it means on `part`; `None` when the sign bit is set, which no chip sends.
    #[must_use]
    pub fn to_voltage(self, part: Part) -> Option<crate::Voltage> {
        let counts = u32::try_from(self.0).ok()?;
        Some(crate::Voltage::new(part, counts))
    }
}

impl Register for BusVoltage {
    const ADDRESS: u8 = 0x05;
}

impl Readable for BusVoltage {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(i16::from_be_bytes(bytes))
    }
}

/// DIETEMP, 06h, read only: two's complement in bits 15 to 4, 125 m°C a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DieTemperature(i16);

impl DieTemperature {
    /// The temperature, exact.
    #[must_use]
    pub fn to_millicelsius(self) -> MilliCelsius {
        MilliCelsius::new(i32::from(self.0 >> 4).saturating_mul(125))
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

/// CURRENT, 07h, read only: two's complement, one calibrated step a count.
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
    const ADDRESS: u8 = 0x07;
}

impl Readable for Current {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(i16::from_be_bytes(bytes))
    }
}

/// POWER, 08h, read only: 24 bits without sign, a fifth of the current step a count (3.2 steps on the INA228).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Power(u32);

impl Power {
    /// Counts of the register.
    #[must_use]
    pub const fn counts(self) -> u32 {
        self.0
    }

    /// What they mean on `part` with this step of the Current register.
    #[must_use]
    pub fn to_power(self, part: Part, step: CurrentStep) -> crate::Power {
        crate::Power::new(part, self.0, step)
    }
}

impl Register for Power {
    const ADDRESS: u8 = 0x08;
}

impl Readable for Power {
    type Bytes = [u8; 3];

    fn decode(bytes: [u8; 3]) -> Self {
        let [high, middle, low] = bytes;
        Self(u32::from_be_bytes([0, high, middle, low]))
    }
}

/// DIAG_ALRT, 0Bh: how the pin behaves, and the flags. 0001h after power-on.
///
/// With the latch on, reading it clears the conversion-ready and the alert flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DiagAlert(u16);

bitflags! {
    impl DiagAlert: u16 {
        /// ALATCH: the alert stays until this register is read.
        const LATCH = 1 << 15;
        /// CNVR: the end of a cycle drives the pin as well.
        const CONVERSION_READY_ON_PIN = 1 << 14;
        /// SLOWALERT: the average is compared, not each conversion.
        const SLOW = 1 << 13;
        /// APOL: the pin is active high.
        const ACTIVE_HIGH = 1 << 12;
        /// ENERGYOF: the energy register has overflowed (INA228).
        const ENERGY_OVERFLOW = 1 << 11;
        /// CHARGEOF: the charge register has overflowed (INA228).
        const CHARGE_OVERFLOW = 1 << 10;
        /// MATHOF: Current and Power are not valid.
        const MATH_OVERFLOW = 1 << 9;
        /// TMPOL: the die was hotter than its limit.
        const OVER_TEMPERATURE = 1 << 7;
        /// SHNTOL: the shunt voltage was above its limit.
        const SHUNT_OVER = 1 << 6;
        /// SHNTUL: the shunt voltage was below its limit.
        const SHUNT_UNDER = 1 << 5;
        /// BUSOL: the bus voltage was above its limit.
        const BUS_OVER = 1 << 4;
        /// BUSUL: the bus voltage was below its limit.
        const BUS_UNDER = 1 << 3;
        /// POL: the power was above its limit.
        const POWER_OVER = 1 << 2;
        /// CNVRF: a cycle has finished.
        const CONVERSION_READY = 1 << 1;
        /// MEMSTAT: the checksum of the factory trim is right.
        const MEMORY_GOOD = 1;
        const _ = !0;
    }
}

impl DiagAlert {
    /// The bits that are settings; the others are flags or reserved.
    pub const SETTINGS: Self = Self::from_bits_retain(0xF000);
    /// The limits.
    pub const LIMITS: Self = Self::from_bits_retain(0x00FC);
}

impl Register for DiagAlert {
    const ADDRESS: u8 = 0x0B;
}

impl Readable for DiagAlert {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self::from_bits_retain(u16::from_be_bytes(bytes))
    }
}

impl Writable for DiagAlert {
    fn encode(&self) -> [u8; 2] {
        self.bits().to_be_bytes()
    }
}

/// Manufacturer, 3Eh, read only: 5449h. Also on INA232, INA234 and INA236.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ManufacturerId(pub u16);

impl Register for ManufacturerId {
    const ADDRESS: u8 = 0x3E;
}

impl Readable for ManufacturerId {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

/// Device, 3Fh, read only: part in bits 15 to 4, revision in bits 3 to 0. Also on INA234 and INA236.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DeviceId(pub u16);

impl Register for DeviceId {
    const ADDRESS: u8 = 0x3F;
}

impl Readable for DeviceId {
    type Bytes = [u8; 2];

    fn decode(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}
