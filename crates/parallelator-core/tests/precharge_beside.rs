//! Rule D9 beside the other packs: what a pre-charge takes from them, what it hides, and how it ends (I19, I21 and I24).

mod world;

use battery_units::{Milliamps, Milliohms, Millivolts, Permille};
use parallelator_core::*;
use world::{IdealPack, World};

fn command(world: &World, index: usize) -> SwitchCommand {
    world.decision.packs[index].command
}

/// Steps until a switch is told this.
fn run_until(world: &mut World, index: usize, wanted: SwitchCommand) {
    for _ in 0..600 {
        if command(world, index) == wanted {
            return;
        }
        world.step();
    }
    panic!("never {wanted:?}");
}

/// A dead bus and one pack with a resistor of 10 Ω.
fn alone() -> World {
    apart_by(10_000, &[28.0])
}

/// Packs with such a resistor, in mΩ, on a bus of 5 mF.
fn apart_by(r_pre: u32, volts: &[f64]) -> World {
    let params = Params {
        r_pre: Milliohms::new(r_pre),
        ..Params::default()
    };
    let packs = volts.iter().map(|&u| IdealPack::new(u, 0.060)).collect();
    let mut world = World::of(packs, params);
    world.bus_farad = 0.005;
    world
}

/// Two packs that may carry 3 A each hold the bus at `holding`, a third one stands at `other` behind 200 mΩ; whoever uses
/// the limits keeps to them. The largest current of the two, and how many steps were looked at.
fn worst_beside(holding: f64, other: f64, hint: ModeHint) -> (f64, usize) {
    let params = Params {
        r_pre: Milliohms::new(200),
        r_err: Permille::new(50),
        dv_err: Millivolts::new(5),
        ..Params::default()
    };
    let packs = [holding, holding, other].map(|u| IdealPack::new(u, 0.060));
    let mut world = World::of(packs.to_vec(), params);
    world.load_obeys = false;
    world.inputs.bus.mode_hint = hint;
    for pack in &mut world.inputs.packs[..2] {
        pack.gauge.i_dis_max = Some(Milliamps::new(3_000));
        pack.gauge.i_chg_max = Some(Milliamps::new(3_000));
    }
    let (mut worst, mut steps) = (0.0f64, 0);
    for step in 0..200 {
        world.load_a = 0.0;
        world.step();
        if command(&world, 2) != SwitchCommand::Precharge {
            continue;
        }
        steps += 1;
        let drawn = f64::from(world.decision.dcl.get()) / 1_000.0;
        let charged = f64::from(world.decision.ccl.get()) / 1_000.0;
        for load_a in [drawn, 0.0, -charged] {
            let currents = world.currents(load_a);
            worst = worst.max(currents[0].abs()).max(currents[1].abs());
        }
        // Every other step is measured under that load.
        world.load_a = [drawn, -charged, 0.0][step % 3];
        world.step();
    }
    (worst, steps)
}

#[test]
fn limits_leave_room_for_what_a_precharge_takes_or_gives() {
    for (holding, other, hint) in [
        (28.0, 27.4, ModeHint::Discharge),
        (27.4, 28.0, ModeHint::Charge),
    ] {
        let (worst, steps) = worst_beside(holding, other, hint);
        assert!(steps >= 20, "{steps} steps");
        // The limit, and the rounding of the readings.
        assert!((2.0..=3.005).contains(&worst), "{worst} A beside {other} V");
    }
}

#[test]
fn no_precharge_begins_for_which_the_present_load_leaves_no_room() {
    for (load_a, begins) in [(0.0, true), (9.4, false)] {
        let mut world = apart_by(200, &[28.0, 27.4]);
        world.load_obeys = false;
        world.load_a = load_a;
        run_until(&mut world, 0, SwitchCommand::Closed);
        world.events.clear();
        world.run_ms(10_000);
        assert_eq!(world.saw(EventKind::Precharging), begins, "{load_a} A");
    }
}

#[test]
fn a_pack_behind_its_resistor_makes_no_healthy_pack_look_stuck_open() {
    // At rest and equal, the packs on the bus carry less than i_open; the one behind the resistor stands 0.6 V below them.
    for volts in [&[28.0, 27.4][..], &[28.0, 28.0, 27.4]] {
        for measured in [true, false] {
            let mut world = apart_by(20_000, volts);
            world.measures_bus = measured;
            world.run_ms(30_000);
            // The first pack on the dead bus, and three tries of the last one.
            assert_eq!(world.of_kind(EventKind::Precharging).len(), 4);
            assert_eq!(world.closed().len(), volts.len() - 1, "{measured}");
            assert_eq!(world.of_kind(EventKind::Fault), []);
            let opened = world.of_kind(EventKind::Opened);
            assert!(opened.iter().all(|event| event.1 == "precharge"));
        }
    }
}

