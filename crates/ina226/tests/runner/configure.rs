//! Requests into register values, and requests that must be refused.

use battery_units::{
    Microamps, Microohms, Microvolts, Milliamps, Millivolts, Milliwatts, Nanoamps, Nanowatts,
};
use ina226::registers::{Register, Writable, ina226 as r226, ina237 as r237};
use ina226::{
    Address, AddressPin, AlertPin, Averaging, Calibration, ConfigError, ConversionTime,
    CurrentScale, CurrentStep, Error, Family, Inputs, Limits, Mode, Part, Settings, ShuntRange,
    Wiring,
};
use serde_json::Value;

use super::decode::{MASK_ENABLE, mode_names, range};
use super::script::Silent;
use super::{Fault, Keys, same};

fn text(error: ConfigError) -> Fault {
    format!("refused: {error}")
}

/// Register address and bytes, as they go over the wire.
fn wire<W: Writable>(register: &W) -> String {
    let [high, low] = register.encode();
    format!("{:02x}{high:02x}{low:02x}", W::ADDRESS)
}

pub fn averaging(input: &mut Keys<'_>) -> Result<Averaging, Fault> {
    let count = input.integer("avg")?;
    Averaging::ALL
        .into_iter()
        .find(|a| i64::from(a.count()) == count)
        .ok_or_else(|| format!("no averaging of {count}"))
}

pub fn time(family: Family, input: &mut Keys<'_>, key: &str) -> Result<ConversionTime, Fault> {
    let microseconds = input.integer(key)?;
    ConversionTime::all(family)
        .into_iter()
        .find(|t| i64::from(t.microseconds()) == microseconds)
        .ok_or_else(|| format!("no conversion time of {microseconds}"))
}

fn shunt(input: &mut Keys<'_>) -> Result<Microohms, Fault> {
    Ok(Microohms::new(input.number("shunt_uohm")?))
}

fn step(input: &mut Keys<'_>) -> Result<CurrentStep, ConfigError> {
    let nanoamps = input.integer("current_lsb_nA").unwrap_or(i64::MIN);
    CurrentStep::new(Nanoamps::new(nanoamps))
}

pub fn configuration(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    let family = Family::Ina226;
    if part.family() != family {
        return Err("the part has no such register".into());
    }
    let mode = match input.integer("mode")? {
        0 | 4 => Mode::PowerDown,
        1 => Mode::Once(Inputs::SHUNT),
        2 => Mode::Once(Inputs::BUS),
        3 => Mode::Once(Inputs::BOTH),
        5 => Mode::Continuous(Inputs::SHUNT),
        6 => Mode::Continuous(Inputs::BUS),
        7 => Mode::Continuous(Inputs::BOTH),
        other => return Err(format!("mode {other}")),
    };
    let start = match input.has("reset").then(|| input.integer("reset")) {
        None | Some(Ok(0)) => r226::Configuration::POWER_ON,
        Some(Ok(1)) => r226::Configuration::RESET,
        Some(other) => return Err(format!("reset {other:?}")),
    };
    let bus = time(family, input, "bus_ct_us")?;
    let shunt = time(family, input, "shunt_ct_us")?;
    let register = start
        .with_averaging(averaging(input)?)
        .with_bus_time(bus)
        .and_then(|r| r.with_shunt_time(shunt))
        .and_then(|r| r.with_mode(mode))
        .map_err(text)?;
    output.compare_text("word", &format!("{:04x}", register.bits()))?;
    output.compare_text("bytes", &wire(&register))?;
    output.compare_text("mode_name", mode_names(register.mode()).0)?;
    output.compare("cycle_us_typ", register.cycle_microseconds())
}

pub fn adc_config(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    let family = Family::Ina237;
    if part.family() != family {
        return Err("the part has no such register".into());
    }
    let code: u8 = input.number("mode")?;
    let inputs = Inputs::from_bits(code & 7).ok_or("mode")?;
    let mode = match (inputs.is_empty(), code >> 3) {
        (true, 0 | 1) => Mode::PowerDown,
        (false, 0) => Mode::Once(inputs),
        (false, 1) => Mode::Continuous(inputs),
        _ => return Err(format!("mode {code}")),
    };
    let bus = time(family, input, "bus_ct_us")?;
    let shunt = time(family, input, "shunt_ct_us")?;
    let temperature = time(family, input, "temp_ct_us")?;
    let averaging = averaging(input)?;
    let register = r237::AdcConfig::POWER_ON
        .with_averaging(averaging)
        .with_bus_time(bus)
        .and_then(|r| r.with_shunt_time(shunt))
        .and_then(|r| r.with_temperature_time(temperature))
        .and_then(|r| r.with_mode(mode))
        .map_err(text)?;
    output.compare_text("word", &format!("{:04x}", register.bits()))?;
    output.compare_text("bytes", &wire(&register))?;
    output.compare("cycle_us_typ", register.cycle_microseconds())
}

