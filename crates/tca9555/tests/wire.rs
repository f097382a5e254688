//! Exactly these bytes, in this order, from both clients. Expected bytes are written by hand from SCPS201.

mod harness;

use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};
use embedded_hal_mock::eh1::i2c::Transaction;
use tca9555::{Error, Pair, Pin, State, Watch, Words};

const CHIP: u8 = 0x20;

fn w(bytes: &[u8]) -> Transaction {
    Transaction::write(CHIP, bytes.to_vec())
}

fn r(register: u8, answer: &[u8]) -> Transaction {
    Transaction::write_read(CHIP, vec![register], answer.to_vec())
}

fn refused() -> ErrorKind {
    ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data)
}

/// A running chip of the KXKM board: four switches open, alerts in, lamps out.
fn running() -> State {
    State::known(Words {
        outputs: 0x0000,
        directions: 0x00F0,
        polarity: 0x0000,
    })
}

both_clients!(
    a_start_checks_the_outputs_before_it_touches_the_directions,
    State::UNKNOWN,
    [
        w(&[0x02, 0x34, 0x12]),
        r(0x02, &[0x34, 0x12]),
        w(&[0x06, 0xF0, 0x00]),
        r(0x06, &[0xF0, 0x00]),
        w(&[0x04, 0x00, 0x00]),
        r(0x04, &[0x00, 0x00]),
    ],
    |chip| chip.start(0x1234, 0x00F0),
    |(answer,), state| {
        assert_eq!(answer, Ok(()));
        assert_eq!(state.outputs(), Some(0x1234));
        assert_eq!(state.directions(), Some(0x00F0));
        assert_eq!(state.polarity(), Some(0x0000));
    }
);

both_clients!(
    a_start_with_a_lost_output_write_leaves_the_directions_alone,
    State::UNKNOWN,
    [w(&[0x02, 0x00, 0x00]), r(0x02, &[0xFF, 0xFF])],
    |chip| chip.start(0x0000, 0x00F0),
    |(answer,), state| {
        let expected = Error::Mismatch {
            pair: Pair::Outputs,
            expected: 0x0000,
            found: 0xFFFF,
        };
        assert_eq!(answer, Err(expected));
        assert_eq!(state.outputs(), None);
    }
);

both_clients!(
    a_start_reports_directions_that_did_not_stay,
    State::UNKNOWN,
    [
        w(&[0x02, 0x00, 0x00]),
        r(0x02, &[0x00, 0x00]),
        w(&[0x06, 0xF0, 0x00]),
        r(0x06, &[0xF1, 0x00]),
    ],
    |chip| chip.start(0x0000, 0x00F0),
    |(answer,), state| {
        let expected = Error::Mismatch {
            pair: Pair::Directions,
            expected: 0x00F0,
            found: 0x00F1,
        };
        assert_eq!(answer, Err(expected));
        assert!(!state.is_known());
    }
);

both_clients!(
    a_start_reports_a_polarity_that_did_not_stay,
    State::UNKNOWN,
    [
        w(&[0x02, 0x00, 0x00]),
        r(0x02, &[0x00, 0x00]),
        w(&[0x06, 0xF0, 0x00]),
        r(0x06, &[0xF0, 0x00]),
        w(&[0x04, 0xF0, 0x00]),
        r(0x04, &[0x00, 0x00]),
    ],
    |chip| chip.start_with(Words {
        outputs: 0,
        directions: 0x00F0,
        polarity: 0x00F0
    }),
    |(answer,), _| {
        let expected = Error::Mismatch {
            pair: Pair::Polarity,
            expected: 0x00F0,
            found: 0x0000,
        };
        assert_eq!(answer, Err(expected));
    }
);

both_clients!(
    an_unverified_start_is_three_writes,
    State::UNKNOWN,
    [
        w(&[0x02, 0x0A, 0x00]),
        w(&[0x06, 0xF0, 0x00]),
        w(&[0x04, 0xF0, 0x00]),
    ],
    |chip| chip.start_unverified(Words {
        outputs: 0x000A,
        directions: 0x00F0,
        polarity: 0x00F0
    }),
    |(answer,), state| {
        assert_eq!(answer, Ok(()));
        assert_eq!(state.outputs(), Some(0x000A));
    }
);

both_clients!(
    a_running_chip_is_taken_over_without_a_single_write,
    State::UNKNOWN,
    [
        r(0x02, &[0x05, 0xAA]),
        r(0x06, &[0xF0, 0x00]),
        r(0x04, &[0x30, 0x00]),
    ],
    |chip| chip.take_over(),
    |(answer,), state| {
        let found = Words {
            outputs: 0xAA05,
            directions: 0x00F0,
            polarity: 0x0030,
        };
        assert_eq!(answer, Ok(found));
        assert_eq!(state, State::known(found));
    }
);

