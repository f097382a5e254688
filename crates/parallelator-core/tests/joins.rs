//! Rules D1 to D8: which pack joins, when, and what the others are told.

mod world;

use battery_units::{MilliampHours, Milliamps, Millivolts, Permille};
use parallelator_core::*;
use world::{IdealPack, World};

#[test]
fn packs_as_far_apart_as_in_the_original_accident_are_never_joined() {
    // 25.0 V and 29.5 V, present at start (defects D-1 and D-2 of the original firmware).
    let mut world = World::at(&[25.0, 29.5]);
    for _ in 0..6_000 {
        world.step();
        assert!(world.closed().len() <= 1);
    }
    assert_eq!(world.closed(), [1], "the fuller pack holds the bus");
    let refused = &world.decision.packs[0];
    assert_eq!(refused.reason.code(), "difference_too_large");
    assert_eq!((refused.value, refused.limit), (4_500, 1_000));
    assert!(refused.predicted > Some(Milliamps::new(50_000)));
}

#[test]
fn nothing_closes_before_five_good_samples_and_a_confirmed_read_back() {
    let mut world = World::at(&[28.0, 28.0]);
    world.inputs.io.readback_ok = true;
    for _ in 0..4 {
        world.step();
        assert!(world.closed().is_empty());
        assert_eq!(world.decision.system, SystemState::Boot);
    }
    world.step();
    assert_eq!(world.closed().len(), 1);
}

#[test]
fn without_a_read_back_nothing_ever_closes() {
    let mut world = World::at(&[28.0, 28.0]);
    world.inputs.io.readback_ok = false;
    world.run_ms(60_000);
    assert!(!world.saw(EventKind::Closed));
    assert_eq!(world.decision.system, SystemState::SafeOff);
    assert_eq!(
        world.reason(0),
        "boot",
        "the switch was never confirmed open"
    );
}

#[test]
fn healthy_packs_join_one_by_one_each_after_the_last_has_settled() {
    let mut world = World::at(&[28.00, 28.05, 28.02, 28.08]);
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1, 2, 3]);
    let joins: Vec<u64> = world
        .events
        .iter()
        .filter(|event| event.kind == EventKind::Closed)
        .map(|event| event.now_ms)
        .collect();
    assert_eq!(joins.len(), 4);
    for pair in joins.windows(2) {
        assert!(pair[1] - pair[0] >= 500, "{joins:?}");
    }
    assert_eq!(world.reason(0), "connected");
}

#[test]
fn the_first_pack_on_a_dead_bus_follows_the_mode() {
    for (hint, first) in [
        (ModeHint::Auto, 2),
        (ModeHint::Discharge, 2),
        (ModeHint::Charge, 0),
        (ModeHint::Idle, 1),
    ] {
        let mut world = World::at(&[28.00, 28.08, 28.16]);
        world.inputs.bus.mode_hint = hint;
        world.run_ms(500);
        assert_eq!(world.closed(), [first], "{hint:?}");
    }
}

#[test]
fn an_idle_bus_starts_with_the_set_that_has_the_most_capacity() {
    // Two groups that do not fit together: three small packs low, two large ones high.
    let mut world = World::at(&[27.00, 27.02, 27.04, 28.50, 28.52]);
    world.inputs.bus.mode_hint = ModeHint::Idle;
    for (pack, mah) in world
        .inputs
        .packs
        .iter_mut()
        .zip([10_000, 10_000, 10_000, 20_000, 20_000])
    {
        pack.gauge.capacity = Some(MilliampHours::new(mah));
    }
    world.run_ms(10_000);
    assert_eq!(world.closed(), [3, 4]);
    assert_eq!(world.reason(0), "difference_too_large");
}

#[test]
fn discharging_starts_from_the_top_unless_that_cannot_carry_the_expected_load() {
    let volts = [27.00, 27.02, 27.04, 27.06, 28.50];
    let mut from_top = World::at(&volts);
    from_top.inputs.bus.mode_hint = ModeHint::Discharge;
    from_top.run_ms(10_000);
    assert_eq!(from_top.closed(), [4]);

    let params = Params {
        i_load_expect: Milliamps::new(15_000),
        ..Params::default()
    };
    let packs = volts.iter().map(|&u| IdealPack::new(u, 0.060)).collect();
    let mut enough = World::of(packs, params);
    enough.inputs.bus.mode_hint = ModeHint::Discharge;
    enough.run_ms(10_000);
    assert_eq!(enough.closed(), [0, 1, 2, 3]);
}

