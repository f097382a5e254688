//! Rules D10, D11 and D12: what is done about a soft fault when the rest cannot carry the load, and the last pack.

mod world;

use battery_units::Milliamps;
use parallelator_core::*;
use world::{IdealPack, World};

fn running_with(params: Params, count: usize) -> World {
    let mut world = World::of(vec![IdealPack::new(28.0, 0.060); count], params);
    world.run_ms(10_000);
    assert_eq!(world.closed().len(), count);
    world.events.clear();
    world
}

fn running(count: usize) -> World {
    running_with(Params::default(), count)
}

/// Two packs that carry 12 A together, of which the first is empty.
fn empty_one_of_two() -> World {
    let mut world = running(2);
    world.says(&[(23_900, -6_000), (24_100, -6_000)]);
    world.run_ms(900);
    assert!(
        world
            .events
            .iter()
            .all(|event| event.kind != EventKind::Shedding)
    );
    world.step();
    world
}

#[test]
fn an_empty_pack_that_the_rest_cannot_replace_asks_the_load_to_go_first() {
    let mut world = empty_one_of_two();
    assert_eq!(
        world.of_kind(EventKind::Shedding),
        [(None, "under_voltage", 0, 3_000)]
    );
    assert_eq!(
        world.of_kind(EventKind::Alarm),
        [(Some(0), "under_voltage", 23_900, 24_000)]
    );
    assert_eq!(world.closed(), [0, 1]);
    assert_eq!(world.decision.system, SystemState::Shedding);
    assert!(!world.decision.load_permit);
    assert!(world.decision.charge_permit, "what an empty pack needs");
    world.run_ms(2_900);
    assert_eq!(world.closed(), [0, 1]);
    world.step();
    assert!(world.closed().is_empty(), "nobody is left with all of it");
    let mut opened = world.of_kind(EventKind::Opened);
    opened.sort_unstable();
    assert_eq!(
        opened,
        [
            (Some(0), "under_voltage", 23_900, 24_000),
            (Some(1), "collective_overload", -6_000, 10_000)
        ]
    );
    assert!(world.saw(EventKind::SheddingOver));
    assert_eq!(
        world.of_kind(EventKind::AlarmOver),
        [(Some(0), "under_voltage", 0, 0)]
    );
}

#[test]
fn an_empty_pack_opens_alone_when_the_load_has_gone_down() {
    let mut world = empty_one_of_two();
    world.run_ms(1_000);
    world.says(&[(23_900, -4_900), (24_100, -4_900)]);
    world.step();
    assert_eq!(world.closed(), [1]);
    world.run_ms(5_000);
    assert_eq!(world.closed(), [1]);
}

#[test]
fn the_bus_is_given_what_the_rest_can_carry() {
    // The imbalance of pack 0 asks for shedding down to what the other two may carry: twice 4 A, less their errors.
    let mut world = lopsided();
    let before = world.decision.dcl.get();
    world.run_ms(1_000);
    assert_eq!(world.of_kind(EventKind::Shedding).len(), 1);
    let during = world.decision.dcl.get();
    assert!(during < 8_000, "{during} mA for two packs of 4 A");
    assert!(during < before, "{during} mA, before {before} mA");
    assert!(during > 4_000, "{during} mA");
}

/// Pack 0 carries 9 A of 10 A, and the other two may not carry more than 4 A each.
fn lopsided() -> World {
    let params = Params {
        i_circ_max: Milliamps::new(2_000),
        ..Params::default()
    };
    let mut world = running_with(params, 3);
    for index in [1, 2] {
        world.inputs.packs[index].gauge.i_dis_max = Some(Milliamps::new(4_000));
    }
    world.says(&[(27_900, -9_000), (27_900, -500), (27_900, -500)]);
    world.step();
    world
}

