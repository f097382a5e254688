//! Soft faults (class S1): when they are found, one by one. What is done about them when the rest cannot carry the load is
//! in `shedding.rs`.

mod world;

use battery_units::Milliamps;
use parallelator_core::*;
use world::{IdealPack, World};

/// Four packs that have joined.
fn running() -> World {
    running_with(Params::default(), 4)
}

fn running_with(params: Params, count: usize) -> World {
    let mut world = World::of(vec![IdealPack::new(28.0, 0.060); count], params);
    world.run_ms(10_000);
    assert_eq!(world.closed().len(), count);
    world.events.clear();
    world
}

/// Steps until something opens; how many it took, `None` when nothing opens within a minute.
fn steps_until_opened(world: &mut World) -> Option<usize> {
    (1..=600).find(|_| {
        world.step();
        world.saw(EventKind::Opened)
    })
}

#[test]
fn a_current_above_the_limit_is_allowed_the_shorter_the_larger_it_is() {
    for milliamps in [10_001, 10_500, 12_000, 13_999] {
        for sign in [-1, 1] {
            let mut world = running();
            let others = (28_000, sign * 5_000);
            world.says(&[(28_000, sign * milliamps), others, others, others]);
            // Each tenth of a second weighs the square of the current over its limit; two seconds are allowed.
            let weight = (100.0 * (f64::from(milliamps) / 10_000.0).powi(2)).floor();
            let allowed = (2_000.0 / weight).floor() as usize + 1;
            assert_eq!(
                steps_until_opened(&mut world),
                Some(allowed),
                "{milliamps} mA"
            );
            assert_eq!(world.closed(), [1, 2, 3]);
            assert_eq!(
                world.of_kind(EventKind::Opened),
                [(Some(0), "over_current_soft", sign * milliamps, 10_000)]
            );
            assert_eq!(world.decision.packs[0].score, 1);
            world.says(&[(28_000, 0)]);
            world.run_ms(500);
            assert_eq!(world.state(0), "cooldown");
        }
    }
}

#[test]
fn the_continuous_limit_itself_may_last() {
    for milliamps in [10_000, -10_000] {
        let mut world = running();
        let others = (28_000, milliamps / 2);
        world.says(&[(28_000, milliamps), others, others, others]);
        assert_eq!(steps_until_opened(&mut world), None);
    }
}

#[test]
fn the_limit_of_a_small_pack_is_its_own() {
    for (discharges, milliamps) in [(true, -3_100), (false, 3_100)] {
        let mut world = running();
        let gauge = &mut world.inputs.packs[2].gauge;
        let own = Some(Milliamps::new(3_000));
        if discharges {
            gauge.i_dis_max = own;
        } else {
            gauge.i_chg_max = own;
        }
        world.says(&[(28_000, milliamps); 4]);
        assert!(steps_until_opened(&mut world).is_some());
        assert_eq!(
            world.of_kind(EventKind::Opened),
            [(Some(2), "over_current_soft", milliamps, 3_000)]
        );
    }
}

#[test]
fn packs_that_are_over_at_the_same_time_open_together() {
    let mut world = running();
    for index in [1, 3] {
        world.inputs.packs[index].gauge.i_dis_max = Some(Milliamps::new(3_000));
    }
    world.says(&[(28_000, -3_100); 4]);
    steps_until_opened(&mut world);
    assert_eq!(world.closed(), [0, 2]);
}

#[test]
fn what_is_over_cools_down_as_long_as_it_is_below() {
    let mut world = running();
    let calm = (28_000, -5_000);
    let hot = (28_000, -12_000);
    world.says(&[hot, calm, calm, calm]);
    // 144 a tenth of a second: 1 440 after one second, 440 after a second of rest, and eleven more make 2 024.
    world.run_ms(1_000);
    world.says(&[calm]);
    world.run_ms(1_000);
    world.says(&[hot]);
    assert_eq!(steps_until_opened(&mut world), Some(11));
}

#[test]
fn a_current_that_is_no_more_than_a_leak_is_no_overload() {
    let mut world = running();
    world.inputs.packs[0].gauge.i_dis_max = Some(Milliamps::ZERO);
    world.says(&[(28_000, -200), (28_000, 0), (28_000, 0), (28_000, 0)]);
    assert_eq!(steps_until_opened(&mut world), None);
}

