//! What load and charger ask for, over time. Whether they get it is the core's to say.

use battery_sim::plant::Random;
use parallelator_core::ModeHint;

/// What is asked for now, A.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ask {
    /// Load.
    pub load_a: f64,
    /// Charger.
    pub charger_a: f64,
}

/// A course of asking.
#[derive(Debug, Clone, PartialEq)]
pub enum Demand {
    /// The same all the time.
    Steady(Ask),
    /// This load, with a pause of 12 s in every 300 s (A3).
    Pauses(f64),
    /// One load and another by turns, for so many ms each.
    Turns(f64, f64, u64),
    /// Drawn segments: each ends at its time in ms.
    Segments(Vec<(u64, Ask)>),
    /// A day of a house, begun at some time with some hour.
    Day {
        /// What the rack may carry, A.
        rack_a: f64,
        begun_ms: u64,
        first_hour: u64,
    },
}

const PERIOD_MS: u64 = 300_000;
const PAUSE_MS: u64 = 12_000;
const HOUR_MS: u64 = 3_600_000;

/// Parts of what the rack may carry: hour at which it begins, load, charger.
const DAY: [(u64, f64, f64); 6] = [
    (0, 0.04, 0.0),
    (6, 0.12, 0.0),
    (9, 0.0, 0.15),
    (16, 0.02, 0.0),
    (18, 0.10, 0.0),
    (22, 0.04, 0.0),
];
/// In the hours with a load, this comes on top for 20 s of every 10 minutes.
const BURST: f64 = 0.25;

impl Demand {
    /// Segments of 5 to 60 s up to `end_ms`: rest, load or charger, up to 1.2 times what the rack may carry.
    pub fn drawn(seed: u64, rack_a: f64, end_ms: u64) -> Self {
        let mut random = Random::new(seed);
        let mut segments = Vec::new();
        let mut until_ms = 0;
        while until_ms < end_ms {
            until_ms += random.between(5_000.0, 60_000.0) as u64;
            let most = 1.2 * rack_a * random.unit();
            let ask = match random.bits() % 8 {
                0 | 1 => Ask::default(),
                2 | 3 => Ask {
                    charger_a: most,
                    ..Ask::default()
                },
                4 => Ask {
                    load_a: most,
                    charger_a: random.between(0.0, most),
                },
                _ => Ask {
                    load_a: most,
                    ..Ask::default()
                },
            };
            segments.push((until_ms, ask));
        }
        Self::Segments(segments)
    }

    /// What is asked for at this time.
    pub fn at(&self, now_ms: u64) -> Ask {
        let load = |load_a| Ask {
            load_a,
            charger_a: 0.0,
        };
        match self {
            Self::Steady(ask) => *ask,
            Self::Pauses(_) if now_ms % PERIOD_MS >= PERIOD_MS - PAUSE_MS => Ask::default(),
            Self::Pauses(load_a) => load(*load_a),
            Self::Turns(first, second, each_ms) => {
                let odd = (now_ms / each_ms) % 2 == 1;
                load(if odd { *second } else { *first })
            }
            Self::Segments(segments) => segments
                .iter()
                .find(|(until_ms, _)| now_ms < *until_ms)
                .map_or(Ask::default(), |(_, ask)| *ask),
            Self::Day {
                rack_a,
                begun_ms,
                first_hour,
            } => {
                let day_ms = now_ms - begun_ms + first_hour * HOUR_MS;
                let hour = day_ms / HOUR_MS % 24;
                let (_, load, charger) = *DAY
                    .iter()
                    .rev()
                    .find(|(from, ..)| *from <= hour)
                    .unwrap_or(&DAY[0]);
                let burst = if load > 0.0 && day_ms % 600_000 < 20_000 {
                    BURST
                } else {
                    0.0
                };
                Ask {
                    load_a: (load + burst) * rack_a,
                    charger_a: charger * rack_a,
                }
            }
        }
    }

    /// What the bus is going to be used for, for a core that is told.
    pub fn hint(&self, now_ms: u64) -> ModeHint {
        let ask = match self {
            // A pause is no other use of the bus.
            Self::Pauses(load_a) => Ask {
                load_a: *load_a,
                charger_a: 0.0,
            },
            _ => self.at(now_ms),
        };
        if ask == Ask::default() {
            ModeHint::Idle
        } else if ask.load_a > ask.charger_a {
            ModeHint::Discharge
        } else {
            ModeHint::Charge
        }
    }
}
