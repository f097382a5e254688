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

    fn i27_nobody_toggles(&mut self, seen: &Seen<'_>) {
        if !seen.healthy {
            return;
        }
        let back_off = u64::from(self.params.t_backoff0_ms);
        for event in Self::events(seen, EventKind::Opened) {
            let (Some(index), Some(Reason::Fault(fault))) =
                (event.pack.map(usize::from), event.reason)
            else {
                continue;
            };
            if !self.was_closed(index) {
                // It leaves its pre-charge path, where three tries are its right.
                continue;
            }
            if let Some(last_ms) = self.last_fault_ms[index] {
                let since = self.core_ms - last_ms;
                self.holds(27, since >= back_off, || {
                    format!("pack {index} opened twice in {since} ms, now by {fault:?}")
                });
            } else {
                self.holds(27, true, String::new);
            }
            self.last_fault_ms[index] = Some(self.core_ms);
        }
    }
}
