//! Lines that the BMS sends unasked.

use tinybms_proto::{Line, Lines, Status, Switch, Switches};

use super::{Fault, Keys, same};

pub fn broadcast(vector: &mut Keys) -> Result<(), Fault> {
    let text = vector.text("text")?;
    let mut decoded = Keys::new("decoded", vector.value("decoded")?)?;
    let line = Line::parse(text.as_bytes()).map_err(|error| error.to_string())?;
    for end in ["\n", "\r", "\r\n", "\n\r"] {
        let mut lines = Lines::new();
        let sent = format!("{text}{end}{text}{end}");
        let found: Vec<_> = sent.bytes().filter_map(|byte| lines.push(byte)).collect();
        same("collected", &found, &vec![Ok(line), Ok(line)])?;
    }
    match line {
        Line::CaV3(found) => {
            decoded.compare_scaled("remaining_Ah", 1e3, found.remaining.get())?;
            decoded.compare_scaled("volts", 1e3, found.voltage.get())?;
            decoded.compare_scaled("amps", 1e3, found.current.get())?;
            decoded.compare_scaled("speed_kmh", 1e3, found.speed_metres_per_hour)?;
            decoded.compare_scaled("distance_km", 1e3, found.distance_metres)?;
            decoded.compare_scaled("max_temp_C", 1e3, found.max_temperature.get())?;
        }
        Line::Ascii(found) => {
            let [first, second] = found.external_temperatures;
            decoded.compare_scaled("volts", 1e3, found.voltage.get())?;
            decoded.compare_scaled("min_cell_V", 1e3, found.min_cell.get())?;
            decoded.compare_scaled("max_cell_V", 1e3, found.max_cell.get())?;
            decoded.compare_scaled("amps", 1e3, found.current.get())?;
            decoded.compare_scaled("soc_pct", 1e1, found.state_of_charge.get())?;
            decoded.compare_scaled("internal_C", 1e3, found.internal_temperature.get())?;
            decoded.compare_scaled("ext1_C", 1e3, first.get())?;
            decoded.compare_scaled("ext2_C", 1e3, second.get())?;
            status(found.status, &mut decoded)?;
            decoded.compare("balancing", found.balancing)?;
            match found.switches {
                Switches::Dual { load, charger } => {
                    switch("load_switch", load, &mut decoded)?;
                    switch("charger_switch", charger, &mut decoded)?;
                }
                Switches::Single(both) => switch("switch", both, &mut decoded)?,
            }
        }
    }
    decoded.done()
}

fn status(found: Status, decoded: &mut Keys) -> Result<(), Fault> {
    decoded.compare("status", found.code())
}

fn switch(name: &str, found: Switch, decoded: &mut Keys) -> Result<(), Fault> {
    decoded.compare_truth(&format!("{name}_external"), found.is_external)?;
    decoded.compare_truth(&format!("{name}_on"), found.is_on)
}
