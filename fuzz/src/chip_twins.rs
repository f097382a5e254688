//! Any transfers, in any order and with any pauses, to one chip of each family.

use std::time::Duration;

use battery_sim::{BusError, Ina226, Ina237, Model237, SimBus, Tca9555, Variant, shared};
use embedded_hal::i2c::I2c;

use crate::bytes::Bytes;

const ADDRESSES: [u8; 4] = [0x20, 0x40, 0x41, 0x50];
const EXPANDER: u8 = 0x20;
/// Its first direction register; the second follows.
const CONFIGURATION: u8 = 0x06;
/// Nobody lives there.
const EMPTY: u8 = 0x50;
/// Longer than any register, so that wrapping pointers are met.
const LONGEST: usize = 9;

/// The twins answer every transfer and never panic; nobody answers for a chip that is not there; the direction
/// register reads back as it was written.
pub fn chip_twins(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let expander = shared(Tca9555::new(Variant::Pca9555));
    let mut bus = SimBus::new(400_000);
    bus.place(EXPANDER, expander.clone());
    bus.place(0x40, shared(Ina226::new()));
    bus.place(0x41, shared(Ina237::new(Model237::Ina238)));
    while !bytes.is_empty() {
        let choice = bytes.u8();
        let address = ADDRESSES[usize::from(choice & 3)];
        let written = bytes.slice(LONGEST);
        let mut answer = [0; LONGEST];
        let answer = &mut answer[..usize::from(choice >> 4).min(LONGEST)];
        let result = match choice & 0x0C {
            0x00 => bus.write(address, written),
            0x04 => bus.read(address, answer),
            _ => bus.write_read(address, written, answer),
        };
        if address == EMPTY {
            assert_eq!(result.err(), Some(BusError::AddressNack));
        }
        if address == EXPANDER
            && result.is_ok()
            && choice & 0x0C == 0
            && let [CONFIGURATION, low, high] = *written
        {
            let word = u16::from_le_bytes([low, high]);
            assert_eq!(expander.borrow().directions(), word);
        }
        bus.tick(Duration::from_micros(u64::from(bytes.u16())));
        expander.borrow_mut().set_pins(bytes.u16());
    }
}
