//! Switches that do not do what they are told: rules D15 and D16.

mod world;

use battery_units::{Milliamps, Millivolts};
use parallelator_core::*;
use world::World;

/// A rack of three packs that have joined and carry 9 A.
fn running() -> World {
    let mut world = World::at(&[28.00, 28.02, 28.04]);
    world.load_a = 9.0;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.events.clear();
    world
}

fn opened(world: &World) -> Vec<(u8, &'static str, i32, i32)> {
    world
        .events
        .iter()
        .filter(|event| event.kind == EventKind::Opened)
        .map(|event| {
            (
                event.pack.unwrap(),
                event.reason.unwrap().code(),
                event.value,
                event.limit,
            )
        })
        .collect()
}

#[test]
fn a_switch_that_conducts_though_open_is_found_and_counts_as_connected() {
    let mut world = running();
    world.packs[2].welded = true;
    world.command(Command::Disable { pack: 2 });
    world.run_ms(2_000);
    assert_eq!(
        (world.state(2), world.reason(2)),
        ("stuck_closed", "stuck_closed")
    );
    assert_eq!(world.decision.packs[2].command, SwitchCommand::Open);
    world.command(Command::Disable { pack: 0 });
    world.command(Command::Disable { pack: 1 });
    world.run_ms(2_000);
    // Pack 0 at another voltage would be joined to a dead bus; the welded pack holds the bus.
    world.packs[0].u = 25.5;
    world.command(Command::Enable { pack: 0 });
    world.run_ms(5_000);
    assert_eq!(world.reason(0), "difference_too_large");
    assert!(world.closed().is_empty());
}

#[test]
fn a_stuck_switch_is_cleared_only_when_named_and_without_current() {
    let mut world = running();
    world.packs[2].welded = true;
    world.command(Command::Disable { pack: 2 });
    world.run_ms(2_000);
    world.command(Command::Clear {
        pack: 2,
        fault: Fault::StuckClosed,
    });
    world.run_ms(500);
    assert_eq!(world.state(2), "stuck_closed", "it still carries current");
    world.packs[2].welded = false;
    world.run_ms(10_000);
    assert_eq!(world.state(2), "stuck_closed", "nothing else leaves it");
    world.command(Command::Clear {
        pack: 2,
        fault: Fault::StuckOpen,
    });
    world.run_ms(500);
    assert_eq!(
        world.state(2),
        "stuck_closed",
        "another name does not either"
    );
    world.command(Command::Clear {
        pack: 2,
        fault: Fault::StuckClosed,
    });
    world.run_ms(500);
    assert_eq!(world.state(2), "disabled");
}

#[test]
fn a_body_diode_is_no_stuck_switch_in_its_own_direction() {
    for (kind, current, stuck) in [
        (SwitchKind::Bidirectional, 1_000, true),
        (SwitchKind::Bidirectional, -1_000, true),
        (SwitchKind::DiodeCharge, 1_000, false),
        (SwitchKind::DiodeCharge, -1_000, true),
        (SwitchKind::DiodeDischarge, 1_000, true),
        (SwitchKind::DiodeDischarge, -1_000, false),
        (SwitchKind::Bidirectional, 200, false),
        (SwitchKind::Bidirectional, 201, true),
    ] {
        let params = Params {
            switch_kind: kind,
            ..Params::default()
        };
        let mut core = Core::<1>::new(1, params).unwrap();
        let mut inputs = Inputs::default();
        inputs.packs[0].voltage = Sample::good(Millivolts::new(20_000), 0);
        inputs.packs[0].current = Sample::good(Milliamps::new(current), 0);
        let states: Vec<_> = (0..20)
            .map(|tick| core.step(tick * 100, &inputs).packs[0].state)
            .collect();
        assert_eq!(
            states[19] == PackState::StuckClosed,
            stuck,
            "{kind:?} {current} mA"
        );
    }
}