pub fn mask_enable(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    if part.family() != Family::Ina226 {
        return Err("the part has no such register".into());
    }
    let mut register = r226::MaskEnable::empty();
    for flag in input.texts("flags")? {
        let (_, bit) = MASK_ENABLE
            .into_iter()
            .find(|(name, _)| *name == flag)
            .ok_or_else(|| format!("unknown flag {flag}"))?;
        register |= bit;
    }
    output.compare_text("word", &format!("{:04x}", register.bits()))?;
    output.compare_text("bytes", &wire(&register))
}

/// The limit register of one vector, through whichever unit it is given in.
fn limit(part: Part, input: &mut Keys<'_>) -> Result<Result<r226::AlertLimit, ConfigError>, Fault> {
    let range = range(input)?;
    let function = input.text("function")?;
    Ok(match function {
        "sol" | "sul" if input.has("uA") => {
            let shunt = shunt(input)?;
            return limit_of_current(part, range, shunt, function, input);
        }
        "sol" | "sul" => {
            let limit = Microvolts::new(input.number("uV")?);
            r226::AlertLimit::shunt(part, range, limit)
        }
        "bol" | "bul" => {
            let limit = Microvolts::new(input.number("uV")?);
            r226::AlertLimit::bus(part, limit)
        }
        "pol" => {
            let limit = input.integer("uW")?;
            let limit = Nanowatts::new(limit.checked_mul(1_000).ok_or("uW")?);
            step(input).and_then(|step| r226::AlertLimit::power(part, step, limit))
        }
        other => return Err(format!("unknown function {other}")),
    })
}

/// A limit in amperes exists in the client only: what `set_alert` puts on the bus.
fn limit_of_current(
    part: Part,
    range: ShuntRange,
    shunt: Microohms,
    function: &str,
    input: &mut Keys<'_>,
) -> Result<Result<r226::AlertLimit, ConfigError>, Fault> {
    let microamps = input.integer("uA")?;
    if microamps % 1_000 != 0 {
        return Err("limits are in whole milliamperes".into());
    }
    let limit = Some(Milliamps::new(
        i32::try_from(microamps / 1_000).map_err(|e| e.to_string())?,
    ));
    let mut settings = Settings::new(part, shunt);
    settings.range = range;
    match function {
        "sol" => settings.limits.current_above = limit,
        _ => settings.limits.current_below = limit,
    }
    let bus = super::script::Recorder::of(part);
    match ina226::blocking::Ina2xx::new(
        bus.clone(),
        Address::from_pins(AddressPin::Gnd, AddressPin::Gnd),
    )
    .init(&settings)
    {
        Ok(_) => Ok(Ok(r226::AlertLimit::from_bits_retain(bus.word(0x07)))),
        Err(Error::Config(error)) => Ok(Err(error)),
        Err(other) => Err(format!("{other:?}")),
    }
}

pub fn alert_limit(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    if part.family() != Family::Ina226 {
        return Err("the part has no such register".into());
    }
    let register = limit(part, input)?.map_err(text)?;
    output.compare_text("raw", &format!("{:04x}", register.bits()))?;
    output.compare_text("bytes", &wire(&register))
}

/// The names an error may have in the vectors.
fn error_names(error: ConfigError) -> &'static [&'static str] {
    match error {
        ConfigError::Shunt { .. } => &["invalid_shunt"],
        ConfigError::CurrentStep { .. } => &["invalid_current_lsb"],
        ConfigError::CalibrationOutOfRange { .. } => {
            &["calibration_out_of_range", "cal_out_of_range"]
        }
        ConfigError::LimitOutOfRange => &["limit_out_of_range"],
        _ => &[],
    }
}

/// Compares the class of an error, and that the vector expects no transfers.
fn class(names: &[&str], output: &mut Keys<'_>) -> Result<(), Fault> {
    let expected = output.text("error")?;
    if !names.contains(&expected) {
        return Err(format!("error {names:?}, expected {expected}"));
    }
    let traffic: &Vec<Value> = output.list("bus")?;
    same("transfers", &traffic.len(), &0)?;
    output.count();
    Ok(())
}

