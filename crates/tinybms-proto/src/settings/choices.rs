//! Settings that are a choice among named values.

use super::Setting;
use super::pins::{
    ChargerDetection, ChargerSwitchType, IgnitionInput, PRECHARGE_AS_PRINTED, PrechargePin,
    SpeedSensorInput, SwitchType,
};

/// A number that none of the documented choices has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct UnknownChoice(pub i32);

impl core::fmt::Display for UnknownChoice {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} is none of the choices", self.0)
    }
}

impl core::error::Error for UnknownChoice {}

/// Unit of the distance (TinyBMS rev D, register 314).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum DistanceUnit {
    /// 1: metre.
    Metre,
    /// 2: kilometre.
    Kilometre,
    /// 3: foot.
    Foot,
    /// 4: mile.
    Mile,
    /// 5: yard.
    Yard,
}

impl DistanceUnit {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Metre,
        Self::Kilometre,
        Self::Foot,
        Self::Mile,
        Self::Yard,
    ];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Metre => 1,
            Self::Kilometre => 2,
            Self::Foot => 3,
            Self::Mile => 4,
            Self::Yard => 5,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metre => "metre",
            Self::Kilometre => "kilometre",
            Self::Foot => "foot",
            Self::Mile => "mile",
            Self::Yard => "yard",
        }
    }
}

impl TryFrom<i32> for DistanceUnit {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}

/// Kind of charger (TinyBMS rev D, register 330).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ChargerType {
    /// 0: variable; reserved.
    Variable,
    /// 1: constant current, then constant voltage.
    ConstantCurrent,
    /// 2: over CAN; reserved.
    Can,
}

impl ChargerType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Variable, Self::ConstantCurrent, Self::Can];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Variable => 0,
            Self::ConstantCurrent => 1,
            Self::Can => 2,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Variable => "variable",
            Self::ConstantCurrent => "constant_current",
            Self::Can => "can",
        }
    }
}

impl TryFrom<i32> for ChargerType {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}

/// How long the pre-charge lasts (TinyBMS rev D, register 338).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PrechargeDuration {
    /// 0: 0.1 s.
    Tenth,
    /// 1: 0.2 s.
    Fifth,
    /// 2: 0.5 s.
    Half,
    /// 3: 1 s.
    One,
    /// 4: 2 s.
    Two,
    /// 5: 3 s.
    Three,
    /// 6: 4 s.
    Four,
    /// 7: 5 s.
    Five,
}

impl PrechargeDuration {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Tenth,
        Self::Fifth,
        Self::Half,
        Self::One,
        Self::Two,
        Self::Three,
        Self::Four,
        Self::Five,
    ];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Tenth => 0,
            Self::Fifth => 1,
            Self::Half => 2,
            Self::One => 3,
            Self::Two => 4,
            Self::Three => 5,
            Self::Four => 6,
            Self::Five => 7,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenth => "tenth",
            Self::Fifth => "fifth",
            Self::Half => "half",
            Self::One => "one",
            Self::Two => "two",
            Self::Three => "three",
            Self::Four => "four",
            Self::Five => "five",
        }
    }
}

impl TryFrom<i32> for PrechargeDuration {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}

/// External temperature sensors (TinyBMS rev D, register 339).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum TemperatureSensorType {
    /// 0: two NTC of 10 kΩ, beta 3977 K.
    DualNtc,
    /// 1: one active sensor of several points.
    MultipointActive,
}

impl TemperatureSensorType {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::DualNtc, Self::MultipointActive];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::DualNtc => 0,
            Self::MultipointActive => 1,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DualNtc => "dual_ntc",
            Self::MultipointActive => "multipoint_active",
        }
    }
}

impl TryFrom<i32> for TemperatureSensorType {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}

/// Ports of the pack (TinyBMS rev D, register 340).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum OperationMode {
    /// 0: charger and load apart.
    DualPort,
    /// 1: one port for both.
    SinglePort,
}

impl OperationMode {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::DualPort, Self::SinglePort];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::DualPort => 0,
            Self::SinglePort => 1,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DualPort => "dual_port",
            Self::SinglePort => "single_port",
        }
    }
}

impl TryFrom<i32> for OperationMode {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}

