//! A bus error at each single transfer of each call, with both clients.

mod harness;

use battery_units::{Microohms, Millivolts};
use harness::{BusFault, MemoryBus, Waits};
use ina226::registers::{ina226 as r226, ina237 as r237};
use ina226::{Address, AddressPin, AlertPin, Error, Inputs, Limits, Mode, Part, Settings, Setup};

const ADDRESS: Address = Address::from_pins(AddressPin::Gnd, AddressPin::Gnd);

fn settings(part: Part) -> Settings {
    Settings::new(part, Microohms::new(2_000))
}

/// The same for ever, so that a future can hold it.
fn known(part: Part) -> &'static Settings {
    Box::leak(Box::new(settings(part)))
}

/// A chip in memory that has every register the part has, with a finished conversion.
fn chip(part: Part) -> MemoryBus {
    let bus = MemoryBus::default();
    for register in [
        0x00, 0x01, 0x02, 0x03, 0x05, 0x07, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11,
    ] {
        bus.set(register, &[0x10, 0x00]);
    }
    for register in [0x3E, 0xFE] {
        bus.set(register, &[0x54, 0x49]);
    }
    match part {
        Part::Ina226 => {
            bus.set(0x04, &[0x01, 0x00]);
            bus.set(0x06, &[0x00, 0x09]);
            bus.set(0xFF, &[0x22, 0x60]);
            // A stranger where the other family has its identity, for the scan.
            bus.set(0x3E, &[0, 0]);
            bus.set(0x3F, &[0, 0]);
        }
        Part::Ina237 => {
            for register in [0x04, 0x06, 0x07] {
                bus.set(register, &[0x10, 0x00]);
            }
            bus.set(0x08, &[0x00, 0x10, 0x00]);
            bus.set(0x0B, &[0x80, 0x03]);
            bus.set(0x3F, &[0x23, 0x71]);
        }
        _ => {
            for register in [0x04, 0x05, 0x07, 0x08] {
                bus.set(register, &[0x10, 0x00, 0x00]);
            }
            for register in [0x09, 0x0A] {
                bus.set(register, &[0, 0, 0x10, 0x00, 0x00]);
            }
            bus.set(0x06, &[0x10, 0x00]);
            bus.set(0x0B, &[0x80, 0x03]);
            bus.set(0x3F, &[0x22, 0x81]);
        }
    }
    bus
}

fn setup(part: Part) -> Setup {
    ina226::blocking::Ina2xx::new(chip(part), ADDRESS)
        .init(&settings(part))
        .unwrap()
}

/// What a call leaves known of the chip after an error.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Leaves {
    /// It only reads.
    Everything,
    /// It writes, and any of its transfers may have been the one that matters.
    Nothing,
}

/// Runs one call without a fault, then with a fault at each of its transfers, which takes effect or does not.
fn table(
    name: &str,
    part: Part,
    leaves: Leaves,
    call: impl Fn(MemoryBus, Setup) -> (Result<(), Error<BusFault>>, Option<Setup>),
) {
    let setup = setup(part);
    let bus = chip(part);
    let (answer, _) = call(bus.clone(), setup);
    assert_eq!(answer, Ok(()), "{name} without a fault");
    let transfers = bus.transfers();
    assert!(transfers > 0, "{name} makes no transfer");
    for failing in 0..transfers {
        for takes_effect in [false, true] {
            let bus = chip(part);
            bus.0.borrow_mut().failing = Some(failing);
            bus.0.borrow_mut().takes_effect = takes_effect;
            let (answer, after) = call(bus.clone(), setup);
            assert_eq!(answer, Err(Error::Bus(BusFault)), "{name} at {failing}");
            assert_eq!(
                bus.transfers(),
                failing + 1,
                "{name} went on after {failing}"
            );
            let expected = match leaves {
                Leaves::Everything => Some(setup),
                Leaves::Nothing => None,
            };
            assert_eq!(after, expected, "{name} at {failing}");
        }
    }
}

const UNDER_VOLTAGE: Limits = Limits {
    over_voltage: None,
    under_voltage: Some(Millivolts::new(24_000)),
    current_above: None,
    current_below: None,
    over_temperature: None,
    over_power: None,
};

