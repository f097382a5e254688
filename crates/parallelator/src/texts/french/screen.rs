//! Fixed words of the terminal.

pub(in crate::texts) fn title(name: &str, packs: usize) -> String {
    let plural = if packs == 1 { "" } else { "s" };
    format!("{name}, {packs} pack{plural}")
}

fn permit(limit: Option<String>) -> String {
    limit.map_or_else(
        || "non autorisée".to_owned(),
        |limit| format!("jusqu’à {limit} A"),
    )
}

pub(in crate::texts) fn bus(
    volts: &str,
    amps: &str,
    load: Option<String>,
    charge: Option<String>,
) -> String {
    let (load, charge) = (permit(load), permit(charge));
    format!("Bus {volts} V {amps} A, décharge {load}, charge {charge}")
}

pub(in crate::texts) fn simulated(
    (load, load_asked): &(String, String),
    (charger, charger_offered): &(String, String),
    speed: Option<String>,
) -> String {
    let pace = speed.map_or_else(
        || "en pause".to_owned(),
        |speed| format!("{speed} fois le temps réel"),
    );
    format!(
        "Simulation : consommation {load} sur {load_asked} A, chargeur {charger} sur {charger_offered} A, {pace}"
    )
}

pub(in crate::texts) fn row_titles() -> [&'static str; 3] {
    ["Pack", "État", "Pourquoi"]
}

pub(in crate::texts) fn wiring(bus: u8, sensor: &str, switch: &str) -> String {
    format!("bus {bus}, capteur {sensor}, interrupteur {switch}")
}

pub(in crate::texts) fn how_to_end() -> &'static str {
    "Ctrl-C ouvre tous les interrupteurs et termine le programme."
}

pub(in crate::texts) fn page_address(address: &str) -> String {
    format!("Page : http://{address}/")
}

pub(in crate::texts) fn when_open() -> &'static str {
    "Tous les interrupteurs sont ouverts."
}
