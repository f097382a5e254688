//! What is taken for the open-circuit voltage of a pack when others join: by what it carries and by what it carried; and
//! how far its current may lie from what follows; how long rest is remembered.

mod world;

use battery_units::Milliamps;
use parallelator_core::*;
use world::{IdealPack, World};

#[test]
fn a_pack_that_charges_through_its_diode_is_estimated_by_its_current() {
    // At most i_leak it counts as open: (345 + 20) mV over 72 mΩ are more than 5 A. Above, 60 mΩ × 0.201 A = 12 mV are
    // taken off and 5 mV of error put on: 358 mV are less.
    for (milliamps, joins) in [(200, false), (201, true)] {
        let params = Params {
            switch_kind: SwitchKind::DiodeCharge,
            ..Params::default()
        };
        let packs = vec![IdealPack::new(28.0, 0.060), IdealPack::new(26.0, 0.060)];
        let mut world = World::of(packs, params);
        world.run_ms(5_000);
        assert_eq!(world.closed(), [0]);
        world.says(&[(28_000, 0), (28_345, milliamps)]);
        world.run_ms(200);
        assert_eq!(world.closed() == [0, 1], joins, "{milliamps} mA");
        if !joins {
            // 365 mV over 72 mΩ, rounded up.
            let predicted = world.decision.packs[1].predicted;
            assert_eq!(predicted, Some(Milliamps::new(5_070)));
        }
    }
}

#[test]
fn what_a_pack_carried_before_it_was_opened_says_nothing_once_it_is_connected_again() {
    let mut world = World::at(&[28.0, 28.2]);
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0, 1]);
    world.command(Command::Disable { pack: 1 });
    world.run_ms(1_000);
    world.load_a = 7.0;
    world.run_ms(2_000);
    world.command(Command::Disable { pack: 0 });
    world.step();
    assert!(world.closed().is_empty());
    world.load_a = 0.0;
    world.command(Command::Enable { pack: 0 });
    world.run_ms(3_000);
    assert_eq!(world.closed(), [0]);
    // Half of 7 A × 60 mΩ would be 210 mV more of error: 6 A instead of 4.
    world.command(Command::Enable { pack: 1 });
    world.run_ms(3_000);
    assert_eq!(world.closed(), [0, 1]);
}

#[test]
fn a_current_that_is_off_by_just_what_is_allowed_is_no_mismatch() {
    // Nothing is predicted for two equal packs: 1 A and what 20 mV do over 60 mΩ are allowed.
    for (milliamps, opens) in [(1_334, false), (1_335, true)] {
        let mut world = World::at(&[28.0, 28.0]);
        while world.closed().len() < 2 {
            world.step();
        }
        world.events.clear();
        world.says(&[(28_000, -milliamps), (28_000, milliamps)]);
        world.run_ms(1_000);
        let expected: Vec<_> = opens
            .then_some((Some(1), "join_mismatch", milliamps, 1_334))
            .into_iter()
            .collect();
        assert_eq!(world.of_kind(EventKind::Opened), expected);
    }
}

/// What the gate predicts for a second pack 0.3 V beside a first one that was taken for 10 s in the direction of `sign` and is
/// taken the other way since: 2 A, which leave its open-circuit voltage open by 48 mV either way.
fn predicted_after(sign: i32, t_rest_ms: u32, milliamps: i32) -> i32 {
    let params = Params {
        t_rest_ms,
        i_circ_max: Milliamps::new(6_000),
        ..Params::default()
    };
    let beside = 28.0 - 0.3 * f64::from(sign);
    let packs = vec![IdealPack::new(28.0, 0.060), IdealPack::new(beside, 0.060)];
    let mut world = World::of(packs, params);
    world.command(Command::Disable { pack: 1 });
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0]);
    // No step of an ampere: nothing is learned of the path.
    let back = [0, -700, -1_400, -2_000].map(|current| (current, 1));
    for (current, steps) in [&[(milliamps, 100)], &back[..]].concat() {
        let current = sign * current;
        let other = (beside * 1_000.0) as i32;
        world.says(&[(28_000 + current * 60 / 1_000, current), (other, 0)]);
        world.run_ms(100 * steps);
    }
    world.command(Command::Enable { pack: 1 });
    world.run_ms(200);
    assert_eq!(world.closed(), [0, 1]);
    world.of_kind(EventKind::Closed)[1].2
}

#[test]
fn what_relaxes_fast_is_forgotten_no_further_than_the_current_can_have_moved_it() {
    // 84 mΩ, the largest of the band: 10 s drift by R · Q / 30 s, 28 mV for 1 A. Of 1 s of relaxation a tenth is fast: after
    // 0.1 s it has moved by R · I, 84 mV for 1 A, and stays there.
    for (t_rest_ms, milliamps, moved_uv) in [
        (300_000, 200, 5_600),
        (299_999, 200, 5_700),
        (0, 200, 5_600),
        (0, 900, 25_200),
        (1_000, 100, 8_400 + 2_800),
        (1_000, 200, 16_800 + 5_600),
        // R · I is more than the current of now leaves open.
        (1_000, 900, 48_000),
        // 25 s are not over after 10 s: R · Q / 25 s, rounded up in every step.
        (250_000, 900, 30_300),
        (1, 100, 8_400 + 2_800),
    ] {
        for sign in [-1, 1] {
            // Over twice the smallest path, with 20 mV for the sensors, rounded up.
            let expected = (300_000 + moved_uv + 20_000 + 71) / 72;
            let predicted = predicted_after(sign, t_rest_ms, milliamps);
            assert!(
                (expected..=expected + 2).contains(&predicted),
                "{sign} {t_rest_ms} ms {milliamps} mA: {predicted} mA, {expected} mA expected"
            );
        }
    }
}