#[test]
fn a_large_current_through_an_open_switch_is_called_so_at_once() {
    let mut core = Core::<1>::new(1, Params::default()).unwrap();
    let mut inputs = Inputs::default();
    inputs.packs[0].voltage = Sample::good(Millivolts::new(28_000), 0);
    inputs.packs[0].current = Sample::good(Milliamps::ZERO, 0);
    inputs.bus.mode_hint = ModeHint::Idle;
    for tick in 0..4 {
        core.step(tick * 100, &inputs);
    }
    inputs.commands[0] = Some(Command::Disable { pack: 0 });
    core.step(400, &inputs);
    inputs.commands[0] = None;
    core.step(500, &inputs);
    inputs.packs[0].current = Sample::good(Milliamps::new(-20_000), 0);
    let decision = core.step(600, &inputs);
    assert_eq!(decision.packs[0].state, PackState::StuckClosed);
    assert_eq!(decision.packs[0].reason.code(), "current_on_open_switch");
}

#[test]
fn a_closed_switch_without_current_is_opened_and_no_healthy_one_with_it() {
    for volts in [&[28.00, 28.20][..], &[28.00, 28.00, 28.20]] {
        let mut world = World::at(volts);
        let broken = volts.len() - 1;
        world.inputs.bus.mode_hint = ModeHint::Charge;
        world.packs[broken].broken = true;
        world.run_ms(3_000);
        let reasons: Vec<_> = opened(&world)
            .into_iter()
            .map(|(pack, code, ..)| (usize::from(pack), code))
            .collect();
        assert_eq!(reasons, [(broken, "stuck_open")]);
        assert_eq!(world.closed().len(), broken);
    }
}

#[test]
fn switch_feedback_that_says_closed_keeps_a_pack_in_the_set() {
    let mut world = running();
    world.inputs.packs[2].switch_feedback = Some(SwitchFeedback::Closed);
    world.command(Command::Disable { pack: 2 });
    world.run_ms(5_000);
    assert_eq!(world.state(2), "opening");
    world.inputs.packs[2].switch_feedback = Some(SwitchFeedback::Open);
    world.run_ms(200);
    assert_eq!(world.state(2), "disabled");
}

#[test]
fn a_wrong_bus_voltage_opens_nobody() {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.run_ms(5_000);
    world.inputs.bus.voltage = Some(Millivolts::new(28_150));
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0, 1, 2]);
}

/// Two packs at 0.3 V from each other whose sensors, or switches, are exchanged; the third is as it should be.
fn swapped_with(params: Params) -> World {
    let volts = [28.00, 28.20, 28.00];
    let packs = volts.map(|u| world::IdealPack::new(u, 0.060)).to_vec();
    let mut world = World::of(packs, params);
    world.wired_to.swap(0, 1);
    world.inputs.bus.mode_hint = ModeHint::Discharge;
    world.load_a = 3.0;
    world
}

#[test]
fn two_packs_with_opposite_symptoms_are_swapped_and_both_latch() {
    let mut world = swapped_with(Params::default());
    world.load_obeys = false;
    world.command(Command::Disable { pack: 1 });
    world.run_ms(10_000);
    // Only switch 0 is ever closed, and the sensor of place 1 shows the current of that pack.
    for index in [0, 1] {
        assert_eq!(
            (world.state(index), world.reason(index)),
            ("latched", "swapped")
        );
    }
    assert!(!world.closed().contains(&0) && !world.closed().contains(&1));
    let mut latched = world.of_kind(EventKind::Latched);
    latched.retain(|event| event.1 == "swapped");
    assert_eq!(latched.len(), 2);
    assert!(!world.saw(EventKind::StuckClosed), "no switch is stuck");
    world.run_ms(3_600_000);
    assert_eq!(world.state(0), "latched");
}

#[test]
fn an_open_pack_keeps_the_latch_it_has_whatever_comes_later() {
    let mut world = World::of(
        vec![world::IdealPack::new(28.0, 0.060); 2],
        Params {
            n_lock: 1,
            ..Params::default()
        },
    );
    world.run_ms(5_000);
    world.says(&[(20_500, 0)]);
    world.run_ms(500);
    let latch = ("latched", "under_voltage_abs");
    assert_eq!((world.state(0), world.reason(0)), latch);
    world.says(&[(30_000, 0)]);
    world.step();
    assert_eq!((world.state(0), world.reason(0)), latch);
    world.says(&[(28_000, 0)]);
    world.run_ms(500);
    world.command(Command::Clear {
        pack: 0,
        fault: Fault::OverVoltageAbs,
    });
    world.step();
    assert_eq!((world.state(0), world.reason(0)), latch);
}

