//! Both clients against the simulated device of battery-sim: what it does by itself, and what a bad line does to both.

mod harness;

use std::time::Duration;

use battery_sim::tinybms::{LineEffect, LineFaultPlan};
use battery_sim::{
    Shared, SimClock, SimPort, TinyBms as Twin, TinyBmsConfig, When, serial, shared,
};
use battery_units::{Microvolts, Millivolts};
use tinybms_proto::{
    Changes, Error, NackCode, Plan, ReadMinCell, ReplyError, Setting, Status, Waits, WriteRegisters,
};

use harness::frame;

/// Longer than the simulated device stays awake.
const UNTIL_ASLEEP: Duration = Duration::from_secs(11);
/// One send of a read with its waits, generously.
const ONE_EXCHANGE: Duration = Duration::from_millis(200);
/// Pauses of the client: after no answer, after a write.
const PAUSES: Duration = Duration::from_secs(4);

/// A pack of 14 cells of 3.601 V to 3.614 V from its negative end, and everything else as it comes.
fn twin(config: TinyBmsConfig) -> (Shared<Twin>, SimPort, SimClock) {
    let mut twin = Twin::new(config);
    for cell in 1..=14 {
        twin.set_cell(cell, 3.6 + f64::from(cell) / 1_000.0);
    }
    twin.set_current(-2.5);
    twin.tick(Duration::from_millis(100));
    let twin = shared(twin);
    let (port, clock) = serial::line(twin.clone());
    (twin, port, clock)
}

fn blocking_client(port: SimPort, clock: SimClock, waits: Waits) -> BlockingClient {
    tinybms_proto::blocking::TinyBms::new(
        tinybms_proto::port::blocking::Polled::new(port, clock, 100),
        waits,
    )
}

type BlockingClient =
    tinybms_proto::blocking::TinyBms<tinybms_proto::port::blocking::Polled<SimPort, SimClock>>;

#[cfg(feature = "async")]
fn asynch_client(
    port: SimPort,
    clock: SimClock,
    waits: Waits,
) -> tinybms_proto::asynch::TinyBms<tinybms_proto::port::asynch::Timed<SimPort, SimClock>> {
    tinybms_proto::asynch::TinyBms::new(tinybms_proto::port::asynch::Timed::new(port, clock), waits)
}

/// One test for both clients; in the body, `$wait` ends a call.
macro_rules! both {
    ($name:ident, $config:expr, $waits:expr,
        |$client:ident, $twin:ident, $clock:ident, $wait:ident| $body:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn blocking() {
                #[allow(dead_code)]
                fn $wait<T>(answer: T) -> T {
                    answer
                }
                #[allow(unused_variables)]
                let ($twin, port, $clock) = twin($config);
                #[allow(unused_mut)]
                let mut $client = blocking_client(port, $clock.clone(), $waits);
                $body;
            }

            #[cfg(feature = "async")]
            #[test]
            fn asynch() {
                #[allow(unused_imports)]
                use harness::block_on as $wait;
                #[allow(unused_variables)]
                let ($twin, port, $clock) = twin($config);
                #[allow(unused_mut)]
                let mut $client = asynch_client(port, $clock.clone(), $waits);
                $body;
            }
        }
    };
}

both!(
    everything_is_read_as_the_device_holds_it,
    TinyBmsConfig::new(14),
    Waits::WIRE,
    |client, twin, clock, wait| {
        let live = wait(client.live()).unwrap();
        let configured = wait(client.registers(307, 1)).unwrap().get(307).unwrap();
        let count = live.check_cells(configured).unwrap();
        let cells: Vec<i32> = live.slots.cells(count).map(Microvolts::get).collect();
        let wanted: Vec<i32> = (1..=14).map(|cell| 3_600_000 + cell * 1_000).collect();
        assert_eq!(cells, wanted);
        assert_eq!(live.status, Status::Discharging);
        assert_eq!(live.pack_current.to_milliamps().unwrap().get(), -2_500);
        assert_eq!(live.pack_voltage.to_millivolts().unwrap().get(), 50_505);
        assert_eq!(wait(client.ask(&ReadMinCell)), Ok(Millivolts::new(3_601)));
        let versions = wait(client.versions()).unwrap();
        assert_eq!(versions.version.firmware.number(), 254);
        let statistics = wait(client.statistics()).unwrap();
        assert_eq!(statistics.max_discharge.get(), 2_500);
        let settings = wait(client.settings()).unwrap();
        for (word, register) in settings.words().iter().zip(300..) {
            assert_eq!(
                *word,
                twin.borrow().register(register),
                "register {register}"
            );
        }
        let limits = wait(client.device_limits()).unwrap();
        assert_eq!(
            limits.range(Setting::ChargeOverCurrentCutoff),
            Some((1, 150))
        );
        let events: Vec<u8> = wait(client.all_events())
            .unwrap()
            .map(|e| e.id.number())
            .collect();
        let stored: Vec<u8> = twin
            .borrow()
            .events()
            .iter()
            .map(|event| event.id)
            .collect();
        assert_eq!(events, stored);
        assert!(!events.is_empty());
    }
);

