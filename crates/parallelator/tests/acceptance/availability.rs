//! A3: how much of a demand of 30 % a mixed fleet serves, with pauses of 12 s in every 300 s.

use battery_sim::plant::Chemistry;

use super::{
    demand::Demand,
    field::{Field, Fitting},
    fleet::{Draw, LARGEST_LIMIT_A},
};

const PACKS: usize = 16;
const MINUTES: u64 = 45;
/// Demand as a part of what the packs may give together.
const DEMAND: f64 = 0.30;

/// Part of the demand that a fleet served.
fn served(seed: u64, cells: Chemistry, soc: (f64, f64), hinted: bool) -> f64 {
    let fleet = Draw::new(seed, PACKS, cells, soc).fleet();
    let demand = Demand::Pauses(DEMAND * LARGEST_LIMIT_A * PACKS as f64);
    let fitting = Fitting {
        seed,
        hinted,
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
            for hinted in [true, false] {
                let parts: Vec<f64> = seeds
                    .clone()
                    .map(|seed| served(seed, cells, soc, hinted))
                    .collect();
                let mean = parts.iter().sum::<f64>() / parts.len() as f64;
                let least = parts.iter().copied().fold(1.0, f64::min);
                let told = if hinted { "mode told" } else { "mode not told" };
                let line = format!(
                    "A3 {cells:?} {:.0}-{:.0} % charged, {told} | fleets {} | served {:.1} % on average (bar {:.0}) | least {:.1} %",
                    soc.0 * 100.0,
                    soc.1 * 100.0,
                    parts.len(),
                    mean * 100.0,
                    bar * 100.0,
                    least * 100.0,
                );
                println!("figure: {line}");
                if mean < bar {
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
