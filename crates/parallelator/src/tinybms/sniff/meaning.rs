//! What a frame or a line of text says, as far as it can be told without its request.

use battery_units::MilliCelsius;
use serde_json::{Value, json};
use tinybms_proto::{
    Command, Frame, Kind, Line, ReadAllEvents, ReadCellVoltages, ReadExtendedVersion, ReadLifetime,
    ReadMaxCell, ReadMinCell, ReadNewestEvents, ReadPackCurrent, ReadPackVoltage,
    ReadStateOfCharge, ReadStatus, ReadTemperatures, ReadTravel, ReadVersion, Request, Switch,
    Switches,
};

use super::super::quantity::{
    amperes, available, cell_volts, decimal, degrees, hex, percent, span, volts,
};

/// The reply as words. Register replies do not tell which registers they are about.
pub(super) fn of_frame(frame: Frame<'_>) -> String {
    match frame.kind() {
        Kind::Nack { command, code } => format!("refusal of {command}: {code}"),
        Kind::Ack { command } => format!("confirmation of {command}"),
        Kind::Exception { command, code } => format!("Modbus exception {code} to {command}"),
        Kind::Answer { command } => {
            let words = value(command, frame).unwrap_or_else(|| unnamed(frame));
            format!("{command} {words}")
        }
    }
}

