//! Arithmetic of the chip itself, on the simulated chip that nobody wrote from this driver.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use battery_sim::{Chip, Ina226, SimBus};
use ina226::registers::{Readable, Writable, ina226 as r226};
use ina226::{Address, Part};

use super::keys::exactly;
use super::{Fault, Keys, word};

/// The calibration register with any value, also one that no request leads to.
fn calibration(value: u16) -> impl Writable {
    r226::Calibration::decode(value.to_be_bytes())
}

pub fn chip_model(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    if part != Part::Ina226 {
        return Err("no simulated chip with this arithmetic".into());
    }
    let shunt = r226::ShuntVoltage::decode(exactly(input.text("shunt_raw")?)?).counts();
    let bus = word(input.text("bus_raw")?)?;
    let chip = Rc::new(RefCell::new(Ina226::new()));
    chip.borrow_mut()
        .set_shunt_voltage(f64::from(shunt) * 2.5e-6);
    chip.borrow_mut().set_bus_voltage(f64::from(bus) * 1.25e-3);

    let wires = SimBus::new(400_000);
    let address = Address::new(0x40).map_err(|e| e.to_string())?;
    wires.place(address.get(), chip.clone());
    let mut client = ina226::blocking::Ina2xx::new(wires, address);
    let fault = |error| format!("{error:?}");
    client
        .write(calibration(input.number("cal")?))
        .map_err(fault)?;
    // Three cycles of the power-on configuration, 2.2 ms each.
    chip.borrow_mut().tick(Duration::from_millis(7));

    let found: r226::ShuntVoltage = client.read().map_err(fault)?;
    super::same("shunt_raw", &found.counts(), &shunt)?;
    let found: r226::BusVoltage = client.read().map_err(fault)?;
    super::same("bus_raw", &found.counts(), &Some(bus))?;
    let current: r226::Current = client.read().map_err(fault)?;
    output.compare_text("current_raw", &format!("{:04x}", current.counts()))?;
    let power: r226::Power = client.read().map_err(fault)?;
    output.compare_text("power_raw", &format!("{:04x}", power.counts()))?;
    let flags: r226::MaskEnable = client.read().map_err(fault)?;
    output.compare_truth("ovf", flags.contains(r226::MaskEnable::OVERFLOW))
}
