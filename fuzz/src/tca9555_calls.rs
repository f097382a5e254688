//! Any calls of the expander driver on a bus that fails, against the simulated chip.

use battery_sim::{
    Chip, Effect, Fault, FaultPlan, Shared, SimBus, Target, Tca9555, Variant, When, shared,
};
use tca9555::{Address, Error, Pin, Words, blocking};

use crate::bytes::Bytes;

/// What the driver can be made of, and what it was ever asked for.
struct Bench {
    chip: Shared<Tca9555>,
    driver: blocking::Tca9555<SimBus>,
    /// Writes may be acknowledged and lost, and the chip may lose its supply unseen.
    chip_forgets: bool,
    /// Pins for which a high level was ordered or taken over at any time.
    ever_high: u16,
    /// The chip may hold levels that nobody ordered, as after power-on: only a start that reports success ends that.
    unsettled: bool,
}

/// With a bus that tells its errors: a pin is never driven high unless that was ordered, and what the driver calls
/// known is what the chip holds. Also when writes get lost or the chip restarts unseen: a start or a `verify` that
/// reports success found the chip as ordered, and from such a start to the next restart the pins keep the first rule.
pub fn tca9555_calls(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let chip_forgets = bytes.u8() & 1 != 0;
    let chip = shared(Tca9555::new(Variant::Tca9535));
    let bus = SimBus::new(400_000);
    bus.place(Address::DEFAULT.get(), chip.clone());
    bus.set_faults(faults(&mut bytes, chip_forgets));
    let mut bench = Bench {
        chip,
        driver: blocking::Tca9555::new(bus, Address::DEFAULT),
        chip_forgets,
        ever_high: 0,
        unsettled: chip_forgets,
    };
    while !bytes.is_empty() {
        bench.call(&mut bytes);
        bench.check();
    }
}

impl Bench {
    fn call(&mut self, bytes: &mut Bytes<'_>) {
        let choice = bytes.u8();
        let word = bytes.u16();
        let pin = Pin::new(choice >> 4).unwrap();
        let high = word & 1 != 0;
        let driver = &mut self.driver;
        // Which call fails, and how, is for `check` to judge by the chip.
        match choice & 0x0F {
            0 => self.start(word, bytes.u16(), bytes.u16()),
            1 => self.verify(),
            2 => {
                self.ever_high |= word;
                let _ = driver.write_outputs(word);
            }
            3 => {
                let levels = bytes.u16();
                self.ever_high |= levels & word;
                let _ = driver.modify_outputs(word, levels);
            }
            4 => {
                self.ever_high |= word;
                let _ = driver.toggle_outputs(word);
            }
            5 => {
                let _ = driver.write_directions(word);
            }
            6 => {
                let _ = driver.write_polarity(word);
            }
            7 => {
                self.ever_high |= if high { pin.mask() } else { 0 };
                let _ = driver.set_pin(pin, high);
            }
            8 => {
                self.ever_high |= pin.mask();
                let _ = driver.toggle_pin(pin);
            }
            9 => {
                self.ever_high |= if high { pin.mask() } else { 0 };
                let _ = driver.make_output(pin, high);
            }
            10 => {
                let _ = driver.make_input(pin);
            }
            11 => {
                if let Ok(words) = driver.take_over() {
                    self.ever_high |= words.outputs;
                }
            }
            12 => {
                let _ = driver.read_inputs();
            }
            13 => {
                let same = driver.verify_outputs() == Ok(true);
                let outputs = self.chip.borrow().outputs();
                let known = driver.state().outputs().unwrap_or(outputs);
                assert!(!same || known == outputs);
            }
            14 => self.chip.borrow_mut().set_pins(word),
            _ if self.chip_forgets => {
                self.chip.borrow_mut().set_powered(false);
                self.chip.borrow_mut().set_powered(true);
                self.unsettled = true;
            }
            _ => {}
        }
    }

    fn start(&mut self, outputs: u16, directions: u16, polarity: u16) {
        self.ever_high |= outputs;
        let words = Words {
            outputs,
            directions,
            polarity,
        };
        if self.driver.start_with(words).is_ok() {
            let chip = self.chip.borrow();
            assert_eq!(chip.outputs(), outputs);
            assert_eq!(chip.directions(), directions);
            assert_eq!(chip.polarity(), polarity);
            self.unsettled = false;
        }
    }

    fn verify(&mut self) {
        match self.driver.verify() {
            Ok(found) => {
                let chip = self.chip.borrow();
                assert_eq!(found.outputs, chip.outputs());
                assert_eq!(found.directions, chip.directions());
                let state = self.driver.state();
                let outputs = state.outputs().unwrap_or(found.outputs);
                let directions = state.directions().unwrap_or(found.directions);
                assert_eq!((outputs, directions), (found.outputs, found.directions));
            }
            Err(Error::NoOutputs) => {}
            Err(_) => assert!(!self.driver.state().is_known()),
        }
    }

    fn check(&self) {
        let chip = self.chip.borrow();
        if !self.chip_forgets {
            let state = self.driver.state();
            assert!(state.outputs().is_none_or(|word| word == chip.outputs()));
            assert!(
                state
                    .directions()
                    .is_none_or(|word| word == chip.directions())
            );
            assert!(state.polarity().is_none_or(|word| word == chip.polarity()));
        }
        if !self.unsettled {
            for pin in 0..16 {
                let ordered = self.ever_high & (1 << pin) != 0;
                assert!(ordered || !chip.driven_high(pin), "pin {pin}");
            }
        }
    }
}

/// Up to three faults; lost writes only for a chip that may forget.
fn faults(bytes: &mut Bytes<'_>, chip_forgets: bool) -> FaultPlan {
    let mut plan = FaultPlan::new();
    for _ in 0..bytes.u8() & 3 {
        let choice = bytes.u8();
        let first = u64::from(bytes.u8());
        let effect = match choice & 7 {
            0 => Effect::AddressNack,
            1 => Effect::DataNack(usize::from(choice >> 6)),
            2 => Effect::BusError,
            3 => Effect::LateBusError,
            4 => Effect::Hung,
            5 if chip_forgets => Effect::WriteLost,
            6 if chip_forgets => Effect::WriteCut(usize::from(choice >> 6)),
            _ => Effect::ArbitrationLoss,
        };
        let when = match (choice >> 3) & 3 {
            0 => When::Once(first),
            1 => When::From(first),
            2 => When::Between {
                from: first,
                to: first + 3,
            },
            _ => When::Every { first, period: 5 },
        };
        plan = plan.with(Fault {
            target: Target::Any,
            when,
            effect,
        });
    }
    plan
}
