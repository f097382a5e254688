//! Exactly these bytes, in this order, from both clients. Expected bytes are written by hand from the wire page.

mod harness;

use battery_units::Millivolts;
use harness::{Broken, SimLine, frame, silence, turn};
use tinybms_proto::port::PortError;
use tinybms_proto::{
    Act, Action, Changes, DeviceLimits, Error, Firmware, Mismatch, NackCode, Plan,
    ReadBlockInPackets, ReadLifetime, ReadMaxCell, ReadMinCell, ReadPackVoltage, ReplyError,
    Seconds, Setting, Settings, Status, Waits, WriteRegisters,
};

const STATUS: [u8; 4] = [0xAA, 0x18, 0x7F, 0x1A];
const IDLE: [u8; 6] = [0xAA, 0x18, 0x97, 0x00, 0xCF, 0xCB];
const MAX_CELL: [u8; 4] = [0xAA, 0x16, 0xFE, 0xDE];
const MAX_CELL_3991: [u8; 6] = [0xAA, 0x16, 0x97, 0x0F, 0xEE, 0x0C];
/// Register 300 becomes 3650.
const WRITE: [u8; 4] = [0x01, 0x2C, 0x0E, 0x42];

fn write_300(value: u16) -> Vec<u8> {
    let [high, low] = value.to_be_bytes();
    frame(&[0xAA, 0x10, 0x01, 0x2C, 0x00, 0x01, 0x02, high, low])
}

fn confirmation_300() -> Vec<u8> {
    frame(&[0xAA, 0x10, 0x01, 0x2C, 0x00, 0x01])
}

fn read_300() -> Vec<u8> {
    frame(&[0xAA, 0x03, 0x01, 0x2C, 0x00, 0x01])
}

fn value_300(value: u16) -> Vec<u8> {
    let [high, low] = value.to_be_bytes();
    frame(&[0xAA, 0x03, 0x02, high, low])
}

fn wide_limits() -> DeviceLimits {
    DeviceLimits {
        minimum: Settings::from_words([0; 44]),
        maximum: Settings::from_words([0x7FFF; 44]),
    }
}

/// Settings in which only the voltages are set.
fn settings() -> Settings {
    let mut words = [0; 44];
    (words[0], words[1], words[15], words[16]) = (4_150, 3_000, 4_200, 2_900);
    Settings::from_words(words)
}

fn plan(setting: Setting, value: i32) -> Plan {
    let mut changes = Changes::new();
    changes.set(setting, value).unwrap();
    Plan::new(&settings(), &changes, Firmware::new(254), &wide_limits()).unwrap()
}

both_clients!(
    a_reading_is_one_request_and_one_reply,
    vec![turn(&STATUS, &IDLE)],
    |client, line, wait| {
        assert_eq!(wait(client.status()), Ok(Status::Idle));
        // Four bytes out, a millisecond of thinking, six bytes in.
        assert!(line.now_us() < 3_000, "{} µs", line.now_us());
    }
);

both_clients!(
    a_sleeping_bms_answers_the_second_request,
    vec![silence(&STATUS), turn(&STATUS, &IDLE)],
    |client, line, wait| {
        assert_eq!(wait(client.status()), Ok(Status::Idle));
        let times = line.0.borrow().times.clone();
        let gap = times[1] - times[0];
        assert!((50_000..62_000).contains(&gap), "{gap} µs");
    }
);

both_clients!(
    three_sends_and_then_a_timeout,
    vec![silence(&STATUS), silence(&STATUS), silence(&STATUS)],
    |client, line, wait| {
        assert_eq!(
            wait(client.status()),
            Err(Error::Reply(ReplyError::Timeout))
        );
        assert!(line.now_us() < 200_000);
    }
);

both_clients!(
    a_refusal_is_final,
    vec![turn(&MAX_CELL, &frame(&[0xAA, 0x00, 0x16, 0x00]))],
    |client, _line, wait| {
        let refused = Error::Reply(ReplyError::Nack(NackCode::Command));
        assert_eq!(wait(client.ask(&ReadMaxCell)), Err(refused));
    }
);

