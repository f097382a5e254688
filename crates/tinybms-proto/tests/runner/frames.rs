//! Requests are built and compared byte for byte, replies are decoded.

use battery_units::DeciCelsius;
use serde_json::Value;
use tinybms_proto::{
    Act, Action, BuildError, Event, EventLog, Frame, Kind, NackCode, Packets, Question, Read,
    ReadAllEvents, ReadBlock, ReadBlockInPackets, ReadCellVoltages, ReadEach, ReadExtendedVersion,
    ReadLifetime, ReadMaxCell, ReadMinCell, ReadNewestEvents, ReadPackCurrent, ReadPackVoltage,
    ReadRegisters, ReadSettings, ReadStateOfCharge, ReadStatus, ReadTemperatures, ReadTravel,
    ReadVersion, Registers, ReplyError, Request, SettingsOption, Version, WriteBlock, WriteEach,
    WriteRegisters,
};

use super::bytes::{bytes, number};
use super::registers;
use super::streams::receive_any;
use super::{Fault, Keys, same};

pub fn frame(vector: &mut Keys) -> Result<(), Fault> {
    let direction = vector.text("direction")?;
    let command = number(vector.text("command")?)?;
    let mut decoded = Keys::new("decoded", vector.value("decoded")?)?;
    match direction {
        "request" => request(command, vector, &mut decoded)?,
        "response" => response(command, vector, &mut decoded)?,
        other => return Err(format!("unknown direction {other}")),
    }
    decoded.done()
}

fn emitted(request: &impl Request) -> Result<Vec<u8>, Fault> {
    let mut out = [0; 260];
    Ok(request.emit(&mut out).map_err(fault)?.to_vec())
}

fn fault(error: impl core::fmt::Display) -> Fault {
    error.to_string()
}

fn request(command: u32, vector: &mut Keys, decoded: &mut Keys) -> Result<(), Fault> {
    let expected = bytes(vector.text("hex")?)?;
    let found = match command {
        0x02 => emitted(&Act(action(decoded.number("option")?)?))?,
        0x03 => {
            let (start, count) = (decoded.number("start")?, decoded.number("count")?);
            emitted(&ReadRegisters::new(start, count).map_err(fault)?)?
        }
        0x07 => {
            let (start, count) = (decoded.number("start")?, decoded.number("count")?);
            match ReadBlock::new(start, count) {
                Ok(request) => emitted(&request)?,
                // More than one packet holds: only with the option.
                Err(_) => {
                    let request = ReadBlockInPackets::new(start, count).map_err(fault)?;
                    request.emit(&mut [0; 260]).map_err(fault)?.to_vec()
                }
            }
        }
        0x09 => {
            let addresses: Vec<u16> = decoded.numbers("addresses")?;
            emitted(&ReadEach::new(&addresses).map_err(fault)?)?
        }
        0x0B => {
            let values: Vec<u16> = decoded.numbers("values")?;
            let request = WriteBlock::new(decoded.number("start")?, &values).map_err(fault)?;
            let found = emitted(&request)?;
            decoded.compare("pl", found[2])?;
            found
        }
        0x0D => {
            let pairs = pairs(decoded)?;
            emitted(&WriteEach::new(&pairs).map_err(fault)?)?
        }
        0x10 => {
            let values: Vec<u16> = decoded.numbers("values")?;
            if let Some(value) = decoded.optional("u32") {
                let value = u32::try_from(super::keys::integer(value)?).map_err(fault)?;
                let words = [(value & 0xFFFF) as u16, (value >> 16) as u16];
                same("u32", &values, &words.to_vec())?;
            }
            if let Some(value) = decoded.optional("i16") {
                let value = i16::try_from(super::keys::integer(value)?).map_err(fault)?;
                same("i16", &values, &vec![value as u16])?;
            }
            emitted(&WriteRegisters::new(decoded.number("start")?, &values).map_err(fault)?)?
        }
        0x1D => {
            let option: u8 = decoded.number("option")?;
            let option = SettingsOption::try_from(option).map_err(fault)?;
            emitted(&ReadSettings::new(option, decoded.number("count")?).map_err(fault)?)?
        }
        other => plain(other)?,
    };
    same("bytes", &hex(&found), &hex(&expected))?;
    same("command", &u32::from(found[1]), &command)
}

