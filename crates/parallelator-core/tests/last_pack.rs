//! Rule D14 beside D12: an opening that waits for its current to fall, and what happens meanwhile.

mod world;

use battery_units::{Milliamps, Milliohms};
use parallelator_core::*;
use world::{IdealPack, World};

/// Steps until pack `index` is commanded open; how long that took.
fn ms_until_open(world: &mut World, index: usize) -> u64 {
    let start = world.now_ms;
    while world.closed().contains(&index) {
        world.step();
        assert!(world.now_ms - start < 60_000, "it never opens");
    }
    world.now_ms - start
}

/// Two packs of which the first is empty and waits to be opened, with more current than its switch can break.
fn empty_one_waits(params: Params) -> World {
    let mut world = World::of(vec![IdealPack::new(28.0, 0.060); 2], params);
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1]);
    world.events.clear();
    world.says(&[(23_900, -7_000), (24_100, -1_000)]);
    world.run_ms(1_000);
    assert_eq!(
        (world.state(0), world.reason(0)),
        ("opening", "under_voltage")
    );
    world
}

/// Switches that break no more than 6 A.
fn weak_switches() -> Params {
    Params {
        i_break_max: Milliamps::new(6_000),
        ..Params::default()
    }
}

#[test]
fn a_soft_opening_that_waits_is_taken_back_when_the_pack_has_become_the_last_one() {
    let mut world = empty_one_waits(weak_switches());
    world.says(&[(23_900, -7_000), (30_000, 0)]);
    world.run_ms(4_000);
    assert_eq!(world.closed(), [0], "the other one left by a hard fault");
    assert_eq!(
        (world.state(0), world.reason(0)),
        ("closed", "under_voltage")
    );
    assert_eq!(
        world.of_kind(EventKind::Alarm),
        [(Some(0), "under_voltage", 23_900, 24_000)]
    );
    assert_eq!(world.decision.dcl, Milliamps::ZERO);
    world.says(&[(25_000, -100)]);
    world.run_ms(200);
    assert_eq!(
        (world.state(0), world.reason(0)),
        ("closed", "connected"),
        "what was wrong is over"
    );
}

#[test]
fn a_soft_opening_that_waits_is_not_taken_back_under_the_policy_safety() {
    let mut world = empty_one_waits(Params {
        last_pack_policy: LastPackPolicy::Safety,
        ..weak_switches()
    });
    world.says(&[(23_900, -7_000), (30_000, 0)]);
    assert_eq!(ms_until_open(&mut world, 0), 3_000);
    assert!(world.closed().is_empty());
}

#[test]
fn the_last_pack_that_waits_opens_for_the_operator_whatever_fault_it_has_beside() {
    let mut world = empty_one_waits(weak_switches());
    world.command(Command::Disable { pack: 0 });
    world.step();
    world.says(&[(23_900, -7_000), (30_000, 0)]);
    assert_eq!(ms_until_open(&mut world, 0), 2_900);
    assert!(world.closed().is_empty());
}

#[test]
fn the_last_pack_that_waits_for_a_hard_fault_opens_under_either_policy() {
    let mut world = empty_one_waits(weak_switches());
    world.says(&[(23_900, -15_000), (30_000, 0)]);
    assert_eq!(ms_until_open(&mut world, 0), 3_000);
    assert!(world.closed().is_empty());
}

#[test]
fn packs_that_wait_for_a_soft_reason_together_are_not_parted_when_the_others_have_left() {
    let params = Params {
        i_break_max: Milliamps::new(3_000),
        ..Params::default()
    };
    let mut world = World::of(vec![IdealPack::new(28.0, 0.060); 3], params);
    world.run_ms(10_000);
    for index in [0, 1] {
        world.inputs.packs[index].gauge.i_dis_max = Some(Milliamps::new(3_000));
    }
    world.says(&[(28_000, -3_100), (28_000, -3_100), (28_200, -1_000)]);
    while world.state(0) != "opening" {
        world.step();
    }
    assert_eq!(world.state(1), "opening");
    assert_eq!(world.reason(1), "over_current_soft");
    world.says(&[(28_000, -3_100), (28_000, -3_100), (30_000, 0)]);
    world.step();
    assert_eq!(world.closed(), [0, 1]);
    assert_eq!(ms_until_open(&mut world, 0), 2_900);
    assert!(world.closed().is_empty(), "in one write");
}

