//! What holds for limits and permits: I18, I19, and the toggling of I27.

use battery_units::Milliamps;
use parallelator_core::*;

use super::{Judge, Seen};

impl Judge {
    pub(super) fn judge_limits(&mut self, seen: &Seen<'_>) {
        self.i18_permits(seen);
        self.i19_nobody_is_overloaded(seen);
        self.i27_nobody_toggles(seen);
    }

    fn i18_permits(&mut self, seen: &Seen<'_>) {
        let decision = seen.decision;
        let none = !(0..self.count).any(|index| seen.closed(index));
        let no_load = none || decision.dcl <= Milliamps::ZERO;
        let no_charge = none || decision.ccl <= Milliamps::ZERO;
        self.holds(18, !(decision.load_permit && no_load), || {
            "a load permit".to_owned()
        });
        self.holds(18, !(decision.charge_permit && no_charge), || {
            "a charge permit".to_owned()
        });
    }

    fn i19_nobody_is_overloaded(&mut self, seen: &Seen<'_>) {
        if !seen.obeys {
            return;
        }
        for index in seen.truth.conducts.iter() {
            let current = seen.truth.currents[index] * 1_000.0;
            let gauge = &seen.inputs.packs[index].gauge;
            let smaller = |own: Option<Milliamps>, common: Milliamps| {
                f64::from(own.map_or(common, |own| own.min(common)).get())
            };
            let discharge = smaller(gauge.i_dis_max, self.params.i_dis_max);
            let charge = smaller(gauge.i_chg_max, self.params.i_chg_max);
            // The error of the current sensors is theirs, not the rules'.
            let error = 3.0 * self.count as f64 + 0.002 * current.abs();
            let within = current <= charge + error && -current <= discharge + error;
            self.holds(19, within, || {
                format!("pack {index} carries {current} mA of -{discharge} to {charge} mA")
            });
        }
    }

    /// A back-off lasts from an opening on, twice as long for each point of the score, unless a command clears it.
    fn i27_nobody_toggles(&mut self, seen: &Seen<'_>) {
        if !seen.healthy {
            return;
        }
        for event in seen.decision.events.iter() {
            let Some(index) = event.pack.map(usize::from) else {
                continue;
            };
            if event.kind == EventKind::Cleared {
                // In the order of the events: a clear command may come in the very step of the opening, after it.
                self.backs_off[index] = None;
                continue;
            }
            // Who leaves the pre-charge path was not closed: three tries are its right.
            let opened = event.kind == EventKind::Opened && self.was_closed(index);
            let Some(Reason::Fault(fault)) = event.reason.filter(|_| opened) else {
                continue;
            };
            let core_ms = self.core_ms;
            let until_ms = self.backs_off[index].unwrap_or(0);
            self.holds(27, core_ms >= until_ms, || {
                let early = until_ms - core_ms;
                format!("pack {index} opened again by {fault:?}, {early} ms before its back-off was over")
            });
            let doublings = u32::from(seen.decision.packs[index].score.saturating_sub(1)).min(30);
            let back_off = u64::from(self.params.t_backoff0_ms) << doublings;
            let longest = u64::from(self.params.t_backoff_max_ms);
            self.backs_off[index] = Some(core_ms + back_off.min(longest));
        }
    }
}