/// Wanted values.
fn changes(values: &[(Setting, i32)]) -> Changes {
    let mut changes = Changes::new();
    for (setting, value) in values {
        changes.set(*setting, *value).unwrap();
    }
    changes
}

both!(
    a_whole_window_of_limits_is_moved_and_read_back,
    TinyBmsConfig::new(14),
    Waits::WIRE,
    |client, twin, clock, wait| {
        let firmware = wait(client.versions()).unwrap().version.firmware;
        let limits = wait(client.device_limits()).unwrap();
        let present = wait(client.settings()).unwrap();
        // Every limit of the new window lies below where the old one of its neighbour was.
        let wanted = [
            (Setting::OverVoltageCutoff, 3_650),
            (Setting::FullyChargedVoltage, 3_550),
            (Setting::FullyDischargedVoltage, 2_800),
            (Setting::UnderVoltageCutoff, 2_500),
            (Setting::PulsesPerUnit, 70_000),
        ];
        let plan = Plan::new(&present, &changes(&wanted), firmware, &limits).unwrap();
        assert_eq!(wait(client.allow_writes().apply(&plan)), Ok(()));
        let words = [
            (315, 3_650),
            (300, 3_550),
            (301, 2_800),
            (316, 2_500),
            (312, 4_464),
            (313, 1),
        ];
        for (register, word) in words {
            assert_eq!(
                twin.borrow().register(register),
                word,
                "register {register}"
            );
        }
        let now = wait(client.settings()).unwrap();
        assert!(changes(&wanted).differences(&now).next().is_none());
    }
);

both!(
    a_change_that_restarts_the_device_is_read_back_after_the_restart,
    TinyBmsConfig::new(14),
    Waits {
        sends: 1,
        ..Waits::WIRE
    },
    |client, twin, clock, wait| {
        let firmware = wait(client.versions()).unwrap().version.firmware;
        let limits = wait(client.device_limits()).unwrap();
        let present = wait(client.settings()).unwrap();
        let wanted = changes(&[(Setting::OperationMode, 1)]);
        let plan = Plan::new(&present, &wanted, firmware, &limits).unwrap();
        assert_eq!(wait(client.allow_writes().apply(&plan)), Ok(()));
        assert_eq!(twin.borrow().register(340), 1);
    }
);

/// A device that goes to sleep when nobody asks.
fn idle(twin: &Shared<Twin>, clock: &SimClock) {
    twin.borrow_mut().set_current(0.0);
    clock.advance(UNTIL_ASLEEP);
    assert!(!twin.borrow().is_awake());
}

fn count(bytes: &[u8], frame: &[u8]) -> usize {
    bytes
        .windows(frame.len())
        .filter(|part| *part == frame)
        .count()
}

both!(
    a_device_that_sleeps_is_woken_by_the_read_itself,
    TinyBmsConfig::new(14),
    Waits::WIRE,
    |client, twin, clock, wait| {
        idle(&twin, &clock);
        assert_eq!(wait(client.status()), Ok(Status::Idle));
        assert!(twin.borrow().is_awake());
        let status = frame(&[0xAA, 0x18]);
        assert_eq!(count(&clock.take_written(), &status), 2);
    }
);

both!(
    a_write_to_a_device_that_sleeps_goes_out_once,
    TinyBmsConfig::new(14),
    Waits::WIRE,
    |client, twin, clock, wait| {
        idle(&twin, &clock);
        let request = WriteRegisters::new(319, &[55]).unwrap();
        assert_eq!(wait(client.allow_writes().send(&request)), Ok(()));
        assert_eq!(twin.borrow().register(319), 55);
        let write = frame(&[0xAA, 0x10, 0x01, 0x3F, 0x00, 0x01, 0x02, 0x00, 55]);
        assert_eq!(count(&clock.take_written(), &write), 1);
    }
);

both!(
    the_silence_while_the_device_stores_costs_no_request,
    TinyBmsConfig {
        flash_silence: Duration::from_millis(950),
        ..TinyBmsConfig::new(14)
    },
    Waits {
        sends: 1,
        ..Waits::WIRE
    },
    |client, twin, clock, wait| {
        for degrees in [55, 56, 57] {
            let values = [degrees];
            let request = WriteRegisters::new(319, &values).unwrap();
            assert_eq!(wait(client.allow_writes().send(&request)), Ok(()));
            let read = wait(client.registers(319, 1)).map(|found| found.get(319));
            assert_eq!(read, Ok(Some(degrees)));
        }
        assert_eq!(twin.borrow().lost_bytes(), 0);
    }
);

