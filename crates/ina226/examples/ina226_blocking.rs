//! Start an INA226 with a 2 mΩ shunt and read it, on a scripted bus in place of a board's.

use battery_units::{Microohms, Milliamps};
use embedded_hal::i2c::I2c;
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
use ina226::blocking::Ina2xx;
use ina226::{Address, AddressPin, Error, Part, Reading, Settings};

/// Starts the chip; its first reading is complete a cycle later.
pub fn start<B: I2c>(bus: B) -> Result<Ina2xx<B>, Error<B::Error>> {
    let mut settings = Settings::new(Part::Ina226, Microohms::new(2_000));
    settings.max_current = Some(Milliamps::new(40_000));

    let address = Address::from_pins(AddressPin::Gnd, AddressPin::Gnd);
    let mut chip = Ina2xx::new(bus, address);
    let setup = chip.init(&settings)?;
    println!("full scale {}", setup.calibration().full_scale());
    Ok(chip)
}

/// Reads the chip once.
pub fn look<B: I2c>(chip: &mut Ina2xx<B>) -> Result<Reading, Error<B::Error>> {
    let reading = chip.reading()?;
    println!(
        "{}, {}, new: {}",
        reading.voltage.to_millivolts(),
        reading.current.to_milliamps(),
        reading.flags.conversion_ready(),
    );
    Ok(reading)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut bus = Mock::new(&script());
    let mut chip = start(&mut bus)?;
    look(&mut chip)?;
    bus.done();
    Ok(())
}

/// What a chip would answer.
fn script() -> Vec<Transaction> {
    let write = |bytes: [u8; 3]| Transaction::write(0x40, bytes.to_vec());
    let read =
        |register, word: [u8; 2]| Transaction::write_read(0x40, vec![register], word.to_vec());
    vec![
        read(0xFE, [0x54, 0x49]),
        read(0xFF, [0x22, 0x60]),
        write([0x00, 0x45, 0x27]),
        write([0x05, 0x08, 0x00]),
        write([0x07, 0x00, 0x00]),
        write([0x06, 0x00, 0x01]),
        read(0x00, [0x45, 0x27]),
        read(0x05, [0x08, 0x00]),
        read(0x07, [0x00, 0x00]),
        read(0x06, [0x00, 0x01]),
        read(0x02, [0x52, 0xC0]),
        read(0x01, [0x07, 0xD0]),
        read(0x06, [0x00, 0x09]),
    ]
}
