//! Rule D3: the temperature and voltage windows, which way a join may push a current, and a bus held by something unknown.

mod world;

use battery_units::{DeciCelsius, Milliamps, Milliohms, Millivolts};
use parallelator_core::*;
use world::{IdealPack, World};

fn at(tenths: i32) -> Option<Sample<DeciCelsius>> {
    Some(Sample::good(DeciCelsius::new(tenths), 0))
}

/// One pack at 28 V and this temperature, that would join an empty bus.
fn alone(tenths: i32, mode_hint: ModeHint) -> World {
    let mut world = World::at(&[28.0]);
    world.inputs.bus.mode_hint = mode_hint;
    world.inputs.packs[0].temperature = at(tenths);
    world.run_ms(2_000);
    world
}

#[test]
fn a_pack_joins_inside_the_temperature_window_of_the_mode() {
    for (mode, tenths, joins, limit) in [
        (ModeHint::Charge, 0, true, 0),
        (ModeHint::Charge, -1, false, 0),
        (ModeHint::Charge, 450, true, 0),
        (ModeHint::Charge, 451, false, 450),
        (ModeHint::Discharge, -200, true, 0),
        (ModeHint::Discharge, -201, false, -200),
        (ModeHint::Discharge, 550, true, 0),
        (ModeHint::Discharge, 551, false, 550),
        (ModeHint::Idle, -200, true, 0),
        (ModeHint::Idle, -201, false, -200),
        (ModeHint::Idle, 551, false, 550),
        (ModeHint::Auto, 550, true, 0),
        (ModeHint::Auto, 551, false, 550),
    ] {
        let world = alone(tenths, mode);
        assert_eq!(world.closed() == [0], joins, "{mode:?} {tenths}");
        if !joins {
            assert_eq!(world.reason(0), "temperature_window");
            let pack = &world.decision.packs[0];
            assert_eq!((pack.value, pack.limit), (tenths, limit), "{mode:?}");
        }
    }
}

#[test]
fn a_thermometer_that_fell_silent_lets_nobody_join() {
    let mut world = alone(200, ModeHint::Idle);
    world.command(Command::Disable { pack: 0 });
    world.run_ms(1_000);
    world.inputs.packs[0].temperature = Some(Sample::default());
    world.run_ms(1_000);
    world.command(Command::Enable { pack: 0 });
    world.run_ms(2_000);
    assert_eq!((world.state(0), world.reason(0)), ("open", "stale_sample"));
    // Silent for three seconds.
    let pack = &world.decision.packs[0];
    assert_eq!((pack.value, pack.limit), (3_000, 300));
}

#[test]
fn an_impossible_temperature_is_no_measurement() {
    // Absolute zero itself is no reading of a working sensor.
    for (tenths, measured) in [(-2_732, false), (-2_731, true), (i32::MIN, false)] {
        let world = alone(tenths, ModeHint::Idle);
        assert_eq!(world.closed().is_empty(), measured, "{tenths}");
    }
}

#[test]
fn a_connected_pack_opens_outside_the_window_of_its_current() {
    for (milliamps, tenths, limit) in [
        (-201, -201, Some(-200)),
        (-201, -200, None),
        (-201, 551, Some(550)),
        (-201, 550, None),
        (201, -1, Some(0)),
        (201, 0, None),
        (201, 451, Some(450)),
        (201, 450, None),
        (200, 900, None),
        (-200, 900, None),
    ] {
        let mut world = World::at(&[28.0, 28.0]);
        world.run_ms(5_000);
        world.events.clear();
        world.says(&[(28_000, milliamps), (28_000, milliamps)]);
        world.inputs.packs[0].temperature = at(tenths);
        world.step();
        let expected: Vec<_> = limit
            .map(|limit| (Some(0), "over_temperature", tenths, limit))
            .into_iter()
            .collect();
        assert_eq!(world.of_kind(EventKind::Opened), expected);
    }
}

/// A pack that tripped at 60 °C and has cooled down for long enough.
fn tripped() -> World {
    let mut world = World::at(&[28.0, 28.0]);
    world.load_a = 2.0;
    world.run_ms(5_000);
    world.inputs.packs[0].temperature = at(600);
    world.step();
    assert_eq!(world.closed(), [1]);
    world.load_a = 0.0;
    world.run_ms(30_000);
    world
}

