//! Back-off and latching (rule D13): every fault waits longer than the one before, and too many latch.

use crate::Params;

/// The fault score of one pack.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Backoff {
    score: u8,
    /// Healthy core time since the last fault or the last point forgiven.
    healthy_ms: u32,
}

impl Backoff {
    pub(crate) fn with_score(score: u8) -> Self {
        Self {
            score,
            healthy_ms: 0,
        }
    }

    pub(crate) fn score(&self) -> u8 {
        self.score
    }

    /// Counts a fault.
    pub(crate) fn count(&mut self) {
        self.score = self.score.saturating_add(1);
        self.healthy_ms = 0;
    }

    /// Whether the score latches.
    pub(crate) fn latches(&self, params: &Params) -> bool {
        self.score >= params.n_lock
    }

    /// How long the pack must stay open after its last fault.
    pub(crate) fn wait_ms(&self, params: &Params) -> u64 {
        let doublings = u32::from(self.score.saturating_sub(1));
        let doubled =
            u64::from(params.t_backoff0_ms).saturating_mul(2u64.saturating_pow(doublings));
        doubled.min(params.t_backoff_max_ms.into())
    }

    /// Lets healthy time pass: each `t_decay` forgives one fault.
    pub(crate) fn heal(&mut self, elapsed_ms: u32, params: &Params) {
        if self.score == 0 {
            return;
        }
        self.healthy_ms = self.healthy_ms.saturating_add(elapsed_ms);
        if self.healthy_ms >= params.t_decay_ms {
            self.healthy_ms = 0;
            self.score = self.score.saturating_sub(1);
        }
    }
}
