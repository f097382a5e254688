//! Chips of a board, and what the driver knows of them after `init`.

use battery_units::{Microohms, Milliamps, Millivolts};
use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};
use embedded_hal_mock::eh1::i2c::Transaction;
use ina226::{Address, AddressPin, Averaging, ConversionTime, Part, Settings, Setup, Wiring};

pub const ADDRESS: Address = Address::from_pins(AddressPin::Gnd, AddressPin::Gnd);
pub const CHIP: u8 = 0x40;
pub const SHUNT: Microohms = Microohms::new(2_000);

pub fn w(bytes: &[u8]) -> Transaction {
    Transaction::write(CHIP, bytes.to_vec())
}

pub fn r(register: u8, answer: &[u8]) -> Transaction {
    Transaction::write_read(CHIP, vec![register], answer.to_vec())
}

pub fn refused() -> ErrorKind {
    ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address)
}

pub fn ina226_settings() -> Settings {
    Settings::new(Part::Ina226, SHUNT)
}

/// What the KXKM firmware writes: 64 averages of 540 µs, 30 V.
pub fn ina237_settings() -> Settings {
    let mut settings = Settings::new(Part::Ina237, SHUNT);
    settings.averaging = Averaging::X64;
    settings.bus_time = ConversionTime::Us540;
    settings.shunt_time = ConversionTime::Us540;
    settings.temperature_time = ConversionTime::Us50;
    settings.limits.over_voltage = Some(Millivolts::new(30_000));
    settings.limits.under_voltage = Some(Millivolts::new(24_000));
    settings.limits.current_above = Some(Milliamps::new(40_000));
    settings.limits.current_below = Some(Milliamps::new(-50_000));
    settings
}

/// The state after an `init`, from a chip in memory that holds what it is told.
pub fn after_init(settings: &Settings) -> Setup {
    let bus = super::MemoryBus::with(&[
        (0xFE, &[0x54, 0x49]),
        (0xFF, &[0x22, 0x60]),
        (0x3E, &[0x54, 0x49]),
        (0x3F, &[0x23, 0x71]),
    ]);
    if settings.part == Part::Ina228 {
        bus.set(0x3F, &[0x22, 0x81]);
    }
    ina226::blocking::Ina2xx::new(bus, ADDRESS)
        .init(settings)
        .unwrap()
}

pub fn ina226_setup() -> Option<Setup> {
    Some(after_init(&ina226_settings()))
}

pub fn ina237_setup() -> Option<Setup> {
    Some(after_init(&ina237_settings()))
}

pub fn ina228_setup() -> Option<Setup> {
    Some(after_init(&Settings::new(Part::Ina228, SHUNT)))
}

/// The same with the shunt the other way round.
pub fn reversed() -> Settings {
    let mut settings = ina237_settings();
    settings.wiring = Wiring::Reversed;
    settings
}
