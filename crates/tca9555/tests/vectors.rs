//! Every vector of `tests/vectors/*.json`, and of the file that `EXTRA_VECTORS` names, through the public interface.
//!
//! A vector, key or kind that the runner does not know is a failure. Transactions run on both clients.

mod harness;
mod runner;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use runner::{Tally, run_text};
use serde_json::{Value, json};

fn own_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort();
    files
}

/// Tests run in the folder of their package, people call them in that of the workspace: a relative name may mean either.
fn found(name: PathBuf) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if name.exists() {
        name
    } else {
        workspace.join(name)
    }
}

#[test]
fn every_vector_holds() {
    let mut files = own_files();
    files.extend(env::var_os("EXTRA_VECTORS").map(|name| found(PathBuf::from(name))));
    let mut tally = Tally::default();
    for file in files {
        match fs::read_to_string(&file) {
            Ok(text) => run_text(&text, &mut tally),
            Err(error) => tally.fail(&file.display().to_string(), &error.to_string()),
        }
    }
    for failure in &tally.failures {
        eprintln!("{failure}");
    }
    // Not println: this line is to be seen also when the test passes.
    let line = tally.line();
    writeln!(std::io::stdout(), "{line}").unwrap();
    assert!(tally.holds(), "{line}");
}

/// The first vector of a kind in our own file, to be spoilt.
fn sample(id: &str) -> Value {
    let text = fs::read_to_string(&own_files()[0]).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    vectors.iter().find(|v| v["id"] == id).unwrap().clone()
}

fn failures_of(vector: Value) -> usize {
    let mut tally = Tally::default();
    let file = json!({"schema": "h5-vectors-1", "subject": "tca9555", "vectors": [vector]});
    run_text(&file.to_string(), &mut tally);
    tally.failures.len()
}

#[test]
fn the_runner_fails_a_vector_with_a_wrong_expectation() {
    for (id, pointer, wrong) in [
        ("tca-address-01", "/out/address", json!("21")),
        ("tca-transaction-01", "/out/result/pins", json!("a55b")),
        ("tca-transaction-01", "/out/bus/0/w", json!("02")),
        ("tca-transaction-05", "/out/bus/0/w", json!("025aa4")),
        ("tca-transaction-05", "/out/cache/output", json!("a55b")),
        ("tca-transaction-08", "/out/bus/1/w", json!("060000")),
        ("tca-transaction-09", "/out/bus/0/w", json!("0209")),
        ("tca-transaction-12", "/out/bus/0/w", json!("020504")),
        ("tca-transaction-15", "/out/result/port1", json!("81")),
        ("tca-transaction-18", "/out/result/matches", json!(false)),
        ("tca-chip_model-05", "/out/end/output", json!("55aa")),
        ("tca-chip_model-08", "/out/trace/1/int", json!(false)),
        ("tca-chip_model-03", "/out/trace/0/r", json!("34123413")),
        ("tca-board_map-01", "/out/switch/0", json!("0001")),
        ("tcah-address_bad-01", "/in/address", json!("20")),
    ] {
        let mut vector = sample(id);
        assert_eq!(failures_of(vector.clone()), 0, "{id}");
        *vector.pointer_mut(pointer).unwrap() = wrong;
        assert_eq!(failures_of(vector), 1, "{id} {pointer}");
    }
}

#[test]
fn the_runner_fails_what_it_does_not_know() {
    for (id, pointer, key) in [
        ("tca-address-01", "", "extra"),
        ("tca-address-01", "/in", "a3"),
        ("tca-address-01", "/out", "read"),
        ("tca-transaction-05", "/in", "speed"),
        ("tca-transaction-05", "/in/args", "speed"),
        ("tca-transaction-05", "/out", "speed"),
        ("tca-transaction-05", "/out/bus/0", "speed"),
        ("tca-transaction-05", "/out/result", "speed"),
        ("tca-transaction-05", "/out/cache", "speed"),
        ("tca-transaction-09", "/in/before", "speed"),
        ("tca-chip_model-05", "/in/ops/0", "speed"),
        ("tca-chip_model-05", "/out/trace/0", "speed"),
        ("tca-chip_model-05", "/out/end", "speed"),
        ("tca-board_map-01", "/out", "speed"),
        ("tcah-address_bad-01", "/out", "speed"),
    ] {
        let mut vector = sample(id);
        let place = vector.pointer_mut(pointer).unwrap();
        place.as_object_mut().unwrap().insert(key.into(), json!(1));
        assert_eq!(failures_of(vector), 1, "{id} {pointer} {key}");
    }
    let mut vector = sample("tca-address-01");
    vector["kind"] = json!("unheard_of");
    assert_eq!(failures_of(vector), 1);
    let mut vector = sample("tca-transaction-05");
    vector["in"]["call"] = json!("unheard_of");
    assert_eq!(failures_of(vector), 1);
    let mut vector = sample("tca-address-01");
    vector["part"] = json!("tca9555 tca0000");
    assert_eq!(failures_of(vector), 1);
}

#[test]
fn the_runner_fails_a_missing_or_additional_transfer() {
    let mut vector = sample("tca-transaction-08");
    vector["out"]["bus"].as_array_mut().unwrap().pop();
    assert_eq!(failures_of(vector), 1);
    let mut vector = sample("tca-transaction-05");
    let more = json!({"w": "04", "r": "0000"});
    vector["out"]["bus"].as_array_mut().unwrap().push(more);
    assert_eq!(failures_of(vector), 1);
}

#[test]
fn the_runner_fails_a_refused_byte_that_nobody_expected() {
    let mut vector = sample("tca-transaction-05");
    vector["out"]["bus"][0]["nack"] = json!(2);
    assert_eq!(failures_of(vector.clone()), 1);
    vector["out"]["result"] = json!({"error": "nack"});
    vector["out"]["cache"] = json!({"output": "unknown"});
    assert_eq!(failures_of(vector), 0);
}

#[test]
fn the_runner_fails_when_there_is_nothing_to_run() {
    let mut tally = Tally::default();
    assert!(!tally.holds());
    run_text("not json", &mut tally);
    run_text(r#"{"subject": "ina226", "vectors": []}"#, &mut tally);
    run_text(
        r#"{"subject": "tca9555", "count": 2, "vectors": []}"#,
        &mut tally,
    );
    assert_eq!(tally.failures.len(), 3);
}
