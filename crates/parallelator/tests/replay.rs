//! Replaying a log: identical, the first difference, what would have differed, and logs that are none.

#![allow(dead_code, reason = "each test file uses its part of the helpers")]

#[path = "cosim/draw.rs"]
mod draw;

use std::{fs, path::Path};

use draw::Rack;
use parallelator::{
    cosim::{self, Files},
    failure::Failure,
    replay::{self, Options},
};
use serde_json::Value;
use tempfile::TempDir;

/// Drives a session over these lines and keeps its log.
fn record(log: &Path, input: &str) {
    let files = Files {
        log: Some(log),
        ..Files::default()
    };
    let mut answers = Vec::new();
    cosim::run(files, input.as_bytes(), &mut answers, std::io::sink()).unwrap();
}

/// What a replay writes, and how it ends.
fn replayed(log: &Path, set: &[&str], json: bool) -> (String, Result<(), Failure>) {
    let set: Vec<String> = set.iter().map(|&one| one.to_owned()).collect();
    let options = Options {
        set: &set,
        json,
        ..Options::default()
    };
    let mut output = Vec::new();
    let ended = replay::run(log, options, &mut output, std::io::sink());
    (String::from_utf8(output).unwrap(), ended)
}

fn object(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Two packs that fit together at 26.4 V, `apart` millivolts from each other, for ten seconds.
fn two_packs(apart: i32) -> String {
    let mut lines = "{\"packs\":2}\n".to_owned();
    for tick in 0..100 {
        lines.push_str(&format!(
            "{{\"now_ms\":{},\"load_controllable\":true,\"packs\":[{{\"voltage_mv\":26400,\"current_ma\":0}},{{\"voltage_mv\":{},\"current_ma\":0}}]}}\n",
            tick * 100,
            26_400 + apart
        ));
    }
    lines
}

/// A log of [`two_packs`], 150 mV apart.
fn recorded(folder: &TempDir) -> std::path::PathBuf {
    let log = folder.path().join("run.log");
    record(&log, &two_packs(150));
    log
}

#[test]
fn a_log_replays_identically() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("run.log");
    for seed in 0..10 {
        let mut rack = Rack::new(1 + 3 * seed as usize, seed);
        let mut input = rack.first_line() + "\n";
        let mut steps = 0;
        for tick in 0..300 {
            input.push_str(&rack.step().line);
            input.push('\n');
            steps += 1;
            if tick % 7 == 0 {
                input.push_str("not a step\n");
            }
        }
        record(&log, &input);
        assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), steps + 1);
        let (text, ended) = replayed(&log, &[], false);
        assert!(ended.is_ok(), "{text}");
        assert_eq!(text, format!("{steps} steps, identical\n"));
        let (text, _) = replayed(&log, &[], true);
        let expected = serde_json::json!({"steps": steps, "identical": true, "difference": null});
        assert_eq!(object(&text), expected);
    }
}

#[test]
fn a_log_has_the_lines_of_the_contract() {
    let folder = TempDir::new().unwrap();
    let log = fs::read_to_string(recorded(&folder)).unwrap();
    let lines: Vec<Value> = log.lines().map(object).collect();
    assert_eq!(lines[0]["packs"], 2);
    // The whole configuration, so that other defaults change nothing.
    assert_eq!(lines[0]["config"]["i_circ_max_ma"], 5_000);
    let input = two_packs(150);
    for (line, step) in lines[1..].iter().zip(input.lines().skip(1)) {
        assert_eq!(line.as_object().unwrap().len(), 2);
        assert_eq!(line["step"], object(step));
        assert_eq!(line["decision"]["now_ms"], line["step"]["now_ms"]);
    }
}

/// The log with one line changed by hand.
fn tampered(log: &Path, number: usize, change: impl Fn(&mut Value)) {
    let text = fs::read_to_string(log).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut value = object(&lines[number - 1]);
    change(&mut value);
    lines[number - 1] = value.to_string();
    fs::write(log, lines.join("\n")).unwrap();
}

