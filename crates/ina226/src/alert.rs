//! Limits in volts, amperes, watts and degrees, and what they become in the registers.

use battery_units::{MilliCelsius, Milliamps, Millivolts, Milliwatts, Nanowatts};

use crate::registers::ina226::MaskEnable;
use crate::registers::ina237::DiagAlert;
use crate::rounding::{nearest, nearest_signed};
use crate::{Calibration, ConfigError, CurrentStep, Family, Part, ShuntRange, Wiring};

/// Level of the alert pin. It is open drain either way and needs a pull-up.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum AlertPolarity {
    /// Low while there is an alert: what a line shared by several chips and the SMBus alert response need.
    #[default]
    ActiveLow,
    /// High while there is an alert.
    ActiveHigh,
}

/// Whether an alert stays until the flags are read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum AlertLatch {
    /// Flag and pin stay until the flags are read. The bit also shows a chip reset without another transfer.
    #[default]
    Latched,
    /// Flag and pin follow each conversion. A reading then reads a configuration register as well, to see a chip reset.
    Transparent,
}

/// What the INA237 family compares with the limits. The INA226 family always compares the average.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum AlertCompare {
    /// Each single conversion: fast.
    #[default]
    EachConversion,
    /// The average of the cycle.
    Average,
}

/// How the alert pin behaves.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AlertPin {
    /// Its level.
    pub polarity: AlertPolarity,
    /// Its memory.
    pub latch: AlertLatch,
    /// Which values are compared.
    pub compare: AlertCompare,
    /// Whether the end of a conversion drives the pin as well.
    pub on_conversion_ready: bool,
}

/// Limits that the chip itself watches. The INA226 family watches one at a time, the INA237 family all.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct Limits {
    /// Alert above this bus voltage.
    pub over_voltage: Option<Millivolts>,
    /// Alert below this bus voltage.
    pub under_voltage: Option<Millivolts>,
    /// Alert when the current is above this, charging positive: the limit while charging.
    pub current_above: Option<Milliamps>,
    /// Alert when the current is below this: the limit while discharging, a negative number.
    pub current_below: Option<Milliamps>,
    /// Alert above this die temperature, INA237 family only.
    pub over_temperature: Option<MilliCelsius>,
    /// Alert above this power, whatever its direction.
    pub over_power: Option<Milliwatts>,
}

/// A limit that is never reached, per register of the INA237 family: its power-on value.
const NO_OVER: u16 = 0x7FFF;
const NO_SHUNT_UNDER: u16 = 0x8000;
const NO_BUS_UNDER: u16 = 0;
const NO_POWER_OVER: u16 = 0xFFFF;

/// The 16-bit limit registers of the INA228 leave out the four lowest bits of its results.
const fn limit_shift(part: Part) -> u32 {
    if part.constants().is_wide { 4 } else { 0 }
}

fn signed_word(counts: i64) -> Result<u16, ConfigError> {
    i16::try_from(counts)
        .map(i16::cast_unsigned)
        .map_err(|_| ConfigError::LimitOutOfRange)
}

/// Bus limit word from microvolts, to nearest; 0 to 7FFFh.
pub(crate) fn bus_word(part: Part, microvolts: i64) -> Result<u16, ConfigError> {
    let step = u64::from(part.constants().bus_step) << limit_shift(part);
    let counts = nearest_signed(microvolts.saturating_mul(16), step);
    // A small negative wish would round to zero and look fulfilled.
    if microvolts < 0 {
        return Err(ConfigError::LimitOutOfRange);
    }
    signed_word(counts)
}

/// Shunt limit word from picovolts, to nearest; two's complement.
pub(crate) fn shunt_word(
    part: Part,
    range: ShuntRange,
    picovolts: i64,
) -> Result<u16, ConfigError> {
    let step = part.shunt_step(range).ok_or(ConfigError::NoNarrowRange)?;
    let step = u64::from(step) << limit_shift(part);
    signed_word(nearest_signed(picovolts, step))
}

/// Power limit word, to nearest; unsigned. In the INA237 family the limit is the upper 16 of 24 bits.
pub(crate) fn power_word(
    part: Part,
    step: CurrentStep,
    limit: Nanowatts,
) -> Result<u16, ConfigError> {
    let limit = u64::try_from(limit.get()).map_err(|_| ConfigError::LimitOutOfRange)?;
    let scale = match part.family() {
        Family::Ina226 => 1,
        Family::Ina237 => 256,
    };
    // Picowatts times five, on both sides; beyond 3.6 MW the left side stays at the end, which is out of range.
    let unit = step
        .as_picoamps()
        .saturating_mul(u64::from(part.constants().power_fifths))
        .saturating_mul(scale);
    u16::try_from(nearest(limit.saturating_mul(5_000), unit))
        .map_err(|_| ConfigError::LimitOutOfRange)
}

/// Temperature limit word of the INA237 family: 7.8125 m°C a count, only the upper 12 bits exist except on the INA228.
pub(crate) fn temperature_word(part: Part, limit: MilliCelsius) -> Result<u16, ConfigError> {
    if part.family() == Family::Ina226 {
        return Err(ConfigError::LimitNotOnPart);
    }
    let limit = i64::from(limit.get());
    if part.constants().is_wide {
        signed_word(nearest_signed(limit.saturating_mul(128), 1_000))
    } else {
        signed_word(nearest_signed(limit, 125).saturating_mul(16))
    }
}