#[test]
fn a_load_that_no_set_carries_is_given_the_set_with_most_charge_left() {
    let volts = [25.00, 25.02, 25.04, 28.00, 28.02];
    let params = Params {
        i_load_expect: Milliamps::new(60_000),
        ..Params::default()
    };
    let packs = || volts.iter().map(|&u| IdealPack::new(u, 0.060)).collect();
    let mut world = World::of(packs(), params);
    world.inputs.bus.mode_hint = ModeHint::Discharge;
    world.run_ms(10_000);
    // Three packs 1 V above the soft trip, or two packs 4 V above it.
    assert_eq!(world.closed(), [3, 4]);

    let mut gauged = World::of(packs(), params);
    gauged.inputs.bus.mode_hint = ModeHint::Discharge;
    for (pack, soc) in gauged
        .inputs
        .packs
        .iter_mut()
        .zip([500, 500, 500, 600, 600])
    {
        pack.gauge.soc = Some(Permille::new(soc));
    }
    gauged.run_ms(10_000);
    // 150 % of a pack, or 120 %.
    assert_eq!(gauged.closed(), [0, 1, 2]);
}

#[test]
fn the_pack_that_disturbs_least_joins_next() {
    let mut world = World::at(&[28.00, 28.10, 28.04]);
    world.inputs.bus.mode_hint = ModeHint::Charge;
    world.run_ms(10_000);
    let order: Vec<_> = world
        .events
        .iter()
        .filter(|event| event.kind == EventKind::Closed)
        .map(|event| event.pack.unwrap())
        .collect();
    assert_eq!(order, [0, 2, 1]);
}

#[test]
fn the_voltage_difference_is_a_barrier_of_its_own_on_both_sides() {
    // Resistances so large that the predicted current alone would let every pack in.
    let params = Params {
        r_nom: battery_units::Milliohms::new(500),
        i_dis_max: Milliamps::new(1_000),
        i_chg_max: Milliamps::new(1_000),
        i_circ_max: Milliamps::new(1_000),
        r_err: battery_units::Permille::new(50),
        dv_max: Millivolts::new(500),
        ..Params::default()
    };
    for other in [27.4, 28.6] {
        let packs = vec![IdealPack::new(28.0, 0.5), IdealPack::new(other, 0.5)];
        let mut world = World::of(packs, params);
        world.run_ms(5_000);
        assert_eq!(world.closed().len(), 1);
        let waiting = usize::from(world.closed() == [0]);
        assert_eq!(world.reason(waiting), "difference_too_large");
        assert!(world.decision.packs[waiting].predicted.unwrap() < params.i_circ_max);
    }
}

#[test]
fn a_join_is_refused_while_the_load_hides_the_difference() {
    // Under 9 A the loaded pack sags to the level of the lower one; their open-circuit voltages differ by 0.54 V.
    let mut world = World::at(&[28.54, 28.00]);
    world.inputs.bus.mode_hint = ModeHint::Discharge;
    world.load_a = 9.0;
    world.run_ms(20_000);
    assert_eq!(world.closed(), [0]);
    let measured =
        world.inputs.packs[0].voltage.value.get() - world.inputs.packs[1].voltage.value.get();
    assert!(
        measured.abs() < 5,
        "the terminals look alike: {measured} mV"
    );
    assert_eq!(world.reason(1), "circulating_current");
}

