//! What changes something: `settings set`, `reset`, `clear-events`, `clear-statistics`.

use serde_json::{Value, json as object};

use crate::bench::{Twin, Wire, json, printed, refused, said, sealed, setting, shown, text, tool};

const USAGE: i32 = 2;
const FAILED: i32 = 1;

#[test]
fn nothing_is_even_opened_without_consent() {
    let twin = Twin::tcp(&["--current", "-5"]);
    let wire = Wire::to(&twin, |_| false);
    for arguments in [
        &["settings", "set", "over_heat_cutoff=55"][..],
        &["reset"],
        &["clear-events"],
        &["clear-statistics"],
    ] {
        refused(
            wire.place(),
            arguments,
            USAGE,
            &["--yes", "Nothing was sent"],
        );
    }
    assert_eq!((wire.connections(), wire.writes()), (0, 0));
}

#[test]
fn a_window_of_limits_is_moved_in_an_order_that_the_device_allows() {
    let twin = Twin::tcp(&["--cells", "4", "--current", "-5"]);
    let wire = Wire::to(&twin, |_| false);
    // Written from the top in the order given here, the device would refuse the first one already.
    let answer = json(
        wire.place(),
        &[
            "settings",
            "set",
            "over_voltage_cutoff=2900 mV",
            "fully_charged_voltage=2800",
            "fully_discharged_voltage=2700mV",
            "under_voltage_cutoff=2600",
            "--yes",
        ],
    );
    let written = answer["written"].as_array().unwrap();
    assert_eq!(written.len(), 4);
    assert!(
        written.iter().all(|one| one["read_back"] == true),
        "{answer}"
    );
    assert_eq!(wire.writes(), 4);
    for (name, value) in [
        ("over_voltage_cutoff", 2_900),
        ("fully_charged_voltage", 2_800),
        ("fully_discharged_voltage", 2_700),
        ("under_voltage_cutoff", 2_600),
    ] {
        assert_eq!(setting(wire.place(), name), value);
    }
    // What is so already is not written again.
    let again = text(
        wire.place(),
        &["settings", "set", "under_voltage_cutoff=2600", "--yes"],
    );
    assert!(again.contains("nothing to write"), "{again}");
    assert_eq!(wire.writes(), 4);
}

#[cfg(unix)]
#[test]
fn settings_are_written_through_a_pseudo_terminal_too() {
    let twin = Twin::pty(&["--current", "-5"]);
    let table = text(
        twin.place(),
        &["settings", "set", "battery_capacity=50.5 Ah", "--yes"],
    );
    assert!(
        table.contains("66.00 Ah") && table.contains("50.50 Ah"),
        "{table}"
    );
    assert!(table.contains("read back"), "{table}");
    assert_eq!(setting(twin.place(), "battery_capacity"), 50.5);
}

#[test]
fn half_of_a_packed_register_leaves_the_other_half() {
    let twin = Twin::tcp(&["--current", "-5"]);
    text(
        twin.place(),
        &[
            "settings",
            "set",
            "discharge_over_current_timeout=9",
            "--yes",
        ],
    );
    assert_eq!(setting(twin.place(), "charger_type"), "constant_current");
    assert_eq!(setting(twin.place(), "discharge_over_current_timeout"), 9);
}

#[test]
fn the_state_of_charge_is_set_although_it_cannot_be_read_back() {
    let twin = Twin::tcp(&["--soc", "50", "--current", "-5"]);
    let answer = json(
        twin.place(),
        &["settings", "set", "state_of_charge_to_set=80 %", "--yes"],
    );
    assert_eq!(answer["written"][0]["read_back"], Value::Null);
    let charge = json(twin.place(), &["status"])["state_of_charge_percent"]
        .as_f64()
        .unwrap();
    assert!((79.5..=80.0).contains(&charge), "{charge}");
}

#[test]
fn a_dry_run_prints_the_frames_and_writes_nothing() {
    let twin = Twin::tcp(&["--current", "-5"]);
    let wire = Wire::to(&twin, |_| false);
    let arguments = [
        "settings",
        "set",
        "over_heat_cutoff=55",
        "allowed_disbalance=20",
        "--dry-run",
    ];
    let answer = json(wire.place(), &arguments);
    let frames: Vec<&str> = answer["frames"]
        .as_array()
        .unwrap()
        .iter()
        .map(|frame| frame["frame"].as_str().unwrap())
        .collect();
    let write = |register: u16, value: u8| {
        let [high, low] = register.to_be_bytes();
        shown(&sealed(&[0xAA, 0x10, high, low, 0, 1, 2, 0, value]))
    };
    assert_eq!(frames, [write(308, 20), write(319, 55)]);
    assert_eq!(answer["dry_run"], true);
    let table = text(wire.place(), &arguments);
    assert!(table.contains(&write(319, 55)), "{table}");
    assert_eq!(wire.writes(), 0);
    assert_eq!(setting(wire.place(), "over_heat_cutoff"), 60);
}

