//! New parameters while the rack runs: what is taken, when it counts, and what is refused.

mod world;

use battery_units::{Milliamps, Milliohms, Millivolts};
use parallelator_core::*;
use world::World;

/// A rack of three packs that have joined.
fn running() -> World {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.inputs.bus.load_controllable = false;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.events.clear();
    world
}

fn give(world: &mut World, change: impl FnOnce(&mut Params)) {
    let mut params = *world.core.params();
    change(&mut params);
    world.inputs.new_params = Some(params);
    world.step();
}

fn taken(world: &World) -> bool {
    let (applied, rejected) = (
        world.saw(EventKind::ConfigApplied),
        world.saw(EventKind::ConfigRejected),
    );
    assert_ne!(applied, rejected, "exactly one of the two is said");
    applied
}

fn open_all(world: &mut World) {
    for pack in 0..3 {
        world.command(Command::Disable { pack });
    }
    world.run_ms(500);
}

fn ms_until_opened(world: &mut World, since_ms: u64) -> u64 {
    while !world.saw(EventKind::Opened) {
        world.step();
        assert!(world.now_ms - since_ms < 60_000, "it never opens");
    }
    world.now_ms - since_ms
}

/// Which way each parameter becomes tighter: −1 by falling, 1 by rising, 0 when any change needs every pack open.
///
/// Tighter is what lets fewer packs in, allows the bus less or opens earlier.
const TIGHTER: [(&str, i64); 42] = [
    ("tick_ms", 0),
    ("v_uv_abs_mv", 0),
    ("v_uv_mv", 1),
    ("v_uv_rec_mv", 1),
    ("v_ov_rec_mv", -1),
    ("v_ov_mv", -1),
    ("v_ov_abs_mv", -1),
    ("i_dis_max_ma", -1),
    ("i_chg_max_ma", -1),
    ("k_oc_permille", -1),
    ("t_oc_soft_ms", -1),
    ("i_circ_max_ma", -1),
    ("dv_max_mv", -1),
    ("r_nom_mohm", 0),
    ("r_err_permille", 0),
    ("r_pre_mohm", 0),
    ("dv_err_mv", 0),
    ("t_rest_ms", 0),
    ("t_settle_ms", 0),
    ("t_form_ms", 0),
    ("t_backoff0_ms", 0),
    ("t_backoff_max_ms", 0),
    ("n_lock", 0),
    ("t_decay_ms", 0),
    ("closes_per_hour_pack", -1),
    ("i_break_max_ma", 0),
    ("t_shed_ms", 0),
    ("age_soft_ms", -1),
    ("age_hard_ms", -1),
    ("k_reject", 0),
    ("dv_jump_percent", 0),
    ("i_leak_ma", 0),
    ("t_leak_samples", 0),
    ("i_open_ma", 0),
    ("t_open_samples", 0),
    ("t_chg_min_dc", 1),
    ("t_chg_max_dc", -1),
    ("t_dis_min_dc", 1),
    ("t_dis_max_dc", -1),
    ("i_load_expect_ma", 0),
    ("mode_hyst_ma", 0),
    ("mode_hyst_ms", 0),
];

#[test]
fn while_packs_are_closed_a_parameter_only_becomes_tighter() {
    assert_eq!(TIGHTER.len() + 1, Params::fields().len(), "and the budget");
    for (name, tighter) in TIGHTER {
        let field = Params::field(name).unwrap();
        for by in [-1, 1] {
            let mut changed = Params::default();
            let value = field.get(&changed) + by;
            if field.set(&mut changed, value).is_err() {
                continue;
            }
            changed.check().unwrap();
            let mut world = running();
            give(&mut world, |params| *params = changed);
            assert_eq!(taken(&world), by == tighter, "{name} by {by}");
            let in_force = *world.core.params() == changed;
            assert_eq!(in_force, by == tighter, "{name} by {by}");
            if by != tighter {
                assert_eq!(
                    world.of_kind(EventKind::ConfigRejected),
                    [(None, "", 0, 0)],
                    "nothing is wrong with it"
                );
            }
        }
    }
}