#[test]
fn the_bus_voltage_is_not_that_of_a_pack_behind_its_resistor() {
    let mut world = apart_by(20_000, &[28.0, 27.4]);
    run_until(&mut world, 1, SwitchCommand::Precharge);
    world.run_ms(500);
    assert_eq!(
        world.decision.bus_voltage.map(Millivolts::get),
        Some(27_998),
        "30 mA through 60 mΩ below pack 0"
    );
}

#[test]
fn a_pack_that_left_its_resistor_holds_the_bus_only_when_its_switch_is_read_back_closed() {
    let mut world = apart_by(20_000, &[28.0, 27.4]);
    run_until(&mut world, 1, SwitchCommand::Precharge);
    world.run_ms(500);
    let bus = |world: &World| world.decision.bus_voltage.map(Millivolts::get);
    world.command(Command::Disable { pack: 1 });
    world.step();
    assert_eq!(world.state(1), "opening");
    assert_eq!(bus(&world), Some(27_998), "nobody confirmed the path open");
    world.run_ms(300);
    assert_eq!(bus(&world), Some(28_000));
    world.inputs.packs[1].switch_feedback = Some(SwitchFeedback::Closed);
    world.step();
    assert_eq!(bus(&world), Some(27_700), "the mean of the two");
}

#[test]
fn every_end_of_a_precharge_has_one_event_with_its_reason() {
    type Ends = fn(&mut World);
    let ends: [(&str, i32, i32, Ends); 5] = [
        ("operator", 0, 0, |world| {
            world.command(Command::Disable { pack: 0 });
        }),
        ("estop", 0, 0, |world| world.inputs.io.estop = true),
        ("hardware_alert", 0, 0, |world| {
            world.inputs.io.alerts = PackSet::EMPTY.with(0);
        }),
        ("over_current_hard", -14_000, -14_000, |world| {
            world.says(&[(28_000, -14_000)]);
        }),
        ("precharge", 1, 3, |world| world.run_ms(1_900)),
    ];
    for (name, value, limit, end) in ends {
        let mut world = alone();
        world.bus_siemens = 1.0;
        run_until(&mut world, 0, SwitchCommand::Precharge);
        world.inputs.io.alerts = PackSet::EMPTY;
        end(&mut world);
        world.step();
        assert_eq!(command(&world, 0), SwitchCommand::Open, "{name}");
        let opened = world.of_kind(EventKind::Opened);
        let [(Some(0), reason, found, against)] = opened[..] else {
            panic!("{name}: {opened:?}");
        };
        assert_eq!(reason, name);
        if name == "over_current_hard" {
            assert_eq!((found, against.abs()), (value, -limit), "{name}");
        } else if name == "precharge" {
            assert_eq!((found, against), (value, limit), "{name}");
        }
    }
}

#[test]
fn a_precharge_ends_when_nobody_measures_its_pack() {
    let mut world = alone();
    world.bus_siemens = 1.0;
    run_until(&mut world, 0, SwitchCommand::Precharge);
    world.packs[0].answers = false;
    // Older than age_hard (1 s) in the eleventh step.
    world.run_ms(1_000);
    assert_eq!(command(&world, 0), SwitchCommand::Precharge);
    world.step();
    assert_eq!(command(&world, 0), SwitchCommand::Open);
    let opened = world.of_kind(EventKind::Opened);
    assert_eq!(opened, [(Some(0), "stale_data", 1_100, 1_000)]);
}

#[test]
fn a_precharge_that_ended_well_and_was_refused_is_one_of_the_three_tries() {
    let mut world = alone();
    world.bus_farad = 0.000_1;
    let at = |tenths| Some(Sample::good(battery_units::DeciCelsius::new(tenths), 0));
    for tries in 1..=3 {
        world.inputs.packs[0].temperature = at(250);
        run_until(&mut world, 0, SwitchCommand::Precharge);
        world.run_ms(400);
        world.events.clear();
        // It is too cold for anything in the step in which it would close.
        world.inputs.packs[0].temperature = at(-250);
        world.step();
        assert_eq!(command(&world, 0), SwitchCommand::Open, "try {tries}");
        assert_eq!(
            world.of_kind(EventKind::Opened),
            [(Some(0), "temperature_window", -250, -200)]
        );
        assert!(!world.saw(EventKind::Precharging), "not in the same step");
        assert_eq!(world.saw(EventKind::Alarm), tries == 3);
    }
    world.inputs.packs[0].temperature = at(250);
    world.run_ms(10_000);
    assert!(!world.saw(EventKind::Closed));
    assert_eq!(world.reason(0), "precharge");
}

