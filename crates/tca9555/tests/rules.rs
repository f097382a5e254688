//! What holds for every value, and after any sequence of calls.

mod harness;

use harness::{Fault, MemoryBus};
use proptest::prelude::*;
use tca9555::blocking::Tca9555;
use tca9555::{
    Address, ConfigError, Error, Pair, Pin, PinError, ReadBack, State, Watch, Word, Words,
};

#[test]
fn only_eight_addresses_exist() {
    for address in 0..=255 {
        let expected = if (0x20..=0x27).contains(&address) {
            Ok(address)
        } else {
            Err(ConfigError::InvalidAddress { address })
        };
        assert_eq!(Address::new(address).map(Address::get), expected);
    }
}

#[test]
fn the_address_pins_count_four_two_and_one() {
    for (a2, a1, a0, expected) in [
        (false, false, false, 0x20),
        (false, false, true, 0x21),
        (false, true, false, 0x22),
        (false, true, true, 0x23),
        (true, false, false, 0x24),
        (true, false, true, 0x25),
        (true, true, false, 0x26),
        (true, true, true, 0x27),
    ] {
        let address = Address::from_pins(a2, a1, a0);
        assert_eq!(address.get(), expected);
        assert_eq!(Address::new(expected), Ok(address));
    }
}

#[test]
fn the_chips_with_a_reset_pin_have_addresses_of_their_own() {
    let found = [
        Address::tca9539(false, false),
        Address::tca9539(false, true),
        Address::tca9539(true, false),
        Address::tca9539(true, true),
    ];
    assert_eq!(found.map(Address::get), [0x74, 0x75, 0x76, 0x77]);
}

#[test]
fn every_byte_of_a_chip_with_one_port_is_one_byte_on_the_wire() {
    for word in 0..=u8::MAX {
        for (pair, register) in [
            (Pair::Inputs, 0),
            (Pair::Outputs, 1),
            (Pair::Polarity, 2),
            (Pair::Directions, 3),
        ] {
            assert_eq!(word.to_frame(pair), [register, word]);
        }
        assert_eq!(u8::from_raw([word]), word);
        assert_eq!((word.port(0), word.port(1)), (word, 0));
        let pin = Pin::<u8>::new(word);
        assert_eq!(pin.is_some(), word < 8);
        assert_eq!(pin.map(Pin::mask), 1_u8.checked_shl(u32::from(word)));
        assert_eq!(pin.map_or(0, Pin::port), 0);
    }
    assert_eq!((Pin::P0.mask(), Pin::P7.mask()), (0x01, 0x80));
}

#[test]
fn every_word_keeps_its_bits_on_the_wire() {
    for word in 0..=u16::MAX {
        for (pair, register) in [
            (Pair::Inputs, 0),
            (Pair::Outputs, 2),
            (Pair::Polarity, 4),
            (Pair::Directions, 6),
        ] {
            let frame = word.to_frame(pair);
            let expected = [register, (word % 256) as u8, (word / 256) as u8];
            assert_eq!(frame.as_ref(), expected);
            assert_eq!(u16::from_raw([expected[1], expected[2]]), word);
        }
        assert_eq!(
            u32::from(word.port(0)) + 256 * u32::from(word.port(1)),
            u32::from(word)
        );
        assert_eq!(word.port(2), 0);
    }
}

#[test]
fn a_pin_is_one_bit_of_one_port() {
    for number in 0..=255_u8 {
        let Some(pin) = Pin::<u16>::new(number) else {
            assert!(number >= 16);
            continue;
        };
        assert_eq!(u32::from(pin.mask()), 2_u32.pow(u32::from(number)));
        assert_eq!(pin.number(), number);
        assert_eq!(pin.port(), u8::from(number >= 8));
    }
    assert_eq!(Pin::P00.mask(), 0x0001);
    assert_eq!(Pin::P07.mask(), 0x0080);
    assert_eq!(Pin::P10.mask(), 0x0100);
    assert_eq!(Pin::P17.mask(), 0x8000);
}

#[test]
fn the_bar_for_the_wire_is_kept() {
    let bus = MemoryBus::new();
    let mut chip = Tca9555::resume(bus.clone(), Address::DEFAULT, State::known(Words::POWER_ON));
    bus.plan(None);
    chip.write_outputs(0x1234).unwrap();
    chip.read_inputs().unwrap();
    // Read 16 and write 16: two transactions, nine bytes with the addresses.
    assert_eq!(bus.0.borrow().transfers, 2);
    assert_eq!(bus.0.borrow().bytes, 9);
}

