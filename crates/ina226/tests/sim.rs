//! Against the simulated chips of battery-sim, which nobody wrote from this driver.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use battery_sim::{Chip, Ina226, Ina237, Model237, SimBus};
use battery_units::{Microohms, MilliCelsius, Milliamps, Millivolts};
use embedded_hal::delay::DelayNs;
use ina226::blocking::Ina2xx;
use ina226::{
    Address, AlertPolarity, Averaging, ConversionTime, Error, Flags, Part, Settings, Wiring,
};

#[path = "../examples/ina226_blocking.rs"]
#[allow(dead_code)] // its `main`, which has a scripted bus
mod blocking_example;

#[cfg(feature = "async")]
mod harness;

#[cfg(feature = "async")]
#[path = "../examples/ina226_asynchronous.rs"]
#[allow(dead_code)] // as above
mod asynchronous_example;

const ADDRESS: u8 = 0x40;
const SHUNT_OHM: f64 = 0.002;

/// One text for both families of simulated chips.
trait Bench {
    fn inputs(&self, volts: f64, amps: f64);
    fn power(&self, on: bool);
    fn wait(&self, milliseconds: u64);
    fn alert(&self) -> bool;
}

impl Bench for Rc<RefCell<Ina226>> {
    fn inputs(&self, volts: f64, amps: f64) {
        self.borrow_mut().set_bus_voltage(volts);
        self.borrow_mut().set_shunt_voltage(amps * SHUNT_OHM);
    }

    fn power(&self, on: bool) {
        self.borrow_mut().set_powered(on);
    }

    fn wait(&self, milliseconds: u64) {
        self.borrow_mut().tick(Duration::from_millis(milliseconds));
    }

    fn alert(&self) -> bool {
        self.borrow().alert_asserted()
    }
}

impl Bench for Rc<RefCell<Ina237>> {
    fn inputs(&self, volts: f64, amps: f64) {
        self.borrow_mut().set_bus_voltage(volts);
        self.borrow_mut().set_shunt_voltage(amps * SHUNT_OHM);
    }

    fn power(&self, on: bool) {
        self.borrow_mut().set_powered(on);
    }

    fn wait(&self, milliseconds: u64) {
        self.borrow_mut().tick(Duration::from_millis(milliseconds));
    }

    fn alert(&self) -> bool {
        self.borrow().alert_asserted()
    }
}

fn benches() -> Vec<(Part, Box<dyn Bench>, Ina2xx<SimBus>)> {
    let mut all: Vec<(Part, Box<dyn Bench>, Ina2xx<SimBus>)> = Vec::new();
    let address = Address::new(ADDRESS).unwrap();
    let chip = Rc::new(RefCell::new(Ina226::new()));
    let bus = SimBus::new(400_000);
    bus.place(ADDRESS, chip.clone());
    all.push((Part::Ina226, Box::new(chip), Ina2xx::new(bus, address)));
    for (part, model) in [
        (Part::Ina237, Model237::Ina237),
        (Part::Ina238, Model237::Ina238),
    ] {
        let chip = Rc::new(RefCell::new(Ina237::new(model)));
        let bus = SimBus::new(400_000);
        bus.place(ADDRESS, chip.clone());
        all.push((part, Box::new(chip), Ina2xx::new(bus, address)));
    }
    all
}

fn settings(part: Part) -> Settings {
    Settings::new(part, Microohms::new(2_000))
}

#[test]
fn a_started_chip_measures_what_is_there() {
    for (part, bench, mut chip) in benches() {
        bench.inputs(26.4, -12.5);
        chip.init(&settings(part)).unwrap();
        bench.wait(40);
        let reading = chip.reading().unwrap();
        assert!(reading.flags.conversion_ready(), "{part}");
        let volts = reading.voltage.to_microvolts().get();
        assert!((volts - 26_400_000).abs() <= 3_125, "{part}: {volts}");
        let amps = reading.current.to_milliamps().get();
        assert!((amps + 12_500).abs() <= 3, "{part}: {amps}");
        // Its own Current register agrees.
        let own = chip.current().unwrap();
        assert_eq!(own.counts(), reading.current.counts(), "{part}");
        let watts = chip.power().unwrap().to_milliwatts().get();
        assert!((watts - 330_000).abs() < 500, "{part}: {watts}");
        // Nothing is new until the next cycle.
        assert!(!chip.reading().unwrap().flags.conversion_ready(), "{part}");
        bench.wait(40);
        assert!(chip.reading().unwrap().flags.conversion_ready(), "{part}");
        assert_eq!(chip.probe(), Ok(Some(part)));
        chip.verify(&settings(part)).unwrap();
    }
}

