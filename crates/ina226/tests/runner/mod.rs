//! Runs vectors and counts.

mod chip_model;
mod configure;
mod decode;
mod keys;
mod script;
mod transaction;

use serde_json::Value;

use ina226::Part;
pub use keys::{Fault, Keys, bytes, same, word};

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
        format!("vectors ina226: {} passed, {failed} failed", self.passed)
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
    if file["subject"] != "ina226" {
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
    let kind = vector.text("kind")?;
    let input = vector.value("in")?;
    let output = vector.value("out")?;
    vector.done()?;
    let mut seen = 0;
    for name in parts.split_whitespace() {
        let part = part(name)?;
        judge(kind, part, input, output).map_err(|fault| format!("{name}: {fault}"))?;
        seen += 1;
    }
    if seen == 0 {
        return Err("names no part".into());
    }
    Ok(())
}

fn judge(kind: &str, part: Part, input: &Value, output: &Value) -> Result<(), Fault> {
    let mut input = Keys::new("in", input)?;
    let mut output = Keys::new("out", output)?;
    let (i, o) = (&mut input, &mut output);
    match kind {
        "shunt_decode" => decode::shunt(part, i, o),
        "bus_decode" => decode::bus(part, i, o),
        "current_decode" => decode::current(part, i, o),
        "power_decode" => decode::power(part, i, o),
        "die_temp_decode" => decode::die_temperature(part, i, o),
        "config_decode" => decode::configuration(part, i, o),
        "mask_enable_decode" => decode::mask_enable(part, i, o),
        "config" => configure::configuration(part, i, o),
        "adc_config" => configure::adc_config(part, i, o),
        "mask_enable" => configure::mask_enable(part, i, o),
        "alert_limit" => configure::alert_limit(part, i, o),
        "alert_limit_bad" => configure::alert_limit_bad(part, i, o),
        "calibrate" => configure::calibrate(part, i, o),
        "calibrate_max" => configure::calibrate_max(part, i, o),
        "calibrate_bad" => configure::calibrate_bad(part, i, o),
        "identity_calibration" => configure::identity_calibration(part, i, o),
        "shunt_cal" => configure::shunt_cal(part, i, o),
        "address" => configure::address(i, o),
        "chip_model" => chip_model::chip_model(part, i, o),
        "transaction" => transaction::transaction(part, i, o),
        other => Err(format!("unknown kind {other}")),
    }?;
    input.done()?;
    output.done()
}

fn part(name: &str) -> Result<Part, Fault> {
    Part::ALL
        .into_iter()
        .find(|part| part.to_string().to_lowercase() == name)
        .ok_or_else(|| format!("unknown part {name}"))
}