/// Decodes and shows, when the frame is what it should be.
fn shown<R: Request>(
    request: &R,
    frame: Frame<'_>,
    show: impl Fn(R::Reply<'_>) -> String,
) -> Option<String> {
    request.decode(frame).ok().map(show)
}

fn value(command: Command, frame: Frame<'_>) -> Option<String> {
    match command {
        Command::PACK_VOLTAGE => shown(&ReadPackVoltage, frame, |voltage| {
            format!("voltage {}", available(voltage.to_millivolts(), volts))
        }),
        Command::PACK_CURRENT => shown(&ReadPackCurrent, frame, |current| {
            format!("current {}", available(current.to_milliamps(), amperes))
        }),
        Command::MAX_CELL => shown(&ReadMaxCell, frame, |cell| {
            format!("highest cell {}", volts(cell))
        }),
        Command::MIN_CELL => shown(&ReadMinCell, frame, |cell| {
            format!("lowest cell {}", volts(cell))
        }),
        Command::STATUS => shown(&ReadStatus, frame, |status| format!("status {status}")),
        Command::LIFETIME => shown(&ReadLifetime, frame, |time| {
            format!("lifetime {}", span(time))
        }),
        Command::STATE_OF_CHARGE => shown(&ReadStateOfCharge, frame, |charge| {
            format!("state of charge {}", percent(charge))
        }),
        Command::TEMPERATURES => shown(&ReadTemperatures, frame, |temperatures| {
            let [first, second] = temperatures.external.map(degrees);
            let internal = degrees(temperatures.internal);
            format!("temperatures internal {internal}, external {first}, {second}")
        }),
        Command::CELL_VOLTAGES => shown(&ReadCellVoltages, frame, |cells| {
            let voltages: Vec<String> = cells.voltages().map(cell_volts).collect();
            format!(
                "cells in an order that is not known: {}",
                voltages.join(", ")
            )
        }),
        Command::VERSION => shown(&ReadVersion, frame, |version| {
            format!("firmware {}", version.firmware)
        }),
        Command::EXTENDED_VERSION => shown(&ReadExtendedVersion, frame, |extended| {
            format!("firmware {}", extended.version.firmware)
        }),
        Command::TRAVEL => shown(&ReadTravel, frame, |travel| {
            format!(
                "{} km left, {}",
                travel.distance_left_km,
                span(travel.time_left)
            )
        }),
        Command::NEWEST_EVENTS => shown(&ReadNewestEvents, frame, |log| {
            format!("{} new events", log.events().count())
        }),
        Command::ALL_EVENTS => shown(&ReadAllEvents, frame, |log| {
            format!("{} events", log.events().count())
        }),
        _ => None,
    }
}

/// A reply whose meaning stands in its request only.
fn unnamed(frame: Frame<'_>) -> String {
    let content = frame.content();
    match frame.command() {
        Command::READ_MODBUS | Command::READ_BLOCK | Command::SETTINGS => {
            let bytes = content.get(1..).unwrap_or_default();
            format!("{} registers: {}", bytes.len() / 2, hex(bytes))
        }
        Command::WRITE_MODBUS => match *content {
            [high, low, _, count] => {
                let register = u16::from_be_bytes([high, low]);
                format!("written: {count} registers from {register}")
            }
            _ => hex(content),
        },
        _ => hex(content),
    }
}

/// What the text says where no sensor is connected, as the registers do.
const NOT_CONNECTED: MilliCelsius = MilliCelsius::new(-3_276_800);

fn celsius(temperature: MilliCelsius) -> Option<f64> {
    (temperature != NOT_CONNECTED).then(|| f64::from(temperature.get()) / 1_000.0)
}

fn switch_words(name: &str, switch: Switch) -> String {
    let kind = if switch.is_external { ", external" } else { "" };
    let state = if switch.is_on { "on" } else { "off" };
    format!("{name} {state}{kind}")
}

/// A line of text as words.
pub(super) fn of_line(line: &Line) -> String {
    match line {
        Line::CaV3(line) => format!(
            "CA V3: {} left, {}, {}, {} km/h, {} km, {} °C",
            format_args!("{} Ah", decimal(line.remaining.get().into(), 3)),
            volts(line.voltage),
            amperes(line.current),
            decimal(line.speed_metres_per_hour.into(), 3),
            decimal(line.distance_metres.into(), 3),
            decimal(line.max_temperature.get().into(), 3),
        ),
        Line::Ascii(line) => {
            let switches = match line.switches {
                Switches::Dual { load, charger } => format!(
                    "{}, {}",
                    switch_words("load", load),
                    switch_words("charger", charger)
                ),
                Switches::Single(switch) => switch_words("switch", switch),
            };
            format!(
                "ASCII: {}, {}, {} %, cells {} to {}, {}, {switches}",
                volts(line.voltage),
                amperes(line.current),
                decimal(line.state_of_charge.get().into(), 1),
                volts(line.min_cell),
                volts(line.max_cell),
                line.status.to_string().replace('_', " "),
            )
        }
    }
}

fn json_switch(switch: Switch) -> Value {
    json!({ "on": switch.is_on, "external": switch.is_external })
}

/// A line of text as values.
pub(super) fn json_line(line: &Line) -> Value {
    match line {
        Line::CaV3(line) => json!({
            "form": "ca_v3",
            "remaining_mah": line.remaining.get(),
            "voltage_mv": line.voltage.get(),
            "current_ma": line.current.get(),
            "speed_m_per_h": line.speed_metres_per_hour,
            "distance_m": line.distance_metres,
            "max_temperature_c": celsius(line.max_temperature),
        }),
        Line::Ascii(line) => {
            let switches = match line.switches {
                Switches::Dual { load, charger } => {
                    json!({ "load": json_switch(load), "charger": json_switch(charger) })
                }
                Switches::Single(switch) => json!({ "single": json_switch(switch) }),
            };
            json!({
                "form": "ascii",
                "voltage_mv": line.voltage.get(),
                "current_ma": line.current.get(),
                "state_of_charge_percent": f64::from(line.state_of_charge.get()) / 10.0,
                "min_cell_mv": line.min_cell.get(),
                "max_cell_mv": line.max_cell.get(),
                "internal_temperature_c": celsius(line.internal_temperature),
                "external_temperatures_c": line.external_temperatures.map(celsius),
                "status": line.status.name(),
                "balancing_slots": line.balancing,
                "switches": switches,
            })
        }
    }
}