#[test]
fn a_brown_out_is_an_error_until_the_next_init() {
    for (part, bench, mut chip) in benches() {
        bench.inputs(26.4, 10.0);
        chip.init(&settings(part)).unwrap();
        bench.wait(40);
        chip.reading().unwrap();
        bench.power(false);
        assert!(matches!(chip.reading(), Err(Error::Bus(_))), "{part}");
        bench.power(true);
        bench.wait(40);
        for _ in 0..3 {
            assert!(
                matches!(chip.reading(), Err(Error::ChipReset { .. })),
                "{part}"
            );
        }
        chip.init(&settings(part)).unwrap();
        bench.wait(40);
        assert_eq!(
            chip.reading().unwrap().current.to_milliamps(),
            Milliamps::new(10_000)
        );
    }
}

#[test]
fn another_chip_at_the_address_is_refused() {
    for (part, _, mut chip) in benches() {
        for other in [Part::Ina226, Part::Ina237, Part::Ina238, Part::Ina228] {
            let answer = chip.init(&settings(other));
            assert_eq!(
                answer.is_ok(),
                other == part,
                "{part} as {other}: {answer:?}"
            );
        }
    }
}

#[test]
fn a_current_beyond_the_range_is_not_a_value() {
    for (part, bench, mut chip) in benches() {
        chip.init(&settings(part)).unwrap();
        for amps in [200.0, -200.0] {
            bench.inputs(26.4, amps);
            // The old cycle, and a whole new one.
            bench.wait(80);
            let answer = chip.reading();
            let Err(Error::OverRange(reading)) = answer else {
                panic!("{part}: {answer:?}");
            };
            assert!(reading.flags.contains(Flags::CURRENT_SATURATED), "{part}");
        }
        bench.inputs(26.4, 1.0);
        bench.wait(80);
        assert_eq!(
            chip.reading().unwrap().current.to_milliamps(),
            Milliamps::new(1_000)
        );
    }
}

#[test]
fn limits_fire_where_they_were_set_in_both_wirings() {
    for wiring in [Wiring::Direct, Wiring::Reversed] {
        let sign = if wiring == Wiring::Direct { 1.0 } else { -1.0 };
        for (part, bench, mut chip) in benches() {
            let mut settings = settings(part);
            settings.wiring = wiring;
            settings.averaging = Averaging::X1;
            settings.limits.current_above = Some(Milliamps::new(30_000));
            bench.inputs(26.4, 29.0 * sign);
            chip.init(&settings).unwrap();
            bench.wait(20);
            assert!(!chip.reading().unwrap().flags.alert(), "{part}");
            bench.inputs(26.4, 31.0 * sign);
            bench.wait(20);
            assert!(bench.alert(), "{part}");
            // Latched: it stays although the current is gone, and leaves with the flags.
            bench.inputs(26.4, 0.0);
            bench.wait(20);
            assert!(bench.alert(), "{part}");
            let flags = chip.reading().unwrap().flags;
            assert!(
                flags.contains(Flags::ALERT | Flags::CURRENT_ABOVE),
                "{part}: {flags:?}"
            );
            bench.wait(20);
            assert!(!chip.reading().unwrap().flags.alert(), "{part}");
            assert!(!bench.alert(), "{part}");
        }
    }
}

#[test]
fn an_over_voltage_limit_of_an_ina226_alone_fires_too() {
    for (part, bench, mut chip) in benches() {
        let mut settings = settings(part);
        settings.limits.over_voltage = Some(Millivolts::new(30_000));
        settings.alert.polarity = AlertPolarity::ActiveHigh;
        bench.inputs(31.0, 0.0);
        chip.init(&settings).unwrap();
        bench.wait(80);
        let flags = chip.reading().unwrap().flags;
        assert!(
            flags.contains(Flags::ALERT | Flags::OVER_VOLTAGE),
            "{part}: {flags:?}"
        );
    }
}