impl Limits {
    fn current_word(calibration: &Calibration, limit: Milliamps) -> Result<u16, ConfigError> {
        let microamps = i64::from(limit.get()).saturating_mul(1_000);
        // A microampere through a microohm is a picovolt.
        let picovolts = microamps.saturating_mul(i64::from(calibration.shunt().get()));
        let signed = match calibration.wiring() {
            Wiring::Direct => picovolts,
            Wiring::Reversed => picovolts.saturating_neg(),
        };
        shunt_word(calibration.part(), calibration.range(), signed)
    }

    fn voltage_word(part: Part, limit: Millivolts) -> Result<u16, ConfigError> {
        bus_word(part, i64::from(limit.get()).saturating_mul(1_000))
    }

    fn over_power_word(calibration: &Calibration, limit: Milliwatts) -> Result<u16, ConfigError> {
        let limit = Nanowatts::new(i64::from(limit.get()).saturating_mul(1_000_000));
        power_word(calibration.part(), calibration.register_step(), limit)
    }

    /// What is compared with the shunt voltage from above and from below, the wiring taken into account.
    fn shunt_limits(&self, wiring: Wiring) -> (Option<Milliamps>, Option<Milliamps>) {
        match wiring {
            Wiring::Direct => (self.current_above, self.current_below),
            Wiring::Reversed => (self.current_below, self.current_above),
        }
    }

    /// Function bits and limit word of the INA226 family.
    pub(crate) fn single(
        &self,
        calibration: &Calibration,
    ) -> Result<(MaskEnable, u16), ConfigError> {
        let part = calibration.part();
        let (over, under) = self.shunt_limits(calibration.wiring());
        let mut found = (MaskEnable::empty(), 0);
        let mut choose = |function: MaskEnable, word: u16| {
            if found.0.is_empty() {
                found = (function, word);
                Ok(())
            } else {
                Err(ConfigError::OneLimitOnly)
            }
        };
        if self.over_temperature.is_some() {
            return Err(ConfigError::LimitNotOnPart);
        }
        if let Some(limit) = over {
            choose(
                MaskEnable::SHUNT_OVER,
                Self::current_word(calibration, limit)?,
            )?;
        }
        if let Some(limit) = under {
            choose(
                MaskEnable::SHUNT_UNDER,
                Self::current_word(calibration, limit)?,
            )?;
        }
        if let Some(limit) = self.over_voltage {
            choose(MaskEnable::BUS_OVER, Self::voltage_word(part, limit)?)?;
        }
        if let Some(limit) = self.under_voltage {
            choose(MaskEnable::BUS_UNDER, Self::voltage_word(part, limit)?)?;
        }
        if let Some(limit) = self.over_power {
            choose(
                MaskEnable::POWER_OVER,
                Self::over_power_word(calibration, limit)?,
            )?;
        }
        Ok(found)
    }

    /// Limit words 0Ch to 11h of the INA237 family.
    pub(crate) fn all(&self, calibration: &Calibration) -> Result<[u16; 6], ConfigError> {
        let part = calibration.part();
        let (over, under) = self.shunt_limits(calibration.wiring());
        let current = |limit, none| match limit {
            Some(limit) => Self::current_word(calibration, limit),
            None => Ok(none),
        };
        let voltage = |limit, none| match limit {
            Some(limit) => Self::voltage_word(part, limit),
            None => Ok(none),
        };
        Ok([
            current(over, NO_OVER)?,
            current(under, NO_SHUNT_UNDER)?,
            voltage(self.over_voltage, NO_OVER)?,
            voltage(self.under_voltage, NO_BUS_UNDER)?,
            match self.over_temperature {
                Some(limit) => temperature_word(part, limit)?,
                // The lowest four bits of the INA237 and INA238 register do not exist.
                None if part.constants().is_wide => NO_OVER,
                None => NO_OVER & 0xFFF0,
            },
            match self.over_power {
                Some(limit) => Self::over_power_word(calibration, limit)?,
                None => NO_POWER_OVER,
            },
        ])
    }
}

impl AlertPin {
    /// The settings half of Mask/Enable.
    pub(crate) fn mask_enable(self) -> MaskEnable {
        let mut word = MaskEnable::empty();
        word.set(
            MaskEnable::CONVERSION_READY_ON_PIN,
            self.on_conversion_ready,
        );
        word.set(
            MaskEnable::ACTIVE_HIGH,
            self.polarity == AlertPolarity::ActiveHigh,
        );
        word.set(MaskEnable::LATCH, self.latch == AlertLatch::Latched);
        word
    }

    /// The settings half of DIAG_ALRT.
    pub(crate) fn diag_alert(self) -> DiagAlert {
        // Written as at power-on: the bit is described as writable, but nothing says what a zero would do.
        let mut word = DiagAlert::MEMORY_GOOD;
        word.set(DiagAlert::CONVERSION_READY_ON_PIN, self.on_conversion_ready);
        word.set(
            DiagAlert::ACTIVE_HIGH,
            self.polarity == AlertPolarity::ActiveHigh,
        );
        word.set(DiagAlert::LATCH, self.latch == AlertLatch::Latched);
        word.set(DiagAlert::SLOW, self.compare == AlertCompare::Average);
        word
    }
}
