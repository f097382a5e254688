//! Rules D1, D3 and D8: what just passes the gate, what just does not, and what a pack waits for before it comes to it.

mod world;

use battery_units::{DeciCelsius, Milliamps, Millivolts};
use parallelator_core::*;
use world::{IdealPack, World};

fn rack(volts: &[f64], params: Params) -> World {
    let packs = volts.iter().map(|&u| IdealPack::new(u, 0.060)).collect();
    World::of(packs, params)
}

#[test]
fn the_ends_of_the_voltage_window_lie_inside_it() {
    for (mode_hint, millivolts, reason) in [
        (ModeHint::Idle, 23_999, "voltage_low"),
        (ModeHint::Idle, 24_000, ""),
        (ModeHint::Idle, 29_600, ""),
        (ModeHint::Idle, 29_601, "voltage_high"),
        (ModeHint::Charge, 20_999, "voltage_low"),
        (ModeHint::Charge, 21_000, ""),
        (ModeHint::Charge, 29_000, ""),
        (ModeHint::Charge, 29_001, "voltage_high"),
    ] {
        let mut world = World::at(&[28.0]);
        world.inputs.bus.mode_hint = mode_hint;
        world.says(&[(millivolts, 0)]);
        world.run_ms(600);
        let (closed, told) = (world.saw(EventKind::Closed), world.reason(0));
        if reason.is_empty() {
            assert!(closed, "{mode_hint:?} {millivolts} mV: {told}");
        } else {
            assert_eq!((closed, told), (false, reason), "{millivolts} mV");
        }
    }
}

#[test]
fn a_pack_may_lie_as_far_from_the_bus_as_dv_max_and_no_further() {
    let params = Params {
        dv_max: Millivolts::new(200),
        ..Params::default()
    };
    for (volts, refused) in [
        ([28.0, 28.2], false),
        ([28.0, 28.201], true),
        ([28.2, 28.0], false),
        ([28.201, 28.0], true),
    ] {
        let mut world = rack(&volts, params);
        world.inputs.packs[0].gauge.capacity = Some(battery_units::MilliampHours::new(99_000));
        world.run_ms(5_000);
        assert_eq!(world.closed().len() == 1, refused, "{volts:?}");
        if refused {
            let open = 1 - world.closed()[0];
            let pack = &world.decision.packs[open];
            assert_eq!(pack.reason.code(), "difference_too_large");
            assert_eq!((pack.value, pack.limit), (201, 200));
        }
    }
}

#[test]
fn a_pack_joins_when_its_bound_is_just_the_circulating_current_that_is_allowed() {
    let at = |i_circ_max| {
        let params = Params {
            i_circ_max: Milliamps::new(i_circ_max),
            ..Params::default()
        };
        let mut world = rack(&[28.0, 28.1], params);
        world.run_ms(3_000);
        world
    };
    // (100 + 20) mV over 72 mΩ are 1 666⅔ mA; the cautious rounding may add one.
    let refused = at(1_600);
    let mut told = refused
        .decision
        .packs
        .iter()
        .filter_map(|pack| pack.predicted);
    let bound = told.next().unwrap().get();
    assert!((1_667..=1_668).contains(&bound), "{bound}");
    assert_eq!(at(bound).closed(), [0, 1]);
    assert_eq!(at(bound - 1).closed().len(), 1);
}

#[test]
fn a_pack_that_gathers_samples_is_told_how_long_it_will_take() {
    let mut world = World::at(&[28.0, 28.0]);
    world.packs[1].answers = false;
    world.run_ms(6_000);
    assert_eq!(world.closed(), [0]);
    world.packs[1].answers = true;
    for left_ms in [400, 300, 200, 100] {
        world.step();
        let pack = &world.decision.packs[1];
        assert_eq!(pack.reason.code(), "collecting_samples");
        assert_eq!(pack.eligible_in_ms, Some(left_ms));
    }
    world.step();
    assert_ne!(world.reason(1), "collecting_samples");
}

#[test]
fn an_open_pack_is_told_that_the_rack_still_boots_or_is_shut_off() {
    let mut world = World::at(&[28.0, 28.0]);
    world.packs[1].answers = false;
    world.run_ms(2_000);
    assert_eq!((world.state(0), world.reason(0)), ("open", "boot"));
    world.inputs.io.readback_ok = false;
    world.run_ms(2_000);
    world.inputs.io.readback_ok = true;
    world.run_ms(1_000);
    assert_eq!((world.state(0), world.reason(0)), ("open", "system_off"));
}

#[test]
fn nobody_joins_a_pack_whose_path_lies_outside_the_band() {
    let mut packs = vec![IdealPack::new(28.0, 0.100); 3];
    packs[2].r = 0.060;
    let mut world = World::of(packs, Params::default());
    world.load_obeys = false;
    world.command(Command::Disable { pack: 2 });
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1]);
    for _ in 0..5 {
        world.load_a = 6.0;
        world.run_ms(200);
        world.load_a = 0.0;
        world.run_ms(200);
    }
    assert!(world.saw(EventKind::Alarm));
    world.command(Command::Enable { pack: 2 });
    world.run_ms(3_000);
    assert_eq!(
        (world.state(2), world.reason(2)),
        ("open", "path_resistance"),
        "though it has shown nothing of its own path"
    );
}