#[test]
fn the_budget_of_the_rack_is_compared_by_what_it_allows() {
    for (before, now, tightens) in [
        (None, Some(60), true),
        (None, Some(59), true),
        (None, Some(61), false),
        (Some(59), None, false),
        (Some(60), None, true),
        (Some(10), Some(9), true),
        (Some(9), Some(10), false),
    ] {
        let params = Params {
            closes_per_hour_fleet: before,
            ..Params::default()
        };
        let mut world = World::of(vec![world::IdealPack::new(28.0, 0.06)], params);
        world.run_ms(3_000);
        give(&mut world, |params| params.closes_per_hour_fleet = now);
        assert_eq!(taken(&world), tightens, "{before:?} to {now:?}");
    }
}

#[test]
fn choices_are_changed_only_with_every_pack_open() {
    let changes: [fn(&mut Params); 3] = [
        |params| params.anchor = Anchor::LargestSet,
        |params| params.last_pack_policy = LastPackPolicy::Safety,
        |params| params.switch_kind = SwitchKind::DiodeCharge,
    ];
    for change in changes {
        let mut world = running();
        give(&mut world, change);
        assert!(!taken(&world));
        open_all(&mut world);
        world.events.clear();
        give(&mut world, change);
        assert!(taken(&world));
    }
}

#[test]
fn anything_valid_is_taken_with_every_pack_open() {
    let mut world = running();
    open_all(&mut world);
    world.events.clear();
    give(&mut world, |params| {
        params.i_dis_max = Milliamps::new(10_400);
        params.t_settle_ms = 700;
    });
    assert!(taken(&world));
    assert_eq!(world.core.params().t_settle_ms, 700);
    assert_eq!(world.of_kind(EventKind::ConfigApplied), [(None, "", 0, 0)]);
}

#[test]
fn a_switch_not_confirmed_open_still_counts_as_closed() {
    let mut world = running();
    for pack in 0..3 {
        world.inputs.packs[usize::from(pack)].switch_feedback = Some(SwitchFeedback::Closed);
        world.command(Command::Disable { pack });
    }
    world.run_ms(2_000);
    assert!(world.closed().is_empty());
    give(&mut world, |params| {
        params.i_dis_max = Milliamps::new(10_400);
    });
    assert!(!taken(&world));
}

#[test]
fn the_same_parameters_again_are_nothing_new() {
    let mut world = running();
    give(&mut world, |_| {});
    assert!(world.events.is_empty());
}

#[test]
fn parameters_with_a_fault_are_refused_with_the_number_of_faults() {
    let mut world = running();
    open_all(&mut world);
    world.events.clear();
    give(&mut world, |params| {
        params.v_uv = Millivolts::new(28_999);
        params.n_lock = 0;
    });
    // Out of range; above v_uv_rec; and no room for the rebound.
    assert_eq!(world.of_kind(EventKind::ConfigRejected), [(None, "", 3, 0)]);
    assert_eq!(*world.core.params(), Params::default());
}

#[test]
fn parameters_that_cannot_be_read_are_an_event_with_the_evidence() {
    let invalid = Params {
        n_lock: 0,
        ..Params::default()
    };
    let invalid = ConfigError::Invalid(invalid.check().unwrap_err());
    for (error, value, limit) in [
        (
            ConfigError::Length {
                found: 7,
                needed: 9,
            },
            7,
            9,
        ),
        (
            ConfigError::Length {
                found: usize::MAX,
                needed: 9,
            },
            i32::MAX,
            9,
        ),
        (
            ConfigError::Version {
                found: 2,
                expected: 1,
            },
            2,
            1,
        ),
        (
            ConfigError::Choice {
                field: "anchor",
                found: 5,
            },
            5,
            0,
        ),
        (ConfigError::NotAConfig, 0, 0),
        (ConfigError::Checksum, 0, 0),
        (invalid, 1, 0),
    ] {
        let mut world = running();
        world.inputs.unreadable_params = Some(error);
        world.step();
        // One that could be read has a fault, as when it comes by another way.
        let reason = if error == invalid { "" } else { "config" };
        assert_eq!(
            world.of_kind(EventKind::ConfigRejected),
            [(None, reason, value, limit)]
        );
        assert_eq!(world.closed(), [0, 1, 2], "and nothing else happens");
    }
}