#[test]
fn a_driver_rebuilt_from_its_state_goes_on_without_a_transfer() {
    let bus = MemoryBus::new();
    let mut chip = Tca9555::new(bus.clone(), Address::DEFAULT);
    chip.start(0x0008, 0x00F0).unwrap();
    let state = chip.state();
    let mut lent = chip.release();
    bus.plan(None);
    let mut chip = Tca9555::resume(&mut lent, Address::DEFAULT, state);
    assert_eq!(bus.0.borrow().transfers, 0);
    chip.set_pin(Pin::P00, true).unwrap();
    assert_eq!(bus.0.borrow().transfers, 1);
    assert_eq!(bus.0.borrow().outputs(), 0x0009);
    assert_eq!(chip.state().outputs(), Some(0x0009));
}

#[test]
fn a_take_over_of_a_chip_that_was_not_running_says_so() {
    let bus = MemoryBus::new();
    let mut chip = Tca9555::new(bus, Address::DEFAULT);
    assert_eq!(chip.take_over(), Ok(Words::POWER_ON));
}

#[test]
fn levels_of_outputs_need_a_known_chip_to_be_judged() {
    let mut chip: Tca9555<_> = Tca9555::new(MemoryBus::new(), Address::DEFAULT);
    assert_eq!(chip.stuck_outputs(), Err(Error::NoOutputs));
}

#[test]
fn only_driven_and_set_pins_count_as_high() {
    let back = ReadBack {
        outputs: 0xFF0Fu16,
        directions: 0x0FF0,
    };
    assert_eq!(back.driven_high(), 0xF00F);
}

#[test]
fn a_watch_asks_for_a_read_by_line_by_age_and_by_a_clock_that_ran_backwards() {
    let bus = MemoryBus::new();
    let mut chip = Tca9555::new(bus, Address::DEFAULT);
    let mut watch: Watch = Watch::new(50).without_parking();
    assert!(watch.is_due(false, 1000), "nothing was read yet");
    chip.read_changes(&mut watch, 1000).unwrap();
    assert!(!watch.is_due(false, 1049));
    assert!(watch.is_due(true, 1001));
    assert!(watch.is_due(false, 1050));
    assert!(watch.is_due(false, 999));
}

#[test]
fn a_change_of_any_pin_in_any_direction_counts() {
    let any = |rose: u16, fell: u16| {
        let inputs = 0x1234;
        tca9555::Changes { inputs, rose, fell }.any()
    };
    assert!(!any(0, 0));
    assert!(any(0x0080, 0));
    assert!(any(0, 0x0080));
    assert!(any(0x8000, 0x0001));
    assert!(any(0x0080, 0x0080), "there and back between two reports");
}

#[test]
fn errors_are_plain_sentences() {
    let bus: Error<u8> = Error::Bus(7);
    assert_eq!(bus.to_string(), "the bus failed: 7");
    let mismatch: Error<u8> = Error::Mismatch {
        pair: Pair::Outputs,
        expected: 8,
        found: 0xFFFF,
    };
    assert_eq!(
        mismatch.to_string(),
        "the output registers hold ffff, written was 0008"
    );
    assert_eq!(
        ConfigError::InvalidAddress { address: 0x1F }.to_string(),
        "no chip of this family has the address 0x1f"
    );
    for (error, sentence) in [
        (PinError::Expander(bus), "the bus failed: 7"),
        (PinError::Busy, "the expander is in use by another pin"),
        (PinError::Direction, "the pin has the other direction"),
    ] {
        assert_eq!(error.to_string(), sentence);
    }
}

#[cfg(feature = "async")]
#[test]
fn errors_of_a_wait_tell_the_line_from_the_chip() {
    use tca9555::WaitError;
    let line: WaitError<u8, char> = WaitError::Pin('x');
    assert_eq!(line.to_string(), "the interrupt pin failed: 'x'");
    let chip: WaitError<u8, char> = WaitError::Expander(Error::Bus(7));
    assert_eq!(chip.to_string(), "the bus failed: 7");
}

#[derive(Debug, Clone, Copy)]
enum Call {
    Start(u16, u16),
    Outputs(u16),
    Modify(u16, u16),
    Toggle(u16),
    Set(u8, bool),
    MakeOutput(u8, bool),
    MakeInput(u8),
    Directions(u16),
    Polarity(u16),
    TakeOver,
    Verify,
    Inputs,
}

