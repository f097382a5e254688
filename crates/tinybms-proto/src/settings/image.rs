//! The settings as they stand in the BMS, and what it takes.

use battery_units::{DeciCelsius, MilliampHours, Milliamps, Millivolts};

use super::{Setting, SettingError};
use crate::registers::Value;
use crate::requests::{Registers, SETTINGS_FIRST};

/// Settings from 300 on that are documented.
pub const SETTINGS_COUNT: u8 = 44;
/// The same as a length.
pub(super) const COUNT: usize = 44;

/// Registers 300 to 343 of one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Settings {
    words: [u16; COUNT],
}

impl Settings {
    /// From a reading that holds registers 300 to 343; `None` when one is missing.
    #[must_use]
    pub fn from_registers(registers: Registers<'_>) -> Option<Self> {
        let mut words = [0; COUNT];
        for (word, address) in words.iter_mut().zip(SETTINGS_FIRST..) {
            *word = registers.get(address)?;
        }
        Some(Self { words })
    }

    /// From the words themselves, the first one is register 300.
    #[must_use]
    pub const fn from_words(words: [u16; COUNT]) -> Self {
        Self { words }
    }

    /// The words, the first one is register 300.
    #[must_use]
    pub const fn words(&self) -> &[u16; COUNT] {
        &self.words
    }

    /// Word of a register, 300 to 343.
    #[must_use]
    pub fn word(&self, address: u16) -> Option<u16> {
        self.words.get(place(address)?).copied()
    }

    /// Value of a setting in its unit; `None` for the two that only can be set.
    #[must_use]
    pub fn get(&self, setting: Setting) -> Option<i32> {
        if setting.is_readable() {
            self.raw(setting)
        } else {
            None
        }
    }

    /// Voltage at which a cell is cut off when charging.
    #[must_use]
    pub fn over_voltage_cutoff(&self) -> Option<Millivolts> {
        self.get(Setting::OverVoltageCutoff).map(Millivolts::new)
    }

    /// Voltage at which a cell counts as full.
    #[must_use]
    pub fn fully_charged_voltage(&self) -> Option<Millivolts> {
        self.get(Setting::FullyChargedVoltage).map(Millivolts::new)
    }

    /// Voltage at which a cell counts as empty.
    #[must_use]
    pub fn fully_discharged_voltage(&self) -> Option<Millivolts> {
        self.get(Setting::FullyDischargedVoltage)
            .map(Millivolts::new)
    }

    /// Voltage at which a cell is cut off when discharging.
    #[must_use]
    pub fn under_voltage_cutoff(&self) -> Option<Millivolts> {
        self.get(Setting::UnderVoltageCutoff).map(Millivolts::new)
    }

    /// Current at which discharging is cut off; without sign.
    #[must_use]
    pub fn discharge_over_current_cutoff(&self) -> Option<Milliamps> {
        self.amperes(Setting::DischargeOverCurrentCutoff)
    }

    /// Current at which charging is cut off.
    #[must_use]
    pub fn charge_over_current_cutoff(&self) -> Option<Milliamps> {
        self.amperes(Setting::ChargeOverCurrentCutoff)
    }

    /// Temperature at which the pack is cut off.
    #[must_use]
    pub fn over_heat_cutoff(&self) -> Option<DeciCelsius> {
        self.degrees(Setting::OverHeatCutoff)
    }

    /// Temperature below which charging is cut off.
    #[must_use]
    pub fn low_temperature_charge_cutoff(&self) -> Option<DeciCelsius> {
        self.degrees(Setting::LowTemperatureChargeCutoff)
    }

    /// Capacity of the battery.
    #[must_use]
    pub fn battery_capacity(&self) -> Option<MilliampHours> {
        let hundredths = u32::try_from(self.get(Setting::BatteryCapacity)?).ok()?;
        Some(MilliampHours::new(hundredths.saturating_mul(10)))
    }

    /// Configured number of cells, as it stands in the register.
    #[must_use]
    pub fn series_cells(&self) -> Option<u16> {
        self.word(307)
    }

    /// What the register of a setting holds in its place, whatever it means.
    pub(super) fn raw(&self, setting: Setting) -> Option<i32> {
        match setting.entry().find(|address| self.word(address))? {
            Value::Number(number) => i32::try_from(number).ok(),
            _ => None,
        }
    }

    /// Puts a value in its place; the other bits of the register stay.
    pub(super) fn put(&mut self, setting: Setting, value: i32) {
        let entry = setting.entry();
        let Some(first) = place(entry.address) else {
            return;
        };
        let count = usize::from(entry.words());
        let word = self.word(entry.address).unwrap_or_default();
        let new = entry.put(value.cast_unsigned(), word);
        let places = self.words.iter_mut().skip(first).take(count);
        for (word, new) in places.zip(new) {
            *word = new;
        }
    }

    fn amperes(&self, setting: Setting) -> Option<Milliamps> {
        let amperes = self.get(setting)?;
        Some(Milliamps::new(amperes.saturating_mul(1_000)))
    }

    fn degrees(&self, setting: Setting) -> Option<DeciCelsius> {
        let degrees = self.get(setting)?;
        Some(DeciCelsius::new(degrees.saturating_mul(10)))
    }
}

fn place(address: u16) -> Option<usize> {
    address.checked_sub(SETTINGS_FIRST).map(usize::from)
}

/// Smallest and largest values that this device takes, from 1Dh with the options minimum and maximum.
///
/// They depend on board, current sensor and switches. That item i stands for register 300 + i, and that the halves of a
/// packed register hold the limits of the halves, is deduced, not documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DeviceLimits {
    /// Smallest values.
    pub minimum: Settings,
    /// Largest values.
    pub maximum: Settings,
}

impl DeviceLimits {
    /// Smallest and largest value of a setting; flags have none.
    #[must_use]
    pub fn range(&self, setting: Setting) -> Option<(i32, i32)> {
        if matches!(
            setting.entry().format,
            crate::registers::Format::Bits { .. }
        ) {
            return None;
        }
        Some((self.minimum.raw(setting)?, self.maximum.raw(setting)?))
    }

    /// Whether the device takes this value.
    pub(super) fn check(&self, setting: Setting, value: i32) -> Result<(), SettingError> {
        match self.range(setting) {
            Some(range) if value < range.0 || value > range.1 => Err(SettingError::BeyondDevice {
                setting,
                value,
                range,
            }),
            _ => Ok(()),
        }
    }
}
