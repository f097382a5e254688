//! Rule D9: the bus is charged through a resistor before a switch closes, where such a path is fitted.

mod world;

use battery_units::{Milliohms, Millivolts};
use parallelator_core::*;
use world::{IdealPack, World};

/// Packs with a resistor of 10 Ω each, on a bus of 20 mF.
fn fitted(volts: &[f64]) -> World {
    let params = Params {
        r_pre: Milliohms::new(10_000),
        ..Params::default()
    };
    let packs = volts.iter().map(|&u| IdealPack::new(u, 0.060)).collect();
    let mut world = World::of(packs, params);
    world.bus_farad = 0.020;
    world
}

fn command(world: &World, index: usize) -> SwitchCommand {
    world.decision.packs[index].command
}

/// Steps until a switch is told what it has not been told before; how long that took.
fn ms_until(world: &mut World, index: usize, wanted: SwitchCommand) -> u64 {
    let start = world.now_ms;
    while command(world, index) != wanted {
        world.step();
        assert!(world.now_ms - start < 60_000, "never {wanted:?}");
    }
    world.now_ms - start
}

#[test]
fn a_dead_bus_is_charged_through_the_resistor_first() {
    for measured in [true, false] {
        let mut world = fitted(&[28.0]);
        world.measures_bus = measured;
        ms_until(&mut world, 0, SwitchCommand::Precharge);
        assert_eq!(
            (world.state(0), world.reason(0)),
            ("precharge", "precharging")
        );
        assert!(!world.saw(EventKind::Closed));
        assert!(world.closed().is_empty());
        let mut bus = 0.0;
        let start = world.now_ms;
        while !world.saw(EventKind::Closed) {
            bus = world.bus_v;
            world.step();
        }
        // 5 A through 36 mΩ are 180 mV, of which 20 mV are the measuring error: 5.2 times 0.2 s.
        assert!(
            bus > 26.0 && world.bus_v > 27.8,
            "{bus} V, {} V",
            world.bus_v
        );
        let lasted = world.now_ms - start;
        assert!((1_000..=1_300).contains(&lasted), "{lasted} ms");
        assert_eq!(
            world.of_kind(EventKind::Precharging),
            [(Some(0), "precharging", 0, 5_000)]
        );
        world.run_ms(1_000);
        assert_eq!(world.state(0), "closed");
    }
}

#[test]
fn a_rack_without_a_resistor_closes_at_once() {
    let mut world = World::at(&[28.0]);
    world.run_ms(5_000);
    assert!(!world.saw(EventKind::Precharging));
    assert_eq!(world.closed(), [0]);
}

#[test]
fn a_precharge_tells_how_long_it_may_still_last() {
    let mut world = fitted(&[28.0]);
    world.bus_siemens = 1.0;
    ms_until(&mut world, 0, SwitchCommand::Precharge);
    for left in [1_900, 1_800, 1_700] {
        world.step();
        assert_eq!(world.decision.packs[0].eligible_in_ms, Some(left));
    }
}

#[test]
fn it_does_not_end_before_the_switches_have_settled() {
    let mut world = fitted(&[28.0]);
    world.bus_farad = 0.000_1;
    ms_until(&mut world, 0, SwitchCommand::Precharge);
    assert_eq!(ms_until(&mut world, 0, SwitchCommand::Closed), 500);
}

#[test]
fn a_bus_that_does_not_come_up_is_tried_three_times_and_then_left_alone() {
    let mut world = fitted(&[28.0]);
    world.bus_siemens = 1.0;
    let mut tries = Vec::new();
    for _ in 0..600 {
        let before = command(&world, 0);
        world.step();
        match (before, command(&world, 0)) {
            (SwitchCommand::Open, SwitchCommand::Precharge) => tries.push((world.now_ms, 0)),
            (SwitchCommand::Precharge, SwitchCommand::Open) => {
                tries.last_mut().unwrap().1 = world.now_ms;
            }
            _ => {}
        }
    }
    assert_eq!(tries.len(), 3);
    for (begun, ended) in tries {
        assert_eq!(ended - begun, 2_000);
    }
    assert!(
        !world.saw(EventKind::Closed),
        "nobody closes onto such a bus"
    );
    assert_eq!((world.state(0), world.reason(0)), ("open", "precharge"));
    let told = world.decision.explain(0).unwrap();
    let fault = Fault::Precharge;
    assert_eq!(told.remedy, Remedy::Clear { fault });
    assert_eq!((told.value, told.limit), (3, 3));
    assert_eq!(
        world.of_kind(EventKind::Alarm),
        [(Some(0), "precharge", 3, 3)]
    );
}

