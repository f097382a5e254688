//! Registers into quantities.

use battery_units::Nanoamps;
use ina226::registers::{Readable, ina226 as r226, ina228 as r228, ina237 as r237};
use ina226::{CurrentStep, Family, Mode, Part, ShuntRange};

use super::keys::exactly;
use super::{Fault, Keys};

pub fn range(input: &mut Keys<'_>) -> Result<ShuntRange, Fault> {
    match input.has("adcrange").then(|| input.integer("adcrange")) {
        None => Ok(ShuntRange::Wide),
        Some(Ok(0)) => Ok(ShuntRange::Wide),
        Some(Ok(1)) => Ok(ShuntRange::Narrow),
        Some(other) => Err(format!("adcrange {other:?}")),
    }
}

pub fn step(input: &mut Keys<'_>) -> Result<CurrentStep, Fault> {
    let nanoamps = input.integer("current_lsb_nA")?;
    CurrentStep::new(Nanoamps::new(nanoamps)).map_err(|e| e.to_string())
}

pub fn shunt(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    let raw = input.text("raw")?;
    let range = range(input)?;
    let voltage = match (part.family(), part) {
        (_, Part::Ina228) => r228::ShuntVoltage::decode(exactly(raw)?).to_voltage(range),
        (Family::Ina226, _) => r226::ShuntVoltage::decode(exactly(raw)?).to_voltage(part, range),
        (Family::Ina237, _) => r237::ShuntVoltage::decode(exactly(raw)?).to_voltage(part, range),
    };
    output.compare("pV", voltage.as_picovolts())?;
    output.compare("nV", voltage.to_nanovolts().get())?;
    output.compare("uV", voltage.to_microvolts().get())
}

pub fn bus(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    let raw = input.text("raw")?;
    let voltage = match (part.family(), part) {
        (_, Part::Ina228) => r228::BusVoltage::decode(exactly(raw)?).to_voltage(),
        (Family::Ina226, _) => r226::BusVoltage::decode(exactly(raw)?).to_voltage(part),
        (Family::Ina237, _) => r237::BusVoltage::decode(exactly(raw)?).to_voltage(part),
    };
    let voltage = voltage.ok_or("no voltage")?;
    output.compare("nV", voltage.to_nanovolts().get())?;
    output.compare("uV", voltage.to_microvolts().get())?;
    output.compare("mV", voltage.to_millivolts().get())
}

pub fn current(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    let raw = input.text("raw")?;
    let step = step(input)?;
    let current = match (part.family(), part) {
        (_, Part::Ina228) => r228::Current::decode(exactly(raw)?).to_current(step),
        (Family::Ina226, _) => r226::Current::decode(exactly(raw)?).to_current(step),
        (Family::Ina237, _) => r237::Current::decode(exactly(raw)?).to_current(step),
    };
    output.compare("nA", current.to_nanoamps().get())?;
    output.compare("uA", current.to_microamps().get())?;
    output.compare("mA", current.to_milliamps().get())
}

pub fn power(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    let raw = input.text("raw")?;
    let step = step(input)?;
    let power = match part.family() {
        Family::Ina226 => r226::Power::decode(exactly(raw)?).to_power(part, step),
        Family::Ina237 => r237::Power::decode(exactly(raw)?).to_power(part, step),
    };
    output.compare("nW", power.to_nanowatts().get())?;
    output.compare("uW", power.to_microwatts().get())?;
    output.compare("mW", power.to_milliwatts().get())
}

pub fn die_temperature(
    part: Part,
    input: &mut Keys<'_>,
    output: &mut Keys<'_>,
) -> Result<(), Fault> {
    let raw = exactly(input.text("raw")?)?;
    let temperature = match (part.family(), part) {
        (_, Part::Ina228) => r228::DieTemperature::decode(raw).to_millicelsius(),
        (Family::Ina237, _) => r237::DieTemperature::decode(raw).to_millicelsius(),
        (Family::Ina226, _) => return Err("the part has no die temperature".into()),
    };
    output.compare("milliC", temperature.get())
}

/// The number of the mode field and its name in the vectors.
pub fn mode_names(mode: Mode) -> (&'static str, &'static [i64]) {
    use ina226::Inputs;
    match mode {
        Mode::PowerDown => ("power_down", &[0, 4]),
        Mode::Once(Inputs::SHUNT) => ("shunt_triggered", &[1]),
        Mode::Once(Inputs::BUS) => ("bus_triggered", &[2]),
        Mode::Once(Inputs::BOTH) => ("shunt_bus_triggered", &[3]),
        Mode::Continuous(Inputs::SHUNT) => ("shunt_continuous", &[5]),
        Mode::Continuous(Inputs::BUS) => ("bus_continuous", &[6]),
        Mode::Continuous(Inputs::BOTH) => ("shunt_bus_continuous", &[7]),
        Mode::Once(_) | Mode::Continuous(_) => ("no mode of this part", &[]),
    }
}

pub fn configuration(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    if part.family() != Family::Ina226 {
        return Err("the part has no such register".into());
    }
    let register = r226::Configuration::decode(exactly(input.text("raw")?)?);
    output.compare("avg", register.averaging().count())?;
    output.compare("bus_ct_us", register.bus_time().microseconds())?;
    output.compare("shunt_ct_us", register.shunt_time().microseconds())?;
    output.compare("cycle_us_typ", register.cycle_microseconds())?;
    output.compare("reset", i32::from(register.is_reset()))?;
    let (name, codes) = mode_names(register.mode());
    output.compare_text("mode_name", name)?;
    if output.has("mode") {
        let code = output.integer("mode")?;
        if !codes.contains(&code) {
            return Err(format!("mode {code} read as {name}"));
        }
    }
    Ok(())
}

/// Names of the bits of Mask/Enable, highest first, as the vectors have them.
pub const MASK_ENABLE: [(&str, r226::MaskEnable); 11] = {
    use r226::MaskEnable as M;
    [
        ("sol", M::SHUNT_OVER),
        ("sul", M::SHUNT_UNDER),
        ("bol", M::BUS_OVER),
        ("bul", M::BUS_UNDER),
        ("pol", M::POWER_OVER),
        ("cnvr", M::CONVERSION_READY_ON_PIN),
        ("aff", M::ALERT),
        ("cvrf", M::CONVERSION_READY),
        ("ovf", M::OVERFLOW),
        ("apol", M::ACTIVE_HIGH),
        ("len", M::LATCH),
    ]
};

pub fn mask_enable(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    if part.family() != Family::Ina226 {
        return Err("the part has no such register".into());
    }
    let register = r226::MaskEnable::decode(exactly(input.text("raw")?)?);
    if output.has("flags") {
        let mut expected = output.texts("flags")?;
        let mut found: Vec<&str> = MASK_ENABLE
            .into_iter()
            .filter(|(_, bit)| register.contains(*bit))
            .map(|(name, _)| name)
            .collect();
        found.sort_unstable();
        expected.sort_unstable();
        super::same("flags", &found, &expected)?;
        output.count();
    }
    output.compare_truth(
        "conversion_ready",
        register.contains(r226::MaskEnable::CONVERSION_READY),
    )?;
    output.compare_truth("alert", register.contains(r226::MaskEnable::ALERT))?;
    output.compare_truth("overflow", register.contains(r226::MaskEnable::OVERFLOW))
}