both_clients!(
    all_outputs_change_in_one_transaction_of_four_bytes,
    running(),
    [w(&[0x02, 0xFE, 0xCA])],
    |chip| chip.write_outputs(0xCAFE),
    |(answer,), state| {
        assert_eq!(answer, Ok(()));
        assert_eq!(state.outputs(), Some(0xCAFE));
    }
);

both_clients!(
    a_refused_write_leaves_the_copy_unknown,
    running(),
    [w(&[0x02, 0xFE, 0xCA]).with_error(refused())],
    |chip| chip.write_outputs(0xCAFE),
    |(answer,), state| {
        assert_eq!(answer, Err(Error::Bus(refused())));
        assert_eq!(state.outputs(), None);
        assert_eq!(state.directions(), None);
        assert_eq!(state.polarity(), None);
    }
);

both_clients!(
    the_call_after_an_error_writes_everything,
    running(),
    [
        w(&[0x02, 0x01, 0x00]).with_error(refused()),
        w(&[0x02, 0x02, 0x00]),
        r(0x02, &[0x02, 0x00]),
        w(&[0x06, 0xF0, 0x00]),
        r(0x06, &[0xF0, 0x00]),
        w(&[0x04, 0x00, 0x00]),
        r(0x04, &[0x00, 0x00]),
        w(&[0x02, 0x03, 0x00]),
    ],
    |chip| chip.write_outputs(1); chip.write_outputs(2); chip.write_outputs(3),
    |answers, state| {
        assert_eq!(answers, (Err(Error::Bus(refused())), Ok(()), Ok(())));
        assert_eq!(state.outputs(), Some(3));
    }
);

both_clients!(
    a_refused_read_makes_the_next_write_write_everything,
    running(),
    [
        r(0x00, &[0, 0]).with_error(refused()),
        w(&[0x02, 0x08, 0x00]),
        r(0x02, &[0x08, 0x00]),
        w(&[0x06, 0xF0, 0x00]),
        r(0x06, &[0xF0, 0x00]),
        w(&[0x04, 0x00, 0x00]),
        r(0x04, &[0x00, 0x00]),
    ],
    |chip| chip.read_inputs(); chip.set_pin(Pin::P03, true),
    |answers, state| {
        assert_eq!(answers, (Err(Error::Bus(refused())), Ok(())));
        assert_eq!(state.outputs(), Some(8));
    }
);

both_clients!(
    an_order_that_failed_stands_for_its_pins,
    running(),
    [
        w(&[0x02, 0x08]).with_error(refused()),
        w(&[0x02, 0x09, 0x00]),
        r(0x02, &[0x09, 0x00]),
        w(&[0x06, 0xF0, 0x00]),
        r(0x06, &[0xF0, 0x00]),
        w(&[0x04, 0x00, 0x00]),
        r(0x04, &[0x00, 0x00]),
    ],
    |chip| chip.set_pin(Pin::P03, true); chip.set_pin(Pin::P00, true),
    |answers, _| {
        assert_eq!(answers, (Err(Error::Bus(refused())), Ok(())));
    }
);

both_clients!(
    a_toggle_that_failed_can_be_repeated,
    running(),
    [
        w(&[0x02, 0x08]).with_error(refused()),
        w(&[0x02, 0x08, 0x00]),
        r(0x02, &[0x08, 0x00]),
        w(&[0x06, 0xF0, 0x00]),
        r(0x06, &[0xF0, 0x00]),
        w(&[0x04, 0x00, 0x00]),
        r(0x04, &[0x00, 0x00]),
        w(&[0x02, 0x0C, 0x01]).with_error(refused()),
        w(&[0x02, 0x0C, 0x01]),
        r(0x02, &[0x0C, 0x01]),
        w(&[0x06, 0xF0, 0x00]),
        r(0x06, &[0xF0, 0x00]),
        w(&[0x04, 0x00, 0x00]),
        r(0x04, &[0x00, 0x00]),
    ],
    |chip| chip.toggle_pin(Pin::P03); chip.toggle_pin(Pin::P03);
        chip.toggle_outputs(0x0104); chip.toggle_outputs(0x0104),
    |(first, second, third, fourth), state| {
        assert_eq!(first, Err(Error::Bus(refused())));
        assert_eq!(second, Ok(()));
        assert_eq!(third, Err(Error::Bus(refused())));
        assert_eq!(fourth, Ok(()));
        assert_eq!(state.outputs(), Some(0x010C));
    }
);