#[test]
fn a_clear_command_that_names_it_lets_a_pack_try_again() {
    let mut world = fitted(&[28.0]);
    world.bus_siemens = 1.0;
    world.run_ms(1_000);
    world.command(Command::Clear {
        pack: 0,
        fault: Fault::Precharge,
    });
    world.step();
    assert!(
        world.saw(EventKind::CommandRefused),
        "there is nothing to forgive yet"
    );
    world.run_ms(30_000);
    world.bus_siemens = 0.0;
    world.run_ms(30_000);
    assert!(!world.saw(EventKind::Closed), "time does not forgive it");
    world.command(Command::Clear {
        pack: 0,
        fault: Fault::Precharge,
    });
    world.run_ms(5_000);
    assert_eq!(
        world.of_kind(EventKind::Cleared),
        [(Some(0), "precharge", 0, 0)]
    );
    assert_eq!(
        world.of_kind(EventKind::AlarmOver),
        [(Some(0), "precharge", 0, 0)]
    );
    assert_eq!(world.closed(), [0]);
}

#[test]
fn a_pack_that_gave_up_joins_a_bus_that_another_brought_up() {
    let mut world = fitted(&[28.0, 27.9]);
    world.bus_siemens = 1.0;
    while world.of_kind(EventKind::Alarm).is_empty() {
        world.step();
    }
    world.bus_siemens = 0.0;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1]);
    let closed: Vec<_> = world.of_kind(EventKind::Closed);
    assert_eq!((closed[0].0, closed[1].0), (Some(1), Some(0)));
    assert_eq!(
        world.of_kind(EventKind::AlarmOver),
        [(Some(0), "precharge", 0, 0)]
    );
}

#[test]
fn a_pack_that_gave_up_leaves_the_bus_to_others_and_their_resistors() {
    let mut world = fitted(&[28.0, 27.9]);
    world.bus_siemens = 1.0;
    world.run_ms(30_000);
    assert!(!world.saw(EventKind::Closed));
    let tried: Vec<_> = world.of_kind(EventKind::Precharging);
    assert_eq!(tried.iter().filter(|event| event.0 == Some(0)).count(), 3);
    assert_eq!(tried.iter().filter(|event| event.0 == Some(1)).count(), 3);
}

#[test]
fn nobody_else_joins_while_the_bus_is_charged() {
    let mut world = fitted(&[28.0, 28.0, 28.0]);
    let first = loop {
        world.step();
        let precharges = |index: &usize| command(&world, *index) == SwitchCommand::Precharge;
        if let Some(index) = (0..3).find(precharges) {
            break index;
        }
    };
    while command(&world, first) == SwitchCommand::Precharge {
        for index in (0..3).filter(|index| *index != first) {
            assert_eq!(command(&world, index), SwitchCommand::Open);
        }
        assert!(!world.decision.load_permit && !world.decision.charge_permit);
        world.step();
    }
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    assert_eq!(world.of_kind(EventKind::Precharging).len(), 1);
}

#[test]
fn a_set_that_closes_at_once_lets_one_of_it_charge_the_bus() {
    let mut world = fitted(&[28.00, 28.03, 28.01]);
    world.inputs.bus.load_controllable = false;
    world.load_obeys = false;
    while world.closed().is_empty() {
        world.step();
        let through_resistor = (0..3)
            .filter(|&index| command(&world, index) == SwitchCommand::Precharge)
            .count();
        assert!(through_resistor <= 1);
    }
    assert_eq!(world.closed(), [0, 1, 2], "in one write");
    assert_eq!(world.of_kind(EventKind::Precharging).len(), 1);
}

