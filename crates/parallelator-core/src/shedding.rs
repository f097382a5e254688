//! What is done about soft faults (rules D10, D11 and D12): the load is asked first, packs never leave one after another,
//! and the last one may stay.
//!
//! ```text
//!   a pack above its current, the others can carry the rest ---------> they open alone, in one write
//!   the others cannot: nobody obeys the permits -----------> all open in one write (collective overload)
//!   the others cannot, somebody does ---> Shedding --- still so after t_shed ---> all open in one write
//!
//!   another soft fault, the others can carry the load -------------------------> that pack opens alone
//!   they cannot ---> Shedding --- after t_shed: they can ---------------------> that pack opens alone
//!                             `-- they still cannot: imbalance ---------------> it stays, with an alarm
//!                                                    anything else -----------> all open in one write
//!   the last pack ---> Shedding; `RideThrough`: it stays, with an alarm; `Safety`: opens after t_shed
//! ```

use battery_units::Milliamps;

use crate::{
    Core, EventKind, Fault, LastPackPolicy, PackSet, faults::Found, predictor::Predictor,
    soft::SoftFaults, step::Step, view::View,
};

/// Memory of the soft openings.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Shedding {
    /// Core time since which the load is asked to go down.
    since_ms: Option<u64>,
    /// The fault of the pack that stays although the load was asked for long enough.
    kept: Option<Fault>,
    /// The set without the pack concerned: what it could carry is what is asked for.
    rest: PackSet,
    /// Charging may go on: it is what an empty pack needs.
    may_charge: bool,
    /// Core time of the last soft opening.
    last_opening_ms: Option<u64>,
    /// The packs connected in the step before.
    connected: PackSet,
}

impl Shedding {
    /// The set whose limits count while the load is asked to go down.
    pub(crate) fn rest(&self) -> Option<PackSet> {
        self.since_ms.map(|_| self.rest)
    }

    /// Whether charging may go on meanwhile.
    pub(crate) fn may_charge(&self) -> bool {
        self.may_charge
    }

    /// Notes which packs are connected; says whether that changed.
    pub(crate) fn note_connected(&mut self, connected: PackSet) -> bool {
        let changed = self.connected != connected;
        self.connected = connected;
        changed
    }

    /// A pack has opened for a soft reason; one that waited for its current to fall does so later than it was decided.
    pub(crate) fn note_opening(&mut self, core_ms: u64) {
        self.last_opening_ms = Some(core_ms);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.since_ms.is_some()
    }
}

impl<const N: usize> Core<N> {
    /// Finds soft faults and deals with the most urgent one.
    pub(crate) fn judge_soft_faults(&mut self, step: &mut Step<'_, N>, view: &View<N>) {
        // A pack that is about to open anyway distorts the currents of the others.
        if self.any_breaking() {
            return;
        }
        let softness = self.find_soft_faults(step, view);
        let mut kept = None;
        if softness.over.is_empty() {
            match softness.worst {
                Some((index, found)) => kept = self.judge_single(step, view, index, &found),
                None => self.end_shedding(step),
            }
        } else {
            self.judge_overload(step, view, softness.over);
        }
        self.note_alarms(step, kept);
    }

    /// Rule D11: packs above their current for too long.
    fn judge_overload(&mut self, step: &mut Step<'_, N>, view: &View<N>, over: PackSet) {
        let closed = self.closed();
        let rest = closed.minus(over);
        let (opened, fault) = if self.rest_can_carry(step, view, rest) {
            if !self.may_open_softly(step) {
                return;
            }
            (over, Fault::OverCurrentSoft)
        } else {
            self.withdraw_permits(step);
            let obeyed = if view.fleet().get() < 0 {
                step.inputs.bus.load_controllable
            } else {
                step.inputs.bus.charger_controllable
            };
            if obeyed && !self.has_shed(step, PackSet::EMPTY, Fault::CollectiveOverload) {
                return;
            }
            (closed, Fault::CollectiveOverload)
        };
        for index in opened.iter() {
            let found = self.over_current_of(step, index, fault);
            self.raise_together(step, opened, index, &found);
        }
        self.note_soft_opening(step);
    }

