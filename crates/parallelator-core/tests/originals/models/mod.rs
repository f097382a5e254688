//! Small models of the original versions, restated from a description of their order of checks, not from their code.
//!
//! Common to all: a loop period, thresholds of 24 V, 30 V and 1 V, a switch count of five, ten seconds to reconnect, and
//! the rule that nothing is connected unless there are four sensors for each expander.

pub mod first_port;
pub mod legacy;
pub mod production;
pub mod second_port;
pub mod v1_loop;

use crate::controller::{Ms, PER_EXPANDER, Seen, Sensor, Switches};

pub const MIN_MV: i32 = 24_000;
pub const MAX_MV: i32 = 30_000;
pub const DIFFERENCE_MV: i32 = 1_000;
pub const NO_PACK_MV: i32 = 1_000;
pub const SWITCH_LIMIT: u32 = 5;
pub const RECONNECT_MS: Ms = 10_000;

/// The loop period: true when a pass is due.
#[derive(Clone, Copy)]
pub struct Period {
    every_ms: Ms,
    next_ms: Ms,
}

impl Period {
    pub fn of(every_ms: Ms) -> Self {
        Self {
            every_ms,
            next_ms: 0,
        }
    }

    pub fn is_due(&mut self, now_ms: Ms) -> bool {
        if now_ms < self.next_ms {
            return false;
        }
        self.next_ms = now_ms + self.every_ms;
        true
    }
}

/// The sensors that answered when the bus was scanned, in the order of their addresses.
pub fn found(seen: &Seen<'_>) -> Vec<usize> {
    (0..seen.sensors.len())
        .filter(|&slot| seen.sensors[slot] != Sensor::Absent)
        .collect()
}

/// The expanders that answer, in the order of their addresses.
pub fn expanders(switches: &Switches) -> Vec<usize> {
    (0..switches.answers.len())
        .filter(|&index| switches.answers[index])
        .collect()
}

/// Four sensors for each expander, and at least one of each.
pub fn topology_fits(seen: &Seen<'_>, switches: &Switches) -> bool {
    let sensors = found(seen).len();
    sensors > 0 && expanders(switches).len() * PER_EXPANDER == sensors
}

/// The output that a version takes for the pack that was found as number `order`: counted, not by address.
pub fn output_by_order(order: usize, switches: &Switches) -> Option<usize> {
    expanders(switches)
        .get(order / PER_EXPANDER)
        .map(|expander| expander * PER_EXPANDER + order % PER_EXPANDER)
}

/// Voltage and current of a sensor that answers.
pub fn reading(sensor: Sensor) -> Option<(i32, i32)> {
    match sensor {
        Sensor::Reads { mv, ma, .. } => Some((mv, ma)),
        Sensor::Silent | Sensor::Absent => None,
    }
}

/// Everything off, whatever the bus answers.
pub fn all_off(switches: &mut Switches, slots: usize) {
    for slot in 0..slots {
        let _ = switches.write(slot, false);
    }
}
