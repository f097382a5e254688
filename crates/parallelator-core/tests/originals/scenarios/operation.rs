//! What an operator asks for: off, a measurement, another limit.

use super::{
    HEALTHY, PACK_CURRENT, PACKS, STARTED_MS, Scenario, Verdict, at, held_if, running, seconds,
};
use crate::controller::{Request, Setup, Version, Version as V};

const NO_COMMAND: &str = "its description names no manual command";
const NO_MEASUREMENT: &str = "no measurement of the resistance";
const FIXED: &str = "its limits are fixed when it is built";

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        defect: "D-7",
        name: "d07_a_manual_off_lasts",
        sentence: "A pack that the operator switched off stays off for a minute and longer.",
        run: manual_off,
        without: &[
            (V::V1Loop, NO_COMMAND),
            (V::FirstPort, NO_COMMAND),
            (V::SecondPort, NO_COMMAND),
        ],
        fails: &[V::Legacy, V::Production],
        note: "",
    },
    Scenario {
        defect: "D-17a",
        name: "d17a_a_measurement_leaves_the_load_to_packs_that_can_carry_it",
        sentence: "Measuring one of two packs under a load of 16 A does not push the other above 10 A.",
        run: measurement_of_two,
        without: &[
            (V::V1Loop, NO_MEASUREMENT),
            (V::Legacy, NO_MEASUREMENT),
            (V::FirstPort, NO_MEASUREMENT),
        ],
        fails: &[V::Production],
        note: "The second port refuses because the empty places count as packs that are offline.",
    },
    Scenario {
        defect: "D-17b",
        name: "d17b_a_measurement_never_connects_a_faulty_pack",
        sentence: "A pack that reads 30.5 V while its resistance is measured is not connected when the measurement ends.",
        run: measurement_of_a_faulty_pack,
        without: &[
            (V::V1Loop, NO_MEASUREMENT),
            (V::Legacy, NO_MEASUREMENT),
            (V::FirstPort, NO_MEASUREMENT),
        ],
        fails: &[V::Production],
        note: "",
    },
    Scenario {
        defect: "D-21",
        name: "d21_a_limit_that_was_set_is_used",
        sentence: "After the minimum was set to 26 V, no pack of 25.5 V is connected.",
        run: a_new_minimum,
        without: &[
            (V::V1Loop, FIXED),
            (V::Legacy, FIXED),
            (V::FirstPort, FIXED),
            (V::SecondPort, FIXED),
        ],
        fails: &[V::Production],
        note: "",
    },
];

fn manual_off(version: Version) -> Verdict {
    let mut world = running(version, Setup::default(), 8.0);
    world.run_to(15_000);
    world.ask(Request::Off(0));
    world.pass();
    let back = world.run_until(75_000, |world| world.conducts(0));
    held_if(!back, || {
        format!(
            "connected again after {}",
            seconds(world.now_ms - 100 - 15_000)
        )
    })
}

fn measurement_of_two(version: Version) -> Verdict {
    let mut volts = [0.0; PACKS];
    volts[0] = HEALTHY;
    volts[1] = HEALTHY;
    let mut world = at(version, &volts);
    world.run_to(STARTED_MS);
    assert_eq!(world.closed(), [0, 1], "{}", version.name());
    world.load = 16.0;
    world.run_to(20_000);
    world.ask(Request::MeasureResistance(0));
    let over = world.run_until(25_000, |world| world.worst_current() > PACK_CURRENT);
    held_if(!over, || {
        format!("{:.0} A through the other pack", world.worst_current())
    })
}

fn measurement_of_a_faulty_pack(version: Version) -> Verdict {
    let mut world = running(version, Setup::default(), 24.0);
    world.run_to(20_000);
    world.ask(Request::MeasureResistance(0));
    world.run_to(20_500);
    world.packs[0].offset = 2.5;
    world.run_to(21_000);
    let closed = world.run_until(25_000, |world| world.conducts(0));
    held_if(!closed, || "connected at a reading of 30.5 V".to_owned())
}

fn a_new_minimum(version: Version) -> Verdict {
    let mut world = at(version, &[25.5; PACKS]);
    // Before the first pack is connected.
    world.run_to(300);
    world.ask(Request::SetMinimum { mv: 26_000 });
    world.run_to(20_000);
    let closed = world.closed().len();
    held_if(closed == 0, || format!("{closed} packs are connected"))
}