#[test]
fn a_pack_that_tripped_on_temperature_returns_five_degrees_inside_a_window() {
    // 0 to 45 °C for charging, −20 to 55 °C for discharging.
    for (tenths, returns) in [(501, false), (500, true), (-150, true), (-151, false)] {
        let mut world = tripped();
        world.load_a = 2.0;
        world.inputs.bus.mode_hint = ModeHint::Discharge;
        world.packs[0].u = 28.2;
        world.inputs.packs[0].temperature = at(tenths);
        world.run_ms(2_000);
        let recovered = world.saw(EventKind::Recovered);
        assert_eq!(recovered, returns, "{tenths}");
        assert_eq!(world.closed() == [0, 1], returns, "{tenths}");
    }
}

#[test]
fn a_thermometer_that_fell_silent_is_no_recovery() {
    let mut world = tripped();
    world.inputs.packs[0].temperature = Some(Sample::default());
    world.run_ms(10_000);
    assert_eq!(
        (world.state(0), world.reason(0)),
        ("fault", "over_temperature")
    );
}

#[test]
fn a_pack_that_tripped_on_under_voltage_returns_to_a_bus_that_is_charged() {
    for (mode_hint, millivolts, returns) in [
        (ModeHint::Charge, 21_000, true),
        (ModeHint::Charge, 20_999, false),
        (ModeHint::Idle, 24_999, false),
        (ModeHint::Idle, 25_000, true),
    ] {
        let mut world = World::at(&[28.0]);
        world.run_ms(2_000);
        world.says(&[(20_000, -1_000)]);
        world.step();
        world.events.clear();
        world.inputs.bus.mode_hint = mode_hint;
        world.says(&[(millivolts, 0)]);
        world.run_ms(15_000);
        assert_eq!(
            world.of_kind(EventKind::Recovered).len(),
            usize::from(returns),
            "{mode_hint:?} {millivolts} mV"
        );
    }
}

/// Pack 0 holds the bus; pack 1 is allowed to join now.
fn beside(volts: [f64; 2], mode_hint: ModeHint, tenths: i32) -> World {
    let mut world = World::at(&volts);
    world.inputs.bus.mode_hint = mode_hint;
    world.command(Command::Disable { pack: 1 });
    world.run_ms(2_000);
    assert_eq!(world.closed(), [0]);
    world.inputs.packs[1].temperature = at(tenths);
    world.command(Command::Enable { pack: 1 });
    world.run_ms(2_000);
    world
}

#[test]
fn a_pack_too_cold_to_be_charged_joins_where_it_is_discharged() {
    let world = beside([28.0, 28.2], ModeHint::Idle, -50);
    assert_eq!(world.closed(), [0, 1]);
    let world = beside([28.0, 28.01], ModeHint::Idle, -50);
    assert_eq!(
        world.reason(1),
        "would_charge",
        "the errors could turn it round"
    );
    assert!(world.decision.packs[1].value > 0);
}

#[test]
fn an_empty_pack_joins_only_where_it_is_charged() {
    let world = beside([24.2, 23.95], ModeHint::Charge, 200);
    assert_eq!(world.closed(), [0, 1]);
    let world = beside([23.9, 23.95], ModeHint::Charge, 200);
    assert_eq!(world.reason(1), "would_discharge");
    assert!(world.decision.packs[1].value < 0);
    assert_eq!(world.decision.packs[1].limit, 0);
}

#[test]
fn a_pack_that_may_carry_nothing_the_way_of_the_mode_does_not_join() {
    let none = Some(Milliamps::ZERO);
    for (mode_hint, i_dis_max, i_chg_max, joins) in [
        (ModeHint::Discharge, none, None, false),
        (ModeHint::Discharge, None, none, true),
        (ModeHint::Charge, none, None, true),
        (ModeHint::Charge, None, none, false),
        (ModeHint::Idle, none, none, false),
        (ModeHint::Idle, none, None, true),
        (ModeHint::Idle, None, none, true),
    ] {
        let mut world = World::at(&[28.0]);
        world.inputs.bus.mode_hint = mode_hint;
        world.inputs.packs[0].gauge = Gauge {
            i_dis_max,
            i_chg_max,
            ..Gauge::default()
        };
        world.run_ms(8_000);
        let case = (mode_hint, i_dis_max, i_chg_max);
        assert_eq!(world.closed() == [0], joins, "{case:?}");
        if !joins {
            assert_eq!((world.state(0), world.reason(0)), ("open", "pack_limit"));
        }
        let decision = &world.decision;
        assert_eq!(
            decision.load_permit,
            joins && i_dis_max.is_none(),
            "{case:?}"
        );
        assert_eq!(
            decision.charge_permit,
            joins && i_chg_max.is_none(),
            "{case:?}"
        );
    }
}