/// What pack 1 is told it could make circulate, against millivolts over the two smallest paths of the band.
fn assert_told(world: &World, millivolts: f64) {
    let told = f64::from(world.decision.packs[1].predicted.unwrap().get());
    let expected = millivolts / 72.0 * 1_000.0;
    assert!(
        (told - expected).abs() < expected * 0.01,
        "{told} mA, expected {expected}"
    );
}

#[test]
fn what_was_known_before_a_join_counts_unless_it_is_further_off_than_measuring_explains() {
    // Pack 0 joined at 28.0 V. What it reads now may be wrong by 20 mV: then pack 1 is as far away as it was, else as far as
    // it looks. 20 mV more for its own error.
    for (millivolts, apart) in [(28_020, 500.0), (28_021, 479.0)] {
        let mut world = World::at(&[28.0, 28.5]);
        world.command(Command::Disable { pack: 1 });
        world.run_ms(3_000);
        assert_eq!(world.closed(), [0]);
        world.says(&[(millivolts, 0), (28_500, 0)]);
        world.command(Command::Enable { pack: 1 });
        world.run_ms(200);
        assert_eq!(world.reason(1), "circulating_current");
        assert_told(&world, apart + 20.0);
    }
}

#[test]
fn what_was_known_of_a_pack_that_charges_is_forgotten_when_the_clock_jumps() {
    let packs = vec![IdealPack::new(28.0, 0.084), IdealPack::new(27.5, 0.060)];
    let mut world = World::of(packs, Params::default());
    world.command(Command::Disable { pack: 1 });
    world.load_obeys = false;
    world.run_ms(3_000);
    assert_eq!(world.closed(), [0]);
    world.command(Command::Enable { pack: 1 });
    // Too slow to be a step of the load that shows the path.
    for step in 1..=10 {
        world.load_a = -0.5 * f64::from(step);
        world.step();
    }
    // It can only have risen, by what 2.75 As do to 84 mΩ in thirty seconds: 7.7 mV.
    assert_told(&world, 500.0 + 7.7 + 20.0);
    world.step_after(1_000);
    assert!(world.saw(EventKind::ClockJump));
    world.step();
    // It reads 28.42 V at 5 A: with the smallest path of the band, 36 mΩ, it stands at 28.24 V.
    assert_told(&world, 740.0 + 20.0);
}

#[test]
fn a_join_is_judged_by_what_was_known_of_the_others_before_they_carried_a_current() {
    // At 2 A a path of 84 mΩ drops 48 mV more than one of 60 mΩ, by which pack 0 would be taken for emptier than it is. Pack 1
    // has 0.4 V more than it reads.
    let packs = vec![IdealPack::new(28.0, 0.084), IdealPack::new(28.3, 0.060)];
    let mut world = World::of(packs, Params::default());
    world.packs[1].offset = -0.4;
    world.command(Command::Disable { pack: 1 });
    world.load_obeys = false;
    world.run_ms(3_000);
    assert_eq!(world.closed(), [0]);
    for load_a in [0.5, 1.0, 1.5, 2.0] {
        world.load_a = load_a;
        if load_a == 2.0 {
            world.command(Command::Enable { pack: 1 });
        }
        world.step();
    }
    assert_eq!(world.closed(), [0, 1]);
    let carries = world.currents(2.0)[1] * 1_000.0;
    world.run_ms(600);
    let [(_, "join_mismatch", off, _)] = world.of_kind(EventKind::Opened)[..] else {
        panic!("{:?}", world.of_kind(EventKind::Opened));
    };
    // 28.0 V and 27.9 V over equal paths: half of the load, and 50 mV over 60 mΩ into the lower one. What one of two carries
    // too much, the other carries too little.
    let predicted = 50.0 / 0.060 - 1_000.0;
    let expected = (carries - predicted).abs();
    assert!(
        (f64::from(off).abs() - expected).abs() < 100.0,
        "{off} mA, expected {expected}"
    );
}

#[test]
fn only_a_pack_that_was_first_is_opened_with_the_second_one_that_does_not_fit() {
    // Packs 2 and 3 have 0.3 V more than they read.
    for first_left in [false, true] {
        let mut world = World::at(&[28.01, 28.0, 28.3, 28.3]);
        world.packs[2].offset = -0.3;
        world.packs[3].offset = -0.3;
        world.command(Command::Disable { pack: 2 });
        world.command(Command::Disable { pack: 3 });
        world.run_ms(3_000);
        assert_eq!(world.when(EventKind::Closed), 500);
        assert_eq!(world.of_kind(EventKind::Closed)[0].0, Some(0));
        if first_left {
            world.command(Command::Disable { pack: 0 });
            world.run_ms(1_000);
            world.command(Command::Enable { pack: 0 });
            world.run_ms(1_000);
        }
        assert_eq!(world.closed(), [0, 1]);
        world.events.clear();
        world.command(Command::Enable { pack: 2 });
        world.command(Command::Enable { pack: 3 });
        world.run_ms(3_000);
        let opened: Vec<_> = world
            .of_kind(EventKind::Opened)
            .iter()
            .map(|&(pack, why, ..)| (pack.unwrap(), why))
            .collect();
        let mut expected = vec![(2, "join_mismatch"), (3, "join_mismatch")];
        if !first_left {
            expected.push((0, "join_mismatch"));
        }
        assert_eq!(opened, expected, "the first had left: {first_left}");
    }
}
