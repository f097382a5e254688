//! Drivers of other people for the INA226: calibrate once, then bus voltage and current.

use embedded_devices::devices::texas_instruments::ina226::INA226Sync;
use embedded_devices::devices::texas_instruments::ina226::address::{Address, Pin};
use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;
use peer_ina226::INA226;
use peer_ina226_tp::{INA226 as Ina226Tp, NonOperational};
use uom::si::electric_current::ampere;
use uom::si::electrical_resistance::ohm;
use uom::si::f64::{ElectricCurrent, ElectricalResistance};

use crate::Sink;

const ADDRESS: u8 = 0x40;

/// `ina226`: f64 throughout, nothing checked.
pub fn ina226<B: I2c>(bus: B, ohms: f64, amps: f64, rounds: u32, sink: &mut impl Sink) {
    let mut chip = INA226::new(bus, ADDRESS);
    let _ = chip.callibrate(ohms, amps);
    for _ in 0..rounds {
        if let Ok(millivolts) = chip.bus_voltage_millivolts() {
            sink.put64(millivolts.to_bits());
        }
        if let Ok(Some(amps)) = chip.current_amps() {
            sink.put64(amps.to_bits());
        }
    }
}

/// `ina226-tp`: f64, a dead bus reads as zero.
pub fn ina226_tp<B: I2c>(bus: B, rounds: u32, sink: &mut impl Sink) {
    let mut chip: Ina226Tp<B, NonOperational> = Ina226Tp::new(None);
    chip.set_ina_address(ADDRESS);
    let Ok(mut chip) = chip.initialize(bus) else {
        return;
    };
    chip.set_ina_calibration(0.002, 50.0);
    chip.commit();
    for _ in 0..rounds {
        sink.put64(chip.read_voltage().to_bits());
        sink.put64(chip.read_current().to_bits());
    }
}

/// `embedded-devices`: f64 with units in types; it reads all five result registers.
pub fn embedded_devices<B: I2c, D: DelayNs>(bus: B, delay: D, rounds: u32, sink: &mut impl Sink) {
    let mut chip = INA226Sync::new_i2c(delay, bus, Address::A0A1(Pin::Gnd, Pin::Gnd));
    let _ = chip.calibrate(
        ElectricalResistance::new::<ohm>(0.002),
        ElectricCurrent::new::<ampere>(50.0),
    );
    for _ in 0..rounds {
        if let Ok(results) = chip.read_measurements() {
            sink.put64(results.bus_voltage.value.to_bits());
            sink.put64(results.current.value.to_bits());
        }
    }
}
