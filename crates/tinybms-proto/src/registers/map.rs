//! Every documented register as data: name, place, unit, range, access, first firmware. For lists and generic tools.

use core::fmt;

use crate::reading::Firmware;
use crate::requests::Registers;
use crate::single::Single;

/// Where in its register a value stands, and what kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Format {
    /// One register without sign.
    Word,
    /// One register with sign.
    Signed,
    /// One register with sign, 8000h for "not connected".
    Temperature,
    /// Two registers, low word first.
    Double,
    /// Two registers with an IEEE 754 number, low word first.
    Single,
    /// Low byte of a register.
    Low,
    /// High byte of a register.
    High,
    /// Low byte of a register, with sign.
    LowSigned,
    /// High byte of a register, with sign.
    HighSigned,
    /// Some bits of a register.
    Bits {
        /// Place of the lowest one.
        shift: u8,
        /// How many.
        width: u8,
    },
}

/// What a value is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Unit {
    /// A plain number or bits.
    One,
    /// A choice among named values.
    Choice,
    /// 0.1 mV.
    TenthMillivolt,
    /// mV.
    Millivolt,
    /// V.
    Volt,
    /// mA.
    Milliampere,
    /// 0.1 A.
    TenthAmpere,
    /// A.
    Ampere,
    /// 0.01 Ah.
    HundredthAmpereHour,
    /// 0.1 °C.
    TenthDegree,
    /// °C.
    Degree,
    /// Millionths of a percent.
    MillionthPercent,
    /// 0.002 %.
    FiveHundredthPercent,
    /// %.
    Percent,
    /// s.
    Second,
    /// km.
    Kilometre,
    /// 0.01 km.
    HundredthKilometre,
    /// km/h.
    KilometrePerHour,
    /// Cells.
    Cell,
    /// Cycles of charge and discharge.
    Cycle,
    /// Pulses of the speed sensor.
    Pulse,
}

impl Unit {
    /// How it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::One | Self::Choice => "",
            Self::TenthMillivolt => "0.1 mV",
            Self::Millivolt => "mV",
            Self::Volt => "V",
            Self::Milliampere => "mA",
            Self::TenthAmpere => "0.1 A",
            Self::Ampere => "A",
            Self::HundredthAmpereHour => "0.01 Ah",
            Self::TenthDegree => "0.1 °C",
            Self::Degree => "°C",
            Self::MillionthPercent => "1e-6 %",
            Self::FiveHundredthPercent => "0.002 %",
            Self::Percent => "%",
            Self::Second => "s",
            Self::Kilometre => "km",
            Self::HundredthKilometre => "0.01 km",
            Self::KilometrePerHour => "km/h",
            Self::Cell => "cells",
            Self::Cycle => "cycles",
            Self::Pulse => "pulses",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

/// What may be done with a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Access {
    /// Read only.
    Read,
    /// Read and write.
    ReadWrite,
    /// Written to set something; what it reads is not that quantity.
    Write,
}

/// One documented quantity of the register map (TinyBMS rev D, chapter "Registers").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Name, the same in exports and tools.
    pub name: &'static str,
    /// Its register, the lower one of two.
    pub address: u16,
    /// Where it stands there.
    pub format: Format,
    /// What it is counted in.
    pub unit: Unit,
    /// What may be done with it.
    pub access: Access,
    /// Smallest and largest value of the document; the device may have narrower ones.
    pub range: Option<(i32, i32)>,
    /// Firmware that brought it; `None` when every supported one has it.
    pub since: Option<Firmware>,
}

/// A value of any register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Value {
    /// Counts of the unit.
    Number(i64),
    /// An IEEE 754 number of the unit.
    Single(Single),
    /// The sensor is not connected.
    NotConnected,
}

impl Entry {
    /// How many registers it takes.
    #[must_use]
    pub const fn words(&self) -> u16 {
        match self.format {
            Format::Double | Format::Single => 2,
            _ => 1,
        }
    }

