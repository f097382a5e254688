//! Settings that choose a pin or a switch.

use super::choices::UnknownChoice;

/// The last choice of register 337 as the document prints it.
pub(crate) const PRECHARGE_AS_PRINTED: i32 = 0x10;

/// Load switch or single port switch (TinyBMS rev D, registers 331 and 341).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SwitchType {
    /// 0: the transistors of the board.
    Fet,
    /// 1: AIDO1.
    Aido1,
    /// 2: AIDO2.
    Aido2,
    /// 3: DIDO1.
    Dido1,
    /// 4: DIDO2.
    Dido2,
    /// 5: AIHO1, active low.
    Aiho1ActiveLow,
    /// 6: AIHO1, active high.
    Aiho1ActiveHigh,
    /// 7: AIHO2, active low.
    Aiho2ActiveLow,
    /// 8: AIHO2, active high.
    Aiho2ActiveHigh,
}

impl SwitchType {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Fet,
        Self::Aido1,
        Self::Aido2,
        Self::Dido1,
        Self::Dido2,
        Self::Aiho1ActiveLow,
        Self::Aiho1ActiveHigh,
        Self::Aiho2ActiveLow,
        Self::Aiho2ActiveHigh,
    ];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Fet => 0,
            Self::Aido1 => 1,
            Self::Aido2 => 2,
            Self::Dido1 => 3,
            Self::Dido2 => 4,
            Self::Aiho1ActiveLow => 5,
            Self::Aiho1ActiveHigh => 6,
            Self::Aiho2ActiveLow => 7,
            Self::Aiho2ActiveHigh => 8,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fet => "fet",
            Self::Aido1 => "aido1",
            Self::Aido2 => "aido2",
            Self::Dido1 => "dido1",
            Self::Dido2 => "dido2",
            Self::Aiho1ActiveLow => "aiho1_active_low",
            Self::Aiho1ActiveHigh => "aiho1_active_high",
            Self::Aiho2ActiveLow => "aiho2_active_low",
            Self::Aiho2ActiveHigh => "aiho2_active_high",
        }
    }
}

impl TryFrom<i32> for SwitchType {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}

/// Charger switch: numbered one higher than [`SwitchType`] (TinyBMS rev D, register 333).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ChargerSwitchType {
    /// 1: the transistors of the board.
    ChargeFet,
    /// 2: AIDO1.
    Aido1,
    /// 3: AIDO2.
    Aido2,
    /// 4: DIDO1.
    Dido1,
    /// 5: DIDO2.
    Dido2,
    /// 6: AIHO1, active low.
    Aiho1ActiveLow,
    /// 7: AIHO1, active high.
    Aiho1ActiveHigh,
    /// 8: AIHO2, active low.
    Aiho2ActiveLow,
    /// 9: AIHO2, active high.
    Aiho2ActiveHigh,
}

impl ChargerSwitchType {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::ChargeFet,
        Self::Aido1,
        Self::Aido2,
        Self::Dido1,
        Self::Dido2,
        Self::Aiho1ActiveLow,
        Self::Aiho1ActiveHigh,
        Self::Aiho2ActiveLow,
        Self::Aiho2ActiveHigh,
    ];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::ChargeFet => 1,
            Self::Aido1 => 2,
            Self::Aido2 => 3,
            Self::Dido1 => 4,
            Self::Dido2 => 5,
            Self::Aiho1ActiveLow => 6,
            Self::Aiho1ActiveHigh => 7,
            Self::Aiho2ActiveLow => 8,
            Self::Aiho2ActiveHigh => 9,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChargeFet => "charge_fet",
            Self::Aido1 => "aido1",
            Self::Aido2 => "aido2",
            Self::Dido1 => "dido1",
            Self::Dido2 => "dido2",
            Self::Aiho1ActiveLow => "aiho1_active_low",
            Self::Aiho1ActiveHigh => "aiho1_active_high",
            Self::Aiho2ActiveLow => "aiho2_active_low",
            Self::Aiho2ActiveHigh => "aiho2_active_high",
        }
    }
}

impl TryFrom<i32> for ChargerSwitchType {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}

/// Pin of the ignition (TinyBMS rev D, register 334).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum IgnitionInput {
    /// 0: none.
    Off,
    /// 1: AIDO1.
    Aido1,
    /// 2: AIDO2.
    Aido2,
    /// 3: DIDO1.
    Dido1,
    /// 4: DIDO2.
    Dido2,
    /// 5: AIHO1.
    Aiho1,
    /// 6: AIHO2.
    Aiho2,
}

