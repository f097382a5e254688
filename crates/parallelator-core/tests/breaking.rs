//! Rule D14: an opening above the breaking current asks the load and the charger to go first.

mod world;

use battery_units::{DeciCelsius, Milliamps, Milliohms};
use parallelator_core::*;
use world::{IdealPack, World};

/// Packs of 30 A whose switches break 20 A, all joined.
fn running(count: usize) -> World {
    let params = Params {
        i_dis_max: Milliamps::new(30_000),
        i_chg_max: Milliamps::new(30_000),
        r_nom: Milliohms::new(20),
        ..Params::default()
    };
    let mut world = World::of(vec![IdealPack::new(28.0, 0.020); count], params);
    world.run_ms(10_000);
    assert_eq!(world.closed().len(), count);
    world.events.clear();
    world
}

/// Steps until pack `index` is commanded open; how long that took.
fn ms_until_open(world: &mut World, index: usize) -> u64 {
    let start = world.now_ms;
    while world.closed().contains(&index) {
        world.step();
        assert!(world.now_ms - start < 60_000, "it never opens");
    }
    world.now_ms - start
}

#[test]
fn an_opening_above_the_breaking_current_takes_both_permits_and_waits() {
    let mut world = running(3);
    world.says(&[(27_500, -25_000); 3]);
    world.command(Command::Disable { pack: 0 });
    world.step();
    assert_eq!(world.closed(), [0, 1, 2]);
    assert_eq!((world.state(0), world.reason(0)), ("opening", "operator"));
    assert_eq!(world.decision.system, SystemState::Shedding);
    assert!(!world.decision.load_permit && !world.decision.charge_permit);
    assert_eq!(
        (world.decision.dcl, world.decision.ccl),
        (Milliamps::ZERO, Milliamps::ZERO)
    );
    assert_eq!(ms_until_open(&mut world, 0), 3_000);
    assert_eq!(world.closed(), [1, 2], "the others stay");
    assert_eq!(
        world.of_kind(EventKind::OpeningDelayed),
        [(Some(0), "operator", -25_000, 20_000)],
        "said once"
    );
    assert_eq!(
        world.of_kind(EventKind::Opened),
        [(Some(0), "operator", 0, 0)]
    );
    assert_eq!(
        world.of_kind(EventKind::BreakingCurrent),
        [(Some(0), "operator", -25_000, 20_000)]
    );
    world.says(&[(28_000, 0), (28_000, -1_000), (28_000, -1_000)]);
    world.run_ms(2_000);
    assert_eq!(world.decision.system, SystemState::Running);
    assert!(world.decision.load_permit && world.decision.charge_permit);
}

#[test]
fn a_hard_over_current_waits_as_long_and_then_opens_anyway() {
    let mut world = running(3);
    world.says(&[(27_000, -43_000), (27_000, -1_000), (27_000, -1_000)]);
    world.step();
    assert_eq!(world.state(0), "opening");
    assert_eq!(ms_until_open(&mut world, 0), 3_000);
    assert_eq!(
        world.of_kind(EventKind::Opened),
        [(Some(0), "over_current_hard", -43_000, 42_000)]
    );
    assert_eq!(
        world.of_kind(EventKind::BreakingCurrent),
        [(Some(0), "over_current_hard", -43_000, 20_000)]
    );
    world.says(&[(28_000, 0)]);
    world.run_ms(1_000);
    assert_eq!(world.state(0), "latched");
}

#[test]
fn what_a_switch_can_break_is_opened_at_once() {
    for (milliamps, waits) in [
        (20_000, false),
        (-20_000, false),
        (20_001, true),
        (-20_001, true),
    ] {
        let mut world = running(3);
        world.says(&[(28_000, milliamps); 3]);
        world.command(Command::Disable { pack: 1 });
        world.step();
        assert_eq!(world.closed().contains(&1), waits, "{milliamps} mA");
        assert_eq!(world.saw(EventKind::OpeningDelayed), waits);
        assert!(!world.saw(EventKind::BreakingCurrent));
    }
}

