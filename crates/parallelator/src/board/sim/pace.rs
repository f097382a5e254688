//! How simulated time follows the clock on the wall: not at all, or with a factor.

use std::time::{Duration, Instant};

/// A simulation that falls behind by more than this gives the lost time up instead of racing after it.
const GIVE_UP: Duration = Duration::from_millis(500);

/// How fast the simulation runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// As fast as the machine can, until this simulated time.
    Full {
        /// End of the run.
        until: Duration,
    },
    /// This many simulated seconds a second, until somebody stops it.
    Real {
        /// The factor, above zero.
        speed: f64,
    },
}

/// The relation between simulated time and the wall clock.
#[derive(Debug)]
pub(super) struct Follower {
    pub(super) speed: f64,
    pub(super) paused: bool,
    wall: Instant,
    simulated: Duration,
}

impl Follower {
    pub(super) fn new(speed: f64) -> Self {
        Self {
            speed,
            paused: false,
            wall: Instant::now(),
            simulated: Duration::ZERO,
        }
    }

    /// Starts counting anew from this simulated time.
    pub(super) fn restart(&mut self, simulated: Duration) {
        self.wall = Instant::now();
        self.simulated = simulated;
    }

    /// How long to wait until this simulated time is due; zero when it is.
    pub(super) fn left(&mut self, simulated: Duration) -> Duration {
        let ahead = simulated.saturating_sub(self.simulated);
        let due = self.wall + ahead.div_f64(self.speed);
        let now = Instant::now();
        if now.saturating_duration_since(due) > GIVE_UP {
            self.restart(simulated);
        }
        due.saturating_duration_since(now)
    }
}