#[test]
fn a_stuck_switch_beside_a_healthy_one_is_not_called_swapped() {
    let mut world = running();
    world.packs[2].welded = true;
    world.command(Command::Disable { pack: 2 });
    world.run_ms(3_000);
    assert_eq!(world.reason(2), "stuck_closed");
    assert_eq!(world.closed(), [0, 1]);
}

#[test]
fn a_leak_that_began_long_before_the_missing_current_is_no_exchange() {
    // Pack 2 leaks for three samples while pack 0 misses its current for fewer.
    let mut world = running();
    world.command(Command::Disable { pack: 2 });
    world.run_ms(2_000);
    world.says(&[(28_000, -4_500), (28_000, -4_500), (28_000, -300)]);
    world.step();
    world.says(&[(28_300, 0), (28_000, -4_500), (28_000, -300)]);
    world.run_ms(200);
    assert_eq!(
        (world.state(2), world.reason(2)),
        ("stuck_closed", "stuck_closed")
    );
    assert_eq!(world.closed(), [0, 1]);
}

#[test]
fn two_swapped_packs_are_found_once_when_both_symptoms_are_old_enough_in_the_same_step() {
    let mut world = swapped_with(Params {
        t_open_samples: 3,
        ..Params::default()
    });
    world.load_obeys = false;
    world.command(Command::Disable { pack: 1 });
    world.run_ms(10_000);
    for index in [0, 1] {
        assert_eq!(
            (world.state(index), world.reason(index)),
            ("latched", "swapped")
        );
        assert_eq!(world.decision.packs[index].score, 1);
    }
}

#[test]
fn a_leak_counts_once_the_switch_has_settled_and_needs_three_samples() {
    let mut world = running();
    world.packs[2].welded = true;
    world.command(Command::Disable { pack: 2 });
    world.step();
    let opened_ms = world.now_ms;
    while !world.saw(EventKind::StuckClosed) {
        world.step();
        assert!(world.now_ms < opened_ms + 5_000);
    }
    // Half a second to settle; the sample at its end is the first of three.
    assert_eq!(world.now_ms - opened_ms, 700);
    let current = world.inputs.packs[2].current.value.get();
    assert_eq!(
        world.of_kind(EventKind::StuckClosed),
        [(Some(2), "stuck_closed", current, 200)]
    );
    assert_eq!(world.decision.packs[2].score, 1);
}

#[test]
fn a_leak_that_pauses_begins_to_count_anew() {
    let mut world = running();
    world.command(Command::Disable { pack: 2 });
    world.run_ms(2_000);
    for _ in 0..5 {
        world.says(&[(28_000, -4_500), (28_000, -4_500), (28_000, -300)]);
        world.run_ms(200);
        world.says(&[(28_000, -4_500), (28_000, -4_500), (28_000, 0)]);
        world.step();
    }
    assert!(!world.saw(EventKind::StuckClosed));
}

#[test]
fn a_sample_that_is_not_new_proves_no_leak() {
    let mut world = running();
    world.command(Command::Disable { pack: 2 });
    world.run_ms(2_000);
    world.says(&[(28_000, -4_500), (28_000, -4_500), (28_000, -300)]);
    world.run_ms(200);
    world.packs[2].answers = false;
    world.run_ms(500);
    assert!(!world.saw(EventKind::StuckClosed));
}

/// Steps until pack 0 is opened for the current it misses, apart from the other two by so many millivolts.
fn missed_for(milliamps: i32, apart_mv: i32) -> Option<usize> {
    let mut world = running();
    world.says(&[
        (28_000 + apart_mv, milliamps),
        (28_000, -4_500),
        (28_000, -4_500),
    ]);
    let steps = (1..=50).find(|_| {
        world.step();
        world.saw(EventKind::Opened)
    });
    if steps.is_some() {
        assert_eq!(
            world.of_kind(EventKind::Opened),
            [(Some(0), "stuck_open", milliamps, 50)]
        );
    }
    steps
}

