//! The program around the lines: its ends, its files, and a reader that goes away.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use parallelator::cosim::{LONGEST_LINE, Line, Session};
use serde_json::Value;
use tempfile::TempDir;

use super::draw::{Dice, Rack};
use super::mangle::any_line;

fn child(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_parallelator"))
        .arg("cosim")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Gives the program all of this and closes its input.
fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = child(arguments);
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that has ended already does not read on.
        let _ = pipe.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn out(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn said(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// One pack at this voltage, without current.
fn step(now_ms: u64, voltage_mv: i32) -> String {
    format!(
        "{{\"now_ms\":{now_ms},\"packs\":[{{\"voltage_mv\":{voltage_mv},\"current_ma\":0}}]}}\n"
    )
}

fn with(now_ms: u64, command: &str) -> String {
    format!(
        "{{\"now_ms\":{now_ms},\"packs\":[{{\"voltage_mv\":26400,\"current_ma\":0}}],\"commands\":[{command}]}}\n"
    )
}

const START: &str = "{\"packs\":1}\n";

#[test]
fn a_bad_first_line_is_one_error_object_and_status_2() {
    for (input, field) in [
        (
            &b"{\"packs\":0}\n{\"now_ms\":1}\n"[..],
            Value::from("packs"),
        ),
        (b"\n{\"packs\":1}\n", Value::Null),
        (b"", Value::Null),
        (b"\xff", Value::Null),
        (
            b"{\"packs\":1,\"config\":{\"v_uv_rec_mv\":23000}}",
            Value::from("config.v_uv_mv"),
        ),
    ] {
        let output = run(&[], input);
        assert_eq!(output.status.code(), Some(2));
        let lines = out(&output);
        assert_eq!(lines.len(), 1);
        assert_eq!(
            (&lines[0]["error"]["line"], &lines[0]["error"]["field"]),
            (&1.into(), &field)
        );
        assert_eq!(said(&output), "");
    }
}

#[test]
fn the_end_of_the_input_ends_the_program_with_status_0() {
    let whole = format!("{START}{}", step(0, 26_400));
    for input in [START, START.trim_end(), &whole, whole.trim_end()] {
        let output = run(&[], input.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!(out(&output).len(), input.lines().count());
        assert_eq!(said(&output), "");
    }
}

#[test]
fn each_line_is_answered_before_the_next_one_comes() {
    let mut child = child(&[]);
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    let mut ask = |line: &str| {
        input.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        serde_json::from_str::<Value>(&answer).unwrap()
    };
    assert_eq!(ask(START)["ready"]["packs"], 1);
    assert_eq!(ask(&step(0, 26_400))["now_ms"], 0);
    assert_eq!(ask("nonsense\n")["error"]["line"], 3);
    assert_eq!(ask(&step(100, 26_400))["now_ms"], 100);
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_program_says_what_its_session_says() {
    let (mut dice, mut rack) = (Dice::new(8), Rack::new(5, 8));
    let mut session = Session::start(Line::Whole(rack.first_line().as_bytes())).unwrap();
    let mut input = rack.first_line().into_bytes();
    let mut expected = session.ready();
    for number in 2..1_000 {
        let line = any_line(&mut dice, &mut rack);
        expected.push('\n');
        expected.push_str(&session.reply(number, Line::Whole(&line)).text);
        input.push(b'\n');
        input.extend(line);
    }
    // A last line that is empty has to be ended to be one.
    input.push(b'\n');
    expected.push('\n');
    let output = run(&[], &input);
    assert!(output.stdout == expected.as_bytes());
    assert_eq!(run(&[], &input).stdout, output.stdout);
}

#[test]
fn a_line_of_any_length_is_refused_as_a_whole_and_the_next_one_read() {
    let mut input = START.as_bytes().to_vec();
    let padded = |length: usize| {
        let mut line = step(0, 26_400).into_bytes();
        line.pop();
        line.resize(length, b' ');
        line.push(b'\n');
        line
    };
    input.extend(padded(LONGEST_LINE));
    input.extend(padded(LONGEST_LINE + 1));
    input.extend(vec![b'['; 5 * LONGEST_LINE]);
    input.push(b'\n');
    input.extend(step(100, 26_400).as_bytes());
    input.extend(vec![b'x'; LONGEST_LINE + 1]);
    let output = run(&[], &input);
    assert_eq!(output.status.code(), Some(0));
    let lines = out(&output);
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[1]["now_ms"], 0);
    for number in [3, 4, 6] {
        let error = &lines[number - 1]["error"];
        assert_eq!(error["line"], number);
        assert!(
            error["message"].as_str().unwrap().contains("131072 bytes"),
            "{error}"
        );
    }
    assert_eq!(lines[4]["now_ms"], 100);
}

#[test]
fn a_reader_that_goes_away_ends_the_program_like_the_end_of_the_input() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("state");
    let mut child = child(&["--save-state", state.to_str().unwrap()]);
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    input.write_all(START.as_bytes()).unwrap();
    let mut answer = String::new();
    answers.read_line(&mut answer).unwrap();
    drop(answers);
    let mut now_ms = 0;
    while input
        .write_all(with(now_ms, r#"{"disable":0}"#).as_bytes())
        .is_ok()
    {
        now_ms += 100;
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(said(&output), "");
    let state = state.to_str().unwrap();
    let output = run(
        &["--load-state", state],
        format!("{START}{}{}", step(0, 26_400), step(100, 26_400)).as_bytes(),
    );
    assert_eq!(out(&output)[2]["packs"][0]["state"], "disabled");
}

/// A state file with a latched pack in it.
fn latched(folder: &Path) -> String {
    let state = folder.join("state").to_str().unwrap().to_owned();
    let input = format!("{START}{}{}", step(0, 26_400), step(100, 30_500));
    let output = run(
        &["--load-state", &state, "--save-state", &state],
        input.as_bytes(),
    );
    assert_eq!(output.status.code(), Some(0));
    assert!(said(&output).contains("first start"), "{}", said(&output));
    assert_eq!(said(&output).lines().count(), 1);
    state
}

#[test]
fn a_latch_survives_in_the_state_file() {
    let folder = TempDir::new().unwrap();
    let state = latched(folder.path());
    let input = format!("{START}{}{}", step(0, 26_400), step(100, 26_400));
    let output = run(&["--load-state", &state], input.as_bytes());
    assert_eq!((output.status.code(), said(&output)), (Some(0), ""));
    let pack = &out(&output)[2]["packs"][0];
    assert_eq!(
        (&pack["state"], &pack["reason"]),
        (&"latched".into(), &"over_voltage_abs".into())
    );
    // Without the file nothing is known of it.
    assert_eq!(
        out(&run(&[], input.as_bytes()))[2]["packs"][0]["state"],
        "init"
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "something was left behind"
    );
}

#[test]
fn the_state_is_on_disk_before_the_answer_that_changed_it() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("state");
    let mut child = child(&["--save-state", state.to_str().unwrap()]);
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    let mut ask = |line: &str| {
        input.write_all(line.as_bytes()).unwrap();
        answers.read_line(&mut String::new()).unwrap();
        fs::read(&state).unwrap()
    };
    let first = ask(START);
    assert_eq!(ask(&step(0, 26_400)), first);
    let disabled = ask(&with(100, r#"{"disable":0}"#));
    assert_ne!(disabled, first);
    assert_eq!(ask(&with(200, r#"{"enable":0}"#)), first);
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_record_that_cannot_be_used_shuts_the_rack_off_until_it_is_armed() {
    let folder = TempDir::new().unwrap();
    let state = latched(folder.path());
    let whole = fs::read(&state).unwrap();
    let mut flipped = whole.clone();
    flipped[6] ^= 1;
    for bytes in [&whole[..whole.len() - 1], &flipped, b"", &[7; 5_000]] {
        fs::write(&state, bytes).unwrap();
        let mut input = START.to_owned();
        for tick in 0..300 {
            input.push_str(&step(tick * 100, 26_400));
        }
        // Not armed: shut off for ever, and the file keeps what nobody could read.
        let output = run(
            &["--load-state", &state, "--save-state", &state],
            input.as_bytes(),
        );
        assert_eq!(output.status.code(), Some(0));
        assert!(
            said(&output).contains("cannot be used") && said(&output).contains("armed"),
            "{}",
            said(&output)
        );
        assert!(
            out(&output)[1..]
                .iter()
                .all(|answer| answer["system"] == "safe_off")
        );
        assert_eq!(fs::read(&state).unwrap(), bytes);
        // Into another file: a start from that one is shut off as well.
        let other = folder.path().join("other");
        let other = other.to_str().unwrap();
        run(
            &["--load-state", &state, "--save-state", other],
            input.as_bytes(),
        );
        let output = run(&["--load-state", other], input.as_bytes());
        assert_eq!(out(&output)[300]["system"], "safe_off");
        // Armed: the rack starts, and its file is a record again.
        input.push_str(&with(30_000, r#"{"arm":true}"#));
        input.push_str(&step(30_100, 26_400));
        let output = run(
            &["--load-state", &state, "--save-state", &state],
            input.as_bytes(),
        );
        assert_ne!(out(&output)[302]["system"], "safe_off");
        let output = run(&["--load-state", &state], input.as_bytes());
        assert_eq!(
            (said(&output), &out(&output)[1]["system"]),
            ("", &"boot".into())
        );
    }
}

#[test]
fn a_record_of_another_rack_is_not_taken() {
    let folder = TempDir::new().unwrap();
    let state = latched(folder.path());
    let input = "{\"packs\":2}\n{\"now_ms\":0,\"packs\":[null,null]}\n";
    let output = run(&["--load-state", &state], input.as_bytes());
    assert!(
        said(&output).contains("1 packs") && said(&output).contains("has 2"),
        "{}",
        said(&output)
    );
    assert_eq!(out(&output)[1]["system"], "safe_off");
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_str().unwrap();
    let output = run(&["--load-state", path], START.as_bytes());
    assert_eq!((output.status.code(), out(&output).len()), (Some(2), 0));
    assert!(
        said(&output).contains(path) && said(&output).contains("leave --load-state out"),
        "{}",
        said(&output)
    );
    let inside = folder.path().join("none").join("file");
    let inside = inside.to_str().unwrap();
    for (option, what) in [("--save-state", "the state file"), ("--log", "the log")] {
        let output = run(&[option, inside], START.as_bytes());
        assert_eq!((output.status.code(), out(&output).len()), (Some(1), 0));
        assert!(
            said(&output).contains(what) && said(&output).contains(inside),
            "{}",
            said(&output)
        );
    }
}
