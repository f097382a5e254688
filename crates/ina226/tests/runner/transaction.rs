//! Calls of the client on a scripted bus, with both clients.

use battery_units::{Microohms, Nanoamps};
use ina226::registers::ina226 as r226;
use ina226::{
    Address, Averaging, Calibration, ConversionTime, CurrentScale, CurrentStep, Error, Family,
    Inputs, Mode, Part, Settings, Setup, ShuntRange, Wiring,
};

use super::configure::limits_of;
#[cfg(feature = "async")]
use super::same;
use super::script::{Recorder, ScriptBus};
use super::{Fault, Keys};
#[cfg(feature = "async")]
use crate::harness::block_on;

/// What a call of a vector means.
enum Call {
    BusVoltage,
    ShuntVoltage,
    Current(Nanoamps),
    VoltageAndCurrent,
    Reset,
    ReadIds,
    Configure(r226::Configuration),
    Calibrate(Calibration),
    Alert { function: String, millivolts: i32 },
}

/// What it answered, of which the vector names a part.
#[derive(Debug, PartialEq)]
enum Answer {
    Done,
    Bus(ina226::Voltage),
    Shunt(ina226::ShuntVoltage),
    Current(ina226::Current),
    Pair(ina226::Reading),
    Identity(ina226::Identity),
    Failed(String),
}

/// A number and what follows it, such as `24 V`.
fn quantity(words: &[&str]) -> Result<f64, Fault> {
    words
        .first()
        .and_then(|word| word.parse().ok())
        .ok_or_else(|| format!("no number in {words:?}"))
}

fn call_of(part: Part, text: &str) -> Result<Call, Fault> {
    let plain = text.replace([',', '(', ')'], " ").replace('/', " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    match words.as_slice() {
        ["bus_voltage"] => Ok(Call::BusVoltage),
        ["shunt_voltage"] => Ok(Call::ShuntVoltage),
        ["voltage", "and", "current"] => Ok(Call::VoltageAndCurrent),
        ["reset"] => Ok(Call::Reset),
        ["read", "ids"] => Ok(Call::ReadIds),
        ["current", "lsb", rest @ ..] => {
            let step = quantity(rest)?;
            let nanoamps = match rest {
                [_, "mA"] => step * 1e6,
                [_, "uA"] => step * 1e3,
                [_, "nA"] => step,
                other => return Err(format!("unit of {other:?}")),
            };
            Ok(Call::Current(Nanoamps::new(nanoamps.round() as i64)))
        }
        ["set", "configuration", "avg", count, time, "us", mode @ ..] => {
            let averaging = Averaging::ALL
                .into_iter()
                .find(|a| a.count().to_string() == *count)
                .ok_or_else(|| format!("avg {count}"))?;
            let time = ConversionTime::all(Family::Ina226)
                .into_iter()
                .find(|t| t.microseconds().to_string() == *time)
                .ok_or_else(|| format!("time {time}"))?;
            let mode = match mode {
                ["continuous", "both"] => Mode::Continuous(Inputs::BOTH),
                ["continuous", "bus"] => Mode::Continuous(Inputs::BUS),
                ["continuous", "shunt"] => Mode::Continuous(Inputs::SHUNT),
                ["triggered", "both"] => Mode::Once(Inputs::BOTH),
                ["triggered", "bus"] => Mode::Once(Inputs::BUS),
                ["triggered", "shunt"] => Mode::Once(Inputs::SHUNT),
                other => return Err(format!("mode {other:?}")),
            };
            r226::Configuration::POWER_ON
                .with_averaging(averaging)
                .with_bus_time(time)
                .and_then(|r| r.with_shunt_time(time))
                .and_then(|r| r.with_mode(mode))
                .map(Call::Configure)
                .map_err(|e| e.to_string())
        }
        ["calibrate", shunt, "mohm", step, "mA", "LSB"] => {
            let shunt = Microohms::new((quantity(&[shunt])? * 1e3).round() as u32);
            let step = Nanoamps::new((quantity(&[step])? * 1e6).round() as i64);
            CurrentStep::new(step)
                .and_then(|step| {
                    Calibration::with_step(part, ShuntRange::Wide, shunt, Wiring::Direct, step)
                })
                .map(Call::Calibrate)
                .map_err(|e| e.to_string())
        }
        ["alert", "on", "bus", function, volts, "V", "latched"] => Ok(Call::Alert {
            function: (*function).to_string(),
            millivolts: (quantity(&[volts])? * 1e3).round() as i32,
        }),
        other => Err(format!("unknown call {other:?}")),
    }
}

/// What a client knows before the call: a chip with a 2 mΩ shunt.
fn setup(part: Part, scale: CurrentScale) -> Result<Setup, Fault> {
    let mut settings = Settings::new(part, Microohms::new(2_000));
    settings.scale = scale;
    let address = Address::new(0x40).map_err(|e| e.to_string())?;
    ina226::blocking::Ina2xx::new(Recorder::of(part), address)
        .init(&settings)
        .map_err(|e| format!("{e:?}"))
}

