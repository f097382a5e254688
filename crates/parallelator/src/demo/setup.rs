//! What a simulated rack starts with: packs, load, sensor errors.

use battery_sim::{
    Model237,
    plant::{Chemistry as SimChemistry, FleetRange, PackConfig, PlantConfig, fleet_from},
    rack::{PackWiring as SimWiring, Rack, RackConfig, RackError, SensorKind},
};
use parallelator_core::{Chemistry, PackSet};
use parallelator_node::{PackWiring, Sensor};

use super::story as script;
use crate::{board::sim::LoadPlan, rack::Description, rack::start::StartHour};

/// Load for each pack of a rack that was drawn or measured.
const HEADLESS_LOAD_MA: i32 = 2_000;

/// Sensor errors of the story.
const STORY_SEED: u64 = 8;

/// A position without a pack: no voltage, and nothing that could carry a current.
const NOTHING_V: f64 = 0.0;
const NOTHING_OHM: f64 = 100.0;

/// What a simulated rack starts with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The packs by index.
    pub packs: Vec<PackConfig>,
    /// Positions that have a pack.
    pub present: PackSet,
    /// What the load does by itself.
    pub load: LoadPlan,
    /// What sensor errors are drawn from.
    pub seed: u64,
}

impl Setup {
    /// The simulated rack, wired as the description says.
    pub(crate) fn rack(&self, description: &Description) -> Result<Rack, RackError> {
        let plant = PlantConfig {
            seed: self.seed,
            ..PlantConfig::new(self.packs.clone())
        };
        Rack::new(RackConfig {
            packs: description.packs.iter().map(wired).collect(),
            ..RackConfig::with_plant(plant)
        })
    }
}

/// The wiring of the loop as the simulation takes it.
fn wired(pack: &PackWiring) -> SimWiring {
    SimWiring {
        bus: pack.bus.into(),
        sensor_address: pack.sensor,
        sensor: match pack.sensor_kind {
            Sensor::Ina226 => SensorKind::Ina226,
            Sensor::Ina237 => SensorKind::Ina237(Model237::Ina237),
        },
        expander_address: pack.expander,
        switch_pin: pack.switch_pin,
        alert_pin: pack.alert_pin,
        red_pin: pack.red_pin,
        green_pin: pack.green_pin,
        shunt_uohm: pack.shunt.get(),
        reversed: pack.reversed,
    }
}

pub(super) fn sim_chemistry(chemistry: Chemistry) -> SimChemistry {
    match chemistry {
        Chemistry::Nmc => SimChemistry::Nmc,
        Chemistry::Lfp => SimChemistry::Lfp,
        Chemistry::Lto => SimChemistry::Lto,
        Chemistry::LeadAcid => SimChemistry::LeadAcid,
    }
}

/// The load that a headless run puts on this many packs.
fn headless_load(packs: usize) -> i32 {
    let packs = i32::try_from(packs).unwrap_or(i32::MAX);
    packs.saturating_mul(HEADLESS_LOAD_MA)
}

/// Packs drawn from a seed: states of charge, capacities and resistances inside what the parameters allow for.
#[must_use]
pub fn drawn(description: &Description, seed: u64) -> Setup {
    let packs = description.packs.len();
    let chemistry = sim_chemistry(description.chemistry);
    let params = &description.params;
    let nominal = f64::from(params.r_nom.get()) / 1_000.0;
    let band = f64::from(params.r_err.get()) / 1_000.0;
    let range = FleetRange {
        path_ohm: (nominal * (1.0 - band), nominal * (1.0 + band)),
        ..FleetRange::default()
    };
    Setup {
        packs: fleet_from(seed, packs, chemistry, &range),
        present: (0..packs).collect(),
        load: LoadPlan::WithPauses(headless_load(packs)),
        seed,
    }
}

/// Packs at the voltages and with the resistances of a measured hour; no load until all are connected.
#[must_use]
pub fn measured(description: &Description, hour: &StartHour, seed: u64) -> Setup {
    let chemistry = sim_chemistry(description.chemistry);
    let there = |index: usize| hour.packs.get(index).copied().flatten();
    let present: PackSet = (0..description.packs.len())
        .filter(|&index| there(index).is_some())
        .collect();
    let packs = (0..description.packs.len())
        .map(|index| match there(index) {
            Some(pack) => PackConfig::from_start(
                f64::from(pack.voltage_mv) / 1_000.0,
                f64::from(pack.path_uohm) / 1_000_000.0,
                chemistry,
            ),
            None => PackConfig::from_start(NOTHING_V, NOTHING_OHM, chemistry),
        })
        .collect();
    let load = LoadPlan::FromAllConnected(headless_load(present.len()));
    Setup {
        packs,
        present,
        load,
        seed,
    }
}

/// The packs of the demo without a seed, made to show every rule at work within two minutes.
#[must_use]
pub fn story(description: &Description) -> Setup {
    let packs = description.packs.len();
    Setup {
        packs: script::packs(packs, sim_chemistry(description.chemistry)),
        present: (0..packs).collect(),
        load: script::load(packs),
        seed: STORY_SEED,
    }
}
