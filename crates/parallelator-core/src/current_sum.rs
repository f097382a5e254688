//! Whether the currents add up (rule D17, Kirchhoff): the packs' against the one measured in the bus.

use battery_units::Milliamps;

use crate::{Core, EventKind, Fault, pack::Pack, step::Step};

/// How long the sums must disagree.
const PATIENCE_MS: u32 = 1_000;

/// Disagreement that is never called one: 0.5 A, and a twentieth of what flows.
const ALLOWED_MA: i64 = 500;

/// Memory of the comparison.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct CurrentSum {
    wrong_ms: u32,
}

impl CurrentSum {
    /// Whether the sums have disagreed for so long that nobody joins.
    pub(crate) fn is_wrong(&self) -> bool {
        self.wrong_ms > PATIENCE_MS
    }
}

impl<const N: usize> Core<N> {
    /// Compares the sum of the pack currents with the bus current, where that is measured.
    pub(crate) fn judge_current_sum(&mut self, step: &mut Step<'_, N>) {
        let measured = step.inputs.bus.current.unwrap_or(Milliamps::ZERO);
        let (mut sum, mut flowing) = (0i64, 0i64);
        // What a pack carried before it was opened flows no more.
        let counts = |pack: &&Pack| pack.closed || pack.seen_open;
        for pack in self.packs.iter().take(self.count).filter(counts) {
            let current = i64::from(pack.current().get());
            sum = sum.saturating_add(current);
            flowing = flowing.saturating_add(current.saturating_abs());
        }
        let off = sum.saturating_sub(measured.get().into());
        let allowed = ALLOWED_MA.saturating_add(flowing.div_euclid(20));
        let was_wrong = self.current_sum.is_wrong();
        let wrong = step.inputs.bus.current.is_some() && off.saturating_abs() > allowed;
        let elapsed_ms = step.moment.elapsed_ms;
        self.current_sum.wrong_ms = if wrong {
            self.current_sum.wrong_ms.saturating_add(elapsed_ms)
        } else {
            0
        };
        let is_wrong = self.current_sum.is_wrong();
        if is_wrong != was_wrong {
            let (off, allowed) = (crate::arith::narrow(off), crate::arith::narrow(allowed));
            let kind = EventKind::alarm(is_wrong);
            step.rack_event(kind, Some(Fault::Kirchhoff.into()), off, allowed);
        }
    }
}
