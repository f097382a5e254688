//! Openings above the breaking current of a switch (rule D14): the load and the charger are asked to go first.
//!
//! A pack that carries more than `i_break_max` and has to open keeps its switch closed, with both permits withdrawn, until
//! the current has fallen or `t_shed` is over; then it opens anyway. An emergency stop, a hardware alert, a rack that shuts
//! itself off and a pack that nobody can measure do not wait. Packs that wait for a soft reason open together: the last of a set would carry what
//! the others left. One that has become the last pack meanwhile is not opened for a soft fault where the policy keeps it.

use crate::{
    Core, EventKind, Fault, FaultClass, LastPackPolicy, Reason, faults::Found, pack::Pack,
    step::Step,
};

/// Faults that open at once whatever the current. So does any with a current that nobody knows.
fn opens_at_once(reason: Reason) -> bool {
    matches!(reason, Reason::Fault(Fault::EStop | Fault::HardwareAlert))
}

impl<const N: usize> Core<N> {
    /// Commands pack `index` open as soon as rule D14 lets it; the event carries the reason.
    pub(crate) fn open(
        &mut self,
        step: &mut Step<'_, N>,
        index: usize,
        reason: Reason,
        value: i32,
        limit: i32,
    ) {
        let i_break = self.params.i_break_max.get();
        let age_hard_ms = self.params.age_hard_ms;
        let Some(pack) = self.packs.get_mut(index).filter(|pack| pack.closed) else {
            return;
        };
        let current = pack.current().get();
        let breakable = current.saturating_abs() <= i_break && !step.hold_back;
        let known = pack.is_fresh(age_hard_ms);
        if opens_at_once(reason) || breakable || !known {
            self.open_now(step, index, reason, value, limit);
        } else if pack.is_breaking() {
            // A fault is a better reason than whatever the opening was asked for first.
            if matches!(reason, Reason::Fault(_)) {
                pack.opened_by = reason;
            }
        } else {
            // One more than the time waited, so that zero means not waiting.
            pack.breaking_ms = 1;
            pack.opened_by = reason;
            self.joining.forget_join_of(index);
            step.pack_event(index, EventKind::OpeningDelayed, reason, current, i_break);
        }
    }

    /// Counts the time that openings have waited; before any begins to wait in this step.
    pub(crate) fn count_delays(&mut self, step: &Step<'_, N>) {
        let elapsed_ms = step.moment.gap_ms;
        for pack in self.packs.iter_mut().filter(|pack| pack.is_breaking()) {
            pack.breaking_ms = pack.breaking_ms.saturating_add(elapsed_ms);
        }
    }

    /// Opens the packs that waited, when the current has fallen or the wait is over.
    pub(crate) fn judge_delayed_openings(&mut self, step: &mut Step<'_, N>) {
        if !self.any_breaking() {
            return;
        }
        // Of packs that open together none is the last one: that is seen before the first of them opens.
        let alone = self.closed().len() == 1;
        let i_break = self.params.i_break_max.get();
        let too_high = |pack: &Pack| pack.current().get().saturating_abs() > i_break;
        let any_too_high = self
            .packs
            .iter()
            .any(|pack| pack.is_breaking() && too_high(pack));
        for index in 0..self.count {
            let Some(pack) = self.packs.get(index).filter(|pack| pack.is_breaking()) else {
                continue;
            };
            let params = &self.params;
            let known = pack.is_fresh(params.age_hard_ms);
            if known && alone && self.rides_through(pack) {
                self.keep_last(step, index);
                continue;
            }
            let over = pack.breaking_ms > params.t_shed_ms || !known;
            let waits_for_others = any_too_high && !pack.has_hard_fault();
            if !over && (too_high(pack) || waits_for_others) {
                continue;
            }
            let (reason, trouble) = (pack.opened_by, pack.trouble);
            let (value, limit) = trouble.map_or((0, 0), |trouble| (trouble.value, trouble.limit));
            self.open_now(step, index, reason, value, limit);
        }
    }

    /// Whether the last pack stays that was to be opened for a soft fault and nothing else (rule D12).
    fn rides_through(&self, pack: &Pack) -> bool {
        let soft =
            matches!(pack.opened_by, Reason::Fault(fault) if fault.class() == FaultClass::S1);
        soft && !pack.disabled && self.params.last_pack_policy == LastPackPolicy::RideThrough
    }

    /// Takes the opening of pack `index` back: the others have left since it was decided. What the fault is worth now is
    /// judged anew; a latch that was due takes effect when the pack opens.
    fn keep_last(&mut self, step: &mut Step<'_, N>, index: usize) {
        let pack = self.packs.get_mut(index);
        let Some((pack, trouble)) = pack.and_then(|pack| pack.trouble.map(|fault| (pack, fault)))
        else {
            return;
        };
        pack.breaking_ms = 0;
        pack.trouble = Some(trouble).filter(|trouble| trouble.latched);
        let (fault, value, limit) = (trouble.fault, trouble.value, trouble.limit);
        pack.soft.set_alarm(Some(Found::new(fault, value, limit)));
        step.alarm(index, fault, true, value, limit);
    }

    /// Whether a pack waits for its current to fall.
    pub(crate) fn any_breaking(&self) -> bool {
        self.packs.iter().any(Pack::is_breaking)
    }

    /// Commands pack `index` open, whatever it carries.
    pub(crate) fn open_now(
        &mut self,
        step: &mut Step<'_, N>,
        index: usize,
        reason: Reason,
        value: i32,
        limit: i32,
    ) {
        let break_limit = self.params.i_break_max;
        let Some(pack) = self.packs.get_mut(index).filter(|pack| pack.closed) else {
            return;
        };
        pack.closed = false;
        pack.seen_open = false;
        pack.close_confirmed = false;
        pack.breaking_ms = 0;
        pack.changed_at_ms = step.moment.core_ms;
        pack.opened_with = pack.current();
        pack.opened_by = reason;
        pack.leak_samples = 0;
        pack.missing_samples = 0;
        // The back-off is the time from an opening to the next join, and this opening may have waited for its current.
        let wait_ms = pack.backoff.wait_ms(&self.params);
        let until_ms = step.moment.core_ms.saturating_add(wait_ms);
        if let Some(trouble) = &mut pack.trouble {
            trouble.until_ms = trouble.until_ms.max(until_ms);
        }
        let breaking = pack.opened_with;
        if matches!(reason, Reason::Fault(fault) if fault.class() == FaultClass::S1) {
            self.shedding.note_opening(step.moment.core_ms);
        }
        self.joining.last_change_ms = Some(step.moment.core_ms);
        self.joining.forget_join_of(index);
        step.pack_event(index, EventKind::Opened, reason, value, limit);
        if breaking.get().saturating_abs() > break_limit.get() {
            let (value, limit) = (breaking.get(), break_limit.get());
            let kind = EventKind::BreakingCurrent;
            step.pack_event(index, kind, reason, value, limit);
        }
    }

    /// Commands every pack open, whatever it carries: the rack shuts itself off.
    pub(crate) fn open_all(&mut self, step: &mut Step<'_, N>, reason: Reason) {
        for index in 0..self.count {
            self.open_now(step, index, reason, 0, 0);
        }
    }
}
