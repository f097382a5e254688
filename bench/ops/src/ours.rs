//! The drivers of this workspace.

use battery_units::{Microohms, Milliamps};
use embedded_hal::i2c::I2c;
use ours_ina226::blocking::Ina2xx;
use ours_ina226::{
    Address as MonitorAddress, AddressPin, Calibration, Part, Reading, Settings, ShuntRange, Wiring,
};
use ours_tca9555::blocking::Tca9555;
use ours_tca9555::{Address, State, Words};

use crate::Sink;

const GROUND: MonitorAddress = MonitorAddress::from_pins(AddressPin::Gnd, AddressPin::Gnd);

fn put(reading: Reading, sink: &mut impl Sink) {
    sink.put(reading.voltage.to_millivolts().get().cast_unsigned());
    sink.put(reading.current.to_milliamps().get().cast_unsigned());
}

/// A calibration checked at run time, then voltage and current.
pub fn ina226<B: I2c>(bus: B, shunt: u32, max: i32, rounds: u32, sink: &mut impl Sink) {
    let calibration = Calibration::new(
        Part::Ina226,
        ShuntRange::Wide,
        Microohms::new(shunt),
        Wiring::Direct,
    )
    .and_then(|plain| plain.reaching(Milliamps::new(max)));
    let Ok(calibration) = calibration else {
        return;
    };
    let mut chip = Ina2xx::new(bus, GROUND);
    if chip.calibrate(calibration).is_err() {
        return;
    }
    for _ in 0..rounds {
        if let Ok(reading) = chip.voltage_and_current() {
            put(reading, sink);
        }
    }
}

/// What an application does: `init` with identity, all settings and their read-back for a part known at run time, then
/// readings with flags and the watch for a chip reset.
pub fn ina226_all<B: I2c>(
    bus: B,
    part: Part,
    shunt: u32,
    max: i32,
    rounds: u32,
    sink: &mut impl Sink,
) {
    let mut settings = Settings::new(part, Microohms::new(shunt));
    settings.max_current = Some(Milliamps::new(max));
    let mut chip = Ina2xx::new(bus, GROUND);
    if chip.init(&settings).is_err() {
        return;
    }
    for _ in 0..rounds {
        if let Ok(reading) = chip.reading() {
            put(reading, sink);
        }
    }
}

/// All inputs read and all outputs written, the copy of the outputs and the recovery after errors included.
pub fn tca9555<B: I2c>(bus: B, outputs: u16, rounds: u32, sink: &mut impl Sink) {
    let mut chip = Tca9555::resume(bus, Address::DEFAULT, State::known(Words::POWER_ON));
    for _ in 0..rounds {
        if let Ok(levels) = chip.read_inputs() {
            sink.put(u32::from(levels));
        }
        if chip.write_outputs(outputs).is_err() {
            sink.put(1);
        }
    }
}

/// The safe start: pins as ordered, each step checked.
pub fn tca9555_start<B: I2c>(bus: B, orders: Words, rounds: u32, sink: &mut impl Sink) {
    let mut chip = Tca9555::new(bus, Address::DEFAULT);
    for _ in 0..rounds {
        sink.put(u32::from(chip.start_with(orders).is_ok()));
    }
}