#[test]
fn a_join_that_would_overload_a_small_pack_at_the_present_load_is_refused() {
    // Three equal packs share 3 A either way; the third may carry 500 mA only.
    for (load, mode) in [(3.0, ModeHint::Discharge), (-3.0, ModeHint::Charge)] {
        let mut world = World::at(&[27.0, 27.0, 27.0]);
        world.inputs.bus.mode_hint = mode;
        world.inputs.packs[2].gauge.i_dis_max = Some(Milliamps::new(500));
        world.inputs.packs[2].gauge.i_chg_max = Some(Milliamps::new(500));
        world.command(Command::Disable { pack: 2 });
        world.load_a = load;
        world.run_ms(10_000);
        world.command(Command::Enable { pack: 2 });
        world.run_ms(2_000);
        assert_eq!(world.closed(), [0, 1], "{mode:?}");
        assert_eq!(world.reason(2), "pack_limit");
        let refused = &world.decision.packs[2];
        assert_eq!(refused.limit, if load > 0.0 { -500 } else { 500 });
        // Its share is 1 A with equal paths, and up to 1.6 A for the best path of the band beside the worst; and what the
        // voltages may be wrong comes on top.
        assert!(
            (1_000..=2_700).contains(&refused.value.abs()),
            "{} mA",
            refused.value
        );
        world.load_a = 0.0;
        world.run_ms(2_000);
        assert_eq!(world.closed(), [0, 1, 2], "without a load it joins");
    }
}

#[test]
fn what_was_known_at_the_join_widens_with_the_charge_that_has_flowed() {
    // Pack 0 sags by 0.1 V under load while its resistance is at the lower end of the band, so that V − I R alone would
    // allow its old voltage. Against that old voltage pack 1 would seem near enough; in truth 5.1 A would flow.
    let packs = vec![IdealPack::new(28.0, 0.036), IdealPack::new(28.27, 0.036)];
    let mut world = World::of(packs, Params::default());
    world.inputs.bus.mode_hint = ModeHint::Discharge;
    world.load_a = 5.0;
    world.command(Command::Disable { pack: 1 });
    for _ in 0..600 {
        world.step();
        world.packs[0].u -= 0.1 / 600.0;
    }
    world.command(Command::Enable { pack: 1 });
    for step in 0..600 {
        if step == 300 {
            world.load_a = 0.0;
        }
        world.step();
        assert!(
            world.circulation_ma() <= 5_000.0,
            "{} mA",
            world.circulation_ma()
        );
    }
}

#[test]
fn the_planned_set_joins_before_a_nearer_pack_that_is_not_in_it() {
    // The last pack brings the most capacity; the first one is nearer to the others but does not fit with it.
    let mut world = World::at(&[27.08, 27.10, 27.20, 27.34]);
    world.inputs.bus.mode_hint = ModeHint::Idle;
    for (pack, mah) in world
        .inputs
        .packs
        .iter_mut()
        .zip([10_000, 10_000, 10_000, 20_000])
    {
        pack.gauge.capacity = Some(MilliampHours::new(mah));
    }
    world.run_ms(10_000);
    assert_eq!(world.closed(), [1, 2, 3]);
}

#[test]
fn an_empty_pack_stops_the_load_and_a_full_one_the_charger_each_with_a_hysteresis() {
    let mut world = World::at(&[26.0]);
    world.run_ms(5_000);
    assert!(world.decision.load_permit && world.decision.charge_permit);
    let mut at = |volts: f64| {
        world.packs[0].u = volts;
        world.run_ms(1_500);
        (world.decision.load_permit, world.decision.charge_permit)
    };
    assert_eq!(at(24.01), (true, true));
    assert_eq!(at(24.00), (false, true), "at v_uv");
    assert_eq!(at(24.99), (false, true), "below v_uv_rec");
    assert_eq!(at(25.00), (true, true));
    assert_eq!(at(29.59), (true, true));
    assert_eq!(at(29.60), (true, false), "at v_ov");
    assert_eq!(at(29.01), (true, false), "above v_ov_rec");
    assert_eq!(at(29.00), (true, true));
}

#[test]
fn a_pack_with_current_through_its_open_switch_is_not_joined() {
    let mut core = Core::<1>::new(1, Params::default()).unwrap();
    let mut inputs = Inputs::default();
    inputs.packs[0].voltage = Sample::good(Millivolts::new(28_000), 0);
    for tick in 0..30 {
        let leak = if tick < 3 { 0 } else { -1_000 };
        inputs.packs[0].current = Sample::good(Milliamps::new(leak), 0);
        let decision = core.step(tick * 100, &inputs);
        assert_eq!(
            decision.packs[0].command,
            SwitchCommand::Open,
            "tick {tick}"
        );
        if tick == 4 {
            assert_eq!(decision.packs[0].reason.code(), "current_while_open");
        }
    }
}