#[test]
fn a_pack_below_its_soft_limit_for_a_second_opens() {
    for (millivolts, after) in [(24_000, Some(10)), (23_000, Some(10)), (24_001, None)] {
        let mut world = running();
        let others = (24_100, -1_000);
        world.says(&[others, (millivolts, -1_000), others, others]);
        assert_eq!(steps_until_opened(&mut world), after, "{millivolts} mV");
        if after.is_some() {
            assert_eq!(
                world.of_kind(EventKind::Opened),
                [(Some(1), "under_voltage", millivolts, 24_000)]
            );
            world.says(&[(24_100, -1_000), (millivolts, 0)]);
            world.run_ms(500);
            assert_eq!(world.state(1), "cooldown");
        }
    }
}

#[test]
fn a_dip_of_less_than_a_second_opens_nobody() {
    let mut world = running();
    for _ in 0..4 {
        world.says(&[
            (23_900, -1_000),
            (24_100, -1_000),
            (24_100, -1_000),
            (24_100, -1_000),
        ]);
        world.run_ms(900);
        world.says(&[(24_100, -1_000)]);
        world.step();
    }
    assert!(!world.saw(EventKind::Opened));
}

#[test]
fn an_empty_pack_that_is_being_charged_is_let_be() {
    for (milliamps, opens) in [(201, false), (200, true), (0, true)] {
        let mut world = running();
        let others = (24_100, 1_000);
        world.says(&[(23_900, milliamps), others, others, others]);
        assert_eq!(
            steps_until_opened(&mut world).is_some(),
            opens,
            "{milliamps} mA"
        );
    }
}

#[test]
fn a_pack_that_tripped_on_under_voltage_returns_above_its_recovery_voltage() {
    let mut world = running();
    let others = (24_900, -100);
    world.says(&[others, (23_900, -100), others, others]);
    steps_until_opened(&mut world);
    world.says(&[others, (24_999, 0)]);
    world.run_ms(30_000);
    assert_eq!(
        (world.state(1), world.reason(1)),
        ("fault", "under_voltage")
    );
    world.says(&[others, (25_000, 0)]);
    world.run_ms(2_000);
    assert_eq!(world.closed(), [0, 1, 2, 3]);
    assert!(world.saw(EventKind::Recovered));
}

#[test]
fn two_empty_packs_do_not_leave_within_one_wait() {
    let mut world = running();
    world.says(&[
        (23_900, -1_000),
        (23_800, -1_000),
        (24_200, -1_000),
        (24_200, -1_000),
    ]);
    assert_eq!(steps_until_opened(&mut world), Some(10));
    assert_eq!(world.closed(), [0, 2, 3], "the emptier one first");
    assert_eq!(
        world.of_kind(EventKind::Alarm),
        [],
        "the other has its turn in the next step"
    );
    world.says(&[(23_900, -1_000), (24_000, 0)]);
    world.step();
    assert_eq!(
        world.of_kind(EventKind::Alarm),
        [(Some(0), "under_voltage", 23_900, 24_000)]
    );
    assert_eq!(
        (world.state(0), world.reason(0)),
        ("closed", "under_voltage")
    );
    let first = world.when(EventKind::Opened);
    world.events.clear();
    steps_until_opened(&mut world);
    assert_eq!(world.when(EventKind::Opened) - first, 3_000);
    assert_eq!(world.closed(), [2, 3]);
    assert_eq!(
        world.of_kind(EventKind::AlarmOver),
        [(Some(0), "under_voltage", 0, 0)]
    );
}

#[test]
fn two_packs_over_their_current_one_after_another_are_a_wait_apart() {
    let mut world = running_with(Params::default(), 4);
    for index in [1, 3] {
        world.inputs.packs[index].gauge.i_dis_max = Some(Milliamps::new(3_000));
    }
    // 3.1 A weigh 106, 3.3 A weigh 121: nineteen and seventeen tenths of a second.
    // All stand at 28 V without their current.
    let calm = (27_940, -1_000);
    world.says(&[calm, (27_802, -3_300), calm, (27_814, -3_100)]);
    assert_eq!(steps_until_opened(&mut world), Some(17));
    let first = world.when(EventKind::Opened);
    world.says(&[calm, (28_000, 0)]);
    world.events.clear();
    steps_until_opened(&mut world);
    assert_eq!(world.when(EventKind::Opened) - first, 3_000);
}

#[test]
fn a_pack_that_circulates_too_much_for_a_second_opens() {
    for (milliamps, after) in [(5_000, None), (5_001, Some(10))] {
        for sign in [-1, 1] {
            let mut world = running_with(Params::default(), 3);
            let (half, rest) = (-sign * milliamps / 2, -sign * (milliamps - milliamps / 2));
            world.says(&[(28_000, half), (28_000, sign * milliamps), (28_000, rest)]);
            assert_eq!(steps_until_opened(&mut world), after, "{milliamps} mA");
            if after.is_some() {
                assert_eq!(
                    world.of_kind(EventKind::Opened),
                    [(Some(1), "imbalance", sign * milliamps, 5_000)]
                );
                assert_eq!(world.closed(), [0, 2]);
            }
        }
    }
}

