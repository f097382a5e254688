//! Calls and the transfers they make, on both clients.

use embedded_hal::i2c::NoAcknowledgeSource;
use serde_json::Value;
use tca9555::{Address, Error, Pin, State, Words};

use super::script::{Refused, ScriptBus};
use super::{Fault, Keys, bytes, same, word};

/// A call of a vector, with its arguments.
#[derive(Clone, Copy)]
enum Call {
    ReadInputs,
    ReadInputsAndPark,
    ReadPort(u8),
    ReadOutputs,
    ReadDirections,
    ReadPolarity,
    WriteOutputs(u16),
    WriteDirections(u16),
    WritePolarity(u16),
    Start(Words),
    Set(Pin, bool),
    Toggle(Pin),
    Change(u16, u16),
    Drive(Pin, bool),
    Release(Pin),
    AllLow,
    VerifyOutputs,
}

/// What a call answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Done,
    Pins(u16),
    Port(u8),
    Matches(bool),
}

type Outcome = Result<Answer, Error<Refused>>;

pub fn transaction(input: &Value, output: &Value) -> Result<(), Fault> {
    let mut input = Keys::new("in", input)?;
    let call = call_of(&mut input)?;
    let before = before_of(&mut input)?;
    let [address] = bytes(input.text("address")?)?[..] else {
        return Err("the address is not one byte".into());
    };
    let address = Address::new(address).map_err(|e| e.to_string())?;
    input.done()?;

    let mut output = Keys::new("out", output)?;
    let script = output.list("bus")?;
    let result = output.value("result")?;
    let cache = output.optional("cache");
    output.done()?;

    let loose = matches!(
        call,
        Call::Set(..) | Call::Toggle(_) | Call::Change(..) | Call::Drive(..) | Call::Release(_)
    );
    for (client, run) in CLIENTS {
        let judge = || -> Result<(), Fault> {
            let bus = ScriptBus::new(address.get(), script, before, loose)?;
            let (outcome, state) = run(bus.clone(), address, State::known(before), call);
            bus.finish()?;
            check_result(call, result, outcome)?;
            check_cache(cache, &state)
        };
        judge().map_err(|fault| format!("{client}: {fault}"))?;
    }
    Ok(())
}

fn call_of(input: &mut Keys<'_>) -> Result<Call, Fault> {
    let text = input.text("call")?;
    let none = Value::Object(serde_json::Map::new());
    let args = input.optional("args").unwrap_or(&none);
    let mut args = Keys::new("args", args)?;
    let words: Vec<&str> = text.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    let call = match words.as_slice() {
        ["read_inputs"] => Call::ReadInputs,
        ["read_inputs", "then", "park", "the", "pointer", ..] => Call::ReadInputsAndPark,
        ["read", "port", port @ ("0" | "1"), "only"] => Call::ReadPort(u8::from(*port == "1")),
        ["read_outputs"] => Call::ReadOutputs,
        ["read_direction"] => Call::ReadDirections,
        ["read_polarity"] => Call::ReadPolarity,
        ["write_outputs"] => Call::WriteOutputs(args.word("pins")?),
        ["write_direction"] => Call::WriteDirections(args.word("inputs")?),
        ["write_polarity"] => Call::WritePolarity(args.word("inverted")?),
        ["init", "safe:", ..] => Call::Start(Words {
            outputs: args.word("outputs")?,
            directions: args.word("inputs")?,
            polarity: 0,
        }),
        ["set_high", "pin", number] => Call::Set(pin(&mut args, number)?, true),
        ["set_low", "pin", number] => Call::Set(pin(&mut args, number)?, false),
        ["toggle", "pin", number] => Call::Toggle(pin(&mut args, number)?),
        ["change", "mask", mask, "to", value] => {
            same("mask", &args.word("mask")?, &word(mask)?)?;
            same("value", &args.word("value")?, &word(value)?)?;
            Call::Change(word(mask)?, word(value)?)
        }
        [
            "make",
            "pin",
            number,
            "an",
            "output",
            level @ ("low" | "high"),
        ] => {
            let high = *level == "high";
            same("level", &args.number("level")?, &u64::from(high))?;
            Call::Drive(pin(&mut args, number)?, high)
        }
        ["make", "pin", number, "an", "input"] => Call::Release(pin(&mut args, number)?),
        ["all", "off"] => Call::AllLow,
        ["verify", "outputs"] => Call::VerifyOutputs,
        _ => return Err(format!("unknown call {text}")),
    };
    args.done()?;
    Ok(call)
}

/// The pin of the arguments, which must be that of the call's name.
fn pin(args: &mut Keys<'_>, named: &str) -> Result<Pin, Fault> {
    let number = args.number("pin")?;
    same("pin", &number.to_string().as_str(), &named)?;
    u8::try_from(number)
        .ok()
        .and_then(Pin::new)
        .ok_or_else(|| format!("no pin {number}"))
}

