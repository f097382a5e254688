//! The interface of the page: the contract of its JSON, commands, and what it keeps out.

#![allow(dead_code, reason = "each test file uses its part of the helper")]

mod program;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use program::{PATIENCE, Program};
use serde_json::Value;

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

fn closed(state: &Value) -> usize {
    let packs = state["packs"].as_array().unwrap();
    packs
        .iter()
        .filter(|pack| pack["state"] == "closed")
        .count()
}

#[test]
fn the_state_has_exactly_the_fields_of_the_contract() {
    let program = Program::start(&["--packs", "8", "--speed", "20"]);
    let state = program.state_when("six packs closed", |state| closed(state) >= 6);
    assert_eq!(
        keys(&state),
        [
            "api",
            "bus",
            "ccl_ma",
            "charge_permit",
            "cvl_mv",
            "dcl_ma",
            "events",
            "language",
            "limits",
            "load_permit",
            "mode",
            "now_ms",
            "packs",
            "service",
            "sim",
            "system",
            "system_text",
            "title",
            "version",
        ]
    );
    assert_eq!(
        keys(&state["sim"]),
        [
            "charger_ma",
            "charger_max_ma",
            "charger_served_ma",
            "load_ma",
            "load_max_ma",
            "load_served_ma",
            "paused",
            "speed",
            "time_ms",
        ]
    );
    assert_eq!(keys(&state["bus"]), ["current_ma", "voltage_mv"]);
    assert_eq!(keys(&state["limits"]), ["dv_max_mv", "i_circ_max_ma"]);
    assert_eq!(
        keys(&state["packs"][0]),
        [
            "age_ms",
            "closes",
            "command",
            "current_ma",
            "difference_mv",
            "eligible_in_ms",
            "fault",
            "fault_text",
            "i_chg_max_ma",
            "i_dis_max_ma",
            "index",
            "label",
            "limit_ma",
            "measured_text",
            "predicted_ma",
            "reason",
            "score",
            "sim_faults",
            "state",
            "state_text",
            "temperature_dc",
            "text",
            "voltage_mv",
            "wiring",
        ]
    );
    assert_eq!(
        keys(&state["events"][0]),
        [
            "kind",
            "kind_text",
            "now_ms",
            "pack",
            "reason",
            "seq",
            "text"
        ]
    );
    assert_eq!(state["api"], 1);
    assert_eq!(state["mode"], "demo");
    assert_eq!(state["language"], "en");
    assert_eq!(state["title"], "KXKM rack, 8 packs");
    assert_eq!(state["system"], "running");
    assert_eq!(state["service"], false);
    assert_eq!(state["packs"][7]["reason"], "difference_too_large");
    let text = state["packs"][7]["text"].as_str().unwrap();
    let numbers = " V below the bus, at most 1.00 V is allowed";
    assert!(
        text.starts_with("Refused: 1.") && text.ends_with(numbers),
        "{text}"
    );
    let text = state["packs"][6]["text"].as_str().unwrap();
    assert!(
        text.starts_with("Waits: joining could push up to "),
        "{text}"
    );
}

#[test]
fn a_french_program_sends_french_sentences_and_the_same_codes() {
    let program = Program::start_with(
        &["--language", "fr", "--speed", "20"],
        "Page\u{a0}: http://",
    );
    let state = program.state_when("six packs closed", |state| closed(state) >= 6);
    assert_eq!(state["language"], "fr");
    let refused = &state["packs"][7];
    assert_eq!(refused["reason"], "difference_too_large");
    assert_eq!(refused["state_text"], "Ouvert");
    let text = refused["text"].as_str().unwrap();
    assert!(
        text.starts_with("Refusé\u{a0}: 1,") && text.ends_with(" au plus 1,00\u{a0}V sont admis"),
        "{text}"
    );
    let measured = refused["measured_text"].as_str().unwrap();
    assert!(
        measured.starts_with("1,") && measured.ends_with("\u{a0}V, seuil 1,00\u{a0}V"),
        "{measured}"
    );
    let closing = state["events"].as_array().unwrap().iter();
    let closing: Vec<&Value> = closing.filter(|event| event["kind"] == "closed").collect();
    assert!(closing.iter().all(|event| event["kind_text"] == "fermé"));
    assert!(closing.len() >= 6, "{closing:?}");
}

