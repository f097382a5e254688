//! Rules D4 and D7 on a dead bus: which pack is the first, and when nobody starts.

mod world;

use battery_units::{MilliampHours, Milliamps, Milliohms, Millivolts, Permille};
use parallelator_core::*;
use world::{IdealPack, World};

fn rack(volts: &[f64], params: Params) -> World {
    let packs = volts.iter().map(|&u| IdealPack::new(u, 0.060)).collect();
    World::of(packs, params)
}

fn first_closed(world: &mut World) -> Vec<usize> {
    while world.closed().is_empty() {
        world.step();
        assert!(world.now_ms < 10_000, "nobody starts");
    }
    world.closed()
}

#[test]
fn the_largest_set_is_the_anchor_in_every_mode_when_asked_for() {
    let params = Params {
        anchor: Anchor::LargestSet,
        ..Params::default()
    };
    for mode_hint in [
        ModeHint::Charge,
        ModeHint::Discharge,
        ModeHint::Idle,
        ModeHint::Auto,
    ] {
        // Three that fit together, one far below and one far above them.
        let mut world = rack(&[26.0, 27.50, 27.58, 27.66, 29.0], params);
        world.inputs.bus.mode_hint = mode_hint;
        assert_eq!(
            first_closed(&mut world),
            [2],
            "{mode_hint:?}: the central one"
        );
        world.run_ms(5_000);
        assert_eq!(world.closed(), [1, 2, 3], "{mode_hint:?}");
    }
}

#[test]
fn a_set_that_can_carry_nothing_for_certain_does_not_start() {
    // The measuring error alone, 20 mV over 60 mΩ, is more than the pack may carry.
    for (milliamps, starts) in [(334, false), (335, true)] {
        let mut world = rack(&[28.0], Params::default());
        world.inputs.bus.load_controllable = false;
        world.inputs.packs[0].gauge.i_dis_max = Some(Milliamps::new(milliamps));
        world.run_ms(3_000);
        assert_eq!(world.closed() == [0], starts, "{milliamps} mA");
        if !starts {
            assert_eq!(world.reason(0), "load_not_covered");
        }
    }
}

#[test]
fn a_set_that_closes_at_once_needs_a_closing_for_each_of_its_packs() {
    for (closes, starts) in [(2, false), (3, true)] {
        let params = Params {
            closes_per_hour_fleet: Some(closes),
            ..Params::default()
        };
        let mut world = rack(&[28.0, 28.0, 28.0], params);
        world.inputs.bus.load_controllable = false;
        world.run_ms(3_000);
        assert_eq!(world.closed().len(), if starts { 3 } else { 0 });
        if !starts {
            assert_eq!(world.reason(0), "wear_budget");
        }
    }
}

#[test]
fn the_closings_of_the_whole_rack_are_a_budget_too() {
    let params = Params {
        closes_per_hour_fleet: Some(2),
        ..Params::default()
    };
    let mut world = rack(&[28.0, 28.0, 28.0], params);
    world.run_ms(10_000);
    assert_eq!(world.closed().len(), 2);
    let waiting = (0..3)
        .find(|index| !world.closed().contains(index))
        .unwrap();
    let pack = &world.decision.packs[waiting];
    assert_eq!(pack.reason.code(), "wear_budget");
    assert_eq!((pack.value, pack.limit), (2, 2));
    world.run_ms(3_600_000);
    assert_eq!(world.closed().len(), 2, "not within the hour");
    world.run_ms(300_000);
    assert_eq!(world.closed().len(), 3);
}

#[test]
fn of_a_set_that_closed_at_once_only_the_pack_furthest_off_is_opened() {
    // Pack 2 reads 0.25 V low and carries far more than anybody expects; twice, and no first pack is under suspicion.
    let mut world = rack(&[28.0, 28.0, 28.25], Params::default());
    world.inputs.bus.load_controllable = false;
    world.packs[2].offset = -0.25;
    for pack in &mut world.packs {
        pack.r = 0.036;
    }
    assert_eq!(first_closed(&mut world), [0, 1, 2]);
    world.run_ms(600);
    assert_eq!(world.closed(), [0, 1]);
    let opened = world.of_kind(EventKind::Opened);
    assert_eq!((opened[0].0, opened[0].1), (Some(2), "join_mismatch"));
    assert_eq!(opened.len(), 1);
}

