//! The parts and what sets them apart: everything that differs by a constant is in the table of this file.
//!
//! `inline(always)` here and in the reading path lets the differences fold away where the part is known at compile time;
//! without it a small chip pays for all parts.

/// Chips that share one register layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Family {
    /// Registers 00h to 07h, one alert limit at a time.
    Ina226,
    /// Registers 00h to 11h, six alert limits at once, die temperature.
    Ina237,
}

/// A chip this driver knows. The automotive grades (-Q1) are the same to a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Part {
    /// 36 V, 81.92 mV (SBOS547).
    Ina226,
    /// 28 V, as the INA226, without a manufacturer word (SBOS601).
    Ina230,
    /// 28 V, as the INA226, without any identity (SBOS644).
    Ina231,
    /// 48 V, 81.92 or 20.48 mV, without a device word (SBOSAA2).
    Ina232,
    /// 28 V, 12 bits, 81.92 or 20.48 mV (SBOS844).
    Ina234,
    /// 48 V, 81.92 or 20.48 mV (SBOSA81).
    Ina236,
    /// 85 V, 163.84 or 40.96 mV (SBOSA20).
    Ina237,
    /// 85 V, 163.84 or 40.96 mV, more exact than the INA237 (SLYS025).
    Ina238,
    /// 85 V, 20 bits, energy and charge (SLYS021).
    Ina228,
}

/// Which full scale the shunt input has.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum ShuntRange {
    /// 81.92 mV (INA226 family) or 163.84 mV (INA237 family) either way; the power-on choice.
    #[default]
    Wide,
    /// A quarter of it, with a quarter of the step; not on INA226, INA230 and INA231.
    Narrow,
}

/// The two identity words of a chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Identity {
    /// Who made it: 5449h ("TI") where the word exists.
    pub manufacturer: u16,
    /// What it is: the part in bits 15 to 4, the revision in bits 3 to 0.
    pub device: u16,
}

impl Identity {
    /// What a chip of Texas Instruments answers as its manufacturer.
    pub const TEXAS_INSTRUMENTS: u16 = 0x5449;

    /// Revision, bits 3 to 0 of the device word.
    #[must_use]
    pub const fn revision(self) -> u16 {
        self.device & 0x000F
    }

    /// Bits 15 to 4 of the device word, for example 226h.
    #[must_use]
    pub const fn model(self) -> u16 {
        self.device >> 4
    }
}

/// What the identity check at start accepts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum IdentityPolicy {
    /// The words of the named part, any revision. A word that the part does not have is not asked for.
    #[default]
    Exact,
    /// These two words, whatever the part is called: for a compatible chip of another maker.
    ///
    /// One such chip sold as INA226 answers 190Fh and 0000h.
    Accept(Identity),
    /// No check and no read. Whoever chooses this vouches for the part.
    Skip,
}

/// Constants of one part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Constants {
    pub(crate) family: Family,
    /// Bus voltage step in sixteenths of a microvolt.
    pub(crate) bus_step: u16,
    /// Shunt step in picovolts, wide range; a quarter of it in the narrow range.
    pub(crate) shunt_step: u32,
    /// Largest shunt voltage in nanovolts, wide range; a quarter of it in the narrow range.
    pub(crate) shunt_end: u32,
    pub(crate) has_narrow: bool,
    /// Result registers of 24 bits with the value in the upper 20.
    pub(crate) is_wide: bool,
    /// Bits of a result word that are always zero.
    pub(crate) empty_bits: u16,
    /// Power step in fifths of the current step.
    pub(crate) power_fifths: u16,
    /// Where the manufacturer word is, if there is one.
    pub(crate) manufacturer_register: Option<u8>,
    /// Where the device word is, if there is one.
    pub(crate) device_register: Option<u8>,
    /// Bits 15 to 4 of the device word.
    pub(crate) model: u16,
}

const INA226: Constants = Constants {
    family: Family::Ina226,
    bus_step: 20_000,
    shunt_step: 2_500_000,
    shunt_end: 81_917_500,
    has_narrow: false,
    is_wide: false,
    empty_bits: 0,
    power_fifths: 125,
    manufacturer_register: Some(0xFE),
    device_register: Some(0xFF),
    model: 0x226,
};
const INA230: Constants = Constants {
    manufacturer_register: None,
    ..INA226
};
const INA231: Constants = Constants {
    device_register: None,
    ..INA230
};
const INA236: Constants = Constants {
    bus_step: 25_600,
    has_narrow: true,
    power_fifths: 160,
    manufacturer_register: Some(0x3E),
    device_register: Some(0x3F),
    model: 0xA08,
    ..INA226
};
const INA232: Constants = Constants {
    device_register: None,
    ..INA236
};
/// One count of the 12 bits is 25.6 mV and 40 µV; the word is kept as read, so its steps are a sixteenth of that.
const INA234: Constants = Constants {
    shunt_end: 81_880_000,
    empty_bits: 0x000F,
    model: 0xA48,
    ..INA236
};
const INA237: Constants = Constants {
    family: Family::Ina237,
    bus_step: 50_000,
    shunt_step: 5_000_000,
    shunt_end: 163_835_000,
    has_narrow: true,
    is_wide: false,
    empty_bits: 0,
    power_fifths: 1,
    manufacturer_register: Some(0x3E),
    device_register: Some(0x3F),
    model: 0x237,
};
const INA238: Constants = Constants {
    model: 0x238,
    ..INA237
};
const INA228: Constants = Constants {
    bus_step: 3_125,
    shunt_step: 312_500,
    shunt_end: 163_839_687,
    is_wide: true,
    power_fifths: 16,
    model: 0x228,
    ..INA237
};

