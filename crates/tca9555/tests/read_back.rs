//! Reading back: what is the same, what is a reset, what is a mismatch, and which pins do not follow.

mod harness;

use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};
use embedded_hal_mock::eh1::i2c::Transaction;
use tca9555::{Error, Pair, ReadBack, State, Words};

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
    a_verify_finds_the_chip_as_ordered,
    running(),
    [r(0x02, &[0x00, 0x00]), r(0x06, &[0xF0, 0x00])],
    |chip| chip.verify(),
    |(answer,), state| {
        let found = ReadBack {
            outputs: 0x0000,
            directions: 0x00F0,
        };
        assert_eq!(answer, Ok(found));
        assert_eq!(state, running());
    }
);

both_clients!(
    a_verify_after_an_error_tells_the_truth_and_leaves_the_rewriting_to_the_next_order,
    running(),
    [
        w(&[0x02, 0x08, 0x00]).with_error(refused()),
        r(0x02, &[0x08, 0x00]),
        r(0x06, &[0xF0, 0x00]),
    ],
    |chip| chip.write_outputs(8); chip.verify(),
    |(first, second), state| {
        assert_eq!(first, Err(Error::Bus(refused())));
        assert_eq!(second.map(ReadBack::driven_high), Ok(0x0008));
        assert!(!state.is_known());
    }
);

both_clients!(
    a_chip_that_lost_its_supply_is_found,
    running(),
    [r(0x02, &[0xFF, 0xFF]), r(0x06, &[0xFF, 0xFF])],
    |chip| chip.verify(),
    |(answer,), state| {
        assert_eq!(answer, Err(Error::Reset));
        assert_eq!(state.outputs(), None);
        assert_eq!(state.directions(), None);
    }
);

both_clients!(
    a_reset_is_found_although_the_outputs_were_written_after_it,
    running(),
    [
        w(&[0x02, 0x08, 0x00]),
        r(0x02, &[0x08, 0x00]),
        r(0x06, &[0xFF, 0xFF]),
    ],
    |chip| chip.write_outputs(8); chip.verify(),
    |answers, _| {
        assert_eq!(answers, (Ok(()), Err(Error::Reset)));
    }
);

both_clients!(
    a_reset_of_a_chip_with_inputs_only_shows_in_its_outputs,
    State::known(Words {
        outputs: 0,
        directions: 0xFFFF,
        polarity: 0
    }),
    [r(0x02, &[0xFF, 0xFF]), r(0x06, &[0xFF, 0xFF])],
    |chip| chip.verify(),
    |(answer,), _| {
        assert_eq!(answer, Err(Error::Reset));
    }
);

both_clients!(
    outputs_that_are_all_high_by_order_are_no_reset,
    State::known(Words {
        outputs: 0xFFFF,
        directions: 0x00F0,
        polarity: 0
    }),
    [r(0x02, &[0xFF, 0xFF]), r(0x06, &[0xF0, 0x00])],
    |chip| chip.verify(),
    |(answer,), state| {
        assert_eq!(answer.map(ReadBack::driven_high), Ok(0xFF0F));
        assert!(state.is_known());
    }
);

both_clients!(
    pins_that_are_all_inputs_by_order_are_no_reset,
    State::known(Words {
        outputs: 0x0000,
        directions: 0xFFFF,
        polarity: 0
    }),
    [r(0x02, &[0x00, 0x00]), r(0x06, &[0xFF, 0xFF])],
    |chip| chip.verify(),
    |(answer,), state| {
        assert_eq!(answer.map(ReadBack::driven_high), Ok(0));
        assert!(state.is_known());
    }
);

both_clients!(
    outputs_that_are_all_high_without_an_order_are_a_mismatch_while_the_directions_stand,
    running(),
    [r(0x02, &[0xFF, 0xFF]), r(0x06, &[0xF0, 0x00])],
    |chip| chip.verify(),
    |(answer,), _| {
        let expected = Error::Mismatch {
            pair: Pair::Outputs,
            expected: 0x0000,
            found: 0xFFFF,
        };
        assert_eq!(answer, Err(expected));
    }
);

both_clients!(
    a_single_flipped_output_bit_is_a_mismatch,
    running(),
    [r(0x02, &[0x00, 0x80]), r(0x06, &[0xF0, 0x00])],
    |chip| chip.verify(),
    |(answer,), state| {
        let expected = Error::Mismatch {
            pair: Pair::Outputs,
            expected: 0x0000,
            found: 0x8000,
        };
        assert_eq!(answer, Err(expected));
        assert_eq!(state.outputs(), None);
    }
);

both_clients!(
    a_single_flipped_direction_bit_is_a_mismatch,
    running(),
    [r(0x02, &[0x00, 0x00]), r(0x06, &[0xF8, 0x00])],
    |chip| chip.verify(),
    |(answer,), _| {
        let expected = Error::Mismatch {
            pair: Pair::Directions,
            expected: 0x00F0,
            found: 0x00F8,
        };
        assert_eq!(answer, Err(expected));
    }
);

both_clients!(
    outputs_alone_can_be_verified,
    running(),
    [r(0x02, &[0x00, 0x00]), r(0x02, &[0x01, 0x00])],
    |chip| chip.verify_outputs(); chip.verify_outputs(),
    |answers, state| {
        assert_eq!(answers, (Ok(true), Ok(false)));
        assert_eq!(state.outputs(), None);
    }
);

both_clients!(
    an_output_that_does_not_follow_its_order_is_named,
    State::known(Words {
        outputs: 0x0009,
        directions: 0x00F0,
        polarity: 0x0003
    }),
    // P00 ordered high and P01 ordered low are read inverted, so 0 and 1 are right; P03 ordered high, reads low; P04 is
    // an input.
    [r(0x00, &[0x12, 0x00])],
    |chip| chip.stuck_outputs(),
    |(answer,), _| {
        assert_eq!(answer, Ok(0x0008));
    }
);
