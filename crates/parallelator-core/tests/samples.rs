//! Rule D17: what becomes of a voltage that cannot be, of one that jumps, and of currents that do not add up.

mod world;

use battery_units::Percent;
use parallelator_core::*;
use world::{IdealPack, World};

fn running_with(params: Params) -> World {
    let mut world = World::of(vec![IdealPack::new(28.0, 0.060); 3], params);
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.events.clear();
    world.says(&[(28_000, 0); 3]);
    world.step();
    world
}

fn running() -> World {
    running_with(Params::default())
}

#[test]
fn a_jump_is_more_than_the_allowed_share_of_the_last_voltage() {
    // 30 % of 28 000 mV are 8 400 mV; 26 000 mV may rise by 7 800 mV, which is above the absolute limit all the same.
    for (millivolts, dropped) in [(19_600, false), (19_599, true), (29_999, false)] {
        let mut world = running();
        world.says(&[(millivolts, 0)]);
        world.step();
        let events = world.of_kind(EventKind::SampleDropped);
        if dropped {
            assert_eq!(events, [(Some(0), "", millivolts, 28_000)]);
        } else {
            assert_eq!(events, []);
        }
    }
    let mut upwards = running_with(Params {
        dv_jump: Percent::new(5),
        ..Params::default()
    });
    upwards.says(&[(29_400, 0), (29_401, 0)]);
    upwards.step();
    assert_eq!(
        upwards.of_kind(EventKind::SampleDropped),
        [(Some(1), "", 29_401, 28_000)]
    );
}

#[test]
fn a_jump_is_dropped_as_often_as_allowed_and_then_believed() {
    for k_reject in [1, 3, 10] {
        let mut world = running_with(Params {
            k_reject,
            age_hard_ms: 2_000,
            ..Params::default()
        });
        world.says(&[(19_000, 0)]);
        for sample in 1..=k_reject {
            world.step();
            assert_eq!(world.closed(), [0, 1, 2], "sample {sample} of {k_reject}");
        }
        world.step();
        assert_eq!(world.closed(), [1, 2], "{k_reject}");
        assert_eq!(
            world.of_kind(EventKind::Opened),
            [(Some(0), "under_voltage_abs", 19_000, 21_000)]
        );
        assert_eq!(
            world.of_kind(EventKind::SampleDropped).len(),
            1,
            "said once"
        );
    }
}

#[test]
fn a_jump_back_begins_the_count_anew() {
    let mut world = running();
    for _ in 0..20 {
        world.says(&[(19_000, 0)]);
        world.run_ms(300);
        world.says(&[(28_000, 0)]);
        world.step();
    }
    assert_eq!(world.closed(), [0, 1, 2]);
    assert_eq!(world.of_kind(EventKind::SampleDropped).len(), 20);
}

#[test]
fn the_end_of_the_possible_range_is_possible() {
    for (millivolts, impossible) in [(0, false), (-1, true), (45_000, false), (45_001, true)] {
        let mut world = World::at(&[28.0]);
        world.says(&[(millivolts, 0)]);
        world.run_ms(300);
        let events = world.of_kind(EventKind::SampleDropped);
        if impossible {
            assert_eq!(events, [(Some(0), "", millivolts, 45_000)]);
            assert_eq!(world.state(0), "absent");
        } else {
            assert_eq!(events, []);
            assert_ne!(world.state(0), "absent");
        }
    }
}

