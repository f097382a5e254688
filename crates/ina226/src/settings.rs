//! What the user asks for, checked as a whole before anything is sent.

use battery_units::{Microamps, Microohms, Milliamps, Nanoamps};

use crate::registers::Writable;
use crate::registers::ina226::{self, Configuration, MaskEnable};
use crate::registers::ina228::ShuntTempco;
use crate::registers::ina237::{AdcConfig, Config, DiagAlert};
use crate::setup::Setup;
use crate::{
    AlertLatch, AlertPin, Averaging, Calibration, ConfigError, ConversionTime, CurrentStep, Error,
    Family, IdentityPolicy, Inputs, Limits, Mode, Part, ShuntRange, Wiring,
};

/// What one count of the chip's own Current register is to mean; its Power register follows.
///
/// Readings do not depend on it: they are made from the shunt voltage register, which always has the full resolution.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CurrentScale {
    /// The same as one count of the shunt voltage register.
    #[default]
    AsShunt,
    /// This much.
    Step(Nanoamps),
    /// As little as possible so that this current still fits.
    Reaching(Microamps),
}

/// How a chip is wired and what it shall do. Start from [`Settings::new`] and change what differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Settings {
    /// The part that is expected.
    pub part: Part,
    /// How strictly it has to prove it.
    pub identity: IdentityPolicy,
    /// The shunt, 10 µΩ to 10 Ω.
    pub shunt: Microohms,
    /// Which way round it is wired.
    pub wiring: Wiring,
    /// Which full scale it is measured with.
    pub range: ShuntRange,
    /// A current, in either direction, that must be measurable; `init` refuses a shunt and range that end before it.
    pub max_current: Option<Milliamps>,
    /// Scale of the chip's own Current register.
    pub scale: CurrentScale,
    /// Averages a result is made of.
    pub averaging: Averaging,
    /// Conversion time of the bus voltage.
    pub bus_time: ConversionTime,
    /// Conversion time of the shunt voltage.
    pub shunt_time: ConversionTime,
    /// Conversion time of the die temperature; without meaning in the INA226 family.
    pub temperature_time: ConversionTime,
    /// When the chip measures what.
    pub mode: Mode,
    /// Wait before the first conversion in steps of 2 ms; zero in the INA226 family.
    pub delay_steps: u8,
    /// Growth of the shunt with temperature in ppm/°C, up to 16 383, corrected by the chip; INA228 only.
    ///
    /// Readings are then made from the Current register, because the shunt voltage register knows no correction.
    pub shunt_tempco: Option<u16>,
    /// What the chip itself watches.
    pub limits: Limits,
    /// How the alert pin behaves.
    pub alert: AlertPin,
}

impl Settings {
    /// The plain choice: voltage and current continuously, 16 averages, one result about every 35 ms, no limits.
    #[must_use]
    pub const fn new(part: Part, shunt: Microohms) -> Self {
        let time = match part.family() {
            Family::Ina226 => ConversionTime::Us1100,
            Family::Ina237 => ConversionTime::Us1052,
        };
        Self {
            part,
            identity: IdentityPolicy::Exact,
            shunt,
            wiring: Wiring::Direct,
            range: ShuntRange::Wide,
            max_current: None,
            scale: CurrentScale::AsShunt,
            averaging: Averaging::X16,
            bus_time: time,
            shunt_time: time,
            temperature_time: time,
            mode: Mode::Continuous(Inputs::BOTH),
            delay_steps: 0,
            shunt_tempco: None,
            limits: Limits {
                over_voltage: None,
                under_voltage: None,
                current_above: None,
                current_below: None,
                over_temperature: None,
                over_power: None,
            },
            alert: AlertPin {
                polarity: crate::AlertPolarity::ActiveLow,
                latch: AlertLatch::Latched,
                compare: crate::AlertCompare::EachConversion,
                on_conversion_ready: false,
            },
        }
    }

    /// The calibration that comes of part, range, shunt, wiring, scale and largest current.
    pub fn calibration(&self) -> Result<Calibration, ConfigError> {
        let plain = Calibration::new(self.part, self.range, self.shunt, self.wiring)?;
        let plain = match self.max_current {
            Some(max) => plain.reaching(max)?,
            None => plain,
        };
        match self.scale {
            CurrentScale::AsShunt => Ok(plain),
            CurrentScale::Step(step) => Calibration::with_step(
                self.part,
                self.range,
                self.shunt,
                self.wiring,
                CurrentStep::new(step)?,
            ),
            CurrentScale::Reaching(max) => {
                Calibration::for_max_current(self.part, self.range, self.shunt, self.wiring, max)
            }
        }
    }

    /// Typical time of one cycle in microseconds; allow 10 % more. Zero in power-down.
    pub fn cycle_microseconds(&self) -> Result<u32, ConfigError> {
        match self.part.family() {
            Family::Ina226 => Ok(self.configuration()?.cycle_microseconds()),
            Family::Ina237 => Ok(self.adc_config()?.cycle_microseconds()),
        }
    }

    fn configuration(&self) -> Result<Configuration, ConfigError> {
        Configuration::POWER_ON
            .with_averaging(self.averaging)
            .with_range(self.range)
            .with_bus_time(self.bus_time)?
            .with_shunt_time(self.shunt_time)?
            .with_mode(self.mode)
    }

