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