both_clients!(
    a_read_that_arrived_damaged_is_sent_again,
    vec![
        turn(&MAX_CELL, &frame(&[0xAA, 0x00, 0x16, 0x01])),
        turn(&MAX_CELL, &MAX_CELL_3991),
    ],
    |client, _line, wait| {
        assert_eq!(wait(client.ask(&ReadMaxCell)), Ok(Millivolts::new(3_991)));
    }
);

both_clients!(
    text_around_the_reply_is_skipped,
    vec![turn(
        &MAX_CELL,
        &[b"V:51.2\tSOC".as_slice(), &MAX_CELL_3991, b":84\r\n"].concat()
    )],
    |client, _line, wait| {
        assert_eq!(wait(client.ask(&ReadMaxCell)), Ok(Millivolts::new(3_991)));
    }
);

both_clients!(
    a_line_that_never_falls_silent_ends_in_a_bounded_error,
    vec![silence(&STATUS), silence(&STATUS), silence(&STATUS)],
    |client, line, wait| {
        line.babble(&[b'7'; 200_000]);
        let answer = wait(client.status());
        assert!(
            matches!(answer, Err(Error::Reply(ReplyError::NoFrame { .. }))),
            "{answer:?}"
        );
        assert!(line.now_us() < 500_000, "{} µs", line.now_us());
    }
);

both_clients!(
    the_echo_of_the_request_is_not_its_reply,
    vec![turn(
        &MAX_CELL,
        &[MAX_CELL.as_slice(), &MAX_CELL_3991].concat()
    )],
    |client, _line, wait| {
        assert_eq!(wait(client.ask(&ReadMaxCell)), Ok(Millivolts::new(3_991)));
    }
);

both_clients!(
    a_late_reply_is_not_taken_for_the_next_one,
    {
        let mut late = turn(&read_300(), &value_300(4_150));
        for byte in &mut late.reply {
            byte.0 += 130_000;
        }
        let read_301 = frame(&[0xAA, 0x03, 0x01, 0x2D, 0x00, 0x01]);
        vec![
            late,
            silence(&read_300()),
            silence(&read_300()),
            turn(&read_301, &value_300(3_000)),
        ]
    },
    |client, line, wait| {
        // The reply to the first send comes while the third one waits, and so is taken.
        let first = wait(client.registers(300, 1)).map(|found| found.get(300));
        assert_eq!(first, Ok(Some(4_150)));
        // One more copy of it is on its way.
        line.babble(&value_300(4_150));
        let second = wait(client.registers(301, 1)).map(|found| found.get(301));
        assert_eq!(second, Ok(Some(3_000)));
    }
);

both_clients!(
    a_write_is_sent_once_after_a_read_that_wakes,
    vec![
        silence(&STATUS),
        turn(&STATUS, &IDLE),
        turn(&write_300(3_650), &confirmation_300()),
    ],
    |client, _line, wait| {
        let values = [u16::from_be_bytes([WRITE[2], WRITE[3]])];
        let request = WriteRegisters::new(300, &values).unwrap();
        assert_eq!(wait(client.allow_writes().send(&request)), Ok(()));
    }
);

both_clients!(
    a_write_without_confirmation_is_not_repeated,
    vec![turn(&STATUS, &IDLE), silence(&write_300(3_650))],
    |client, _line, wait| {
        let request = WriteRegisters::new(300, &[3_650]).unwrap();
        let answer = wait(client.allow_writes().send(&request));
        assert_eq!(answer, Err(Error::Unconfirmed(ReplyError::Timeout)));
    }
);

both_clients!(
    a_write_with_a_damaged_confirmation_is_not_repeated,
    {
        let mut damaged = confirmation_300();
        damaged[6] ^= 1;
        vec![turn(&STATUS, &IDLE), turn(&write_300(3_650), &damaged)]
    },
    |client, _line, wait| {
        let request = WriteRegisters::new(300, &[3_650]).unwrap();
        let answer = wait(client.allow_writes().send(&request));
        assert!(matches!(
            answer,
            Err(Error::Unconfirmed(ReplyError::BadCrc { .. }))
        ));
    }
);

both_clients!(
    a_write_that_arrived_damaged_is_refused_and_not_repeated,
    vec![
        turn(&STATUS, &IDLE),
        turn(&write_300(3_650), &frame(&[0xAA, 0x00, 0x10, 0x01])),
    ],
    |client, _line, wait| {
        let request = WriteRegisters::new(300, &[3_650]).unwrap();
        let answer = wait(client.allow_writes().send(&request));
        assert_eq!(answer, Err(Error::Reply(ReplyError::Nack(NackCode::Crc))));
    }
);