#[test]
fn a_smaller_limit_counts_at_once_for_the_bus_and_only_later_for_the_trips() {
    let mut world = running();
    world.says(&[(28_000, -9_000); 3]);
    world.run_ms(1_000);
    let before = world.decision.dcl.get();
    let given_ms = world.now_ms + 100;
    give(&mut world, |params| {
        params.i_dis_max = Milliamps::new(5_000);
    });
    let now = world.decision.dcl.get();
    assert!(
        now < 15_000 && before > 27_000,
        "{before} mA, then {now} mA"
    );
    // 9 A are above 1.4 × 5 A.
    assert_eq!(ms_until_opened(&mut world, given_ms), 3_000);
    assert_eq!(
        world.of_kind(EventKind::Opened)[0],
        (Some(0), "over_current_hard", -9_000, 7_000)
    );
}

#[test]
fn the_time_above_a_smaller_limit_begins_to_count_after_the_wait() {
    let mut world = running();
    world.says(&[(28_000, -9_000); 3]);
    let given_ms = world.now_ms + 100;
    give(&mut world, |params| {
        params.i_dis_max = Milliamps::new(8_000);
    });
    // 9 A weigh 126 against 8 A: sixteen steps, of which the first is the one at the end of the wait.
    assert_eq!(ms_until_opened(&mut world, given_ms), 3_000 + 1_500);
}

#[test]
fn every_limit_that_opens_a_pack_waits() {
    type Change = fn(&mut Params);
    let limits: [(Change, (i32, i32), &str); 4] = [
        (
            |params| params.v_ov_abs = Millivolts::new(29_700),
            (29_700, 100),
            "over_voltage_abs",
        ),
        (
            |params| params.i_chg_max = Milliamps::new(5_000),
            (28_000, 9_000),
            "over_current_hard",
        ),
        (
            |params| params.t_dis_max = battery_units::DeciCelsius::new(500),
            (28_000, -501),
            "over_temperature",
        ),
        (
            |params| params.t_chg_max = battery_units::DeciCelsius::new(400),
            (28_000, 501),
            "over_temperature",
        ),
    ];
    for (change, reading, code) in limits {
        let mut world = running();
        let warm = battery_units::DeciCelsius::new(if reading.1 < 0 { 501 } else { 401 });
        world.inputs.packs[0].temperature = Some(Sample::good(warm, 0));
        world.says(&[reading, (28_000, 100), (28_000, 100)]);
        let given_ms = world.now_ms + 100;
        give(&mut world, change);
        assert!(taken(&world), "{code}");
        assert_eq!(ms_until_opened(&mut world, given_ms), 3_000, "{code}");
        assert_eq!(world.of_kind(EventKind::Opened)[0].1, code);
    }
}

#[test]
fn a_smaller_share_for_the_hard_limit_waits_too() {
    for (from_ms, opens) in [(2_800, false), (2_900, true)] {
        let mut world = running();
        give(&mut world, |params| {
            params.k_oc = battery_units::Permille::new(1_050);
        });
        world.run_ms(from_ms);
        world.says(&[(28_000, 10_500)]);
        world.step();
        assert_eq!(world.saw(EventKind::Opened), opens, "{from_ms} ms");
    }
}

#[test]
fn a_second_tightening_does_not_prolong_the_wait_of_the_first() {
    let mut world = running();
    world.says(&[(28_000, -9_000); 3]);
    let given_ms = world.now_ms + 100;
    give(&mut world, |params| {
        params.i_dis_max = Milliamps::new(6_000);
    });
    world.run_ms(1_900);
    give(&mut world, |params| params.dv_max = Millivolts::new(900));
    assert_eq!(ms_until_opened(&mut world, given_ms), 3_000);
}

