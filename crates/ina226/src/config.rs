//! Averaging, conversion times and modes, and the cycle time that comes of them.

use bitflags::bitflags;

use crate::{ConfigError, Family};

/// How many conversions are averaged into one result; the same list in both families.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Averaging {
    /// No averaging, the power-on choice.
    #[default]
    X1,
    /// 4 conversions.
    X4,
    /// 16 conversions.
    X16,
    /// 64 conversions.
    X64,
    /// 128 conversions.
    X128,
    /// 256 conversions.
    X256,
    /// 512 conversions.
    X512,
    /// 1024 conversions.
    X1024,
}

impl Averaging {
    /// The choices in the order of their code.
    pub const ALL: [Self; 8] = [
        Self::X1,
        Self::X4,
        Self::X16,
        Self::X64,
        Self::X128,
        Self::X256,
        Self::X512,
        Self::X1024,
    ];

    /// The number of conversions.
    #[must_use]
    pub const fn count(self) -> u16 {
        match self {
            Self::X1 => 1,
            Self::X4 => 4,
            Self::X16 => 16,
            Self::X64 => 64,
            Self::X128 => 128,
            Self::X256 => 256,
            Self::X512 => 512,
            Self::X1024 => 1_024,
        }
    }

    pub(crate) const fn code(self) -> u16 {
        match self {
            Self::X1 => 0,
            Self::X4 => 1,
            Self::X16 => 2,
            Self::X64 => 3,
            Self::X128 => 4,
            Self::X256 => 5,
            Self::X512 => 6,
            Self::X1024 => 7,
        }
    }

    pub(crate) const fn from_code(code: u16) -> Self {
        match code & 7 {
            0 => Self::X1,
            1 => Self::X4,
            2 => Self::X16,
            3 => Self::X64,
            4 => Self::X128,
            5 => Self::X256,
            6 => Self::X512,
            _ => Self::X1024,
        }
    }
}

/// How long one conversion of one input takes, typical; allow 10 % more.
///
/// Each time exists in one family only; the other refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ConversionTime {
    /// 50 µs, INA237 family.
    Us50,
    /// 84 µs, INA237 family.
    Us84,
    /// 140 µs, INA226 family.
    Us140,
    /// 150 µs, INA237 family.
    Us150,
    /// 204 µs, INA226 family.
    Us204,
    /// 280 µs, INA237 family.
    Us280,
    /// 332 µs, INA226 family.
    Us332,
    /// 540 µs, INA237 family.
    Us540,
    /// 588 µs, INA226 family.
    Us588,
    /// 1052 µs, INA237 family; its power-on choice.
    Us1052,
    /// 1100 µs, INA226 family; its power-on choice.
    Us1100,
    /// 2074 µs, INA237 family.
    Us2074,
    /// 2116 µs, INA226 family.
    Us2116,
    /// 4120 µs, INA237 family.
    Us4120,
    /// 4156 µs, INA226 family.
    Us4156,
    /// 8244 µs, INA226 family.
    Us8244,
}

impl ConversionTime {
    /// The choices of a family in the order of their code (SBOS547 and SLYS025, configuration register).
    #[must_use]
    pub const fn all(family: Family) -> [Self; 8] {
        match family {
            Family::Ina226 => [
                Self::Us140,
                Self::Us204,
                Self::Us332,
                Self::Us588,
                Self::Us1100,
                Self::Us2116,
                Self::Us4156,
                Self::Us8244,
            ],
            Family::Ina237 => [
                Self::Us50,
                Self::Us84,
                Self::Us150,
                Self::Us280,
                Self::Us540,
                Self::Us1052,
                Self::Us2074,
                Self::Us4120,
            ],
        }
    }

    /// The time in microseconds.
    #[must_use]
    pub const fn microseconds(self) -> u16 {
        match self {
            Self::Us50 => 50,
            Self::Us84 => 84,
            Self::Us140 => 140,
            Self::Us150 => 150,
            Self::Us204 => 204,
            Self::Us280 => 280,
            Self::Us332 => 332,
            Self::Us540 => 540,
            Self::Us588 => 588,
            Self::Us1052 => 1_052,
            Self::Us1100 => 1_100,
            Self::Us2074 => 2_074,
            Self::Us2116 => 2_116,
            Self::Us4120 => 4_120,
            Self::Us4156 => 4_156,
            Self::Us8244 => 8_244,
        }
    }

    /// Family and code of the field.
    const fn place(self) -> (Family, u16) {
        match self {
            Self::Us50 => (Family::Ina237, 0),
            Self::Us84 => (Family::Ina237, 1),
            Self::Us140 => (Family::Ina226, 0),
            Self::Us150 => (Family::Ina237, 2),
            Self::Us204 => (Family::Ina226, 1),
            Self::Us280 => (Family::Ina237, 3),
            Self::Us332 => (Family::Ina226, 2),
            Self::Us540 => (Family::Ina237, 4),
            Self::Us588 => (Family::Ina226, 3),
            Self::Us1052 => (Family::Ina237, 5),
            Self::Us1100 => (Family::Ina226, 4),
            Self::Us2074 => (Family::Ina237, 6),
            Self::Us2116 => (Family::Ina226, 5),
            Self::Us4120 => (Family::Ina237, 7),
            Self::Us4156 => (Family::Ina226, 6),
            Self::Us8244 => (Family::Ina226, 7),
        }
    }

