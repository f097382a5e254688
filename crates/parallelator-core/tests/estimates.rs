//! What is taken for the open-circuit voltage of a pack when others join: by what it carries and by what it carried; and
//! how far its current may lie from what follows.

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