#[test]
fn a_jump_of_the_clock_ends_a_precharge_and_is_one_of_the_three_tries() {
    let mut world = alone();
    world.bus_farad = 0.000_1;
    for tries in 1..=3 {
        run_until(&mut world, 0, SwitchCommand::Precharge);
        world.run_ms(400);
        world.events.clear();
        // The clock jumps in the step in which it would close.
        world.step_after(400);
        assert_eq!(command(&world, 0), SwitchCommand::Open, "try {tries}");
        assert_eq!(
            world.of_kind(EventKind::Opened),
            [(Some(0), "clock_jump", 0, 0)]
        );
        assert!(!world.saw(EventKind::Precharging), "not in the same step");
        assert_eq!(world.saw(EventKind::Alarm), tries == 3);
    }
    world.run_ms(10_000);
    assert!(!world.saw(EventKind::Closed));
    assert_eq!(world.reason(0), "precharge");
}

#[test]
fn a_pack_that_must_not_be_charged_does_not_equalise_upwards() {
    for (cold, begins) in [(false, true), (true, false)] {
        let mut world = apart_by(200, &[28.0, 27.4]);
        if cold {
            world.inputs.packs[1].temperature =
                Some(Sample::good(battery_units::DeciCelsius::new(-50), 0));
        }
        run_until(&mut world, 0, SwitchCommand::Closed);
        world.events.clear();
        world.run_ms(2_000);
        assert_eq!(world.saw(EventKind::Precharging), begins, "cold: {cold}");
    }
}

#[test]
fn a_pack_equalises_only_the_way_its_temperature_allows() {
    // Hot packs may not be charged, cold ones not discharged here.
    for (tenths, other, begins) in [
        (500, 27.4, false),
        (500, 28.6, true),
        (-250, 27.4, true),
        (-250, 28.6, false),
    ] {
        let params = Params {
            r_pre: Milliohms::new(200),
            t_chg_min: battery_units::DeciCelsius::new(-300),
            ..Params::default()
        };
        let packs = [28.0, other].map(|u| IdealPack::new(u, 0.060));
        let mut world = World::of(packs.to_vec(), params);
        world.command(Command::Disable { pack: 1 });
        run_until(&mut world, 0, SwitchCommand::Closed);
        world.run_ms(1_000);
        let temperature = battery_units::DeciCelsius::new(tenths);
        world.inputs.packs[1].temperature = Some(Sample::good(temperature, 0));
        world.command(Command::Enable { pack: 1 });
        world.events.clear();
        world.run_ms(200);
        let begun = world.saw(EventKind::Precharging);
        assert_eq!(begun, begins, "{tenths} tenths, {other} V");
    }
}

#[test]
fn a_pack_equalises_only_with_what_it_may_carry_itself() {
    // (600 + 20) mV over 236 mΩ are 2 627 mA, into the pack or out of it.
    for other in [27.4, 28.6] {
        for (limit, begins) in [(2_620, false), (2_640, true)] {
            let mut world = apart_by(200, &[28.0, other]);
            world.command(Command::Disable { pack: 1 });
            run_until(&mut world, 0, SwitchCommand::Closed);
            world.run_ms(1_000);
            let gauge = &mut world.inputs.packs[1].gauge;
            gauge.i_dis_max = Some(Milliamps::new(if other > 28.0 { limit } else { 10_000 }));
            gauge.i_chg_max = Some(Milliamps::new(if other < 28.0 { limit } else { 10_000 }));
            world.command(Command::Enable { pack: 1 });
            world.events.clear();
            world.run_ms(200);
            let begun = world.saw(EventKind::Precharging);
            assert_eq!(begun, begins, "{limit} mA, {other} V");
        }
    }
}

#[test]
fn no_precharge_begins_in_the_step_in_which_another_ends() {
    let mut world = apart_by(200, &[28.0, 27.4, 28.0]);
    run_until(&mut world, 0, SwitchCommand::Precharge);
    world.run_ms(400);
    assert_eq!(command(&world, 0), SwitchCommand::Precharge);
    world.events.clear();
    // Just now a current shows that pack 1 holds the bus: neither of the others fits to it without a resistor.
    world.packs[1].says = Some((27_400, -300));
    world.step();
    assert_eq!(command(&world, 0), SwitchCommand::Open);
    assert_eq!(world.reason(2), "circulating_current");
    assert!(!world.saw(EventKind::Precharging));
}