    fn adc_config(&self) -> Result<AdcConfig, ConfigError> {
        AdcConfig::POWER_ON
            .with_averaging(self.averaging)
            .with_bus_time(self.bus_time)?
            .with_shunt_time(self.shunt_time)?
            .with_temperature_time(self.temperature_time)?
            .with_mode(self.mode)
    }

    /// Everything `init` will write, or the reason why it will not.
    pub(crate) fn program(&self) -> Result<Program, ConfigError> {
        let calibration = self.calibration()?;
        let alert = AlertProgram::new(&self.limits, self.alert, &calibration)?;
        let mut program = Program::new(Setup::new(calibration, alert.flags_word));
        match self.part.family() {
            Family::Ina226 => {
                if self.delay_steps != 0 || self.shunt_tempco.is_some() {
                    return Err(ConfigError::NotOnPart);
                }
                let configuration = self.configuration()?;
                program.setup.mode_word = configuration.bits();
                program.push(0x00, configuration.bits(), Configuration::CHECKED);
                let value = ina226::Calibration::new(&calibration).encode();
                program.push(0x05, u16::from_be_bytes(value), 0x7FFF);
            }
            Family::Ina237 => {
                let mut config = Config::POWER_ON
                    .with_range(self.range)
                    .with_delay_steps(self.delay_steps);
                if self.part != Part::Ina228 && self.shunt_tempco.is_some() {
                    return Err(ConfigError::NotOnPart);
                }
                if self.shunt_tempco.is_some() {
                    config = config.with_compensation();
                    program.setup.is_compensated = true;
                }
                let adc_config = self.adc_config()?;
                program.setup.mode_word = adc_config.bits();
                program.push(0x00, config.bits(), Config::CHECKED);
                program.push(0x01, adc_config.bits(), 0xFFFF);
                program.push(0x02, calibration.register_value(), 0x7FFF);
                if self.part == Part::Ina228 {
                    let tempco = ShuntTempco::new(self.shunt_tempco.unwrap_or(0))
                        .ok_or(ConfigError::NotOnPart)?;
                    program.push(0x03, tempco.ppm_per_degree(), ShuntTempco::MAX);
                }
            }
        }
        program.append(&alert.program);
        if program.setup.is_reset_hidden() {
            return Err(ConfigError::ResetNotVisible);
        }
        Ok(program)
    }
}

/// One register to write, and which of its bits must read back.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) register: u8,
    pub(crate) word: u16,
    pub(crate) checked: u16,
}

impl Entry {
    /// Whether the register still holds what was written.
    pub(crate) fn check<E>(&self, found: u16) -> Result<(), Error<E>> {
        if found & self.checked == self.word & self.checked {
            Ok(())
        } else {
            Err(Error::NotWritten {
                register: self.register,
                written: self.word,
                found,
            })
        }
    }
}

/// Registers to write, in order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entries {
    entries: [Entry; Self::CAPACITY],
    length: usize,
}

impl Entries {
    /// Four settings, six limits and the flag register of the INA228.
    const CAPACITY: usize = 11;

    const fn new() -> Self {
        Self {
            entries: [Entry {
                register: 0,
                word: 0,
                checked: 0,
            }; Self::CAPACITY],
            length: 0,
        }
    }

    fn push(&mut self, register: u8, word: u16, checked: u16) {
        if let Some(place) = self.entries.get_mut(self.length) {
            *place = Entry {
                register,
                word,
                checked,
            };
            self.length = self.length.saturating_add(1);
        }
    }

    pub(crate) fn as_slice(&self) -> &[Entry] {
        self.entries.get(..self.length).unwrap_or_default()
    }
}

/// What `init` writes, and the state it leads to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    pub(crate) entries: Entries,
    pub(crate) setup: Setup,
}

impl Program {
    const fn new(setup: Setup) -> Self {
        Self {
            entries: Entries::new(),
            setup,
        }
    }

    fn push(&mut self, register: u8, word: u16, checked: u16) {
        self.entries.push(register, word, checked);
    }

    fn append(&mut self, more: &Entries) {
        for entry in more.as_slice() {
            self.push(entry.register, entry.word, entry.checked);
        }
    }
}

/// The part of the program that concerns limits and pin. Limits come first, so that nothing fires on an old one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AlertProgram {
    pub(crate) program: Entries,
    pub(crate) flags_word: u16,
}

impl AlertProgram {
    pub(crate) fn new(
        limits: &Limits,
        pin: AlertPin,
        calibration: &Calibration,
    ) -> Result<Self, ConfigError> {
        let mut program = Entries::new();
        let flags_word = match calibration.part().family() {
            Family::Ina226 => {
                let (function, limit) = limits.single(calibration)?;
                let word = (function | pin.mask_enable()).bits();
                program.push(0x07, limit, 0xFFFF);
                program.push(0x06, word, MaskEnable::SETTINGS.bits());
                word
            }
            Family::Ina237 => {
                let registers = 0x0C..=0x11;
                for (register, word) in registers.zip(limits.all(calibration)?) {
                    program.push(register, word, 0xFFFF);
                }
                let word = pin.diag_alert().bits();
                program.push(0x0B, word, DiagAlert::SETTINGS.bits());
                word
            }
        };
        Ok(Self {
            program,
            flags_word,
        })
    }
}