/// Packs beside a bus that something unknown holds at 28.05 V.
fn beside_unknown(volts: &[f64]) -> World {
    let mut world = World::at(volts);
    world.inputs.bus.voltage = Some(Millivolts::new(28_050));
    world
}

#[test]
fn nobody_joins_an_unknown_source_that_may_be_charged_only_one_way() {
    let mut world = beside_unknown(&[28.0]);
    world.inputs.packs[0].temperature = at(-50);
    world.run_ms(2_000);
    assert_eq!((world.state(0), world.reason(0)), ("open", "would_charge"));
}

#[test]
fn a_small_pack_does_not_join_a_source_that_could_overload_it() {
    // (50 + 20) mV over 36 mΩ.
    for (milliamps, joins) in [(1_944, false), (1_945, true)] {
        for discharges in [true, false] {
            let mut world = beside_unknown(&[28.0]);
            let own = Some(Milliamps::new(milliamps));
            if discharges {
                world.inputs.packs[0].gauge.i_dis_max = own;
            } else {
                world.inputs.packs[0].gauge.i_chg_max = own;
            }
            world.run_ms(2_000);
            assert_eq!(world.closed() == [0], joins, "{milliamps} mA");
            if !joins {
                let pack = &world.decision.packs[0];
                assert_eq!(pack.reason.code(), "pack_limit");
                assert_eq!((pack.value, pack.limit), (1_945, milliamps));
            }
        }
    }
}

#[test]
fn of_several_packs_the_nearest_joins_an_unknown_source() {
    for (volts, first) in [
        ([28.00, 28.04, 28.10], 1),
        ([28.04, 28.04, 28.04], 0),
        ([28.06, 28.00, 28.04], 0),
    ] {
        let mut world = beside_unknown(&volts);
        while world.closed().is_empty() {
            world.step();
        }
        assert_eq!(world.closed(), [first], "{volts:?}");
    }
}

#[test]
fn a_bus_is_dead_up_to_half_of_the_lowest_voltage() {
    for (millivolts, dead) in [(10_500, true), (10_501, false)] {
        let mut world = World::at(&[28.0]);
        world.inputs.bus.voltage = Some(Millivolts::new(millivolts));
        // Not for longer: a pack that leaves the bus dead is opened again.
        world.run_ms(700);
        assert_eq!(world.closed() == [0], dead, "{millivolts} mV");
        if !dead {
            assert_eq!(world.reason(0), "difference_too_large");
        }
    }
}

#[test]
fn the_current_through_its_own_resistor_is_no_leak_of_a_pack_that_has_come_up() {
    // 28 V through 0.56 Ω and a load of 112 Ω: 249 mA that stay, which leave 140 mV.
    let params = Params {
        r_pre: Milliohms::new(500),
        ..Params::default()
    };
    let mut world = World::of(vec![IdealPack::new(28.0, 0.060)], params);
    world.bus_siemens = 1.0 / 112.0;
    world.run_ms(1_500);
    assert_eq!(world.of_kind(EventKind::Precharging).len(), 1);
    assert_eq!(world.closed(), [0]);
}

/// Pack 0 holds the bus and has this temperature from now on; pack 1 may join, through a resistor of 1 Ω where one is fitted.
fn beside_member(volts: [f64; 2], tenths: i32, params: Params) -> World {
    let packs = volts.map(|u| IdealPack::new(u, 0.060));
    let mut world = World::of(packs.to_vec(), params);
    world.inputs.bus.mode_hint = ModeHint::Idle;
    world.command(Command::Disable { pack: 1 });
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0]);
    world.inputs.packs[0].temperature = at(tenths);
    world.command(Command::Enable { pack: 1 });
    world.events.clear();
    world
}

