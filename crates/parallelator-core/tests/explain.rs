//! The explanation of a pack's state: what would help, and the numbers behind it.

mod world;

use battery_units::{Milliamps, Millivolts};
use parallelator_core::*;
use world::World;

fn explain(world: &World, index: usize) -> Explanation {
    world.decision.explain(index).unwrap()
}

/// Two packs that have joined, and a third that stands too far away.
fn running() -> World {
    let mut world = World::at(&[28.00, 28.02, 26.00]);
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1]);
    world
}

#[test]
fn a_pack_that_is_connected_needs_nothing() {
    let world = running();
    let told = explain(&world, 0);
    assert_eq!((told.state, told.remedy), (PackState::Closed, Remedy::None));
    assert_eq!(told.reason, Waiting::Connected.into());
    assert_eq!((told.class, told.bound), (None, None));
}

#[test]
fn a_pack_too_far_away_waits_for_what_is_measured() {
    let told = explain(&running(), 2);
    assert_eq!(told.remedy, Remedy::Condition);
    assert_eq!(told.reason, Waiting::DifferenceTooLarge.into());
    assert_eq!((told.value, told.limit), (2_010, 1_000));
    assert_eq!(told.difference, Some(Millivolts::new(-2_010)));
    assert!(told.bound.unwrap() > Milliamps::new(25_000));
    assert_eq!(told.eligible_in_ms, None);
}

#[test]
fn a_pack_that_closes_is_only_waited_for() {
    let mut world = World::at(&[28.0]);
    world.run_ms(500);
    let told = explain(&world, 0);
    assert_eq!(told.state, PackState::Closing);
    assert_eq!(told.remedy, Remedy::Wait { ms: 0 });
}

#[test]
fn a_pack_that_has_its_turn_soon_is_told_when() {
    let mut world = World::at(&[28.0, 28.0]);
    world.run_ms(500);
    world.step();
    let waiting = usize::from(world.closed() == [0]);
    assert_eq!(explain(&world, waiting).remedy, Remedy::Wait { ms: 400 });
    assert_eq!(explain(&world, waiting).eligible_in_ms, Some(400));
}

#[test]
fn a_cool_down_is_waited_for_and_names_the_class_of_its_fault() {
    let mut world = running();
    world.packs[1].offset = -8.0;
    world.step();
    world.packs[1].offset = 0.0;
    world.run_ms(1_000);
    let told = explain(&world, 1);
    assert_eq!(told.reason, Fault::UnderVoltageAbs.into());
    assert_eq!(told.class, Some(FaultClass::H2));
    assert_eq!(told.remedy, Remedy::Wait { ms: 9_000 });
    assert_eq!(told.limit, 21_000);
}

#[test]
fn a_latch_and_a_stuck_switch_name_the_fault_to_clear() {
    let mut world = running();
    world.inputs.io.alerts = PackSet::EMPTY.with(1);
    world.step();
    world.inputs.io.alerts = PackSet::EMPTY;
    world.packs[0].says = Some((28_000, -1_000));
    world.command(Command::Disable { pack: 0 });
    world.run_ms(2_000);
    let fault = Fault::HardwareAlert;
    assert_eq!(explain(&world, 1).remedy, Remedy::Clear { fault });
    let fault = Fault::StuckClosed;
    assert_eq!(explain(&world, 0).remedy, Remedy::Clear { fault });
    assert_eq!(explain(&world, 0).class, Some(FaultClass::S2));
    assert_eq!(
        (explain(&world, 0).value, explain(&world, 0).limit),
        (-1_000, 200)
    );
}

#[test]
fn an_open_pack_of_a_stopped_rack_waits_for_the_arm_command() {
    let mut world = running();
    world.command(Command::EStop);
    world.run_ms(1_000);
    assert_eq!(explain(&world, 0).remedy, Remedy::Arm);
    let mut lost = World::at(&[28.0]);
    lost.core.hold_for_lost_record();
    lost.run_ms(2_000);
    assert_eq!(explain(&lost, 0).remedy, Remedy::Arm);
    let mut unread = running();
    unread.inputs.io.readback_ok = false;
    unread.step();
    unread.inputs.io.readback_ok = true;
    unread.run_ms(2_000);
    assert_eq!(
        explain(&unread, 0).remedy,
        Remedy::Condition,
        "no arming helps"
    );
}

#[test]
fn a_disabled_pack_waits_for_the_operator() {
    let mut world = running();
    world.command(Command::Disable { pack: 0 });
    world.run_ms(1_000);
    assert_eq!(explain(&world, 0).remedy, Remedy::Enable);
}

#[test]
fn a_pack_that_stays_with_an_alarm_needs_what_is_measured_to_change() {
    let mut world = World::at(&[28.0]);
    world.run_ms(5_000);
    world.says(&[(23_900, -1_000)]);
    world.run_ms(2_000);
    let told = explain(&world, 0);
    assert_eq!(told.state, PackState::Closed);
    assert_eq!(told.reason, Fault::UnderVoltage.into());
    assert_eq!(told.class, Some(FaultClass::S1));
    assert_eq!(told.remedy, Remedy::Condition);
}

#[test]
fn a_pack_beyond_the_capacity_has_no_explanation() {
    let world = running();
    assert!(world.decision.explain(31).is_some());
    assert_eq!(world.decision.explain(32), None);
}

#[test]
fn the_lamp_shows_what_the_rack_does_and_whether_a_pack_is_in_trouble() {
    let mut world = World::at(&[28.0, 28.0]);
    assert_eq!(world.core.packs(), 2);
    assert_eq!(World::at(&[28.0; 5]).core.packs(), 5);
    world.step();
    assert_eq!(world.decision.led, LedPattern::Boot);
    world.run_ms(5_000);
    assert_eq!(world.decision.led, LedPattern::Running);
    world.packs[0].offset = -8.0;
    world.step();
    world.packs[0].offset = 0.0;
    world.step();
    assert_eq!(world.decision.led, LedPattern::Degraded, "a cool-down");
    world.run_ms(15_000);
    assert_eq!(world.decision.led, LedPattern::Running);
    world.command(Command::Disable { pack: 1 });
    world.run_ms(1_000);
    world.says(&[(28_000, 0), (28_000, 900)]);
    world.run_ms(3_000);
    assert_eq!(world.state(1), "stuck_closed");
    assert_eq!(world.decision.led, LedPattern::Degraded, "a stuck switch");
    world.inputs.io.readback_ok = false;
    world.step();
    assert_eq!(world.decision.led, LedPattern::SafeOff);
    let mut idle = World::at(&[28.0]);
    idle.command(Command::Disable { pack: 0 });
    idle.run_ms(2_000);
    assert_eq!(idle.decision.led, LedPattern::Idle);
}