    /// Rules D10 and D12: one pack with a soft fault. The pack that stays connected with an alarm, when it does.
    fn judge_single(
        &mut self,
        step: &mut Step<'_, N>,
        view: &View<N>,
        index: usize,
        found: &Found,
    ) -> Option<(usize, Found)> {
        let closed = self.closed();
        let rest = closed.without(index);
        let keeps = Some((index, *found));
        if rest.is_empty() {
            let rides = self.params.last_pack_policy == LastPackPolicy::RideThrough;
            let shed = self.has_shed(step, rest, found.fault);
            if !shed || rides {
                self.note_kept(shed, found.fault);
                return keeps;
            }
            self.raise(step, index, found);
            self.note_soft_opening(step);
            return None;
        }
        if self.rest_can_carry(step, view, rest) {
            if !self.may_open_softly(step) {
                return keeps;
            }
            self.raise(step, index, found);
            self.note_soft_opening(step);
            return None;
        }
        let shed = self.has_shed(step, rest, found.fault);
        if !shed || found.fault == Fault::Imbalance {
            self.note_kept(shed, found.fault);
            return keeps;
        }
        for other in rest.iter() {
            let found = self.over_current_of(step, other, Fault::CollectiveOverload);
            self.raise_together(step, closed, other, &found);
        }
        self.raise_together(step, closed, index, found);
        self.note_soft_opening(step);
        None
    }

    /// Soft openings are at least `t_shed` apart.
    fn may_open_softly(&self, step: &Step<'_, N>) -> bool {
        self.shedding.last_opening_ms.is_none_or(|last_ms| {
            step.moment.core_ms.saturating_sub(last_ms) >= self.params.t_shed_ms.into()
        })
    }

    fn note_soft_opening(&mut self, step: &mut Step<'_, N>) {
        self.shedding.note_opening(step.moment.core_ms);
        self.end_shedding(step);
    }

    /// Asks the load to go down to what `rest` can carry; says whether it has been asked for `t_shed`.
    fn has_shed(&mut self, step: &mut Step<'_, N>, rest: PackSet, fault: Fault) -> bool {
        self.shedding.rest = rest;
        self.shedding.may_charge = fault == Fault::UnderVoltage;
        let core_ms = step.moment.core_ms;
        let t_shed_ms = self.params.t_shed_ms;
        // Another fault than that of a pack which stays has its own time: the load has not heard of it.
        let same = self.shedding.kept.is_none_or(|kept| kept == fault);
        match self.shedding.since_ms.filter(|_| same) {
            Some(since_ms) => core_ms.saturating_sub(since_ms) >= t_shed_ms.into(),
            None => {
                self.shedding.since_ms = Some(core_ms);
                self.shedding.kept = None;
                let limit = i32::try_from(t_shed_ms).unwrap_or(i32::MAX);
                let kind = EventKind::Shedding;
                step.rack_event(kind, Some(fault.into()), 0, limit);
                t_shed_ms == 0
            }
        }
    }

    /// A pack stays with its fault: for good, as far as is known, when the load was asked for long enough.
    fn note_kept(&mut self, shed: bool, fault: Fault) {
        self.shedding.kept = Some(fault).filter(|_| shed);
    }

    fn end_shedding(&mut self, step: &mut Step<'_, N>) {
        if self.shedding.since_ms.take().is_some() {
            step.rack_event(EventKind::SheddingOver, None, 0, 0);
        }
    }

    /// Puts an alarm on the pack that stays connected with a fault, and takes those of all others away.
    fn note_alarms(&mut self, step: &mut Step<'_, N>, kept: Option<(usize, Found)>) {
        for index in 0..self.count {
            let Some(pack) = self.packs.get_mut(index) else {
                continue;
            };
            let found = kept
                .filter(|(kept, _)| *kept == index)
                .map(|(_, found)| found);
            let before = pack.soft.alarm().map(|found| found.fault);
            if !pack.closed {
                pack.soft = SoftFaults::default();
            }
            pack.soft.set_alarm(found);
            if before == found.map(|found| found.fault) {
                continue;
            }
            if let Some(over) = before {
                step.alarm(index, over, false, 0, 0);
            }
            if let Some(found) = found {
                let (fault, value, limit) = (found.fault, found.value, found.limit);
                step.alarm(index, fault, true, value, limit);
            }
        }
    }

    /// Whether the packs of `rest` could carry the present current, each within its limits.
    pub(crate) fn rest_can_carry(&self, step: &Step<'_, N>, view: &View<N>, rest: PackSet) -> bool {
        let predictor = Predictor::new(&self.params, &view.sources);
        let prediction = predictor.of(rest);
        // What a pack that nobody measures carries beside them is not counted on.
        let known = view.current.or_else(|| self.current_of(self.closed()));
        let fleet = known.unwrap_or(Milliamps::ZERO);
        known.is_some()
            && !rest.is_empty()
            && rest.iter().all(|index| {
                let current = prediction.current(index, fleet);
                let (discharge, charge) = self.pack_limits(step, index);
                let known = view.known.contains(index);
                known && current <= charge && current.get() >= discharge.get().saturating_neg()
            })
    }
}