impl Part {
    /// Every part, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Ina226,
        Self::Ina230,
        Self::Ina231,
        Self::Ina232,
        Self::Ina234,
        Self::Ina236,
        Self::Ina237,
        Self::Ina238,
        Self::Ina228,
    ];

    #[inline(always)]
    pub(crate) const fn constants(self) -> &'static Constants {
        match self {
            Self::Ina226 => &INA226,
            Self::Ina230 => &INA230,
            Self::Ina231 => &INA231,
            Self::Ina232 => &INA232,
            Self::Ina234 => &INA234,
            Self::Ina236 => &INA236,
            Self::Ina237 => &INA237,
            Self::Ina238 => &INA238,
            Self::Ina228 => &INA228,
        }
    }

    /// Which register layout it has.
    #[must_use]
    #[inline(always)]
    pub const fn family(self) -> Family {
        self.constants().family
    }

    /// Addresses of the manufacturer and the device word, where the part has them.
    pub(crate) const fn identity_registers(self) -> (Option<u8>, Option<u8>) {
        let constants = self.constants();
        (constants.manufacturer_register, constants.device_register)
    }

    /// What to write to register 00h for a reset.
    pub(crate) const fn reset_word(self) -> u16 {
        match self.family() {
            Family::Ina226 => crate::registers::ina226::Configuration::RESET.bits(),
            Family::Ina237 => crate::registers::ina237::Config::RESET.bits(),
        }
    }

    /// The part that these identity words name, whatever the revision; `None` for a stranger.
    ///
    /// Parts without both words are never found this way.
    #[must_use]
    pub fn from_identity(identity: Identity) -> Option<Self> {
        if identity.manufacturer != Identity::TEXAS_INSTRUMENTS {
            return None;
        }
        match identity.model() {
            0x226 => Some(Self::Ina226),
            0xA48 => Some(Self::Ina234),
            0xA08 => Some(Self::Ina236),
            0x237 => Some(Self::Ina237),
            0x238 => Some(Self::Ina238),
            0x228 => Some(Self::Ina228),
            _ => None,
        }
    }

    /// Shunt voltage of one count in picovolts; `None` when the part lacks the range.
    #[inline(always)]
    pub(crate) const fn shunt_step(self, range: ShuntRange) -> Option<u32> {
        let constants = self.constants();
        match range {
            ShuntRange::Wide => Some(constants.shunt_step),
            ShuntRange::Narrow if constants.has_narrow => Some(constants.shunt_step / 4),
            ShuntRange::Narrow => None,
        }
    }

    /// Shunt voltage of one count in eighths of a nanovolt; every step is a whole number of them.
    #[inline(always)]
    pub(crate) fn shunt_eighths(self, range: ShuntRange) -> u16 {
        let picovolts = self.shunt_step(range).unwrap_or_default();
        u16::try_from(picovolts / 125).unwrap_or(u16::MAX)
    }

    /// End of the shunt input in nanovolts, rounded down, in a range that the part has.
    #[inline(always)]
    pub(crate) const fn shunt_end(self, range: ShuntRange) -> u32 {
        match range {
            ShuntRange::Wide => self.constants().shunt_end,
            ShuntRange::Narrow => self.constants().shunt_end / 4,
        }
    }

    /// Largest count of a signed result register: what a reading beyond full scale stays at.
    #[inline(always)]
    pub(crate) const fn largest_count(self) -> i32 {
        if self.constants().is_wide {
            0x7_FFFF
        } else if self.constants().empty_bits != 0 {
            0x7FF0
        } else {
            0x7FFF
        }
    }

    /// Smallest count of a signed result register.
    #[inline(always)]
    pub(crate) const fn smallest_count(self) -> i32 {
        if self.constants().is_wide {
            -0x8_0000
        } else {
            -0x8000
        }
    }
}

impl core::fmt::Display for Part {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Ina226 => "INA226",
            Self::Ina230 => "INA230",
            Self::Ina231 => "INA231",
            Self::Ina232 => "INA232",
            Self::Ina234 => "INA234",
            Self::Ina236 => "INA236",
            Self::Ina237 => "INA237",
            Self::Ina238 => "INA238",
            Self::Ina228 => "INA228",
        })
    }
}
