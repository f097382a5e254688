//! Every code of the core has a sentence in every language, and the sentences carry the numbers.

use std::collections::HashSet;

use battery_units::{Milliamps, Millivolts};
use parallelator::texts::{
    Language, amps, event_text, fault_text, kind_text, measured_text, numbers_text, pack_text,
    refusal_text, seconds, state_text, system_text, volts,
};
use parallelator_core::{
    Command, Decision, Event, EventKind, Fault, PackDecision, PackState, Reason, SwitchCommand,
    SystemState, Waiting,
};

const PACK_STATES: [PackState; 12] = [
    PackState::Absent,
    PackState::Init,
    PackState::Open,
    PackState::Precharge,
    PackState::Closing,
    PackState::Closed,
    PackState::Opening,
    PackState::Cooldown { until_ms: 1 },
    PackState::Fault,
    PackState::Latched,
    PackState::StuckClosed,
    PackState::Disabled,
];

const SYSTEM_STATES: [SystemState; 6] = [
    SystemState::Boot,
    SystemState::Idle,
    SystemState::Running,
    SystemState::Shedding,
    SystemState::SafeOff,
    SystemState::Service,
];

fn pack(state: PackState, reason: impl Into<Reason>, value: i32, limit: i32) -> PackDecision {
    PackDecision {
        state,
        reason: reason.into(),
        value,
        limit,
        ..PackDecision::default()
    }
}

fn decided(pack: PackDecision) -> Decision<1> {
    Decision {
        packs: [pack],
        ..Decision::default()
    }
}

/// The sentence of a pack, with its spaces as in English.
fn told(language: Language, pack: PackDecision) -> String {
    let text = pack_text(language, &decided(pack), 0).unwrap();
    text.replace('\u{a0}', " ")
}