#[test]
fn the_operator_a_fault_and_a_shut_off_end_it_at_once() {
    type Ends = fn(&mut World);
    let ends: [(&str, Ends); 4] = [
        ("operator", |world| {
            world.command(Command::Disable { pack: 0 });
        }),
        ("stop", |world| world.inputs.io.estop = true),
        ("alert", |world| {
            world.inputs.io.alerts = PackSet::EMPTY.with(0);
        }),
        ("over-current", |world| world.says(&[(28_000, -14_000)])),
    ];
    for (name, end) in ends {
        let mut world = fitted(&[28.0]);
        ms_until(&mut world, 0, SwitchCommand::Precharge);
        world.step();
        end(&mut world);
        world.step();
        assert_eq!(command(&world, 0), SwitchCommand::Open, "{name}");
        world.run_ms(1_000);
        assert!(!world.saw(EventKind::Closed), "{name}");
    }
}

#[test]
fn a_pack_that_nobody_measures_does_not_close_after_its_precharge() {
    let mut world = fitted(&[28.0]);
    ms_until(&mut world, 0, SwitchCommand::Precharge);
    world.run_ms(800);
    world.packs[0].answers = false;
    world.run_ms(1_500);
    assert!(!world.saw(EventKind::Closed));
    assert_eq!(command(&world, 0), SwitchCommand::Open);
}

/// A rack in which pack 0 holds the bus and pack 1 stands 0.6 V below it.
fn apart() -> World {
    let mut world = fitted(&[28.0, 27.4]);
    world.measures_bus = true;
    ms_until(&mut world, 0, SwitchCommand::Closed);
    world.events.clear();
    world
}

#[test]
fn a_pack_too_far_from_a_live_bus_equalises_through_its_resistor() {
    let mut world = apart();
    ms_until(&mut world, 1, SwitchCommand::Precharge);
    // (600 + 20) mV over 72 mΩ; the pre-charge of pack 0 was a load step that has shown a little of its path.
    let begun = world.of_kind(EventKind::Precharging);
    assert_eq!(
        (begun[0].0, begun[0].1, begun[0].3),
        (Some(1), "precharging", 5_000)
    );
    assert!((7_500..=8_612).contains(&begun[0].2), "{}", begun[0].2);
    world.run_ms(700);
    assert_eq!(command(&world, 1), SwitchCommand::Precharge);
    world.packs[1].u = 27.9;
    world.step();
    assert_eq!(world.closed(), [0, 1], "near enough now");
    assert!(world.circulation_ma() < 5_000.0);
}

#[test]
fn a_pack_that_does_not_come_near_is_left_alone_after_three_tries() {
    let mut world = apart();
    world.run_ms(30_000);
    assert_eq!(world.closed(), [0]);
    assert_eq!(world.of_kind(EventKind::Precharging).len(), 3);
    assert_eq!(
        world.of_kind(EventKind::Alarm),
        [(Some(1), "precharge", 3, 3)]
    );
    assert_eq!(
        (world.state(1), world.reason(1)),
        ("open", "circulating_current")
    );
}

#[test]
fn a_resistor_that_would_let_too_much_through_is_not_used() {
    // (600 + 20) mV over 72 mΩ and 50 mΩ are still more than 5 A; with 60 mΩ they are less.
    for (r_pre, used) in [(50, false), (60, true)] {
        let params = Params {
            r_pre: Milliohms::new(r_pre),
            ..Params::default()
        };
        let packs = vec![IdealPack::new(28.0, 0.060), IdealPack::new(27.4, 0.060)];
        let mut world = World::of(packs, params);
        ms_until(&mut world, 0, SwitchCommand::Closed);
        world.events.clear();
        world.run_ms(1_500);
        assert_eq!(world.saw(EventKind::Precharging), used, "{r_pre} mΩ");
    }
}

#[test]
fn a_refusal_for_another_reason_is_nothing_a_resistor_can_help() {
    let mut world = fitted(&[28.0, 26.5]);
    ms_until(&mut world, 0, SwitchCommand::Closed);
    world.events.clear();
    world.run_ms(5_000);
    assert_eq!(world.reason(1), "difference_too_large");
    assert!(!world.saw(EventKind::Precharging));
}