#[test]
fn the_history_has_a_row_a_second_with_all_packs() {
    let program = Program::start(&["--packs", "2", "--speed", "20"]);
    program.state_when("five seconds old", |state| {
        state["now_ms"].as_u64().unwrap() > 5_000
    });
    let history = program.get("/api/v1/history").json();
    let seconds = history["t_s"].as_array().unwrap();
    assert!(seconds.len() >= 5);
    for (row, second) in seconds.iter().enumerate() {
        assert_eq!(second.as_u64(), Some(row as u64));
    }
    assert_eq!(history["bus_mv"].as_array().unwrap().len(), seconds.len());
    assert_eq!(history["packs"].as_array().unwrap().len(), 2);
    for pack in history["packs"].as_array().unwrap() {
        assert_eq!(pack["voltage_mv"].as_array().unwrap().len(), seconds.len());
        assert_eq!(pack["current_ma"].as_array().unwrap().len(), seconds.len());
    }
}

#[test]
fn the_stream_pushes_states() {
    let program = Program::start(&["--packs", "1"]);
    let mut stream = TcpStream::connect(&program.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let host = &program.address;
    write!(
        stream,
        "GET /api/v1/stream HTTP/1.1\r\nHost: {host}\r\n\r\n"
    )
    .unwrap();
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    let mut states = 0;
    let mut named = false;
    let mut kind = false;
    for line in lines {
        kind |= line == "content-type: text/event-stream";
        if line == "event: state" {
            named = true;
        } else if let Some(data) = line.strip_prefix("data: ") {
            let state: Value = serde_json::from_str(data).unwrap();
            assert!(named && state["api"] == 1);
            (named, states) = (false, states + 1);
            if states == 3 {
                break;
            }
        }
    }
    assert!(kind && states == 3);
}

#[test]
fn commands_reach_the_core_and_the_simulation() {
    let program = Program::start(&["--packs", "2", "--speed", "20"]);
    program.state_when("both packs closed", |state| closed(state) == 2);
    let post = |path: &str, body: &str| {
        let answer = program.post(path, body);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (202, "{\"accepted\":true}"),
            "{body}"
        );
    };
    post("/api/v1/command", "{\"disable\":1}");
    let state = program.state_when("pack 2 disabled", |state| {
        state["packs"][1]["state"] == "disabled"
    });
    assert_eq!(
        state["packs"][1]["text"],
        "Disabled by the operator until it is enabled"
    );
    post("/api/v1/command", "{\"enable\":1}");
    program.state_when("pack 2 closed again", |state| closed(state) == 2);

    post("/api/v1/sim", "{\"load_ma\":4000}");
    program.state_when("the load is served", |state| {
        state["sim"]["load_ma"] == 4_000
            && (state["sim"]["load_served_ma"].as_i64().unwrap() - 4_000).abs() < 50
    });
    // However much is asked for, the load draws what the core allows.
    post("/api/v1/sim", "{\"load_ma\":20000}");
    let state = program.state_when("the load is held back", |state| {
        state["sim"]["load_ma"] == 20_000
            && state["sim"]["load_served_ma"].as_i64().unwrap() > 10_000
    });
    let served = state["sim"]["load_served_ma"].as_i64().unwrap();
    assert!(
        served < 20_000 && served <= state["dcl_ma"].as_i64().unwrap() + 500,
        "{state:#}"
    );
    post("/api/v1/sim", "{\"load_ma\":0}");
    post("/api/v1/sim", "{\"charger_ma\":3000}");
    program.state_when("the charger is served", |state| {
        state["bus"]["current_ma"].as_i64().unwrap_or(0) > 2_500
    });

    post(
        "/api/v1/sim",
        "{\"fault\":{\"pack\":0,\"kind\":\"over_voltage\"}}",
    );
    let state = program.state_when("pack 1 latched", |state| {
        state["packs"][0]["state"] == "latched"
    });
    assert_eq!(state["packs"][0]["fault"], "over_voltage_abs");
    assert_eq!(state["packs"][0]["sim_faults"][0], "over_voltage");
    post("/api/v1/sim", "{\"repair\":{\"pack\":0}}");
    program.state_when("repaired", |state| {
        state["packs"][0]["sim_faults"]
            .as_array()
            .unwrap()
            .is_empty()
    });
    post(
        "/api/v1/command",
        "{\"clear\":{\"pack\":0,\"fault\":\"over_voltage_abs\"}}",
    );
    program.state_when("pack 1 closed again", |state| {
        state["packs"][0]["state"] == "closed"
    });

    post("/api/v1/command", "{\"estop\":true}");
    let state = program.state_when("shut off", |state| {
        state["system"] == "safe_off" && closed(state) == 0
    });
    assert_eq!(state["system_text"], "Shut off: emergency stop");
    assert_eq!(state["load_permit"], false);
    assert_eq!(state["charge_permit"], false);
    program.state_when("the charger has stopped", |state| {
        state["sim"]["charger_served_ma"] == 0
    });
    post("/api/v1/command", "{\"arm\":true}");
    program.state_when("running again", |state| closed(state) == 2);
}