    /// Whether firmware of this version has it.
    #[must_use]
    pub fn exists_on(&self, firmware: Firmware) -> bool {
        firmware.is_supported() && self.since.is_none_or(|first| firmware >= first)
    }

    /// Its value in registers that were read; `None` when they are not among them.
    #[must_use]
    pub fn read(&self, registers: Registers<'_>) -> Option<Value> {
        self.find(|address| registers.get(address))
    }

    /// The same from anything that knows registers by address.
    pub(crate) fn find(&self, word_at: impl Fn(u16) -> Option<u16>) -> Option<Value> {
        let word = word_at(self.address)?;
        let [low, high] = word.to_le_bytes();
        let double = || {
            let above = word_at(self.address.checked_add(1)?)?;
            Some(u32::from(above) << 16 | u32::from(word))
        };
        Some(Value::Number(match self.format {
            Format::Word => i64::from(word),
            Format::Temperature if word == NOT_CONNECTED => return Some(Value::NotConnected),
            Format::Signed | Format::Temperature => i64::from(word.cast_signed()),
            Format::Double => i64::from(double()?),
            Format::Single => return Some(Value::Single(Single::from_bits(double()?))),
            Format::Low => i64::from(low),
            Format::High => i64::from(high),
            Format::LowSigned => i64::from(low.cast_signed()),
            Format::HighSigned => i64::from(high.cast_signed()),
            Format::Bits { shift, width } => {
                i64::from(word.checked_shr(u32::from(shift)).unwrap_or(0) & mask(width))
            }
        }))
    }

    /// The register, or the lower and upper one, with another value in this place; the other bits stay.
    pub(crate) fn put(&self, value: u32, old: u16) -> [u16; 2] {
        let [a, b, c, d] = value.to_le_bytes();
        let word = u16::from_le_bytes([a, b]);
        let [low, high] = old.to_le_bytes();
        match self.format {
            Format::Double | Format::Single => [word, u16::from_le_bytes([c, d])],
            Format::Word | Format::Signed | Format::Temperature => [word, 0],
            Format::Low | Format::LowSigned => [u16::from_le_bytes([a, high]), 0],
            Format::High | Format::HighSigned => [u16::from_le_bytes([low, a]), 0],
            Format::Bits { shift, width } => {
                let shift = u32::from(shift);
                let place = mask(width).checked_shl(shift).unwrap_or(0);
                let bits = word.checked_shl(shift).unwrap_or(0);
                [old & !place | bits & place, 0]
            }
        }
    }

    const fn read_only(name: &'static str, address: u16, format: Format, unit: Unit) -> Self {
        Self {
            name,
            address,
            format,
            unit,
            access: Access::Read,
            range: None,
            since: None,
        }
    }

    const fn ranged(mut self, from: i32, to: i32) -> Self {
        self.range = Some((from, to));
        self
    }

    const fn since(mut self, firmware: Firmware) -> Self {
        self.since = Some(firmware);
        self
    }
}

/// What stands for "no sensor".
const NOT_CONNECTED: u16 = 0x8000;

/// So many low bits.
fn mask(width: u8) -> u16 {
    let above = 1_u16.checked_shl(u32::from(width)).unwrap_or(0);
    above.wrapping_sub(1)
}

/// The entry with this name, settings included.
#[must_use]
pub fn entry(name: &str) -> Option<&'static Entry> {
    let settings = crate::Setting::ALL.iter().map(|setting| setting.entry());
    MAP.iter().chain(settings).find(|entry| entry.name == name)
}

