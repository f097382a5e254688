//! Drivers of other people for the expanders: read sixteen inputs, write sixteen outputs.

use core::fmt::Debug;

use embedded_hal::i2c::I2c;
use embedded_hal_02::blocking::i2c::{Write, WriteRead};
use embedded_hal_async::i2c::I2c as AsyncI2c;
use port_expander::{read_multiple, write_multiple};

use crate::{Sink, block_on};

/// `tca9555`: port by port.
pub fn tca9555<E, B>(bus: B, outputs: u16, rounds: u32, sink: &mut impl Sink)
where
    B: Write<Error = E> + WriteRead<Error = E>,
{
    let mut chip = peer_tca9555::Tca9555::new(bus, peer_tca9555::DeviceAddr::Default);
    for _ in 0..rounds {
        if let Ok(levels) = chip.read_all() {
            sink.put(u32::from(levels));
        }
        if chip.write_all(outputs).is_err() {
            sink.put(1);
        }
    }
}

/// `tca9535`: register pairs, nothing remembered.
pub fn tca9535<E, B>(mut bus: B, outputs: u16, rounds: u32, sink: &mut impl Sink)
where
    B: Write<Error = E> + WriteRead<Error = E>,
{
    let chip = peer_tca9535::Tca9535::new(&bus, peer_tca9535::Address::ADDR_0x20);
    for _ in 0..rounds {
        if let Ok(levels) = chip.read_inputs(&mut bus) {
            sink.put(u32::from(levels.bits()));
        }
        let port = peer_tca9535::Port::from_bits_truncate(outputs);
        if chip.write_outputs(&mut bus, port).is_err() {
            sink.put(1);
        }
    }
}

/// `port-expander`: a pin is an input or an output by its type, and no call takes a whole port. So one chip is read and a
/// second one written, each with the crate's own calls for several pins.
pub fn port_expander<E: Debug, B: I2c<Error = E>>(
    read_bus: B,
    write_bus: B,
    outputs: u16,
    rounds: u32,
    sink: &mut impl Sink,
) {
    let mut reader = port_expander::Pca9555::new(read_bus, false, false, false);
    let input = reader.split();
    let mut writer = port_expander::Pca9555::new(write_bus, true, false, false);
    let output = writer.split();
    macro_rules! outputs {
        ($($name:ident $pin:ident)*) => {
            $(let Ok(mut $name) = output.$pin.into_output() else { return };)*
        };
    }
    outputs!(o0_0 io0_0 o0_1 io0_1 o0_2 io0_2 o0_3 io0_3
             o0_4 io0_4 o0_5 io0_5 o0_6 io0_6 o0_7 io0_7
             o1_0 io1_0 o1_1 io1_1 o1_2 io1_2 o1_3 io1_3
             o1_4 io1_4 o1_5 io1_5 o1_6 io1_6 o1_7 io1_7);
    for _ in 0..rounds {
        let levels = read_multiple([
            &input.io0_0,
            &input.io0_1,
            &input.io0_2,
            &input.io0_3,
            &input.io0_4,
            &input.io0_5,
            &input.io0_6,
            &input.io0_7,
            &input.io1_0,
            &input.io1_1,
            &input.io1_2,
            &input.io1_3,
            &input.io1_4,
            &input.io1_5,
            &input.io1_6,
            &input.io1_7,
        ]);
        if let Ok(levels) = levels {
            let mut word = 0;
            for (pin, level) in levels.into_iter().enumerate() {
                word |= u32::from(level) << pin;
            }
            sink.put(word);
        }
        let mut states = [false; 16];
        for (pin, state) in states.iter_mut().enumerate() {
            *state = outputs >> pin & 1 != 0;
        }
        if write_multiple(
            [
                &mut o0_0, &mut o0_1, &mut o0_2, &mut o0_3, &mut o0_4, &mut o0_5, &mut o0_6,
                &mut o0_7, &mut o1_0, &mut o1_1, &mut o1_2, &mut o1_3, &mut o1_4, &mut o1_5,
                &mut o1_6, &mut o1_7,
            ],
            states,
        )
        .is_err()
        {
            sink.put(1);
        }
    }
}

/// `pca9555`, async: no call takes more than one pin, so this is one input and one output.
pub fn pca9555<E, B: AsyncI2c<Error = E>>(bus: B, outputs: u16, rounds: u32, sink: &mut impl Sink) {
    let mut chip = peer_pca9555::Pca9555::new(bus, 0x20);
    let pins = chip.split();
    let mut input = pins.pin0;
    let Ok(mut output) = block_on(pins.pin8.into_output()) else {
        return;
    };
    for _ in 0..rounds {
        if let Ok(level) = block_on(input.is_high()) {
            sink.put(u32::from(level));
        }
        let written = block_on(async {
            if outputs & 1 != 0 {
                output.set_high().await
            } else {
                output.set_low().await
            }
        });
        if written.is_err() {
            sink.put(1);
        }
    }
}