both_clients!(
    nothing_is_written_to_a_bms_that_does_not_wake_up,
    vec![silence(&STATUS), silence(&STATUS), silence(&STATUS)],
    |client, line, wait| {
        let answer = wait(client.allow_writes().clear_events());
        assert_eq!(answer, Err(Error::NotAwake(ReplyError::Timeout)));
        assert!(line.sent().iter().all(|bytes| *bytes == STATUS));
    }
);

both_clients!(
    the_request_after_a_write_waits_until_it_is_stored,
    vec![
        turn(&STATUS, &IDLE),
        turn(&frame(&[0xAA, 0x02, 0x01]), &frame(&[0xAA, 0x01, 0x02])),
        turn(&STATUS, &IDLE),
    ],
    |client, line, wait| {
        assert_eq!(wait(client.allow_writes().clear_events()), Ok(()));
        assert_eq!(wait(client.status()), Ok(Status::Idle));
        let times = line.0.borrow().times.clone();
        assert!(times[2] - times[1] >= 1_000_000);
    }
);

both_clients!(
    the_request_after_one_without_an_answer_waits_until_the_device_has_forgotten_it,
    vec![
        silence(&STATUS),
        silence(&STATUS),
        silence(&STATUS),
        turn(&STATUS, &IDLE),
        turn(&STATUS, &frame(&[0xAA, 0x00, 0x18, 0x00])),
        turn(&STATUS, &IDLE),
    ],
    |client, line, wait| {
        let answer = wait(client.status());
        assert_eq!(answer, Err(Error::Reply(ReplyError::Timeout)));
        assert_eq!(wait(client.status()), Ok(Status::Idle));
        // A refusal is an answer.
        assert!(wait(client.status()).is_err());
        assert_eq!(wait(client.status()), Ok(Status::Idle));
        let times = line.0.borrow().times.clone();
        let pauses: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let is_long: Vec<bool> = pauses.iter().map(|pause| *pause >= 3_000_000).collect();
        assert_eq!(is_long, [false, false, true, false, false], "{pauses:?}");
    }
);

both_clients!(
    the_request_after_a_reset_waits_until_it_is_up_again,
    vec![
        turn(&STATUS, &IDLE),
        silence(&frame(&[0xAA, 0x02, 0x05])),
        turn(&STATUS, &IDLE),
    ],
    |client, line, wait| {
        let answer = wait(client.allow_writes().reset());
        assert_eq!(answer, Err(Error::Unconfirmed(ReplyError::Timeout)));
        assert_eq!(wait(client.status()), Ok(Status::Idle));
        let times = line.0.borrow().times.clone();
        assert!(times[2] - times[1] >= 3_000_000);
    }
);

both_clients!(
    a_setting_is_compared_written_and_read_back,
    vec![
        turn(&read_300(), &value_300(4_150)),
        turn(&STATUS, &IDLE),
        turn(&write_300(4_100), &confirmation_300()),
        turn(&read_300(), &value_300(4_100)),
    ],
    |client, _line, wait| {
        let plan = plan(Setting::FullyChargedVoltage, 4_100);
        assert_eq!(wait(client.allow_writes().apply(&plan)), Ok(()));
    }
);

both_clients!(
    a_setting_that_somebody_else_changed_is_not_written,
    vec![turn(&read_300(), &value_300(4_140))],
    |client, _line, wait| {
        let plan = plan(Setting::FullyChargedVoltage, 4_100);
        let changed = Mismatch {
            register: 300,
            expected: 4_150,
            found: 4_140,
        };
        assert_eq!(
            wait(client.allow_writes().apply(&plan)),
            Err(Error::Changed(changed))
        );
    }
);

both_clients!(
    a_setting_that_does_not_hold_is_an_error,
    vec![
        turn(&read_300(), &value_300(4_150)),
        turn(&STATUS, &IDLE),
        turn(&write_300(4_100), &confirmation_300()),
        turn(&read_300(), &value_300(4_150)),
    ],
    |client, _line, wait| {
        let plan = plan(Setting::FullyChargedVoltage, 4_100);
        let kept = Mismatch {
            register: 300,
            expected: 4_100,
            found: 4_150,
        };
        assert_eq!(
            wait(client.allow_writes().apply(&plan)),
            Err(Error::NotWritten(kept))
        );
    }
);