#[test]
fn a_join_whose_pack_was_opened_is_not_judged() {
    // Pack 1 was to carry 2.5 A more or less than nothing; it was opened before that could be seen.
    let mut world = World::at(&[28.0, 28.3]);
    while world.closed().len() < 2 {
        world.step();
    }
    world.step();
    world.command(Command::Disable { pack: 1 });
    world.run_ms(3_000);
    assert_eq!(world.closed(), [0]);
    for pack in 0..2 {
        assert_eq!(world.decision.packs[pack].score, 0, "pack {pack}");
    }
}

#[test]
fn a_pack_may_be_asked_for_just_the_current_it_is_allowed() {
    type Set = fn(&mut Gauge, i32);
    let discharge: Set = |gauge, limit| gauge.i_dis_max = Some(Milliamps::new(limit));
    let charge: Set = |gauge, limit| gauge.i_chg_max = Some(Milliamps::new(limit));
    // The second pack lies 100 mV away from the first, which is on the bus.
    for (set, volts) in [(discharge, 28.1), (charge, 27.9)] {
        let at = |limit| {
            let mut world = World::at(&[28.0, volts]);
            world.command(Command::Disable { pack: 1 });
            world.run_ms(3_000);
            set(&mut world.inputs.packs[1].gauge, limit);
            world.command(Command::Enable { pack: 1 });
            world.run_ms(1_000);
            world
        };
        let refused = at(1_000);
        assert_eq!(refused.reason(1), "pack_limit");
        let asked = refused.decision.packs[1].value.abs();
        // At most (100 + 20) mV over 72 mΩ, at least without the measuring error.
        assert!((1_388..=1_668).contains(&asked), "{asked}");
        assert_eq!(at(asked).closed(), [0, 1]);
        assert_eq!(at(asked - 1).closed(), [0]);
    }
}

#[test]
fn a_pack_that_must_not_be_charged_or_discharged_may_stay_without_a_current() {
    // Hot packs may not be charged, cold ones not discharged here; 20 mV is what a difference may be off by.
    let params = Params {
        t_chg_min: DeciCelsius::new(-300),
        ..Params::default()
    };
    for (tenths, millivolts, refusal) in [
        (500, 28_020, ""),
        (500, 28_019, "would_charge"),
        (-250, 27_980, ""),
        (-250, 27_981, "would_discharge"),
    ] {
        let mut world = rack(&[28.0, 28.0], params);
        world.command(Command::Disable { pack: 1 });
        world.inputs.packs[1].temperature = Some(Sample::good(DeciCelsius::new(tenths), 0));
        world.run_ms(3_000);
        world.says(&[(28_000, 0), (millivolts, 0)]);
        world.command(Command::Enable { pack: 1 });
        world.run_ms(200);
        let joined = world.closed() == [0, 1];
        assert_eq!(joined, refusal.is_empty(), "{millivolts} mV");
        if !joined {
            assert_eq!(world.reason(1), refusal);
        }
    }
}

#[test]
fn an_unknown_source_is_joined_at_the_limits_themselves() {
    let at = |params: Params, own: i32| {
        let mut world = rack(&[28.1], params);
        world.inputs.bus.voltage = Some(Millivolts::new(28_000));
        world.inputs.packs[0].gauge.i_dis_max = Some(Milliamps::new(own));
        world.run_ms(1_000);
        world
    };
    let limits = |dv_max, i_circ_max| Params {
        dv_max: Millivolts::new(dv_max),
        i_circ_max: Milliamps::new(i_circ_max),
        ..Params::default()
    };
    let far = at(limits(99, 5_000), 10_000);
    assert_eq!(far.reason(0), "difference_too_large");
    let pack = &far.decision.packs[0];
    // (100 + 20) mV over 36 mΩ are 3 333⅓ mA; the cautious rounding may add one.
    let current = pack.predicted.unwrap().get();
    assert!((3_334..=3_335).contains(&current), "{current}");
    assert_eq!(pack.difference, Some(Millivolts::new(100)));
    assert_eq!(at(limits(100, 5_000), 10_000).closed(), [0]);
    assert_eq!(at(limits(100, current), 10_000).closed(), [0]);
    let circulates = at(limits(100, current - 1), 10_000);
    assert_eq!(circulates.reason(0), "unknown_source");
    assert_eq!(at(limits(100, 5_000), current).closed(), [0]);
    let overloads = at(limits(100, 5_000), current - 1);
    assert_eq!(overloads.reason(0), "pack_limit");
}

