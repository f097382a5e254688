//! Rule D19: how the clock may move.

mod world;

use parallelator_core::*;
use world::World;

#[test]
fn up_to_three_ticks_are_regular_and_more_is_a_jump() {
    for (gap_ms, jump) in [
        (0, None),
        (1, None),
        (100, None),
        (300, None),
        (301, Some(301)),
    ] {
        let mut world = World::at(&[28.0]);
        world.run_ms(2_000);
        world.events.clear();
        world.step_after(gap_ms);
        let expected: Vec<_> = jump.map(|by| (None, "", by, 300)).into_iter().collect();
        assert_eq!(world.of_kind(EventKind::ClockJump), expected, "{gap_ms} ms");
        assert!(!world.saw(EventKind::ClockBackwards));
    }
}

#[test]
fn a_clock_that_goes_back_is_an_event_and_the_first_step_is_none() {
    let mut world = World::at(&[28.0]);
    world.now_ms = 5_000_000;
    world.step();
    assert!(world.events.is_empty(), "nobody knows what it was before");
    world.run_ms(2_000);
    world.events.clear();
    world.now_ms -= 700;
    world.step_after(0);
    assert_eq!(
        world.of_kind(EventKind::ClockBackwards),
        [(None, "", 700, 300)]
    );
    world.events.clear();
    world.now_ms -= 1;
    world.step_after(0);
    assert_eq!(
        world.of_kind(EventKind::ClockBackwards),
        [(None, "", 1, 300)]
    );
}

#[test]
fn a_jump_of_the_clock_makes_no_overload_of_a_single_sample() {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.load_a = 27.0;
    world.load_obeys = false;
    world.inputs.bus.load_controllable = false;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    // 3 % above the limit in one sample, after a gap of 5 s.
    world.load_a = 31.0;
    world.step_after(5_000);
    assert!(world.saw(EventKind::ClockJump));
    assert_eq!(world.closed(), [0, 1, 2]);
}
