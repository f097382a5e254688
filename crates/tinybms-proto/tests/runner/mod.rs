//! Runs vectors and counts.

mod bytes;
mod can;
mod frames;
mod keys;
mod registers;
mod streams;
mod text;

use serde_json::Value;

pub use keys::{Fault, Keys, same};

/// Every group of the file.
pub const GROUPS: [&str; 6] = [
    "vectors",
    "streams",
    "malformed",
    "build_errors",
    "can",
    "broadcast",
];

/// Passed and failed vectors.
#[derive(Debug, Default)]
pub struct Tally {
    pub passed: usize,
    pub failures: Vec<String>,
}

impl Tally {
    pub fn fail(&mut self, id: &str, why: &str) {
        self.failures.push(format!("{id}: {why}"));
    }

    pub fn line(&self) -> String {
        let failed = self.failures.len();
        format!("vectors tinybms: {} passed, {failed} failed", self.passed)
    }

    pub fn holds(&self) -> bool {
        self.passed > 0 && self.failures.is_empty()
    }
}

/// Runs every vector of one file.
pub fn run_text(text: &str, tally: &mut Tally) {
    let file: Value = match serde_json::from_str(text) {
        Ok(file) => file,
        Err(error) => return tally.fail("file", &error.to_string()),
    };
    if file["schema"] != "tinybms-vectors/1" {
        return tally.fail("file", &format!("has the schema {}", file["schema"]));
    }
    let Some(groups) = file.as_object() else {
        return tally.fail("file", "is no object");
    };
    for (group, vectors) in groups {
        if group == "schema" || group == "conventions" {
            continue;
        }
        let Some(vectors) = vectors.as_array() else {
            tally.fail("file", &format!("{group} is no list"));
            continue;
        };
        for vector in vectors {
            match run(group, vector) {
                Ok(()) => tally.passed += 1,
                Err(why) => tally.fail(vector["id"].as_str().unwrap_or("without id"), &why),
            }
        }
    }
}

fn run(group: &str, vector: &Value) -> Result<(), Fault> {
    let mut vector = Keys::new("vector", vector)?;
    vector.text("id")?;
    for remark in ["meaning", "source", "disputed"] {
        vector.optional(remark);
    }
    match group {
        "vectors" => frames::frame(&mut vector),
        "streams" => streams::stream(&mut vector),
        "malformed" => streams::malformed(&mut vector),
        "build_errors" => frames::build_error(&mut vector),
        "can" => can::can(&mut vector),
        "broadcast" => text::broadcast(&mut vector),
        other => Err(format!("unknown group {other}")),
    }?;
    vector.done()
}