#[test]
fn a_latch_that_was_due_with_the_opening_waits_for_the_next_one() {
    let mut world = empty_one_waits(Params {
        n_lock: 1,
        ..weak_switches()
    });
    world.says(&[(23_900, -7_000), (30_000, 0)]);
    world.run_ms(4_000);
    assert_eq!((world.state(0), world.closed()), ("closed", vec![0]));
    // A fault of the pack that is connected with it is found as ever.
    world.says(&[(20_999, -1_000)]);
    world.step();
    assert_eq!(
        world.of_kind(EventKind::Opened)[1..],
        [(Some(0), "under_voltage_abs", 20_999, 21_000)]
    );
    let mut world = empty_one_waits(Params {
        n_lock: 1,
        ..weak_switches()
    });
    world.says(&[(23_900, -7_000), (30_000, 0)]);
    world.run_ms(4_000);
    world.says(&[(28_000, 0)]);
    world.command(Command::Disable { pack: 0 });
    world.run_ms(500);
    assert_eq!(
        (world.state(0), world.reason(0)),
        ("latched", "under_voltage")
    );
}

#[test]
fn without_a_latch_the_pack_that_stayed_is_free_of_its_fault() {
    let mut world = empty_one_waits(weak_switches());
    world.says(&[(23_900, -7_000), (30_000, 0)]);
    world.run_ms(4_000);
    assert_eq!(world.decision.packs[0].score, 1, "it is counted");
    world.says(&[(28_000, 0)]);
    world.command(Command::Disable { pack: 0 });
    world.run_ms(500);
    assert_eq!(world.state(0), "disabled");
    world.command(Command::Enable { pack: 0 });
    world.step();
    assert_eq!(world.state(0), "closing", "it does not cool down");
}

#[test]
fn a_latch_of_the_score_does_not_hide_a_hard_fault_of_a_pack_that_waits() {
    let mut world = World::of(
        vec![IdealPack::new(28.0, 0.020); 3],
        Params {
            i_dis_max: Milliamps::new(30_000),
            i_chg_max: Milliamps::new(30_000),
            r_nom: Milliohms::new(20),
            n_lock: 1,
            ..Params::default()
        },
    );
    world.inputs.bus.load_controllable = false;
    world.run_ms(10_000);
    world.says(&[(27_000, -31_000), (27_000, -19_000), (27_000, -19_000)]);
    while world.state(1) != "opening" {
        world.step();
    }
    assert_eq!(world.reason(1), "collective_overload");
    world.says(&[(27_000, -31_000), (30_000, -19_000), (27_000, -19_000)]);
    world.step();
    assert_eq!(world.closed(), [0, 2]);
    world.says(&[(28_000, 0); 3]);
    world.run_ms(500);
    assert_eq!(
        (world.state(1), world.reason(1)),
        ("latched", "over_voltage_abs"),
        "the latch has the name of the harder fault"
    );
}

#[test]
fn the_last_pack_that_waits_is_not_kept_when_nobody_measures_it_any_more() {
    let params = Params {
        i_break_max: Milliamps::new(5_000),
        v_uv_rec: battery_units::Millivolts::new(25_500),
        ..Params::default()
    };
    // Pack 0 is low and carries more than may be broken; the other leaves while it waits.
    let mut world = World::of(vec![IdealPack::new(28.0, 0.060); 2], params);
    world.run_ms(5_000);
    world.says(&[(23_900, -6_000), (26_000, -1_000)]);
    while !world.saw(EventKind::OpeningDelayed) {
        world.step();
        assert!(world.now_ms < 20_000, "{:?}", world.events);
    }
    world.packs[0].answers = false;
    world.command(Command::Disable { pack: 1 });
    world.step();
    world.step_after(1_100);
    assert!(world.closed().is_empty(), "{}", world.reason(0));
}
