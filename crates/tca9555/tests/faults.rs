//! A bus error at each single transfer of each call, both clients.
//!
//! Whatever the error: it is told, nothing more is sent, the state is unknown, no pin is ever driven at a level nobody
//! ordered, and the next call leaves the chip exactly as ordered.

mod harness;

use harness::{BusFault, Fault, MemoryBus};
use tca9555::{Address, Error, Pin, State, Watch, Words};

/// State of the chip before each call.
const BEFORE: Words = Words {
    outputs: 0x0A0A,
    directions: 0x00F0,
    polarity: 0x0030,
};

/// What the call after the error orders.
const NEXT: u16 = 0x0C0C;

/// A call, its transfers and the words that must be in the chip after it, or after the next one if it failed.
struct Row {
    name: &'static str,
    transfers: usize,
    outputs: u16,
    directions: u16,
    polarity: u16,
}

const fn row(name: &'static str, transfers: usize, words: (u16, u16, u16)) -> Row {
    Row {
        name,
        transfers,
        outputs: words.0,
        directions: words.1,
        polarity: words.2,
    }
}

/// Written by hand: this is what the documentation of each call promises.
const ROWS: [Row; 25] = [
    row("start", 6, (0x0505, 0x00E0, 0)),
    row("start_with", 6, (0x0505, 0x00E0, 0x0010)),
    row("start_unverified", 3, (0x0505, 0x00E0, 0x0010)),
    row("take_over", 3, (0x0A0A, 0x00F0, 0x0030)),
    row("write_outputs", 1, (0x0505, 0x00F0, 0x0030)),
    row("all_low", 1, (0, 0x00F0, 0x0030)),
    row("modify_outputs", 1, (0x0A0D, 0x00F0, 0x0030)),
    row("toggle_outputs", 1, (0x8A0B, 0x00F0, 0x0030)),
    row("write_directions", 1, (0x0A0A, 0x80F0, 0x0030)),
    row("write_polarity", 1, (0x0A0A, 0x00F0, 0x00F0)),
    row("set_pin", 1, (0x0A0B, 0x00F0, 0x0030)),
    row("toggle_pin", 1, (0x0A0B, 0x00F0, 0x0030)),
    row("make_output", 2, (0x0A4A, 0x00B0, 0x0030)),
    row("make_input", 1, (0x0A0A, 0x08F0, 0x0030)),
    row("read_inputs", 1, (0x0A0A, 0x00F0, 0x0030)),
    row("read_inputs_and_park", 2, (0x0A0A, 0x00F0, 0x0030)),
    row("read_pin", 1, (0x0A0A, 0x00F0, 0x0030)),
    row("read_outputs", 1, (0x0A0A, 0x00F0, 0x0030)),
    row("read_directions", 1, (0x0A0A, 0x00F0, 0x0030)),
    row("read_polarity", 1, (0x0A0A, 0x00F0, 0x0030)),
    row("read_back", 2, (0x0A0A, 0x00F0, 0x0030)),
    row("verify", 2, (0x0A0A, 0x00F0, 0x0030)),
    row("verify_outputs", 1, (0x0A0A, 0x00F0, 0x0030)),
    row("stuck_outputs", 1, (0x0A0A, 0x00F0, 0x0030)),
    row("read_changes", 2, (0x0A0A, 0x00F0, 0x0030)),
];

/// Faults that the bus reports, and what they leave behind in the chip.
const FAULTS: [Fault; 6] = [
    Fault::NoAnswer,
    Fault::RefusedByte(0),
    Fault::RefusedByte(1),
    Fault::RefusedByte(2),
    Fault::LateFailure,
    Fault::Reset,
];

fn started() -> Words {
    Words {
        outputs: 0x0505,
        directions: 0x00E0,
        polarity: 0x0010,
    }
}

type Answer = Result<(), Error<BusFault>>;

