//! Random fleets for acceptance runs.

use super::chemistry::Chemistry;
use super::config::PackConfig;
use super::random::Random;

/// What a fleet is drawn from, evenly between the limits and independently for every pack.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetRange {
    /// Ah.
    pub capacity_ah: (f64, f64),
    /// Ohm up to the point where the voltage is taken, at 25 degrees Celsius: R0, wiring and fuse.
    pub path_ohm: (f64, f64),
    /// State of charge, `0.0..=1.0`.
    pub soc: (f64, f64),
    /// Part of the path that is wiring and fuse, ohm; limited to half the path.
    pub wiring_ohm: (f64, f64),
    /// Ohm of the switch.
    pub switch_ohm: (f64, f64),
    /// Holds all packs at 25 degrees Celsius. A pack that warms up by 10 K loses a quarter of its R0 and may leave the band.
    pub isothermal: bool,
}

impl Default for FleetRange {
    /// 15 to 30 Ah, 60 mΩ ± 40 %, 20 to 90 % charged, 2 to 20 mΩ of wiring and fuse, 1 to 10 mΩ of switch.
    fn default() -> Self {
        Self {
            capacity_ah: (15.0, 30.0),
            path_ohm: (0.036, 0.084),
            soc: (0.2, 0.9),
            wiring_ohm: (0.002, 0.020),
            switch_ohm: (0.001, 0.010),
            isothermal: false,
        }
    }
}

/// `count` random 24 V class packs from the default ranges.
///
/// The R0 of the drawn packs is what makes the path resistance fall into its range, whatever the capacity. The RC pairs
/// come on top of it (1.1 R0 after an hour): for the core they are a drift of the open-circuit voltage, since 100 ms after a
/// load step they carry less than 0.3 % of R0.
#[must_use]
pub fn fleet(seed: u64, count: usize, chemistry: Chemistry) -> Vec<PackConfig> {
    fleet_from(seed, count, chemistry, &FleetRange::default())
}

/// `count` random 24 V class packs from these ranges.
#[must_use]
pub fn fleet_from(
    seed: u64,
    count: usize,
    chemistry: Chemistry,
    range: &FleetRange,
) -> Vec<PackConfig> {
    let mut random = Random::new(seed);
    let mut draw = |(low, high)| random.between(low, high);
    (0..count)
        .map(|_| {
            let mut pack = PackConfig::new(chemistry);
            pack.capacity_ah = draw(range.capacity_ah);
            pack.soc = draw(range.soc);
            pack.isothermal = range.isothermal;
            let path = draw(range.path_ohm);
            let wiring = draw(range.wiring_ohm).min(0.5 * path);
            pack.set_path_ohm(path, wiring);
            pack.switch.ohm = draw(range.switch_ohm);
            pack
        })
        .collect()
}