both_clients!(
    a_write_that_was_confirmed_and_cannot_be_read_back_is_not_called_refused_or_unsent,
    vec![
        turn(&read_300(), &value_300(4_150)),
        turn(&STATUS, &IDLE),
        turn(&write_300(4_100), &confirmation_300()),
        turn(&read_300(), &[]),
        turn(&read_300(), &[]),
        turn(&read_300(), &[]),
    ],
    |client, _line, wait| {
        let plan = plan(Setting::FullyChargedVoltage, 4_100);
        assert_eq!(
            wait(client.allow_writes().apply(&plan)),
            Err(Error::NotReadBack(ReplyError::Timeout))
        );
    }
);

both_clients!(
    the_state_of_charge_to_set_is_never_read,
    vec![
        turn(&STATUS, &IDLE),
        turn(
            &frame(&[0xAA, 0x10, 0x01, 0x48, 0x00, 0x01, 0x02, 0x61, 0xA8]),
            &frame(&[0xAA, 0x10, 0x01, 0x48, 0x00, 0x01]),
        ),
    ],
    |client, _line, wait| {
        let plan = plan(Setting::StateOfChargeToSet, 25_000);
        assert_eq!(wait(client.allow_writes().apply(&plan)), Ok(()));
    }
);

both_clients!(
    a_reply_in_packets_is_put_together_and_asked_for_again_when_one_is_missing,
    {
        let request = frame(&[0xAA, 0x07, 40, 0x2C, 0x01]);
        let bytes: Vec<u8> = (0..80).collect();
        let first = frame(&[[0xAA, 0x07, 0x80].as_slice(), &bytes[..63]].concat());
        let last = frame(&[[0xAA, 0x07, 17].as_slice(), &bytes[63..]].concat());
        vec![
            turn(&request, &last),
            turn(&request, &[first, last].concat()),
        ]
    },
    |client, _line, wait| {
        let request = ReadBlockInPackets::new(300, 40).unwrap();
        let mut out = [0; 254];
        let found = wait(client.block_in_packets(&request, &mut out)).unwrap();
        let expected: Vec<u16> = (0..40).map(|n: u16| ((2 * n + 1) << 8) | (2 * n)).collect();
        assert_eq!(found.words().collect::<Vec<u16>>(), expected);
    }
);

both_clients!(
    a_broken_port_is_told_as_such_and_the_next_call_works,
    vec![turn(&STATUS, &IDLE)],
    |client, line, wait| {
        line.0.borrow_mut().is_broken = true;
        assert_eq!(
            wait(client.status()),
            Err(Error::Port(PortError::Serial(Broken)))
        );
        line.0.borrow_mut().is_broken = false;
        assert_eq!(wait(client.status()), Ok(Status::Idle));
    }
);

