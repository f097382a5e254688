//! Twenty-four hours of a healthy rack: after the packs have joined, no switch moves.

use battery_sim::plant::Chemistry;
use parallelator_core::EventKind;

use super::{
    demand::{Ask, Demand},
    field::{Field, Fitting},
    fleet::{Draw, LARGEST_LIMIT_A},
};

const HOUR_MS: u64 = 3_600_000;
/// Time the packs have to join, without load and charger.
const GATHERING_MS: u64 = 300_000;

/// Runs these hours of a day and tells what switched.
fn quiet(
    seed: u64,
    packs: usize,
    cells: Chemistry,
    hours: std::ops::Range<u64>,
) -> Result<(), String> {
    let fleet = Draw::new(seed, packs, cells, (0.59, 0.61)).fleet();
    let fitting = Fitting {
        seed,
        bus_measured: seed % 2 == 1,
        ..Fitting::default()
    };
    let resting = Demand::Steady(Ask::default());
    let mut field = Field::new(fleet, resting, fitting);
    field.run_ms(GATHERING_MS);
    let name = format!("day {cells:?} N={packs} seed {seed}");
    if !field.all_connected() {
        let reasons: Vec<_> = field
            .decision
            .packs
            .iter()
            .take(packs)
            .map(|p| p.reason.code())
            .collect();
        return Err(format!("{name}: not all joined in time: {reasons:?}"));
    }
    field.events.clear();
    let closings = field.plant.closings();
    field.demand = Demand::Day {
        rack_a: packs as f64 * LARGEST_LIMIT_A,
        // Time goes on: the day is begun at its first hour.
        begun_ms: field.now_ms,
        first_hour: hours.start,
    };
    let (mut most_a, mut low_v, mut high_v) = (0.0_f64, f64::MAX, 0.0_f64);
    for _ in 0..(hours.end - hours.start) * HOUR_MS / 100 {
        field.tick();
        most_a = most_a.max(field.plant.load_current());
        low_v = low_v.min(field.plant.bus_voltage());
        high_v = high_v.max(field.plant.bus_voltage());
    }
    let switched = field.count(EventKind::Opened) + field.count(EventKind::Closed);
    let served = field.served_as / field.asked_as * 100.0;
    println!(
        "figure: {name} | hours {} | switched {switched} | served {served:.1} % | load up to {most_a:.1} A | \
         bus {low_v:.2} to {high_v:.2} V | circulating {:.2} A",
        hours.end - hours.start,
        field.judge.later.value
    );
    let moved = switched > 0 || field.plant.closings() != closings || !field.all_connected();
    if moved {
        let first = field
            .events
            .iter()
            .find(|(_, e)| e.kind == EventKind::Opened);
        return Err(format!(
            "{name}: switched {switched} times ({}), first {first:?}",
            field.openings()
        ));
    }
    Ok(())
}

fn run(hours: std::ops::Range<u64>, seeds: std::ops::Range<u64>, chemistries: &[Chemistry]) {
    let mut moved = Vec::new();
    for &cells in chemistries {
        for packs in [8, 16] {
            for seed in seeds.clone() {
                moved.extend(quiet(seed, packs, cells, hours.clone()).err());
            }
        }
    }
    assert!(moved.is_empty(), "{}", moved.join("\n"));
}

#[test]
fn two_hours_of_a_healthy_rack_cause_no_switching() {
    // From the charging afternoon into the evening: every change of direction of the day is in it.
    run(15..17, 1..2, &[Chemistry::Nmc]);
}

#[test]
#[ignore = "long: minutes in a release build"]
fn long_a_day_of_a_healthy_rack_causes_no_switching() {
    run(0..24, 1..3, &[Chemistry::Nmc, Chemistry::Lfp]);
}