/// The table of one client; `$wait` turns what a call returns into its answer.
macro_rules! tables {
    ($test:ident, $client:ident, $wait:path) => {
        #[test]
        fn $test() {
            use ina226::$client::Ina2xx;
            macro_rules! row {
                ($name:literal, $parts:expr, $leaves:expr, |$chip:ident, $part:ident| $call:expr) => {
                    for $part in $parts {
                        table($name, $part, $leaves, |bus, setup| {
                            let mut client = Ina2xx::resume(bus, ADDRESS, setup);
                            let $chip = &mut client;
                            let answer = $wait($call).map(|_| ());
                            (answer, client.setup())
                        });
                    }
                };
            }
            let all = [Part::Ina226, Part::Ina237, Part::Ina228];
            let warm = [Part::Ina237, Part::Ina228];
            let wide = [Part::Ina228];
            row!("init", all, Leaves::Nothing, |c, p| c.init(known(p)));
            row!("calibrate", all, Leaves::Nothing, |c, p| {
                c.calibrate(*setup(p).calibration())
            });
            row!("reset", all, Leaves::Nothing, |c, p| c.reset(p));
            row!("set_mode", all, Leaves::Nothing, |c, _p| {
                c.set_mode(Mode::Continuous(Inputs::BUS))
            });
            row!("set_alert", all, Leaves::Nothing, |c, _p| {
                c.set_alert(&UNDER_VOLTAGE, AlertPin::default())
            });
            row!("write", all, Leaves::Nothing, |c, _p| {
                c.write(r226::Configuration::POWER_ON)
            });
            row!("reading", all, Leaves::Everything, |c, _p| c.reading());
            row!("voltage_and_current", all, Leaves::Everything, |c, _p| {
                c.voltage_and_current()
            });
            row!("flags", all, Leaves::Everything, |c, _p| c.flags());
            row!("bus_voltage", all, Leaves::Everything, |c, _p| c.bus_voltage());
            row!("shunt_voltage", all, Leaves::Everything, |c, _p| c.shunt_voltage());
            row!("current", all, Leaves::Everything, |c, _p| c.current());
            row!("power", all, Leaves::Everything, |c, _p| c.power());
            row!("die_temperature", warm, Leaves::Everything, |c, _p| {
                c.die_temperature()
            });
            row!("energy", wide, Leaves::Everything, |c, _p| c.energy());
            row!("charge", wide, Leaves::Everything, |c, _p| c.charge());
            row!("clear_accumulators", wide, Leaves::Everything, |c, _p| {
                c.clear_accumulators()
            });
            row!("identity", all, Leaves::Everything, |c, p| c.identity(p));
            row!("probe", all, Leaves::Everything, |c, _p| c.probe());
            row!("alert_response", all, Leaves::Everything, |c, _p| c.alert_response());
            row!("read", all, Leaves::Everything, |c, _p| c.read::<r237::Config>());
        }
    };
}

tables!(
    a_fault_at_any_transfer_ends_the_blocking_call,
    blocking,
    std::convert::identity
);
#[cfg(feature = "async")]
tables!(
    a_fault_at_any_transfer_ends_the_async_call,
    asynch,
    harness::block_on
);

/// `verify` needs a chip that holds what `init` wrote, and a single measurement one that stays ready.
macro_rules! sequences {
    ($test:ident, $client:ident, $wait:path) => {
        #[test]
        fn $test() {
            use ina226::$client::Ina2xx;
            for part in [Part::Ina226, Part::Ina237, Part::Ina228] {
                for failing in 0..30 {
                    let bus = chip(part);
                    let mut client = Ina2xx::new(bus.clone(), ADDRESS);
                    let setup = $wait(client.init(known(part))).unwrap();
                    let before = bus.transfers();
                    bus.0.borrow_mut().failing = Some(before + failing);
                    let answer = $wait(client.verify(known(part)));
                    let made = bus.transfers() - before;
                    if made <= failing {
                        assert_eq!(answer, Ok(()));
                    } else {
                        assert_eq!(answer, Err(Error::Bus(BusFault)));
                        assert_eq!(made, failing + 1);
                    }
                    assert_eq!(client.setup(), Some(setup));
                }
                for failing in 0..5 {
                    let bus = chip(part);
                    let setup = setup(part);
                    bus.0.borrow_mut().failing = Some(failing);
                    let mut client = Ina2xx::resume(bus.clone(), ADDRESS, setup);
                    let answer = $wait(client.measure_once_and_wait(&mut Waits::default()));
                    if failing < 4 {
                        assert_eq!(answer.map(|_| ()), Err(Error::Bus(BusFault)));
                        assert_eq!(bus.transfers(), failing + 1);
                    } else {
                        assert!(answer.is_ok());
                        assert_eq!(bus.transfers(), 4);
                    }
                    assert_eq!(client.setup().is_none(), failing == 0);
                }
            }
        }
    };
}

sequences!(
    a_fault_in_a_sequence_ends_it_blocking,
    blocking,
    std::convert::identity
);
#[cfg(feature = "async")]
sequences!(
    a_fault_in_a_sequence_ends_it_async,
    asynch,
    harness::block_on
);

#[test]
fn a_single_measurement_waits_a_bounded_time() {
    let bus = chip(Part::Ina226);
    bus.set(0x06, &[0x00, 0x01]);
    let mut waits = Waits::default();
    let answer = ina226::blocking::Ina2xx::resume(bus.clone(), ADDRESS, setup(Part::Ina226))
        .measure_once_and_wait(&mut waits);
    assert_eq!(answer.map(|_| ()), Err(Error::NotReady { found: 0x0001 }));
    // 16 averages of 2.2 ms and 10 %, then an eighth four times.
    assert_eq!(waits.0, [38_720, 4_400, 4_400, 4_400, 4_400]);
    // The mode, and the flags five times.
    assert_eq!(bus.transfers(), 6);
    assert_eq!(bus.word(0x00), 0x4523);
}

#[test]
fn a_pair_costs_ten_bytes_and_a_full_reading_fifteen() {
    let setup = setup(Part::Ina226);
    let bus = chip(Part::Ina226);
    let mut client = ina226::blocking::Ina2xx::resume(bus.clone(), ADDRESS, setup);
    client.voltage_and_current().unwrap();
    // The mock counts one address byte an operation, as on the wire.
    assert_eq!((bus.transfers(), bus.0.borrow().bytes), (2, 10));
    client.reading().unwrap();
    assert_eq!((bus.transfers(), bus.0.borrow().bytes), (5, 25));
}
