//! Every code of the core has a sentence, and the sentences carry the numbers.

use battery_units::{Milliamps, Millivolts};
use parallelator::texts::{amps, event_text, pack_text, seconds, system_text, volts};
use parallelator_core::{
    Event, EventKind, Fault, PackDecision, PackState, Reason, SystemState, Waiting,
};

fn pack(state: PackState, reason: impl Into<Reason>, value: i32, limit: i32) -> PackDecision {
    PackDecision {
        state,
        reason: reason.into(),
        value,
        limit,
        ..PackDecision::default()
    }
}

fn event(kind: EventKind, reason: Option<Reason>, value: i32, limit: i32) -> Event {
    Event {
        seq: 1,
        now_ms: 1_000,
        pack: Some(2),
        kind,
        reason,
        value,
        limit,
    }
}

fn label(index: usize) -> String {
    format!("Pack {}", index + 1)
}

#[test]
fn every_reason_has_its_own_sentence() {
    let waiting = Waiting::ALL.iter().map(|&one| Reason::from(one));
    let faults = Fault::ALL.iter().map(|&one| Reason::from(one));
    let mut texts: Vec<String> = waiting
        .chain(faults)
        .map(|reason| {
            let text = pack_text(&pack(PackState::Open, reason, 7_000, 5_000));
            assert_ne!(text, reason.code(), "a bare code");
            assert!(
                text.contains(' ') || reason == Waiting::Connected.into(),
                "{text}"
            );
            assert!(
                text.starts_with(|first: char| first.is_uppercase() || first.is_ascii_digit()),
                "{text}"
            );
            assert!(!text.contains('_') && !text.ends_with('.'), "{text}");
            text
        })
        .collect();
    let all = texts.len();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), all, "two reasons read alike");
}

#[test]
fn every_event_has_its_own_sentence() {
    let reason = Some(Fault::OverVoltageAbs.into());
    for &kind in EventKind::ALL {
        let text = event_text(&event(kind, reason, 30_120, 30_000), label);
        assert!(!text.contains('_') && !text.contains(": ,"), "{text}");
        assert!(
            !text.ends_with(&format!(": {}", kind.code())),
            "a bare code: {text}"
        );
    }
}

#[test]
fn sentences_carry_their_numbers() {
    let circulating = PackDecision {
        difference: Some(Millivolts::new(-260)),
        predicted: Some(Milliamps::new(6_100)),
        ..pack(PackState::Open, Waiting::CirculatingCurrent, 6_100, 5_000)
    };
    assert_eq!(
        pack_text(&circulating),
        "Waits: joining could push up to 6.1 A between the packs, the limit is 5.0 A (260 mV below the bus)"
    );
    let refused = PackDecision {
        difference: Some(Millivolts::new(-1_800)),
        ..pack(PackState::Open, Waiting::DifferenceTooLarge, 1_800, 1_000)
    };
    assert_eq!(
        pack_text(&refused),
        "Refused: 1.80 V below the bus, at most 1.00 V is allowed"
    );
    let latched = pack(PackState::Latched, Fault::OverVoltageAbs, 30_120, 30_000);
    assert_eq!(
        pack_text(&latched),
        "Over-voltage: 30.12 V, the absolute limit is 30.00 V; latched until it is cleared"
    );
    let cooling = PackDecision {
        eligible_in_ms: Some(8_300),
        ..pack(
            PackState::Cooldown { until_ms: 1 },
            Fault::StaleData,
            1_250,
            1_000,
        )
    };
    assert_eq!(
        pack_text(&cooling),
        "No good sample for 1.2 s, at most 1.0 s is allowed; may try again in 8.3 s"
    );
    let opened = event(
        EventKind::Opened,
        Some(Fault::OverVoltageAbs.into()),
        30_120,
        30_000,
    );
    assert_eq!(
        event_text(&opened, label),
        "Pack 3 opened: over-voltage: 30.12 V, the absolute limit is 30.00 V"
    );
}

#[test]
fn the_rack_says_why_it_is_shut_off() {
    let cause = Some(Fault::EStop.into());
    assert_eq!(
        system_text(SystemState::SafeOff, cause),
        "Shut off: emergency stop"
    );
    assert_eq!(system_text(SystemState::Running, None), "Running");
}

#[test]
fn numbers_keep_their_sign_and_choose_their_unit() {
    assert_eq!(amps(-20_040), "-20.0 A");
    assert_eq!(amps(420), "0.42 A");
    assert_eq!(volts(999), "999 mV");
    assert_eq!(volts(26_480), "26.48 V");
    assert_eq!(seconds(450), "450 ms");
    assert_eq!(seconds(61_250), "61.2 s");
    assert_eq!(seconds(840_001), "15 min");
    // The ends of the range print like any other number.
    assert!(amps(i32::MIN).ends_with(" A") && volts(i32::MIN).ends_with(" V"));
}
