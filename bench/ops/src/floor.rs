//! The same operations by hand in integers: about the least they can cost. No drivers: no settings, no typed errors, and
//! nothing remembered.

use embedded_hal::i2c::I2c;

use crate::Sink;

/// Calibrate with a current step of whole microamperes, then millivolts and microamperes in 32 bits.
pub fn ina226<B: I2c>(mut bus: B, shunt: u32, step: u32, rounds: u32, sink: &mut impl Sink) {
    let Some(calibration) = calibration(shunt, step) else {
        return;
    };
    let [high, low] = calibration.to_be_bytes();
    if bus.write(0x40, &[5, high, low]).is_err() {
        return;
    }
    for _ in 0..rounds {
        if let Ok(counts) = register(&mut bus, 2) {
            sink.put(u32::from(counts) * 5 / 4);
        }
        if let Ok(counts) = register(&mut bus, 4) {
            sink.put((i32::from(counts.cast_signed()) * step.cast_signed()).cast_unsigned());
        }
    }
}

/// 5.12e9 / (shunt x step), rounded, without a division of 64 bits.
fn calibration(shunt: u32, step: u32) -> Option<u16> {
    let product = shunt.checked_mul(step).filter(|product| *product != 0)?;
    let (half, rest) = (2_560_000_000 / product, 2_560_000_000 % product);
    let value = 2 * half + u32::from(rest >= product - rest);
    u16::try_from(value)
        .ok()
        .filter(|value| (1..=0x7FFF).contains(value))
}

fn register<B: I2c>(bus: &mut B, register: u8) -> Result<u16, B::Error> {
    let mut bytes = [0; 2];
    bus.write_read(0x40, &[register], &mut bytes)?;
    Ok(u16::from_be_bytes(bytes))
}

/// Both input ports in one read, both output ports in one write.
pub fn tca9555<B: I2c>(mut bus: B, outputs: u16, rounds: u32, sink: &mut impl Sink) {
    for _ in 0..rounds {
        let mut bytes = [0; 2];
        if bus.write_read(0x20, &[0], &mut bytes).is_ok() {
            sink.put(u32::from(u16::from_le_bytes(bytes)));
        }
        let [low, high] = outputs.to_le_bytes();
        if bus.write(0x20, &[2, low, high]).is_err() {
            sink.put(1);
        }
    }
}