#[test]
fn the_first_decision_that_differs_is_named_with_both_sides() {
    let folder = TempDir::new().unwrap();
    type Change = fn(&mut Value);
    let changes: [(&str, Value, Change); 5] = [
        ("decision.packs[1].state", "open".into(), |line| {
            line["decision"]["packs"][1]["state"] = "open".into();
        }),
        ("decision.dcl_ma", 1.into(), |line| {
            line["decision"]["dcl_ma"] = 1.into();
        }),
        ("decision.packs[2]", 5.into(), |line| {
            line["decision"]["packs"]
                .as_array_mut()
                .unwrap()
                .push(5.into());
        }),
        ("decision.extra", true.into(), |line| {
            line["decision"]["extra"] = true.into();
        }),
        ("decision.system", "idle".into(), |line| {
            line["decision"]["system"] = "idle".into();
            line["decision"]["events"] = "later than the system in the order of the answer".into();
        }),
    ];
    for (field, recorded_value, change) in changes {
        let log = recorded(&folder);
        tampered(&log, 95, |line| line["decision"]["cvl_mv"] = 0.into());
        tampered(&log, 90, change);
        let (text, ended) = replayed(&log, &[], false);
        assert!(matches!(ended, Err(Failure::Said(1))), "{text}");
        let words = format!("line 90, 8800 ms, {field}: recorded {recorded_value}, now ");
        assert!(
            text.starts_with(&words) && text.lines().count() == 1,
            "{text}"
        );
        let (text, ended) = replayed(&log, &[], true);
        assert!(matches!(ended, Err(Failure::Said(1))));
        let told = object(&text);
        assert_eq!(
            (&told["identical"], &told["steps"]),
            (&false.into(), &89.into())
        );
        let difference = &told["difference"];
        assert_eq!(difference["line"], 90);
        assert_eq!(difference["now_ms"], 8_800);
        assert_eq!(difference["field"], field);
        assert_eq!(difference["recorded"], recorded_value);
    }
    let log = recorded(&folder);
    tampered(&log, 7, |line| {
        line["decision"]
            .as_object_mut()
            .unwrap()
            .remove("load_permit");
    });
    let (text, _) = replayed(&log, &[], false);
    assert_eq!(
        text,
        "line 7, 500 ms, decision.load_permit: recorded nothing, now false\n"
    );
}

#[test]
fn the_order_of_keys_is_no_difference() {
    let folder = TempDir::new().unwrap();
    let log = recorded(&folder);
    // The reader of this test sorts the keys by name.
    for line in 2..=101 {
        tampered(&log, line, |_| {});
    }
    assert!(
        fs::read_to_string(&log)
            .unwrap()
            .contains("{\"decision\":{\"ccl_ma\"")
    );
    assert_eq!(replayed(&log, &[], false).0, "100 steps, identical\n");
}

#[test]
fn other_parameters_show_every_change_of_command_state_and_reason() {
    let folder = TempDir::new().unwrap();
    let log = recorded(&folder);
    // 150 mV over two paths of 36 mΩ and the errors are more than 1 A, and less than the default of 5 A.
    let (text, ended) = replayed(&log, &["i_circ_max_ma=1000"], false);
    assert!(ended.is_ok());
    let lines: Vec<&str> = text.lines().collect();
    let refused = lines
        .iter()
        .find(|line| line.contains("command closed -> open"));
    let refused = refused.unwrap_or_else(|| panic!("{text}"));
    assert!(refused.contains("-> circulating_current"), "{refused}");
    let summary = lines.last().unwrap();
    assert!(
        summary.starts_with("100 steps, ") && summary.contains("closings 2 -> 1"),
        "{summary}"
    );
    let (text, ended) = replayed(&log, &["i_circ_max_ma=1000"], true);
    assert!(ended.is_ok());
    let told = object(&text);
    assert_eq!(told["steps"], 100);
    assert_eq!(told["set"], serde_json::json!(["i_circ_max_ma=1000"]));
    assert_eq!(told["packs_that_differ"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&told["recorded"]["closings"], &told["now"]["closings"]),
        (&2.into(), &1.into())
    );
    let changes = told["changes"].as_array().unwrap();
    assert_eq!(changes.len(), lines.len() - 1);
    // By hand from the log itself: the first step in which the pack that stays open was commanded closed.
    let pack = told["packs_that_differ"][0].as_u64().unwrap() as usize;
    let recorded = fs::read_to_string(&log).unwrap();
    let closed = recorded.lines().skip(1).map(object);
    let mut closed = closed.filter(|line| line["decision"]["packs"][pack]["command"] == "closed");
    let first = closed.next().unwrap();
    let change = changes
        .iter()
        .find(|change| change["recorded"]["command"] == "closed")
        .unwrap();
    assert_eq!(change["now_ms"], first["step"]["now_ms"]);
    assert_eq!(change["pack"], pack);
    assert_eq!(change["now"]["command"], "open");
}

