//! A set of settings that are to have certain values.

use super::image::{COUNT, Settings};
use super::pins::PRECHARGE_AS_PRINTED;
use super::{PrechargePin, Setting, SettingError};
use crate::reading::Firmware;
use crate::registers::Unit;

/// Values that some settings are to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changes {
    values: Settings,
    /// Which ones, by their place in [`Setting::ALL`].
    chosen: u64,
}

/// A setting that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Difference {
    /// Which one.
    pub setting: Setting,
    /// What it is; `None` for the two that only can be set.
    pub from: Option<i32>,
    /// What it is to be.
    pub to: i32,
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

impl Changes {
    /// No change.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            values: Settings::from_words([0; COUNT]),
            chosen: 0,
        }
    }

    /// Everything that can be read of these settings, on firmware of this version.
    #[must_use]
    pub fn from_settings(settings: &Settings, firmware: Firmware) -> Self {
        let mut changes = Self::new();
        for setting in Setting::ALL {
            let value = settings.get(setting);
            if let Some(value) = value.filter(|_| setting.entry().exists_on(firmware)) {
                changes.put(setting, value);
            }
        }
        changes
    }

    /// Wants a setting to have a value, in its unit.
    ///
    /// # Errors
    ///
    /// [`SettingError::OutOfRange`], [`SettingError::NotAChoice`].
    pub fn set(&mut self, setting: Setting, value: i32) -> Result<(), SettingError> {
        let value = Self::check(setting, value)?;
        self.put(setting, value);
        Ok(())
    }

    /// What a setting is to be; `None` when it stays.
    #[must_use]
    pub fn get(&self, setting: Setting) -> Option<i32> {
        (self.chosen & bit(setting) != 0)
            .then(|| self.values.raw(setting))
            .flatten()
    }

    /// Whether nothing is to be changed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.chosen == 0
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (Setting, i32)> + '_ {
        Setting::ALL
            .into_iter()
            .filter_map(|setting| Some((setting, self.get(setting)?)))
    }

    /// What of it is not so yet.
    pub fn differences(&self, present: &Settings) -> impl Iterator<Item = Difference> {
        self.iter().filter_map(|(setting, to)| {
            let from = present.get(setting).map(|from| normal(setting, from));
            (from != Some(to)).then_some(Difference { setting, from, to })
        })
    }

    /// Checks a value against the document; gives the number by which this crate knows it.
    pub(super) fn check(setting: Setting, value: i32) -> Result<i32, SettingError> {
        let entry = setting.entry();
        // Without a range of the document, what the register holds.
        let range = entry.range.unwrap_or((0, i32::from(u16::MAX)));
        if value < range.0 || value > range.1 {
            return Err(SettingError::OutOfRange {
                setting,
                value,
                range,
            });
        }
        if entry.unit == Unit::Choice && setting.choice_name(value).is_none() {
            return Err(SettingError::NotAChoice { setting, value });
        }
        Ok(normal(setting, value))
    }

    fn put(&mut self, setting: Setting, value: i32) {
        self.values.put(setting, normal(setting, value));
        self.chosen |= bit(setting);
    }
}

/// The one choice that has two numbers gets the lower one.
fn normal(setting: Setting, value: i32) -> i32 {
    if setting == Setting::PrechargePin && value == PRECHARGE_AS_PRINTED {
        PrechargePin::Aiho2ActiveHigh.code()
    } else {
        value
    }
}

fn bit(setting: Setting) -> u64 {
    let place = Setting::ALL.iter().position(|other| *other == setting);
    place
        .and_then(|place| u32::try_from(place).ok())
        .and_then(|place| 1_u64.checked_shl(place))
        .unwrap_or(0)
}
