//! The fixed words of the terminal and the title of the page.

use parallelator_node::PackWiring;

use super::{Language, figure, spoken};

/// What a simulated rack shows beside its measurements; currents in milliamperes.
#[derive(Debug, Clone, Copy)]
pub struct Simulated {
    /// What the load gets, and what it asks for.
    pub load: (i32, i32),
    /// What the charger gives, and what it could.
    pub charger: (i32, i32),
    /// Simulated seconds a second; `None` while it stands still.
    pub speed: Option<f64>,
}

/// Name of the rack and the number of its packs.
#[must_use]
pub fn title(language: Language, name: &str, packs: usize) -> String {
    spoken!(language, screen::title(name, packs))
}

/// Voltage and current of the bus, and what is permitted: a current when it is.
#[must_use]
pub fn bus_line(
    language: Language,
    voltage_mv: Option<i32>,
    current_ma: Option<i32>,
    load_ma: Option<i32>,
    charge_ma: Option<i32>,
) -> String {
    let shown = |value| figure(language, value);
    let permit = |limit: Option<i32>| limit.map(|limit| shown(Some(limit)));
    let text = spoken!(
        language,
        screen::bus(
            &shown(voltage_mv),
            &shown(current_ma),
            permit(load_ma),
            permit(charge_ma),
        )
    );
    language.typeset(text)
}

/// Load, charger and pace of a simulated rack.
#[must_use]
pub fn simulated_line(language: Language, simulated: &Simulated) -> String {
    let pair = |(part, whole)| (figure(language, Some(part)), figure(language, Some(whole)));
    let speed = simulated
        .speed
        .map(|speed| language.number(speed.to_string()));
    let text = spoken!(
        language,
        screen::simulated(&pair(simulated.load), &pair(simulated.charger), speed)
    );
    language.typeset(text)
}

/// Heads of the columns: pack, state, why.
#[must_use]
pub fn row_titles(language: Language) -> [&'static str; 3] {
    spoken!(language, screen::row_titles())
}

/// Where a pack is wired: its bus, its sensor, its switch.
#[must_use]
pub fn wiring(language: Language, pack: &PackWiring) -> String {
    let (bus, sensor) = (pack.bus, format!("0x{:02X}", pack.sensor));
    let (port, pin) = (pack.switch_pin / 8, pack.switch_pin % 8);
    let switch = format!("0x{:02X} P{port}{pin}", pack.expander);
    spoken!(language, screen::wiring(bus, &sensor, &switch))
}

/// How the program is ended.
#[must_use]
pub fn how_to_end(language: Language) -> &'static str {
    spoken!(language, screen::how_to_end())
}

/// Where the page is.
#[must_use]
pub fn page_address(language: Language, address: &str) -> String {
    language.typeset(spoken!(language, screen::page_address(address)))
}

/// The last line: nothing is connected any more.
#[must_use]
pub fn when_open(language: Language) -> &'static str {
    spoken!(language, screen::when_open())
}