/// How often text is sent unasked (TinyBMS rev D, register 342).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BroadcastInterval {
    /// 0: never.
    Off,
    /// 1: every 0.1 s.
    Tenth,
    /// 2: every 0.2 s.
    Fifth,
    /// 3: every 0.5 s.
    Half,
    /// 4: every second.
    One,
    /// 5: every 2 s.
    Two,
    /// 6: every 5 s.
    Five,
    /// 7: every 10 s.
    Ten,
}

impl BroadcastInterval {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Off,
        Self::Tenth,
        Self::Fifth,
        Self::Half,
        Self::One,
        Self::Two,
        Self::Five,
        Self::Ten,
    ];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Off => 0,
            Self::Tenth => 1,
            Self::Fifth => 2,
            Self::Half => 3,
            Self::One => 4,
            Self::Two => 5,
            Self::Five => 6,
            Self::Ten => 7,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Tenth => "tenth",
            Self::Fifth => "fifth",
            Self::Half => "half",
            Self::One => "one",
            Self::Two => "two",
            Self::Five => "five",
            Self::Ten => "ten",
        }
    }
}

impl TryFrom<i32> for BroadcastInterval {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}

/// Form of the text sent unasked (TinyBMS rev D, register 343).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BroadcastProtocol {
    /// 0: thirteen numbers, for a CA V3.
    CaV3,
    /// 1: names and numbers, with the states of the switches.
    Ascii,
    /// 2: for a display; not documented and not text.
    SocBar,
}

impl BroadcastProtocol {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CaV3, Self::Ascii, Self::SocBar];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::CaV3 => 0,
            Self::Ascii => 1,
            Self::SocBar => 2,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CaV3 => "ca_v3",
            Self::Ascii => "ascii",
            Self::SocBar => "soc_bar",
        }
    }
}

impl TryFrom<i32> for BroadcastProtocol {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}

impl Setting {
    /// Name of a value of a setting that is a choice; `None` for other settings and unknown numbers.
    #[must_use]
    pub fn choice_name(self, code: i32) -> Option<&'static str> {
        match self {
            Self::DistanceUnit => DistanceUnit::try_from(code).ok().map(DistanceUnit::name),
            Self::ChargerType => ChargerType::try_from(code).ok().map(ChargerType::name),
            Self::LoadSwitchType => SwitchType::try_from(code).ok().map(SwitchType::name),
            Self::SinglePortSwitchType => SwitchType::try_from(code).ok().map(SwitchType::name),
            Self::ChargerSwitchType => ChargerSwitchType::try_from(code)
                .ok()
                .map(ChargerSwitchType::name),
            Self::IgnitionInput => IgnitionInput::try_from(code).ok().map(IgnitionInput::name),
            Self::ChargerDetection => ChargerDetection::try_from(code)
                .ok()
                .map(ChargerDetection::name),
            Self::SpeedSensorInput => SpeedSensorInput::try_from(code)
                .ok()
                .map(SpeedSensorInput::name),
            Self::PrechargePin => PrechargePin::try_from(code).ok().map(PrechargePin::name),
            Self::PrechargeDuration => PrechargeDuration::try_from(code)
                .ok()
                .map(PrechargeDuration::name),
            Self::TemperatureSensorType => TemperatureSensorType::try_from(code)
                .ok()
                .map(TemperatureSensorType::name),
            Self::OperationMode => OperationMode::try_from(code).ok().map(OperationMode::name),
            Self::BroadcastInterval => BroadcastInterval::try_from(code)
                .ok()
                .map(BroadcastInterval::name),
            Self::BroadcastProtocol => BroadcastProtocol::try_from(code)
                .ok()
                .map(BroadcastProtocol::name),
            Self::InvertCurrentSensor
            | Self::DisableSwitchDiagnostics
            | Self::EnableChargeRestartLevel => match code {
                0 => Some("off"),
                1 => Some("on"),
                _ => None,
            },
            _ => None,
        }
    }

    /// Number of a named value of a setting that is a choice.
    #[must_use]
    pub fn choice_code(self, name: &str) -> Option<i32> {
        (0..=PRECHARGE_AS_PRINTED).find(|code| self.choice_name(*code) == Some(name))
    }
}