#[test]
fn a_pack_that_closed_has_all_its_tries_again() {
    let mut world = fitted(&[28.0]);
    world.bus_siemens = 1.0;
    ms_until(&mut world, 0, SwitchCommand::Precharge);
    ms_until(&mut world, 0, SwitchCommand::Open);
    world.bus_siemens = 0.0;
    ms_until(&mut world, 0, SwitchCommand::Closed);
    world.command(Command::Disable { pack: 0 });
    world.run_ms(1_000);
    world.events.clear();
    world.bus_siemens = 1.0;
    world.command(Command::Enable { pack: 0 });
    world.run_ms(30_000);
    assert_eq!(world.of_kind(EventKind::Precharging).len(), 3);
}

#[test]
fn the_measured_bus_says_whether_it_has_come_up() {
    // The bus meter stays at zero: the current through the resistor alone would say otherwise.
    let mut world = fitted(&[28.0]);
    world.inputs.bus.voltage = Some(Millivolts::ZERO);
    world.run_ms(30_000);
    assert!(!world.saw(EventKind::Closed));
}

#[test]
fn a_pack_that_gave_up_closes_at_once_where_no_resistor_is_fitted_any_more() {
    let mut world = fitted(&[28.0]);
    world.bus_siemens = 1.0;
    world.run_ms(30_000);
    assert_eq!(world.reason(0), "precharge");
    world.inputs.new_params = Some(Params::default());
    world.run_ms(1_000);
    assert_eq!(world.closed(), [0]);
}

#[test]
fn its_times_are_over_when_they_are_over_and_not_a_millisecond_before() {
    let mut quick = fitted(&[28.0]);
    quick.bus_farad = 0.000_1;
    ms_until(&mut quick, 0, SwitchCommand::Precharge);
    quick.run_ms(400);
    quick.step_after(99);
    assert_eq!(command(&quick, 0), SwitchCommand::Precharge);
    quick.step_after(1);
    assert_eq!(command(&quick, 0), SwitchCommand::Closed);
    let mut slow = fitted(&[28.0]);
    slow.bus_siemens = 1.0;
    ms_until(&mut slow, 0, SwitchCommand::Precharge);
    slow.run_ms(1_900);
    slow.step_after(99);
    assert_eq!(command(&slow, 0), SwitchCommand::Precharge);
    slow.step_after(1);
    assert_eq!(command(&slow, 0), SwitchCommand::Open);
}

#[test]
fn a_pack_that_came_up_and_is_refused_is_opened_like_any_other() {
    let mut world = fitted(&[28.0]);
    world.bus_farad = 0.000_1;
    ms_until(&mut world, 0, SwitchCommand::Precharge);
    world.run_ms(400);
    // The clock jumps in the step in which it would close.
    world.step_after(400);
    assert_eq!(command(&world, 0), SwitchCommand::Open);
    assert_eq!(world.state(0), "opening", "until that is read back");
    ms_until(&mut world, 0, SwitchCommand::Closed);
    assert_eq!(world.of_kind(EventKind::Precharging).len(), 2);
}

/// A pack with a resistor of 10 Ω before a load that holds the bus down.
fn held_down() -> World {
    let params = Params {
        r_pre: Milliohms::new(10_000),
        ..Params::default()
    };
    let mut world = World::of(vec![IdealPack::new(28.0, 0.060)], params);
    world.measures_bus = true;
    world.bus_siemens = 0.1;
    world
}

#[test]
fn a_gap_between_two_steps_does_not_prolong_a_precharge() {
    // The loop stands still for ten seconds.
    let mut world = held_down();
    while !world.saw(EventKind::Precharging) {
        world.step();
    }
    world.step_after(10_000);
    assert_eq!(
        world.decision.packs[0].command,
        SwitchCommand::Open,
        "ten seconds on a resistor that is meant for two"
    );
}

#[test]
fn clearing_a_precharge_does_not_forgive_another_fault() {
    let mut world = held_down();
    world.run_ms(60_000);
    assert_eq!(world.reason(0), "precharge");
    // The open pack shows an over-voltage, which latches.
    world.packs[0].u = 30.1;
    world.run_ms(1_000);
    assert_eq!(
        (world.state(0), world.decision.packs[0].score),
        ("latched", 1)
    );
    world.command(Command::Clear {
        pack: 0,
        fault: Fault::Precharge,
    });
    world.step();
    assert_eq!(
        (world.state(0), world.decision.packs[0].score),
        ("latched", 1)
    );
}
