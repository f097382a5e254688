//! Blocks of registers and what they mean.

use battery_units::DeciCelsius;
use tinybms_proto::registers::{Live, Statistics, VersionRegisters};
use tinybms_proto::{
    CellCount, CellSlots, Event, Registers, Seconds, Setting, Settings, Single, cell_voltage, ring,
};

use super::bytes::number;
use super::frames::{compare_events, version};
use super::keys::scaled;
use super::{Fault, Keys, same};

/// Addresses, words and meaning.
pub fn compare(registers: Registers<'_>, decoded: &mut Keys) -> Result<(), Fault> {
    decoded.compare("start", registers.start())?;
    decoded.compare("count", registers.count() as u32)?;
    let words: Vec<u16> = registers.words().collect();
    decoded.compare("first", words[0])?;
    decoded.compare("last", words[words.len() - 1])?;
    if decoded.has("registers") {
        same("registers", &words, &decoded.numbers("registers")?)?;
    }
    for (address, word) in (registers.start()..).zip(&words) {
        same("by address", &registers.get(address), &Some(*word))?;
    }
    meaning(registers, decoded)
}

/// The keys that name a quantity; what was not read is filled with zeros, and its keys must not stand there.
pub fn meaning(registers: Registers<'_>, decoded: &mut Keys) -> Result<(), Fault> {
    match registers.start() {
        0..=99 => live(registers, decoded),
        100..=199 => statistics(registers, decoded),
        200..=299 => events(registers, decoded),
        300..=399 => settings(registers, decoded),
        500..=599 => versions(registers, decoded),
        other => Err(format!("nothing known about register {other}")),
    }
}

/// A whole block with what was read in its place.
fn block(registers: Registers<'_>, start: u16, count: u16) -> Vec<u8> {
    (start..start + count)
        .flat_map(|address| registers.get(address).unwrap_or(0).to_le_bytes())
        .collect()
}

pub fn bits(decoded: &mut Keys, key: &str, found: Single) -> Result<(), Fault> {
    if decoded.has(key) {
        same(key, &found.bits(), &number(decoded.text(key)?)?)?;
    }
    Ok(())
}

fn live(registers: Registers<'_>, decoded: &mut Keys) -> Result<(), Fault> {
    let block = block(registers, 0, 56);
    let live = Live::decode(Registers::low_first(0, &block)).ok_or("not decoded")?;
    if decoded.has("cell_volts") {
        for (word, volts) in registers.words().zip(decoded.list("cell_volts")?) {
            let found = i64::from(cell_voltage(word).get());
            same("cell", &found, &scaled(volts, 1e6)?)?;
        }
    }
    if decoded.has("cell_count") {
        cells(&live.slots, decoded)?;
    }
    decoded.compare("lifetime_s", live.lifetime.get())?;
    decoded.compare("time_left_s", live.time_left.get())?;
    let voltage = live
        .pack_voltage
        .to_millivolts()
        .map_err(|e| e.to_string())?;
    decoded.compare_scaled("pack_voltage_V", 1e3, voltage.get())?;
    bits(decoded, "pack_voltage_f32_bits", live.pack_voltage.0)?;
    let current = live
        .pack_current
        .to_milliamps()
        .map_err(|e| e.to_string())?;
    decoded.compare_scaled("pack_current_A", 1e3, current.get())?;
    let first = registers.double(registers.start()).unwrap_or(0);
    bits(decoded, "f32_bits", Single::from_bits(first))?;
    decoded.compare("min_cell_mV", live.min_cell.get())?;
    decoded.compare("max_cell_mV", live.max_cell.get())?;
    let [first, second] = live.external_temperatures;
    for (key, found) in [
        ("ext1", first),
        ("ext1_dC", first),
        ("ext2", second),
        ("ext2_dC", second),
    ] {
        decoded.compare_option(key, found.map(DeciCelsius::get))?;
    }
    decoded.compare("soc_1e-6_pct", live.state_of_charge.millionths_of_percent())?;
    decoded.compare_option(
        "internal_dC",
        live.internal_temperature.map(DeciCelsius::get),
    )?;
    decoded.compare_text("status", live.status.name())?;
    decoded.compare("balancing_need", live.balancing_needed)?;
    decoded.compare("balancing_real", live.balancing)?;
    decoded.compare("detected_cells", live.detected_cells)
}