/// The events of this kind, oldest first.
fn of_kind<'a>(state: &'a Value, kind: &str) -> Vec<&'a Value> {
    let events = state["events"].as_array().unwrap();
    events
        .iter()
        .filter(|event| event["kind"] == kind)
        .collect()
}

#[test]
fn a_test_opens_its_pack_in_the_service_mode_only() {
    let program = Program::start(&["--packs", "2", "--seed", "1", "--speed", "20"]);
    let command = |body: &str| {
        let answer = program.post("/api/v1/command", body);
        assert_eq!(answer.status, 202, "{body}: {}", answer.body);
    };
    // The last join has settled and was judged.
    program.state_when("both packs closed for a while", |state| {
        let joined = of_kind(state, "closed").last().map(|join| &join["now_ms"]);
        closed(state) == 2
            && state["now_ms"].as_u64() > joined.and_then(Value::as_u64).map(|then| then + 5_000)
    });
    command("{\"test\":1}");
    let state = program.state_when("the test refused", |state| {
        !of_kind(state, "command_refused").is_empty()
    });
    assert_eq!(
        of_kind(&state, "command_refused")[0]["text"],
        "The test of Pack 2 was refused: it needs the service mode and a connected pack; wait until the last change has \
         settled and the other packs can carry the load"
    );
    assert_eq!(closed(&state), 2);
    assert!(of_kind(&state, "opened").is_empty(), "{state:#}");

    command("{\"service\":true}");
    let state = program.state_when("in the service mode", |state| state["service"] == true);
    assert_eq!(state["system"], "service");
    command("{\"test\":1}");
    let state = program.state_when("pack 2 opened and back again", |state| {
        closed(state) == 2 && !of_kind(state, "opened").is_empty()
    });
    let opened = of_kind(&state, "opened");
    assert_eq!(opened.len(), 1);
    assert_eq!(
        (&opened[0]["pack"], &opened[0]["reason"]),
        (&Value::from(1), &Value::from("service_test"))
    );
    assert_eq!(
        opened[0]["text"],
        "Pack 2 opened: a test that the operator asked for"
    );
    let joins = of_kind(&state, "closed");
    assert_eq!(joins.last().unwrap()["pack"], 1, "{joins:?}");
    assert_eq!(joins.len(), 3);
    assert_eq!(state["packs"][1]["score"], 0, "a test is no fault");

    command("{\"service\":false}");
    let state = program.state_when("out of it", |state| state["service"] == false);
    assert_eq!(state["system"], "running");
    command("{\"service\":true}");
    program.state_when("in it again", |state| state["service"] == true);
    command("{\"estop\":true}");
    let state = program.state_when("shut off", |state| state["system"] == "safe_off");
    assert_eq!(state["service"], false, "a shut-off ends it");
}

#[test]
fn an_emergency_stop_acts_while_the_simulation_stands_still() {
    let program = Program::start(&["--packs", "2", "--speed", "20"]);
    program.state_when("both packs closed", |state| closed(state) == 2);
    program.post("/api/v1/sim", "{\"paused\":true}");
    let state = program.state_when("paused", |state| state["sim"]["paused"] == true);
    let then = state["now_ms"].as_u64().unwrap();
    program.post("/api/v1/command", "{\"estop\":true}");
    let state = program.state_when("shut off", |state| state["system"] == "safe_off");
    assert_eq!(closed(&state), 0);
    assert!(state["now_ms"].as_u64().unwrap() < then + 500);
    program.post("/api/v1/sim", "{\"paused\":false}");
    program.state_when("time goes on", |state| {
        state["now_ms"].as_u64().unwrap() > then + 1_000
    });
}