    pub(crate) fn code(self, family: Family) -> Result<u16, ConfigError> {
        let (own, code) = self.place();
        if own == family {
            Ok(code)
        } else {
            Err(ConfigError::ConversionTime {
                microseconds: self.microseconds(),
            })
        }
    }

    pub(crate) const fn from_code(family: Family, code: u16) -> Self {
        let [c0, c1, c2, c3, c4, c5, c6, c7] = Self::all(family);
        match code & 7 {
            0 => c0,
            1 => c1,
            2 => c2,
            3 => c3,
            4 => c4,
            5 => c5,
            6 => c6,
            _ => c7,
        }
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Inputs(u8);

bitflags! {
    impl Inputs: u8 {
        /// The VBUS pin.
        const BUS = 1;
        /// Between IN+ and IN-.
        const SHUNT = 1 << 1;
        /// The die, INA237 family only.
        const TEMPERATURE = 1 << 2;
    }
}

impl Inputs {
    /// Voltage and current.
    pub const BOTH: Self = Self::BUS.union(Self::SHUNT);
}

/// When the chip measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Mode {
    /// Not at all; registers and bus stay alive.
    PowerDown,
    /// One cycle, started by the write that sets the mode.
    Once(Inputs),
    /// One cycle after the other.
    Continuous(Inputs),
}

impl Mode {
    const ONCE_226: u16 = 0;
    const CONTINUOUS_226: u16 = 1 << 2;
    const CONTINUOUS_237: u16 = 1 << 3;

    /// The inputs that are on.
    #[must_use]
    pub const fn inputs(self) -> Inputs {
        match self {
            Self::PowerDown => Inputs::empty(),
            Self::Once(inputs) | Self::Continuous(inputs) => inputs,
        }
    }

    /// The field of the configuration register; the families order the inputs differently.
    pub(crate) fn code(self, family: Family) -> Result<u16, ConfigError> {
        let (inputs, is_continuous) = match self {
            Self::PowerDown => return Ok(0),
            Self::Once(inputs) => (inputs, false),
            Self::Continuous(inputs) => (inputs, true),
        };
        if inputs.is_empty() || !Inputs::all().contains(inputs) {
            return Err(ConfigError::Inputs);
        }
        match family {
            Family::Ina226 if inputs.contains(Inputs::TEMPERATURE) => Err(ConfigError::Inputs),
            Family::Ina226 => {
                let shunt = u16::from(inputs.contains(Inputs::SHUNT));
                let bus = u16::from(inputs.contains(Inputs::BUS)) << 1;
                let continuous = if is_continuous {
                    Self::CONTINUOUS_226
                } else {
                    Self::ONCE_226
                };
                Ok(continuous | bus | shunt)
            }
            Family::Ina237 => {
                let continuous = if is_continuous {
                    Self::CONTINUOUS_237
                } else {
                    0
                };
                Ok(continuous | u16::from(inputs.bits()))
            }
        }
    }

    pub(crate) fn from_code(family: Family, code: u16) -> Self {
        let (inputs, is_continuous) = match family {
            Family::Ina226 => {
                let mut inputs = Inputs::empty();
                inputs.set(Inputs::SHUNT, code & 1 != 0);
                inputs.set(Inputs::BUS, code & (1 << 1) != 0);
                (inputs, code & Self::CONTINUOUS_226 != 0)
            }
            Family::Ina237 => {
                let mut inputs = Inputs::empty();
                inputs.set(Inputs::BUS, code & 1 != 0);
                inputs.set(Inputs::SHUNT, code & (1 << 1) != 0);
                inputs.set(Inputs::TEMPERATURE, code & (1 << 2) != 0);
                (inputs, code & Self::CONTINUOUS_237 != 0)
            }
        };
        match (inputs.is_empty(), is_continuous) {
            // Both families have two codes for it.
            (true, _) => Self::PowerDown,
            (false, false) => Self::Once(inputs),
            (false, true) => Self::Continuous(inputs),
        }
    }
}

/// Typical duration of one cycle: averages times the sum of the conversion times of the inputs that are on.
pub(crate) fn cycle_microseconds(
    mode: Mode,
    averaging: Averaging,
    bus: ConversionTime,
    shunt: ConversionTime,
    temperature: ConversionTime,
) -> u32 {
    let inputs = mode.inputs();
    let time = |input, time: ConversionTime| {
        if inputs.contains(input) {
            u32::from(time.microseconds())
        } else {
            0
        }
    };
    time(Inputs::BUS, bus)
        .saturating_add(time(Inputs::SHUNT, shunt))
        .saturating_add(time(Inputs::TEMPERATURE, temperature))
        .saturating_mul(u32::from(averaging.count()))
}