/// The lowest temperature for charging, and whether a resistor is fitted.
fn charging_from(tenths: i32, fitted: bool) -> Params {
    Params {
        r_pre: Milliohms::new(if fitted { 1_000 } else { 0 }),
        t_chg_min: DeciCelsius::new(tenths),
        ..Params::default()
    }
}

#[test]
fn nobody_joins_who_would_charge_a_member_too_cold_to_be_charged() {
    // A join would push 2.5 A into it.
    let mut world = beside_member([28.0, 28.3], -50, Params::default());
    world.run_ms(2_000);
    assert_eq!(world.closed(), [0]);
    assert_eq!(
        (world.reason(1), world.decision.packs[1].limit),
        ("pack_limit", 0)
    );
    assert!(world.of_kind(EventKind::Opened).is_empty());
}

#[test]
fn nobody_joins_who_would_discharge_an_empty_member() {
    let mut world = World::at(&[23.5, 23.2]);
    world.inputs.bus.mode_hint = ModeHint::Charge;
    world.command(Command::Disable { pack: 1 });
    world.run_ms(2_000);
    assert_eq!(world.closed(), [0]);
    world.command(Command::Enable { pack: 1 });
    let mut least = 0.0f64;
    for _ in 0..20 {
        world.step();
        least = least.min(world.currents(0.0)[0]);
    }
    assert!(least > -0.2, "the member at 23.5 V gave {least} A");
}

#[test]
fn a_pack_equalises_beside_a_member_only_the_way_that_one_allows() {
    // Too far apart for the switch, near enough for the resistor.
    for (tenths, t_chg_min, newcomer, equalises) in [
        // It may not be charged.
        (-50, 0, 28.7, false),
        (-50, 0, 27.3, true),
        // It may not be discharged.
        (-210, -400, 27.3, false),
        (-210, -400, 28.7, true),
        (-190, -400, 27.3, true),
    ] {
        let params = charging_from(t_chg_min, true);
        let mut world = beside_member([28.0, newcomer], tenths, params);
        world.run_ms(1_000);
        let begun = world.saw(EventKind::Precharging);
        assert_eq!(begun, equalises, "{tenths} {newcomer}");
    }
}

#[test]
fn a_rack_too_cold_to_be_charged_permits_no_charging() {
    let mut world = World::at(&[28.0, 28.0]);
    world.inputs.bus.charger_controllable = true;
    for pack in [0, 1] {
        world.inputs.packs[pack].temperature = at(-50);
    }
    world.inputs.bus.mode_hint = ModeHint::Discharge;
    world.load_obeys = false;
    world.load_a = 2.0;
    world.run_ms(10_000);
    assert!(!world.closed().is_empty());
    let (permit, ccl) = (world.decision.charge_permit, world.decision.ccl);
    // The charger does as it is permitted.
    world.load_a = -f64::from(ccl.get()) / 1_000.0;
    world.run_ms(1_000);
    let opened = world.of_kind(EventKind::Opened);
    assert!(
        !permit && ccl == Milliamps::ZERO,
        "CCL {ccl:?}; then {opened:?}"
    );
}

#[test]
fn a_temperature_older_than_age_soft_justifies_no_join() {
    let mut world = World::at(&[28.0]);
    world.inputs.bus.mode_hint = ModeHint::Charge;
    world.inputs.packs[0].temperature = Some(Sample::good(DeciCelsius::new(200), 900));
    world.run_ms(5_000);
    assert!(world.closed().is_empty());
}

#[test]
fn a_full_pack_serves_a_load() {
    // A gauge that says "charge me no further" says nothing against discharging, and alone nothing charges it.
    let mut world = World::at(&[28.9]);
    world.inputs.bus.mode_hint = ModeHint::Discharge;
    world.inputs.packs[0].gauge.i_chg_max = Some(Milliamps::ZERO);
    world.run_ms(60_000);
    assert_eq!(world.closed(), [0], "{}", world.reason(0));
}

#[test]
fn a_pack_too_hot_to_be_charged_is_charged_again_five_degrees_inside_that_window() {
    let mut world = World::at(&[28.0]);
    world.inputs.packs[0].temperature = at(250);
    world.inputs.bus.mode_hint = ModeHint::Charge;
    world.load_obeys = false;
    world.run_ms(10_000);
    world.load_a = -5.0;
    world.run_ms(3_000);
    assert_eq!(world.closed(), [0]);
    world.inputs.packs[0].temperature = at(451);
    world.run_ms(1_000);
    assert!(world.closed().is_empty());
    world.inputs.packs[0].temperature = at(449);
    world.run_ms(60_000);
    let charged = !world.closed().is_empty() && world.decision.charge_permit;
    assert!(!charged, "0.1 °C inside: {}", world.reason(0));
    world.inputs.packs[0].temperature = at(400);
    world.run_ms(60_000);
    assert_eq!(world.closed(), [0], "{}", world.reason(0));
}