/// All documented registers that only can be read; the settings are [`crate::Setting::ALL`], the event ring is read by
/// [`crate::ring`].
pub static MAP: [Entry; 57] = [
    Entry::read_only("cell_slot_0", 0, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_1", 1, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_2", 2, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_3", 3, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_4", 4, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_5", 5, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_6", 6, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_7", 7, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_8", 8, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_9", 9, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_10", 10, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_11", 11, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_12", 12, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_13", 13, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_14", 14, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("cell_slot_15", 15, Format::Word, Unit::TenthMillivolt),
    Entry::read_only("lifetime", 32, Format::Double, Unit::Second),
    Entry::read_only("time_left", 34, Format::Double, Unit::Second),
    Entry::read_only("pack_voltage", 36, Format::Single, Unit::Volt),
    Entry::read_only("pack_current", 38, Format::Single, Unit::Ampere),
    Entry::read_only("min_cell_voltage", 40, Format::Word, Unit::Millivolt),
    Entry::read_only("max_cell_voltage", 41, Format::Word, Unit::Millivolt),
    Entry::read_only(
        "external_temperature_1",
        42,
        Format::Temperature,
        Unit::TenthDegree,
    ),
    Entry::read_only(
        "external_temperature_2",
        43,
        Format::Temperature,
        Unit::TenthDegree,
    ),
    Entry::read_only("distance_left", 44, Format::Word, Unit::Kilometre),
    Entry::read_only(
        "state_of_health",
        45,
        Format::Word,
        Unit::FiveHundredthPercent,
    )
    .ranged(0, 50_000)
    .since(Firmware::PRESENT_MAP),
    Entry::read_only(
        "state_of_charge",
        46,
        Format::Double,
        Unit::MillionthPercent,
    )
    .ranged(0, 100_000_000),
    Entry::read_only(
        "internal_temperature",
        48,
        Format::Temperature,
        Unit::TenthDegree,
    ),
    Entry::read_only("status", 50, Format::Word, Unit::Choice),
    Entry::read_only("balancing_needed", 51, Format::Word, Unit::One),
    Entry::read_only("balancing", 52, Format::Word, Unit::One),
    Entry::read_only("detected_cells", 53, Format::Word, Unit::Cell),
    Entry::read_only("speed", 54, Format::Single, Unit::KilometrePerHour),
    Entry::read_only(
        "total_distance",
        100,
        Format::Double,
        Unit::HundredthKilometre,
    ),
    Entry::read_only(
        "max_discharge_current",
        102,
        Format::Word,
        Unit::TenthAmpere,
    ),
    Entry::read_only("max_charge_current", 103, Format::Word, Unit::TenthAmpere),
    Entry::read_only(
        "max_cell_difference",
        104,
        Format::Word,
        Unit::TenthMillivolt,
    ),
    Entry::read_only("under_voltage_count", 105, Format::Word, Unit::One),
    Entry::read_only("over_voltage_count", 106, Format::Word, Unit::One),
    Entry::read_only("discharge_over_current_count", 107, Format::Word, Unit::One),
    Entry::read_only("charge_over_current_count", 108, Format::Word, Unit::One),
    Entry::read_only("over_heat_count", 109, Format::Word, Unit::One),
    Entry::read_only("charging_count", 111, Format::Word, Unit::One),
    Entry::read_only("full_charge_count", 112, Format::Word, Unit::One),
    Entry::read_only("min_pack_temperature", 113, Format::LowSigned, Unit::Degree),
    Entry::read_only(
        "max_pack_temperature",
        113,
        Format::HighSigned,
        Unit::Degree,
    ),
    Entry::read_only("last_reset", 114, Format::Low, Unit::Choice),
    Entry::read_only("last_wake_up", 114, Format::High, Unit::Choice),
    Entry::read_only("statistics_cleared_at", 116, Format::Double, Unit::Second),
    Entry::read_only("hardware_version", 500, Format::Low, Unit::One),
    Entry::read_only("hardware_changes", 500, Format::High, Unit::One),
    Entry::read_only("firmware_public", 501, Format::Low, Unit::One),
    Entry::read_only(
        "high_power",
        501,
        Format::Bits { shift: 8, width: 1 },
        Unit::Choice,
    ),
    Entry::read_only(
        "current_sensor",
        501,
        Format::Bits { shift: 9, width: 2 },
        Unit::Choice,
    ),
    Entry::read_only("firmware_internal", 502, Format::Word, Unit::One),
    Entry::read_only("bootloader_version", 503, Format::Low, Unit::One),
    Entry::read_only("profile_version", 503, Format::High, Unit::One),
];
