//! Time (rule D19): the core counts its own time, so that no jump of the clock ends a wait early.

use crate::Params;

/// Longest gap between two steps, in ticks, that still counts as regular.
const REGULAR_TICKS: u32 = 3;

/// Core time since the first step.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Clock {
    last_now_ms: Option<u64>,
    core_ms: u64,
}

/// What the clock says about one step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// The time the step was given.
    pub(crate) now_ms: u64,
    /// Core time: a step adds at most three ticks, a step back nothing. All waits run in it.
    pub(crate) core_ms: u64,
    /// How long ago the last step really was, held at 49 days. Sample ages grow by it.
    pub(crate) gap_ms: u32,
    /// What this step added to core time.
    pub(crate) elapsed_ms: u32,
    /// How the clock moved.
    pub(crate) motion: Motion,
}

/// How the clock moved between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Motion {
    Regular,
    /// Forward by more than three ticks.
    Jumped {
        gap_ms: u32,
    },
    Backwards {
        by_ms: u32,
    },
}

impl Clock {
    pub(crate) fn core_ms(&self) -> u64 {
        self.core_ms
    }

    pub(crate) fn advance(&mut self, now_ms: u64, params: &Params) -> Moment {
        let last = self.last_now_ms.unwrap_or(now_ms);
        self.last_now_ms = Some(now_ms);
        let longest = params.tick_ms.saturating_mul(REGULAR_TICKS);
        let gap_ms = millis_between(last, now_ms);
        let elapsed_ms = gap_ms.min(longest);
        self.core_ms = self.core_ms.saturating_add(elapsed_ms.into());
        let motion = if now_ms < last {
            Motion::Backwards {
                by_ms: millis_between(now_ms, last),
            }
        } else if gap_ms > longest {
            Motion::Jumped { gap_ms }
        } else {
            Motion::Regular
        };
        Moment {
            now_ms,
            core_ms: self.core_ms,
            gap_ms,
            elapsed_ms,
            motion,
        }
    }
}

/// From one time to a later one, held inside 32 bits; zero when it is not later.
pub(crate) fn millis_between(earlier_ms: u64, later_ms: u64) -> u32 {
    u32::try_from(later_ms.saturating_sub(earlier_ms)).unwrap_or(u32::MAX)
}
