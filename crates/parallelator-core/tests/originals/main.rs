//! The faults of the original versions, replayed: which of them fail each scenario, and that this core does not.
//!
//! The versions are small models (`models`), restated from a description of their order of checks. A scenario judges
//! by the true world (`world`): contacts, currents and times, not by what a controller says of itself, unless that is
//! the defect. `docs/originals.md` is generated here; with `UPDATE_DOCS=1` it is written.

mod controller;
mod described;
mod models;
mod ours;
mod page;
mod scenarios;
mod world;

use controller::{ORIGINALS, Version};
use scenarios::Verdict;

/// Runs a scenario for this core and for every original that it concerns.
fn replay(name: &str) {
    let scenario = scenarios::named(name);
    for version in ORIGINALS {
        if scenario.not_concerned(version).is_some() {
            continue;
        }
        let verdict = (scenario.run)(version);
        assert_eq!(
            verdict != Verdict::Held,
            scenario.fails.contains(&version),
            "{}: {verdict:?}",
            version.name()
        );
    }
    assert_eq!(
        (scenario.run)(Version::Ours),
        Verdict::Held,
        "{}",
        scenario.sentence
    );
}

macro_rules! replays {
    ($($(#[$attribute:meta])* $name:ident),* $(,)?) => {
        $(
            #[test]
            $(#[$attribute])*
            fn $name() {
                replay(stringify!($name));
            }
        )*

        const REPLAYED: &[&str] = &[$(stringify!($name)),*];
    };
}

replays! {
    d01_packs_far_apart_are_not_connected_together_at_boot,
    d02_a_pack_far_above_the_bus_is_refused_like_one_far_below,
    d03_an_over_current_at_the_end_of_the_sensor_trips,
    d04a_a_voltage_beyond_belief_opens_the_pack,
    d04b_a_current_beyond_belief_opens_the_pack,
    d05_a_collapse_is_believed,
    d06_a_lost_off_is_written_again,
    d07_a_manual_off_lasts,
    d08_healthy_packs_are_left_connected,
    d09_a_pack_that_came_back_is_not_cut_while_healthy,
    d10a_old_faults_are_forgiven,
    d10b_a_lock_survives_a_restart,
    d11_the_first_retry_waits_after_the_fault,
    d12_missing_sensors_do_not_shift_the_switches,
    d13a_a_missing_sensor_costs_its_own_pack_only,
    d13b_a_glitch_of_the_topology_passes,
    d14a_a_dead_sensor_opens_its_pack,
    d14b_a_sensor_that_answers_nonsense_is_a_dead_sensor,
    d15_balancing_leaves_the_load_enough_packs,
    d16_balancing_never_empties_the_bus,
    d17a_a_measurement_leaves_the_load_to_packs_that_can_carry_it,
    d17b_a_measurement_never_connects_a_faulty_pack,
    d18a_noise_around_the_lower_limit_does_not_chatter,
    d18b_noise_around_the_upper_limit_does_not_chatter,
    d19_charging_is_no_fault,
    d20_a_pack_that_sags_while_connected_is_taken_off,
    d21_a_limit_that_was_set_is_used,
    d22_the_alert_of_a_sensor_opens_its_pack,
    d23a_a_welded_switch_is_noticed,
    d23b_a_switch_that_never_closes_is_noticed,
    d25_an_expander_that_lost_its_supply_is_noticed,
    d26_a_rack_of_four_packs_starts,
    d27_packs_beyond_the_first_bus_are_served,
}

#[test]
fn every_scenario_is_replayed_and_every_defect_stands_on_the_page() {
    let names: Vec<_> = scenarios::all().iter().map(|one| one.name).collect();
    assert_eq!(names, REPLAYED);
    let numbers: Vec<u32> = page::defects();
    assert_eq!(numbers, (1..=33).collect::<Vec<_>>());
}
