//! A switch board with one expander: safe start, one tick of a control loop, and what a power cut looks like.
//!
//! The bus is scripted, so this runs anywhere: `cargo run -p tca9555-driver --example tca9555_blocking`.

use embedded_hal::i2c::I2c;
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
use tca9555::blocking::Tca9555;
use tca9555::{Address, Error};

/// P00 to P03 switch, P04 to P07 are alerts, port 1 drives lamps.
const DIRECTIONS: u16 = 0x00F0;

/// Starts the chip with every switch open.
pub fn start<B: I2c>(bus: B) -> Result<Tca9555<B>, Error<B::Error>> {
    let mut chip = Tca9555::new(bus, Address::DEFAULT);
    chip.start(0x0000, DIRECTIONS)?;
    Ok(chip)
}

/// Writes the switches, looks whether the chip still holds them, and tells the active alerts.
pub fn tick<B: I2c>(chip: &mut Tca9555<B>, switches: u16) -> Result<u16, Error<B::Error>> {
    chip.write_outputs(switches)?;
    let held = chip.verify()?;
    println!("driven high: {:04x}", held.driven_high());
    Ok(!chip.read_inputs()? & DIRECTIONS)
}

fn main() {
    let chip = 0x20;
    let write = |bytes: &[u8]| Transaction::write(chip, bytes.to_vec());
    let read =
        |register, bytes: &[u8]| Transaction::write_read(chip, vec![register], bytes.to_vec());
    let bus = Mock::new(&[
        // The start: each word is read back before the next is written, outputs first.
        write(&[0x02, 0x00, 0x00]),
        read(0x02, &[0x00, 0x00]),
        write(&[0x06, 0xF0, 0x00]),
        read(0x06, &[0xF0, 0x00]),
        write(&[0x04, 0x00, 0x00]),
        read(0x04, &[0x00, 0x00]),
        // A tick that closes switch P03.
        write(&[0x02, 0x08, 0x00]),
        read(0x02, &[0x08, 0x00]),
        read(0x06, &[0xF0, 0x00]),
        read(0x00, &[0xF8, 0x00]),
        // A tick after the chip has lost its supply: the outputs were written, the directions are gone.
        write(&[0x02, 0x08, 0x00]),
        read(0x02, &[0x08, 0x00]),
        read(0x06, &[0xFF, 0xFF]),
    ]);
    let mut expander = match start(bus) {
        Ok(expander) => expander,
        Err(error) => {
            println!("no start: {error}");
            return;
        }
    };
    for _ in 0..2 {
        match tick(&mut expander, 0x0008) {
            Ok(alerts) => println!("tick done, alerts: {alerts:04x}"),
            Err(error) => println!("open everything: {error}"),
        }
    }
    expander.release().done();
}
