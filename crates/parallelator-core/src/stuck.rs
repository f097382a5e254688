//! Switches that do not do what they are told (rules D15 and D16).

use battery_units::{Milliamps, Millivolts};

use crate::{Core, EventKind, Fault, Params, SwitchKind, faults::Found, step::Step};

/// Voltage between a pack and the bus that should drive a current through a closed switch, in millivolts.
const MISSING_CURRENT_DIFFERENCE_MV: i32 = 100;

/// Whether a current flows that an open switch should block.
pub(crate) fn is_leak(params: &Params, current: Milliamps) -> bool {
    let blocked = match params.switch_kind {
        SwitchKind::Bidirectional => true,
        SwitchKind::DiodeCharge => current < Milliamps::ZERO,
        SwitchKind::DiodeDischarge => current > Milliamps::ZERO,
    };
    blocked && current.get().saturating_abs() > params.i_leak.get()
}

impl<const N: usize> Core<N> {
    /// Finds switches that conduct though open, and switches that do not though closed.
    pub(crate) fn judge_stuck_switches(&mut self, step: &mut Step<'_, N>) {
        let missing = self.count_missing_currents(step);
        for index in 0..self.count {
            self.judge_stuck_closed(step, index);
        }
        if let Some(index) = missing {
            self.judge_stuck_open(step, index);
        }
    }

    /// Current through a switch that was commanded open at least `t_settle` ago, in a direction it should block.
    fn judge_stuck_closed(&mut self, step: &mut Step<'_, N>, index: usize) {
        let params = self.params;
        let Some(pack) = self.packs.get_mut(index) else {
            return;
        };
        let watched = !pack.closed && !pack.precharge.is_active() && pack.stuck.is_none();
        if !watched || !pack.has_new_sample() || pack.is_frozen() {
            return;
        }
        let open_for_ms = step.moment.core_ms.saturating_sub(pack.changed_at_ms);
        let settled = open_for_ms >= params.t_settle_ms.into();
        let current = pack.current();
        let magnitude = current.get().saturating_abs();
        if !settled || !is_leak(&params, current) {
            pack.leak_samples = 0;
            return;
        }
        pack.leak_samples = pack.leak_samples.saturating_add(1);
        let hard = params.hard_charge().max(params.hard_discharge()).get();
        let fault = if magnitude >= hard {
            Fault::CurrentOnOpenSwitch
        } else if pack.leak_samples >= params.t_leak_samples {
            Fault::StuckClosed
        } else {
            return;
        };
        if let Some(other) = self.swapped_with(index) {
            self.latch_swapped(step, index, other);
            return;
        }
        let Some(pack) = self.packs.get_mut(index) else {
            return;
        };
        pack.stuck = Some(fault);
        pack.backoff.count();
        pack.last_fault = Some(fault);
        let reason = fault.into();
        let (value, limit) = (current.get(), params.i_leak.get());
        step.pack_event(index, EventKind::StuckClosed, reason, value, limit);
    }

    /// A closed pack that has missed its current for as long as pack `index` has carried one it should not: their wires are
    /// exchanged.
    fn swapped_with(&self, index: usize) -> Option<usize> {
        let leaks = self.packs.get(index)?.leak_samples;
        // There is one leak at least, and a pack that is open has missed nothing.
        self.packs
            .iter()
            .position(|pack| pack.missing_samples >= leaks)
    }

    fn latch_swapped(&mut self, step: &mut Step<'_, N>, index: usize, other: usize) {
        let leak = self.params.i_leak.get();
        let missing = self.params.i_open.get();
        for (index, limit) in [(index, leak), (other, missing)] {
            let current = self.packs.get(index).map_or(0, |pack| pack.current().get());
            self.raise(step, index, &Found::new(Fault::Swapped, current, limit));
        }
    }

    /// No current through a closed switch though the pack stands apart from the bus.
    fn judge_stuck_open(&mut self, step: &mut Step<'_, N>, index: usize) {
        for pack in &mut self.packs {
            pack.missing_samples = 0;
        }
        if self.packs.get(index).is_none_or(|pack| !pack.closed) {
            return;
        }
        // A second pack that misses its current against the same others: it is the first of those that is broken.
        let common = self.closed().without(index);
        let suspect = self.joining.suspect(common, index);
        let accused = suspect.unwrap_or(index);
        let current = self
            .packs
            .get(accused)
            .map_or(0, |pack| pack.current().get());
        let found = Found::new(Fault::StuckOpen, current, self.params.i_open.get());
        self.raise(step, accused, &found);
    }

    /// The pack that has missed its current for long enough.
    ///
    /// Where the bus is not measured, one broken switch moves the mean away from every other pack too; so only the
    /// pack that stands farthest apart is meant, and on a tie the one that joined last.
    fn count_missing_currents(&mut self, step: &Step<'_, N>) -> Option<usize> {
        let mut worst: Option<((i32, u64), usize)> = None;
        let connected = self.on_the_bus(self.connected());
        let voltages = self.voltages_of(connected);
        for index in self.closed().iter() {
            let others = voltages.without(self.counted_voltage(index));
            let Some(apart) = self.missing_current(step, index, others.mean()) else {
                continue;
            };
            let joined_ms = self.packs.get(index).map_or(0, |pack| pack.changed_at_ms);
            if worst.is_none_or(|(leader, _)| (apart, joined_ms) > leader) {
                worst = Some(((apart, joined_ms), index));
            }
        }
        worst.map(|(_, index)| index)
    }

    /// Counts samples without a current that should be there; how far the pack stands apart, when they are enough.
    fn missing_current(
        &mut self,
        step: &Step<'_, N>,
        index: usize,
        others: Option<Millivolts>,
    ) -> Option<i32> {
        // Alone on the bus a pack carries what the load draws, and that may be nothing; but it does not leave it dead.
        let measured = step.inputs.bus.voltage;
        let dead = measured.filter(|_| self.voltage_of_live_bus(step).is_none());
        let reference = others.or(dead);
        let params = self.params;
        let pack = self.packs.get_mut(index)?;
        // What was counted beside others proves nothing once there is nobody to compare with.
        let Some(others) = reference.filter(|_| pack.close_confirmed) else {
            pack.missing_samples = 0;
            return None;
        };
        let bus = measured.unwrap_or(others);
        if !pack.has_new_sample() {
            return None;
        }
        let current = pack.current().get().saturating_abs();
        let from = |other: Millivolts| pack.voltage().saturating_sub(other).get().saturating_abs();
        // Both must agree, or a wrong bus voltage would open every healthy pack.
        let apart = from(bus).min(from(others));
        if current >= params.i_open.get() || apart <= MISSING_CURRENT_DIFFERENCE_MV {
            pack.missing_samples = 0;
            return None;
        }
        pack.missing_samples = pack.missing_samples.saturating_add(1);
        (pack.missing_samples >= params.t_open_samples).then_some(apart)
    }
}
