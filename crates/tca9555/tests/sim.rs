//! The driver on the simulated chip, which was written from the data sheet by somebody else.

mod harness;

use std::cell::RefCell;
use std::rc::Rc;

use battery_sim::{Chip, Level, SimBus, Variant};
use tca9555::{Address, Error, Pin, State, Watch, Words};

#[path = "../examples/tca9555_blocking.rs"]
#[allow(dead_code)] // its `main`, which has a scripted bus
mod blocking_example;

#[cfg(feature = "async")]
#[path = "../examples/tca9555_asynchronous.rs"]
#[allow(dead_code)] // as above
mod asynchronous_example;

type Twin = battery_sim::Tca9555;

const VARIANTS: [Variant; 4] = [
    Variant::Tca9555,
    Variant::Tca9535,
    Variant::Pca9555,
    Variant::Pca9535,
];

fn bench(variant: Variant) -> (SimBus, Rc<RefCell<Twin>>) {
    let bus = SimBus::new(400_000);
    let twin = Rc::new(RefCell::new(Twin::new(variant)));
    bus.place(0x20, twin.clone());
    (bus, twin)
}

/// One text of the tests for both clients; `$finish` ends a call.
macro_rules! both {
    ($module:ident, $finish:path) => {
        mod $module {
            use super::*;
            use tca9555::$module::Tca9555;

            #[test]
            fn a_start_drives_what_was_ordered_and_nothing_else() {
                for variant in VARIANTS {
                    let (bus, twin) = bench(variant);
                    let mut chip = Tca9555::new(bus, Address::DEFAULT);
                    $finish(chip.start(0x0009, 0x00F0)).unwrap();
                    let twin = twin.borrow();
                    assert_eq!((twin.outputs(), twin.directions()), (0x0009, 0x00F0));
                    for pin in 0..16 {
                        assert_eq!(twin.driven_high(pin), pin == 0 || pin == 3);
                    }
                }
            }

            #[test]
            fn a_power_cut_is_an_error_then_a_reset_then_healed() {
                let (bus, twin) = bench(Variant::Tca9535);
                let mut chip = Tca9555::new(bus, Address::DEFAULT);
                $finish(chip.start(0x0009, 0x00F0)).unwrap();
                twin.borrow_mut().set_powered(false);
                let answer = $finish(chip.verify());
                assert!(matches!(answer, Err(Error::Bus(_))), "{answer:?}");
                twin.borrow_mut().set_powered(true);
                assert_eq!($finish(chip.verify()).map(drop), Err(Error::Reset));
                $finish(chip.write_outputs(0)).unwrap();
                assert_eq!(twin.borrow().directions(), 0x00F0);
                assert_eq!(twin.borrow().outputs(), 0);
            }

            #[test]
            fn a_controller_that_restarted_takes_the_running_chip_over() {
                let (bus, twin) = bench(Variant::Tca9535);
                let mut chip = Tca9555::new(bus.clone(), Address::DEFAULT);
                $finish(chip.start(0x0009, 0x00F0)).unwrap();
                let mut chip = Tca9555::new(bus, Address::DEFAULT);
                let found = $finish(chip.take_over()).unwrap();
                assert_ne!(found, Words::POWER_ON);
                assert_eq!((found.outputs, found.directions), (0x0009, 0x00F0));
                $finish(chip.set_pin(Pin::P01, true)).unwrap();
                assert_eq!(twin.borrow().outputs(), 0x000B);
            }

            #[test]
            fn healthy_outputs_are_not_called_stuck() {
                let (bus, twin) = bench(Variant::Tca9535);
                let mut chip = Tca9555::new(bus, Address::DEFAULT);
                $finish(chip.start(0x0009, 0x00F0)).unwrap();
                twin.borrow_mut().set_pin(4, Level::High);
                assert_eq!($finish(chip.stuck_outputs()), Ok(0));
            }

            #[test]
            fn a_parked_pointer_keeps_the_line_low_while_other_chips_are_read() {
                let (bus, twin) = bench(Variant::Pca9555);
                let other = Rc::new(RefCell::new(Twin::new(Variant::Tca9535)));
                bus.place(0x21, other);
                let mut chip = Tca9555::new(bus.clone(), Address::DEFAULT);
                let mut other = Tca9555::new(bus, Address::from_pins(false, false, true));
                for (mut watch, kept) in [
                    (Watch::new(1000), true),
                    (Watch::new(1000).without_parking(), false),
                ] {
                    twin.borrow_mut().set_pin(4, Level::High);
                    $finish(chip.read_changes(&mut watch, 0)).unwrap();
                    twin.borrow_mut().set_pin(4, Level::Low);
                    assert!(twin.borrow().int_asserted());
                    $finish(other.read_inputs()).unwrap();
                    assert_eq!(twin.borrow().int_asserted(), kept);
                }
            }

            #[test]
            fn the_interrupt_line_reports_a_change_and_is_quiet_after_the_read() {
                for variant in VARIANTS {
                    let (bus, twin) = bench(variant);
                    for pin in 0..16 {
                        twin.borrow_mut().set_pin(pin, Level::High);
                    }
                    let mut chip =
                        Tca9555::resume(bus, Address::DEFAULT, State::known(Words::POWER_ON));
                    let mut watch = Watch::new(1000);
                    $finish(chip.poll(&mut watch, false, 0)).unwrap();
                    assert!(!twin.borrow().int_asserted());
                    twin.borrow_mut().set_pin(4, Level::Low);
                    twin.borrow_mut().set_pin(12, Level::Low);
                    let low = twin.borrow().int_asserted();
                    assert!(low);
                    let report = $finish(chip.poll(&mut watch, low, 1)).unwrap().unwrap();
                    assert_eq!((report.fell, report.rose), (0x1010, 0));
                    let low = twin.borrow().int_asserted();
                    assert!(!low);
                    assert_eq!($finish(chip.poll(&mut watch, low, 2)), Ok(None));
                }
            }

            #[test]
            fn inverted_inputs_read_the_other_way_round() {
                let (bus, twin) = bench(Variant::Tca9535);
                for pin in 0..16 {
                    twin.borrow_mut().set_pin(pin, Level::Low);
                }
                let mut chip = Tca9555::new(bus, Address::DEFAULT);
                $finish(chip.start_with(Words {
                    outputs: 0,
                    directions: 0x00FF,
                    polarity: 0x00F0,
                }))
                .unwrap();
                assert_eq!($finish(chip.read_inputs()).unwrap() & 0x00FF, 0x00F0);
                assert_eq!($finish(chip.read_pin(Pin::P04)), Ok(true));
                assert_eq!($finish(chip.read_pin(Pin::P03)), Ok(false));
            }

            #[test]
            fn an_address_where_nobody_lives_is_a_bus_error() {
                let (bus, _) = bench(Variant::Tca9535);
                let mut chip = Tca9555::new(bus, Address::from_pins(false, false, true));
                let answer = $finish(chip.start(0, 0xFFFF));
                assert!(matches!(answer, Err(Error::Bus(_))), "{answer:?}");
            }
        }
    };
}