#[test]
fn the_load_is_permitted_only_after_the_packs_were_gathered() {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    while world.closed().len() < 3 {
        world.step();
        assert!(!world.decision.load_permit, "at {} ms", world.now_ms);
    }
    world.run_ms(1_000);
    assert!(world.decision.load_permit);
    // The worst of three may take 1/0.6 against twice 1/1.4 of the current: 9 666 mA of headroom over a share of 53.8 %.
    assert_eq!(world.decision.dcl.get() / 100, 179);
    assert!(world.decision.charge_permit);
}

#[test]
fn a_load_that_cannot_be_withheld_gets_the_whole_set_in_one_step() {
    let mut world = World::at(&[28.00, 28.03, 28.06, 25.00]);
    world.inputs.bus.load_controllable = false;
    world.load_obeys = false;
    while world.closed().is_empty() {
        world.step();
    }
    assert_eq!(world.closed(), [0, 1, 2]);
    assert!(world.circulation_ma() <= 5_000.0);
}

#[test]
fn a_load_that_the_set_cannot_carry_keeps_the_bus_dead_and_says_so() {
    let params = Params {
        i_load_expect: Milliamps::new(40_000),
        ..Params::default()
    };
    let packs = vec![IdealPack::new(28.0, 0.06), IdealPack::new(28.0, 0.06)];
    let mut world = World::of(packs, params);
    world.inputs.bus.load_controllable = false;
    world.run_ms(30_000);
    assert!(!world.saw(EventKind::Closed));
    assert_eq!(world.reason(0), "load_not_covered");
    assert_eq!(world.decision.packs[0].limit, 40_000);
}

#[test]
fn a_live_bus_without_our_packs_is_an_unknown_source() {
    let mut world = World::at(&[28.0, 27.0]);
    world.inputs.bus.voltage = Some(Millivolts::new(28_500));
    world.run_ms(5_000);
    assert!(world.closed().is_empty());
    // (500 + 20) mV over 36 mΩ.
    assert_eq!(world.reason(0), "unknown_source");
    assert_eq!(world.decision.packs[0].value, 14_445);
    assert_eq!(world.reason(1), "difference_too_large");
    assert!(!world.decision.charge_permit);
    world.inputs.bus.voltage = Some(Millivolts::new(28_100));
    world.step();
    assert_eq!(world.closed(), [0]);
}

#[test]
fn a_pack_whose_current_shows_at_boot_that_it_holds_the_bus_counts_as_connected() {
    // Pack 0 is welded and feeds 5 A from the first sample on; pack 1 is 4 V higher.
    let mut core = Core::<2>::new(2, Params::default()).unwrap();
    let mut inputs = Inputs::default();
    inputs.bus.load_controllable = true;
    for (pack, (mv, ma)) in inputs.packs.iter_mut().zip([(25_000, -5_000), (29_000, 0)]) {
        pack.voltage = Sample::good(Millivolts::new(mv), 0);
        pack.current = Sample::good(Milliamps::new(ma), 0);
    }
    for tick in 0..100 {
        let decision = core.step(tick * 100, &inputs);
        assert_eq!(
            decision.packs[1].command,
            SwitchCommand::Open,
            "tick {tick}"
        );
    }
    let decision = core.step(10_000, &inputs);
    assert_eq!(decision.packs[0].reason.code(), "stuck_closed");
    assert_eq!(decision.packs[1].reason.code(), "difference_too_large");
}

#[test]
fn a_set_that_closes_at_once_holds_nobody_who_may_not_be_charged() {
    let mut world = World::at(&[28.00, 28.03, 27.90]);
    world.inputs.bus.load_controllable = false;
    world.inputs.packs[2].temperature = Some(Sample::good(battery_units::DeciCelsius::new(-50), 0));
    while world.closed().is_empty() {
        world.step();
    }
    assert_eq!(world.closed(), [0, 1]);
}

#[test]
fn a_pack_with_a_small_limit_of_its_own_does_not_keep_the_others_off_a_dead_bus() {
    let mut world = World::at(&[28.00, 28.03, 28.06]);
    world.inputs.bus.load_controllable = false;
    world.inputs.packs[2].gauge.i_dis_max = Some(Milliamps::new(500));
    world.inputs.packs[0].gauge.i_chg_max = Some(Milliamps::ZERO);
    world.run_ms(5_000);
    assert_eq!(world.closed(), [1], "neither can stand beside another pack");
    assert_eq!(world.reason(0), "pack_limit");
}

