//! Charging the bus through a resistor before a switch closes (rule D9), where such a path is fitted (`r_pre`).
//!
//! ```text
//!   Open --- bus dead, or B too high and ΔV / R_pre low enough ---> Precharge
//!   Precharge --- what is left would not exceed `i_circ_max` ---> Closing, through the gate of every join
//!   Precharge --- two seconds over, or the gate refuses ---> Open, one try less; after three, an alarm until the pack has
//!                                       been closed or cleared: it starts no dead bus until then, and joins a live one
//!                                       only through the gate
//!   Precharge --- a fault, the operator, the rack shut off ---> Open
//! ```
//!
//! One pack at a time; nobody else joins meanwhile. For the packs that hold the bus it is a load, or a charger, that obeys
//! nobody: DCL and CCL leave room for it, and it begins only where the present current leaves that room. Its voltage says
//! nothing about the bus.

use battery_units::{Milliamps, Millivolts};

use crate::{
    Core, EventKind, Fault, PackSet, Reason, Waiting,
    arith::{narrow, near_div, product},
    clock::Motion,
    join::Candidates,
    pack::Pack,
    predictor::Predictor,
    source::Source,
    step::{Step, Verdict},
    view::View,
    windows::Windows,
};

/// A precharge takes no longer; where a path is fitted, `t_settle` lies below this.
pub(crate) const TIME_OUT_MS: u16 = 2_000;

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
    /// It has ended, and nobody has confirmed yet that the path is open.
    leaving: bool,
}

/// What a pack behind its resistor takes from those that hold the bus at the most, and what it gives them: magnitudes.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Draw {
    pub(crate) takes: Milliamps,
    pub(crate) gives: Milliamps,
}

/// Why something ends, with the value and the limit behind it.
type End = (Reason, i32, i32);

impl Precharge {
    pub(crate) fn is_active(&self) -> bool {
        self.lasted_ms > 0
    }