#[test]
fn a_bus_that_just_died_is_started_again_when_the_opening_has_settled() {
    let mut world = rack(&[28.0], Params::default());
    world.run_ms(3_000);
    world.command(Command::Disable { pack: 0 });
    world.step();
    let opened_ms = world.now_ms;
    world.command(Command::Enable { pack: 0 });
    assert!(world.closed().is_empty());
    while world.closed().is_empty() {
        world.step();
    }
    assert_eq!(world.now_ms - opened_ms, 500, "t_settle");
}

#[test]
fn who_is_not_the_first_is_told_what_his_set_would_circulate() {
    let mut world = rack(&[28.0, 28.0, 26.0], Params::default());
    first_closed(&mut world);
    // 20 mV of measuring error over 72 mΩ; and (2 000 + 20) mV for the one that does not fit.
    let waiting = usize::from(world.closed() == [0]);
    let pack = &world.decision.packs[waiting];
    assert_eq!(pack.reason.code(), "waiting_for_set");
    assert_eq!(pack.predicted, Some(Milliamps::new(278)));
    assert_eq!((pack.value, pack.limit), (278, 5_000));
    let apart = &world.decision.packs[2];
    assert_eq!(apart.reason.code(), "waiting_for_set");
    assert!(apart.predicted > Some(Milliamps::new(28_000)));
}

#[test]
fn a_load_that_the_set_carries_exactly_is_covered() {
    // 10 A less 20 mV over 60 mΩ.
    for (milliamps, starts) in [(9_666, true), (9_667, false)] {
        let params = Params {
            i_load_expect: Milliamps::new(milliamps),
            ..Params::default()
        };
        let mut world = rack(&[28.0], params);
        world.inputs.bus.load_controllable = false;
        world.run_ms(3_000);
        assert_eq!(world.closed() == [0], starts, "{milliamps} mA");
    }
}

#[test]
fn packs_further_apart_than_the_second_barrier_do_not_close_at_once() {
    // Resistances so large that the predicted current alone would let both in.
    let params = Params {
        r_nom: battery_units::Milliohms::new(500),
        i_dis_max: Milliamps::new(1_000),
        i_chg_max: Milliamps::new(1_000),
        i_circ_max: Milliamps::new(1_000),
        r_err: battery_units::Permille::new(50),
        dv_max: battery_units::Millivolts::new(500),
        ..Params::default()
    };
    for (upper, together) in [(28.500, 2), (28.501, 1)] {
        let packs = vec![IdealPack::new(28.0, 0.5), IdealPack::new(upper, 0.5)];
        let mut world = World::of(packs, params);
        world.inputs.bus.load_controllable = false;
        assert_eq!(first_closed(&mut world).len(), together, "{upper} V");
    }
}

#[test]
fn packs_at_rest_join_whatever_their_relaxation_is_said_to_be() {
    // Two groups 0.18 V apart. B is (0.18 + 0.02) V over 43 mΩ, 4.6 A; but what flows between them widens every error.
    for t_rest_ms in [0, 30_000, 300_000] {
        let params = Params {
            t_rest_ms,
            ..Params::default()
        };
        let volts = [27.0, 27.0, 27.18, 27.18, 27.18, 27.0];
        let packs = volts.map(|u| IdealPack::new(u, 0.060)).to_vec();
        let mut world = World::of(packs, params);
        world.inputs.bus.mode_hint = ModeHint::Idle;
        world.run_ms(5_000 + 500 * 6);
        assert_eq!(world.closed().len(), 6, "t_rest {t_rest_ms} ms");
    }
}