#[test]
fn an_impossible_voltage_is_never_believed_however_often_it_comes() {
    let mut world = running();
    world.says(&[(45_001, 0)]);
    world.run_ms(1_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.step();
    assert_eq!(
        world.of_kind(EventKind::Opened),
        [(Some(0), "stale_data", 1_100, 1_000)]
    );
}

#[test]
fn impossible_voltages_among_jumps_do_not_put_off_the_truth() {
    // The true voltage is 19 V. Whatever impossible readings come between, no more than k_reject possible ones are dropped.
    for pattern in 0..1u32 << 8 {
        let mut world = running_with(Params {
            age_hard_ms: 5_000,
            ..Params::default()
        });
        let mut dropped = 0;
        for bit in 0..12 {
            let impossible = bit < 8 && pattern >> bit & 1 == 1;
            world.says(&[(if impossible { 60_000 } else { 19_000 }, 0)]);
            world.step();
            if world.saw(EventKind::Opened) {
                break;
            }
            dropped += u32::from(!impossible);
        }
        assert_eq!(
            world.of_kind(EventKind::Opened),
            [(Some(0), "under_voltage_abs", 19_000, 21_000)],
            "{pattern:b}"
        );
        assert!(dropped <= 3, "{dropped} dropped: {pattern:b}");
    }
}

#[test]
fn an_absolute_over_voltage_is_judged_before_the_jump() {
    let mut world = running_with(Params {
        dv_jump: Percent::new(5),
        ..Params::default()
    });
    world.says(&[(30_000, 0)]);
    world.step();
    assert_eq!(
        world.of_kind(EventKind::Opened),
        [(Some(0), "over_voltage_abs", 30_000, 30_000)]
    );
    assert_eq!(world.of_kind(EventKind::SampleDropped).len(), 1);
}

#[test]
fn a_pack_whose_voltage_jumped_does_not_join_until_it_is_believed() {
    let mut world = World::at(&[28.0]);
    world.inputs.bus.mode_hint = ModeHint::Idle;
    world.run_ms(400);
    // It would join now: five samples are there, and the last good voltage is fit.
    world.says(&[(17_000, 0)]);
    world.run_ms(300);
    assert!(world.closed().is_empty());
    world.says(&[(28_000, 0)]);
    world.run_ms(500);
    assert_eq!(world.closed(), [0]);
}

#[test]
fn a_doubted_voltage_is_a_reason_that_names_its_age() {
    let mut world = running();
    world.command(Command::Disable { pack: 0 });
    world.run_ms(600);
    world.says(&[(17_000, 0)]);
    world.command(Command::Enable { pack: 0 });
    world.step();
    world.step();
    assert_eq!(world.closed(), [1, 2]);
    let pack = &world.decision.packs[0];
    assert_eq!(pack.reason.code(), "stale_sample");
    assert_eq!((pack.value, pack.limit), (200, 300));
}

#[test]
fn nobody_joins_packs_of_which_one_jumped() {
    let mut world = running();
    world.command(Command::Disable { pack: 0 });
    world.run_ms(600);
    world.says(&[(28_000, 0), (19_000, 0)]);
    world.command(Command::Enable { pack: 0 });
    world.step();
    assert_eq!(world.closed(), [1, 2]);
    assert_eq!(world.reason(0), "member_unknown");
    world.says(&[(28_000, 0), (28_000, 0)]);
    world.step();
    assert_eq!(world.closed(), [0, 1, 2]);
}

#[test]
fn an_older_sample_brings_nothing_new() {
    for (age_ms, is_newer) in [(99, true), (100, false), (101, false)] {
        let mut world = running();
        world.now_ms += 100;
        let input = &mut world.inputs.packs[0];
        input.voltage.age_ms = age_ms;
        input.voltage.value = battery_units::Millivolts::new(19_000);
        let decision = world.core.step(world.now_ms, &world.inputs);
        let dropped = decision.events.iter().count();
        assert_eq!(dropped > 0, is_newer, "{age_ms} ms old");
    }
}

#[test]
fn a_dropped_sample_that_is_repeated_or_followed_by_an_older_one_is_not_dropped_again() {
    let mut world = running();
    let offer = |world: &mut World, age_ms: u32| {
        world.now_ms += 100;
        let input = &mut world.inputs.packs[0];
        input.voltage = Sample::good(battery_units::Millivolts::new(19_000), age_ms);
        input.current = Sample::good(battery_units::Milliamps::ZERO, 0);
        for input in &mut world.inputs.packs[1..3] {
            input.voltage = Sample::good(battery_units::Millivolts::new(28_000), 0);
            input.current = Sample::good(battery_units::Milliamps::ZERO, 0);
        }
        world.decision = world.core.step(world.now_ms, &world.inputs);
        world.closed().contains(&0)
    };
    assert!(offer(&mut world, 0), "the first jump");
    // The sensor has stopped and says the same again, or something from before it.
    for age_ms in [100, 200, 350, 400, 500] {
        assert!(offer(&mut world, age_ms), "{age_ms} ms old: nothing new");
    }
    assert!(offer(&mut world, 0), "the second jump");
    assert!(offer(&mut world, 99), "the third one, just newer");
    assert!(!offer(&mut world, 0), "and then it is believed");
}

/// A rack with a measured bus current that is off by this.
fn metered(off_a: f64, load_a: f64) -> World {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.bus_meter_off_a = Some(0.0);
    world.load_a = load_a;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.events.clear();
    world.bus_meter_off_a = Some(off_a);
    world
}

#[test]
fn currents_that_do_not_add_up_are_an_alarm_after_a_second() {
    // Half an ampere and a twentieth of 12 A may be missing.
    for (off_a, alarms) in [
        (1.100, false),
        (1.101, true),
        (-1.100, false),
        (-1.101, true),
    ] {
        let mut world = metered(off_a, 12.0);
        world.run_ms(1_000);
        assert!(!world.saw(EventKind::Alarm), "not before a second is over");
        world.run_ms(60_000);
        let off = (-off_a * 1_000.0).round() as i32;
        let expected = [(None, "kirchhoff", off, 1_100)];
        let seen = world.of_kind(EventKind::Alarm);
        assert_eq!(seen, if alarms { &expected[..] } else { &[] }, "{off_a} A");
        assert_eq!(world.closed(), [0, 1, 2], "it opens nobody");
    }
}

#[test]
fn the_alarm_comes_right_after_the_second() {
    let mut world = metered(5.0, 0.0);
    world.run_ms(1_100);
    assert_eq!(
        world.of_kind(EventKind::Alarm),
        [(None, "kirchhoff", -5_000, 500)]
    );
}

#[test]
fn nobody_joins_while_the_currents_do_not_add_up() {
    let mut world = metered(5.0, 0.0);
    world.command(Command::Disable { pack: 1 });
    world.run_ms(2_000);
    world.command(Command::Enable { pack: 1 });
    world.run_ms(30_000);
    assert_eq!(world.closed(), [0, 2]);
    assert_eq!((world.state(1), world.reason(1)), ("open", "current_sum"));
    world.bus_meter_off_a = Some(0.0);
    world.run_ms(1_000);
    assert_eq!(world.of_kind(EventKind::AlarmOver).len(), 1);
    assert_eq!(world.of_kind(EventKind::AlarmOver)[0].1, "kirchhoff");
    assert_eq!(world.closed(), [0, 1, 2]);
}

#[test]
fn a_meter_that_is_off_for_less_than_a_second_at_a_time_is_no_alarm() {
    let mut world = metered(5.0, 0.0);
    for _ in 0..10 {
        world.bus_meter_off_a = Some(5.0);
        world.run_ms(900);
        world.bus_meter_off_a = Some(0.0);
        world.step();
    }
    assert!(!world.saw(EventKind::Alarm));
}

#[test]
fn a_bus_without_a_meter_never_disagrees() {
    let mut world = metered(5.0, 12.0);
    world.bus_meter_off_a = None;
    world.run_ms(10_000);
    assert!(!world.saw(EventKind::Alarm));
}

#[test]
fn a_sample_counts_when_voltage_and_current_are_both_new() {
    for old in ["voltage", "current"] {
        let mut world = World::at(&[28.0]);
        world.step();
        for age_ms in [100, 200, 300, 400, 500] {
            world.now_ms += 100;
            let input = &mut world.inputs.packs[0];
            if old == "voltage" {
                input.voltage.age_ms = age_ms;
            } else {
                input.current.age_ms = age_ms;
            }
            world.decision = world.core.step(world.now_ms, &world.inputs);
        }
        assert_eq!(world.state(0), "init", "the {old} is an old one");
    }
}

#[test]
fn an_older_current_does_not_replace_a_newer_one() {
    let mut world = running();
    world.says(&[(28_000, -1_000); 3]);
    world.step();
    for (milliamps, age_ms) in [(-500, 101), (-600, 200), (-700, 400)] {
        world.now_ms += 100;
        for input in &mut world.inputs.packs[..3] {
            input.current.value = battery_units::Milliamps::new(milliamps);
            input.current.age_ms = age_ms;
        }
        let decision = world.core.step(world.now_ms, &world.inputs);
        assert_eq!(
            decision.bus_current.unwrap().get(),
            -3_000,
            "{milliamps} mA"
        );
    }
}

#[test]
fn the_last_good_sample_offered_again_does_not_end_the_doubt_about_a_dropped_one() {
    let mut world = running();
    world.command(Command::Disable { pack: 0 });
    world.run_ms(5_000);
    let offer = |world: &mut World, millivolts: i32, age_ms: u32| {
        world.now_ms += 100;
        for input in &mut world.inputs.packs[..3] {
            input.voltage = Sample::good(battery_units::Millivolts::new(28_000), 0);
            input.current = Sample::good(battery_units::Milliamps::ZERO, 0);
        }
        world.inputs.packs[0].voltage =
            Sample::good(battery_units::Millivolts::new(millivolts), age_ms);
        world.decision = world.core.step(world.now_ms, &world.inputs);
        world.inputs.commands = [None; MAX_COMMANDS];
    };
    offer(&mut world, 28_000, 0);
    offer(&mut world, 19_000, 0);
    world.command(Command::Enable { pack: 0 });
    offer(&mut world, 28_000, 200);
    assert_eq!(
        (world.closed(), world.reason(0)),
        (vec![1, 2], "stale_sample")
    );
    offer(&mut world, 28_000, 0);
    assert_eq!(world.closed(), [0, 1, 2]);
}
