//! The data sheets a second time, and arithmetic that is wider than the driver's.

use ina226::{Address, AddressPin, Part, Settings, Setup};
use proptest::prelude::*;

use super::MemoryBus;

/// Where the chip in memory sits.
pub const ADDRESS: Address = Address::from_pins(AddressPin::Gnd, AddressPin::Gnd);

/// Steps from the data sheets, written down a second time: shunt in pV, bus in nV times two, largest count.
pub fn facts(part: Part) -> (i128, i128, i128) {
    match part {
        Part::Ina226 | Part::Ina230 | Part::Ina231 => (2_500_000, 2 * 1_250_000, 32_767),
        Part::Ina232 | Part::Ina236 => (2_500_000, 2 * 1_600_000, 32_767),
        Part::Ina234 => (2_500_000, 2 * 1_600_000, 32_752),
        Part::Ina237 | Part::Ina238 => (5_000_000, 2 * 3_125_000, 32_767),
        Part::Ina228 => (312_500, 390_625, 524_287),
        other => panic!("no facts about {other}"),
    }
}

pub fn has_narrow(part: Part) -> bool {
    !matches!(part, Part::Ina226 | Part::Ina230 | Part::Ina231)
}

/// To nearest, ties away from zero, by comparing distances.
pub fn nearest(value: i128, step: i128) -> i128 {
    let size = value.abs();
    let low = size / step;
    let up = i128::from(2 * (size - low * step) >= step);
    (low + up) * value.signum()
}

pub fn any_part() -> impl Strategy<Value = Part> {
    proptest::sample::select(Part::ALL.to_vec())
}

/// A chip that gives back what is written, with the identity of the part.
pub fn chip(part: Part) -> MemoryBus {
    let device: &[u8] = match part {
        Part::Ina234 => &[0xA4, 0x80],
        Part::Ina236 => &[0xA0, 0x80],
        Part::Ina237 => &[0x23, 0x70],
        Part::Ina238 => &[0x23, 0x80],
        Part::Ina228 => &[0x22, 0x80],
        _ => &[0x22, 0x60],
    };
    MemoryBus::with(&[
        (0x3E, &[0x54, 0x49]),
        (0xFE, &[0x54, 0x49]),
        (0x3F, device),
        (0xFF, device),
    ])
}

pub fn start(settings: &Settings) -> (MemoryBus, Setup) {
    let bus = chip(settings.part);
    let setup = ina226::blocking::Ina2xx::new(bus.clone(), ADDRESS)
        .init(settings)
        .unwrap();
    (bus, setup)
}
