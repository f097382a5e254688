//! One whole session, line by line, as it is committed beside this file.
//!
//! When the core decides otherwise on purpose, `UPDATE_GOLDEN=1 cargo test -p parallelator --test cosim golden` writes the
//! answers anew; the change is then read like any other.

use std::{fs, path::PathBuf};

use parallelator::cosim::{Line, Session};
use serde_json::Value;

fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cosim")).join(name)
}

fn answers() -> Vec<String> {
    let input = fs::read_to_string(file("golden-in.jsonl")).unwrap();
    let mut lines = input.lines();
    let first = lines.next().unwrap();
    let mut session = Session::start(Line::Whole(first.as_bytes())).unwrap();
    let mut answers = vec![session.ready()];
    for (line, number) in lines.zip(2..) {
        answers.push(session.reply(number, Line::Whole(line.as_bytes())).text);
    }
    answers
}

#[test]
fn the_golden_session_is_answered_as_committed() {
    let answers = answers().join("\n") + "\n";
    let path = file("golden-out.jsonl");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &answers).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap();
    for (index, (now, then)) in answers.lines().zip(committed.lines()).enumerate() {
        assert_eq!(now, then, "line {}", index + 1);
    }
    assert_eq!(answers.len(), committed.len());
}

/// What the session is about, whatever the numbers are: read from its input, not from its answers.
#[test]
fn the_golden_session_tells_its_story() {
    let answers: Vec<Value> = answers()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let ever = |pack: usize, state: &str| {
        answers
            .iter()
            .any(|answer| answer["packs"][pack]["state"] == state)
    };
    for pack in 0..2 {
        assert!(ever(pack, "closed"), "pack {pack} never joined");
    }
    assert!(
        !ever(2, "closed"),
        "pack 2 stands 1.4 V too high and joined"
    );
    assert!(ever(3, "latched"), "pack 3 was above the absolute limit");
    assert!(ever(1, "disabled"), "pack 1 was disabled");
    let errors: Vec<u64> = answers
        .iter()
        .filter_map(|answer| answer["error"]["line"].as_u64())
        .collect();
    assert_eq!(errors, [25, 30]);
    let systems: Vec<&Value> = answers.iter().map(|answer| &answer["system"]).collect();
    assert!(systems.contains(&&"safe_off".into()));
    assert!(answers.iter().any(|answer| answer["load_permit"] == true));
    assert_eq!(answers.last().unwrap()["system"], "running");
}