#[test]
fn imbalance_alone_never_takes_a_pack_that_the_load_needs() {
    let mut world = lopsided();
    world.run_ms(60_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    assert_eq!((world.state(0), world.reason(0)), ("closed", "imbalance"));
    let alarms = world.of_kind(EventKind::Alarm);
    assert_eq!(alarms.len(), 1, "said once");
    assert_eq!((alarms[0].0, alarms[0].1), (Some(0), "imbalance"));
    assert_eq!(alarms[0].3, 2_000);
    world.says(&[(27_900, -3_400), (27_900, -3_300), (27_900, -3_300)]);
    world.run_ms(1_000);
    assert_eq!(
        world.of_kind(EventKind::AlarmOver),
        [(Some(0), "imbalance", 0, 0)]
    );
    assert_eq!(world.of_kind(EventKind::SheddingOver), [(None, "", 0, 0)]);
    assert_eq!(world.reason(0), "connected");
    assert_eq!(world.decision.system, SystemState::Running);
}

#[test]
fn the_last_pack_rides_through_an_under_voltage() {
    let mut world = running(1);
    world.says(&[(23_900, -1_000)]);
    world.run_ms(60_000);
    assert_eq!(world.closed(), [0]);
    assert_eq!(
        (world.state(0), world.reason(0)),
        ("closed", "under_voltage")
    );
    assert_eq!(
        world.of_kind(EventKind::Alarm),
        [(Some(0), "under_voltage", 23_900, 24_000)]
    );
    assert!(!world.decision.load_permit && world.decision.charge_permit);
    world.says(&[(21_000, -1_000)]);
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0], "down to v_uv_abs itself");
    world.says(&[(20_999, -1_000)]);
    world.step();
    assert_eq!(
        world.of_kind(EventKind::Opened),
        [(Some(0), "under_voltage_abs", 20_999, 21_000)]
    );
}

#[test]
fn an_alarm_of_the_last_pack_ends_above_the_recovery_voltage() {
    let mut world = running(1);
    world.says(&[(23_900, -1_000)]);
    world.run_ms(5_000);
    world.says(&[(24_999, -1_000)]);
    world.run_ms(5_000);
    assert_eq!(world.reason(0), "under_voltage");
    world.says(&[(25_000, -1_000)]);
    world.step();
    assert_eq!(world.reason(0), "connected");
    assert!(world.saw(EventKind::AlarmOver) && world.saw(EventKind::SheddingOver));
}

#[test]
fn the_policy_safety_opens_the_last_pack_after_the_load_was_asked() {
    let params = Params {
        last_pack_policy: LastPackPolicy::Safety,
        ..Params::default()
    };
    let mut world = running_with(params, 1);
    world.says(&[(23_900, -1_000)]);
    world.run_ms(1_000);
    assert!(world.saw(EventKind::Shedding));
    world.run_ms(2_900);
    assert_eq!(world.closed(), [0]);
    world.step();
    assert_eq!(
        world.of_kind(EventKind::Opened),
        [(Some(0), "under_voltage", 23_900, 24_000)]
    );
}

#[test]
fn an_overload_of_the_last_pack_opens_it_under_either_policy() {
    for last_pack_policy in [LastPackPolicy::Safety, LastPackPolicy::RideThrough] {
        let params = Params {
            last_pack_policy,
            ..Params::default()
        };
        let mut world = running_with(params, 1);
        world.says(&[(27_000, -12_000)]);
        world.run_ms(10_000);
        assert_eq!(
            world.of_kind(EventKind::Opened),
            [(Some(0), "collective_overload", -12_000, 10_000)]
        );
    }
}

#[test]
fn an_overload_that_somebody_can_end_is_waited_for() {
    // 12 A each for two packs; the time above the limit counts 1.44-fold, so it is over at the fourteenth step.
    for (sign, discharges) in [(-1, true), (1, false)] {
        let mut world = running(2);
        world.inputs.bus.load_controllable = discharges;
        world.inputs.bus.charger_controllable = !discharges;
        world.says(&[(28_000, sign * 12_000); 2]);
        world.run_ms(1_300);
        assert!(!world.saw(EventKind::Shedding));
        world.step();
        assert_eq!(
            world.of_kind(EventKind::Shedding),
            [(None, "collective_overload", 0, 3_000)]
        );
        assert!(!world.decision.load_permit && !world.decision.charge_permit);
        assert_eq!(world.decision.dcl, Milliamps::ZERO);
        assert_eq!(world.decision.ccl, Milliamps::ZERO);
        world.run_ms(2_900);
        assert_eq!(world.closed(), [0, 1]);
        world.step();
        assert!(world.closed().is_empty());
        assert_eq!(
            world.of_kind(EventKind::Opened),
            [
                (Some(0), "collective_overload", sign * 12_000, 10_000),
                (Some(1), "collective_overload", sign * 12_000, 10_000)
            ]
        );
    }
}