#[test]
fn a_load_that_obeys_nobody_is_expected_to_come_back() {
    let mut world = World::at(&[28.00, 28.01, 28.02]);
    world.inputs.bus.load_controllable = false;
    world.load_obeys = false;
    world.load_a = 14.0;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.inputs.io.readback_ok = false;
    world.step();
    world.inputs.io.readback_ok = true;
    // One or two packs could not carry 14 A for certain; three may only be closed together once they have rested.
    for _ in 0..12_000 {
        world.step();
        assert!(world.closed().is_empty() || world.closed().len() == 3);
    }
    assert_eq!(world.closed(), [0, 1, 2], "once they have rested");
}

#[test]
fn the_end_of_a_load_while_a_join_settles_is_no_mismatch() {
    let packs = vec![IdealPack::new(28.0, 0.084), IdealPack::new(27.55, 0.060)];
    let mut world = World::of(packs, Params::default());
    world.inputs.bus.mode_hint = ModeHint::Discharge;
    world.load_a = 6.0;
    while !world.closed().contains(&1) && world.now_ms < 60_000 {
        world.step();
    }
    world.step();
    world.load_a = 0.0;
    world.run_ms(2_000);
    assert!(
        !world
            .events
            .iter()
            .any(|event| event.reason == Some(Fault::JoinMismatch.into()))
    );
}

#[test]
fn packs_outside_the_voltage_window_wait_and_are_not_faults() {
    let mut world = World::at(&[23.9, 29.7, 28.0]);
    world.run_ms(5_000);
    assert_eq!(world.closed(), [2]);
    assert_eq!((world.state(0), world.reason(0)), ("open", "voltage_low"));
    assert_eq!((world.state(1), world.reason(1)), ("open", "voltage_high"));
    assert_eq!(world.decision.packs[1].limit, 29_600);
}

#[test]
fn an_empty_slot_disturbs_nobody() {
    let mut world = World::at(&[0.01, 28.0, 28.02]);
    world.packs[2].answers = false;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [1]);
    assert_eq!(world.reason(0), "voltage_low");
    assert_eq!((world.state(2), world.reason(2)), ("absent", "no_sensor"));
}

#[test]
fn a_charger_lets_nobody_in_above_the_recovery_voltage() {
    let mut world = World::at(&[29.1, 28.9]);
    world.inputs.bus.mode_hint = ModeHint::Charge;
    world.run_ms(5_000);
    assert_eq!(world.closed(), [1]);
    assert_eq!(world.reason(0), "voltage_high");
    assert_eq!(world.decision.packs[0].limit, 29_000);
}

#[test]
fn a_cold_pack_joins_only_where_it_is_not_charged() {
    let cold = |celsius: i32| {
        Some(Sample::good(
            battery_units::DeciCelsius::new(celsius * 10),
            0,
        ))
    };
    let mut low = World::at(&[28.0, 27.9]);
    low.inputs.packs[1].temperature = cold(-5);
    low.run_ms(5_000);
    assert_eq!(low.closed(), [0]);
    assert_eq!(low.reason(1), "would_charge");
    let mut high = World::at(&[28.0, 28.1]);
    high.inputs.bus.mode_hint = ModeHint::Charge;
    high.run_ms(1_000);
    assert_eq!(high.closed(), [0, 1], "warm packs join");
}

#[test]
fn a_pack_that_carries_another_current_than_predicted_is_opened() {
    let mut world = World::at(&[28.0, 28.25]);
    world.inputs.bus.mode_hint = ModeHint::Charge;
    world.packs[1].r = 0.020;
    world.packs[0].r = 0.020;
    world.run_ms(3_000);
    // 0.25 V over 40 mΩ is 6.25 A; with 60 mΩ each 2.1 A are expected, up to 1.4 A more inside the band.
    assert!(world.events.iter().any(|event| {
        event.kind == EventKind::Opened && event.reason == Some(Fault::JoinMismatch.into())
    }));
    assert_eq!(world.closed(), [0], "the pack that joined is the one to go");
    assert_eq!(
        (world.state(1), world.reason(1)),
        ("cooldown", "join_mismatch")
    );
}

