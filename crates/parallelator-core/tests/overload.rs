//! Overload: the load permit first, then everything that must open in one write (rules D10 and D11).

mod world;

use parallelator_core::*;
use world::World;

/// A rack of three packs that have joined and carry 9 A.
fn running() -> World {
    let mut world = World::at(&[28.00, 28.02, 28.04]);
    world.load_a = 9.0;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.events.clear();
    world
}

fn opened(world: &World) -> Vec<(u8, &'static str, i32, i32)> {
    world
        .events
        .iter()
        .filter(|event| event.kind == EventKind::Opened)
        .map(|event| {
            (
                event.pack.unwrap(),
                event.reason.unwrap().code(),
                event.value,
                event.limit,
            )
        })
        .collect()
}

#[test]
fn an_overload_first_costs_the_load_permit_and_then_opens_all_that_are_over_together() {
    let mut world = running();
    world.load_obeys = false;
    world.load_a = 34.0;
    let mut permitted_until = 0;
    while world.closed().len() == 3 {
        world.step();
        if world.decision.load_permit {
            permitted_until = world.now_ms;
        }
    }
    // 11.33 A of 10 A each: the time above the limit counts (11.33 / 10)² fold, so two seconds are over after 1.56.
    let start = 10_000;
    assert!(
        (start + 1_400..=start + 1_700).contains(&permitted_until),
        "{permitted_until}"
    );
    assert!(world.closed().is_empty(), "all three in one step");
    assert_eq!(opened(&world).len(), 3);
    assert!(
        (start + 4_500..=start + 4_800).contains(&world.now_ms),
        "{}",
        world.now_ms
    );
}

#[test]
fn a_pack_that_is_over_does_not_leave_its_load_to_others_who_cannot_carry_it() {
    // 29.5 A that obeys nobody: only the best pack is over its 10 A, but two cannot carry what three did.
    let mut world = World::at(&[28.06, 28.02, 28.00]);
    world.run_ms(10_000);
    world.load_obeys = false;
    world.load_a = 29.5;
    world.run_ms(8_000);
    let codes: Vec<_> = opened(&world)
        .into_iter()
        .map(|(_, code, ..)| code)
        .collect();
    assert_eq!(codes, ["collective_overload"; 3]);
    let latched = world
        .events
        .iter()
        .filter(|event| event.kind == EventKind::Latched)
        .count();
    assert_eq!(latched, 0);
}

#[test]
fn a_rack_whose_short_was_cleared_starts_again() {
    // 30 A a pack: above the breaking current, so the openings wait for t_shed.
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.inputs.bus.load_controllable = false;
    world.load_obeys = false;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.load_a = 90.0;
    world.run_ms(5_000);
    assert!(world.closed().is_empty());
    // Somebody takes the short away and clears what is latched.
    world.load_a = 0.0;
    world.run_ms(600_000);
    for pack in 0..3 {
        world.command(Command::Clear {
            pack,
            fault: Fault::OverCurrentHard,
        });
    }
    world.run_ms(1_800_000);
    assert_eq!(
        world.closed(),
        [0, 1, 2],
        "{} {} of {}",
        world.reason(0),
        world.decision.packs[0].value,
        world.decision.packs[0].limit
    );
}
