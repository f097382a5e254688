//! Addresses and the pins of a board.

use serde_json::Value;
use tca9555::{Address, ConfigError, Pin};

use super::{Fault, Keys, bytes, same};

pub fn address(input: &Value, output: &Value) -> Result<(), Fault> {
    let mut input = Keys::new("in", input)?;
    let mut levels = [false; 3];
    for (level, key) in levels.iter_mut().zip(["a2", "a1", "a0"]) {
        *level = match input.number(key)? {
            0 => false,
            1 => true,
            other => return Err(format!("{key} is {other}")),
        };
    }
    input.done()?;
    let mut output = Keys::new("out", output)?;
    let expected = byte(output.text("address")?)?;
    output.done()?;
    let [a2, a1, a0] = levels;
    let found = Address::from_pins(a2, a1, a0);
    same("address", &found.get(), &expected)?;
    same("checked address", &Address::new(expected), &Ok(found))
}

pub fn address_bad(input: &Value, output: &Value) -> Result<(), Fault> {
    let mut input = Keys::new("in", input)?;
    let address = byte(input.text("address")?)?;
    input.done()?;
    let mut output = Keys::new("out", output)?;
    let expected = output.text("error")?;
    output.done()?;
    let found = match Address::new(address) {
        Err(ConfigError::InvalidAddress { address: told }) if told == address => "invalid_address",
        other => return Err(format!("answer {other:?}")),
    };
    same("error", &found, &expected)
}

/// Pins of the four channels: the function on the board, as its firmware names them.
const KXKM: [(&str, [Pin; 4]); 4] = [
    ("switch", [Pin::P03, Pin::P02, Pin::P01, Pin::P00]),
    ("alert", [Pin::P07, Pin::P06, Pin::P05, Pin::P04]),
    ("red", [Pin::P10, Pin::P12, Pin::P14, Pin::P16]),
    ("green", [Pin::P11, Pin::P13, Pin::P15, Pin::P17]),
];

pub fn board_map(input: &Value, output: &Value) -> Result<(), Fault> {
    let mut input = Keys::new("in", input)?;
    same(
        "board",
        &input.text("board")?,
        &"KXKM BMU v2, four batteries a chip",
    )?;
    input.done()?;
    let mut output = Keys::new("out", output)?;
    for (function, pins) in KXKM {
        let mut channels = Keys::new("channels", output.value(function)?)?;
        for (channel, pin) in pins.iter().enumerate() {
            let expected = channels.word(&channel.to_string())?;
            same(function, &pin.mask(), &expected)?;
        }
        channels.done()?;
    }
    output.done()
}

fn byte(text: &str) -> Result<u8, Fault> {
    match bytes(text)?.as_slice() {
        [byte] => Ok(*byte),
        _ => Err(format!("{text} is not one byte")),
    }
}
