//! Runs vectors and counts.

mod address;
mod chip_model;
mod script;
mod transaction;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Why a vector failed.
pub type Fault = String;

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
        format!("vectors tca9555: {} passed, {failed} failed", self.passed)
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
    if file["subject"] != "tca9555" {
        return tally.fail("file", &format!("is about {}", file["subject"]));
    }
    let Some(vectors) = file["vectors"].as_array() else {
        return tally.fail("file", "has no vectors");
    };
    if file
        .get("count")
        .is_some_and(|count| count.as_u64() != u64::try_from(vectors.len()).ok())
    {
        return tally.fail("file", "counts other than it holds");
    }
    for vector in vectors {
        match run(vector) {
            Ok(()) => tally.passed += 1,
            Err(why) => tally.fail(vector["id"].as_str().unwrap_or("without id"), &why),
        }
    }
}

fn run(vector: &Value) -> Result<(), Fault> {
    let mut vector = Keys::new("vector", vector)?;
    for text in ["id", "source"] {
        vector.text(text)?;
    }
    vector.optional("note");
    let parts = vector.text("part")?;
    for part in parts.split_whitespace() {
        chip_model::variant(part)?;
    }
    let input = vector.value("in")?;
    let output = vector.value("out")?;
    let kind = vector.text("kind")?;
    vector.done()?;
    match kind {
        "address" => address::address(input, output),
        "address_bad" => address::address_bad(input, output),
        "board_map" => address::board_map(input, output),
        "transaction" => transaction::transaction(input, output),
        "chip_model" => chip_model::chip_model(parts, input, output),
        other => Err(format!("unknown kind {other}")),
    }
}

/// An object whose keys must all be asked for.
pub struct Keys<'a> {
    place: &'static str,
    object: &'a Map<String, Value>,
    asked: BTreeSet<String>,
}

impl<'a> Keys<'a> {
    pub fn new(place: &'static str, value: &'a Value) -> Result<Self, Fault> {
        Ok(Self {
            place,
            object: value
                .as_object()
                .ok_or_else(|| format!("{place} is not an object"))?,
            asked: BTreeSet::new(),
        })
    }

    pub fn optional(&mut self, key: &str) -> Option<&'a Value> {
        self.asked.insert(key.to_string());
        self.object.get(key)
    }

    pub fn value(&mut self, key: &str) -> Result<&'a Value, Fault> {
        self.optional(key)
            .ok_or_else(|| format!("{} lacks {key}", self.place))
    }

    pub fn text(&mut self, key: &str) -> Result<&'a str, Fault> {
        let place = self.place;
        self.value(key)?
            .as_str()
            .ok_or_else(|| format!("{place}: {key} is not a text"))
    }

    pub fn number(&mut self, key: &str) -> Result<u64, Fault> {
        let place = self.place;
        self.value(key)?
            .as_u64()
            .ok_or_else(|| format!("{place}: {key} is not a number"))
    }

    pub fn truth(&mut self, key: &str) -> Result<bool, Fault> {
        let place = self.place;
        self.value(key)?
            .as_bool()
            .ok_or_else(|| format!("{place}: {key} is neither true nor false"))
    }

    pub fn word(&mut self, key: &str) -> Result<u16, Fault> {
        word(self.text(key)?)
    }

    pub fn list(&mut self, key: &str) -> Result<&'a Vec<Value>, Fault> {
        let place = self.place;
        self.value(key)?
            .as_array()
            .ok_or_else(|| format!("{place}: {key} is not a list"))
    }

    /// To be called when everything was asked for.
    pub fn done(&self) -> Result<(), Fault> {
        match self.object.keys().find(|key| !self.asked.contains(*key)) {
            Some(key) => Err(format!("unknown key {key} in {}", self.place)),
            None => Ok(()),
        }
    }
}

/// A 16-bit word, four hexadecimal digits, most significant first.
pub fn word(text: &str) -> Result<u16, Fault> {
    if text.len() != 4 {
        return Err(format!("{text} is no word"));
    }
    u16::from_str_radix(text, 16).map_err(|e| format!("{text}: {e}"))
}

/// Bytes in wire order.
pub fn bytes(text: &str) -> Result<Vec<u8>, Fault> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return Err(format!("{text} is no whole number of bytes"));
    }
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| {
            let digits = String::from_utf8_lossy(pair);
            u8::from_str_radix(&digits, 16).map_err(|e| format!("{text}: {e}"))
        })
        .collect()
}

/// Compares, and says what with which.
pub fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), Fault> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: {found:x?}, expected {expected:x?}"))
    }
}