fn english(pack: PackDecision) -> String {
    told(Language::English, pack)
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

fn reasons() -> Vec<Reason> {
    let waiting = Waiting::ALL.iter().map(|&one| Reason::from(one));
    let faults = Fault::ALL.iter().map(|&one| Reason::from(one));
    waiting.chain(faults).collect()
}

/// The numbers in a sentence with a point before the decimals, sorted: languages may put them in another order.
fn numbers(text: &str) -> Vec<String> {
    let number = |letter: char| letter.is_ascii_digit() || letter == '.' || letter == ',';
    let mut found: Vec<String> = text
        .split(|letter| !number(letter))
        .map(|part| part.trim_matches(['.', ',']).replace(',', "."))
        .filter(|part| !part.is_empty())
        .collect();
    found.sort();
    found
}

/// Nobody's sentence is another's, none is a bare code, and both languages say the same numbers.
fn assert_told_apart(what: &str, texts: &[(String, String, &str)]) {
    let mut seen = HashSet::new();
    for (english, french, code) in texts {
        assert_eq!(
            numbers(english),
            numbers(french),
            "other numbers in {what}: {english} / {french}"
        );
        for text in [english, french] {
            assert!(!text.is_empty() && !text.ends_with('.'), "{what}: {text:?}");
            assert!(!text.contains('_'), "a bare code in {what}: {text}");
            let bare = format!(": {code}");
            assert!(text != code && !text.ends_with(&bare), "{what}: {text}");
            assert!(
                seen.insert(text.clone()),
                "{what}: two codes read alike: {text}"
            );
        }
    }
}

fn both(text: impl Fn(Language) -> String) -> (String, String) {
    (text(Language::English), text(Language::French))
}

#[test]
fn every_reason_has_its_own_sentence_in_both_languages() {
    for (value, limit) in [(7_000, 5_000), (5_000, 7_000)] {
        let texts: Vec<_> = reasons()
            .into_iter()
            .map(|reason| {
                let (english, french) =
                    both(|language| told(language, pack(PackState::Open, reason, value, limit)));
                for text in [&english, &french] {
                    assert!(
                        text.contains(' ') || reason == Waiting::Connected.into(),
                        "{text}"
                    );
                    assert!(
                        text.starts_with(
                            |first: char| first.is_uppercase() || first.is_ascii_digit()
                        ),
                        "{text}"
                    );
                }
                (english, french, reason.code())
            })
            .collect();
        assert_told_apart("a reason", &texts);
    }
}

#[test]
fn a_pack_that_opens_says_why_whether_it_waits_for_its_current_or_for_the_read_back() {
    for command in [SwitchCommand::Closed, SwitchCommand::Open] {
        let texts: Vec<_> = reasons()
            .into_iter()
            .map(|reason| {
                let opening = PackDecision {
                    command,
                    ..pack(PackState::Opening, reason, 0, 0)
                };
                let (english, french) = both(|language| told(language, opening));
                (english, french, reason.code())
            })
            .collect();
        assert_told_apart("an opening", &texts);
    }
    let waits = PackDecision {
        command: SwitchCommand::Closed,
        ..pack(PackState::Opening, Fault::OverCurrentSoft, 0, 0)
    };
    assert_eq!(
        english(waits),
        "Opens when its current has fallen to what the switch can break: over-current for too long"
    );
    assert_eq!(
        told(Language::French, waits),
        "S’ouvrira dès que son courant sera tombé sous le pouvoir de coupure : surintensité prolongée"
    );
}

#[test]
fn a_connected_pack_with_an_alarm_says_both() {
    let alarmed = pack(PackState::Closed, Fault::UnderVoltage, 0, 0);
    assert_eq!(english(alarmed), "Connected, with an alarm: under-voltage");
    assert_eq!(
        told(Language::French, alarmed),
        "Connecté, avec une alarme : sous-tension"
    );
}

#[test]
fn every_event_has_its_own_sentence_in_both_languages() {
    for reason in [Fault::OverVoltageAbs.into(), Waiting::Operator.into()] {
        let texts: Vec<_> = EventKind::ALL
            .iter()
            .map(|&kind| {
                let event = event(kind, Some(reason), 30_120, 30_000);
                let (english, french) = both(|language| event_text(language, &event, label));
                (english, french, kind.code())
            })
            .collect();
        assert_told_apart("an event", &texts);
    }
}

#[test]
fn every_command_has_its_own_sentence_when_it_is_refused() {
    let pack = 2;
    let commands = [
        (Command::Enable { pack }, "enable"),
        (Command::Disable { pack }, "disable"),
        (
            Command::Clear {
                pack,
                fault: Fault::StuckClosed,
            },
            "clear",
        ),
        (Command::Arm, "arm"),
        (Command::EStop, "estop"),
        (Command::Service { enter: true }, "service"),
        (Command::Service { enter: false }, "service"),
        (Command::Test { pack }, "test"),
    ];
    let texts = commands.map(|(command, code)| {
        let (english, french) = both(|language| refusal_text(language, command, label));
        (english, french, code)
    });
    assert_told_apart("a refusal", &texts);
    let of_a_pack = texts
        .iter()
        .filter(|(_, french, _)| french.contains("Pack 3"));
    assert_eq!(of_a_pack.count(), 4, "{texts:?}");
    let (english, french, _) = &texts[7];
    assert!(
        english.ends_with(
            "wait until the last change has settled and the other packs can carry the load"
        ),
        "{english}"
    );
    assert!(
        french.ends_with(
            "attendre que le dernier changement soit stabilisé et que les autres packs puissent porter la consommation"
        ),
        "{french}"
    );
}

#[test]
fn every_reason_of_an_event_is_told_in_words() {
    for (value, limit) in [(0, 0), (30_120, 30_000)] {
        let texts: Vec<_> = reasons()
            .into_iter()
            .map(|reason| {
                let event = event(EventKind::Opened, Some(reason), value, limit);
                let (english, french) = both(|language| event_text(language, &event, label));
                (english, french, reason.code())
            })
            .collect();
        assert_told_apart("the reason of an event", &texts);
    }
}

#[test]
fn every_state_and_every_kind_has_its_own_words_in_both_languages() {
    let states = PACK_STATES.map(|state| state_text(Language::French, state));
    assert_eq!(HashSet::from(states).len(), PACK_STATES.len(), "{states:?}");
    let states = PACK_STATES.map(|state| state_text(Language::English, state));
    assert_eq!(HashSet::from(states).len(), PACK_STATES.len(), "{states:?}");
    let systems = SYSTEM_STATES.map(|state| {
        let (english, french) = both(|language| system_text(language, state, None));
        (english, french, state.code())
    });
    assert_told_apart("the state of the rack", &systems);
    let causes: Vec<_> = Fault::ALL
        .iter()
        .map(|&fault| {
            let cause = Some(fault.into());
            let (english, french) =
                both(|language| system_text(language, SystemState::SafeOff, cause));
            assert!(french.contains(fault_text(Language::French, fault)));
            (english, french, fault.code())
        })
        .collect();
    assert_told_apart("the cause of a shut-off", &causes);
    for language in Language::ALL {
        let kinds: HashSet<String> = EventKind::ALL
            .iter()
            .map(|&kind| kind_text(language, kind))
            .collect();
        assert_eq!(kinds.len(), EventKind::ALL.len());
        assert!(kinds.iter().all(|kind| !kind.contains('_')), "{kinds:?}");
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
        english(circulating),
        "Waits: joining could push up to 6.1 A between the packs, the limit is 5.0 A (260 mV below the bus)"
    );
    assert_eq!(
        told(Language::French, circulating),
        "Attend : la connexion pourrait faire circuler jusqu’à 6,1 A entre les packs, la limite est de 5,0 A (260 mV au-dessous du bus)"
    );
    let refused = PackDecision {
        difference: Some(Millivolts::new(-1_800)),
        ..pack(PackState::Open, Waiting::DifferenceTooLarge, 1_800, 1_000)
    };
    assert_eq!(
        english(refused),
        "Refused: 1.80 V below the bus, at most 1.00 V is allowed"
    );
    let opened = event(
        EventKind::Opened,
        Some(Fault::OverVoltageAbs.into()),
        30_120,
        30_000,
    );
    assert_eq!(
        event_text(Language::English, &opened, label),
        "Pack 3 opened: over-voltage: 30.12 V, the absolute limit is 30.00 V"
    );
    assert_eq!(
        event_text(Language::French, &opened, label),
        "Pack 3 ouvert\u{a0}: surtension\u{a0}: 30,12\u{a0}V, le seuil absolu est de 30,00\u{a0}V"
    );
}

#[test]
fn a_sentence_ends_with_what_would_help() {
    let latched = pack(PackState::Latched, Fault::OverVoltageAbs, 30_120, 30_000);
    assert_eq!(
        english(latched),
        "Over-voltage: 30.12 V, the absolute limit is 30.00 V; latched until it is cleared with over_voltage_abs"
    );
    assert!(
        told(Language::French, latched)
            .ends_with(" ; verrouillé jusqu’à l’acquittement avec over_voltage_abs")
    );
    let stuck = pack(PackState::StuckClosed, Fault::StuckClosed, 900, 200);
    assert!(english(stuck).ends_with("; isolate it from outside, then clear it with stuck_closed"));
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
        english(cooling),
        "No good sample for 1.2 s, at most 1.0 s is allowed; may try again in 8.3 s"
    );
    let collecting = PackDecision {
        eligible_in_ms: Some(300),
        ..pack(PackState::Init, Waiting::CollectingSamples, 0, 0)
    };
    assert_eq!(
        told(Language::French, collecting),
        "Attend : recueille des mesures, encore 300 ms environ"
    );
    let disabled = pack(PackState::Disabled, Waiting::Operator, 0, 0);
    assert_eq!(
        english(disabled),
        "Disabled by the operator until it is enabled"
    );
    // Only an emergency stop, or a damaged record, waits for the arm command.
    for (cause, ending) in [
        (Fault::EStop, " until it is armed"),
        (Fault::ReadBack, "off"),
    ] {
        let off = Decision {
            system: SystemState::SafeOff,
            system_reason: Some(cause.into()),
            ..decided(pack(PackState::Open, Waiting::SystemOff, 0, 0))
        };
        let text = pack_text(Language::English, &off, 0).unwrap();
        assert!(text.ends_with(ending), "{text}");
    }
}