/// Requests that are nothing but their command.
fn plain(command: u32) -> Result<Vec<u8>, Fault> {
    match command {
        0x11 => emitted(&ReadNewestEvents),
        0x12 => emitted(&ReadAllEvents),
        0x14 => emitted(&ReadPackVoltage),
        0x15 => emitted(&ReadPackCurrent),
        0x16 => emitted(&ReadMaxCell),
        0x17 => emitted(&ReadMinCell),
        0x18 => emitted(&ReadStatus),
        0x19 => emitted(&ReadLifetime),
        0x1A => emitted(&ReadStateOfCharge),
        0x1B => emitted(&ReadTemperatures),
        0x1C => emitted(&ReadCellVoltages),
        0x1E => emitted(&ReadVersion),
        0x1F => emitted(&ReadExtendedVersion),
        0x20 => emitted(&ReadTravel),
        other => Err(format!("unknown command {other:#04x}")),
    }
}

/// Some request of a command, for confirmations and refusals that come without theirs.
fn any_request(command: u32) -> Result<Vec<u8>, Fault> {
    match command {
        0x02 => emitted(&Act(Action::ClearEvents)),
        0x03 => emitted(&ReadRegisters::new(0, 1).map_err(fault)?),
        0x07 => emitted(&ReadBlock::new(0, 1).map_err(fault)?),
        0x09 => emitted(&ReadEach::new(&[0]).map_err(fault)?),
        0x0B => emitted(&WriteBlock::new(300, &[0]).map_err(fault)?),
        0x0D => emitted(&WriteEach::new(&[(300, 0)]).map_err(fault)?),
        0x10 => emitted(&WriteRegisters::new(300, &[0]).map_err(fault)?),
        0x1D => emitted(&ReadSettings::new(SettingsOption::Current, 1).map_err(fault)?),
        other => plain(other),
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("{bytes:02X?}")
}

fn action(option: u8) -> Result<Action, Fault> {
    match option {
        1 => Ok(Action::ClearEvents),
        2 => Ok(Action::ClearStatistics),
        5 => Ok(Action::Reset),
        other => Err(format!("no action {other}")),
    }
}

fn pairs(decoded: &mut Keys) -> Result<Vec<(u16, u16)>, Fault> {
    // A negative value is the register of a signed setting.
    let word = |value: &Value| {
        let number = super::keys::integer(value)?;
        let signed = i16::try_from(number).map(i16::cast_unsigned);
        u16::try_from(number).or(signed).map_err(fault)
    };
    decoded
        .list("pairs")?
        .iter()
        .map(|pair| match pair.as_array().map(Vec::as_slice) {
            Some([address, value]) => Ok((word(address)?, word(value)?)),
            _ => Err("no pair".into()),
        })
        .collect()
}

fn response(command: u32, vector: &mut Keys, decoded: &mut Keys) -> Result<(), Fault> {
    let sent = match vector.optional("request_hex") {
        Some(text) => bytes(text.as_str().unwrap_or_default())?,
        None => any_request(command)?,
    };
    same("command of the request", &u32::from(sent[1]), &command)?;
    if vector.has("frames_hex") {
        return in_packets(&sent, vector, decoded);
    }
    let received = bytes(vector.text("hex")?)?;
    let outcome = receive_any(Question::new(&sent), &received, false)?;
    let frame = Frame::parse(&received).map_err(fault)?;
    if let Some(error) = outcome.error {
        return refusal(error, frame, decoded);
    }
    same("frames", &outcome.frames, &vec![received.clone()])?;
    same("skipped", &outcome.skipped, &0)?;
    if decoded.has("ack") {
        decoded.compare_truth("ack", matches!(frame.kind(), Kind::Ack { .. }))?;
        return acknowledged(command, frame);
    }
    answer(command, &sent, frame, decoded)
}

fn refusal(error: ReplyError, frame: Frame<'_>, decoded: &mut Keys) -> Result<(), Fault> {
    decoded.compare_truth("nack", true)?;
    let (ReplyError::Nack(code), Kind::Nack { code: seen, .. }) = (error, frame.kind()) else {
        return Err(error.to_string());
    };
    same("codes", &code, &seen)?;
    let (number, name) = match code {
        NackCode::Command => (0, "command_error"),
        NackCode::Crc => (1, "crc_error"),
        NackCode::Other(other) => (other, "other"),
    };
    decoded.compare("error", number)?;
    decoded.compare_text("error_name", name)
}

fn acknowledged(command: u32, frame: Frame<'_>) -> Result<(), Fault> {
    match command {
        0x02 => Act(Action::Reset).decode(frame),
        0x0B => WriteBlock::new(300, &[0]).map_err(fault)?.decode(frame),
        0x0D => WriteEach::new(&[(300, 0)]).map_err(fault)?.decode(frame),
        other => return Err(format!("{other:#04x} is not acknowledged")),
    }
    .map_err(fault)
}

fn in_packets(sent: &[u8], vector: &mut Keys, decoded: &mut Keys) -> Result<(), Fault> {
    same(
        "inferred",
        &vector.value("inferred")?.as_bool(),
        &Some(true),
    )?;
    let frames: Result<Vec<Vec<u8>>, Fault> = vector
        .list("frames_hex")?
        .iter()
        .map(|text| bytes(text.as_str().unwrap_or_default()))
        .collect();
    let frames = frames?;
    let outcome = receive_any(Question::in_packets(sent), &frames.concat(), true)?;
    same("frames", &outcome.frames, &frames)?;
    let start = u16::from_le_bytes([sent[3], sent[4]]);
    let request = ReadBlockInPackets::new(start, sent[2]).map_err(fault)?;
    let mut packets: Packets = request.packets();
    let mut out = vec![0; request.bytes()];
    let mut payloads = Vec::new();
    for (place, frame) in frames.iter().enumerate() {
        let frame = Frame::parse(frame).map_err(fault)?;
        payloads.push(frame.content().len() as i64 - 1);
        let is_last = packets.push(frame, &mut out).map_err(fault)?;
        same("last packet", &is_last, &(place + 1 == frames.len()))?;
    }
    same("payloads", &payloads, &decoded.numbers("packet_payloads")?)?;
    registers::compare(request.registers(&out), decoded)
}

fn decode<'a, R: Read>(request: &R, frame: Frame<'a>) -> Result<R::Reply<'a>, Fault> {
    request.decode(frame).map_err(fault)
}

