//! What the bus is used for, judged by its current: seen in the temperature window that a pack must fulfil to join.

mod world;

use battery_units::DeciCelsius;
use parallelator_core::*;
use world::{IdealPack, World};

/// One pack carries the bus; the other is too hot to join in any mode.
fn carried() -> World {
    // Cold packs may be charged and not discharged here, hot ones discharged and not charged.
    let params = Params {
        t_chg_min: DeciCelsius::new(-300),
        ..Params::default()
    };
    let mut world = World::of(vec![IdealPack::new(28.0, 0.060); 2], params);
    at(&mut world, 900);
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0]);
    world
}

fn at(world: &mut World, tenths: i32) {
    world.inputs.packs[1].temperature = Some(Sample::good(DeciCelsius::new(tenths), 0));
}

/// Steps with this current on the bus.
fn flows(world: &mut World, milliamps: i32, steps: u32) {
    for _ in 0..steps {
        world.says(&[(28_000, milliamps), (28_000, 0)]);
        world.step();
    }
}

fn is_refused(world: &World) -> bool {
    world.reason(1) == "temperature_window"
}

#[test]
fn the_current_of_the_bus_tells_the_mode_above_its_hysteresis() {
    for (milliamps, cold_refused, hot_refused) in [
        (0, false, false),
        (500, false, false),
        (501, false, true),
        (-500, false, false),
        (-501, true, false),
    ] {
        for (tenths, refused) in [(-250, cold_refused), (500, hot_refused)] {
            let mut world = carried();
            flows(&mut world, milliamps, 30);
            at(&mut world, tenths);
            flows(&mut world, milliamps, 1);
            assert_eq!(
                is_refused(&world),
                refused,
                "{milliamps} mA at {tenths}: {}",
                world.reason(1)
            );
        }
    }
}

#[test]
fn a_current_must_speak_for_another_mode_without_a_break() {
    let mut world = carried();
    at(&mut world, 500);
    flows(&mut world, 0, 1);
    assert!(!is_refused(&world), "hot, and idle");
    flows(&mut world, 501, 20);
    assert!(!is_refused(&world), "1.9 s of charging");
    flows(&mut world, 0, 1);
    flows(&mut world, 501, 20);
    assert!(!is_refused(&world), "1.9 s again");
    flows(&mut world, 501, 1);
    assert!(is_refused(&world), "2 s");
}
