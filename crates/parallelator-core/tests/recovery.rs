//! How a fault ends, and what is made of the faults of packs that are open.

mod world;

use parallelator_core::*;
use world::{IdealPack, World};

/// A rack of two packs; the first one tripped below `v_uv_abs` in the step before and is well again.
fn cooling() -> World {
    let mut world = World::at(&[28.00, 28.02]);
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0, 1]);
    world.packs[0].offset = -8.0;
    world.step();
    assert_eq!(world.reason(0), "under_voltage_abs");
    world.packs[0].offset = 0.0;
    world.events.clear();
    world
}

#[test]
fn a_sample_older_than_age_soft_is_no_recovery() {
    let mut world = cooling();
    world.run_ms(9_500);
    assert_eq!(world.state(0), "cooldown");
    world.packs[0].answers = false;
    // 10 s after the fault the cool-down is over; the last sample is 500 ms old then, and 800 ms at the end.
    world.run_ms(800);
    assert_eq!(
        (world.state(0), world.reason(0)),
        ("fault", "under_voltage_abs")
    );
    assert!(!world.saw(EventKind::Recovered));
    world.packs[0].answers = true;
    world.step();
    assert_eq!(
        world.of_kind(EventKind::Recovered),
        [(Some(0), "under_voltage_abs", 0, 0)]
    );
}

#[test]
fn a_sensor_that_was_silent_gives_five_good_samples_before_its_pack_recovers() {
    let mut world = cooling();
    world.run_ms(5_000);
    world.packs[0].answers = false;
    world.run_ms(10_000);
    world.packs[0].answers = true;
    for sample in 1..=4 {
        world.step();
        assert_eq!(
            (world.state(0), world.saw(EventKind::Recovered)),
            ("fault", false),
            "sample {sample}"
        );
    }
    world.step();
    assert!(world.saw(EventKind::Recovered));
}

#[test]
fn an_open_pack_that_nobody_measures_any_more_is_told_once_each_time() {
    let mut world = World::at(&[28.0, 28.0, 24.5]);
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0, 1], "the third is too far away");
    for round in 1..=2 {
        world.events.clear();
        world.packs[2].answers = false;
        // Ten steps with a sample that is not older than age_hard.
        world.run_ms(1_000);
        assert!(!world.saw(EventKind::Fault), "round {round}");
        world.run_ms(5_000);
        assert_eq!(
            world.of_kind(EventKind::Fault),
            [(Some(2), "stale_data", 1_000, 1_000)],
            "round {round}"
        );
        assert_eq!((world.state(2), world.reason(2)), ("fault", "stale_data"));
        world.packs[2].answers = true;
        world.run_ms(2_000);
        assert_eq!(world.state(2), "open");
    }
}

#[test]
fn the_last_pack_that_leaves_by_another_fault_than_a_short_leaves_the_bus_unsuspected() {
    let mut world = World::at(&[28.0, 24.5]);
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0]);
    world.packs[0].offset = 2.5;
    world.step();
    assert_eq!(
        (world.state(0), world.reason(0)),
        ("opening", "over_voltage_abs")
    );
    world.run_ms(5_000);
    assert_eq!(world.closed(), [1]);
}

#[test]
fn the_alert_of_an_open_pack_says_nothing_of_the_bus() {
    let mut world = World::at(&[28.0, 28.0]);
    world.step();
    world.inputs.io.alerts = PackSet::EMPTY.with(0);
    world.step();
    world.inputs.io.alerts = PackSet::EMPTY;
    assert!(world.closed().is_empty(), "nobody was on the bus");
    world.run_ms(5_000);
    assert_eq!(
        (world.state(0), world.reason(0)),
        ("latched", "hardware_alert")
    );
    assert_eq!(world.closed(), [1]);
}

#[test]
fn only_time_that_is_measured_and_free_of_trouble_forgives_a_fault() {
    let minute = Params {
        t_decay_ms: 60_000,
        ..Params::default()
    };
    type Spoil = fn(&mut World);
    let spoil: [(Spoil, bool); 3] = [
        (|_| {}, true),
        (|world| world.packs[0].answers = false, false),
        (|world| world.packs[0].says = Some((26_500, 500)), false),
    ];
    for (index, (spoil, forgives)) in spoil.into_iter().enumerate() {
        let mut world = World::of(vec![IdealPack::new(28.0, 0.060); 2], minute);
        world.run_ms(5_000);
        world.packs[0].offset = -8.0;
        world.step();
        world.packs[0].offset = 0.0;
        world.packs[0].u = 26.5;
        world.run_ms(11_000);
        assert_eq!(world.closed(), [1], "the first one is too far away");
        assert_eq!(
            (world.state(0), world.decision.packs[0].score),
            ("open", 1),
            "case {index}"
        );
        spoil(&mut world);
        world.run_ms(5_000);
        let before = world.decision.packs[0].score;
        assert!(before >= 1, "case {index}");
        world.run_ms(120_000);
        let after = world.decision.packs[0].score;
        assert_eq!(after < before, forgives, "case {index}: {before}, {after}");
    }
}

#[test]
fn a_cool_down_ends_at_its_time_and_not_a_millisecond_later() {
    let mut world = cooling();
    world.packs[0].u = 24.5;
    world.run_ms(9_900);
    assert_eq!(world.state(0), "cooldown");
    world.step();
    assert_eq!(world.state(0), "fault", "over, but not recovered");
}

#[test]
fn the_rack_is_shut_off_for_what_is_wrong_now() {
    let mut world = World::at(&[28.0]);
    world.run_ms(5_000);
    world.inputs.io.readback_ok = false;
    world.step();
    assert_eq!(world.decision.system_reason, Some(Fault::ReadBack.into()));
    world.inputs.io.readback_ok = true;
    world.inputs.io.topology_ok = false;
    world.step();
    assert_eq!(world.decision.system_reason, Some(Fault::Topology.into()));
}

#[test]
fn what_waits_for_the_arm_command_is_named_until_then_and_an_emergency_stop_before_all() {
    let mut world = World::at(&[28.0]);
    world.core.hold_for_lost_record();
    world.inputs.io.readback_ok = false;
    world.run_ms(1_000);
    assert_eq!(world.decision.system_reason, Some(Fault::Config.into()));
    world.command(Command::EStop);
    world.step();
    assert_eq!(world.decision.system_reason, Some(Fault::EStop.into()));
    world.step();
    assert_eq!(
        world.decision.system_reason,
        Some(Fault::EStop.into()),
        "the read-back is still wrong"
    );
}

#[test]
fn trouble_that_was_away_for_t_backoff0_does_not_outlast_the_arm_command() {
    for (away_ms, lasts) in [(9_900, true), (10_000, false)] {
        let mut world = World::at(&[28.0]);
        world.run_ms(5_000);
        world.command(Command::EStop);
        world.step();
        world.inputs.io.readback_ok = false;
        world.step();
        world.inputs.io.readback_ok = true;
        world.run_ms(away_ms - 100);
        world.command(Command::Arm);
        world.step();
        let reason = world.decision.system_reason;
        let expected = lasts.then_some(Fault::ReadBack.into());
        assert_eq!(reason, expected, "{away_ms} ms");
    }
}