#[test]
fn a_difference_that_ends_is_told_with_its_end() {
    let folder = TempDir::new().unwrap();
    let log = recorded(&folder);
    // The second join waits longer, and then all is as it was.
    let (text, _) = replayed(&log, &["t_settle_ms=900"], false);
    assert!(text.contains(": as recorded again\n"), "{text}");
    assert!(text.contains("closings 2 -> 2"), "{text}");
    let steps = text.lines().last().unwrap();
    let differ: u64 = steps
        .split(", ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..60).contains(&differ), "{steps}");
    let (text, _) = replayed(&log, &["t_decay_ms=7200000"], false);
    assert!(
        text.starts_with("100 steps, 0 with another") && text.contains("packs: none"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn assignments_that_cannot_be_used_are_refused_before_the_log_is_read() {
    let nowhere = Path::new("no-such-log");
    for (set, words) in [
        ("i_circ_max", "must be name=value"),
        ("i_circ_max=1", "did you mean \"i_circ_max_ma\"?"),
        (
            "i_circ_max_ma=many",
            "\"many\" is not a whole number from 1 to 500000",
        ),
        (
            "i_circ_max_ma=0",
            "0 is not a whole number from 1 to 500000",
        ),
        ("anchor=first", "one of \"by_mode\", \"largest_set\""),
    ] {
        let (text, ended) = replayed(nowhere, &["anchor=largest_set", set], false);
        let Err(failure) = ended else {
            panic!("{set}: {text}")
        };
        assert_eq!(failure.status(), 2, "{set}");
        let said = failure.to_string();
        assert!(said.contains(words) && said.contains(set), "{said}");
    }
    let folder = TempDir::new().unwrap();
    let (_, ended) = replayed(&recorded(&folder), &["v_uv_rec_mv=23000"], false);
    let said = ended.unwrap_err().to_string();
    assert!(
        said.contains("v_uv_mv: 24000 is not below v_uv_rec_mv 23000"),
        "{said}"
    );
}

#[test]
fn a_log_that_is_none_is_refused_with_line_and_field() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("bad.log");
    let start = "{\"packs\":1}\n";
    let good = "{\"step\":{\"now_ms\":0,\"packs\":[null]},\"decision\":{}}\n";
    for (text, line, field, words) in [
        ("", 1, None, "empty"),
        ("\n", 1, None, "empty line"),
        ("{\"packs\":0}\n", 1, Some("packs"), "from 1 to 32"),
        ("{\"packs\":1}\n\n", 2, None, "empty line"),
        (
            "{\"packs\":1}\n{\"step\":{}}\n",
            2,
            Some("decision"),
            "missing",
        ),
        (
            "{\"packs\":1}\n{\"decision\":{}}\n",
            2,
            Some("step"),
            "missing",
        ),
        (
            "{\"packs\":1}\n{\"step\":{},\"decision\":{}}\n",
            2,
            Some("step.now_ms"),
            "missing",
        ),
        (
            "{\"packs\":1}\n{\"step\":{\"now_ms\":0,\"packs\":[{\"voltage_mv\":1.5}]},\"decision\":{}}\n",
            2,
            Some("step.packs[0].voltage_mv"),
            "whole number",
        ),
        (
            "{\"packs\":1}\n{\"step\":{\"now_ms\":0,\"packs\":[null]},\"decision\":[]}\n",
            2,
            Some("decision"),
            "not an object",
        ),
        (
            "{\"packs\":1}\n{\"step\":{\"now_ms\":0,\"packs\":[null]},\"decisio",
            2,
            None,
            "not one JSON object",
        ),
    ] {
        fs::write(&log, text).unwrap();
        let (output, ended) = replayed(&log, &[], false);
        let Err(failure) = ended else {
            panic!("{text}: {output}")
        };
        assert_eq!((failure.status(), output.as_str()), (2, ""), "{text}");
        let said = failure.to_string();
        let place = format!(
            "{}:{line}: {}",
            log.display(),
            field.map_or(String::new(), |field| format!("{field}: "))
        );
        assert!(
            said.starts_with(&place) && said.contains(words),
            "{said} / {place}"
        );
        let (output, ended) = replayed(&log, &[], true);
        assert!(matches!(ended, Err(Failure::Said(2))));
        let error = &object(&output)["error"];
        assert_eq!(
            (&error["line"], &error["field"]),
            (&line.into(), &Value::from(field)),
            "{text}"
        );
    }
    // What is compared has to be there when it is asked what would have differed.
    fs::write(&log, format!("{start}{good}")).unwrap();
    let (_, ended) = replayed(&log, &["n_lock=4"], false);
    assert!(
        ended
            .unwrap_err()
            .to_string()
            .contains(":2: decision.system: missing")
    );
    let long = format!("{start}{}\n", " ".repeat(3 << 20));
    fs::write(&log, long).unwrap();
    let (_, ended) = replayed(&log, &[], false);
    assert!(
        ended
            .unwrap_err()
            .to_string()
            .contains("longer than 262144 bytes")
    );
}

#[test]
fn the_state_that_the_log_began_with_can_be_given() {
    let folder = TempDir::new().unwrap();
    let (state, log) = (folder.path().join("state"), folder.path().join("run.log"));
    let files = Files {
        save_state: Some(&state),
        ..Files::default()
    };
    let disable = "{\"packs\":1}\n{\"now_ms\":0,\"packs\":[null],\"commands\":[{\"disable\":0}]}\n";
    cosim::run(files, disable.as_bytes(), std::io::sink(), std::io::sink()).unwrap();
    let files = Files {
        load_state: Some(&state),
        log: Some(&log),
        ..Files::default()
    };
    let go_on =
        "{\"packs\":1}\n{\"now_ms\":0,\"packs\":[null]}\n{\"now_ms\":100,\"packs\":[null]}\n";
    cosim::run(files, go_on.as_bytes(), std::io::sink(), std::io::sink()).unwrap();
    let (text, _) = replayed(&log, &[], false);
    assert!(
        text.contains("packs[0].state: recorded \"disabled\", now \"absent\""),
        "{text}"
    );
    let options = Options {
        load_state: Some(&state),
        ..Options::default()
    };
    let mut output = Vec::new();
    replay::run(&log, options, &mut output, std::io::sink()).unwrap();
    assert_eq!(output, b"2 steps, identical\n");
}

#[test]
fn the_program_ends_with_the_status_of_the_replay() {
    let folder = TempDir::new().unwrap();
    let log = recorded(&folder);
    let status = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_parallelator"));
        let output = command
            .arg("replay")
            .arg(&log)
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.code(),
            output.stdout.len(),
            output.stderr.len(),
        )
    };
    assert_eq!(status(&[]), (Some(0), "100 steps, identical\n".len(), 0));
    let (code, out, err) = status(&[
        "--set",
        "i_circ_max_ma=1000",
        "--set",
        "anchor=largest_set",
        "--json",
    ]);
    assert!(code == Some(0) && out > 0 && err == 0);
    let (code, out, err) = status(&["--set", "nothing=1"]);
    assert!(code == Some(2) && out == 0 && err > 0);
    tampered(&log, 50, |line| line["decision"]["ccl_ma"] = 7.into());
    let (code, out, err) = status(&[]);
    assert!(code == Some(1) && out > 0 && err == 0);
    fs::write(&log, "{\"packs\":1}\nx\n").unwrap();
    let (code, out, err) = status(&[]);
    assert!(code == Some(2) && out == 0 && err > 0);
    fs::remove_file(&log).unwrap();
    assert_eq!(status(&[]).0, Some(2));
}