both_clients!(
    a_masked_change_keeps_the_other_pins,
    State::known(Words {
        outputs: 0xA5A5,
        directions: 0,
        polarity: 0
    }),
    [w(&[0x02, 0xA6, 0xA6])],
    |chip| chip.modify_outputs(0x0F0F, 0x3636),
    |(answer,), state| {
        assert_eq!(answer, Ok(()));
        assert_eq!(state.outputs(), Some(0xA6A6));
    }
);

both_clients!(
    a_toggle_inverts_only_its_mask,
    State::known(Words {
        outputs: 0x00FF,
        directions: 0,
        polarity: 0
    }),
    [w(&[0x02, 0xFE, 0x80]), w(&[0x03, 0x00])],
    |chip| chip.toggle_outputs(0x8001); chip.toggle_pin(Pin::P17),
    |answers, state| {
        assert_eq!(answers, (Ok(()), Ok(())));
        assert_eq!(state.outputs(), Some(0x00FE));
    }
);

both_clients!(
    an_order_that_changes_nothing_leaves_the_pin_as_it_is,
    State::known(Words {
        outputs: 0x0108,
        directions: 0x00F0,
        polarity: 0
    }),
    [w(&[0x02, 0x08]), w(&[0x02, 0x08]), w(&[0x06, 0xF0])],
    |chip| chip.set_pin(Pin::P03, true); chip.set_pin(Pin::P02, false);
        chip.make_input(Pin::P04),
    |answers, state| {
        assert_eq!(answers, (Ok(()), Ok(()), Ok(())));
        assert_eq!(state.outputs(), Some(0x0108));
        assert_eq!(state.directions(), Some(0x00F0));
    }
);

both_clients!(
    everything_goes_off_in_one_transaction,
    running(),
    [w(&[0x02, 0x00, 0x00])],
    |chip| chip.all_low(),
    |(answer,), _| {
        assert_eq!(answer, Ok(()));
    }
);

both_clients!(
    a_pin_gets_its_level_before_its_direction,
    running(),
    [w(&[0x02, 0x40]), w(&[0x06, 0xB0]), w(&[0x06, 0xF0])],
    |chip| chip.make_output(Pin::P06, true); chip.make_input(Pin::P06),
    |answers, state| {
        assert_eq!(answers, (Ok(()), Ok(())));
        assert_eq!(state.outputs(), Some(0x0040));
        assert_eq!(state.directions(), Some(0x00F0));
    }
);

both_clients!(
    no_pin_is_driven_at_a_level_nobody_ordered,
    State::UNKNOWN,
    [],
    |chip| chip.write_directions(0xFFFE); chip.make_output(Pin::P00, false);
        chip.set_pin(Pin::P00, false); chip.toggle_pin(Pin::P00); chip.modify_outputs(1, 0);
        chip.toggle_outputs(1); chip.verify_outputs(),
    |(a, b, c, d, e, f, g), _| {
        for answer in [a, b, c, d, e, f, g.map(|_| ())] {
            assert_eq!(answer, Err(Error::NoOutputs));
        }
    }
);

both_clients!(
    all_pins_can_become_inputs_before_any_level_was_ordered,
    State::UNKNOWN,
    [w(&[0x06, 0xFF, 0xFF]), w(&[0x02, 0x00, 0x00])],
    |chip| chip.write_directions(0xFFFF); chip.write_outputs(0),
    |answers, state| {
        assert_eq!(answers, (Ok(()), Ok(())));
        assert_eq!(state.directions(), Some(0xFFFF));
        assert_eq!(state.polarity(), None);
    }
);

both_clients!(
    directions_and_polarity_are_words_too,
    running(),
    [w(&[0x06, 0x0F, 0xA0]), w(&[0x04, 0x01, 0x80])],
    |chip| chip.write_directions(0xA00F); chip.write_polarity(0x8001),
    |answers, state| {
        assert_eq!(answers, (Ok(()), Ok(())));
        assert_eq!(state.directions(), Some(0xA00F));
        assert_eq!(state.polarity(), Some(0x8001));
    }
);

both_clients!(
    every_group_can_be_read_and_changes_no_copy,
    running(),
    [
        r(0x00, &[0x12, 0x34]),
        r(0x02, &[0x56, 0x78]),
        r(0x06, &[0x9A, 0xBC]),
        r(0x04, &[0xDE, 0xF0]),
        r(0x01, &[0x80]),
        r(0x01, &[0x7F]),
        r(0x00, &[0x01]),
    ],
    |chip| chip.read_inputs(); chip.read_outputs(); chip.read_directions(); chip.read_polarity();
        chip.read_port_of(Pin::P10); chip.read_pin(Pin::P17); chip.read_pin(Pin::P00),
    |answers, state| {
        assert_eq!(
            answers,
            (
                Ok(0x3412),
                Ok(0x7856),
                Ok(0xBC9A),
                Ok(0xF0DE),
                Ok(0x80),
                Ok(false),
                Ok(true)
            )
        );
        assert_eq!(state, running());
    }
);