#[test]
fn a_share_of_the_load_is_no_circulation() {
    // 9 A of 15 A: with an R at the lower end of its band, and the others' at the upper end, a third becomes 53.8 %.
    let mut world = running_with(Params::default(), 3);
    world.says(&[(28_000, -9_000), (28_000, -3_000), (28_000, -3_000)]);
    assert_eq!(steps_until_opened(&mut world), None);
}

#[test]
fn the_pack_with_the_largest_circulation_is_the_one_to_open() {
    let mut world = running_with(Params::default(), 3);
    world.says(&[(28_000, -5_200), (28_000, -200), (28_000, 5_400)]);
    steps_until_opened(&mut world);
    assert_eq!(world.closed(), [0, 1]);
}

/// Five packs of which the last has just been opened, so that nobody else may leave for eight seconds; meanwhile pack 3
/// repeats itself while the others move, and pack 0 says this. Who opens next.
fn next_after(pack_0: (i32, i32)) -> (Option<u8>, &'static str) {
    let params = Params {
        t_shed_ms: 8_000,
        ..Params::default()
    };
    let mut world = running_with(params, 5);
    world.says(&[(24_000, -100); 5]);
    world.says(&[
        (24_100, -100),
        (24_100, -100),
        (24_100, -100),
        (24_100, -100),
    ]);
    assert_eq!(steps_until_opened(&mut world), Some(10));
    assert_eq!(world.closed(), [0, 1, 2, 3]);
    world.events.clear();
    for sample in 0..90 {
        let moving = 24_100 + sample;
        let own = (pack_0.0 + sample % 9, pack_0.1);
        let half = -pack_0.1 / 2 - 100;
        world.says(&[
            own,
            (moving, half),
            (moving, half),
            (24_100, -100),
            (24_100, 0),
        ]);
        world.step();
        if world.saw(EventKind::Opened) {
            break;
        }
    }
    let opened = world.of_kind(EventKind::Opened);
    (opened[0].0, opened[0].1)
}

#[test]
fn an_empty_pack_comes_before_a_frozen_sensor_and_that_before_circulation() {
    assert_eq!(next_after((24_100, 5_400)), (Some(3), "frozen"));
    assert_eq!(next_after((23_900, -100)), (Some(0), "under_voltage"));
}

#[test]
fn others_that_moved_and_came_back_have_moved_all_the_same() {
    let mut world = running_with(Params::default(), 3);
    world.says(&[(28_000, 0); 3]);
    world.run_ms(5_500);
    world.says(&[(28_000, 0), (28_021, 0), (28_021, 0)]);
    world.step();
    world.says(&[(28_000, 0), (28_001, 0), (28_001, 0)]);
    assert_eq!(steps_until_opened(&mut world), Some(5));
    assert_eq!(world.closed(), [1, 2]);
}

/// Packs that stand still for a time, then all but pack 0 move; how many steps after that pack 0 is opened.
fn frozen_after(still: usize, moves_by: i32) -> Option<usize> {
    let mut world = running_with(Params::default(), 3);
    world.says(&[(27_999, 0); 3]);
    world.step();
    world.says(&[(28_000, 0); 3]);
    for _ in 0..still {
        world.step();
    }
    assert!(!world.saw(EventKind::Opened));
    world.says(&[(28_000, 0), (28_000 + moves_by, 0), (28_000 + moves_by, 0)]);
    let steps = steps_until_opened(&mut world);
    if steps.is_some() {
        assert_eq!(world.closed(), [1, 2]);
        let opened = world.of_kind(EventKind::Opened)[0];
        assert_eq!((opened.1, opened.3), ("frozen", 50));
    }
    steps
}

#[test]
fn a_sensor_that_repeats_itself_while_the_others_move_is_frozen() {
    // The samples of a tick are not taken at the same moment: a few must have followed the movement.
    assert_eq!(frozen_after(60, 21), Some(6));
    assert_eq!(frozen_after(60, -21), Some(6));
    assert_eq!(
        frozen_after(60, 20),
        None,
        "the measuring error explains it"
    );
    assert_eq!(frozen_after(10, 50), Some(40), "fifty equal samples");
}