#[test]
fn a_write_whose_confirmation_is_lost_is_not_repeated() {
    let twin = Twin::tcp(&["--current", "-5"]);
    // All that the device says from the write on is lost.
    let wire = Wire::to(&twin, |sent| {
        sent.windows(2).any(|pair| pair == [0xAA, 0x10])
    });
    let arguments = [
        "--timeout",
        "300",
        "settings",
        "set",
        "over_heat_cutoff=55",
        "--yes",
    ];
    let output = crate::program::run(&[&["tinybms"], &wire.place()[..], &arguments[..]].concat());
    let words = said(&output);
    assert_eq!(output.status.code(), Some(FAILED), "{words}");
    for part in [
        "sent once",
        "not confirmed",
        "not repeated",
        "may have been carried out",
    ] {
        assert!(words.contains(part), "{part:?} is not in {words}");
    }
    assert_eq!(wire.writes(), 1);
    // It was carried out, which only a look can tell.
    assert_eq!(setting(twin.place(), "over_heat_cutoff"), 55);
}

#[test]
fn after_a_failed_write_the_answer_tells_what_the_device_holds() {
    let twin = Twin::tcp(&["--current", "-5"]);
    // Only the eight bytes of the confirmation are lost: then comes the next question.
    let wire = Wire::to(&twin, |sent| {
        let at = sent.windows(2).position(|pair| pair == [0xAA, 0x10]);
        at.is_some_and(|at| sent.len() == at + 11)
    });
    let arguments = [
        "settings",
        "set",
        "over_heat_cutoff=55",
        "automatic_recovery=7",
        "--yes",
    ];
    let output = tool(wire.place(), &arguments);
    assert_eq!(output.status.code(), Some(FAILED));
    let table = printed(&output);
    assert!(
        table.contains("over_heat_cutoff    55 °C  read back"),
        "{table}"
    );
    assert!(table.contains("NOT so, the BMS holds 5 s"), "{table}");
    assert!(said(&output).contains("not confirmed"), "{}", said(&output));
    assert_eq!(wire.writes(), 1);
}

#[test]
fn wrong_settings_are_refused_with_what_would_be_right_and_nothing_is_sent() {
    let twin = Twin::tcp(&["--current", "-5"]);
    let wire = Wire::to(&twin, |_| false);
    let set = |change: &str, words: &[&str]| {
        refused(
            wire.place(),
            &["settings", "set", change, "--yes"],
            USAGE,
            words,
        );
    };
    set(
        "over_voltage_cutof=4200",
        &["no setting", "over_voltage_cutoff"],
    );
    set("over_voltage_cutoff", &["NAME=VALUE"]);
    set(
        "over_voltage_cutoff=high",
        &["no number", "1200 to 4500 mV"],
    );
    set(
        "over_voltage_cutoff=4501",
        &["4501 mV is not 1200 to 4500 mV"],
    );
    set("over_voltage_cutoff=4200 V", &["V where mV is right"]);
    set("over_voltage_cutoff=4200.5", &["steps of 1 mV"]);
    set("over_heat_cutoff=-1", &["-1 °C is not 20 to 90 °C"]);
    set("battery_capacity=66.005", &["steps of 0.01 Ah"]);
    set(
        "battery_capacity=700",
        &["700.00 Ah is not 0.10 to 655.00 Ah"],
    );
    set("load_switch_type=mosfet", &["one of fet, aido1"]);
    set("state_of_charge_to_set=50.001", &["steps of 0.002 %"]);
    set(
        "pulses_per_unit=99999999999",
        &["is not 1 to 100000 pulses"],
    );
    let twice = [
        "settings",
        "set",
        "over_heat_cutoff=55",
        "over_heat_cutoff=56",
        "--yes",
    ];
    refused(wire.place(), &twice, USAGE, &["twice"]);
    refused(
        wire.place(),
        &["settings", "get", "nothing_like_it_at_all"],
        USAGE,
        &["settings list"],
    );
    assert_eq!(wire.connections(), 0);
    // What only the device and its present settings can tell.
    set(
        "charge_over_current_cutoff=151",
        &["151 A, and this BMS takes 1 to 150 A"],
    );
    set(
        "over_voltage_cutoff=4155",
        &["fully_charged_voltage", "10", "below over_voltage_cutoff"],
    );
    set(
        "peak_discharge_current=60",
        &[
            "discharge_over_current_cutoff",
            "below peak_discharge_current",
        ],
    );
    assert_eq!(wire.writes(), 0);
}

#[test]
fn a_reset_is_seen_in_the_event_log() {
    let twin = Twin::tcp(&["--current", "-5"]);
    let wire = Wire::to(&twin, |_| false);
    let answer = json(wire.place(), &["reset", "--yes"]);
    assert_eq!(
        (&answer["restarted"], &answer["confirmed"]),
        (&object!(true), &object!(true))
    );
    assert_eq!(wire.writes(), 1);
    assert_eq!(
        json(wire.place(), &["statistics"])["last_reset"],
        "software"
    );
}

#[test]
fn events_and_statistics_are_cleared() {
    let twin = Twin::tcp(&["--current", "-5"]);
    let before = json(twin.place(), &["events"])["events"]
        .as_array()
        .unwrap()
        .len();
    assert!(before > 0);
    assert_eq!(
        json(twin.place(), &["clear-events", "--yes"])["cleared"],
        before
    );
    assert_eq!(json(twin.place(), &["events"])["events"], object!([]));
    assert!(text(twin.place(), &["clear-statistics", "--yes"]).contains("cleared at lifetime"));
}