/// The blocking client's "end of a call".
fn at_once<T>(answer: T) -> T {
    answer
}

both!(blocking, at_once);
#[cfg(feature = "async")]
both!(asynch, harness::block_on);

#[test]
fn the_blocking_example_switches_the_simulated_chip_and_sees_its_power_cut() {
    for variant in VARIANTS {
        let (bus, twin) = bench(variant);
        // Alerts are low when active: P05 is, the other three are not.
        for (pin, level) in [
            (4, Level::High),
            (5, Level::Low),
            (6, Level::High),
            (7, Level::High),
        ] {
            twin.borrow_mut().set_pin(pin, level);
        }
        let mut chip = blocking_example::start(bus).unwrap();
        for pin in 0..16 {
            assert!(!twin.borrow().driven_high(pin), "{variant:?} pin {pin}");
        }
        assert_eq!(blocking_example::tick(&mut chip, 0x0008), Ok(0x0020));
        for pin in 0..16 {
            assert_eq!(
                twin.borrow().driven_high(pin),
                pin == 3,
                "{variant:?} pin {pin}"
            );
        }
        twin.borrow_mut().set_powered(false);
        twin.borrow_mut().set_powered(true);
        assert_eq!(blocking_example::tick(&mut chip, 0x0008), Err(Error::Reset));
        assert_eq!(blocking_example::tick(&mut chip, 0x0000), Ok(0x0020));
        assert_eq!(
            (twin.borrow().outputs(), twin.borrow().directions()),
            (0, 0x00F0)
        );
    }
}

#[cfg(feature = "async")]
mod the_line_of_the_simulated_chip {
    use super::*;
    use core::convert::Infallible;
    use embedded_hal_async::digital::Wait;

    /// The INT line of a twin. While somebody waits for it, P06 is pulled low.
    struct Line(Rc<RefCell<Twin>>);

    impl embedded_hal::digital::ErrorType for Line {
        type Error = Infallible;
    }

    impl Wait for Line {
        async fn wait_for_low(&mut self) -> Result<(), Infallible> {
            assert!(!self.0.borrow().int_asserted(), "nothing has changed yet");
            self.0.borrow_mut().set_pin(6, Level::Low);
            assert!(self.0.borrow().int_asserted(), "the chip tells a change");
            Ok(())
        }

        async fn wait_for_high(&mut self) -> Result<(), Infallible> {
            panic!("the line is low when active")
        }

        async fn wait_for_rising_edge(&mut self) -> Result<(), Infallible> {
            panic!("edges of the line get lost")
        }

        async fn wait_for_falling_edge(&mut self) -> Result<(), Infallible> {
            panic!("edges of the line get lost")
        }

        async fn wait_for_any_edge(&mut self) -> Result<(), Infallible> {
            panic!("edges of the line get lost")
        }
    }

    #[test]
    fn tells_the_asynchronous_example_which_pin_fell() {
        for variant in VARIANTS {
            let (bus, twin) = bench(variant);
            twin.borrow_mut().set_pins(0x00F0);
            let mut chip = tca9555::asynch::Tca9555::new(bus, Address::DEFAULT);
            let mut line = Line(twin.clone());
            let change = asynchronous_example::first_change(&mut chip, &mut line);
            let change = harness::block_on(change).unwrap();
            assert_eq!(
                (change.inputs, change.rose, change.fell),
                (0x00B0, 0, 0x0040)
            );
            assert!(!twin.borrow().int_asserted(), "{variant:?}: served");
        }
    }
}
