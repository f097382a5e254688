//! Joining packs that do not fit together, and taking them off again for no reason.

use super::{CIRCULATION, PACKS, STARTED_MS, Scenario, Verdict, at, held_if, running};
use crate::controller::{Setup, Version, Version as V};

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        defect: "D-1",
        name: "d01_packs_far_apart_are_not_connected_together_at_boot",
        sentence: "Packs of 25.0 V and 29.5 V that are present at boot are never connected together.",
        run: far_apart_at_boot,
        without: &[],
        fails: &[V::V1Loop, V::Production, V::FirstPort, V::SecondPort],
        note: "The description names production and both ports. The v1 loop connects the lower packs for a moment in \
               each pass, before its difference check: its model says so, the description is silent.",
    },
    Scenario {
        defect: "D-2",
        name: "d02_a_pack_far_above_the_bus_is_refused_like_one_far_below",
        sentence: "A pack of 29.5 V that is plugged in beside a bus of 25.0 V is not connected to it.",
        run: far_above_the_bus,
        without: &[],
        fails: &[V::V1Loop, V::Production, V::FirstPort, V::SecondPort],
        note: "",
    },
    Scenario {
        defect: "D-8",
        name: "d08_healthy_packs_are_left_connected",
        sentence: "Healthy packs are not switched at all in ten minutes after they were connected.",
        run: healthy_for_ten_minutes,
        without: &[],
        fails: &[V::Legacy, V::FirstPort],
        note: "",
    },
    Scenario {
        defect: "D-16",
        name: "d16_balancing_never_empties_the_bus",
        sentence: "Balancing alone never opens every switch at the same time.",
        run: balancing_keeps_the_bus,
        without: &[
            (V::V1Loop, "no balancing"),
            (V::Legacy, "no balancing"),
            (V::FirstPort, "no balancing"),
        ],
        fails: &[V::SecondPort],
        note: "This core has no balancing; it is run all the same.",
    },
    Scenario {
        defect: "D-15",
        name: "d15_balancing_leaves_the_load_enough_packs",
        sentence: "Balancing does not push the packs that stay above their limit.",
        run: balancing_keeps_the_limit,
        without: &[
            (V::V1Loop, "no balancing"),
            (V::Legacy, "no balancing"),
            (V::FirstPort, "no balancing"),
            (V::SecondPort, "its balancing is another one, see D-16"),
        ],
        fails: &[V::Production],
        note: "This core has no balancing; it is run all the same.",
    },
    Scenario {
        defect: "D-20",
        name: "d20_a_pack_that_sags_while_connected_is_taken_off",
        sentence: "A connected pack whose cells sag by 0.6 V, so that 8.7 A circulate, is taken off within ten seconds.",
        run: sagging_while_connected,
        without: &[],
        fails: &[
            V::V1Loop,
            V::Legacy,
            V::Production,
            V::FirstPort,
            V::SecondPort,
        ],
        note: "The description names the legacy classes, whose fleet array is never filled; here they have a charge \
               limit, or D-19 would hide it. The others compare terminal voltages, and those of connected packs are \
               equal: the models say so, the description is silent.",
    },
];

fn far_apart_at_boot(version: Version) -> Verdict {
    let mut world = at(version, &[25.0, 25.0, 25.0, 25.0, 29.5, 29.5, 29.5, 29.5]);
    world.run_to(60_000);
    let worst = world.worst_circulation;
    held_if(worst <= CIRCULATION, || {
        format!("{worst:.0} A between the packs")
    })
}

fn far_above_the_bus(version: Version) -> Verdict {
    let mut volts = [25.0; PACKS];
    volts[7] = 0.0;
    let mut world = at(version, &volts);
    world.run_to(STARTED_MS);
    assert_eq!(world.closed().len(), PACKS - 1);
    world.packs[7].u = 29.5;
    world.run_to(30_000);
    let worst = world.worst_circulation;
    held_if(worst <= CIRCULATION, || {
        format!("{worst:.0} A between the packs")
    })
}

fn healthy_for_ten_minutes(version: Version) -> Verdict {
    let mut world = running(version, Setup::default(), 8.0);
    let before = world.changes.len();
    world.run_to(600_000);
    match world.changes.get(before) {
        None => Verdict::Held,
        Some(change) => Verdict::Failed(format!(
            "pack {} is switched off after {}, {} packs stay",
            change.pack,
            super::seconds(change.at_ms),
            world.closed().len()
        )),
    }
}

fn balancing_keeps_the_bus(version: Version) -> Verdict {
    let setup = Setup {
        balancing: true,
        ..Setup::default()
    };
    let mut world = running(version, setup, 8.0);
    let emptied = world.run_until(120_000, |world| world.closed().is_empty());
    held_if(!emptied, || {
        format!(
            "the bus is empty after {}",
            super::seconds(world.now_ms - 100)
        )
    })
}

fn balancing_keeps_the_limit(version: Version) -> Verdict {
    let setup = Setup {
        balancing: true,
        ..Setup::default()
    };
    let mut world = running(version, setup, 72.0);
    world.run_to(STARTED_MS + 2_000);
    for pack in 0..3 {
        world.packs[pack].offset = 0.4;
    }
    let mut worst: f64 = 0.0;
    while world.now_ms < 40_000 {
        world.pass();
        worst = worst.max(world.worst_current());
    }
    held_if(worst <= super::PACK_CURRENT, || {
        format!("{worst:.1} A through a pack of 10 A")
    })
}

fn sagging_while_connected(version: Version) -> Verdict {
    let setup = Setup {
        charge_limit: true,
        ..Setup::default()
    };
    let mut world = running(version, setup, 0.0);
    world.packs[0].u -= 0.6;
    world.run_to(STARTED_MS + 10_000);
    let circulation = world.circulation();
    held_if(circulation <= CIRCULATION, || {
        format!("{circulation:.1} A go on circulating")
    })
}