fn answer(command: u32, sent: &[u8], frame: Frame<'_>, decoded: &mut Keys) -> Result<(), Fault> {
    match command {
        0x03 => {
            let start = u16::from_be_bytes([sent[2], sent[3]]);
            let request = ReadRegisters::new(start, sent[5]).map_err(fault)?;
            decoded.compare("pl", frame.bytes()[2])?;
            registers::compare(decode(&request, frame)?, decoded)
        }
        0x07 => {
            let start = u16::from_le_bytes([sent[3], sent[4]]);
            let request = ReadBlock::new(start, sent[2]).map_err(fault)?;
            registers::compare(decode(&request, frame)?, decoded)
        }
        0x09 => {
            let words = sent[3..sent.len() - 2].chunks(2);
            let addresses: Vec<u16> = words.map(|w| u16::from_le_bytes([w[0], w[1]])).collect();
            let request = ReadEach::new(&addresses).map_err(fault)?;
            let found: Vec<(u16, u16)> = decode(&request, frame)?.collect();
            same("pairs", &found, &pairs(decoded)?)?;
            let (start, values) = (found[0].0, found.iter().map(|pair| pair.1));
            let values: Vec<u8> = values.flat_map(u16::to_le_bytes).collect();
            registers::meaning(Registers::low_first(start, &values), decoded)
        }
        0x10 => {
            let start = u16::from_be_bytes([sent[2], sent[3]]);
            let words = sent[7..sent.len() - 2].chunks(2);
            let values: Vec<u16> = words.map(|w| u16::from_be_bytes([w[0], w[1]])).collect();
            let request = WriteRegisters::new(start, &values).map_err(fault)?;
            request.decode(frame).map_err(fault)?;
            decoded.compare("start", start)?;
            decoded.compare("count", values.len() as u32)
        }
        0x11 => events(decode(&ReadNewestEvents, frame)?, decoded),
        0x12 => events(decode(&ReadAllEvents, frame)?, decoded),
        0x14 => {
            let voltage = decode(&ReadPackVoltage, frame)?;
            registers::bits(decoded, "f32_bits", voltage.0)?;
            decoded.compare_scaled("volts", 1e3, voltage.to_millivolts().map_err(fault)?.get())
        }
        0x15 => {
            let current = decode(&ReadPackCurrent, frame)?;
            registers::bits(decoded, "f32_bits", current.0)?;
            decoded.compare_scaled("amps", 1e3, current.to_milliamps().map_err(fault)?.get())
        }
        0x16 => decoded.compare("mV", decode(&ReadMaxCell, frame)?.get()),
        0x17 => decoded.compare("mV", decode(&ReadMinCell, frame)?.get()),
        0x18 => {
            let status = decode(&ReadStatus, frame)?;
            decoded.compare("raw", status.code())?;
            decoded.compare_text("status", status.name())
        }
        0x19 => decoded.compare("seconds", decode(&ReadLifetime, frame)?.get()),
        0x1A => {
            let charge = decode(&ReadStateOfCharge, frame)?;
            decoded.compare("raw_1e-6_pct", charge.millionths_of_percent())
        }
        0x1B => {
            let found = decode(&ReadTemperatures, frame)?;
            let [first, second] = found.external;
            decoded.compare_option("internal_dC", found.internal.map(DeciCelsius::get))?;
            decoded.compare_option("ext1_dC", first.map(DeciCelsius::get))?;
            decoded.compare_option("ext2_dC", second.map(DeciCelsius::get))
        }
        0x1C => {
            let found: Vec<u16> = decode(&ReadCellVoltages, frame)?.steps().collect();
            same("values", &found, &decoded.numbers("values_100uV")?)
        }
        0x1D => {
            let option = SettingsOption::try_from(sent[2]).map_err(fault)?;
            let request = ReadSettings::new(option, sent[4]).map_err(fault)?;
            registers::compare(decode(&request, frame)?, decoded)
        }
        0x1E => version(decode(&ReadVersion, frame)?, decoded),
        0x1F => {
            let found = decode(&ReadExtendedVersion, frame)?;
            decoded.compare("bootloader", found.bootloader)?;
            decoded.compare("register_map", found.register_map)?;
            version(found.version, decoded)
        }
        0x20 => {
            let found = decode(&ReadTravel, frame)?;
            let speed = found.speed.to_metres_per_hour().map_err(fault)?;
            decoded.compare_scaled("speed_kmh", 1e3, speed)?;
            decoded.compare("distance_km", found.distance_left_km)?;
            decoded.compare("time_left_s", found.time_left.get())
        }
        other => Err(format!("unknown command {other:#04x}")),
    }
}

