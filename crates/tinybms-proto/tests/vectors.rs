//! Every vector of `tests/vectors/*.json`, and of the file that `EXTRA_VECTORS` names, through the public interface.
//!
//! A group, kind or key that the runner does not know is a failure.

mod runner;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use runner::{GROUPS, Tally, run_text};
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

fn own_vectors() -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    for file in own_files() {
        let file: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        for group in GROUPS {
            let vectors = file[group].as_array().unwrap().iter();
            all.extend(vectors.map(|vector| (group, vector.clone())));
        }
    }
    all
}

fn failures_of(group: &str, vector: Value) -> usize {
    let mut tally = Tally::default();
    let file = json!({"schema": "tinybms-vectors/1", "conventions": {}, group: [vector]});
    run_text(&file.to_string(), &mut tally);
    assert_eq!(tally.passed + tally.failures.len(), 1);
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
        Value::Null => json!(1),
        Value::Bool(truth) => json!(!truth),
        Value::Number(number) if number.is_f64() => json!(number.as_f64().unwrap() + 3.0),
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
    for (group, vector) in own_vectors() {
        let mut pointers = Vec::new();
        for key in [
            "decoded",
            "expect",
            "code",
            "skipped_bytes",
            "leftover_bytes",
            "hex",
        ] {
            if let Some(value) = vector.get(key) {
                leaves(value, &format!("/{key}"), &mut pointers);
            }
        }
        for pointer in pointers {
            let mut spoilt = vector.clone();
            spoil(spoilt.pointer_mut(&pointer).unwrap());
            if failures_of(group, spoilt) == 0 {
                unnoticed.push(format!("{} {pointer}", vector["id"]));
            }
        }
    }
    // The class that is found stands among the others that this vector accepts.
    unnoticed.retain(|text| text != "\"m-multi-gap\" /expect");
    assert_eq!(unnoticed, Vec::<String>::new());
}

#[test]
fn unknown_groups_directions_and_keys_are_failures() {
    for group in GROUPS {
        let first = own_vectors().into_iter().find(|(name, _)| *name == group);
        let mut vector = first.unwrap().1;
        vector["surplus"] = json!(1);
        assert_eq!(failures_of(group, vector), 1, "{group}");
    }
    for (group, vector) in own_vectors() {
        if vector.get("decoded").is_some() {
            let mut vector = vector.clone();
            vector["decoded"]["surplus"] = json!(1);
            assert_eq!(failures_of(group, vector.clone()), 1, "{}", vector["id"]);
        }
    }
    let mut vector = own_vectors().remove(0).1;
    vector["direction"] = json!("sideways");
    assert_eq!(failures_of("vectors", vector), 1);
    assert_eq!(failures_of("others", json!({"id": "x"})), 1);
}

#[test]
fn no_vectors_do_not_hold() {
    assert!(!Tally::default().holds());
    let mut tally = Tally::default();
    run_text(r#"{"schema": "another", "vectors": []}"#, &mut tally);
    assert_eq!(tally.failures.len(), 1);
}