#[test]
fn the_numbers_of_an_explanation_are_told_in_one_line() {
    let told = |pack: PackDecision| {
        let why = decided(pack).explain(0).unwrap();
        both(|language| numbers_text(language, &why))
    };
    let circulating = PackDecision {
        difference: Some(Millivolts::new(-260)),
        predicted: Some(Milliamps::new(6_100)),
        eligible_in_ms: Some(2_500),
        ..pack(PackState::Open, Waiting::CirculatingCurrent, 6_100, 5_000)
    };
    let (english, french) = told(circulating);
    assert_eq!(
        english,
        "-260 mV to the bus · at most 6.1 A predicted · 6.1 A, limit 5.0 A · 2.5 s to wait"
    );
    assert_eq!(
        french.replace('\u{a0}', " "),
        "écart au bus -260 mV · au plus 6,1 A prévus · 6,1 A, seuil 5,0 A · encore 2,5 s"
    );
    let nothing = pack(PackState::Closed, Waiting::Connected, 0, 0);
    assert_eq!(told(nothing), (String::new(), String::new()));
}

#[test]
fn a_value_is_shown_in_the_unit_of_its_reason() {
    for (reason, shown) in [
        (Reason::from(Waiting::WearBudget), "1250, limit 1000"),
        (Waiting::StaleSample.into(), "1.2 s, limit 1.0 s"),
        (Waiting::VoltageLow.into(), "1.25 V, limit 1.00 V"),
        (Waiting::PackLimit.into(), "1.2 A, limit 1.0 A"),
        (Fault::OverTemperature.into(), "125.0 °C, limit 100.0 °C"),
        (Fault::Imbalance.into(), "1.2 A, limit 1.0 A"),
        (Fault::UnderVoltage.into(), "1.25 V, limit 1.00 V"),
    ] {
        let why = decided(pack(PackState::Open, reason, 1_250, 1_000));
        let why = why.explain(0).unwrap();
        assert_eq!(
            measured_text(Language::English, &why).as_deref(),
            Some(shown),
            "{reason:?}"
        );
    }
    let operator = decided(pack(PackState::Disabled, Waiting::Operator, 30_120, 30_000));
    let why = operator.explain(0).unwrap();
    assert_eq!(measured_text(Language::English, &why), None);
}