#[test]
fn an_overload_that_nobody_can_end_opens_all_at_once() {
    for (sign, discharges) in [(-1, true), (1, false)] {
        let mut world = running(2);
        // What obeys is the other one, which is no help.
        world.inputs.bus.load_controllable = !discharges;
        world.inputs.bus.charger_controllable = discharges;
        world.says(&[(28_000, sign * 12_000); 2]);
        world.run_ms(1_300);
        assert_eq!(world.closed(), [0, 1]);
        world.step();
        assert!(world.closed().is_empty());
        assert!(!world.saw(EventKind::Shedding));
    }
}

#[test]
fn a_load_that_obeys_ends_the_overload_and_nobody_opens() {
    let mut world = running(3);
    world.load_a = 34.0;
    world.run_ms(9_000);
    assert!(world.saw(EventKind::Shedding) && world.saw(EventKind::SheddingOver));
    assert!(!world.saw(EventKind::Opened));
    assert!(!world.decision.load_permit, "withdrawn for t_backoff0");
    let withdrawn = world.when(EventKind::LoadWithdrawn);
    world.events.clear();
    while !world.saw(EventKind::LoadPermitted) {
        world.step();
    }
    let away = world.when(EventKind::LoadPermitted) - withdrawn;
    assert!((10_000..=10_500).contains(&away), "{away} ms");
}

#[test]
fn without_a_time_for_shedding_the_decision_is_made_at_once() {
    let params = Params {
        t_shed_ms: 0,
        ..Params::default()
    };
    let mut world = running_with(params, 2);
    world.says(&[(23_900, -6_000), (24_100, -6_000)]);
    world.run_ms(1_000);
    assert!(world.closed().is_empty());
    assert_eq!(
        world.of_kind(EventKind::Shedding),
        [(None, "under_voltage", 0, 0)]
    );
}

#[test]
fn a_pack_that_nobody_measures_carries_nothing_in_the_prediction() {
    // Pack 1 could carry it, but its last sample is older than age_soft when pack 0 has been low for a second.
    let mut world = running(2);
    world.says(&[(23_900, -1_000), (24_100, -1_000)]);
    world.run_ms(600);
    world.packs[1].answers = false;
    world.run_ms(400);
    assert_eq!(world.closed(), [0, 1]);
    assert!(world.saw(EventKind::Shedding));
}

#[test]
fn an_empty_pack_stays_while_the_others_cannot_take_the_charge_it_takes() {
    // It takes no more than a leak itself, but alone the other would be charged with more than its own limit.
    let mut world = running(2);
    world.inputs.packs[1].gauge.i_chg_max = Some(Milliamps::new(500));
    world.says(&[(23_900, 200), (23_900, 450)]);
    world.run_ms(1_500);
    assert_eq!(world.closed(), [0, 1]);
    assert_eq!(world.of_kind(EventKind::Shedding)[0].1, "under_voltage");
    world.says(&[(23_900, 50), (23_900, 440)]);
    world.step();
    assert_eq!(world.closed(), [1]);
}