both!(
    a_refused_write_is_an_error_and_changes_nothing,
    TinyBmsConfig::new(14),
    Waits::WIRE,
    |client, twin, clock, wait| {
        // The document ends at 90 degrees.
        let request = WriteRegisters::new(319, &[91]).unwrap();
        let answer = wait(client.allow_writes().send(&request));
        assert_eq!(
            answer,
            Err(Error::Reply(ReplyError::Nack(NackCode::Command)))
        );
        assert_eq!(twin.borrow().register(319), 60);
        let write = frame(&[0xAA, 0x10, 0x01, 0x3F, 0x00, 0x01, 0x02, 0x00, 91]);
        assert_eq!(count(&clock.take_written(), &write), 1);
        assert_eq!(wait(client.status()), Ok(Status::Discharging));
    }
);

both!(
    text_that_comes_unasked_disturbs_no_reply,
    TinyBmsConfig::new(14),
    Waits::WIRE,
    |client, twin, clock, wait| {
        twin.borrow_mut().set_setting(343, 1);
        twin.borrow_mut().set_setting(342, 1);
        for step in 0..200_u64 {
            let live = wait(client.live()).unwrap();
            assert_eq!(live.min_cell, Millivolts::new(3_601));
            // So that requests fall on every place of a line of text.
            clock.advance(Duration::from_micros(997 * (step % 97)));
        }
    }
);

/// Every single byte of a request of this length and a reply of that one.
fn losses(request: usize, reply: usize) -> impl Iterator<Item = LineEffect> {
    let requests = (0..request).map(LineEffect::RequestByteLost);
    requests.chain((0..reply).map(LineEffect::ReplyByteLost))
}

/// The fault of one exchange, counted from now.
fn spoil(twin: &Shared<Twin>, number: u64, effect: LineEffect) {
    let plan = LineFaultPlan::new().with(When::Once(number), effect);
    twin.borrow_mut().set_faults(plan);
}

/// Losing any byte of a read: an error or the right answer within a bound, and then the right answer.
macro_rules! any_byte_of_a_read {
    ($name:ident, $sends:expr, $request:expr, $reply:expr,
        |$client:ident, $wait:ident| $ask:expr) => {
        both!(
            $name,
            TinyBmsConfig::new(14),
            Waits {
                sends: $sends,
                ..Waits::WIRE
            },
            |$client, twin, clock, $wait| {
                let right = $ask.unwrap();
                let mut failed = 0;
                for effect in losses($request, $reply) {
                    let text = format!("{effect:?}");
                    spoil(&twin, 0, effect);
                    let start = clock.now();
                    match $ask {
                        Ok(answer) => assert_eq!(answer, right, "{text}"),
                        Err(Error::Reply(_)) => failed += 1,
                        Err(other) => panic!("{text}: {other:?}"),
                    }
                    let took = clock.now() - start;
                    assert!(took < ONE_EXCHANGE * 3, "{text}: {took:?}");
                    let start = clock.now();
                    assert_eq!($ask.as_ref(), Ok(&right), "after {text}");
                    let took = clock.now() - start;
                    assert!(took < ONE_EXCHANGE * 3 + PAUSES, "after {text}: {took:?}");
                    clock.advance(Duration::from_millis(20));
                }
                // One send never hides a loss.
                assert!($sends > 1 || failed == $request + $reply, "{failed}");
            }
        );
    };
}

any_byte_of_a_read!(a_status_survives_any_lost_byte, 3, 4, 6, |client, wait| {
    wait(client.status())
});
any_byte_of_a_read!(
    one_send_of_a_status_fails_in_bounds,
    1,
    4,
    6,
    |client, wait| { wait(client.status()) }
);
any_byte_of_a_read!(registers_survive_any_lost_byte, 3, 8, 21, |client, wait| {
    wait(client.registers(300, 8)).map(|found| found.words().collect::<Vec<_>>())
});
any_byte_of_a_read!(
    one_send_for_registers_fails_in_bounds,
    1,
    8,
    21,
    |client, wait| {
        wait(client.registers(300, 8)).map(|found| found.words().collect::<Vec<_>>())
    }
);
any_byte_of_a_read!(
    single_registers_survive_any_lost_byte,
    3,
    9,
    13,
    |client, wait| {
        let request = tinybms_proto::ReadEach::new(&[36, 307]).unwrap();
        wait(client.ask(&request)).map(Iterator::collect::<Vec<_>>)
    }
);
any_byte_of_a_read!(
    one_send_for_single_registers_fails_in_bounds,
    1,
    9,
    13,
    |client, wait| {
        let request = tinybms_proto::ReadEach::new(&[36, 307]).unwrap();
        wait(client.ask(&request)).map(Iterator::collect::<Vec<_>>)
    }
);
any_byte_of_a_read!(limits_survive_any_lost_byte, 3, 7, 93, |client, wait| {
    wait(client.settings_by(tinybms_proto::SettingsOption::Maximum))
});
any_byte_of_a_read!(cells_survive_any_lost_byte, 3, 4, 33, |client, wait| {
    wait(client.ask(&tinybms_proto::ReadCellVoltages))
        .map(|cells| cells.steps().collect::<Vec<_>>())
});

