//! Transfers played on the simulated chip, which nobody wrote from this driver.

use std::cell::RefCell;
use std::rc::Rc;

use battery_sim::{Chip, Level, SimBus, Tca9555, Variant};
use embedded_hal::i2c::I2c;
use serde_json::Value;

use super::{Fault, Keys, bytes, same, word};

const ADDRESS: u8 = 0x20;

/// The simulated chip for a part of the vectors.
pub fn variant(part: &str) -> Result<Variant, Fault> {
    match part {
        "tca9555" => Ok(Variant::Tca9555),
        "tca9535" => Ok(Variant::Tca9535),
        "pca9555" => Ok(Variant::Pca9555),
        "pca9535" => Ok(Variant::Pca9535),
        other => Err(format!("unknown part {other}")),
    }
}

pub fn chip_model(parts: &str, input: &Value, output: &Value) -> Result<(), Fault> {
    let mut input = Keys::new("in", input)?;
    let outside = input.word("pins_outside")?;
    let operations = input.list("ops")?;
    input.done()?;
    let mut output = Keys::new("out", output)?;
    let trace = output.list("trace")?;
    let end = output.value("end")?;
    output.done()?;
    same("length of the trace", &trace.len(), &operations.len())?;
    for part in parts.split_whitespace() {
        let mut bench = Bench::new(variant(part)?, outside);
        let judge = || -> Result<(), Fault> {
            for (operation, expected) in operations.iter().zip(trace) {
                bench.step(operation, expected)?;
            }
            bench.check_end(end)
        };
        let mut judge = judge;
        judge().map_err(|fault| format!("{part}: {fault}"))?;
    }
    Ok(())
}

struct Bench {
    chip: Rc<RefCell<Tca9555>>,
    bus: SimBus,
}

impl Bench {
    /// A chip that gets its supply while the pins are already driven.
    fn new(variant: Variant, outside: u16) -> Self {
        let chip = Rc::new(RefCell::new(Tca9555::new(variant)));
        chip.borrow_mut().set_powered(false);
        let bus = SimBus::new(400_000);
        bus.place(ADDRESS, chip.clone());
        let bench = Self { chip, bus };
        bench.drive(outside);
        bench.chip.borrow_mut().set_powered(true);
        bench
    }

    fn drive(&self, word: u16) {
        for pin in 0..16 {
            let level = if word >> pin & 1 == 1 {
                Level::High
            } else {
                Level::Low
            };
            self.chip.borrow_mut().set_pin(pin, level);
        }
    }

    /// Plays one operation and compares with its line of the trace.
    fn step(&mut self, operation: &Value, expected: &Value) -> Result<(), Fault> {
        let mut operation = Keys::new("ops", operation)?;
        let mut expected = Keys::new("trace", expected)?;
        if operation.optional("pins").is_some() {
            let pins = operation.text("pins")?;
            same("pins", &expected.text("pins_outside")?, &pins)?;
            self.drive(word(pins)?);
        } else {
            let text = operation.text("w")?;
            same("w", &expected.text("w")?, &text)?;
            let sent = bytes(text)?;
            let outcome = if operation.optional("n").is_some() {
                let count = usize::try_from(operation.number("n")?).map_err(|e| e.to_string())?;
                let mut read = vec![0; count];
                let outcome = self.bus.write_read(ADDRESS, &sent, &mut read);
                same("read", &read, &bytes(expected.text("r")?)?)?;
                outcome
            } else {
                self.bus.write(ADDRESS, &sent)
            };
            outcome.map_err(|error| format!("the chip refuses {text}: {error:?}"))?;
        }
        let asserted = self.chip.borrow().int_asserted();
        same("int", &asserted, &expected.truth("int")?)?;
        operation.done()?;
        expected.done()
    }

    fn check_end(&self, end: &Value) -> Result<(), Fault> {
        let mut end = Keys::new("end", end)?;
        let chip = self.chip.borrow();
        let levels = (0..16).fold(0, |word, pin| word | u16::from(chip.pin_level(pin)) << pin);
        same("output", &chip.outputs(), &end.word("output")?)?;
        same("direction", &chip.directions(), &end.word("direction")?)?;
        same("polarity", &chip.polarity(), &end.word("polarity")?)?;
        same(
            "driven pins",
            &!chip.directions(),
            &end.word("driven_pins")?,
        )?;
        same("levels", &levels, &end.word("levels")?)?;
        end.done()
    }
}
