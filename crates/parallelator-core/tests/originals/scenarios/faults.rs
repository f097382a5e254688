//! Faults that must open a pack, the way back after one, and the lock.

use super::{
    PACKS, STARTED_MS, Scenario, Verdict, alone, at, held_if, running, running_at, seconds,
};
use crate::{
    controller::{Ms, Setup, Version, Version as V},
    world::{Fitted, World},
};

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        defect: "D-3",
        name: "d03_an_over_current_at_the_end_of_the_sensor_trips",
        sentence: "A pack that feeds 60 A is off within a second, with the sensors as the version calibrates them.",
        run: over_current_at_the_end,
        without: &[],
        fails: &[V::Legacy, V::Production],
        note: "No board of this tree calibrates so low (`crates/parallelator-node/tests/rack.rs`); the core is given a \
               sensor that ends at 10 A all the same.",
    },
    Scenario {
        defect: "D-4a",
        name: "d04a_a_voltage_beyond_belief_opens_the_pack",
        sentence: "A pack that is driven to 36 V is off within two seconds.",
        run: voltage_beyond_belief,
        without: &[],
        fails: &[V::Production],
        note: "",
    },
    Scenario {
        defect: "D-4b",
        name: "d04b_a_current_beyond_belief_opens_the_pack",
        sentence: "A pack that feeds 60 A into a short, more than its switch can break, is off within 3.5 s.",
        run: current_beyond_belief,
        without: &[],
        fails: &[V::Production],
        note: "With a sensor that reaches far enough, unlike D-3.",
    },
    Scenario {
        defect: "D-5",
        name: "d05_a_collapse_is_believed",
        sentence: "A pack that collapses from 28 V to 19 V is off within two seconds.",
        run: collapse,
        without: &[],
        fails: &[V::Production],
        note: "",
    },
    Scenario {
        defect: "D-9",
        name: "d09_a_pack_that_came_back_is_not_cut_while_healthy",
        sentence: "However often a pack has come back after a fault, it is never switched off while it is healthy.",
        run: cut_while_healthy,
        without: &[],
        fails: &[V::Legacy, V::Production, V::FirstPort],
        note: "The description names production; the legacy classes and the first port lock healthy packs anyway (D-8).",
    },
    Scenario {
        defect: "D-10a",
        name: "d10a_old_faults_are_forgiven",
        sentence: "Eight short faults of a pack, one every ninety minutes, do not lock it out.",
        run: rare_faults,
        without: &[],
        fails: &[
            V::V1Loop,
            V::Legacy,
            V::Production,
            V::FirstPort,
            V::SecondPort,
        ],
        note: "",
    },
    Scenario {
        defect: "D-10b",
        name: "d10b_a_lock_survives_a_restart",
        sentence: "A pack that its faults have locked out stays off after a restart of the controller.",
        run: lock_over_a_restart,
        without: &[],
        fails: &[
            V::V1Loop,
            V::Legacy,
            V::Production,
            V::FirstPort,
            V::SecondPort,
        ],
        note: "The description says so of production; that the others keep nothing either is taken from its silence.",
    },
    Scenario {
        defect: "D-11",
        name: "d11_the_first_retry_waits_after_the_fault",
        sentence: "A pack that was switched off by a fault stays off for ten seconds at least.",
        run: first_retry,
        without: &[],
        fails: &[V::V1Loop, V::Legacy, V::Production, V::FirstPort],
        note: "The second port counts from the fault.",
    },
    Scenario {
        defect: "D-14a",
        name: "d14a_a_dead_sensor_opens_its_pack",
        sentence: "A pack whose sensor has died is off within a second and a half.",
        run: dead_sensor,
        without: &[],
        fails: &[V::V1Loop, V::Legacy, V::FirstPort, V::SecondPort],
        note: "The description names the legacy classes and the second port; the v1 loop and the first port are modelled \
               like the legacy classes. Production needs the 0.8 s that the description counts against it, less than \
               this core's own limit for the age of a sample. That it never opens when one reading in five fails is no \
               fault by that limit either: the last good one is never old.",
    },
    Scenario {
        defect: "D-14b",
        name: "d14b_a_sensor_that_answers_nonsense_is_a_dead_sensor",
        sentence: "A pack whose sensor answers nothing but all ones is off within a second and a half.",
        run: all_ones,
        without: &[],
        fails: &[V::Production],
        note: "The filter of D-4 takes each such reading for a good one of the sensor, without an end.",
    },
    Scenario {
        defect: "D-18a",
        name: "d18a_noise_around_the_lower_limit_does_not_chatter",
        sentence: "Packs at 24.00 V with 15 mV of noise are switched off once at most in ten minutes.",
        run: chatter_below,
        without: &[],
        fails: &[
            V::V1Loop,
            V::Legacy,
            V::Production,
            V::FirstPort,
            V::SecondPort,
        ],
        note: "",
    },
    Scenario {
        defect: "D-18b",
        name: "d18b_noise_around_the_upper_limit_does_not_chatter",
        sentence: "Packs at 30.00 V with 15 mV of noise are switched off once at most in ten minutes.",
        run: chatter_above,
        without: &[],
        fails: &[
            V::V1Loop,
            V::Legacy,
            V::Production,
            V::FirstPort,
            V::SecondPort,
        ],
        note: "",
    },
    Scenario {
        defect: "D-19",
        name: "d19_charging_is_no_fault",
        sentence: "Packs that a charger charges with 1 A each stay connected.",
        run: charging,
        without: &[],
        fails: &[V::Legacy],
        note: "",
    },
    Scenario {
        defect: "D-22",
        name: "d22_the_alert_of_a_sensor_opens_its_pack",
        sentence: "A pack whose sensor pulls its alert line is off within a second.",
        run: alert,
        without: &[],
        fails: &[
            V::V1Loop,
            V::Legacy,
            V::Production,
            V::FirstPort,
            V::SecondPort,
        ],
        note: "The line is wired on the board, and no order of checks reads it.",
    },
];