/// The vectors know no ends of ranges: there, what the error carries is compared.
fn at_end<T, E>(answer: Result<T, Error<E>>, value: impl Fn(i32) -> T) -> Result<T, Error<E>> {
    match answer {
        Err(Error::RangeEnd { found, .. }) => Ok(value(found)),
        other => other,
    }
}

/// One text for both clients; `$wait` turns what a call returns into its answer.
macro_rules! perform {
    ($chip:expr, $part:expr, $call:expr, $wait:path) => {
        match $call {
            Call::BusVoltage => at_end($wait($chip.bus_voltage()), |found| {
                ina226::Voltage::new($part, found.unsigned_abs())
            })
            .map(Answer::Bus),
            Call::ShuntVoltage => at_end($wait($chip.shunt_voltage()), |found| {
                ina226::ShuntVoltage::new($part, ShuntRange::Wide, found)
            })
            .map(Answer::Shunt),
            Call::Current(step) => at_end($wait($chip.current()), |found| {
                ina226::Current::new(found, CurrentStep::new(*step).expect("a step"))
            })
            .map(Answer::Current),
            Call::VoltageAndCurrent => $wait($chip.voltage_and_current()).map(Answer::Pair),
            Call::Reset => $wait($chip.reset($part)).map(|()| Answer::Done),
            Call::ReadIds => $wait($chip.identity($part)).map(Answer::Identity),
            Call::Configure(register) => $wait($chip.write(*register)).map(|()| Answer::Done),
            Call::Calibrate(calibration) => {
                $wait($chip.write(r226::Calibration::new(calibration))).map(|()| Answer::Done)
            }
            Call::Alert {
                function,
                millivolts,
            } => {
                let (limits, pin) = limits_of(function, *millivolts)?;
                $wait($chip.set_alert(&limits, pin)).map(|_| Answer::Done)
            }
        }
        .unwrap_or_else(|error| Answer::Failed(format!("{error:?}")))
    };
}

pub fn transaction(part: Part, input: &mut Keys<'_>, output: &mut Keys<'_>) -> Result<(), Fault> {
    let call = call_of(part, input.text("call")?)?;
    let address = input.text("address")?;
    let address = u8::from_str_radix(address, 16).map_err(|e| format!("{address}: {e}"))?;
    let address = Address::new(address).map_err(|e| e.to_string())?;
    let expected = output.list("bus")?;
    let scale = match call {
        Call::Current(step) => CurrentScale::Step(step),
        _ => CurrentScale::AsShunt,
    };
    let setup = setup(part, scale)?;

    let bus = ScriptBus::new(address.get(), expected)?;
    let mut chip = ina226::blocking::Ina2xx::resume(bus.clone(), address, setup);
    let blocking = perform!(chip, part, &call, std::convert::identity);
    bus.finish()?;

    #[cfg(feature = "async")]
    {
        let bus = ScriptBus::new(address.get(), expected)?;
        let mut chip = ina226::asynch::Ina2xx::resume(bus.clone(), address, setup);
        let asynch = perform!(chip, part, &call, block_on);
        bus.finish()?;
        same("both clients", &asynch, &blocking)?;
    }

    let mut result = Keys::new("out", output.value("result")?)?;
    match (&blocking, &call) {
        (Answer::Failed(error), _) => {
            if result.has("error") {
                return Err(format!("error classes of calls are not known: {error}"));
            }
            return Err(error.clone());
        }
        (Answer::Done, Call::Calibrate(calibration)) => {
            result.compare("cal", calibration.register_value())?;
            result.compare_truth("ok", true)?;
        }
        (Answer::Done, _) => result.compare_truth("ok", true)?,
        (Answer::Bus(voltage), _) => {
            result.compare("nV", voltage.to_nanovolts().get())?;
            result.compare("uV", voltage.to_microvolts().get())?;
            result.compare("mV", voltage.to_millivolts().get())?;
        }
        (Answer::Shunt(voltage), _) => {
            result.compare("nV", voltage.to_nanovolts().get())?;
            result.compare("uV", voltage.to_microvolts().get())?;
        }
        (Answer::Current(current), _) => {
            result.compare("nA", current.to_nanoamps().get())?;
            result.compare("uA", current.to_microamps().get())?;
            result.compare("mA", current.to_milliamps().get())?;
        }
        (Answer::Pair(reading), _) => {
            result.compare("uV", reading.voltage.to_microvolts().get())?;
            result.compare("mV", reading.voltage.to_millivolts().get())?;
            result.compare("uA", reading.current.to_microamps().get())?;
            result.compare("mA", reading.current.to_milliamps().get())?;
        }
        (Answer::Identity(identity), _) => {
            result.compare_text("manufacturer", &format!("{:04x}", identity.manufacturer))?;
            result.compare_text("die", &format!("{:04x}", identity.device))?;
            result.compare_text("device", &format!("{:03x}", identity.model()))?;
            result.compare("revision", identity.revision())?;
        }
    }
    result.done()?;
    output.count();
    Ok(())
}