#[test]
fn a_second_mismatch_against_the_same_set_opens_its_first_pack_too() {
    // Pack 0 reads 0.3 V low: whoever joins it carries more than predicted.
    let mut world = World::at(&[28.25, 28.0, 28.0]);
    world.inputs.bus.mode_hint = ModeHint::Charge;
    world.packs[0].offset = -0.25;
    for pack in &mut world.packs {
        pack.r = 0.036;
    }
    world.run_ms(8_000);
    let opened: Vec<_> = world
        .events
        .iter()
        .filter(|event| event.kind == EventKind::Opened)
        .map(|event| (event.pack.unwrap(), event.reason.unwrap().code()))
        .collect();
    assert_eq!(opened[0].1, "join_mismatch");
    assert!(opened.iter().any(|&(pack, _)| pack == 0), "{opened:?}");
}

#[test]
fn the_closings_of_an_hour_are_a_budget() {
    let mut world = World::at(&[28.0]);
    for _ in 0..20 {
        world.run_ms(2_000);
        world.command(Command::Disable { pack: 0 });
        world.run_ms(1_000);
        world.command(Command::Enable { pack: 0 });
    }
    world.run_ms(2_000);
    let closings = world
        .events
        .iter()
        .filter(|event| event.kind == EventKind::Closed)
        .count();
    assert_eq!(closings, 12);
    assert_eq!(world.reason(0), "wear_budget");
    assert_eq!(world.decision.packs[0].closes, 12);
}

#[test]
fn a_clock_jump_allows_no_join_in_that_step_and_ends_no_wait() {
    let mut world = World::at(&[28.0, 28.0]);
    world.run_ms(500);
    assert_eq!(world.closed().len(), 1);
    world.step_after(400);
    assert!(world.saw(EventKind::ClockJump));
    assert_eq!(
        world.closed().len(),
        1,
        "400 ms count as 300, and no join in a jump"
    );
    world.step();
    assert_eq!(world.closed().len(), 1);
    world.step();
    assert_eq!(world.closed().len(), 2);
    world.now_ms -= 700;
    world.step_after(0);
    assert!(world.saw(EventKind::ClockBackwards));
}

#[test]
fn decisions_do_not_depend_on_the_capacity_of_the_core() {
    let mut small = Core::<4>::new(4, Params::default()).unwrap();
    let mut large = Core::<32>::new(4, Params::default()).unwrap();
    let (mut few, mut many) = (Inputs::<4>::default(), Inputs::<32>::default());
    for tick in 0..400u64 {
        for index in 0..4 {
            let mv = 28_000 + i32::try_from(index).unwrap() * 60 + i32::try_from(tick % 7).unwrap();
            let ma = if tick > 50 && tick < 60 { 15_000 } else { 0 };
            few.packs[index].voltage = Sample::good(Millivolts::new(mv), 0);
            few.packs[index].current = Sample::good(Milliamps::new(ma), 0);
            many.packs[index] = few.packs[index];
        }
        let (one, other) = (small.step(tick * 100, &few), large.step(tick * 100, &many));
        assert_eq!(one.packs[..], other.packs[..4]);
        assert_eq!(one.events, other.events);
        assert_eq!(
            (one.dcl, one.ccl, one.system),
            (other.dcl, other.ccl, other.system)
        );
    }
}

#[test]
fn a_pack_that_waits_for_its_turn_tells_what_is_predicted_for_it() {
    let mut world = World::at(&[28.0, 28.05, 28.1]);
    while world.closed().is_empty() {
        world.step();
    }
    world.step();
    // (100 + 20) and (50 + 20) mV over two paths of 36 mΩ, with what relaxes and rounds.
    let waiting: Vec<_> = (0..3)
        .filter(|index| !world.closed().contains(index))
        .collect();
    assert_eq!(waiting.len(), 2);
    for index in waiting {
        assert_eq!(world.reason(index), "waiting_turn");
        let apart = if index == 0 { 120.0 } else { 70.0 };
        let predicted = world.decision.packs[index].predicted.unwrap();
        let expected = apart / 0.072;
        assert!(
            (f64::from(predicted.get()) - expected).abs() < 5.0,
            "{predicted:?}"
        );
    }
}
