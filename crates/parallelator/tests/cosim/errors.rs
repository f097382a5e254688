//! Lines that are no steps: each is answered with its number, its field and what would be right, and nothing moves.

use parallelator::cosim::{LONGEST_LINE, Line, Session};
use serde_json::Value;

const START: &str = r#"{"packs":3}"#;
const NULLS: &str = "[null,null,null]";

fn whole(line: &[u8]) -> Line<'_> {
    Line::Whole(line)
}

/// The field and the message that this first line is refused with.
fn refused_start(line: &[u8]) -> (Value, String) {
    let error = Session::start(whole(line)).map(|_| ()).unwrap_err();
    body(&error.to_line(1), 1)
}

fn body(text: &str, line: u64) -> (Value, String) {
    let told: Value = serde_json::from_str(text).unwrap();
    assert_eq!(told["error"]["line"], line, "{text}");
    assert_eq!(told["error"].as_object().unwrap().len(), 3, "{text}");
    let message = told["error"]["message"].as_str().unwrap().to_owned();
    (told["error"]["field"].clone(), message)
}

/// The line is refused with this field and these words, and the session goes on as if it had not been there.
fn refused(line: &[u8], field: Option<&str>, words: &[&str]) {
    let mut session = Session::start(whole(START.as_bytes())).unwrap();
    let mut untouched = session.clone();
    let reply = session.reply(2, whole(line));
    let shown = String::from_utf8_lossy(line);
    assert!(!reply.stepped, "{shown}: {}", reply.text);
    let (found, message) = body(&reply.text, 2);
    assert_eq!(
        found,
        field.map_or(Value::Null, Value::from),
        "{shown}: {message}"
    );
    for part in words {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    let next = format!(r#"{{"now_ms":100,"packs":{NULLS}}}"#);
    let next = next.as_bytes();
    assert_eq!(
        session.reply(3, whole(next)),
        untouched.reply(3, whole(next))
    );
}

/// A good step with this beside it.
fn with(more: &str) -> String {
    format!(r#"{{"now_ms":100,"packs":{NULLS},{more}}}"#)
}

/// A step whose last pack is this.
fn pack(entry: &str) -> String {
    format!(r#"{{"now_ms":100,"packs":[null,null,{entry}]}}"#)
}

#[test]
fn what_is_no_object_is_refused_as_a_line() {
    refused(b"", None, &["empty line", "one JSON object"]);
    refused(b"  \t\r", None, &["empty line"]);
    refused(b"stop", None, &["not one JSON object", "column 1"]);
    refused(b"{\"now_ms\":1,", None, &["not one JSON object", "EOF"]);
    refused(b"{} {}", None, &["trailing", "column 4"]);
    refused(b"[]", None, &["a list of 0 is not an object"]);
    refused(b"17", None, &["17 is not an object"]);
    refused(b"\"step\"", None, &["\"step\" is not an object"]);
    refused(b"null", None, &["null is not an object"]);
    refused(b"NaN", None, &["not one JSON object"]);
    refused("\u{feff}{}".as_bytes(), None, &["byte order mark"]);
    refused(b"{\"now_ms\":1e999}", None, &["out of range"]);
    refused(b"{\"\\ud800\":1}", None, &["not one JSON object"]);
}

#[test]
fn bytes_that_are_not_utf_8_are_counted() {
    refused(b"{\"mode\":\"\xff\"}", None, &["not UTF-8", "byte 10"]);
    refused(b"\xc3\x28", None, &["not UTF-8", "byte 1;"]);
}

#[test]
fn a_line_without_bound_is_refused_whatever_is_in_it() {
    let deep = "[".repeat(100_000);
    refused(deep.as_bytes(), None, &["recursion limit", "column"]);
    let objects = "{\"packs\":".repeat(100_000);
    refused(objects.as_bytes(), None, &["recursion limit"]);
    let many = format!("{{\"now_ms\":1,\"packs\":[{}0]}}", "0,".repeat(300_000));
    refused(many.as_bytes(), None, &["more than 4096 values"]);
    let digits = format!("{{\"now_ms\":{}}}", "9".repeat(100_000));
    refused(digits.as_bytes(), None, &["out of range"]);
    let long = format!("{{\"{}\":1}}", "k".repeat(LONGEST_LINE - 6));
    let mut session = Session::start(whole(START.as_bytes())).unwrap();
    for line in [whole(long.as_bytes()), Line::TooLong] {
        let reply = session.reply(9, line);
        assert!(
            !reply.stepped && reply.text.len() < 1_000,
            "{}",
            reply.text.len()
        );
        let (_, message) = body(&reply.text, 9);
        assert!(message.contains("is no key here") || message.contains("131072 bytes"));
    }
}

#[test]
fn keys_that_do_not_exist_or_stand_twice_are_named_with_their_place() {
    refused(
        with(r#""mod":"auto""#).as_bytes(),
        Some("mod"),
        &["\"mod\"", "\"mode\""],
    );
    refused(
        with(r#""zzz":1"#).as_bytes(),
        Some("zzz"),
        &["now_ms, packs, bus"],
    );
    let twice = format!(r#"{{"now_ms":1,"packs":{NULLS},"now_ms":1}}"#);
    refused(twice.as_bytes(), Some("now_ms"), &["twice"]);
    refused(
        pack(r#"{"voltag_mv":1}"#).as_bytes(),
        Some("packs[2].voltag_mv"),
        &["\"voltage_mv\""],
    );
    refused(
        pack(r#"{"age_ms":1,"age_ms":1}"#).as_bytes(),
        Some("packs[2].age_ms"),
        &["twice"],
    );
    refused(
        with(r#""bus":{"mv":1}"#).as_bytes(),
        Some("bus.mv"),
        &["voltage_mv, current_ma"],
    );
    refused(
        with(r#""io":{"estopp":true}"#).as_bytes(),
        Some("io.estopp"),
        &["\"estop\""],
    );
    let escaped = with(r#""mo\u0064e":"idle","mode":"idle""#);
    refused(escaped.as_bytes(), Some("mode"), &["twice"]);
    let long = with(&format!(r#""{}":1"#, "é".repeat(300)));
    let shown = format!("{}...", "é".repeat(60));
    refused(long.as_bytes(), Some(&shown), &[&shown]);
}

#[test]
fn what_is_missing_is_named() {
    refused(
        format!(r#"{{"packs":{NULLS}}}"#).as_bytes(),
        Some("now_ms"),
        &["missing"],
    );
    refused(br#"{"now_ms":1}"#, Some("packs"), &["missing", "each pack"]);
    refused(
        br#"{"now_ms":1,"packs":[null,null]}"#,
        Some("packs"),
        &["2 packs", "has 3"],
    );
    refused(
        br#"{"now_ms":1,"packs":[null,null,null,null]}"#,
        Some("packs"),
        &["4 packs"],
    );
    refused(
        br#"{"now_ms":1,"packs":{}}"#,
        Some("packs"),
        &["not a list"],
    );
    let clear = with(r#""commands":[{"clear":{"pack":1}}]"#);
    refused(
        clear.as_bytes(),
        Some("commands[0].clear.fault"),
        &["missing", "name of a fault"],
    );
    let clear = with(r#""commands":[{"clear":{"fault":"estop"}}]"#);
    refused(
        clear.as_bytes(),
        Some("commands[0].clear.pack"),
        &["missing"],
    );
}

#[test]
fn numbers_are_whole_and_inside_their_range() {
    for number in [
        "1.5",
        "1.0",
        "1e2",
        "true",
        "\"1\"",
        "[]",
        "{}",
        "null",
        "-1",
        "18446744073709551616",
    ] {
        let line = format!(r#"{{"now_ms":{number},"packs":{NULLS}}}"#);
        refused(
            line.as_bytes(),
            Some("now_ms"),
            &["whole number from 0 to 18446744073709551615"],
        );
    }
    let range = "-2147483648 to 2147483647";
    for (key, number) in [
        ("voltage_mv", "2147483648"),
        ("voltage_mv", "26.48"),
        ("current_ma", "-2147483649"),
        ("current_ma", "-1250.0"),
        ("temperature_dc", "\"25\""),
    ] {
        let line = pack(&format!(r#"{{"{key}":{number}}}"#));
        refused(line.as_bytes(), Some(&format!("packs[2].{key}")), &[range]);
    }
    for (key, number, range) in [
        ("age_ms", "4294967296", "0 to 4294967295"),
        ("age_ms", "null", "0 to 4294967295"),
        ("capacity_mah", "-1", "0 to 4294967295"),
        ("soc_permille", "65536", "0 to 65535"),
        ("soh_permille", "-1", "0 to 65535"),
        ("i_dis_max_ma", "-1", "0 to 2147483647"),
        ("i_chg_max_ma", "1e1", "without fraction or exponent"),
        ("alarm_bits", "4294967296", "0 to 4294967295"),
    ] {
        let line = pack(&format!(r#"{{"{key}":{number}}}"#));
        refused(line.as_bytes(), Some(&format!("packs[2].{key}")), &[range]);
    }
    refused(
        with(r#""bus":{"voltage_mv":0.1}"#).as_bytes(),
        Some("bus.voltage_mv"),
        &[range],
    );
    refused(
        with(r#""bus":{"current_ma":"x"}"#).as_bytes(),
        Some("bus.current_ma"),
        &[range],
    );
}

#[test]
fn names_and_flags_are_those_of_the_contract() {
    refused(
        with(r#""mode":"Auto""#).as_bytes(),
        Some("mode"),
        &["\"Auto\"", "\"auto\", \"charge\", \"discharge\", \"idle\""],
    );
    refused(with(r#""mode":null"#).as_bytes(), Some("mode"), &["one of"]);
    refused(
        with(r#""load_controllable":1"#).as_bytes(),
        Some("load_controllable"),
        &["true or false"],
    );
    refused(
        with(r#""charger_controllable":"no""#).as_bytes(),
        Some("charger_controllable"),
        &["true or false"],
    );
    refused(
        pack(r#"{"switch_feedback":"welded"}"#).as_bytes(),
        Some("packs[2].switch_feedback"),
        &["\"open\", \"closed\""],
    );
    for key in [
        "readback_ok",
        "topology_ok",
        "write_ok",
        "brown_out",
        "estop",
    ] {
        let line = with(&format!(r#""io":{{"{key}":0}}"#));
        refused(
            line.as_bytes(),
            Some(&format!("io.{key}")),
            &["true or false"],
        );
    }
    refused(
        with(r#""io":{"alerts":[0,3]}"#).as_bytes(),
        Some("io.alerts[1]"),
        &["from 0 to 2"],
    );
    refused(
        with(r#""io":{"alerts":[1,1]}"#).as_bytes(),
        Some("io.alerts[1]"),
        &["twice"],
    );
    refused(
        with(r#""io":{"alerts":0}"#).as_bytes(),
        Some("io.alerts"),
        &["not a list"],
    );
    refused(
        pack("7").as_bytes(),
        Some("packs[2]"),
        &["7 is not an object"],
    );
}

#[test]
fn commands_are_refused_with_their_position() {
    let commands = |list: &str| with(&format!(r#""commands":[{list}]"#));
    let one = |list: &str, field: &str, words: &[&str]| {
        refused(commands(list).as_bytes(), Some(field), words);
    };
    one(r#"{"arm":false}"#, "commands[0].arm", &["true"]);
    one(r#"{"estop":1}"#, "commands[0].estop", &["true"]);
    one(
        r#"{"arm":true},{"disable":3}"#,
        "commands[1].disable",
        &["3 is not a whole number from 0 to 2"],
    );
    one(r#"{"enable":-1}"#, "commands[0].enable", &["from 0 to 2"]);
    one(
        r#"{"service":"on"}"#,
        "commands[0].service",
        &["true or false"],
    );
    one(r#"{"close":1}"#, "commands[0].close", &["\"clear\""]);
    one(r#"{}"#, "commands[0]", &["exactly one"]);
    one(
        r#"{"arm":true,"estop":true}"#,
        "commands[0]",
        &["exactly one"],
    );
    one(r#""arm""#, "commands[0]", &["not an object"]);
    one(
        r#"{"arm":true},{"clear":{"pack":0,"fault":"over_voltage"}}"#,
        "commands[1].clear.fault",
        &["\"over_voltage_abs\""],
    );
    one(
        r#"{"clear":{"pack":9,"fault":"estop"}}"#,
        "commands[0].clear.pack",
        &["from 0 to 2"],
    );
    one(
        r#"{"clear":{"pack":0,"fault":"estop","now":1}}"#,
        "commands[0].clear.now",
        &["no key here"],
    );
    one(
        r#"{"config":{"v_uv":24000}}"#,
        "commands[0].config.v_uv",
        &["\"v_uv_"],
    );
    one(
        r#"{"config":{"v_uv_mv":24000.5}}"#,
        "commands[0].config.v_uv_mv",
        &["whole number"],
    );
    one(
        r#"{"config":{"anchor":"first"}}"#,
        "commands[0].config.anchor",
        &["\"by_mode\", \"largest_set\""],
    );
    one(
        r#"{"config":{}},{"config":{}}"#,
        "commands[1].config",
        &["one at most"],
    );
    let nine = [r#"{"enable":1}"#; 9].join(",");
    refused(
        commands(&nine).as_bytes(),
        Some("commands"),
        &["9 commands", "8 at most"],
    );
    refused(
        with(r#""commands":{"arm":true}"#).as_bytes(),
        Some("commands"),
        &["not a list"],
    );
}

#[test]
fn a_first_line_is_refused_with_field_and_range() {
    let cases: [(&[u8], Value, &str); 17] = [
        (b"", Value::Null, "empty line"),
        (b"{", Value::Null, "not one JSON object"),
        (b"\xff", Value::Null, "not UTF-8"),
        (b"[4]", Value::Null, "not an object"),
        (
            b"{}",
            "packs".into(),
            "missing, must be a whole number from 1 to 32",
        ),
        (
            br#"{"packs":0}"#,
            "packs".into(),
            "0 is not a whole number from 1 to 32",
        ),
        (br#"{"packs":33}"#, "packs".into(), "from 1 to 32"),
        (br#"{"packs":4.0}"#, "packs".into(), "from 1 to 32"),
        (br#"{"packs":4,"packs":4}"#, "packs".into(), "twice"),
        (
            br#"{"packs":4,"zz":{}}"#,
            "zz".into(),
            "there are packs, config",
        ),
        (
            br#"{"packs":4,"config":null}"#,
            "config".into(),
            "not an object",
        ),
        (
            br#"{"packs":4,"config":{"tick":100}}"#,
            "config.tick".into(),
            "\"tick_ms\"",
        ),
        (
            br#"{"packs":4,"config":{"tick_ms":19}}"#,
            "config.tick_ms".into(),
            "19 is not a whole number from 20 to 1000",
        ),
        (
            br#"{"packs":4,"config":{"t_shed_ms":-1}}"#,
            "config.t_shed_ms".into(),
            "from 0 to 30000",
        ),
        (
            br#"{"packs":4,"config":{"n_lock":300}}"#,
            "config.n_lock".into(),
            "300 is not a whole number from 1 to 20",
        ),
        (
            br#"{"packs":4,"config":{"switch_kind":"relay"}}"#,
            "config.switch_kind".into(),
            "\"diode_charge\"",
        ),
        (
            br#"{"packs":4,"config":{"t_backoff0_ms":1000000}}"#,
            "config.t_backoff0_ms".into(),
            "above t_backoff_max_ms",
        ),
    ];
    for (line, field, words) in cases {
        let (found, message) = refused_start(line);
        assert_eq!(found, field, "{message}");
        assert!(message.contains(words), "{words:?} is not in {message:?}");
    }
    let error = Session::start(Line::TooLong).map(|_| ()).unwrap_err();
    assert!(error.message.contains("131072 bytes"));
}

/// The kinds of the events of an answer, with their values.
fn events(text: &str) -> Vec<(String, i64)> {
    let answer: Value = serde_json::from_str(text).unwrap();
    let events = answer["events"].as_array().unwrap();
    let event = |event: &Value| {
        let kind = event["kind"].as_str().unwrap().to_owned();
        (kind, event["value"].as_i64().unwrap())
    };
    events.iter().map(event).collect()
}

#[test]
fn a_configuration_that_the_core_refuses_is_a_step_with_an_event() {
    // The number of faults that the core must find in each: none of these values may slip into its range.
    for (config, faults) in [
        (r#"{"t_shed_ms":-1}"#, 1),
        (r#"{"closes_per_hour_fleet":-5}"#, 1),
        (r#"{"n_lock":300}"#, 1),
        (r#"{"mode_hyst_ms":-9223372036854775808}"#, 1),
        (r#"{"i_circ_max_ma":9223372036854775807}"#, 3),
        (r#"{"v_uv_mv":26000}"#, 2),
    ] {
        let mut session = Session::start(whole(START.as_bytes())).unwrap();
        let step =
            |now_ms: u64, more: &str| format!(r#"{{"now_ms":{now_ms},"packs":{NULLS}{more}}}"#);
        for now_ms in [0, 100] {
            assert!(session.reply(2, whole(step(now_ms, "").as_bytes())).stepped);
        }
        let before = session.ready();
        let line = step(200, &format!(r#","commands":[{{"config":{config}}}]"#));
        let reply = session.reply(4, whole(line.as_bytes()));
        assert!(reply.stepped, "{}", reply.text);
        assert!(
            events(&reply.text).contains(&("config_rejected".to_owned(), faults)),
            "{config}: {}",
            reply.text
        );
        assert_eq!(session.ready(), before, "{config}");
    }
}

#[test]
fn a_configuration_starts_from_the_one_in_force() {
    let mut session = Session::start(whole(br#"{"packs":3,"config":{"n_lock":7}}"#)).unwrap();
    let mut send = |now_ms: u64, config: &str| {
        let more = format!(r#","commands":[{{"enable":0}},{{"config":{config}}},{{"arm":true}}]"#);
        let line = format!(r#"{{"now_ms":{now_ms},"packs":{NULLS}{more}}}"#);
        session.reply(2, whole(line.as_bytes())).text
    };
    let refused = send(0, r#"{"t_form_ms":8000}"#);
    // The switches are not confirmed open yet; and what is refused keeps its position in the list.
    assert!(
        events(&refused).contains(&("config_rejected".to_owned(), 0)),
        "{refused}"
    );
    assert!(
        events(&refused).contains(&("command_refused".to_owned(), 2)),
        "{refused}"
    );
    assert!(
        events(&send(100, r#"{"t_form_ms":8000}"#)).contains(&("config_applied".to_owned(), 0))
    );
    assert!(
        events(&send(200, r#"{"anchor":"largest_set"}"#))
            .contains(&("config_applied".to_owned(), 0))
    );
    let ready: Value = serde_json::from_str(&session.ready()).unwrap();
    let config = &ready["ready"]["config"];
    assert_eq!(
        (&config["n_lock"], &config["t_form_ms"], &config["anchor"]),
        (&7.into(), &8000.into(), &"largest_set".into())
    );
}