/// Every reply with one byte less: a bounded error or a repeated request, and the exchange after it works.
macro_rules! every_lost_byte {
    ($test:ident, $client:ident, $wait:path) => {
        #[test]
        fn $test() {
            let (request, reply) = (read_300(), value_300(4_150));
            for lost in 0..reply.len() {
                let mut short = reply.clone();
                short.remove(lost);
                let line = SimLine::new(vec![
                    turn(&request, &short),
                    turn(&request, &short),
                    turn(&request, &short),
                    turn(&MAX_CELL, &MAX_CELL_3991),
                ]);
                let mut client = harness::$client(&line, Waits::WIRE);
                let answer = $wait(client.registers(300, 1)).map(|found| found.get(300));
                assert!(matches!(answer, Err(Error::Reply(_))), "{lost}: {answer:?}");
                assert!(line.now_us() < 400_000, "{lost}: {} µs", line.now_us());
                let next = $wait(client.ask(&ReadMaxCell));
                assert_eq!(next, Ok(Millivolts::new(3_991)), "{lost}");
                line.done();

                // Lost once only, the next send brings the answer.
                let line = SimLine::new(vec![turn(&request, &short), turn(&request, &reply)]);
                let mut client = harness::$client(&line, Waits::WIRE);
                let answer = $wait(client.registers(300, 1)).map(|found| found.get(300));
                assert_eq!(answer, Ok(Some(4_150)), "{lost}");
                line.done();
            }
            // A byte of the request is lost: the BMS does not answer, or refuses for the checksum.
            for answer in [vec![], frame(&[0xAA, 0x00, 0x03, 0x01])] {
                let line = SimLine::new(vec![turn(&request, &answer), turn(&request, &reply)]);
                let mut client = harness::$client(&line, Waits::WIRE);
                let answer = $wait(client.registers(300, 1)).map(|found| found.get(300));
                assert_eq!(answer, Ok(Some(4_150)));
                line.done();
            }
            // A byte of the confirmation of a write.
            let reply = confirmation_300();
            for lost in 0..reply.len() {
                let mut short = reply.clone();
                short.remove(lost);
                let line = SimLine::new(vec![
                    turn(&STATUS, &IDLE),
                    turn(&write_300(3_650), &short),
                    turn(&MAX_CELL, &MAX_CELL_3991),
                ]);
                let mut client = harness::$client(&line, Waits::WIRE);
                let request = WriteRegisters::new(300, &[3_650]).unwrap();
                let answer = $wait(client.allow_writes().send(&request));
                assert!(
                    matches!(answer, Err(Error::Unconfirmed(_))),
                    "{lost}: {answer:?}"
                );
                let next = $wait(client.ask(&ReadMaxCell));
                assert_eq!(next, Ok(Millivolts::new(3_991)), "{lost}");
                line.done();
            }
        }
    };
}

every_lost_byte!(
    losing_any_byte_is_bounded_blocking,
    blocking_client,
    core::convert::identity
);
every_lost_byte!(
    losing_any_byte_is_bounded_asynch,
    asynch_client,
    harness::block_on
);

both_clients!(
    each_value_command_is_its_four_bytes,
    vec![
        turn(
            &[0xAA, 0x14, 0x7F, 0x1F],
            &frame(&[0xAA, 0x14, 0xD7, 0x23, 0x5F, 0x42])
        ),
        turn(&[0xAA, 0x17, 0x3F, 0x1E], &frame(&[0xAA, 0x17, 0x8D, 0x0F])),
        turn(&[0xAA, 0x19, 0xBE, 0xDA], &frame(&[0xAA, 0x19, 1, 2, 3, 4])),
    ],
    |client, _line, wait| {
        let voltage = wait(client.ask(&ReadPackVoltage)).unwrap();
        assert_eq!(voltage.to_millivolts(), Ok(Millivolts::new(55_785)));
        assert_eq!(wait(client.ask(&ReadMinCell)), Ok(Millivolts::new(3_981)));
        assert_eq!(
            wait(client.ask(&ReadLifetime)),
            Ok(Seconds::new(0x0403_0201))
        );
    }
);

both_clients!(
    actions_are_one_byte_without_a_length,
    vec![
        turn(&STATUS, &IDLE),
        turn(
            &[0xAA, 0x02, 0x02, 0xD1, 0x41],
            &[0xAA, 0x01, 0x02, 0xD1, 0xB1]
        ),
    ],
    |client, _line, wait| {
        let answer = wait(client.allow_writes().send(&Act(Action::ClearStatistics)));
        assert_eq!(answer, Ok(()));
    }
);

/// A serial port that has a byte whenever one looks; its clock stands still.
struct Endless;

impl embedded_io::ErrorType for Endless {
    type Error = Broken;
}

impl embedded_io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        buffer.fill(b'7');
        Ok(buffer.len())
    }
}

impl embedded_io::ReadReady for Endless {
    fn read_ready(&mut self) -> Result<bool, Broken> {
        Ok(true)
    }
}

impl embedded_io::Write for Endless {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Broken> {
        Ok(())
    }
}

impl embedded_hal::delay::DelayNs for Endless {
    fn delay_ns(&mut self, _: u32) {}
}

#[test]
fn a_port_that_is_always_ready_does_not_hold_the_blocking_client_for_ever() {
    use tinybms_proto::{blocking::TinyBms, port::blocking::Polled};
    let mut client = TinyBms::new(Polled::new(Endless, Endless, 100), Waits::WIRE);
    let answer = client.status();
    assert!(
        matches!(answer, Err(Error::Reply(ReplyError::NoFrame { .. }))),
        "{answer:?}"
    );
}
