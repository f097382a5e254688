//! `cells`: each cell by its number, with what is being balanced.

use serde_json::{Value, json};
use tinybms_proto::{CellCount, CellFault, blocking::TinyBms, cell_voltage, registers::Live};

use super::{
    answer::{Answer, table},
    device::Device,
    quantity::cell_volts,
    trouble::Trouble,
};
use crate::failure::Failure;

/// Prints the cells; where they cannot be numbered, the slots and why.
pub(super) fn run(device: &mut Device, json: bool) -> Result<(), Failure> {
    let live = device.ask(TinyBms::live)?;
    let configured = device.configured_cells()?;
    match live.check_cells(configured) {
        Ok(count) => numbered(&live, count).print(json),
        Err(fault) => {
            unnumbered(&live, fault).print(json)?;
            let words = format!(
                "the cells cannot be numbered: {fault}. Check the cell wires and the setting series_cells"
            );
            Err(Trouble::NotSo(words).into())
        }
    }
}

fn words(row: &[&str]) -> Vec<String> {
    row.iter().map(|word| (*word).to_owned()).collect()
}

fn bit(bits: u16, place: u8) -> bool {
    bits >> place & 1 == 1
}

/// Tenths of a millivolt as millivolts.
fn json_millivolts(steps: u16) -> Value {
    json!(f64::from(steps) / 10.0)
}

fn balancing(is_active: bool, is_needed: bool) -> &'static str {
    match (is_active, is_needed) {
        (true, _) => "balancing",
        (false, true) => "needed",
        (false, false) => "",
    }
}

fn numbered(live: &Live, count: CellCount) -> Answer {
    let mut rows = vec![words(&["cell", "voltage", "slot", "balancing"])];
    let mut list = Vec::new();
    let active = count.by_cell(live.balancing);
    let needed = count.by_cell(live.balancing_needed);
    for (cell, voltage) in (1_u8..).zip(live.slots.cells(count)) {
        let (is_active, is_needed) = (bit(active, cell - 1), bit(needed, cell - 1));
        let slot = count.slot(cell).unwrap_or_default();
        let steps = live.slots.0[usize::from(slot)];
        rows.push(vec![
            cell.to_string(),
            cell_volts(voltage),
            slot.to_string(),
            balancing(is_active, is_needed).to_owned(),
        ]);
        list.push(json!({
            "cell": cell,
            "slot": slot,
            "voltage_mv": json_millivolts(steps),
            "balancing": is_active,
            "balancing_needed": is_needed,
        }));
    }
    Answer {
        lines: table(&rows, &[0, 1, 2]),
        json: json!({ "cells": list, "fault": null }),
    }
}

fn unnumbered(live: &Live, fault: CellFault) -> Answer {
    let mut rows = vec![words(&["slot", "voltage", "balancing"])];
    for (slot, &steps) in (0_u8..).zip(&live.slots.0) {
        let (is_active, is_needed) = (bit(live.balancing, slot), bit(live.balancing_needed, slot));
        rows.push(vec![
            slot.to_string(),
            cell_volts(cell_voltage(steps)),
            balancing(is_active, is_needed).to_owned(),
        ]);
    }
    let slots: Vec<Value> = live
        .slots
        .0
        .iter()
        .map(|steps| json_millivolts(*steps))
        .collect();
    Answer {
        lines: table(&rows, &[0, 1]),
        json: json!({ "cells": null, "slots_mv": slots, "fault": fault.to_string() }),
    }
}