both_clients!(
    inputs_are_read_and_the_pointer_parked,
    running(),
    [r(0x00, &[0xFF, 0xFE]), w(&[0x02])],
    |chip| chip.read_inputs_and_park(),
    |(answer,), state| {
        assert_eq!(answer, Ok(0xFEFF));
        assert_eq!(state, running());
    }
);

mod a_watch_reads_on_the_line_and_on_the_clock {
    use super::*;

    fn script() -> [Transaction; 6] {
        [
            r(0x00, &[0xF0, 0x00]),
            w(&[0x02]),
            r(0x00, &[0x70, 0x00]),
            w(&[0x02]),
            r(0x00, &[0x71, 0x00]),
            w(&[0x02]),
        ]
    }

    /// Inputs, risen, fallen.
    type Report = Option<(u16, u16, u16)>;

    /// Line, time in ms, and what is reported.
    const STEPS: [(bool, u64, Report); 6] = [
        (false, 0, Some((0x00F0, 0, 0))),
        (false, 99, None),
        (true, 100, Some((0x0070, 0, 0x0080))),
        (false, 150, None),
        (false, 199, None),
        (false, 200, Some((0x0071, 0x0001, 0))),
    ];

    #[test]
    fn blocking() {
        let mut bus = embedded_hal_mock::eh1::i2c::Mock::new(&script());
        let mut chip =
            tca9555::blocking::Tca9555::resume(&mut bus, tca9555::Address::DEFAULT, running());
        let mut watch = Watch::new(100);
        for (low, now_ms, expected) in STEPS {
            let report = chip.poll(&mut watch, low, now_ms).unwrap();
            assert_eq!(report.map(|c| (c.inputs, c.rose, c.fell)), expected);
        }
        bus.done();
    }

    #[cfg(feature = "async")]
    #[test]
    fn asynch() {
        let mut bus = embedded_hal_mock::eh1::i2c::Mock::new(&script());
        let mut chip =
            tca9555::asynch::Tca9555::resume(&mut bus, tca9555::Address::DEFAULT, running());
        let mut watch = Watch::new(100);
        for (low, now_ms, expected) in STEPS {
            let report = harness::block_on(chip.poll(&mut watch, low, now_ms)).unwrap();
            assert_eq!(report.map(|c| (c.inputs, c.rose, c.fell)), expected);
        }
        bus.done();
    }
}

mod a_chip_with_one_port_speaks_the_same_in_single_bytes {
    use super::*;

    fn script() -> [Transaction; 13] {
        [
            w(&[0x01, 0x05]),
            r(0x01, &[0x05]),
            w(&[0x03, 0xF0]),
            r(0x03, &[0xF0]),
            w(&[0x02, 0x00]),
            r(0x02, &[0x00]),
            w(&[0x01, 0x07]),
            w(&[0x01, 0x87]),
            w(&[0x03, 0x70]),
            r(0x00, &[0x5A]),
            w(&[0x01]),
            r(0x01, &[0xFF]),
            r(0x03, &[0xFF]),
        ]
    }

    #[test]
    fn blocking() {
        let mut bus = embedded_hal_mock::eh1::i2c::Mock::new(&script());
        let mut chip = tca9555::blocking::Tca6408::new(&mut bus, tca9555::Address::DEFAULT);
        assert_eq!(chip.start(0x05, 0xF0), Ok(()));
        assert_eq!(chip.set_pin(Pin::P1, true), Ok(()));
        assert_eq!(chip.make_output(Pin::P7, true), Ok(()));
        assert_eq!(chip.read_inputs_and_park(), Ok(0x5A));
        assert_eq!(chip.verify().map(drop), Err(Error::Reset));
        bus.done();
    }

    #[cfg(feature = "async")]
    #[test]
    fn asynch() {
        use harness::block_on;
        let mut bus = embedded_hal_mock::eh1::i2c::Mock::new(&script());
        let mut chip = tca9555::asynch::Tca6408::new(&mut bus, tca9555::Address::DEFAULT);
        assert_eq!(block_on(chip.start(0x05, 0xF0)), Ok(()));
        assert_eq!(block_on(chip.set_pin(Pin::P1, true)), Ok(()));
        assert_eq!(block_on(chip.make_output(Pin::P7, true)), Ok(()));
        assert_eq!(block_on(chip.read_inputs_and_park()), Ok(0x5A));
        assert_eq!(block_on(chip.verify()).map(drop), Err(Error::Reset));
        bus.done();
    }
}