fn is_off_in_time(mut world: World, limit_ms: Ms) -> Verdict {
    let since_ms = world.now_ms;
    let off = world.run_until(since_ms + limit_ms, |world| !world.conducts(0));
    held_if(off, || {
        world.run_to(since_ms + 30_000);
        let opened = world
            .changes
            .iter()
            .find(|change| change.at_ms >= since_ms && change.pack == 0);
        match opened {
            Some(change) => format!("off after {}", seconds(change.at_ms - since_ms)),
            None => "still connected after 30 s".to_owned(),
        }
    })
}

fn over_current_at_the_end(version: Version) -> Verdict {
    let setup = Setup {
        own_calibration: true,
        ..Setup::default()
    };
    let mut world = alone(version, setup);
    world.load = 60.0;
    is_off_in_time(world, 1_000)
}

fn voltage_beyond_belief(version: Version) -> Verdict {
    let mut world = alone(version, Setup::default());
    world.packs[0].u = 36.0;
    is_off_in_time(world, 2_000)
}

fn current_beyond_belief(version: Version) -> Verdict {
    let mut world = alone(version, Setup::default());
    world.load = 60.0;
    // Three seconds are the time that rule D14 gives the load to go first.
    is_off_in_time(world, 3_500)
}

fn collapse(version: Version) -> Verdict {
    let mut world = alone(version, Setup::default());
    world.packs[0].u = 19.0;
    is_off_in_time(world, 2_000)
}

fn dead_sensor(version: Version) -> Verdict {
    let mut world = running(version, Setup::default(), 8.0);
    world.packs[0].sensor = Fitted::Dead;
    is_off_in_time(world, 1_500)
}

fn all_ones(version: Version) -> Verdict {
    let mut world = running(version, Setup::default(), 8.0);
    world.packs[0].sensor = Fitted::AllOnes;
    is_off_in_time(world, 1_500)
}

fn alert(version: Version) -> Verdict {
    let mut world = running(version, Setup::default(), 8.0);
    world.packs[0].alert = true;
    is_off_in_time(world, 1_000)
}

/// Voltage of packs whose reading dips.
const BEFORE_DIP: f64 = 27.0;