#[test]
fn a_pack_that_another_goes_before_is_told_how_far_it_is_and_when_its_turn_comes() {
    let mut world = World::at(&[28.0, 28.05, 28.05]);
    while world.closed().len() < 2 {
        world.step();
        assert!(world.now_ms < 10_000);
    }
    let waiting = (0..3)
        .find(|index| !world.closed().contains(index))
        .unwrap();
    let pack = &world.decision.packs[waiting];
    assert_eq!(pack.reason.code(), "waiting_turn");
    assert_eq!(
        pack.eligible_in_ms,
        Some(500),
        "after the one that joins now"
    );
    // The bus was that of the first pack alone when this step was decided.
    let first = world.when(EventKind::Closed);
    let member = world
        .events
        .iter()
        .find(|event| event.kind == EventKind::Closed && event.now_ms == first)
        .and_then(|event| event.pack)
        .unwrap();
    let apart = (world.packs[waiting].u - world.packs[usize::from(member)].u) * 1_000.0;
    assert_eq!(pack.difference, Some(Millivolts::new(apart.round() as i32)));
    world.step();
    assert_eq!(world.decision.packs[waiting].eligible_in_ms, Some(400));
}

#[test]
fn a_pack_that_may_carry_less_than_measuring_may_be_off_by_joins_nobody() {
    // 20 mV over 72 mΩ are 277⅞ mA either way.
    for (limit, joins) in [(277, false), (280, true)] {
        let mut world = World::at(&[28.0, 28.0]);
        world.command(Command::Disable { pack: 1 });
        world.run_ms(3_000);
        world.inputs.packs[1].gauge.i_dis_max = Some(Milliamps::new(limit));
        world.inputs.packs[1].gauge.i_chg_max = Some(Milliamps::new(limit));
        world.command(Command::Enable { pack: 1 });
        world.run_ms(1_000);
        assert_eq!(world.closed() == [0, 1], joins, "{limit} mA");
        if !joins {
            assert_eq!(world.reason(1), "pack_limit");
        }
    }
}

#[test]
fn a_pack_that_is_sure_to_give_may_be_asked_for_just_what_it_may_give() {
    // Pack 1 lies 0.3 V above a bus that is charged with 3 A: its share of them may be more than the 1 A it may take, but
    // what it gives to pack 0 at the same time is more than that.
    let at = |limit: i32| {
        let mut world = World::at(&[28.0, 28.3]);
        world.command(Command::Disable { pack: 1 });
        world.load_obeys = false;
        world.run_ms(3_000);
        while world.load_a > -3.0 {
            world.load_a -= 0.5;
            world.step();
        }
        world.inputs.packs[1].gauge.i_chg_max = Some(Milliamps::new(1_000));
        world.inputs.packs[1].gauge.i_dis_max = Some(Milliamps::new(limit));
        world.command(Command::Enable { pack: 1 });
        world.run_ms(200);
        world
    };
    let refused = at(1_000);
    assert_eq!(refused.reason(1), "pack_limit");
    let asked = -refused.decision.packs[1].value;
    // 320 mV over the two smallest paths, less the smallest share of the charging current.
    let expected = 320.0 / 0.072 - 3_000.0 * 0.3;
    assert!((f64::from(asked) - expected).abs() < 5.0, "{asked} mA");
    assert_eq!(at(asked).closed(), [0, 1]);
    assert_eq!(at(asked - 1).closed(), [0]);
}

#[test]
fn a_pack_is_told_the_one_limit_that_it_would_exceed() {
    // Either way 20 mV over 72 mΩ; what it may be charged with is just enough.
    let at = |discharge, charge| {
        let mut world = World::at(&[28.0, 28.0]);
        world.command(Command::Disable { pack: 1 });
        world.run_ms(3_000);
        world.inputs.packs[1].gauge.i_dis_max = Some(Milliamps::new(discharge));
        world.inputs.packs[1].gauge.i_chg_max = Some(Milliamps::new(charge));
        world.command(Command::Enable { pack: 1 });
        world.run_ms(200);
        let pack = &world.decision.packs[1];
        assert_eq!(pack.reason.code(), "pack_limit");
        (pack.value, pack.limit)
    };
    let (most, limit) = at(100, 100);
    assert!((278..=279).contains(&most), "{most}");
    assert_eq!(limit, 100);
    assert_eq!(at(most - 1, most), (-most, 1 - most));
}

#[test]
fn a_pack_whose_own_path_lies_outside_the_band_joins_nobody() {
    let packs = vec![IdealPack::new(28.0, 0.060), IdealPack::new(28.0, 0.100)];
    let mut world = World::of(packs, Params::default());
    world.load_obeys = false;
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0, 1]);
    for _ in 0..5 {
        world.load_a = 6.0;
        world.run_ms(200);
        world.load_a = 0.0;
        world.run_ms(200);
    }
    world.command(Command::Disable { pack: 1 });
    world.run_ms(1_000);
    world.command(Command::Enable { pack: 1 });
    world.run_ms(3_000);
    assert_eq!((world.state(0), world.reason(0)), ("closed", "connected"));
    assert_eq!(
        (world.state(1), world.reason(1)),
        ("open", "path_resistance")
    );
}