#[test]
fn a_missing_current_is_less_than_the_limit_at_more_than_a_tenth_of_a_volt() {
    assert_eq!(missed_for(49, 101), Some(5), "five samples");
    assert_eq!(missed_for(-49, -101), Some(5));
    assert_eq!(missed_for(50, 101), None);
    assert_eq!(missed_for(-50, 101), None);
    assert_eq!(missed_for(49, 100), None);
    assert_eq!(missed_for(49, -100), None);
}

#[test]
fn of_two_packs_that_miss_their_current_alike_the_first_is_opened_and_the_other_watched_anew() {
    let mut world = World::at(&[28.0, 28.0, 28.0, 28.0]);
    world.inputs.bus.load_controllable = false;
    world.load_obeys = false;
    world.load_a = 8.0;
    world.run_ms(5_000);
    assert_eq!(world.closed().len(), 4, "closed in one write");
    world.says(&[(27_880, -4_000), (28_200, 0), (28_200, 0), (27_880, -4_000)]);
    world.run_ms(500);
    assert_eq!(world.closed(), [0, 2, 3]);
    world.run_ms(400);
    assert_eq!(world.closed(), [0, 2, 3]);
    world.step();
    assert_eq!(world.closed(), [0, 3]);
}

#[test]
fn a_stuck_switch_is_cleared_by_a_fresh_current_below_the_leak_and_by_nothing_else() {
    for (milliamps, silent_ms, cleared) in [
        (199, 0, true),
        (200, 0, false),
        (-200, 0, false),
        (0, 400, false),
        (0, 300, true),
    ] {
        let mut world = World::at(&[28.0, 28.0]);
        world.run_ms(5_000);
        world.command(Command::Disable { pack: 1 });
        world.run_ms(1_000);
        world.says(&[(28_000, 0), (28_000, 900)]);
        world.run_ms(3_000);
        assert_eq!(world.state(1), "stuck_closed");
        world.says(&[(28_000, 0), (28_000, milliamps)]);
        world.run_ms(1_000);
        world.packs[1].answers = silent_ms == 0;
        world.run_ms(silent_ms.max(100) - 100);
        world.command(Command::Clear {
            pack: 1,
            fault: Fault::StuckClosed,
        });
        world.step();
        let now = world.state(1) != "stuck_closed";
        assert_eq!(now, cleared, "{milliamps} mA, {silent_ms} ms old");
    }
}

#[test]
fn an_opening_is_confirmed_when_both_the_write_and_the_read_back_are_good() {
    for (write_ok, readback_ok, state) in [
        (false, true, "opening"),
        (true, false, "opening"),
        (true, true, "open"),
    ] {
        let mut world = World::at(&[28.0]);
        world.run_ms(5_000);
        world.command(Command::EStop);
        world.inputs.io.write_ok = write_ok;
        world.inputs.io.readback_ok = readback_ok;
        world.run_ms(1_000);
        assert_eq!(world.state(0), state, "{write_ok} {readback_ok}");
    }
}

#[test]
fn a_missing_current_beside_others_is_not_counted_on_when_the_pack_is_alone() {
    let mut world = running();
    world.says(&[(28_000, 0), (28_200, 0), (28_200, 0)]);
    world.run_ms(300);
    world.command(Command::Disable { pack: 1 });
    world.command(Command::Disable { pack: 2 });
    world.step();
    world.run_ms(1_000);
    assert_eq!(world.closed(), [0], "four of five samples");
    // One that may be connected is there for a single step: that is one sample, not a fifth one.
    world.inputs.packs[2].switch_feedback = Some(SwitchFeedback::Closed);
    world.step();
    world.inputs.packs[2].switch_feedback = None;
    world.run_ms(1_000);
    assert_eq!(world.closed(), [0]);
}
