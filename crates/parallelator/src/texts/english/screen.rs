//! Fixed words of the terminal.

pub(in crate::texts) fn title(name: &str, packs: usize) -> String {
    let plural = if packs == 1 { "" } else { "s" };
    format!("{name}, {packs} pack{plural}")
}

fn permit(limit: Option<String>) -> String {
    limit.map_or_else(
        || "not permitted".to_owned(),
        |limit| format!("up to {limit} A"),
    )
}

pub(in crate::texts) fn bus(
    volts: &str,
    amps: &str,
    load: Option<String>,
    charge: Option<String>,
) -> String {
    let (load, charge) = (permit(load), permit(charge));
    format!("Bus {volts} V {amps} A, load {load}, charging {charge}")
}

pub(in crate::texts) fn simulated(
    (load, load_asked): &(String, String),
    (charger, charger_offered): &(String, String),
    speed: Option<String>,
) -> String {
    let pace = speed.map_or_else(
        || "paused".to_owned(),
        |speed| format!("{speed} times real time"),
    );
    format!(
        "Simulated: load {load} of {load_asked} A, charger {charger} of {charger_offered} A, {pace}"
    )
}

pub(in crate::texts) fn row_titles() -> [&'static str; 3] {
    ["Pack", "State", "Why"]
}

pub(in crate::texts) fn wiring(bus: u8, sensor: &str, switch: &str) -> String {
    format!("bus {bus}, sensor {sensor}, switch {switch}")
}

pub(in crate::texts) fn how_to_end() -> &'static str {
    "Ctrl-C opens every switch and ends the program."
}

pub(in crate::texts) fn page_address(address: &str) -> String {
    format!("Page: http://{address}/")
}

pub(in crate::texts) fn when_open() -> &'static str {
    "Every switch is open."
}