fn before_of(input: &mut Keys<'_>) -> Result<Words, Fault> {
    let mut words = Words::POWER_ON;
    let Some(before) = input.optional("before") else {
        return Ok(words);
    };
    let mut before = Keys::new("before", before)?;
    for (key, place) in [
        ("output", &mut words.outputs),
        ("direction", &mut words.directions),
        ("polarity", &mut words.polarity),
    ] {
        if before.optional(key).is_some() {
            *place = before.word(key)?;
        }
    }
    before.done()?;
    Ok(words)
}

fn check_result(call: Call, result: &Value, outcome: Outcome) -> Result<(), Fault> {
    let mut result = Keys::new("result", result)?;
    if result.optional("error").is_some() {
        let class = result.text("error")?;
        result.done()?;
        let found = match outcome {
            Err(Error::Bus(Refused(NoAcknowledgeSource::Unknown))) => "unexpected transfer",
            Err(Error::Bus(_)) => "nack",
            Err(_) => "other error",
            Ok(_) => "no error",
        };
        return same("error", &found, &class);
    }
    let answer = outcome.map_err(|error| format!("answers {error:?}"))?;
    let expected = match call {
        Call::ReadInputs
        | Call::ReadInputsAndPark
        | Call::ReadOutputs
        | Call::ReadDirections
        | Call::ReadPolarity => Answer::Pins(result.word("pins")?),
        Call::ReadPort(port) => {
            let [byte] = bytes(result.text(&format!("port{port}"))?)?[..] else {
                return Err("a port is one byte".into());
            };
            Answer::Port(byte)
        }
        Call::VerifyOutputs => Answer::Matches(result.truth("matches")?),
        _ => {
            same("ok", &result.truth("ok")?, &true)?;
            Answer::Done
        }
    };
    result.done()?;
    same("result", &answer, &expected)
}

fn check_cache(cache: Option<&Value>, state: &State) -> Result<(), Fault> {
    let Some(cache) = cache else {
        return Ok(());
    };
    let mut cache = Keys::new("cache", cache)?;
    for (key, found) in [
        ("output", state.outputs()),
        ("direction", state.directions()),
        ("polarity", state.polarity()),
    ] {
        let expected = match cache.optional(key) {
            None => continue,
            Some(Value::Null) => None,
            Some(Value::String(text)) if text == "unknown" => None,
            Some(_) => Some(cache.word(key)?),
        };
        same(key, &found, &expected)?;
    }
    cache.done()
}

type Run = fn(ScriptBus, Address, State, Call) -> (Outcome, State);

const CLIENTS: &[(&str, Run)] = &[
    ("blocking", blocking::run),
    #[cfg(feature = "async")]
    ("asynch", asynch::run),
];

/// One text of the calls for both clients; `$finish` ends a call.
macro_rules! client {
    ($module:ident, $finish:path) => {
        mod $module {
            use super::*;
            use tca9555::$module::Tca9555;

            pub fn run(
                bus: ScriptBus,
                address: Address,
                before: State,
                call: Call,
            ) -> (Outcome, State) {
                let mut chip = Tca9555::resume(bus, address, before);
                let done = |()| Answer::Done;
                let outcome = match call {
                    Call::ReadInputs => $finish(chip.read_inputs()).map(Answer::Pins),
                    Call::ReadInputsAndPark => {
                        $finish(chip.read_inputs_and_park()).map(Answer::Pins)
                    }
                    Call::ReadPort(port) => {
                        let pin = if port == 0 { Pin::P00 } else { Pin::P10 };
                        $finish(chip.read_port_of(pin)).map(Answer::Port)
                    }
                    Call::ReadOutputs => $finish(chip.read_outputs()).map(Answer::Pins),
                    Call::ReadDirections => $finish(chip.read_directions()).map(Answer::Pins),
                    Call::ReadPolarity => $finish(chip.read_polarity()).map(Answer::Pins),
                    Call::WriteOutputs(pins) => $finish(chip.write_outputs(pins)).map(done),
                    Call::WriteDirections(pins) => $finish(chip.write_directions(pins)).map(done),
                    Call::WritePolarity(pins) => $finish(chip.write_polarity(pins)).map(done),
                    Call::Start(words) => $finish(chip.start_unverified(words)).map(done),
                    Call::Set(pin, high) => $finish(chip.set_pin(pin, high)).map(done),
                    Call::Toggle(pin) => $finish(chip.toggle_pin(pin)).map(done),
                    Call::Change(mask, value) => {
                        $finish(chip.modify_outputs(mask, value)).map(done)
                    }
                    Call::Drive(pin, high) => $finish(chip.make_output(pin, high)).map(done),
                    Call::Release(pin) => $finish(chip.make_input(pin)).map(done),
                    Call::AllLow => $finish(chip.all_low()).map(done),
                    Call::VerifyOutputs => $finish(chip.verify_outputs()).map(Answer::Matches),
                };
                (outcome, chip.state())
            }
        }
    };
}

/// The blocking client's "end of a call".
fn at_once<T>(answer: T) -> T {
    answer
}

client!(blocking, at_once);
#[cfg(feature = "async")]
client!(asynch, crate::harness::block_on);
