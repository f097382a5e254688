//! `status`: who it is and everything it measures.

use serde_json::{Value, json};
use tinybms_proto::{
    blocking::TinyBms,
    registers::{CurrentSensor, Live, VersionRegisters},
};

use super::{
    answer::{Answer, pairs},
    device::Device,
    quantity::{
        NOTHING, amperes, available, decimal, degrees, hex, json_degrees, json_percent, percent,
        span, volts,
    },
    trouble::Trouble,
};

pub(super) fn run(device: &mut Device) -> Result<Answer, Trouble> {
    let live = device.ask(TinyBms::live)?;
    let configured = device.configured_cells()?;
    Ok(answer(&live, &device.versions, configured))
}

/// The versions as one line.
fn device_line(versions: &VersionRegisters) -> String {
    let version = versions.version;
    let board = if versions.high_power { "high" } else { "low" };
    format!(
        "firmware {}, hardware {}.{}, {board} power, current sensor {}",
        version.firmware,
        version.hardware,
        version.hardware_changes,
        sensor(versions.current_sensor)
    )
}

fn sensor(sensor: CurrentSensor) -> String {
    match sensor {
        CurrentSensor::Other(code) => format!("code {code}"),
        known => known.name().replace('_', " "),
    }
}

pub(super) fn json_device(versions: &VersionRegisters) -> Value {
    let version = versions.version;
    json!({
        "firmware": version.firmware.to_string(),
        "firmware_public": version.firmware_public,
        "hardware": version.hardware,
        "hardware_changes": version.hardware_changes,
        "high_power": versions.high_power,
        "current_sensor": versions.current_sensor.name(),
        "bootloader": versions.bootloader,
        "profile": versions.profile,
        "serial": versions.serial.map(|serial| hex(&serial).replace(' ', "")),
    })
}

/// What is known about the switches, which is nothing: no register tells it.
fn answer(live: &Live, versions: &VersionRegisters, configured: u16) -> Answer {
    let firmware = versions.version.firmware;
    let fault = live.check_cells(configured).err();
    let health = live.state_of_health(firmware);
    let difference = live.max_cell.saturating_sub(live.min_cell);
    let [first, second] = live.external_temperatures;
    let serial = versions.serial.map(|serial| hex(&serial).replace(' ', ""));
    let mut rows = vec![
        ("device", device_line(versions)),
        ("serial", serial.unwrap_or_else(|| NOTHING.to_owned())),
        ("status", live.status.to_string().replace('_', " ")),
        (
            "voltage",
            available(live.pack_voltage.to_millivolts(), volts),
        ),
        (
            "current",
            available(live.pack_current.to_milliamps(), amperes),
        ),
        ("state of charge", percent(live.state_of_charge)),
        (
            "state of health",
            health.map_or_else(
                || format!("not told by firmware {firmware}"),
                |health| match health.to_permille() {
                    Some(_) => format!("{} %", decimal(i64::from(health.steps()) * 2, 3)),
                    None => format!("not known ({} steps are over 100 %)", health.steps()),
                },
            ),
        ),
        ("lowest cell", volts(live.min_cell)),
        ("highest cell", volts(live.max_cell)),
        ("difference", volts(difference)),
        ("internal temperature", degrees(live.internal_temperature)),
        ("external temperature 1", degrees(first)),
        ("external temperature 2", degrees(second)),
        (
            "cells",
            format!("{} detected, {configured} set", live.detected_cells),
        ),
        ("time left", span(live.time_left)),
        ("distance left", format!("{} km", live.distance_left_km)),
        (
            "speed",
            available(live.speed.to_metres_per_hour(), |speed| {
                format!("{} km/h", decimal(speed.into(), 3))
            }),
        ),
        ("lifetime", span(live.lifetime)),
    ];
    if let Some(fault) = fault {
        rows.push(("fault", format!("{fault}; see `cells`")));
    }
    let json = json!({
        "device": json_device(versions),
        "status": live.status.name(),
        "status_code": live.status.code(),
        "healthy": live.status.is_healthy(),
        "voltage_mv": live.pack_voltage.to_millivolts().ok().map(i32::from),
        "current_ma": live.pack_current.to_milliamps().ok().map(i32::from),
        "state_of_charge_percent": json_percent(live.state_of_charge),
        "state_of_health_percent": health
            .filter(|health| health.to_permille().is_some())
            .map(|health| f64::from(health.steps()) / 500.0),
        "min_cell_mv": live.min_cell.get(),
        "max_cell_mv": live.max_cell.get(),
        "internal_temperature_c": json_degrees(live.internal_temperature),
        "external_temperatures_c": [json_degrees(first), json_degrees(second)],
        "cells_detected": live.detected_cells,
        "cells_set": configured,
        "time_left_s": live.time_left.get(),
        "distance_left_km": live.distance_left_km,
        "speed_m_per_h": live.speed.to_metres_per_hour().ok(),
        "lifetime_s": live.lifetime.get(),
        "cell_fault": fault.map(|fault| fault.to_string()),
    });
    Answer {
        lines: pairs(&rows),
        json,
    }
}
