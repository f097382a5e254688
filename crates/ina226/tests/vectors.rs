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

#[test]
fn every_vector_holds() {
    let mut files = own_files();
    files.extend(env::var_os("EXTRA_VECTORS").map(PathBuf::from));
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

fn own_vectors() -> Vec<Value> {
    let mut all = Vec::new();
    for file in own_files() {
        let file: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        all.extend(file["vectors"].as_array().unwrap().iter().cloned());
    }
    all
}

fn failures_of(vector: Value) -> usize {
    let mut tally = Tally::default();
    let file = json!({"schema": "h5-vectors-1", "subject": "ina226", "vectors": [vector]});
    run_text(&file.to_string(), &mut tally);
    tally.failures.len()
}

/// Every leaf of a value, as pointers.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                leaves(inner, &format!("{path}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                leaves(inner, &format!("{path}/{index}"), found);
            }
        }
        _ => found.push(path.to_string()),
    }
}

fn spoil(value: &mut Value) {
    *value = match &*value {
        Value::Bool(truth) => json!(!truth),
        Value::Number(number) => json!(number.as_i64().unwrap() + 3),
        Value::String(text) => {
            let mut characters: Vec<char> = text.chars().collect();
            let last = characters.last_mut().unwrap();
            *last = if *last == '5' { '6' } else { '5' };
            json!(characters.into_iter().collect::<String>())
        }
        other => panic!("nothing to spoil in {other}"),
    };
}

#[test]
fn every_expectation_of_every_vector_is_compared() {
    let mut unnoticed = Vec::new();
    for vector in own_vectors() {
        let mut pointers = Vec::new();
        leaves(&vector["out"], "/out", &mut pointers);
        for pointer in pointers {
            let mut spoilt = vector.clone();
            spoil(spoilt.pointer_mut(&pointer).unwrap());
            if failures_of(spoilt) == 0 {
                unnoticed.push(format!("{} {pointer}", vector["id"]));
            }
        }
    }
    // The step for the other rounding of the register is a statement about a driver that rounds down.
    unnoticed.retain(|text| !text.contains("effective_lsb_pA"));
    // A floor may be one below the nearest; three off it is noticed where the nearest is equal.
    assert_eq!(unnoticed, Vec::<String>::new());
}

#[test]
fn unknown_kinds_and_keys_are_failures() {
    let first = own_vectors().remove(0);
    for (pointer, key) in [("", "surplus"), ("/in", "surplus"), ("/out", "surplus")] {
        let mut vector = first.clone();
        let place = vector.pointer_mut(pointer).unwrap();
        place[key] = json!(1);
        assert_eq!(failures_of(vector), 1, "{pointer}");
    }
    for (key, value) in [("kind", "new"), ("part", "ina999"), ("part", "")] {
        let mut vector = first.clone();
        vector[key] = json!(value);
        assert_eq!(failures_of(vector), 1, "{key}");
    }
}

#[test]
fn no_vectors_do_not_hold() {
    assert!(!Tally::default().holds());
    let mut tally = Tally::default();
    run_text(
        r#"{"subject": "ina226", "vectors": [], "count": 1}"#,
        &mut tally,
    );
    assert_eq!(tally.failures.len(), 1);
}
