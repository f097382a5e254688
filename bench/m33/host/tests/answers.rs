//! Are two answers equal exactly when their bytes are?

use battery_units::{Milliamps, Millivolts};
use m33_host::{Named, to_bytes};
use m33_log::Put;
use parallelator_core::{
    Decision, Event, EventKind, Fault, LedPattern, PackDecision, PackState, Reason, SwitchCommand,
    SystemState, Waiting,
};

type Change<T> = (&'static str, fn(&mut T));

/// The bytes differ after the change, and the first one that does bears this name.
fn assert_named<T: Put + Copy>(value: T, (name, change): Change<T>) {
    let mut changed = value;
    change(&mut changed);
    let mut named = Named::default();
    changed.put(&mut named);
    let first = to_bytes(&value)
        .iter()
        .zip(named.bytes())
        .position(|(before, after)| before != after)
        .unwrap_or_else(|| panic!("{name} is not among the bytes"));
    assert_eq!(named.name(first), name);
}

#[test]
fn every_field_of_a_decision_is_among_its_bytes() {
    let changes: [Change<Decision<4>>; 21] = [
        ("packs[3].command", |d| {
            d.packs[3].command = SwitchCommand::Closed
        }),
        ("packs[0].state", |d| d.packs[0].state = PackState::Latched),
        ("packs[1].reason", |d| {
            d.packs[1].reason = Reason::Waiting(Waiting::Operator)
        }),
        ("packs[2].reason", |d| {
            d.packs[2].reason = Reason::Fault(Fault::HardwareAlert)
        }),
        ("packs[0].predicted", |d| {
            d.packs[0].predicted = Some(Milliamps::ZERO)
        }),
        ("packs[0].difference", |d| {
            d.packs[0].difference = Some(Millivolts::ZERO)
        }),
        ("packs[0].value", |d| d.packs[0].value = 1 << 24),
        ("packs[0].limit", |d| d.packs[0].limit = -1),
        ("packs[0].eligible_in_ms", |d| {
            d.packs[0].eligible_in_ms = Some(0)
        }),
        ("packs[0].score", |d| d.packs[0].score = 1),
        ("packs[3].closes", |d| d.packs[3].closes = 1 << 31),
        ("system", |d| d.system = SystemState::SafeOff),
        ("system_reason", |d| {
            d.system_reason = Some(Fault::EStop.into())
        }),
        ("load_permit", |d| d.load_permit = true),
        ("charge_permit", |d| d.charge_permit = true),
        ("dcl", |d| d.dcl = Milliamps::new(256)),
        ("ccl", |d| d.ccl = Milliamps::new(1 << 16)),
        ("cvl", |d| d.cvl = Millivolts::new(-1)),
        ("bus_voltage", |d| d.bus_voltage = Some(Millivolts::ZERO)),
        ("bus_current", |d| d.bus_current = Some(Milliamps::ZERO)),
        ("led", |d| d.led = LedPattern::Degraded),
    ];
    for change in changes {
        assert_named(Decision::default(), change);
    }
}

#[test]
fn every_field_of_an_event_is_among_its_bytes() {
    let event = Event {
        seq: 0,
        now_ms: 0,
        pack: None,
        kind: EventKind::Closed,
        reason: None,
        value: 0,
        limit: 0,
    };
    let changes: [Change<Event>; 7] = [
        ("seq", |e| e.seq = 1 << 31),
        ("now_ms", |e| e.now_ms = 1 << 63),
        ("pack", |e| e.pack = Some(0)),
        ("kind", |e| e.kind = EventKind::Opened),
        ("reason", |e| e.reason = Some(Fault::StuckOpen.into())),
        ("value", |e| e.value = 1),
        ("limit", |e| e.limit = 1),
    ];
    for change in changes {
        assert_named(event, change);
    }
}

#[test]
fn numbers_are_little_endian_and_of_their_own_width() {
    let pack = PackDecision {
        value: 0x0102_0304,
        limit: -2,
        closes: 5,
        state: PackState::Cooldown { until_ms: 6 },
        ..PackDecision::default()
    };
    // Open, cool-down, waiting for a sensor, nothing predicted, no difference, the two numbers, no time, score, closings.
    let waiting = Waiting::ALL
        .iter()
        .position(|one| *one == Waiting::NoSensor)
        .unwrap() as u8;
    let wanted = [
        &[0, 7, 6, 0, 0, 0, 0, 0, 0, 0, 0, waiting, 0, 0][..],
        &[4, 3, 2, 1, 0xFE, 0xFF, 0xFF, 0xFF],
        &[0, 0, 5, 0, 0, 0],
    ]
    .concat();
    assert_eq!(to_bytes(&pack), wanted);
}

#[test]
fn every_fault_kind_and_waiting_has_bytes_of_its_own() {
    fn assert_distinct<T: Put>(all: &[T]) {
        let mut bytes: Vec<_> = all.iter().map(to_bytes).collect();
        bytes.sort();
        bytes.dedup();
        assert_eq!(bytes.len(), all.len());
    }
    assert_distinct(Fault::ALL);
    assert_distinct(EventKind::ALL);
    assert_distinct(Waiting::ALL);
}