/// Compares the error, and the bus: nothing may have been sent by `settings`, which make the same request.
fn refused(settings: &Settings, error: ConfigError, output: &mut Keys<'_>) -> Result<(), Fault> {
    class(error_names(error), output)?;
    // A bus that fails on any transfer: the refusal has to come first.
    let address = Address::from_pins(AddressPin::Gnd, AddressPin::Gnd);
    let answer = ina226::blocking::Ina2xx::new(Silent, address).init(settings);
    same("answer", &answer.map(|_| ()), &Err(Error::Config(error)))
}

pub fn alert_limit_bad(
    part: Part,
    input: &mut Keys<'_>,
    output: &mut Keys<'_>,
) -> Result<(), Fault> {
    let found = limit(part, input)?;
    let Err(error) = found else {
        return Err(format!("accepted as {found:?}"));
    };
    // The same limit through the client, in its units.
    let mut settings = Settings::new(part, Microohms::new(1_000));
    let function = input.text("function")?;
    let whole =
        |count: i64, unit: i64| i32::try_from(count.div_euclid(unit)).map_err(|e| e.to_string());
    match function {
        "sol" | "sul" => {
            let limit = if input.has("uA") {
                settings.shunt = shunt(input)?;
                whole(input.integer("uA")?, 1_000)?
            } else {
                // A current in milliamperes through one milliohm is a voltage in microvolts.
                whole(input.integer("uV")?, 1)?
            };
            match function {
                "sol" => settings.limits.current_above = Some(Milliamps::new(limit)),
                _ => settings.limits.current_below = Some(Milliamps::new(limit)),
            }
        }
        "bol" | "bul" => {
            let limit = Some(Millivolts::new(whole(input.integer("uV")?, 1_000)?));
            match function {
                "bol" => settings.limits.over_voltage = limit,
                _ => settings.limits.under_voltage = limit,
            }
        }
        "pol" => {
            let step = input.integer("current_lsb_nA")?;
            settings.scale = CurrentScale::Step(Nanoamps::new(step));
            // The shunt with which this step is the step of the shunt voltage.
            settings.shunt =
                Microohms::new(u32::try_from(2_500_000_000 / step).map_err(|e| e.to_string())?);
            let limit = whole(input.integer("uW")?, 1_000)?;
            settings.limits.over_power = Some(Milliwatts::new(limit));
        }
        other => return Err(format!("unknown function {other}")),
    }
    refused(&settings, error, output)
}

fn calibration(
    part: Part,
    input: &mut Keys<'_>,
) -> Result<(Microohms, Result<Calibration, ConfigError>), Fault> {
    let shunt = shunt(input)?;
    let step = step(input);
    let made =
        step.and_then(|s| Calibration::with_step(part, ShuntRange::Wide, shunt, Wiring::Direct, s));
    Ok((shunt, made))
}

fn check_step(calibration: &Calibration, output: &mut Keys<'_>) -> Result<(), Fault> {
    if !output.has("effective_lsb_pA") {
        return Ok(());
    }
    let mut steps = Keys::new("effective_lsb_pA", output.value("effective_lsb_pA")?)?;
    let key = calibration.register_value().to_string();
    let expected: u64 = steps.number(&key)?;
    same(
        "effective_lsb_pA",
        &calibration.register_step().as_picoamps(),
        &expected,
    )?;
    output.count();
    Ok(())
}

pub fn calibrate(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    let (shunt, made) = calibration(part, input)?;
    let made = made.map_err(text)?;
    // This driver rounds to nearest.
    output.compare("cal_nearest", made.register_value())?;
    let floor: u16 = output.number("cal_floor")?;
    if made.register_value() < floor || floor + 1 < made.register_value() {
        return Err(format!("{} is not next to {floor}", made.register_value()));
    }
    let register = r226::Calibration::new(&made);
    let bytes = output.text("bytes_floor")?;
    let expected = format!("{:02x}{floor:04x}", r226::Calibration::ADDRESS);
    same("bytes_floor", &bytes, &expected.as_str())?;
    let expected = format!(
        "{:02x}{:04x}",
        r226::Calibration::ADDRESS,
        made.register_value()
    );
    same("bytes", &wire(&register), &expected)?;
    check_step(&made, output)?;
    output.compare("full_scale_uA", made.full_scale().to_microamps().get())?;
    // The power step of the vectors is that of the wish; the driver's is that of the rounded register.
    let wish = step(input).map_err(text)?;
    let power = ina226::Power::new(part, 1, wish).to_nanowatts().get();
    output.compare("power_lsb_nW", power)?;
    // And the client sends it.
    let mut settings = Settings::new(part, shunt);
    settings.scale = CurrentScale::Step(Nanoamps::new(input.integer("current_lsb_nA")?));
    let bus = super::script::Recorder::of(part);
    let address = Address::from_pins(AddressPin::Gnd, AddressPin::Gnd);
    ina226::blocking::Ina2xx::new(bus.clone(), address)
        .init(&settings)
        .map_err(|e| format!("{e:?}"))?;
    same("sent", &bus.word(0x05), &made.register_value())
}

