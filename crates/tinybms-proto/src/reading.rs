//! What single values of the BMS mean.

use core::fmt;

use battery_units::{DeciCelsius, Microvolts, Permille};

use crate::single::Speed;

/// A number of seconds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Seconds(u32);

impl Seconds {
    /// So many.
    #[must_use]
    pub const fn new(seconds: u32) -> Self {
        Self(seconds)
    }

    /// The plain number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

/// What the BMS is doing (TinyBMS rev D, command 18h, register 50).
///
/// Warnings have no code of their own; they show in the events. No code tells whether a switch is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// 91h.
    Charging,
    /// 92h.
    FullyCharged,
    /// 93h.
    Discharging,
    /// 96h.
    Regeneration,
    /// 97h.
    Idle,
    /// 9Bh.
    Fault,
    /// A code without a documented meaning (95h was "sleep" in firmware of 2017): not a healthy pack.
    Unknown(u16),
}

impl Status {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Charging => 0x91,
            Self::FullyCharged => 0x92,
            Self::Discharging => 0x93,
            Self::Regeneration => 0x96,
            Self::Idle => 0x97,
            Self::Fault => 0x9B,
            Self::Unknown(code) => code,
        }
    }

    /// Whether the code is known and is not a fault.
    #[must_use]
    pub const fn is_healthy(self) -> bool {
        !matches!(self, Self::Fault | Self::Unknown(_))
    }

    /// A short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Charging => "charging",
            Self::FullyCharged => "fully_charged",
            Self::Discharging => "discharging",
            Self::Regeneration => "regeneration",
            Self::Idle => "idle",
            Self::Fault => "fault",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl From<u16> for Status {
    fn from(code: u16) -> Self {
        match code {
            0x91 => Self::Charging,
            0x92 => Self::FullyCharged,
            0x93 => Self::Discharging,
            0x96 => Self::Regeneration,
            0x97 => Self::Idle,
            0x9B => Self::Fault,
            other => Self::Unknown(other),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(code) => write!(f, "unknown {code:04X}h"),
            known => f.write_str(known.name()),
        }
    }
}

/// State of charge in millionths of a percent (TinyBMS rev D, command 1Ah, register 46).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StateOfCharge(u32);

impl StateOfCharge {
    /// 100 %.
    pub const FULL: Self = Self(100_000_000);

    /// From the number on the wire.
    #[must_use]
    pub const fn new(millionths_of_percent: u32) -> Self {
        Self(millionths_of_percent)
    }

    /// Millionths of a percent, as they came.
    #[must_use]
    pub const fn millionths_of_percent(self) -> u32 {
        self.0
    }

    /// Whether it is more than 100 %: kept as it came, and not to be trusted.
    #[must_use]
    pub const fn is_over_full(self) -> bool {
        self.0 > Self::FULL.0
    }

    /// In thousandths, rounded down; `None` above 100 %.
    #[must_use]
    pub fn to_permille(self) -> Option<Permille> {
        if self.is_over_full() {
            return None;
        }
        u16::try_from(self.0 / 100_000).ok().map(Permille::new)
    }
}

impl fmt::Display for StateOfCharge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06} %", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// State of health in steps of 0.002 % (TinyBMS rev D, register 45; firmware 2.3.254 and later).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StateOfHealth(u16);

impl StateOfHealth {
    /// From the number on the wire, 0 to 50 000.
    #[must_use]
    pub const fn new(steps: u16) -> Self {
        Self(steps)
    }

    /// Steps of 0.002 %, as they came.
    #[must_use]
    pub const fn steps(self) -> u16 {
        self.0
    }

    /// In thousandths, rounded down; `None` above 100 %.
    #[must_use]
    pub const fn to_permille(self) -> Option<Permille> {
        if self.0 > 50_000 {
            None
        } else {
            Some(Permille::new(self.0 / 50))
        }
    }
}

/// What stands for "no sensor".
const NOT_CONNECTED: i16 = i16::MIN;

/// A temperature in tenths of a degree; `None` where no sensor is connected.
#[must_use]
pub fn temperature(raw: i16) -> Option<DeciCelsius> {
    (raw != NOT_CONNECTED).then(|| DeciCelsius::new(i32::from(raw)))
}

/// Voltage of a cell from steps of 0.1 mV.
#[must_use]
pub fn cell_voltage(steps: u16) -> Microvolts {
    Microvolts::new(i32::from(steps).saturating_mul(100))
}

/// Temperatures (TinyBMS rev D, command 1Bh).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Temperatures {
    /// Inside the BMS.
    pub internal: Option<DeciCelsius>,
    /// The two external sensors; `None` where none is connected.
    pub external: [Option<DeciCelsius>; 2],
}

/// Version of hardware and firmware (TinyBMS rev D, command 1Eh).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Version {
    /// Version of the hardware.
    pub hardware: u8,
    /// Changes to that version.
    pub hardware_changes: u8,
    /// Public version of the firmware.
    pub firmware_public: u8,
    /// Internal version of the firmware.
    pub firmware: Firmware,
}

/// The same with boot loader and register map (TinyBMS rev D, command 1Fh).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ExtendedVersion {
    /// Hardware and firmware.
    pub version: Version,
    /// Version of the boot loader.
    pub bootloader: u8,
    /// Version of the register map.
    pub register_map: u8,
}

/// Internal version of the firmware: 242 is release 2.3.242.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Firmware(u16);

impl Firmware {
    /// Brought the present register map and event list; older ones are not supported (release notes).
    pub const OLDEST: Self = Self(236);
    /// Brought the first two flags of register 329 (release notes).
    pub const FLAGS: Self = Self(243);
    /// Base of the present manual: registers that only its revision names are trusted from here on.
    pub const PRESENT_MAP: Self = Self(254);

    /// From its number.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Whether this crate knows its register map.
    #[must_use]
    pub fn is_supported(self) -> bool {
        self >= Self::OLDEST
    }
}

impl fmt::Display for Firmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "2.3.{}", self.0)
    }
}

/// Speed and what is left (TinyBMS rev D, command 20h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Travel {
    /// Speed.
    pub speed: Speed,
    /// Distance left, in kilometres.
    pub distance_left_km: u32,
    /// Time left.
    pub time_left: Seconds,
}