impl IgnitionInput {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Off,
        Self::Aido1,
        Self::Aido2,
        Self::Dido1,
        Self::Dido2,
        Self::Aiho1,
        Self::Aiho2,
    ];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Off => 0,
            Self::Aido1 => 1,
            Self::Aido2 => 2,
            Self::Dido1 => 3,
            Self::Dido2 => 4,
            Self::Aiho1 => 5,
            Self::Aiho2 => 6,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Aido1 => "aido1",
            Self::Aido2 => "aido2",
            Self::Dido1 => "dido1",
            Self::Dido2 => "dido2",
            Self::Aiho1 => "aiho1",
            Self::Aiho2 => "aiho2",
        }
    }
}

impl TryFrom<i32> for IgnitionInput {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}

/// How a charger is seen (TinyBMS rev D, register 335).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ChargerDetection {
    /// 1: by the board itself.
    Internal,
    /// 2: AIDO1.
    Aido1,
    /// 3: AIDO2.
    Aido2,
    /// 4: DIDO1.
    Dido1,
    /// 5: DIDO2.
    Dido2,
    /// 6: AIHO1.
    Aiho1,
    /// 7: AIHO2.
    Aiho2,
}

impl ChargerDetection {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Internal,
        Self::Aido1,
        Self::Aido2,
        Self::Dido1,
        Self::Dido2,
        Self::Aiho1,
        Self::Aiho2,
    ];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Internal => 1,
            Self::Aido1 => 2,
            Self::Aido2 => 3,
            Self::Dido1 => 4,
            Self::Dido2 => 5,
            Self::Aiho1 => 6,
            Self::Aiho2 => 7,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Aido1 => "aido1",
            Self::Aido2 => "aido2",
            Self::Dido1 => "dido1",
            Self::Dido2 => "dido2",
            Self::Aiho1 => "aiho1",
            Self::Aiho2 => "aiho2",
        }
    }
}

impl TryFrom<i32> for ChargerDetection {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}

/// Pin of the speed sensor (TinyBMS rev D, register 336).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SpeedSensorInput {
    /// 0: none.
    Off,
    /// 1: DIDO1.
    Dido1,
    /// 2: DIDO2.
    Dido2,
}

impl SpeedSensorInput {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::Dido1, Self::Dido2];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Off => 0,
            Self::Dido1 => 1,
            Self::Dido2 => 2,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Dido1 => "dido1",
            Self::Dido2 => "dido2",
        }
    }
}

impl TryFrom<i32> for SpeedSensorInput {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}

/// Pin of the pre-charge; 1 is not used (TinyBMS rev D, register 337).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PrechargePin {
    /// 0: none.
    Off,
    /// 2: the transistors of the board.
    DischargeFet,
    /// 3: AIDO1.
    Aido1,
    /// 4: AIDO2.
    Aido2,
    /// 5: DIDO1.
    Dido1,
    /// 6: DIDO2.
    Dido2,
    /// 7: AIHO1, active low.
    Aiho1ActiveLow,
    /// 8: AIHO1, active high.
    Aiho1ActiveHigh,
    /// 9: AIHO2, active low.
    Aiho2ActiveLow,
    /// 10: AIHO2, active high; the document prints 10h, which is most likely a misprint for 0Ah, so both are read as this one.
    Aiho2ActiveHigh,
}

impl PrechargePin {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Off,
        Self::DischargeFet,
        Self::Aido1,
        Self::Aido2,
        Self::Dido1,
        Self::Dido2,
        Self::Aiho1ActiveLow,
        Self::Aiho1ActiveHigh,
        Self::Aiho2ActiveLow,
        Self::Aiho2ActiveHigh,
    ];

    /// The number in the register.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Off => 0,
            Self::DischargeFet => 2,
            Self::Aido1 => 3,
            Self::Aido2 => 4,
            Self::Dido1 => 5,
            Self::Dido2 => 6,
            Self::Aiho1ActiveLow => 7,
            Self::Aiho1ActiveHigh => 8,
            Self::Aiho2ActiveLow => 9,
            Self::Aiho2ActiveHigh => 10,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::DischargeFet => "discharge_fet",
            Self::Aido1 => "aido1",
            Self::Aido2 => "aido2",
            Self::Dido1 => "dido1",
            Self::Dido2 => "dido2",
            Self::Aiho1ActiveLow => "aiho1_active_low",
            Self::Aiho1ActiveHigh => "aiho1_active_high",
            Self::Aiho2ActiveLow => "aiho2_active_low",
            Self::Aiho2ActiveHigh => "aiho2_active_high",
        }
    }
}

impl TryFrom<i32> for PrechargePin {
    type Error = UnknownChoice;

    fn try_from(code: i32) -> Result<Self, UnknownChoice> {
        if code == PRECHARGE_AS_PRINTED {
            return Ok(Self::Aiho2ActiveHigh);
        }
        Self::ALL
            .into_iter()
            .find(|choice| choice.code() == code)
            .ok_or(UnknownChoice(code))
    }
}
