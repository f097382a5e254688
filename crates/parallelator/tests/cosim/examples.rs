//! The lines of the contract, as they stand there.

use parallelator::cosim::{Line, Session};
use parallelator_core::Params;
use serde_json::Value;

const FIRST: &str = r#"{"packs": 4, "config": {"i_dis_max_ma": 10000, "r_nom_mohm": 60}}"#;

const ERROR: &str = r#"{"error": {"line": 1, "field": "config.v_uv_mv", "message": "24000 is not below v_uv_rec_mv 23000"}}"#;

/// Spread over lines as people write it; a line of the format has no line ends.
const STEP: &str = r#"{"now_ms": 1200,
 "packs": [{"voltage_mv": 26480, "current_ma": -1250, "temperature_dc": 251, "age_ms": 0},
           {"voltage_mv": 27110, "current_ma": 0, "age_ms": 0, "switch_feedback": "open"},
           null,
           {"voltage_mv": null, "current_ma": null, "age_ms": 400}],
 "bus": {"voltage_mv": 26400, "current_ma": -1250},
 "mode": "auto",
 "load_controllable": true, "charger_controllable": false,
 "io": {"readback_ok": true, "topology_ok": true, "write_ok": true, "estop": false, "alerts": [0]},
 "commands": [{"arm": true}, {"disable": 1}, {"enable": 1}, {"clear": {"pack": 2, "fault": "over_voltage_abs"}}, {"estop": true},
              {"config": {"i_dis_max_ma": 8000}}]}"#;

const ANSWER: &str = r#"{"now_ms": 1200, "system": "running",
 "packs": [{"command": "closed", "state": "closed", "reason": "connected", "predicted_ma": 420, "eligible_in_ms": null},
           {"command": "open", "state": "disabled", "reason": "operator", "predicted_ma": null, "eligible_in_ms": null}],
 "load_permit": true, "charge_permit": false, "dcl_ma": 18400, "ccl_ma": 16000, "cvl_mv": 29400,
 "events": [{"seq": 7, "now_ms": 1200, "pack": 1, "kind": "disabled", "value": 0, "limit": 0}]}"#;

fn whole(line: &str) -> Line<'_> {
    Line::Whole(line.as_bytes())
}

/// Every key of a text of JSON, at its first place.
fn keys(text: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    let parts = text.split('"').skip(1).step_by(2);
    let mut rest = text;
    for part in parts {
        let quoted = format!("\"{part}\"");
        let after = rest.split_once(quoted.as_str()).unwrap().1;
        if after.trim_start().starts_with(':') && !keys.contains(&part) {
            keys.push(part);
        }
        rest = after;
    }
    keys
}

#[test]
fn the_first_line_is_answered_with_the_whole_configuration() {
    let session = Session::start(whole(FIRST)).unwrap();
    let ready: Value = serde_json::from_str(&session.ready()).unwrap();
    assert_eq!(ready["ready"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(ready["ready"]["packs"], 4);
    let config = ready["ready"]["config"].as_object().unwrap();
    let parameters = Params::fields().len() + Params::choices().len();
    assert_eq!(config.len(), parameters);
    for (name, value) in [
        ("tick_ms", 100),
        ("i_dis_max_ma", 10_000),
        ("r_nom_mohm", 60),
        ("r_err_permille", 400),
        ("t_chg_max_dc", 450),
        ("mode_hyst_ms", 2_000),
    ] {
        assert_eq!(config[name], value, "{name}");
    }
    assert_eq!(config["anchor"], "by_mode");
    assert_eq!(config["last_pack_policy"], "ride_through");
    assert_eq!(config["switch_kind"], "bidirectional");
}

#[test]
fn the_configuration_of_an_answer_starts_the_same_session_again() {
    let first = r#"{"packs":3,"config":{"anchor":"largest_set","last_pack_policy":"safety","switch_kind":"diode_charge","closes_per_hour_fleet":99,"t_chg_min_dc":-50}}"#;
    let ready = Session::start(whole(first)).unwrap().ready();
    let inside: Value = serde_json::from_str(&ready).unwrap();
    let again =
        serde_json::json!({"packs": inside["ready"]["packs"], "config": inside["ready"]["config"]});
    assert_eq!(
        Session::start(whole(&again.to_string())).unwrap().ready(),
        ready
    );
    assert_eq!(inside["ready"]["config"]["closes_per_hour_fleet"], 99);
    assert_eq!(inside["ready"]["config"]["t_chg_min_dc"], -50);
    assert_eq!(inside["ready"]["config"]["switch_kind"], "diode_charge");
}

#[test]
fn a_contradiction_in_the_first_line_is_told_in_the_words_of_the_contract() {
    let error = Session::start(whole(r#"{"packs": 4, "config": {"v_uv_rec_mv": 23000}}"#));
    let told: Value = serde_json::from_str(&error.unwrap_err().to_line(1)).unwrap();
    assert_eq!(told, serde_json::from_str::<Value>(ERROR).unwrap());
}

#[test]
fn the_step_of_the_contract_is_answered_with_the_keys_of_the_contract_in_its_order() {
    let mut session = Session::start(whole(FIRST)).unwrap();
    let reply = session.reply(2, whole(&STEP.replace('\n', " ")));
    assert!(reply.stepped, "{}", reply.text);
    assert_eq!(keys(&reply.text), keys(ANSWER));
    let answer: Value = serde_json::from_str(&reply.text).unwrap();
    assert_eq!(answer["now_ms"], 1_200);
    assert_eq!(answer["packs"].as_array().unwrap().len(), 4);
    // Its commands end in an emergency stop, and its first pack has a hardware alert.
    assert_eq!(answer["system"], "safe_off");
    assert_eq!(answer["packs"][0]["command"], "open");
    let kinds: Vec<&str> = answer["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    for kind in ["estop", "latched", "disabled", "enabled"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
}

#[test]
fn only_the_time_and_the_packs_are_required() {
    let mut session = Session::start(whole(r#"{"packs":1}"#)).unwrap();
    for (number, line) in [
        r#"{"now_ms":0,"packs":[null]}"#,
        r#"{"packs":[{}],"now_ms":100}"#,
        r#"{"now_ms":200,"packs":[{"voltage_mv":26000,"current_ma":0}],"bus":null}"#,
        "\t{\"now_ms\":300,\"packs\":[null],\"commands\":[],\"io\":{},\"bus\":{}}\r",
        r#"{"now_ms":-0,"packs":[null]}"#,
    ]
    .into_iter()
    .enumerate()
    {
        let reply = session.reply(number as u64 + 2, whole(line));
        assert!(reply.stepped, "{line}: {}", reply.text);
    }
}