#[test]
fn a_current_that_falls_in_time_is_broken_without_wear() {
    let mut world = running(3);
    world.says(&[(27_500, -25_000); 3]);
    world.command(Command::Disable { pack: 0 });
    world.run_ms(1_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.says(&[(27_600, -20_000); 3]);
    world.step();
    assert_eq!(world.closed(), [1, 2]);
    assert!(!world.saw(EventKind::BreakingCurrent));
}

#[test]
fn a_load_that_obeys_the_permit_lets_the_switch_open_in_the_next_step() {
    let mut world = running(2);
    world.load_a = 46.0;
    world.run_ms(500);
    world.command(Command::Disable { pack: 0 });
    world.step();
    assert_eq!(world.closed(), [0, 1]);
    world.step();
    assert_eq!(world.closed(), [1]);
    assert!(!world.saw(EventKind::BreakingCurrent));
}

#[test]
fn an_emergency_stop_does_not_wait_and_the_wear_is_written_down() {
    let mut world = running(2);
    world.says(&[(27_000, -29_000); 2]);
    world.inputs.io.estop = true;
    world.step();
    assert!(world.closed().is_empty());
    assert_eq!(
        world.of_kind(EventKind::BreakingCurrent),
        [
            (Some(0), "estop", -29_000, 20_000),
            (Some(1), "estop", -29_000, 20_000)
        ]
    );
}

#[test]
fn a_rack_that_shuts_itself_off_does_not_wait() {
    let mut world = running(2);
    world.says(&[(27_000, -29_000); 2]);
    world.inputs.io.readback_ok = false;
    world.step();
    assert!(world.closed().is_empty());
}

#[test]
fn a_hardware_alert_does_not_wait() {
    let mut world = running(3);
    world.says(&[(27_500, -25_000); 3]);
    world.inputs.io.alerts = PackSet::EMPTY.with(2);
    world.step();
    assert_eq!(world.closed(), [0, 1]);
    assert_eq!(
        world.of_kind(EventKind::Opened),
        [(Some(2), "hardware_alert", -25_000, 0)]
    );
    assert_eq!(world.of_kind(EventKind::BreakingCurrent).len(), 1);
}

#[test]
fn a_hardware_alert_ends_a_wait_that_has_begun() {
    let mut world = running(3);
    world.says(&[(27_000, -43_000), (27_000, -1_000), (27_000, -1_000)]);
    world.run_ms(500);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.inputs.io.alerts = PackSet::EMPTY.with(0);
    world.step();
    assert_eq!(world.closed(), [1, 2]);
    assert_eq!(
        world.of_kind(EventKind::Opened),
        [(Some(0), "hardware_alert", -43_000, 0)]
    );
}

#[test]
fn a_pack_that_nobody_measures_does_not_wait() {
    let mut world = running(3);
    world.says(&[(27_500, -25_000); 3]);
    world.step();
    world.packs[0].answers = false;
    assert_eq!(
        ms_until_open(&mut world, 0),
        1_100,
        "one step after age_hard"
    );
    assert_eq!(
        world.of_kind(EventKind::Opened),
        [(Some(0), "stale_data", 1_100, 1_000)]
    );
}

#[test]
fn a_sensor_that_dies_while_the_switch_waits_ends_the_wait() {
    let mut over = running(3);
    over.says(&[(27_000, -43_000), (27_000, -1_000), (27_000, -1_000)]);
    over.step();
    over.packs[0].answers = false;
    assert_eq!(ms_until_open(&mut over, 0), 1_100);
    assert_eq!(
        over.of_kind(EventKind::Opened),
        [(Some(0), "over_current_hard", -43_000, 42_000)]
    );
    let mut asked = running(3);
    asked.says(&[(27_500, -25_000); 3]);
    asked.command(Command::Disable { pack: 0 });
    asked.step();
    asked.packs[0].answers = false;
    assert_eq!(ms_until_open(&mut asked, 0), 1_100);
    assert_eq!(asked.of_kind(EventKind::Opened)[0].1, "stale_data");
}

/// A rack that carries 69 A, of which pack 0 more than it may, for a load that nobody can stop.
fn overloaded() -> World {
    let mut world = running(3);
    world.inputs.bus.load_controllable = false;
    world.says(&[(27_000, -31_000), (27_000, -19_000), (27_000, -19_000)]);
    while !world.saw(EventKind::OpeningDelayed) {
        world.step();
        assert!(world.now_ms < 60_000, "nothing is found");
    }
    world
}

#[test]
fn packs_that_open_together_wait_for_the_one_that_carries_too_much() {
    let mut world = overloaded();
    world.run_ms(1_000);
    assert_eq!(
        world.closed(),
        [0, 1, 2],
        "nobody leaves its load to pack 0"
    );
    world.says(&[(27_000, -19_000); 3]);
    world.step();
    assert!(world.closed().is_empty(), "all in one write");
    let reasons: Vec<_> = world.of_kind(EventKind::Opened);
    assert!(
        reasons
            .iter()
            .all(|opened| opened.1 == "collective_overload")
    );
    assert_eq!(world.of_kind(EventKind::OpeningDelayed).len(), 3);
}

#[test]
fn packs_that_open_together_wait_for_nobody_who_carries_what_a_switch_can_break() {
    for (milliamps, waits) in [(-20_000, false), (-20_001, true)] {
        let params = Params {
            i_dis_max: Milliamps::new(19_000),
            r_nom: Milliohms::new(20),
            ..Params::default()
        };
        let mut world = World::of(vec![IdealPack::new(28.0, 0.020); 3], params);
        world.run_ms(10_000);
        assert_eq!(world.closed(), [0, 1, 2]);
        world.inputs.bus.load_controllable = false;
        world.says(&[(27_000, milliamps), (27_000, -19_000), (27_000, -19_000)]);
        world.run_ms(10_000);
        assert!(world.closed().is_empty());
        let reason = world.of_kind(EventKind::Opened)[0].1;
        assert_eq!(reason, "collective_overload");
        assert_eq!(
            world.saw(EventKind::OpeningDelayed),
            waits,
            "{milliamps} mA"
        );
    }
}

#[test]
fn packs_that_open_together_open_together_when_the_wait_is_over() {
    let mut world = overloaded();
    assert_eq!(ms_until_open(&mut world, 0), 3_000);
    assert!(world.closed().is_empty());
    assert_eq!(world.of_kind(EventKind::BreakingCurrent).len(), 1);
}

#[test]
fn a_hard_fault_leaves_those_it_was_waiting_with() {
    let mut world = overloaded();
    world.says(&[(27_000, -31_000), (30_000, -19_000), (27_000, -19_000)]);
    world.step();
    assert_eq!(world.closed(), [0, 2]);
    assert_eq!(world.of_kind(EventKind::Opened)[0].1, "over_voltage_abs");
}

#[test]
fn a_hard_fault_whose_current_has_fallen_waits_for_nobody() {
    let mut world = running(3);
    world.says(&[(27_000, -43_000), (27_000, -43_000), (27_000, -1_000)]);
    world.step();
    world.says(&[(27_000, -10_000)]);
    world.step();
    assert_eq!(world.closed(), [1, 2]);
}

#[test]
fn nobody_joins_while_an_opening_waits() {
    let mut world = running(3);
    world.command(Command::Disable { pack: 2 });
    world.run_ms(1_000);
    world.says(&[(28_000, -25_000), (28_000, -25_000), (28_000, 0)]);
    world.command(Command::Disable { pack: 0 });
    world.command(Command::Enable { pack: 2 });
    world.run_ms(2_000);
    assert_eq!(world.closed(), [0, 1]);
    assert_eq!((world.state(2), world.reason(2)), ("open", "waiting_turn"));
}

#[test]
fn without_a_time_for_shedding_nothing_waits() {
    let mut world = running(3);
    let tighter = *world.core.params();
    world.command(Command::Disable { pack: 0 });
    world.command(Command::Disable { pack: 1 });
    world.command(Command::Disable { pack: 2 });
    world.run_ms(500);
    world.inputs.new_params = Some(Params {
        t_shed_ms: 0,
        ..tighter
    });
    for pack in 0..3 {
        world.command(Command::Enable { pack });
    }
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.says(&[(27_000, -43_000)]);
    world.step();
    assert_eq!(world.closed(), [1, 2]);
}

#[test]
fn a_fault_found_while_an_opening_waits_becomes_its_reason() {
    let mut world = running(3);
    world.says(&[(27_500, -25_000); 3]);
    world.command(Command::Disable { pack: 0 });
    world.run_ms(1_000);
    world.says(&[(27_000, -43_000)]);
    world.step();
    assert_eq!(world.reason(0), "over_current_hard");
    assert_eq!(ms_until_open(&mut world, 0), 2_000, "the wait goes on");
    assert_eq!(
        world.of_kind(EventKind::Opened),
        [(Some(0), "over_current_hard", -43_000, 42_000)]
    );
    assert_eq!(world.of_kind(EventKind::OpeningDelayed).len(), 1);
}

#[test]
fn the_operator_is_no_better_reason_than_the_fault_that_waits() {
    let mut world = running(3);
    world.says(&[(27_000, -43_000), (27_000, -1_000), (27_000, -1_000)]);
    world.step();
    world.command(Command::Disable { pack: 0 });
    world.step();
    assert_eq!(world.reason(0), "over_current_hard");
    assert_eq!(ms_until_open(&mut world, 0), 2_900);
}

#[test]
fn a_fault_that_lasts_while_the_opening_waits_counts_once() {
    let mut world = running(3);
    world.says(&[(20_000, -25_000), (27_000, -1_000), (27_000, -1_000)]);
    world.step();
    assert_eq!(world.reason(0), "under_voltage_abs");
    assert_eq!(ms_until_open(&mut world, 0), 3_000);
    assert_eq!(world.decision.packs[0].score, 1);
}

#[test]
fn a_fault_whose_opening_waits_cannot_be_cleared() {
    let mut world = running(3);
    world.says(&[(27_000, -43_000), (27_000, -1_000), (27_000, -1_000)]);
    world.step();
    world.command(Command::Clear {
        pack: 0,
        fault: Fault::OverCurrentHard,
    });
    world.step();
    assert!(world.saw(EventKind::CommandRefused) && !world.saw(EventKind::Cleared));
    assert_eq!(ms_until_open(&mut world, 0), 2_900);
}

#[test]
fn the_wait_is_over_at_t_shed_and_not_a_millisecond_before() {
    let mut world = running(3);
    world.says(&[(27_500, -25_000); 3]);
    world.command(Command::Disable { pack: 0 });
    world.step();
    world.run_ms(2_900);
    world.step_after(99);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.step_after(1);
    assert_eq!(world.closed(), [1, 2]);
}

#[test]
fn a_cool_down_begins_when_the_switch_opens_and_not_when_it_begins_to_wait() {
    let mut world = running(3);
    world.says(&[(20_000, -25_000), (27_000, -1_000), (27_000, -1_000)]);
    world.step();
    assert_eq!(ms_until_open(&mut world, 0), 3_000);
    let opened_at = world.now_ms;
    world.says(&[(25_500, 0), (27_000, -1_000), (27_000, -1_000)]);
    world.step();
    assert_eq!(world.state(0), "cooldown");
    assert_eq!(world.decision.packs[0].eligible_in_ms, Some(9_900));
    world.run_ms(10_000);
    assert_eq!(world.when(EventKind::Recovered), opened_at + 10_000);
}

#[test]
fn a_wait_as_long_as_the_back_off_does_not_use_it_up() {
    let mut world = running(2);
    let params = Params {
        t_backoff0_ms: 3_000,
        ..*world.core.params()
    };
    world = World::of(world.packs, params);
    world.run_ms(10_000);
    world.events.clear();
    world.says(&[(20_000, -25_000), (27_000, -1_000)]);
    world.step();
    assert_eq!(ms_until_open(&mut world, 0), 3_000);
    world.says(&[(27_000, 0), (27_000, -1_000)]);
    world.run_ms(2_900);
    assert_eq!(world.state(0), "cooldown");
    assert!(!world.saw(EventKind::Recovered));
    world.step();
    assert!(world.saw(EventKind::Recovered));
}

#[test]
fn an_opening_asked_for_a_pack_that_counts_as_unmeasured_does_not_wait() {
    // A smaller age_hard opens nobody before the load has had its time; until then whoever is asked to open does so at once.
    for (tightened, delayed) in [(false, true), (true, false)] {
        let mut world = running(2);
        world.says(&[(27_500, -25_000); 2]);
        world.step();
        world.packs[0].answers = false;
        world.run_ms(500);
        if tightened {
            let params = *world.core.params();
            world.inputs.new_params = Some(Params {
                age_hard_ms: 500,
                ..params
            });
        }
        world.step();
        assert_eq!(world.closed(), [0, 1]);
        world.command(Command::Disable { pack: 0 });
        world.step();
        assert_eq!(world.saw(EventKind::OpeningDelayed), delayed);
        assert_eq!(world.closed().contains(&0), delayed);
    }
}

#[test]
fn an_empty_pack_that_recovers_while_another_waits_gives_nothing_before_it_is_judged_again() {
    // Pack 0 is empty and being charged, so it stays; the opening of pack 1 waits for its current to fall.
    let mut world = running(3);
    world.says(&[(23_900, 1_000), (28_000, 1_000), (28_000, 1_000)]);
    world.run_ms(2_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    assert_eq!(world.decision.dcl, Milliamps::ZERO);
    world.says(&[(23_900, 1_000), (28_000, 25_000), (28_000, 1_000)]);
    world.command(Command::Disable { pack: 1 });
    world.step();
    assert_eq!(world.state(1), "opening");
    world.says(&[(25_100, 1_000), (28_000, 25_000), (28_000, 1_000)]);
    world.step();
    assert_eq!(world.state(1), "opening");
    world.says(&[(24_900, 1_000), (28_000, 0), (28_000, 1_000)]);
    world.run_ms(200);
    assert_eq!(world.closed(), [0, 2]);
    assert_eq!(world.decision.dcl, Milliamps::ZERO);
    world.says(&[(25_100, 1_000), (28_000, 0), (28_000, 1_000)]);
    world.run_ms(200);
    assert!(world.decision.dcl > Milliamps::ZERO);
}

/// A rack whose switches should not break more than 5 A.
fn with_weak_switches(volts: &[f64]) -> World {
    let params = Params {
        i_break_max: Milliamps::new(5_000),
        ..Params::default()
    };
    let packs = volts.iter().map(|&u| IdealPack::new(u, 0.060)).collect();
    World::of(packs, params)
}

#[test]
fn an_alert_while_a_pack_waits_to_open_takes_its_latch_over() {
    let mut world = with_weak_switches(&[28.0]);
    world.run_ms(10_000);
    world.packs[0].says = Some((27_000, -15_000));
    world.step();
    assert_eq!((world.state(0), world.closed()), ("opening", vec![0]));
    world.inputs.io.alerts = PackSet::EMPTY.with(0);
    world.step();
    assert!(world.closed().is_empty());
    world.inputs.io.alerts = PackSet::EMPTY;
    world.packs[0].says = Some((28_000, 0));
    world.run_ms(1_000);
    let fault = Fault::OverCurrentHard;
    world.command(Command::Clear { pack: 0, fault });
    world.step();
    assert_eq!(
        (world.state(0), world.reason(0)),
        ("latched", "hardware_alert"),
        "clearing the lesser fault cleared what hardware has seen"
    );
}

#[test]
fn a_pack_whose_thermometer_alone_is_silent_waits_for_its_current() {
    let mut world = with_weak_switches(&[28.0]);
    world.inputs.packs[0].temperature = Some(Sample::good(DeciCelsius::new(250), 0));
    world.run_ms(10_000);
    world.load_a = 8.0;
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0]);
    world.inputs.packs[0].temperature = Some(Sample::default());
    world.run_ms(10_000);
    assert!(world.closed().is_empty());
    assert!(
        world.of_kind(EventKind::BreakingCurrent).is_empty(),
        "its current is measured: {:?}",
        world.of_kind(EventKind::BreakingCurrent)
    );
}