/// The reading of pack 0 dips to 20.9 V for a second: out of every range, and no step that a filter would doubt, neither
/// down nor up again.
fn dip(world: &mut World) {
    const DIP: f64 = 6.1;
    const DIP_MS: Ms = 1_000;
    world.packs[0].offset = -DIP;
    world.run_to(world.now_ms + DIP_MS);
    world.packs[0].offset = 0.0;
}

fn cut_while_healthy(version: Version) -> Verdict {
    const END_MS: Ms = 1_800_000;
    let mut world = running_at(version, Setup::default(), BEFORE_DIP, 0.0);
    for fault in 1..=8 {
        let since_ms = world.now_ms;
        world.run_to(since_ms + 12_000);
        if world.openings(0, since_ms) > 0 {
            let number = fault - 1;
            return Verdict::Failed(format!("healthy and cut after fault {number}"));
        }
        dip(&mut world);
        let back = world.run_until(END_MS, |world| world.conducts(0));
        if !back {
            break;
        }
    }
    Verdict::Held
}

fn rare_faults(version: Version) -> Verdict {
    const EVERY_MS: Ms = 90 * 60_000;
    let mut world = at(version, &[BEFORE_DIP; PACKS]);
    world.run_to(STARTED_MS);
    // Half a day: in steps as long as this core takes for regular ones.
    world.pass_ms = 300;
    for fault in 1..=8 {
        dip(&mut world);
        world.run_to(STARTED_MS + fault * EVERY_MS);
        if !world.conducts(0) {
            return Verdict::Failed(format!("locked out after fault {fault}"));
        }
    }
    Verdict::Held
}

fn lock_over_a_restart(version: Version) -> Verdict {
    /// A pack that stays off for so long is locked.
    const LOCKED_MS: Ms = 300_000;
    let mut world = running_at(version, Setup::default(), BEFORE_DIP, 0.0);
    loop {
        dip(&mut world);
        if !world.run_until(world.now_ms + LOCKED_MS, |world| world.conducts(0)) {
            break;
        }
        assert!(world.now_ms < 3_600_000, "{} never locks", version.name());
    }
    world.reboot();
    let since_ms = world.now_ms;
    let back = world.run_until(since_ms + 1_800_000, |world| world.conducts(0));
    held_if(!back, || {
        format!(
            "connected again {} after the restart",
            seconds(world.now_ms - 100 - since_ms)
        )
    })
}

fn first_retry(version: Version) -> Verdict {
    let mut world = running_at(version, Setup::default(), BEFORE_DIP, 0.0);
    world.run_to(19_000);
    dip(&mut world);
    let off_ms = world
        .changes
        .iter()
        .find(|change| change.pack == 0 && !change.closed)
        .map(|change| change.at_ms)
        .expect("the dip opens every version");
    if !world.conducts(0) {
        world.run_until(60_000, |world| world.conducts(0));
    }
    let closed = world
        .changes
        .iter()
        .find(|change| change.pack == 0 && change.closed && change.at_ms >= off_ms);
    match closed {
        Some(change) if change.at_ms < off_ms + 10_000 => {
            Verdict::Failed(format!("back after {}", seconds(change.at_ms - off_ms)))
        }
        _ => Verdict::Held,
    }
}

fn chatter_below(version: Version) -> Verdict {
    chatter(version, 25.5, 24.0)
}

fn chatter_above(version: Version) -> Verdict {
    chatter(version, 29.0, 30.0)
}

fn chatter(version: Version, start: f64, limit: f64) -> Verdict {
    let mut world = at(version, &[start; PACKS]);
    world.run_to(STARTED_MS);
    assert_eq!(world.closed().len(), PACKS);
    world.noise = 0.015;
    for pack in &mut world.packs {
        pack.u = limit;
    }
    world.run_to(600_000);
    let most = (0..PACKS)
        .map(|pack| world.openings(pack, STARTED_MS))
        .max()
        .unwrap_or(0);
    held_if(most <= 1, || format!("a pack is switched off {most} times"))
}

fn charging(version: Version) -> Verdict {
    let mut world = running(version, Setup::default(), -8.0);
    world.run_to(STARTED_MS + 10_000);
    let closed = world.closed().len();
    held_if(closed == PACKS, || {
        format!("{closed} of {PACKS} packs stay connected")
    })
}