fn any_call() -> impl Strategy<Value = Call> {
    let word = any::<u16>;
    prop_oneof![
        (word(), word()).prop_map(|(o, d)| Call::Start(o, d)),
        word().prop_map(Call::Outputs),
        (word(), word()).prop_map(|(m, v)| Call::Modify(m, v)),
        word().prop_map(Call::Toggle),
        (0..16_u8, any::<bool>()).prop_map(|(p, l)| Call::Set(p, l)),
        (0..16_u8, any::<bool>()).prop_map(|(p, l)| Call::MakeOutput(p, l)),
        (0..16_u8).prop_map(Call::MakeInput),
        word().prop_map(Call::Directions),
        word().prop_map(Call::Polarity),
        Just(Call::TakeOver),
        Just(Call::Verify),
        Just(Call::Inputs),
    ]
}

fn any_fault() -> impl Strategy<Value = Option<(usize, Fault)>> {
    let fault = prop_oneof![
        Just(Fault::NoAnswer),
        (0..3_usize).prop_map(Fault::RefusedByte),
        Just(Fault::LateFailure),
        Just(Fault::Reset),
    ];
    prop_oneof![
        2 => Just(None),
        1 => (0..6_usize, fault).prop_map(Some),
    ]
}

fn run(chip: &mut Tca9555<MemoryBus>, call: Call) -> bool {
    let pin = |number| Pin::new(number).unwrap();
    match call {
        Call::Start(o, d) => chip.start(o, d),
        Call::Outputs(o) => chip.write_outputs(o),
        Call::Modify(m, v) => chip.modify_outputs(m, v),
        Call::Toggle(m) => chip.toggle_outputs(m),
        Call::Set(p, l) => chip.set_pin(pin(p), l),
        Call::MakeOutput(p, l) => chip.make_output(pin(p), l),
        Call::MakeInput(p) => chip.make_input(pin(p)),
        Call::Directions(d) => chip.write_directions(d),
        Call::Polarity(p) => chip.write_polarity(p),
        Call::TakeOver => chip.take_over().map(drop),
        Call::Verify => chip.verify().map(drop),
        Call::Inputs => chip.read_inputs().map(drop),
    }
    .is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_the_driver_calls_known_is_what_the_chip_holds(
        steps in prop::collection::vec((any_call(), any_fault()), 1..20)
    ) {
        let bus = MemoryBus::new();
        let mut chip = Tca9555::new(bus.clone(), Address::DEFAULT);
        for (call, fault) in steps {
            bus.plan(fault);
            let fine = run(&mut chip, call);
            let state = chip.state();
            let memory = bus.0.borrow();
            for (copy, held) in [
                (state.outputs(), memory.outputs()),
                (state.directions(), memory.directions()),
                (state.polarity(), memory.polarity()),
            ] {
                prop_assert!(copy.is_none_or(|copy| copy == held), "{copy:?} {held:04x}");
            }
            let failed = memory.fault.is_some_and(|(at, _)| at < memory.transfers);
            prop_assert!(!(failed && fine), "an error was swallowed by {call:?}");
            prop_assert!(!failed || state.outputs().is_none());
        }
    }

    #[test]
    fn one_good_write_after_any_history_restores_every_order(
        outputs in any::<u16>(), directions in any::<u16>(), last in any::<u16>(),
        faults in prop::collection::vec(any_fault(), 0..10)
    ) {
        let bus = MemoryBus::new();
        let mut chip = Tca9555::new(bus.clone(), Address::DEFAULT);
        chip.start(outputs, directions).unwrap();
        for fault in faults {
            bus.plan(fault);
            let _ = chip.write_outputs(outputs); // its error is what the test wants
        }
        bus.plan(None);
        // A reset without any bus error is for `verify` to find; faults here always end in one.
        chip.write_outputs(last).unwrap();
        let memory = bus.0.borrow();
        prop_assert_eq!(memory.outputs(), last);
        prop_assert_eq!(memory.directions(), directions);
        for (high, low) in &memory.moments {
            prop_assert_eq!(high & !last & !outputs, 0);
            prop_assert_eq!(low & last & outputs, 0);
            prop_assert_eq!((high | low) & directions, 0);
        }
    }
}