pub fn calibrate_bad(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    if u32::try_from(input.integer("shunt_uohm")?).is_err() {
        // The type of a shunt cannot say it.
        input.integer("current_lsb_nA")?;
        return class(&["invalid_shunt"], output);
    }
    let (shunt, made) = calibration(part, input)?;
    let Err(error) = made else {
        return Err(format!("accepted as {made:?}"));
    };
    let mut settings = Settings::new(part, shunt);
    settings.scale = CurrentScale::Step(Nanoamps::new(input.integer("current_lsb_nA")?));
    refused(&settings, error, output)
}

pub fn calibrate_max(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    let shunt = shunt(input)?;
    let max = Microamps::new(input.number("max_current_uA")?);
    let step = CurrentStep::smallest_for(part, max).map_err(text)?;
    let picoamps = step.as_picoamps();
    if output.has("min_lsb_nA_rounded_up") {
        same("picoamperes below the nanoampere", &(picoamps % 1_000), &0)?;
    }
    output.compare("min_lsb_nA_rounded_up", picoamps / 1_000)?;
    let (range, wiring) = (ShuntRange::Wide, Wiring::Direct);
    let unchecked = Calibration::with_step(part, range, shunt, wiring, step).map_err(text)?;
    output.compare("cal_nearest", unchecked.register_value())?;
    let floor: u16 = output.number("cal_floor")?;
    if unchecked.register_value() < floor || floor + 1 < unchecked.register_value() {
        return Err(format!(
            "{} is not next to {floor}",
            unchecked.register_value()
        ));
    }
    output.compare("full_scale_uA", unchecked.full_scale().to_microamps().get())?;
    let checked = Calibration::for_max_current(part, range, shunt, wiring, max);
    let fits = match checked {
        Ok(checked) => {
            same("with check", &checked, &unchecked)?;
            true
        }
        Err(ConfigError::BeyondFullScale { full_scale }) => {
            let whole = unchecked.full_scale().get() / 1_000_000;
            same("full scale", &i64::from(full_scale.get()), &whole)?;
            false
        }
        Err(other) => return Err(text(other)),
    };
    output.compare_truth("fits_shunt_range", fits)
}

pub fn identity_calibration(
    part: Part,
    input: &mut Keys<'_>,
    output: &mut Keys<'_>,
) -> Result<(), Fault> {
    let shunt = shunt(input)?;
    let range = range(input)?;
    let made = Calibration::new(part, range, shunt, Wiring::Direct).map_err(text)?;
    output.compare("cal", made.register_value())?;
    output.compare("current_lsb_pA", made.register_step().as_picoamps())?;
    output.compare("full_scale_uA", made.full_scale().to_microamps().get())?;
    let equal = made.register_step() == made.shunt_step();
    output.compare_truth("current_raw_equals_shunt_raw", equal)
}

pub fn shunt_cal(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    if part.family() != Family::Ina237 {
        return Err("the part has no such register".into());
    }
    let shunt = shunt(input)?;
    let range = range(input)?;
    let max = Microamps::new(input.number("max_current_uA")?);
    let made =
        Calibration::for_max_current(part, range, shunt, Wiring::Direct, max).map_err(text)?;
    output.compare("shunt_cal_nearest", made.register_value())?;
    output.compare_text("bytes", &wire(&r237::ShuntCal::new(&made)))?;
    let step = CurrentStep::smallest_for(part, max).map_err(text)?;
    output.compare("current_lsb_pA", step.as_picoamps())
}

pub fn address(input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    let mut pin = |key| match input.text(key)? {
        "GND" => Ok(AddressPin::Gnd),
        "VS" => Ok(AddressPin::Vs),
        "SDA" => Ok(AddressPin::Sda),
        "SCL" => Ok(AddressPin::Scl),
        other => Err(format!("pin at {other}")),
    };
    let address = Address::from_pins(pin("a1")?, pin("a0")?);
    output.compare_text("address", &format!("{:02x}", address.get()))
}

/// The alert that one vector names, for the client.
pub fn limits_of(function: &str, millivolts: i32) -> Result<(Limits, AlertPin), Fault> {
    let limit = Some(Millivolts::new(millivolts));
    let mut limits = Limits::default();
    match function {
        "under" => limits.under_voltage = limit,
        "over" => limits.over_voltage = limit,
        other => return Err(format!("alert {other}")),
    }
    Ok((limits, AlertPin::default()))
}