#[test]
fn one_other_reading_ends_the_repetition() {
    let mut world = running_with(Params::default(), 3);
    for sample in 0..400 {
        let own = if sample % 45 == 0 { 28_001 } else { 28_000 };
        let moving = 28_000 + sample % 90;
        world.says(&[(own, 0), (moving, 0), (moving + 1, 0)]);
        world.step();
    }
    assert!(!world.saw(EventKind::Opened));
}

#[test]
fn a_pack_that_leaves_does_not_make_the_others_move() {
    // Pack 2 stands 60 mV above the others: without it their mean is another, and none of them has moved.
    let mut world = running_with(Params::default(), 3);
    world.says(&[(28_000, 0), (28_000, 0), (28_060, 0)]);
    world.run_ms(7_000);
    world.command(Command::Disable { pack: 2 });
    world.run_ms(4_000);
    assert_eq!(world.closed(), [0, 1]);
}

#[test]
fn a_sensor_that_says_nothing_new_is_old_and_not_frozen() {
    let mut world = running_with(Params::default(), 3);
    world.says(&[(28_000, 0); 3]);
    world.run_ms(6_000);
    world.packs[0].answers = false;
    world.says(&[(28_000, 0), (28_050, 0), (28_050, 0)]);
    steps_until_opened(&mut world);
    assert_eq!(world.of_kind(EventKind::Opened)[0].1, "stale_data");
}

#[test]
fn an_open_pack_repeats_itself_by_right() {
    let mut world = running_with(Params::default(), 3);
    world.command(Command::Disable { pack: 0 });
    world.step();
    world.says(&[(28_000, 0)]);
    for sample in 0..200 {
        let moving = 28_000 + sample % 80;
        world.says(&[(28_000, 0), (moving, 100), (moving, 101)]);
        world.step();
    }
    assert_eq!(world.state(0), "disabled");
    assert!(world.of_kind(EventKind::Fault).is_empty());
}

#[test]
fn a_sensor_that_pauses_right_after_the_join_is_compared_from_its_first_sample_on() {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.run_ms(10_000);
    world.command(Command::Disable { pack: 0 });
    world.run_ms(1_000);
    world.says(&[(28_000, 0); 3]);
    world.command(Command::Enable { pack: 0 });
    while !world.closed().contains(&0) {
        world.step();
    }
    world.packs[0].answers = false;
    world.step();
    world.packs[0].answers = true;
    world.events.clear();
    world.run_ms(20_000);
    assert_eq!(world.closed(), [0, 1, 2], "nobody has moved");
    assert_eq!(world.of_kind(EventKind::Opened), []);
}

#[test]
fn of_two_equally_empty_packs_the_first_goes_first() {
    let mut world = running();
    world.says(&[
        (24_200, -100),
        (23_900, -100),
        (23_900, -100),
        (24_200, -100),
    ]);
    steps_until_opened(&mut world);
    assert_eq!(world.closed(), [0, 2, 3]);
}

#[test]
fn a_load_that_pulls_the_bus_to_its_soft_limit_is_not_let_in_again_by_the_rebound() {
    for volts in [&[24.3][..], &[24.3, 24.31, 24.3]] {
        let mut world = World::at(volts);
        world.load_a = 6.0 * volts.len() as f64;
        world.run_ms(60_000);
        // 6 A through 60 mΩ: 23.94 V with the load, 24.3 V without it.
        assert_eq!(world.of_kind(EventKind::LoadPermitted).len(), 1);
        assert_eq!(world.of_kind(EventKind::LoadWithdrawn).len(), 1);
        assert_eq!(world.closed().len(), volts.len(), "nobody was low for long");
        assert!(!world.decision.load_permit && world.decision.charge_permit);
        world.load_a = 0.0;
        for (u, permitted) in [(24.9, false), (24.999, false), (25.0, true), (24.5, true)] {
            world.packs.iter_mut().for_each(|pack| pack.u = u);
            world.run_ms(2_000);
            assert_eq!(world.decision.load_permit, permitted, "{u} V");
        }
    }
}

#[test]
fn the_low_voltage_of_a_pack_that_has_left_withholds_no_load_from_the_others() {
    let mut world = running();
    let others = (24_400, -1_000);
    world.says(&[others, (23_990, -1_000), others, others]);
    world.step();
    assert!(!world.decision.load_permit);
    world.says(&[others, others]);
    world.run_ms(2_000);
    assert!(!world.decision.load_permit, "above v_uv, below v_uv_rec");
    world.command(Command::Disable { pack: 1 });
    world.says(&[others, (24_400, 0)]);
    world.run_ms(1_000);
    assert_eq!(world.closed(), [0, 2, 3]);
    assert!(world.decision.load_permit);
}