both!(
    a_write_that_loses_any_byte_goes_out_at_most_once_and_the_next_one_works,
    TinyBmsConfig::new(14),
    Waits {
        sends: 1,
        ..Waits::WIRE
    },
    |client, twin, clock, wait| {
        let (mut unconfirmed, mut not_sent) = (0, 0);
        // The wake-up, then the write itself.
        for (exchange, request, reply) in [(0, 4, 6), (1, 11, 8)] {
            for effect in losses(request, reply) {
                let text = format!("{effect:?} of exchange {exchange}");
                let values = [if twin.borrow().register(319) == 55 {
                    56
                } else {
                    55
                }];
                let write = WriteRegisters::new(319, &values).unwrap();
                let bytes = frame(&[
                    0xAA,
                    0x10,
                    0x01,
                    0x3F,
                    0x00,
                    0x01,
                    0x02,
                    0x00,
                    values[0] as u8,
                ]);
                let before = twin.borrow().register(319);
                // What the client still had to read or to wait for is over.
                assert!(wait(client.status()).is_ok(), "{text}");
                clock.advance(Duration::from_millis(20));
                drop(clock.take_written());
                spoil(&twin, exchange, effect);
                let start = clock.now();
                let answer = wait(client.allow_writes().send(&write));
                let took = clock.now() - start;
                assert!(took < ONE_EXCHANGE * 2, "{text}: {took:?}");
                let sent = count(&clock.take_written(), &bytes);
                let now = twin.borrow().register(319);
                match answer {
                    Ok(()) => assert_eq!((sent, now), (1, values[0]), "{text}"),
                    Err(Error::NotAwake(_)) => {
                        not_sent += 1;
                        assert_eq!((sent, now), (0, before), "{text}");
                    }
                    Err(Error::Unconfirmed(_)) => {
                        unconfirmed += 1;
                        assert_eq!(sent, 1, "{text}");
                        assert!(now == before || now == values[0], "{text}: {now}");
                    }
                    Err(Error::Reply(error)) => {
                        assert!(error.is_refusal(), "{text}: {error:?}");
                        assert_eq!((sent, now), (1, before), "{text}");
                    }
                    Err(other) => panic!("{text}: {other:?}"),
                }
                let other = WriteRegisters::new(320, &values[..1]).unwrap();
                let refused = wait(client.allow_writes().send(&other));
                assert_eq!(
                    refused,
                    Err(Error::Reply(ReplyError::Nack(NackCode::Command))),
                    "{text}"
                );
                assert_eq!(
                    wait(client.allow_writes().send(&write)),
                    Ok(()),
                    "after {text}"
                );
                assert_eq!(twin.borrow().register(319), values[0], "after {text}");
            }
        }
        assert!(
            not_sent >= 8 && unconfirmed >= 8,
            "{not_sent}, {unconfirmed}"
        );
    }
);

both!(
    a_plan_whose_confirmation_is_lost_stops_there,
    TinyBmsConfig::new(14),
    Waits::WIRE,
    |client, twin, clock, wait| {
        let firmware = wait(client.versions()).unwrap().version.firmware;
        let limits = wait(client.device_limits()).unwrap();
        let present = wait(client.settings()).unwrap();
        let wanted = changes(&[
            (Setting::OverHeatCutoff, 55),
            (Setting::AllowedDisbalance, 20),
        ]);
        let plan = Plan::new(&present, &wanted, firmware, &limits).unwrap();
        clock.advance(Duration::from_millis(20));
        drop(clock.take_written());
        // Read before, wake-up, write.
        spoil(&twin, 2, LineEffect::ReplyLost);
        let answer = wait(client.allow_writes().apply(&plan));
        assert_eq!(answer, Err(Error::Unconfirmed(ReplyError::Timeout)));
        let written = clock.take_written();
        assert_eq!(
            written
                .windows(2)
                .filter(|pair| *pair == [0xAA, 0x10])
                .count(),
            1
        );
        // The first one was carried out, which only a look can tell; the second one was not sent.
        assert_eq!(
            (twin.borrow().register(308), twin.borrow().register(319)),
            (20, 60)
        );
        let now = wait(client.settings()).unwrap();
        assert_eq!(wanted.differences(&now).count(), 1);
    }
);
