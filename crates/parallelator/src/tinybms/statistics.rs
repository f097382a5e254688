//! `statistics`: what it has counted.

use serde_json::json;
use tinybms_proto::{blocking::TinyBms, registers::Statistics};

use super::{
    answer::{Answer, pairs},
    device::Device,
    quantity::{amperes, cell_volts, decimal, degrees, json_degrees, span},
    trouble::Trouble,
};

pub(super) fn run(device: &mut Device) -> Result<Answer, Trouble> {
    let statistics = device.ask(TinyBms::statistics)?;
    Ok(answer(&statistics))
}

fn answer(counted: &Statistics) -> Answer {
    let distance = i64::from(counted.total_distance_10m);
    let (reset, wake_up) = (counted.last_reset, counted.last_wake_up);
    let rows = [
        ("distance", format!("{} km", decimal(distance, 2))),
        ("largest discharge", amperes(counted.max_discharge)),
        ("largest charge", amperes(counted.max_charge)),
        (
            "largest cell difference",
            cell_volts(counted.max_cell_difference),
        ),
        ("under-voltages", counted.under_voltages.to_string()),
        ("over-voltages", counted.over_voltages.to_string()),
        (
            "discharge over-currents",
            counted.discharge_over_currents.to_string(),
        ),
        (
            "charge over-currents",
            counted.charge_over_currents.to_string(),
        ),
        ("over-heats", counted.over_heats.to_string()),
        ("chargings", counted.chargings.to_string()),
        ("full charges", counted.full_charges.to_string()),
        ("lowest temperature", degrees(Some(counted.min_temperature))),
        (
            "highest temperature",
            degrees(Some(counted.max_temperature)),
        ),
        ("last reset", reset.to_string().replace('_', " ")),
        ("last wake-up", wake_up.to_string().replace('_', " ")),
        ("cleared at lifetime", span(counted.cleared_at)),
    ];
    let json = json!({
        "distance_m": distance * 10,
        "max_discharge_ma": counted.max_discharge.get(),
        "max_charge_ma": counted.max_charge.get(),
        "max_cell_difference_mv": f64::from(counted.max_cell_difference.get()) / 1_000.0,
        "under_voltages": counted.under_voltages,
        "over_voltages": counted.over_voltages,
        "discharge_over_currents": counted.discharge_over_currents,
        "charge_over_currents": counted.charge_over_currents,
        "over_heats": counted.over_heats,
        "chargings": counted.chargings,
        "full_charges": counted.full_charges,
        "min_temperature_c": json_degrees(Some(counted.min_temperature)),
        "max_temperature_c": json_degrees(Some(counted.max_temperature)),
        "last_reset": reset.to_string(),
        "last_wake_up": wake_up.to_string(),
        "cleared_at_s": counted.cleared_at.get(),
    });
    Answer {
        lines: pairs(&rows),
        json,
    }
}