#[test]
fn a_tightening_after_the_wait_of_an_earlier_one_waits_again() {
    let mut world = running();
    world.says(&[(28_000, -6_000); 3]);
    give(&mut world, |params| {
        params.i_dis_max = Milliamps::new(7_000);
    });
    world.run_ms(2_900);
    let given_ms = world.now_ms + 100;
    give(&mut world, |params| {
        params.i_dis_max = Milliamps::new(4_000);
        params.i_circ_max = Milliamps::new(4_000);
    });
    assert_eq!(ms_until_opened(&mut world, given_ms), 3_000);
}

#[test]
fn a_tightening_with_every_pack_open_counts_at_once() {
    let mut world = running();
    open_all(&mut world);
    give(&mut world, |params| {
        params.v_ov_abs = Millivolts::new(29_700);
    });
    world.says(&[(29_700, 0)]);
    world.step();
    world.step();
    assert_eq!(world.reason(0), "over_voltage_abs");
}

#[test]
fn what_was_learned_of_the_paths_is_measured_anew_in_another_unit() {
    // Load steps of 9 A show paths of 60 mΩ, which raises what the bus may carry.
    let mut world = running();
    world.load_obeys = false;
    let unlearned = world.decision.dcl.get();
    for step in 0..10 {
        world.load_a = if step % 2 == 0 { 9.0 } else { 0.0 };
        world.run_ms(300);
    }
    let learned = world.decision.dcl.get();
    assert!(
        learned > unlearned + 1_000,
        "{unlearned} mA, then {learned} mA"
    );
    for (other_unit, forgets) in [(false, false), (true, true)] {
        open_all(&mut world);
        give(&mut world, |params| {
            params.t_form_ms += 100;
            params.r_nom = Milliohms::new(if other_unit { 59 } else { 60 });
        });
        for pack in 0..3 {
            world.command(Command::Enable { pack });
        }
        world.run_ms(5_000);
        assert_eq!(world.closed(), [0, 1, 2]);
        let now = world.decision.dcl.get();
        assert_eq!(now < unlearned + 500, forgets, "{now} mA");
    }
}

#[test]
fn an_alarm_about_a_path_ends_when_it_is_forgotten() {
    let packs = vec![world::IdealPack::new(28.0, 0.100); 2];
    let mut world = World::of(packs, Params::default());
    world.load_obeys = false;
    world.run_ms(10_000);
    for step in 0..6 {
        world.load_a = if step % 2 == 0 { 6.0 } else { 0.0 };
        world.run_ms(200);
    }
    assert_eq!(world.of_kind(EventKind::Alarm).len(), 2);
    for pack in 0..2 {
        world.command(Command::Disable { pack });
    }
    world.run_ms(500);
    give(&mut world, |params| params.dv_err = Millivolts::new(21));
    assert_eq!(
        world.of_kind(EventKind::AlarmOver),
        [
            (Some(0), "resistance_range", 0, 0),
            (Some(1), "resistance_range", 0, 0)
        ]
    );
}

#[test]
fn the_soft_limits_wait_and_then_take_their_own_time() {
    type Change = fn(&mut Params);
    type Readings = [(i32, i32); 3];
    let limits: [(Change, Readings, &str); 2] = [
        (
            |params| {
                params.v_uv = Millivolts::new(24_400);
                params.v_uv_rec = Millivolts::new(25_500);
            },
            [(24_300, -100), (24_450, -100), (24_450, -100)],
            "under_voltage",
        ),
        (
            |params| params.i_circ_max = Milliamps::new(2_000),
            [(28_000, 3_000), (28_000, -1_500), (28_000, -1_500)],
            "imbalance",
        ),
    ];
    for (change, readings, code) in limits {
        let mut world = running();
        world.says(&readings);
        let given_ms = world.now_ms + 100;
        give(&mut world, change);
        assert!(taken(&world), "{code}");
        assert_eq!(ms_until_opened(&mut world, given_ms), 3_900, "{code}");
        assert_eq!(world.of_kind(EventKind::Opened)[0].1, code);
    }
}

