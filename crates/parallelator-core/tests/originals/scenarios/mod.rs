//! The defects as scenarios: each sets a world up, lets one version run in it, and looks at what really happened.

pub mod faults;
pub mod joins;
pub mod operation;
pub mod switches;

use crate::{
    controller::{Ms, Setup, Version},
    world::World,
};

/// How a version came through a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Held,
    /// With what happened.
    Failed(String),
}

/// One defect of the originals, or one side of it.
pub struct Scenario {
    /// Its number in the list of defects, with a letter where it has two sides.
    pub defect: &'static str,
    /// Name of the test.
    pub name: &'static str,
    /// What must not happen, in one sentence.
    pub sentence: &'static str,
    pub run: fn(Version) -> Verdict,
    /// Versions without the feature concerned, and why.
    pub without: &'static [(Version, &'static str)],
    /// Versions that are expected to fail.
    pub fails: &'static [Version],
    /// Where the expectation goes beyond what the description says of the defect.
    pub note: &'static str,
}

impl Scenario {
    /// Why a version is not concerned.
    pub fn not_concerned(&self, version: Version) -> Option<&'static str> {
        self.without
            .iter()
            .find(|(without, _)| *without == version)
            .map(|(_, reason)| *reason)
    }
}

/// Every scenario, in the order of the defects.
pub fn all() -> Vec<&'static Scenario> {
    let mut all: Vec<_> = [
        joins::SCENARIOS,
        faults::SCENARIOS,
        switches::SCENARIOS,
        operation::SCENARIOS,
    ]
    .into_iter()
    .flatten()
    .collect();
    all.sort_by_key(|scenario| scenario.name);
    all
}

pub fn named(name: &str) -> &'static Scenario {
    all()
        .into_iter()
        .find(|scenario| scenario.name == name)
        .unwrap_or_else(|| panic!("no scenario {name}"))
}

/// Number of packs in most scenarios: below eight the production firmware does not start at all (D-26).
const PACKS: usize = 8;
/// Voltage of healthy packs.
const HEALTHY: f64 = 28.0;
/// By this time every version has connected what it is going to connect, and none has locked yet.
const STARTED_MS: Ms = 8_000;
/// Largest current between packs at no load that a controller may cause: `i_circ_max` with a tenth on top.
const CIRCULATION: f64 = 5.5;
/// Largest current of a single pack that a controller may cause: its limit with a twentieth on top.
const PACK_CURRENT: f64 = 10.5;

fn at(version: Version, volts: &[f64]) -> World {
    World::new(version, Setup::default(), volts)
}

/// Eight healthy packs, connected and carrying `load` amperes.
fn running(version: Version, setup: Setup, load: f64) -> World {
    running_at(version, setup, HEALTHY, load)
}

/// The same at this voltage.
fn running_at(version: Version, setup: Setup, volts: f64, load: f64) -> World {
    let mut world = World::new(version, setup, &[volts; PACKS]);
    world.run_to(STARTED_MS);
    assert_eq!(
        world.closed().len(),
        PACKS,
        "{}: not everything is connected at the start",
        version.name()
    );
    world.load = load;
    world
}

/// One healthy pack alone on the bus; the other places are empty.
fn alone(version: Version, setup: Setup) -> World {
    let mut volts = [0.0; PACKS];
    volts[0] = HEALTHY;
    let mut world = World::new(version, setup, &volts);
    world.run_to(STARTED_MS);
    assert!(
        world.conducts(0),
        "{}: pack 0 is not connected",
        version.name()
    );
    world
}

fn held_if(held: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if held {
        Verdict::Held
    } else {
        Verdict::Failed(otherwise())
    }
}

/// A time since another in seconds, for a sentence.
fn seconds(ms: Ms) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}
