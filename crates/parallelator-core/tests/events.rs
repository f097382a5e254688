//! Events: what does not fit is counted, and the stable names.

mod world;

use parallelator_core::*;
use world::{IdealPack, World};

#[test]
fn events_that_do_not_fit_are_counted_in_the_last_one() {
    // 32 packs with a hardware alert at 25 A and a voltage that jumps: four events each, where 111 fit.
    let mut world = World::of(vec![IdealPack::new(28.0, 0.060); 32], Params::default());
    world.run_ms(40_000);
    assert_eq!(world.closed().len(), 32);
    // Empty packs have cost the load its permit before, so the last event is one of a pack.
    world.says(&[(23_900, 500); 32]);
    world.step();
    world.says(&[(16_000, -25_000); 32]);
    world.inputs.io.alerts = (0..32).collect();
    world.events.clear();
    world.step();
    assert_eq!(world.events.len(), 112);
    let (last, others) = world.events.split_last().unwrap();
    assert_eq!(last.kind, EventKind::EventsLost);
    assert_eq!((last.pack, last.reason, last.limit), (None, None, 111));
    assert!(
        others
            .iter()
            .all(|event| event.kind != EventKind::EventsLost)
    );
    for pair in others.windows(2) {
        assert_eq!(pair[1].seq, pair[0].seq + 1);
    }
    let all = 32 * 4;
    assert_eq!(last.value, all - 111);
    assert_eq!(last.seq, others[0].seq + all as u32 - 1);
}

#[test]
fn a_step_in_which_nothing_happens_has_no_events() {
    let mut world = World::at(&[28.0]);
    world.run_ms(10_000);
    assert!(world.decision.events.is_empty());
    world.command(Command::Disable { pack: 0 });
    world.step();
    assert!(!world.decision.events.is_empty());
}

#[test]
fn what_a_switch_is_told_has_a_stable_name() {
    let names = [
        (SwitchCommand::Open, "open"),
        (SwitchCommand::Precharge, "precharge"),
        (SwitchCommand::Closed, "closed"),
    ];
    for (command, name) in names {
        assert_eq!(command.code(), name);
    }
}

#[test]
fn two_states_mean_that_the_switch_is_commanded_closed() {
    for (state, closed) in [
        (PackState::Closing, true),
        (PackState::Closed, true),
        (PackState::Opening, false),
        (PackState::Precharge, false),
        (PackState::StuckClosed, false),
        (PackState::Open, false),
        (PackState::Cooldown { until_ms: 5 }, false),
    ] {
        assert_eq!(state.is_commanded_closed(), closed, "{state:?}");
    }
}

#[test]
fn kinds_have_stable_names_of_their_own() {
    let mut names: Vec<_> = EventKind::ALL.iter().map(|kind| kind.code()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), EventKind::ALL.len());
    assert_eq!(EventKind::OpeningDelayed.code(), "opening_delayed");
}
