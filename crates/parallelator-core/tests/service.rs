//! Rule D20: service tests open one pack at a time, and only when the rest can carry the load.

mod world;

use battery_units::Milliamps;
use parallelator_core::*;
use world::{IdealPack, World};

/// A rack of three packs that have joined and share a load.
fn running(load_a: f64) -> World {
    let mut world = World::at(&[28.00, 28.02, 28.04]);
    world.load_a = load_a;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.events.clear();
    world
}

/// The same in the service mode.
fn serviced(load_a: f64) -> World {
    let mut world = running(load_a);
    world.command(Command::Service { enter: true });
    world.step();
    world
}

fn refused(world: &World) -> usize {
    world.of_kind(EventKind::CommandRefused).len()
}

#[test]
fn a_test_opens_its_pack_which_comes_back_by_the_joining_rules() {
    let mut world = serviced(9.0);
    assert_eq!(world.decision.system, SystemState::Service);
    assert_eq!(world.of_kind(EventKind::ServiceEntered), [(None, "", 0, 0)]);
    world.command(Command::Test { pack: 1 });
    world.step();
    assert_eq!(world.closed(), [0, 2]);
    assert_eq!(
        (world.state(1), world.reason(1)),
        ("opening", "service_test")
    );
    assert_eq!(
        world.of_kind(EventKind::Opened),
        [(Some(1), "service_test", 0, 0)]
    );
    world.load_a = 0.0;
    world.run_ms(3_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    assert_eq!(world.decision.packs[1].score, 0, "no fault");
    assert_eq!(world.decision.system, SystemState::Service);
    world.command(Command::Service { enter: false });
    world.step();
    assert_eq!(world.of_kind(EventKind::ServiceLeft), [(None, "", 0, 0)]);
    assert_eq!(world.decision.system, SystemState::Running);
}

#[test]
fn outside_the_service_mode_nothing_is_tested() {
    let mut world = running(9.0);
    world.command(Command::Test { pack: 1 });
    world.step();
    assert_eq!((world.closed(), refused(&world)), (vec![0, 1, 2], 1));
    let mut left = serviced(9.0);
    left.command(Command::Service { enter: false });
    left.command(Command::Test { pack: 1 });
    left.step();
    assert_eq!((left.closed(), refused(&left)), (vec![0, 1, 2], 1));
}

#[test]
fn one_test_at_a_time() {
    let mut world = serviced(3.0);
    world.command(Command::Test { pack: 1 });
    world.command(Command::Test { pack: 2 });
    world.step();
    assert_eq!((world.closed(), refused(&world)), (vec![0, 2], 1));
    // Kept from coming back: the test is not over.
    world.packs[1].u = 26.0;
    world.run_ms(5_000);
    world.command(Command::Test { pack: 2 });
    world.step();
    assert_eq!((world.closed(), refused(&world)), (vec![0, 2], 2));
    world.packs[1].u = 28.02;
    world.load_a = 0.0;
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.command(Command::Test { pack: 2 });
    world.step();
    assert_eq!((world.closed(), refused(&world)), (vec![0, 1], 2));
}

#[test]
fn a_load_that_the_rest_could_not_carry_refuses_the_test() {
    // Two thirds of 10 A each for three packs are 10 A each for two; beyond that it is too much.
    for (load_a, opens) in [(19.0, true), (21.0, false)] {
        let mut world = World::at(&[28.0, 28.0, 28.0]);
        world.run_ms(10_000);
        world.load_obeys = false;
        world.load_a = load_a;
        world.run_ms(1_000);
        world.command(Command::Service { enter: true });
        world.command(Command::Test { pack: 0 });
        world.step();
        assert_eq!(world.closed().len() == 2, opens, "{load_a} A");
        assert_eq!(refused(&world) == 0, opens);
    }
}

#[test]
fn the_last_pack_is_never_tested() {
    let mut world = World::at(&[28.0]);
    world.run_ms(5_000);
    world.command(Command::Service { enter: true });
    world.command(Command::Test { pack: 0 });
    world.step();
    assert_eq!((world.closed(), refused(&world)), (vec![0], 1));
}

#[test]
fn a_current_that_must_not_be_broken_refuses_the_test() {
    // 4 A a pack and a little more.
    for (load_a, opens) in [(12.0, true), (12.3, false)] {
        let params = Params {
            i_break_max: Milliamps::new(4_000),
            ..Params::default()
        };
        let mut world = World::of(vec![IdealPack::new(28.0, 0.060); 3], params);
        world.run_ms(10_000);
        world.load_a = load_a;
        world.run_ms(1_000);
        assert_eq!(world.closed(), [0, 1, 2]);
        world.command(Command::Service { enter: true });
        world.command(Command::Test { pack: 0 });
        world.step();
        assert_eq!(world.closed().len() == 2, opens, "{load_a} A");
        assert_eq!(refused(&world) == 0, opens);
        assert!(!world.saw(EventKind::OpeningDelayed), "nothing waits");
    }
}

#[test]
fn only_a_closed_pack_is_tested() {
    let mut world = serviced(0.0);
    world.command(Command::Disable { pack: 2 });
    world.run_ms(2_000);
    world.command(Command::Test { pack: 2 });
    world.command(Command::Test { pack: 3 });
    world.step();
    assert_eq!(refused(&world), 2);
    assert_eq!(world.closed(), [0, 1]);
}

#[test]
fn a_join_that_has_not_settled_refuses_a_test() {
    let mut world = World::at(&[28.0, 28.0]);
    world.run_ms(500);
    while world.closed().len() < 2 {
        world.step();
    }
    world.command(Command::Service { enter: true });
    let mut waited = 0;
    while world.closed().len() == 2 {
        world.command(Command::Test { pack: 0 });
        world.step();
        waited += 100;
        assert!(waited < 5_000);
    }
    assert_eq!(waited, 500, "t_settle");
}

#[test]
fn a_test_waits_until_nothing_is_asked_of_the_load() {
    let mut world = serviced(0.0);
    // Pack 0 is empty and the others cannot carry what it does.
    world.says(&[(23_900, -8_000), (24_000, -8_000), (24_000, -8_000)]);
    world.run_ms(1_500);
    assert!(world.saw(EventKind::Shedding));
    world.says(&[(23_900, -8_000), (24_000, -100), (24_000, -8_000)]);
    world.command(Command::Test { pack: 1 });
    world.step();
    assert_eq!((world.closed(), refused(&world)), (vec![0, 1, 2], 1));
}

#[test]
fn the_service_mode_is_entered_only_by_a_rack_that_is_ready() {
    let mut world = World::at(&[28.0]);
    world.command(Command::Service { enter: true });
    world.step();
    assert_eq!(refused(&world), 1, "at boot");
    world.run_ms(2_000);
    world.inputs.io.readback_ok = false;
    world.step();
    world.command(Command::Service { enter: true });
    world.step();
    assert_eq!(refused(&world), 2, "shut off");
    assert!(!world.saw(EventKind::ServiceEntered));
    world.command(Command::Service { enter: false });
    world.step();
    assert_eq!(refused(&world), 2, "it may always be left");
    assert!(!world.saw(EventKind::ServiceLeft), "nothing was left");
}

#[test]
fn an_idle_rack_can_be_serviced_and_says_so() {
    let mut world = World::at(&[20.0]);
    world.run_ms(1_000);
    assert_eq!(world.decision.system, SystemState::Idle);
    world.command(Command::Service { enter: true });
    world.command(Command::Service { enter: true });
    world.step();
    assert_eq!(world.decision.system, SystemState::Service);
    assert_eq!(world.of_kind(EventKind::ServiceEntered).len(), 1);
    assert_eq!(refused(&world), 0);
}

#[test]
fn a_shut_off_ends_the_service_mode() {
    let mut world = serviced(0.0);
    world.inputs.io.readback_ok = false;
    world.step();
    assert_eq!(world.of_kind(EventKind::ServiceLeft), [(None, "", 0, 0)]);
    world.inputs.io.readback_ok = true;
    world.run_ms(20_000);
    assert_eq!(world.decision.system, SystemState::Running);
}

#[test]
fn an_opening_that_has_not_settled_refuses_a_test() {
    let mut world = serviced(0.0);
    world.command(Command::Disable { pack: 2 });
    world.step();
    for _ in 0..4 {
        world.command(Command::Test { pack: 0 });
        world.step();
        assert_eq!(world.closed(), [0, 1]);
    }
    world.command(Command::Test { pack: 0 });
    world.step();
    assert_eq!((world.closed(), refused(&world)), (vec![1], 4));
}