#[test]
fn many_packs_at_rest_join_though_they_relax_within_a_second() {
    // 0.38 V over the smallest path of 68 mΩ are less than 6 A. The packs in between give to the first ones and take from the
    // last: both directions move what is known of them.
    let params = Params {
        tick_ms: 200,
        r_nom: Milliohms::new(120),
        r_err: Permille::new(436),
        dv_err: Millivolts::new(35),
        v_uv_rec: Millivolts::new(27_336),
        i_dis_max: Milliamps::new(16_363),
        i_chg_max: Milliamps::new(9_053),
        i_circ_max: Milliamps::new(6_953),
        dv_max: Millivolts::new(1_171),
        t_rest_ms: 1_000,
        t_settle_ms: 1_600,
        t_form_ms: 1_282,
        age_soft_ms: 400,
        ..Params::default()
    };
    let low = [
        (24.145, 0.137),
        (24.145, 0.153),
        (24.145, 0.068),
        (24.175, 0.146),
    ];
    let between = [
        (24.201, 0.068),
        (24.267, 0.068),
        (24.406, 0.161),
        (24.476, 0.172),
    ];
    let high = [
        0.068, 0.068, 0.159, 0.128, 0.141, 0.172, 0.160, 0.085, 0.068,
    ]
    .map(|r| (24.521, r));
    let all = [&low[..], &between, &[(24.479, 0.069)], &high].concat();
    let packs: Vec<_> = all.iter().map(|&(u, r)| IdealPack::new(u, r)).collect();
    let mut world = World::of(packs, params);
    world.inputs.bus.mode_hint = ModeHint::Idle;
    for _ in 0..(1_282 + 18 * 1_600) / 200 + 8 {
        world.step_after(200);
    }
    assert_eq!(world.closed().len(), 18);
}

#[test]
fn the_budget_of_an_hour_counts_in_the_second_hour_too_and_is_there_again_in_the_third() {
    let mut world = World::at(&[28.0]);
    // The largest gap that is none: three ticks.
    let idle = |world: &mut World| {
        for _ in 0..70 * 60_000 / 300 {
            world.step_after(300);
        }
    };
    let close_often = |world: &mut World| {
        let before = world.decision.packs[0].closes;
        for _ in 0..14 {
            world.command(Command::Disable { pack: 0 });
            world.run_ms(500);
            world.command(Command::Enable { pack: 0 });
            world.run_ms(1_000);
        }
        world.decision.packs[0].closes - before
    };
    idle(&mut world);
    assert_eq!(close_often(&mut world), 12);
    assert_eq!(world.reason(0), "wear_budget");
    idle(&mut world);
    assert_eq!(world.closed(), [0]);
    assert_eq!(close_often(&mut world), 11, "one has just closed");
}

#[test]
fn of_two_packs_that_closed_at_once_and_are_off_alike_the_first_one_is_opened() {
    let mut world = World::at(&[28.0, 28.0]);
    world.inputs.bus.load_controllable = false;
    assert_eq!(first_closed(&mut world), [0, 1]);
    world.says(&[(28_000, -2_000), (28_000, 2_000)]);
    world.run_ms(600);
    assert_eq!(
        world.of_kind(EventKind::Opened),
        [(Some(0), "join_mismatch", -2_000, 1_334)]
    );
}

#[test]
fn packs_whose_gauges_have_no_capacity_start_a_dead_bus_all_the_same() {
    let mut world = World::at(&[28.0, 28.02]);
    world.inputs.bus.mode_hint = ModeHint::Idle;
    for pack in &mut world.inputs.packs {
        pack.gauge.capacity = Some(MilliampHours::new(0));
    }
    world.run_ms(3_000);
    assert_eq!(world.closed(), [0, 1]);
}

#[test]
fn a_contact_that_reports_closed_from_the_start_does_not_keep_the_others_from_starting() {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.inputs.packs[2].switch_feedback = Some(SwitchFeedback::Closed);
    world.run_ms(600_000);
    assert!(
        !world.closed().is_empty(),
        "ten minutes later: {:?} / {}",
        world.decision.system,
        world.reason(0)
    );
}