#[test]
fn a_configuration_that_cannot_be_read_is_not_called_a_number_of_faults() {
    let refused = event(EventKind::ConfigRejected, Some(Fault::Config.into()), 7, 3);
    assert_eq!(
        event_text(Language::English, &refused, label),
        "New parameters were refused: they cannot be read, version or length is 7 instead of 3"
    );
}

#[test]
fn the_rack_says_why_it_is_shut_off() {
    let cause = Some(Fault::EStop.into());
    assert_eq!(
        system_text(Language::English, SystemState::SafeOff, cause),
        "Shut off: emergency stop"
    );
    assert_eq!(
        system_text(Language::French, SystemState::SafeOff, cause),
        "Mise en sécurité\u{a0}: arrêt d’urgence"
    );
}

#[test]
fn numbers_keep_their_sign_and_choose_their_unit() {
    let english = Language::English;
    assert_eq!(amps(english, -20_040), "-20.0 A");
    assert_eq!(amps(english, 420), "0.42 A");
    assert_eq!(volts(english, 999), "999 mV");
    assert_eq!(volts(english, 26_480), "26.48 V");
    assert_eq!(seconds(english, 450), "450 ms");
    assert_eq!(seconds(english, 61_250), "61.2 s");
    assert_eq!(seconds(english, 840_001), "15 min");
    // The ends of the range print like any other number.
    assert!(amps(english, i32::MIN).ends_with(" A") && volts(english, i32::MIN).ends_with(" V"));
}

#[test]
fn french_numbers_have_a_comma_and_do_not_part_from_their_unit() {
    let french = Language::French;
    assert_eq!(amps(french, -20_040), "-20,0\u{a0}A");
    assert_eq!(volts(french, 26_480), "26,48\u{a0}V");
    assert_eq!(volts(french, 999), "999\u{a0}mV");
    assert_eq!(seconds(french, 61_250), "61,2\u{a0}s");
}

#[test]
fn a_pack_whose_own_limit_is_zero_is_not_said_to_carry_too_much() {
    let none = pack(PackState::Open, Waiting::PackLimit, 0, 0);
    assert!(
        told(Language::English, none)
            .starts_with("Waits: its own limit for what the bus is used for is zero")
    );
    assert!(
        told(Language::French, none)
            .starts_with("Attend : sa propre limite pour l’usage actuel du bus est nulle")
    );
    let much = pack(PackState::Open, Waiting::PackLimit, 1_200, 0);
    assert!(told(Language::English, much).contains("would carry 1.2 A, its limit is"));
}