#[test]
fn only_an_empty_pack_lets_the_charger_have_more_than_the_rest_could_take() {
    let params = Params {
        i_circ_max: Milliamps::new(1_000),
        ..Params::default()
    };
    let mut world = running_with(params, 3);
    for index in [1, 2] {
        world.inputs.packs[index].gauge.i_dis_max = Some(Milliamps::new(1_000));
    }
    // Slowly, so that nothing is learned of the paths.
    for milliamps in [-900, -1_800, -2_700, -3_000] {
        world.says(&[(27_900, milliamps), (27_900, -50), (27_900, -50)]);
        world.step();
    }
    // (10 000 + 50 − 334) mA over 53.8 % of three packs, less 3.1 A; over 70 % of two, less 0.1 A.
    assert_eq!(world.decision.ccl.get() / 100, 149);
    world.run_ms(1_000);
    assert_eq!(world.of_kind(EventKind::Shedding)[0].1, "imbalance");
    assert_eq!(world.decision.ccl.get() / 100, 137);
}

#[test]
fn packs_that_overload_each_other_open_at_once_for_no_load_is_the_cause() {
    // 4.9 A between packs of 3 A weigh 266: over at the eighth step, and no imbalance yet by the parameters.
    let mut world = running(2);
    for pack in &mut world.inputs.packs {
        pack.gauge.i_dis_max = Some(Milliamps::new(3_000));
        pack.gauge.i_chg_max = Some(Milliamps::new(3_000));
    }
    world.says(&[(28_000, -4_900), (28_000, 4_900)]);
    world.run_ms(700);
    assert_eq!(world.closed(), [0, 1]);
    world.step();
    assert!(world.closed().is_empty());
    assert!(!world.saw(EventKind::Shedding));
}

#[test]
fn an_empty_pack_that_is_charged_gives_nothing_until_it_has_recovered() {
    let mut world = running(1);
    for (millivolts, gives) in [(23_900, false), (24_999, false), (25_000, true)] {
        world.says(&[(millivolts, 1_000)]);
        world.run_ms(1_500);
        assert_eq!(world.decision.load_permit, gives, "{millivolts} mV");
        assert!(
            !world.saw(EventKind::Shedding),
            "nothing is asked of anybody"
        );
    }
}

#[test]
fn a_pack_without_current_that_leaves_with_the_others_is_told_its_charge_limit() {
    let params = Params {
        i_chg_max: Milliamps::new(9_000),
        t_shed_ms: 0,
        ..Params::default()
    };
    let mut world = running_with(params, 3);
    world.inputs.packs[1].gauge.i_dis_max = Some(Milliamps::new(100));
    world.inputs.packs[2].gauge.i_dis_max = Some(Milliamps::new(100));
    world.says(&[(23_950, -1_000), (24_000, 0), (24_010, -50)]);
    world.run_ms(1_000);
    let mut opened = world.of_kind(EventKind::Opened);
    opened.sort_unstable();
    assert_eq!(
        opened,
        [
            (Some(0), "under_voltage", 23_950, 24_000),
            (Some(1), "collective_overload", 0, 9_000),
            (Some(2), "collective_overload", -50, 100)
        ]
    );
}

/// Two packs, the second with a small discharge limit of its own, 0.84 V apart since they joined: the first circulates more
/// than it should and cannot leave, since the second could not carry the load.
fn with_an_imbalance_that_stays() -> World {
    let mut world = World::at(&[28.0, 28.0]);
    world.inputs.packs[1].gauge.i_dis_max = Some(Milliamps::new(500));
    world.run_ms(5_000);
    world.load_a = 1.0;
    for _ in 0..84 {
        world.packs[1].u -= 0.01;
        world.run_ms(1_000);
    }
    world.run_ms(30_000);
    assert_eq!(
        world.closed(),
        [0, 1],
        "{:?}",
        world.of_kind(EventKind::Opened)
    );
    assert!(world.saw(EventKind::Shedding));
    assert_eq!(world.reason(0), "imbalance");
    world.events.clear();
    world
}

#[test]
fn an_alarm_that_stays_takes_no_later_fault_its_time_to_shed() {
    let mut world = with_an_imbalance_that_stays();
    // The load grows beyond DCL, and obeys as soon as its permit goes.
    world.load_a = 9.0;
    world.run_ms(8_000);
    // Without a load the one that circulates may go, which is another matter.
    let opened = world.of_kind(EventKind::Opened);
    assert!(
        opened.iter().all(|(_, reason, ..)| *reason == "imbalance"),
        "{opened:?}"
    );
}