fn cells(slots: &CellSlots, decoded: &mut Keys) -> Result<(), Fault> {
    let count = CellCount::new(decoded.number("cell_count")?).map_err(|e| e.to_string())?;
    slots.check(count).map_err(|error| error.to_string())?;
    let found: Vec<i64> = slots.cells(count).map(|v| i64::from(v.get())).collect();
    let expected: Vec<i64> = decoded.numbers("cells_100uV")?;
    let expected: Vec<i64> = expected.into_iter().map(|steps| steps * 100).collect();
    same("cells", &found, &expected)
}

fn statistics(registers: Registers<'_>, decoded: &mut Keys) -> Result<(), Fault> {
    let block = block(registers, 100, 18);
    let found = Statistics::decode(Registers::low_first(100, &block)).ok_or("not decoded")?;
    decoded.compare_scaled("max_discharge_A", 1e3, found.max_discharge.get())?;
    decoded.compare_scaled("max_charge_A", 1e3, found.max_charge.get())?;
    decoded.compare_scaled("max_cell_diff_mV", 1e3, found.max_cell_difference.get())?;
    decoded.compare_scaled("min_pack_temp_C", 1e1, found.min_temperature.get())?;
    decoded.compare_scaled("max_pack_temp_C", 1e1, found.max_temperature.get())?;
    decoded.compare_text("last_reset", found.last_reset.name())?;
    decoded.compare_text("last_wakeup", found.last_wake_up.name())?;
    decoded.compare("cleared_at_s", found.cleared_at.get())
}

fn events(registers: Registers<'_>, decoded: &mut Keys) -> Result<(), Fault> {
    // Read without the time of the BMS; at this one nothing has wrapped.
    let now = Seconds::new(0x00FF_FFFF);
    let found: Vec<Event> = ring(registers, now).collect();
    compare_events(&found, decoded)
}

fn settings(registers: Registers<'_>, decoded: &mut Keys) -> Result<(), Fault> {
    let block = block(registers, 300, 44);
    let found = Settings::from_registers(Registers::low_first(300, &block)).ok_or("not decoded")?;
    for (key, setting) in [
        ("fully_charged_mV", Setting::FullyChargedVoltage),
        ("fully_discharged_mV", Setting::FullyDischargedVoltage),
        ("early_balancing_mV", Setting::EarlyBalancingThreshold),
        ("charge_finished_mA", Setting::ChargeFinishedCurrent),
        ("capacity_10mAh", Setting::BatteryCapacity),
        ("series_cells", Setting::SeriesCells),
        ("allowed_disbalance_mV", Setting::AllowedDisbalance),
        ("over_voltage_mV", Setting::OverVoltageCutoff),
        ("under_voltage_mV", Setting::UnderVoltageCutoff),
        ("discharge_oc_A", Setting::DischargeOverCurrentCutoff),
        ("charge_oc_A", Setting::ChargeOverCurrentCutoff),
        ("over_heat_C", Setting::OverHeatCutoff),
        ("low_temp_charge_C", Setting::LowTemperatureChargeCutoff),
        ("soc_setpoint", Setting::StateOfChargeToSet),
    ] {
        decoded.compare_option(key, found.get(setting))?;
    }
    Ok(())
}

fn versions(registers: Registers<'_>, decoded: &mut Keys) -> Result<(), Fault> {
    let block = block(registers, 500, 10);
    let found = VersionRegisters::decode(Registers::low_first(500, &block)).ok_or("not decoded")?;
    version(found.version, decoded)?;
    decoded.compare_truth("high_power", found.high_power)?;
    decoded.compare_text("current_sensor", found.current_sensor.name())?;
    decoded.compare("bootloader", found.bootloader)?;
    decoded.compare("profile", found.profile)
}
