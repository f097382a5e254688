//! Charging the bus through a resistor before a switch closes (rule D9), where such a path is fitted (`r_pre`).
//!
//! ```text
//!   Open --- bus dead, or B too high and ΔV / R_pre low enough ---> Precharge
//!   Precharge --- what is left would not exceed `i_circ_max` ---> Closing, through the gate of every join
//!   Precharge --- two seconds over ---> Open, one try less; after three, an alarm until the pack has been closed or cleared:
//!                                       it starts no dead bus until then, and joins a live one only through the gate
//! ```
//!
//! One pack at a time; nobody else joins meanwhile.

use battery_units::{Milliamps, Millivolts};

use crate::{
    Core, EventKind, Fault, PackSet, Waiting,
    arith::{narrow, near_div, product},
    pack::Pack,
    predictor::Predictor,
    source::Source,
    step::{Step, Verdict},
    view::View,
};

/// A precharge takes no longer.
const TIME_OUT_MS: u16 = 2_000;

/// Tries before somebody has to look.
const TRIES: u8 = 3;

/// Memory of the precharge of one pack.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Precharge {
    /// One more than the time it has lasted; zero when none is going on.
    lasted_ms: u16,
    failed: u8,
    /// It was begun on a dead bus.
    of_dead_bus: bool,
    /// It ended well in this step: the pack may close at once.
    done: bool,
}

impl Precharge {
    pub(crate) fn is_active(&self) -> bool {
        self.lasted_ms > 0
    }

    /// The current it carries is the one through its resistor, not a leak.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    fn may_try(&self) -> bool {
        self.failed < TRIES
    }

    /// What is said of a pack whose precharge goes on: it ends within this time.
    pub(crate) fn verdict(&self) -> Verdict {
        let left_ms = TIME_OUT_MS.saturating_add(1).saturating_sub(self.lasted_ms);
        Verdict {
            eligible_in_ms: Some(left_ms.into()),
            ..Verdict::of(Waiting::Precharging)
        }
    }

    /// Lets a pack that failed too often try again; says whether there was something to forgive.
    pub(crate) fn forgive(&mut self) -> bool {
        let given_up = !self.may_try();
        if given_up {
            self.failed = 0;
        }
        given_up
    }
}

/// What a precharge that was going on leads to.
pub(crate) enum Outcome {
    /// None is going on.
    None,
    /// It goes on; nobody joins.
    Busy,
    /// The bus has come up: this pack may close if the gate lets it.
    Done { index: usize, of_dead_bus: bool },
}

impl<const N: usize> Core<N> {
    /// The pack that charges the bus through its resistor.
    fn precharging(&self) -> Option<usize> {
        self.packs
            .iter()
            .position(|pack| pack.precharge.is_active())
    }

    /// Packs that tried too often: the main switch of none of them closes onto a dead bus that a resistor could not bring up.
    pub(crate) fn given_up(&self, candidates: PackSet) -> PackSet {
        let fitted = self.params.r_pre.get() > 0;
        let given_up = |pack: &Pack| fitted && !pack.precharge.may_try();
        candidates
            .iter()
            .filter(|&index| self.packs.get(index).is_some_and(given_up))
            .collect()
    }

    /// What is said of a pack that gave up.
    pub(crate) fn given_up_verdict() -> Verdict {
        let tries = TRIES.into();
        Verdict::because(Fault::Precharge.into()).against(tries, tries)
    }

    /// Whether the first pack of a dead bus starts through a resistor, and pack `index` may still try.
    pub(crate) fn precharges(&self, index: usize) -> bool {
        let tries = |pack: &Pack| pack.precharge.may_try();
        self.params.r_pre.get() > 0 && self.packs.get(index).is_some_and(tries)
    }

    /// Whether a pack that the gate refuses for its current may equalise through its resistor first.
    pub(crate) fn may_equalise(&self, view: &View<N>, index: usize) -> bool {
        if !self.precharges(index) {
            return false;
        }
        let mut sources = view.sources;
        if let (Some(slot), Some(pack)) = (sources.get_mut(index), self.packs.get(index)) {
            let path = pack.learned.path(&self.params, self.typical_path());
            *slot = slot.behind(path, &self.params);
        }
        let predictor = Predictor::new(&self.params, &sources);
        let set = view.connected.with(index);
        predictor.of(set).bound(index) <= self.params.i_circ_max
    }