/// Waiting is time for the chip.
struct Clock<'a>(&'a dyn Bench);

impl DelayNs for Clock<'_> {
    fn delay_ns(&mut self, ns: u32) {
        self.0.wait(u64::from(ns) / 1_000_000 + 1);
    }
}

#[test]
fn one_measurement_at_a_time() {
    for (part, bench, mut chip) in benches() {
        chip.init(&settings(part)).unwrap();
        for amps in [5.0, -5.0] {
            bench.inputs(20.0, amps);
            let reading = chip
                .measure_once_and_wait(&mut Clock(bench.as_ref()))
                .unwrap();
            assert_eq!(reading.voltage.to_millivolts(), Millivolts::new(20_000));
            let expected = Milliamps::new(if amps > 0.0 { 5_000 } else { -5_000 });
            assert_eq!(reading.current.to_milliamps(), expected, "{part}");
            // Idle: nothing new comes.
            bench.wait(200);
            assert!(!chip.reading().unwrap().flags.conversion_ready(), "{part}");
        }
    }
}

#[test]
fn the_die_temperature_is_read_where_it_is_measured() {
    let chip = Rc::new(RefCell::new(Ina237::new(Model237::Ina237)));
    chip.borrow_mut().set_die_temperature(-12.5);
    let bus = SimBus::new(400_000);
    bus.place(ADDRESS, chip.clone());
    let mut client = Ina2xx::new(bus, Address::new(ADDRESS).unwrap());
    let mut settings = settings(Part::Ina237);
    settings.mode = ina226::Mode::Continuous(ina226::Inputs::all());
    settings.temperature_time = ConversionTime::Us540;
    client.init(&settings).unwrap();
    chip.wait(80);
    assert_eq!(client.die_temperature(), Ok(MilliCelsius::new(-12_500)));
}

#[test]
fn the_blocking_example_reads_the_simulated_chip() {
    let chip = Rc::new(RefCell::new(Ina226::new()));
    let bus = SimBus::new(400_000);
    bus.place(ADDRESS, chip.clone());
    chip.inputs(26.48, 2.5);
    let mut client = blocking_example::start(bus.clone()).unwrap();
    chip.wait(40);
    let reading = blocking_example::look(&mut client).unwrap();
    assert_eq!(reading.voltage.to_millivolts(), Millivolts::new(26_480));
    assert_eq!(reading.current.to_milliamps(), Milliamps::new(2_500));
    assert!(reading.flags.conversion_ready());

    chip.power(false);
    let answer = blocking_example::look(&mut client);
    assert!(matches!(answer, Err(Error::Bus(_))), "{answer:?}");
    chip.power(true);
    chip.borrow_mut().set_identity(0x190F, 0x0000);
    let answer = blocking_example::start(bus).map(drop);
    assert!(
        matches!(answer, Err(Error::WrongDevice { .. })),
        "{answer:?}"
    );
}

#[cfg(feature = "async")]
#[test]
fn the_asynchronous_example_reads_the_simulated_chip() {
    let chip = Rc::new(RefCell::new(Ina237::new(Model237::Ina237)));
    let bus = SimBus::new(400_000);
    bus.place(0x41, chip.clone());
    // Reversed wiring: a voltage at the shunt below zero is a battery that charges.
    for (volts, amps, alert) in [(26.25, -3.0, false), (30.5, 7.0, true)] {
        chip.inputs(volts, amps);
        let setup = harness::block_on(asynchronous_example::start(bus.clone())).unwrap();
        chip.wait(80);
        let look = asynchronous_example::look(bus.clone(), setup);
        let reading = harness::block_on(look).unwrap();
        let millivolts = reading.voltage.to_millivolts().get();
        assert!((f64::from(millivolts) - volts * 1_000.0).abs() <= 3.125);
        let expected = Milliamps::new(if amps < 0.0 { 3_000 } else { -7_000 });
        assert_eq!(reading.current.to_milliamps(), expected);
        assert!(reading.flags.conversion_ready());
        assert_eq!(reading.flags.contains(Flags::OVER_VOLTAGE), alert);
    }
}