#[test]
fn bad_bodies_are_refused_in_a_sentence() {
    let program = Program::start(&["--packs", "2"]);
    program.state_when("started", |_| true);
    for (path, body, words) in [
        ("/api/v1/command", "", "not a JSON object"),
        ("/api/v1/command", "[]", "not a JSON object"),
        ("/api/v1/command", "{}", "exactly one key"),
        (
            "/api/v1/command",
            "{\"arm\":true,\"estop\":true}",
            "exactly one key",
        ),
        ("/api/v1/command", "{\"close\":0}", "no command"),
        (
            "/api/v1/command",
            "{\"enable\":2}",
            "there is no pack 2, they count from 0 to 1",
        ),
        ("/api/v1/command", "{\"enable\":-1}", "enable"),
        ("/api/v1/command", "{\"arm\":false}", "can only be true"),
        ("/api/v1/command", "{\"close\":0}", "service, test, arm"),
        (
            "/api/v1/command",
            "{\"service\":1}",
            "\\\"service\\\": invalid type",
        ),
        (
            "/api/v1/command",
            "{\"service\":null}",
            "expected a boolean",
        ),
        (
            "/api/v1/command",
            "{\"test\":2}",
            "there is no pack 2, they count from 0 to 1",
        ),
        ("/api/v1/command", "{\"test\":256}", "there is no pack 256"),
        (
            "/api/v1/command",
            "{\"test\":true}",
            "\\\"test\\\": invalid type",
        ),
        ("/api/v1/command", "{\"test\":-1}", "test"),
        (
            "/api/v1/command",
            "{\"clear\":{\"pack\":0,\"fault\":\"x\"}}",
            "no fault called \\\"x\\\"",
        ),
        ("/api/v1/command", "{\"clear\":{\"pack\":0}}", "fault"),
        ("/api/v1/sim", "{\"load_ma\":20001}", "from 0 to 20000"),
        ("/api/v1/sim", "{\"load_ma\":-1}", "from 0 to 20000"),
        ("/api/v1/sim", "{\"load_ma\":1e99}", "load_ma"),
        ("/api/v1/sim", "{\"speed\":0}", "from 0.1 to 1000"),
        (
            "/api/v1/sim",
            "{\"fault\":{\"pack\":null,\"kind\":\"dead_sensor\"}}",
            "needs a pack",
        ),
        (
            "/api/v1/sim",
            "{\"fault\":{\"pack\":0,\"kind\":\"x\"}}",
            "over_voltage, dead_sensor",
        ),
        ("/api/v1/sim", "{\"clock\":1}", "not known"),
    ] {
        let answer = program.post(path, body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert!(
            answer.body.starts_with("{\"error\":\"") && answer.body.contains(words),
            "{body}: {}",
            answer.body
        );
    }
    let long = format!("{{\"enable\":{}}}", " ".repeat(10_000));
    let answer = program.post("/api/v1/command", &long);
    assert_eq!(answer.status, 413);
    assert!(answer.json()["error"].is_string());
}

#[test]
fn other_sites_are_kept_out() {
    let program = Program::start(&["--packs", "1"]);
    let host = program.address.clone();
    let port = host.rsplit(':').next().unwrap().to_owned();
    let get = |host: &str| {
        program
            .raw(&format!(
                "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            ))
            .status
    };
    assert_eq!(get(&format!("localhost:{port}")), 200);
    for foreign in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "192.168.0.1",
        "",
        "127.0.0.1:x",
    ] {
        assert_eq!(get(foreign), 403, "{foreign:?}");
    }
    let post = |headers: &str| {
        program
            .post_with("/api/v1/command", "{\"arm\":true}", headers)
            .status
    };
    let json = "Content-Type: application/json\r\n";
    assert_eq!(post(json), 202);
    assert_eq!(post(&format!("{json}Origin: http://{host}\r\n")), 202);
    assert_eq!(post(&format!("{json}Origin: http://evil.example\r\n")), 403);
    assert_eq!(post(&format!("{json}Origin: null\r\n")), 403);
    assert_eq!(post(&format!("{json}Origin: http://127.0.0.1:1\r\n")), 403);
    assert_eq!(post(""), 415);
    assert_eq!(post("Content-Type: text/plain\r\n"), 415);
}

#[test]
fn the_page_comes_whole_from_the_program() {
    let program = Program::start(&["--packs", "1"]);
    let page = program.get("/");
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'self'")
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        program.get("/api/v1/state").header("cache-control"),
        Some("no-store")
    );
    // Everything that the page and its scripts name is there.
    let mut wanted = vec!["/".to_owned()];
    let mut seen = Vec::new();
    while let Some(path) = wanted.pop() {
        if seen.contains(&path) {
            continue;
        }
        let file = program.get(&path);
        assert_eq!(file.status, 200, "{path}");
        if !path.contains("vendor/") {
            for (mark, end) in [
                ("src=\"", '"'),
                ("<link rel=\"stylesheet\" href=\"", '"'),
                ("from \"./", '"'),
            ] {
                for rest in file.body.split(mark).skip(1) {
                    wanted.push(format!("/{}", rest.split(end).next().unwrap()));
                }
            }
        }
        seen.push(path);
    }
    assert!(seen.len() > 5, "{seen:?}");
    assert_eq!(program.get("/no-such-file").status, 404);
    assert_eq!(program.get("/../Cargo.toml").status, 404);
    assert_eq!(program.post("/", "{}").status, 405);
    assert_eq!(program.get("/api/v1/command").status, 405);
}