#[test]
fn a_rack_of_full_packs_starts_for_a_load_that_obeys_nobody() {
    for load_controllable in [true, false] {
        for volts in [&[28.0][..], &[28.0, 28.0]] {
            let mut world = World::at(volts);
            world.inputs.bus.load_controllable = load_controllable;
            world.inputs.bus.mode_hint = ModeHint::Discharge;
            for pack in &mut world.inputs.packs {
                pack.gauge.i_chg_max = Some(Milliamps::ZERO);
            }
            world.run_ms(30_000);
            assert!(
                !world.closed().is_empty(),
                "controllable {load_controllable}, {volts:?}: {}",
                world.reason(0)
            );
        }
    }
}

#[test]
fn a_newcomer_may_stand_just_so_far_from_a_member_that_no_error_turns_the_current_round() {
    // Two voltages are told apart to 20 mV. At -5 °C nobody may be charged, at -21 °C nobody discharged.
    for (tenths, newcomer, joins) in [
        (-50, 27.980, true),
        (-50, 27.981, false),
        (-210, 28.020, true),
        (-210, 28.019, false),
    ] {
        let params = charging_from(if tenths == -50 { 0 } else { -400 }, false);
        let mut world = beside_member([28.0, newcomer], tenths, params);
        world.step();
        assert_eq!(world.closed() == [0, 1], joins, "{tenths} {newcomer}");
        if !joins {
            assert_eq!(world.reason(1), "pack_limit");
            assert_eq!(world.decision.packs[1].limit, 0);
        }
    }
}

#[test]
fn an_open_pack_that_is_too_cold_keeps_nobody_from_being_charged() {
    let mut world = World::at(&[28.0, 28.0]);
    world.inputs.bus.charger_controllable = true;
    world.inputs.packs[0].temperature = at(-50);
    world.command(Command::Disable { pack: 0 });
    world.run_ms(10_000);
    assert_eq!(world.closed(), [1]);
    assert!(world.decision.charge_permit);
}

/// A pack that carried too much in its temperature and has joined again, with this temperature now.
fn forgiven_at(fault: Fault, tenths: i32) -> World {
    let mut world = World::at(&[28.0]);
    world.inputs.packs[0].temperature = at(250);
    world.run_ms(10_000);
    world.load_obeys = false;
    world.load_a = -5.0;
    world.run_ms(3_000);
    if fault == Fault::OverTemperature {
        world.inputs.packs[0].temperature = at(451);
    } else {
        world.packs[0].says = Some((20_500, 0));
    }
    world.run_ms(1_000);
    let opened = world.of_kind(EventKind::Opened);
    assert_eq!(opened[0].1, fault.code());
    world.load_a = 0.0;
    world.packs[0].says = None;
    world.inputs.packs[0].temperature = at(250);
    world.run_ms(60_000);
    assert_eq!(
        (world.closed(), world.decision.packs[0].score),
        (vec![0], 1)
    );
    world.inputs.packs[0].temperature = at(tenths);
    world.run_ms(1_000);
    world
}

#[test]
fn the_hysteresis_lasts_until_the_fault_is_forgiven_and_is_for_that_fault_alone() {
    let mut world = forgiven_at(Fault::OverTemperature, 401);
    assert!(!world.decision.charge_permit, "within 5 °C of the end");
    assert!(
        forgiven_at(Fault::OverTemperature, 400)
            .decision
            .charge_permit
    );
    assert!(
        forgiven_at(Fault::UnderVoltageAbs, 449)
            .decision
            .charge_permit
    );
    // An hour of health forgives it.
    world.run_ms(3_600_000);
    assert_eq!(world.decision.packs[0].score, 0);
    world.inputs.packs[0].temperature = at(400);
    world.step();
    world.inputs.packs[0].temperature = at(449);
    world.run_ms(1_000);
    assert!(world.decision.charge_permit);
}