    /// The current it carries is the one through its resistor, not a leak.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// Its path was read back open.
    pub(crate) fn has_left(&mut self) {
        self.leaving = false;
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
    pub(crate) fn may_equalise(
        &self,
        step: &Step<'_, N>,
        view: &View<N>,
        candidates: &Candidates,
        index: usize,
    ) -> bool {
        let Some(pack) = self.packs.get(index).filter(|_| self.precharges(index)) else {
            return false;
        };
        let mut sources = view.sources;
        if let Some(slot) = sources.get_mut(index) {
            let path = pack.learned.path(&self.params, step.typical);
            *slot = slot.behind(path, &self.params);
        }
        let predictor = Predictor::new(&self.params, &sources);
        let set = view.connected.with(index);
        let draw = predictor.draw(index, view.holding);
        let (discharge, charge) = self.pack_limits(step, index);
        let takes = draw.takes > Milliamps::ZERO;
        let gives = draw.gives > Milliamps::ZERO;
        let may_take = candidates.charge.contains(index) || !takes;
        let inside = may_take && (candidates.discharge.contains(index) || !gives);
        // What it takes the others give.
        let others = self.packs.iter().enumerate();
        let mut others = others.filter(|(other, _)| view.holding.contains(*other));
        let members_inside = others.all(|(_, pack)| {
            let windows = Windows::of(pack, &self.params);
            (windows.charge || !gives) && (windows.discharge || !takes)
        });
        inside
            && members_inside
            && draw.takes <= charge
            && draw.gives <= discharge
            && predictor.of(set).bound(index) <= self.params.i_circ_max
            && self.leaves_room(step, view, draw)
    }

    /// What the packs behind their resistors take and give together; `None` when one of them is not known.
    pub(crate) fn drawn_through_resistors(&self, view: &View<N>) -> Option<Draw> {
        let predictor = Predictor::new(&self.params, &view.sources);
        let mut behind = view.connected.minus(view.holding).iter();
        behind.try_fold(Draw::default(), |sum, index| {
            let draw = predictor.draw(index, view.holding);
            view.known.contains(index).then(|| Draw {
                takes: sum.takes.saturating_add(draw.takes),
                gives: sum.gives.saturating_add(draw.gives),
            })
        })
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
        let reason = Waiting::Precharging.into();
        step.pack_event(index, EventKind::Precharging, reason, bound.get(), limit);
    }

    /// Takes pack `index` off its path.
    fn leave_path(&mut self, step: &mut Step<'_, N>, index: usize) {
        let core_ms = step.moment.core_ms;
        step.switched = true;
        let Some(pack) = self.packs.get_mut(index) else {
            return;
        };
        pack.precharge.lasted_ms = 0;
        pack.precharge.leaving = true;
        pack.seen_open = false;
        pack.opened_with = pack.current();
        pack.changed_at_ms = core_ms;
    }

    /// Says why pack `index` left its path and did not close.
    fn tell_end(&mut self, step: &mut Step<'_, N>, index: usize, (reason, value, limit): End) {
        if let Some(pack) = self.packs.get_mut(index) {
            pack.opened_by = reason;
        }
        self.joining.last_change_ms = Some(step.moment.core_ms);
        step.pack_event(index, EventKind::Opened, reason, value, limit);
    }

    /// Why the precharge of a pack must not go on.
    fn hindrance(&self, pack: &Pack) -> Option<End> {
        let bare = |reason: Reason| (reason, 0, 0);
        let cause = self.system.cause().map(|fault| bare(fault.into()));
        let of_trouble = || {
            let trouble = pack.trouble?;
            Some((trouble.fault.into(), trouble.value, trouble.limit))
        };
        cause
            .or_else(of_trouble)
            .or_else(|| pack.stuck.map(|fault| bare(fault.into())))
            .or_else(|| pack.disabled.then_some(bare(Waiting::Operator.into())))
    }

    /// Looks after the precharge that is going on.
    pub(crate) fn judge_precharge(&mut self, step: &mut Step<'_, N>) -> Outcome {
        let Some(index) = self.precharging() else {
            return Outcome::None;
        };
        let elapsed_ms = u16::try_from(step.moment.elapsed_ms).unwrap_or(u16::MAX);
        let (age_soft_ms, t_settle_ms) = (self.params.age_soft_ms, self.params.t_settle_ms);
        let Some(pack) = self.packs.get_mut(index) else {
            return Outcome::None;
        };
        pack.precharge.lasted_ms = pack.precharge.lasted_ms.saturating_add(elapsed_ms);
        let lasted_ms = pack.precharge.lasted_ms;
        let of_dead_bus = pack.precharge.of_dead_bus;
        let fresh = pack.is_fresh(age_soft_ms);
        let hindrance = |pack: &Pack| self.hindrance(pack);
        if let Some(end) = self.packs.get(index).and_then(hindrance) {
            self.leave_path(step, index);
            self.tell_end(step, index, end);
            return Outcome::Busy;
        }
        // For how long the resistor has been on nobody knows then.
        if step.moment.motion != Motion::Regular {
            self.leave_path(step, index);
            self.fail_precharge(step, index, Some((Waiting::ClockJump.into(), 0, 0)));
            return Outcome::Busy;
        }
        let settled = u32::from(lasted_ms) > t_settle_ms;
        if fresh && settled && self.has_come_up(step, index, of_dead_bus) {
            self.leave_path(step, index);
            if let Some(pack) = self.packs.get_mut(index) {
                // Its switch is still open; whether it closes in this step is for the gate to say.
                pack.maybe_connected = false;
                pack.precharge.done = true;
            }
            return Outcome::Done { index, of_dead_bus };
        }
        if lasted_ms > TIME_OUT_MS {
            self.leave_path(step, index);
            self.fail_precharge(step, index, None);
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
        let path = pack.learned.path(&self.params, step.typical);
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

    /// Counts a try; it was in vain by itself unless something else is named.
    fn fail_precharge(&mut self, step: &mut Step<'_, N>, index: usize, end: Option<End>) {
        let Some(pack) = self.packs.get_mut(index) else {
            return;
        };
        pack.precharge.failed = pack.precharge.failed.saturating_add(1);
        let failed = pack.precharge.failed;
        let (value, limit) = (failed.into(), TRIES.into());
        let in_vain = (Fault::Precharge.into(), value, limit);
        self.tell_end(step, index, end.unwrap_or(in_vain));
        if failed >= TRIES {
            step.alarm(index, Fault::Precharge, true, value, limit);
        }
    }

    /// A pack that came up and was refused all the same is opened like any other, and has used one of its tries.
    pub(crate) fn finish_precharge(
        &mut self,
        step: &mut Step<'_, N>,
        index: usize,
        verdicts: &[Verdict; N],
    ) {
        let Some(pack) = self.packs.get_mut(index).filter(|pack| !pack.closed) else {
            return;
        };
        pack.maybe_connected = true;
        pack.precharge.done = false;
        let refused = verdicts.get(index);
        let end = refused.map(|refused| (refused.reason, refused.value, refused.limit));
        self.fail_precharge(step, index, end);
    }
}