/// One text of the calls for both clients; `$finish` ends a call.
macro_rules! calls {
    ($module:ident, $finish:path) => {
        mod $module {
            use super::*;
            use tca9555::$module::Tca9555;

            fn call(chip: &mut Tca9555<MemoryBus>, name: &str) -> Answer {
                let pin = Pin::P00;
                match name {
                    "start" => $finish(chip.start(0x0505, 0x00E0)),
                    "start_with" => $finish(chip.start_with(started())),
                    "start_unverified" => $finish(chip.start_unverified(started())),
                    "take_over" => $finish(chip.take_over()).map(drop),
                    "write_outputs" => $finish(chip.write_outputs(0x0505)),
                    "all_low" => $finish(chip.all_low()),
                    "modify_outputs" => $finish(chip.modify_outputs(0x000F, 0x000D)),
                    "toggle_outputs" => $finish(chip.toggle_outputs(0x8001)),
                    "write_directions" => $finish(chip.write_directions(0x80F0)),
                    "write_polarity" => $finish(chip.write_polarity(0x00F0)),
                    "set_pin" => $finish(chip.set_pin(pin, true)),
                    "toggle_pin" => $finish(chip.toggle_pin(pin)),
                    "make_output" => $finish(chip.make_output(Pin::P06, true)),
                    "make_input" => $finish(chip.make_input(Pin::P13)),
                    "read_inputs" => $finish(chip.read_inputs()).map(drop),
                    "read_inputs_and_park" => $finish(chip.read_inputs_and_park()).map(drop),
                    "read_pin" => $finish(chip.read_pin(pin)).map(drop),
                    "read_outputs" => $finish(chip.read_outputs()).map(drop),
                    "read_directions" => $finish(chip.read_directions()).map(drop),
                    "read_polarity" => $finish(chip.read_polarity()).map(drop),
                    "read_back" => $finish(chip.read_back()).map(drop),
                    "verify" => $finish(chip.verify()).map(drop),
                    "verify_outputs" => $finish(chip.verify_outputs()).map(drop),
                    "stuck_outputs" => $finish(chip.stuck_outputs()).map(drop),
                    "read_changes" => $finish(chip.read_changes(&mut Watch::new(100), 0)).map(drop),
                    other => panic!("no call {other}"),
                }
            }

            fn running() -> (MemoryBus, Tca9555<MemoryBus>) {
                let bus = MemoryBus::new();
                let mut chip = Tca9555::new(bus.clone(), Address::DEFAULT);
                $finish(chip.start_with(BEFORE)).unwrap();
                bus.plan(None);
                (bus, chip)
            }

            #[test]
            fn each_call_makes_the_transfers_it_promises() {
                for row in ROWS {
                    let (bus, mut chip) = running();
                    assert_eq!(call(&mut chip, row.name), Ok(()), "{}", row.name);
                    let memory = bus.0.borrow();
                    assert_eq!(memory.transfers, row.transfers, "{}", row.name);
                    assert_eq!(memory.outputs(), row.outputs, "{}", row.name);
                    assert_eq!(memory.directions(), row.directions, "{}", row.name);
                    assert_eq!(memory.polarity(), row.polarity, "{}", row.name);
                    assert!(chip.state().is_known(), "{}", row.name);
                    check_copy(&chip.state(), &memory, row.name);
                }
            }

            #[test]
            fn an_error_at_each_transfer_is_told_and_healed_by_the_next_call() {
                let mut cases = 0;
                for row in ROWS {
                    for at in 0..row.transfers {
                        for fault in FAULTS {
                            let place = format!("{} transfer {at} {fault:?}", row.name);
                            let (bus, mut chip) = running();
                            bus.plan(Some((at, fault)));
                            let answer = call(&mut chip, row.name);
                            assert_eq!(answer, Err(Error::Bus(BusFault)), "{place}");
                            assert_eq!(bus.0.borrow().transfers, at + 1, "{place}");
                            assert_unknown(&chip.state(), &place);

                            $finish(chip.write_outputs(NEXT)).unwrap();
                            let memory = bus.0.borrow();
                            assert_eq!(memory.outputs(), NEXT, "{place}");
                            // An order that came after the transfer that failed was never given.
                            let directions = if (row.name, at) == ("make_output", 0) {
                                BEFORE.directions
                            } else {
                                row.directions
                            };
                            assert_eq!(memory.directions(), directions, "{place}");
                            assert_eq!(memory.polarity(), row.polarity, "{place}");
                            check_copy(&chip.state(), &memory, &place);
                            let levels = BEFORE.outputs | row.outputs | NEXT;
                            let driven = !(BEFORE.directions & row.directions);
                            check_moments(&memory, levels, driven, &place);
                            cases += 1;
                        }
                    }
                }
                assert_eq!(cases, 44 * 6, "every transfer of every call was looked at");
            }

            #[test]
            fn a_second_error_while_everything_is_written_is_told_too() {
                for at in 0..6 {
                    for fault in FAULTS {
                        let place = format!("transfer {at} {fault:?}");
                        let (bus, mut chip) = running();
                        bus.plan(Some((0, Fault::Reset)));
                        assert!($finish(chip.write_outputs(0x0505)).is_err());
                        bus.plan(Some((at, fault)));
                        let answer = $finish(chip.write_outputs(NEXT));
                        assert_eq!(answer, Err(Error::Bus(BusFault)), "{place}");
                        assert_unknown(&chip.state(), &place);
                        assert_eq!($finish(chip.write_outputs(NEXT)), Ok(()), "{place}");
                        let memory = bus.0.borrow();
                        assert_eq!(memory.outputs(), NEXT, "{place}");
                        assert_eq!(memory.directions(), BEFORE.directions, "{place}");
                        let levels = BEFORE.outputs | 0x0505 | NEXT;
                        check_moments(&memory, levels, !BEFORE.directions, &place);
                    }
                }
            }

            #[test]
            fn a_lost_output_write_drives_nothing_at_a_start() {
                let bus = MemoryBus::new();
                let mut chip = Tca9555::new(bus.clone(), Address::DEFAULT);
                bus.plan(Some((0, Fault::Lost)));
                let answer = $finish(chip.start(0, 0));
                assert!(matches!(answer, Err(Error::Mismatch { .. })), "{answer:?}");
                assert_eq!(bus.0.borrow().directions(), 0xFFFF);
                assert!(bus.0.borrow().moments.is_empty());
            }

            #[test]
            fn a_lost_output_write_drives_nothing_after_an_error() {
                let (bus, mut chip) = running();
                bus.plan(Some((0, Fault::Reset)));
                assert!($finish(chip.write_outputs(0)).is_err());
                bus.plan(Some((0, Fault::Lost)));
                let answer = $finish(chip.write_outputs(0));
                assert!(matches!(answer, Err(Error::Mismatch { .. })), "{answer:?}");
                assert_eq!(bus.0.borrow().directions(), 0xFFFF);
            }

            #[test]
            fn a_lost_write_is_found_by_the_next_verify() {
                let (bus, mut chip) = running();
                bus.plan(Some((0, Fault::Lost)));
                assert_eq!($finish(chip.write_outputs(0x0505)), Ok(()));
                let answer = $finish(chip.verify());
                assert!(matches!(answer, Err(Error::Mismatch { .. })), "{answer:?}");
                assert_unknown(&chip.state(), "after the mismatch");
            }

            #[test]
            fn a_reset_between_two_calls_is_found_by_the_next_verify() {
                let (bus, mut chip) = running();
                bus.0.borrow_mut().reset();
                assert_eq!($finish(chip.verify()).map(drop), Err(Error::Reset));
                assert_eq!($finish(chip.write_outputs(0)), Ok(()));
                let memory = bus.0.borrow();
                assert_eq!((memory.outputs(), memory.directions()), (0, 0x00F0));
                check_moments(&memory, 0, !BEFORE.directions, "after the reset");
            }

            #[test]
            fn changes_pile_up_until_a_call_has_reported_them() {
                let (bus, mut chip) = running();
                let mut watch = Watch::new(100);
                bus.set_inputs(0x0010);
                $finish(chip.poll(&mut watch, false, 0)).unwrap();
                for inputs in [0x0020, 0x0040, 0x0010] {
                    bus.set_inputs(inputs);
                    bus.plan(Some((1, Fault::NoAnswer)));
                    assert!($finish(chip.poll(&mut watch, true, 1)).is_err());
                }
                bus.plan(None);
                let report = $finish(chip.poll(&mut watch, false, 2)).unwrap().unwrap();
                assert_eq!(
                    (report.inputs, report.rose, report.fell),
                    (0x0010, 0x0070, 0x0070)
                );
                let report = $finish(chip.poll(&mut watch, true, 3)).unwrap().unwrap();
                assert!(!report.any(), "reported once");
            }

            #[test]
            fn a_pin_that_rose_and_fell_twice_before_a_report_is_reported_once_each_way() {
                let (bus, mut chip) = running();
                let mut watch = Watch::new(100);
                bus.set_inputs(0x0000);
                $finish(chip.poll(&mut watch, false, 0)).unwrap();
                for inputs in [0x0010, 0x0000, 0x0010, 0x0000] {
                    bus.set_inputs(inputs);
                    bus.plan(Some((1, Fault::NoAnswer)));
                    assert!($finish(chip.poll(&mut watch, true, 1)).is_err());
                }
                bus.plan(None);
                let report = $finish(chip.poll(&mut watch, false, 2)).unwrap().unwrap();
                assert_eq!(
                    (report.inputs, report.rose, report.fell),
                    (0, 0x0010, 0x0010)
                );
            }

            #[test]
            fn a_change_that_was_read_is_reported_after_a_failed_parking() {
                let (bus, mut chip) = running();
                let mut watch = Watch::new(100);
                bus.set_inputs(0x00F0);
                let first = $finish(chip.poll(&mut watch, false, 0)).unwrap().unwrap();
                assert!(!first.any());
                bus.set_inputs(0x0070);
                bus.plan(Some((1, Fault::NoAnswer)));
                assert!($finish(chip.poll(&mut watch, true, 10)).is_err());
                // The read has cleared INT and the pin is back: only the watch still knows.
                bus.set_inputs(0x00F0);
                let report = $finish(chip.poll(&mut watch, false, 11)).unwrap().unwrap();
                assert_eq!((report.fell, report.rose), (0x0080, 0x0080));
                assert_eq!($finish(chip.poll(&mut watch, false, 12)), Ok(None));
            }
        }
    };
}

/// The blocking client's "end of a call".
fn at_once<T>(answer: T) -> T {
    answer
}

calls!(blocking, at_once);
#[cfg(feature = "async")]
calls!(asynch, harness::block_on);

fn assert_unknown(state: &State, place: &str) {
    assert_eq!(state.outputs(), None, "{place}");
    assert_eq!(state.directions(), None, "{place}");
    assert_eq!(state.polarity(), None, "{place}");
}

/// What the driver calls known is what the chip holds.
fn check_copy(state: &State, chip: &harness::Chip, place: &str) {
    assert_eq!(state.outputs(), Some(chip.outputs()), "{place}");
    assert_eq!(state.directions(), Some(chip.directions()), "{place}");
    assert_eq!(state.polarity(), Some(chip.polarity()), "{place}");
}

/// No pin was ever high that nobody ordered high, none ever driven that nobody made an output.
fn check_moments(chip: &harness::Chip, levels: u16, driven: u16, place: &str) {
    for (high, low) in &chip.moments {
        assert_eq!(high & !levels, 0, "{place}: pulse {high:04x}");
        assert_eq!(
            (high | low) & !driven,
            0,
            "{place}: driven {:04x}",
            high | low
        );
    }
}
