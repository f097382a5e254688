//! A3: how much of a demand of 30 % a mixed fleet serves, with pauses of 12 s in every 300 s.
//!
//! The rack is told what rule D4 asks for before it leaves fuller packs waiting: the load to expect, which is the demand.
//! Its packs have gauges. A line that is not judged says what is served by a rack that is told neither.

use battery_sim::plant::Chemistry;
use battery_units::Milliamps;

use super::{
    demand::Demand,
    field::{Field, Fitting},
    fleet::{Draw, LARGEST_LIMIT_A},
};

const PACKS: usize = 16;
const MINUTES: u64 = 45;
/// Demand as a part of what the packs may give together.
const DEMAND: f64 = 0.30;

/// What a rack is told.
#[derive(Debug, Clone, Copy)]
struct Told {
    mode: bool,
    load_and_charge: bool,
}

/// Part of the demand that a fleet served.
fn served(seed: u64, cells: Chemistry, soc: (f64, f64), told: Told) -> f64 {
    let mut fleet = Draw::new(seed, PACKS, cells, soc).fleet();
    let load_a = DEMAND * LARGEST_LIMIT_A * PACKS as f64;
    if told.load_and_charge {
        fleet.params.i_load_expect = Milliamps::new((load_a * 1_000.0) as i32);
    }
    let demand = Demand::Pauses(load_a);
    let fitting = Fitting {
        seed,
        hinted: told.mode,
        gauged: told.load_and_charge,
        ..Fitting::default()
    };
    let mut field = Field::new(fleet, demand, fitting);
    field.run_ms(MINUTES * 60_000);
    field.served_as / field.asked_as
}

/// The mean of these fleets against the bar.
fn run(seeds: std::ops::Range<u64>, chemistries: &[Chemistry]) {
    let mut missed = Vec::new();
    for &cells in chemistries {
        for (soc, bar) in [((0.45, 0.65), 0.95), ((0.20, 0.90), 0.80)] {
            for (mode, load_and_charge) in [(true, true), (false, true), (true, false)] {
                let told = Told {
                    mode,
                    load_and_charge,
                };
                let parts: Vec<f64> = seeds
                    .clone()
                    .map(|seed| served(seed, cells, soc, told))
                    .collect();
                let mean = parts.iter().sum::<f64>() / parts.len() as f64;
                let least = parts.iter().copied().fold(1.0, f64::min);
                let line = format!(
                    "A3 {cells:?} {:.0}-{:.0} % charged, mode {}, {} | fleets {} | served {:.1} % on average ({}) | least {:.1} %",
                    soc.0 * 100.0,
                    soc.1 * 100.0,
                    if mode { "told" } else { "not told" },
                    if load_and_charge {
                        "load to expect and charge told"
                    } else {
                        "load to expect and charge not told"
                    },
                    parts.len(),
                    mean * 100.0,
                    if load_and_charge {
                        format!("bar {:.0}", bar * 100.0)
                    } else {
                        "no bar".to_owned()
                    },
                    least * 100.0,
                );
                println!("figure: {line}");
                if load_and_charge && mean < bar {
                    missed.push(format!("{line}; by seed: {parts:.3?}"));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_mixed_fleet_serves_its_share_of_the_demand() {
    run(0..2, &[Chemistry::Nmc]);
}

#[test]
#[ignore = "long: minutes in a release build"]
fn long_a_mixed_fleet_serves_its_share_of_the_demand() {
    run(0..20, &[Chemistry::Nmc, Chemistry::Lfp]);
}