    /// Commands the precharge path of pack `index` closed.
    pub(crate) fn begin_precharge(
        &mut self,
        step: &mut Step<'_, N>,
        index: usize,
        bound: Milliamps,
        of_dead_bus: bool,
    ) {
        let limit = self.params.i_circ_max.get();
        let Some(pack) = self.packs.get_mut(index) else {
            return;
        };
        pack.precharge.lasted_ms = 1;
        pack.precharge.of_dead_bus = of_dead_bus;
        pack.maybe_connected = true;
        pack.changed_at_ms = step.moment.core_ms;
        step.switched = true;
        self.joining.last_change_ms = Some(step.moment.core_ms);
        let reason = Some(Waiting::Precharging.into());
        let (kind, pack) = (EventKind::Precharging, Some(index));
        self.event(step, pack, kind, reason, bound.get(), limit);
    }

    /// Ends the precharge of pack `index`, which is going on, without closing it.
    fn end_precharge(&mut self, step: &mut Step<'_, N>, index: usize) {
        let core_ms = step.moment.core_ms;
        step.switched = true;
        let Some(pack) = self.packs.get_mut(index) else {
            return;
        };
        pack.precharge.lasted_ms = 0;
        pack.opened_with = pack.current();
        pack.opened_by = Waiting::Precharging.into();
        pack.changed_at_ms = core_ms;
    }

    /// Looks after the precharge that is going on.
    pub(crate) fn judge_precharge(&mut self, step: &mut Step<'_, N>) -> Outcome {
        let Some(index) = self.precharging() else {
            return Outcome::None;
        };
        let elapsed_ms = u16::try_from(step.moment.elapsed_ms).unwrap_or(u16::MAX);
        let allowed = self.system.allows_joins();
        let (age_soft_ms, t_settle_ms) = (self.params.age_soft_ms, self.params.t_settle_ms);
        let Some(pack) = self.packs.get_mut(index) else {
            return Outcome::None;
        };
        pack.precharge.lasted_ms = pack.precharge.lasted_ms.saturating_add(elapsed_ms);
        let lasted_ms = pack.precharge.lasted_ms;
        let of_dead_bus = pack.precharge.of_dead_bus;
        let fit = allowed && !pack.disabled && pack.trouble.is_none() && pack.stuck.is_none();
        if !fit {
            self.end_precharge(step, index);
            return Outcome::Busy;
        }
        let fresh = pack.is_fresh(age_soft_ms);
        let settled = u32::from(lasted_ms) > t_settle_ms;
        if fresh && settled && self.has_come_up(step, index, of_dead_bus) {
            self.end_precharge(step, index);
            if let Some(pack) = self.packs.get_mut(index) {
                // Its switch is still open; whether it closes in this step is for the gate to say.
                pack.maybe_connected = false;
                pack.precharge.done = true;
            }
            return Outcome::Done { index, of_dead_bus };
        }
        if lasted_ms > TIME_OUT_MS {
            self.fail_precharge(step, index);
        }
        Outcome::Busy
    }

    /// Whether what would flow through the closed switch is within bounds.
    ///
    /// On a bus that was dead and is not measured, the current through the resistor tells how far it still is.
    fn has_come_up(&self, step: &Step<'_, N>, index: usize, of_dead_bus: bool) -> bool {
        let Some(pack) = self.packs.get(index) else {
            return false;
        };
        let (voltage, current) = (pack.voltage(), pack.current());
        let path = pack.learned.path(&self.params, self.typical_path());
        let bare = Source::connected_by(path, &self.params, voltage, current);
        let would_flow = if of_dead_bus {
            let across_uv = product(current.get(), self.params.r_pre.get());
            let across = Millivolts::new(narrow(near_div(across_uv, 1_000)));
            let bus = step.inputs.bus.voltage;
            let bus = bus.unwrap_or_else(|| voltage.saturating_add(across));
            Predictor::new(&self.params, &[bare]).against_stiff_bus(0, bus)
        } else {
            let mut sources = self.view(step).sources;
            if let Some(slot) = sources.get_mut(index) {
                *slot = bare;
            }
            let set = self.connected().with(index);
            Predictor::new(&self.params, &sources)
                .of(set)
                .largest_bound()
        };
        would_flow <= self.params.i_circ_max
    }

    fn fail_precharge(&mut self, step: &mut Step<'_, N>, index: usize) {
        self.end_precharge(step, index);
        let Some(pack) = self.packs.get_mut(index) else {
            return;
        };
        pack.precharge.failed = pack.precharge.failed.saturating_add(1);
        let failed = pack.precharge.failed;
        if failed >= TRIES {
            let (value, limit) = (failed.into(), TRIES.into());
            self.alarm_event(step, Some(index), Fault::Precharge, true, value, limit);
        }
    }

    /// A pack that came up and was refused all the same is opened like any other.
    pub(crate) fn finish_precharge(&mut self, index: usize) {
        if let Some(pack) = self.packs.get_mut(index) {
            pack.maybe_connected = true;
            pack.precharge.done = false;
        }
    }
}