#[test]
fn a_higher_recovery_voltage_waits_too() {
    let mut world = World::at(&[28.0]);
    world.run_ms(5_000);
    world.says(&[(23_900, -100)]);
    world.run_ms(2_000);
    give(&mut world, |params| {
        params.v_uv_rec = Millivolts::new(25_500);
    });
    world.says(&[(25_000, -100)]);
    world.step();
    assert_eq!(
        world.reason(0),
        "connected",
        "recovered by the former limit"
    );
}

#[test]
fn a_shorter_time_above_the_limit_waits_too() {
    let mut world = running();
    world.says(&[(28_000, -10_500); 3]);
    let given_ms = world.now_ms + 100;
    give(&mut world, |params| params.t_oc_soft_ms = 0);
    // 10.5 A weigh 110, and one was counted before: nineteen steps reach two seconds.
    assert_eq!(ms_until_opened(&mut world, given_ms), 1_800);
}

#[test]
fn a_narrower_temperature_window_waits_at_both_ends_too() {
    type Change = fn(&mut Params);
    let limits: [(Change, i32, i32); 2] = [
        (
            |params| params.t_chg_min = battery_units::DeciCelsius::new(50),
            40,
            1_000,
        ),
        (
            |params| params.t_dis_min = battery_units::DeciCelsius::new(-100),
            -110,
            -1_000,
        ),
    ];
    for (change, tenths, milliamps) in limits {
        let mut world = running();
        let cold = battery_units::DeciCelsius::new(tenths);
        world.inputs.packs[0].temperature = Some(Sample::good(cold, 0));
        world.says(&[(28_000, milliamps); 3]);
        let given_ms = world.now_ms + 100;
        give(&mut world, change);
        assert_eq!(ms_until_opened(&mut world, given_ms), 3_000);
        assert_eq!(world.of_kind(EventKind::Opened)[0].1, "over_temperature");
    }
}

#[test]
fn a_shorter_age_waits_too() {
    for (after_ms, opens_after_ms) in [(0, 1_100), (4_000, 600)] {
        let mut world = running();
        give(&mut world, |params| params.age_hard_ms = 500);
        world.run_ms(after_ms);
        world.packs[0].answers = false;
        let silent_ms = world.now_ms;
        assert_eq!(ms_until_opened(&mut world, silent_ms), opens_after_ms);
    }
}

#[test]
fn what_is_predicted_follows_new_parameters_in_the_step_that_brings_them() {
    // Two equal packs that a load keeps open which they cannot carry: 10 A less what measuring may be off by, (20 mV) / (2 R)
    // to the other and (20 mV) / (60 mΩ) to the limit, over the share that the better path takes.
    let carried = |r_err: f64| {
        let (low, high) = (60.0 * (1.0 - r_err), 60.0 * (1.0 + r_err));
        let share = (1.0 / low) / (1.0 / low + 1.0 / high);
        (10_000.0 - 20_000.0 / (2.0 * low) - 20_000.0 / 60.0) / share
    };
    let params = Params {
        i_load_expect: Milliamps::new(40_000),
        ..Params::default()
    };
    let packs = vec![world::IdealPack::new(28.0, 0.060); 2];
    let mut world = World::of(packs, params);
    world.inputs.bus.load_controllable = false;
    world.run_ms(5_000);
    for (r_err, expected) in [(400, carried(0.4)), (500, carried(0.5))] {
        give(&mut world, |params| {
            params.r_err = battery_units::Permille::new(r_err);
        });
        assert_eq!(world.reason(0), "load_not_covered");
        let told = f64::from(world.decision.packs[0].value);
        assert!((told - expected).abs() < 20.0, "{told} mA, {expected}");
    }
}

#[test]
fn a_rack_that_may_close_nothing_is_not_one_whose_closings_are_left_to_the_rule() {
    let mut world = running();
    give(&mut world, |params| params.closes_per_hour_fleet = Some(0));
    let kept = if taken(&world) { Some(0) } else { None };
    assert_eq!(world.core.params().closes_per_hour_fleet, kept);
}