pub fn version(found: Version, decoded: &mut Keys) -> Result<(), Fault> {
    decoded.compare("hardware", found.hardware)?;
    decoded.compare("hardware_changes", found.hardware_changes)?;
    decoded.compare("firmware_public", found.firmware_public)?;
    decoded.compare("firmware_internal", found.firmware.number())
}

fn events(log: EventLog<'_>, decoded: &mut Keys) -> Result<(), Fault> {
    decoded.compare("bms_time_s", log.now().get())?;
    let found: Vec<Event> = log.events().collect();
    decoded.compare("event_count", found.len() as u32)?;
    for (key, place) in [("first", 0), ("last", found.len().saturating_sub(1))] {
        if let Some(expected) = decoded.optional(key) {
            event(&found[place], expected)?;
        }
    }
    if decoded.has("events") {
        compare_events(&found, decoded)?;
    }
    Ok(())
}

pub fn compare_events(found: &[Event], decoded: &mut Keys) -> Result<(), Fault> {
    let expected = decoded.list("events")?;
    same("number of events", &found.len(), &expected.len())?;
    for (found, expected) in found.iter().zip(expected) {
        event(found, expected)?;
    }
    Ok(())
}

fn event(found: &Event, expected: &Value) -> Result<(), Fault> {
    let mut expected = Keys::new("event", expected)?;
    let id = u32::from(found.id.number());
    same("id", &id, &number(expected.text("id")?)?)?;
    expected.compare("ts_s", found.time.get())?;
    expected.compare("ts24", found.raw_time)?;
    expected.compare("unwrapped_s", found.time.get())?;
    expected.compare("age_s", found.age.get())?;
    let class = format!("{:?}", found.id.class()).to_lowercase();
    expected.compare_text("class", &class)?;
    expected.compare_truth("known", found.id.name().is_some())?;
    expected.compare_text("name", found.id.name().unwrap_or("unknown"))?;
    expected.done()
}

pub fn build_error(vector: &mut Keys) -> Result<(), Fault> {
    let call = vector.text("call")?;
    let mut args = Keys::new("args", vector.value("args")?)?;
    let outcome = match call {
        "modbus_read" => {
            ReadRegisters::new(args.number("start")?, args.number("count")?).map(|_| ())
        }
        "read_block" => ReadBlock::new(args.number("start")?, args.number("count")?).map(|_| ()),
        "read_settings" => SettingsOption::try_from(args.number::<u8>("option")?)
            .and_then(|option| ReadSettings::new(option, args.number("count").unwrap_or(0)))
            .map(|_| ()),
        "read_individual" => ReadEach::new(&args.numbers("addresses")?).map(|_| ()),
        "modbus_write" => {
            WriteRegisters::new(args.number("start")?, &args.numbers("values")?).map(|_| ())
        }
        "write_block" => {
            WriteBlock::new(args.number("start")?, &args.numbers("values")?).map(|_| ())
        }
        "write_individual" => WriteEach::new(&pairs(&mut args)?).map(|_| ()),
        other => return Err(format!("unknown call {other}")),
    };
    args.optional("count");
    args.done()?;
    let class = match outcome {
        Ok(()) => "ok",
        Err(BuildError::InvalidCount { .. }) => "invalid_count",
        Err(BuildError::InvalidAddress { .. }) => "invalid_address",
        Err(BuildError::InvalidArgument { .. }) => "invalid_argument",
        Err(other) => return Err(other.to_string()),
    };
    same("class", &class, &vector.text("expect")?)
}
