//! Rules D7 and D11 on a live bus: when the load is let in, and what of it is remembered.

mod world;

use parallelator_core::*;
use world::World;

#[test]
fn the_load_waits_until_every_pack_that_may_join_has_joined() {
    let mut world = World::at(&[28.00, 28.01, 28.02, 28.03]);
    while !world.decision.load_permit {
        world.step();
        assert!(world.now_ms < 10_000);
    }
    assert_eq!(world.closed(), [0, 1, 2, 3]);
    let closings = world.of_kind(EventKind::Closed).len();
    assert_eq!(closings, 4);
    // Boot takes until 400 ms after the first step, each join 500 ms.
    assert_eq!(world.when(EventKind::LoadPermitted), 500 + 4 * 500);
}

#[test]
fn a_jump_of_the_clock_does_not_say_that_every_pack_has_joined() {
    let mut world = World::at(&[28.0; 3]);
    while world.closed().is_empty() {
        world.step();
    }
    // The first join settles while nothing is heard of the packs for more than three ticks.
    world.run_ms(300);
    world.now_ms += 400;
    world.step();
    assert_eq!(world.closed().len(), 1);
    assert!(!world.decision.load_permit, "one pack of three");
    while world.closed().len() < 3 {
        assert!(!world.decision.load_permit);
        world.step();
    }
    world.run_ms(600);
    assert!(world.decision.load_permit);
}

#[test]
fn a_load_that_was_there_and_obeys_nobody_keeps_a_pack_that_cannot_carry_it_open() {
    for (amperes, starts) in [(8.0, true), (12.0, false)] {
        let mut world = World::at(&[28.0, 28.0]);
        world.inputs.bus.load_controllable = false;
        world.load_obeys = false;
        world.run_ms(5_000);
        assert_eq!(world.closed(), [0, 1]);
        world.load_a = amperes;
        world.run_ms(5_000);
        world.command(Command::EStop);
        world.command(Command::Disable { pack: 1 });
        world.run_ms(2_000);
        world.command(Command::Arm);
        // A pack that carried half of it may have to rest before anything is known of it.
        world.run_ms(5_000);
        assert_eq!(world.closed() == [0], starts, "{amperes} A");
        if !starts {
            assert_eq!(world.reason(0), "load_not_covered");
            let pack = &world.decision.packs[0];
            assert_eq!(pack.limit, 12_000, "what was drawn before");
            assert!(pack.value < 10_000, "what one pack can carry");
        }
    }
}

#[test]
fn a_load_that_ends_in_the_step_in_which_all_open_is_expected_to_come_back() {
    let mut world = World::at(&[28.0, 28.0]);
    world.inputs.bus.load_controllable = false;
    world.load_obeys = false;
    world.run_ms(5_000);
    world.load_a = 12.0;
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0, 1]);
    world.load_a = 0.0;
    world.command(Command::EStop);
    world.command(Command::Disable { pack: 1 });
    world.run_ms(2_000);
    world.command(Command::Arm);
    world.run_ms(5_000);
    assert!(world.closed().is_empty());
    assert_eq!(world.reason(0), "load_not_covered");
    assert_eq!(world.decision.packs[0].limit, 12_000);
}

#[test]
fn a_pack_that_was_told_to_open_counts_no_more_in_the_limits() {
    let mut world = World::at(&[28.0, 28.0]);
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0, 1]);
    // The better path may take 1/0.6 against 1/1.4: seven tenths. 20 mV over 60 mΩ are kept back of 10 A.
    let of_two = (10_000.0 - 334.0) / 0.7;
    let dcl = f64::from(world.decision.dcl.get());
    assert!((dcl - of_two).abs() < 30.0, "{dcl}");
    world.command(Command::Disable { pack: 1 });
    world.step();
    assert_eq!(world.state(1), "opening", "it may hold the bus still");
    assert_eq!(world.decision.dcl.get(), 10_000 - 334);
    assert_eq!(world.decision.ccl.get(), 10_000 - 334);
}

#[test]
fn after_a_collective_overload_nothing_is_permitted_for_just_the_first_back_off() {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.command(Command::Disable { pack: 2 });
    world.load_obeys = false;
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0, 1]);
    world.load_a = 22.0;
    world.events.clear();
    while !world.closed().is_empty() {
        world.step();
        assert!(world.now_ms < 20_000);
    }
    let opened_ms = world.now_ms;
    assert_eq!(world.of_kind(EventKind::Opened)[0].1, "collective_overload");
    world.load_a = 0.0;
    world.command(Command::Enable { pack: 2 });
    world.run_ms(2_000);
    assert_eq!(world.closed(), [2], "it carried nothing");
    while !world.decision.charge_permit {
        assert_eq!(world.decision.dcl.get(), 0);
        world.step();
        assert!(world.now_ms < 40_000);
    }
    assert_eq!(world.now_ms - opened_ms, 10_000);
    assert!(world.decision.load_permit);
}
