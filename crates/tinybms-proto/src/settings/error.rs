//! Why settings are not written, found before anything is sent.

use core::fmt;

use super::Setting;
use crate::reading::Firmware;

/// A change that must not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SettingError {
    /// Firmware before 2.3.236: its register map is another one.
    UnsupportedFirmware(Firmware),
    /// The firmware does not have this setting yet.
    NotOnFirmware {
        /// What was to be set.
        setting: Setting,
        /// What the BMS runs.
        firmware: Firmware,
    },
    /// Outside the range of the document.
    OutOfRange {
        /// What was to be set.
        setting: Setting,
        /// To what.
        value: i32,
        /// Smallest and largest value.
        range: (i32, i32),
    },
    /// Inside the range of the document and outside the one that this device tells.
    BeyondDevice {
        /// What was to be set.
        setting: Setting,
        /// To what.
        value: i32,
        /// Smallest and largest value.
        range: (i32, i32),
    },
    /// The value is none of the choices.
    NotAChoice {
        /// What was to be set.
        setting: Setting,
        /// To what.
        value: i32,
    },
    /// Two limits would come too near to each other, or change places.
    Order {
        /// What has to be lower.
        lower: Setting,
        /// What has to be higher.
        upper: Setting,
        /// By how much at least.
        gap: i32,
    },
    /// The SOC BAR text cannot be sent more often than every second.
    BroadcastTooFast,
}

/// Text that is no set of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ImportError {
    /// Line of the text, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: ImportFault,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ImportFault {
    /// Not `name = value`.
    Form,
    /// No setting has this name.
    Name,
    /// Not a number and not the name of a choice.
    Value,
    /// Another unit than the setting is counted in.
    Unit(Setting),
    /// The setting stands there twice.
    Twice(Setting),
    /// The value cannot be set.
    Setting(SettingError),
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedFirmware(firmware) => {
                write!(f, "firmware {firmware} is older than {}", Firmware::OLDEST)
            }
            Self::NotOnFirmware { setting, firmware } => {
                write!(f, "firmware {firmware} does not have {setting}")
            }
            Self::OutOfRange {
                setting,
                value,
                range: (from, to),
            } => write!(f, "{setting} = {value} is not {from} to {to}"),
            Self::BeyondDevice {
                setting,
                value,
                range: (from, to),
            } => write!(
                f,
                "{setting} = {value}, and this device takes {from} to {to}"
            ),
            Self::NotAChoice { setting, value } => {
                write!(f, "{setting} = {value} is none of the choices")
            }
            Self::Order { lower, upper, gap } => {
                write!(f, "{lower} has to be at least {gap} below {upper}")
            }
            Self::BroadcastTooFast => {
                f.write_str("the SOC BAR text needs an interval of a second or more, or none")
            }
        }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.fault)
    }
}

impl fmt::Display for ImportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("not of the form name = value"),
            Self::Name => f.write_str("no setting has this name"),
            Self::Value => f.write_str("neither a number nor the name of a choice"),
            Self::Unit(setting) => {
                write!(f, "{setting} is counted in {}", setting.entry().unit)
            }
            Self::Twice(setting) => write!(f, "{setting} stands there twice"),
            Self::Setting(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SettingError {}
impl core::error::Error for ImportError {}
