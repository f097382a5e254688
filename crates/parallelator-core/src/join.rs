//! Which pack may join now (rules D3, D6): the gate every join passes, and the reason when it does not.

use battery_units::{Milliamps, Millivolts};

use crate::{
    Core, EventKind, Fault, PackSet, PackState, Params, SystemState, Waiting,
    clock::Motion,
    pack::Pack,
    precharge::{Outcome, Precharge},
    predictor::{Prediction, Predictor},
    samples::SAMPLES_TO_START,
    soft::SoftFaults,
    source::Rest,
    step::{Step, Verdict},
    stuck::is_leak,
    view::View,
    wear::Wear,
    windows::{Windows, windows},
};

/// Memory of the joining rules.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Joining {
    /// Core time at which a switch was told something else the last time.
    pub(crate) last_change_ms: Option<u64>,
    /// The set a dead bus was started with; its members go first.
    pub(crate) plan: PackSet,
    /// The join that has not been judged yet.
    pub(crate) unjudged: Option<Unjudged>,
    /// The set that the last mismatch was against.
    pub(crate) last_mismatch: PackSet,
    /// The pack that was blamed for it.
    last_accused: Option<u8>,
    /// The pack that was first on the bus.
    pub(crate) first: Option<u8>,
    pub(crate) fleet_wear: Wear,
}

/// A join that has not been judged yet (rule D8).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unjudged {
    pub(crate) set: PackSet,
    pub(crate) joined: PackSet,
    /// Fleet current when it was made.
    pub(crate) fleet: Milliamps,
    pub(crate) due_ms: u64,
}

impl Joining {
    /// Notes that pack `index` does not fit to the packs of `common`. When another one did not fit to the same packs
    /// before, what both had in common is under suspicion: the first pack on the bus.
    pub(crate) fn suspect(&mut self, common: PackSet, index: usize) -> Option<usize> {
        let accused = u8::try_from(index).ok();
        let again = !common.is_empty()
            && self.last_mismatch == common
            && self.last_accused.is_some_and(|last| Some(last) != accused);
        self.last_mismatch = common;
        self.last_accused = accused;
        self.first
            .map(usize::from)
            .filter(|&first| again && common.contains(first))
    }

    /// A pack of the join was opened: its currents say nothing about the prediction any more.
    pub(crate) fn forget_join_of(&mut self, index: usize) {
        self.unjudged = self
            .unjudged
            .filter(|unjudged| !unjudged.set.contains(index));
        if self.first.map(usize::from) == Some(index) {
            self.first = None;
        }
    }
}

/// Packs that fulfil by themselves what a join asks for.
#[derive(Default, Clone, Copy)]
pub(crate) struct Candidates {
    pub(crate) all: PackSet,
    /// Those that may be charged.
    pub(crate) charge: PackSet,
    /// Those that may be discharged.
    pub(crate) discharge: PackSet,
}

impl Candidates {
    fn take(&mut self, index: usize, windows: Windows) {
        self.all = self.all.with(index);
        if windows.charge {
            self.charge = self.charge.with(index);
        }
        if windows.discharge {
            self.discharge = self.discharge.with(index);
        }
    }

    /// Those that may be both: where nobody can say which way a current goes.
    pub(crate) fn both_ways(&self) -> PackSet {
        self.charge.intersection(self.discharge)
    }
}

/// The packs that hold the bus, when all of them are known.
struct Members<'a> {
    prediction: Prediction<'a>,
    /// Those through which a current may flow one way at most.
    restricted: PackSet,
}

/// What holds for every candidate of a step alike.
struct RackWide {
    bus_suspect: bool,
    /// The path of a connected pack lies outside the band that every prediction stands on.
    path_doubtful: bool,
    /// A pack waits for its current to fall before it opens: whoever joined now would take its load over.
    breaking: bool,
    closings: u32,
    budget: u32,
}

impl<const N: usize> Core<N> {
    /// The largest discharge and charge current of pack `index`: its own or the parameters', whichever is smaller.
    pub(crate) fn pack_limits(&self, step: &Step<'_, N>, index: usize) -> (Milliamps, Milliamps) {
        self.limits_within(step, index, &self.params)
    }

    /// The same under other parameters.
    pub(crate) fn limits_within(
        &self,
        step: &Step<'_, N>,
        index: usize,
        params: &Params,
    ) -> (Milliamps, Milliamps) {
        let gauge = step.inputs.packs.get(index).map(|pack| pack.gauge);
        let smaller = |own: Option<Milliamps>, common: Milliamps| {
            own.map_or(common, |own| own.max(Milliamps::ZERO).min(common))
        };
        (
            smaller(gauge.and_then(|gauge| gauge.i_dis_max), params.i_dis_max),
            smaller(gauge.and_then(|gauge| gauge.i_chg_max), params.i_chg_max),
        )
    }

    /// Makes the joins of this step, at most one except on a dead bus, and says of every open pack what it waits for.
    // Out of line, as the gate is.
    #[inline(never)]
    pub(crate) fn join(
        &mut self,
        step: &mut Step<'_, N>,
        view: &View<N>,
        verdicts: &mut [Verdict; N],
    ) {
        let precharged = self.judge_precharge(step);
        let changed = step.switched.then(|| self.view(step));
        let view = changed.as_ref().unwrap_or(view);
        let rack = RackWide {
            bus_suspect: self
                .packs
                .iter()
                .any(|pack| pack.trouble.is_some_and(|trouble| trouble.suspects_bus)),
            path_doubtful: self
                .packs
                .iter()
                .any(|pack| pack.maybe_connected && pack.learned.is_out_of_range()),
            breaking: self.any_breaking(),
            closings: self.joining.fleet_wear.closings(step.moment.core_ms),
            budget: self.params.closes_per_hour_of_fleet(self.count),
        };
        let mut candidates = Candidates::default();
        for (index, verdict) in verdicts.iter_mut().enumerate().take(self.count) {
            match self.may_be_candidate(step, &rack, index) {
                Ok(windows) => candidates.take(index, windows),
                Err(refused) => *verdict = refused,
            }
        }
        let first = match precharged {
            Outcome::None => None,
            Outcome::Busy => return,
            Outcome::Done { index, of_dead_bus } => {
                if !of_dead_bus {
                    candidates.all = candidates.all.only(index);
                }
                Some((index, of_dead_bus))
            }
        };
        if view.connected.is_empty() {
            let was_dead = first.is_some_and(|(_, of_dead_bus)| of_dead_bus);
            match self.voltage_of_live_bus(step).filter(|_| !was_dead) {
                Some(bus) => {
                    self.join_unknown_source(step, view, bus, &candidates, verdicts);
                }
                None => {
                    let first = first.map(|(index, _)| index);
                    self.start_dead_bus(step, view, &candidates, first, verdicts);
                }
            }
        } else {
            self.join_live_bus(step, view, &candidates, verdicts);
        }
        if let Some((index, _)) = first {
            self.finish_precharge(step, index, verdicts);
        }
    }

    /// What a pack must fulfil by itself before any set is looked at.
    fn may_be_candidate(
        &mut self,
        step: &Step<'_, N>,
        rack: &RackWide,
        index: usize,
    ) -> Result<Windows, Verdict> {
        let (moment, params) = (&step.moment, &self.params);
        let limits = self.pack_limits(step, index);
        let Some(pack) = self.packs.get_mut(index) else {
            return Err(Verdict::of(Waiting::NoSensor));
        };
        match pack.state(moment) {
            PackState::Open => {}
            PackState::Init => {
                let missing = SAMPLES_TO_START.saturating_sub(pack.samples.good());
                let left_ms = u32::from(missing).saturating_mul(params.tick_ms);
                let verdict = Verdict::of(Waiting::CollectingSamples);
                return Err(Verdict {
                    eligible_in_ms: Some(left_ms),
                    ..verdict
                });
            }
            PackState::Precharge => return Err(pack.precharge.verdict()),
            // Their reason comes with their state.
            _ => return Err(Verdict::of(Waiting::NoSensor)),
        }
        if !self.system.allows_joins() {
            let waiting = match self.system.state() {
                SystemState::Boot => Waiting::Boot,
                _ => Waiting::SystemOff,
            };
            return Err(Verdict::of(waiting));
        }
        if self.current_sum.is_wrong() {
            return Err(Verdict::of(Waiting::CurrentSum));
        }
        if rack.path_doubtful || pack.learned.is_out_of_range() {
            return Err(Verdict::of(Waiting::PathResistance));
        }
        if rack.breaking {
            return Err(Verdict::of(Waiting::WaitingTurn));
        }
        if rack.bus_suspect {
            return Err(Verdict::of(Waiting::BusSuspect));
        }
        // A voltage that was dropped as a jump may be the truth: the one before it justifies no join.
        if !pack.is_fresh(params.age_soft_ms) || pack.samples.dropped() > 0 {
            let age = pack.samples.age_ms().unwrap_or(u32::MAX);
            let age = i32::try_from(age).unwrap_or(i32::MAX);
            let limit = i32::try_from(params.age_soft_ms).unwrap_or(i32::MAX);
            return Err(Verdict::of(Waiting::StaleSample).against(age, limit));
        }
        if is_leak(params, pack.current()) && !pack.precharge.is_done() {
            let (current, limit) = (pack.current().get(), params.i_leak.get());
            return Err(Verdict::of(Waiting::CurrentWhileOpen).against(current, limit));
        }
        let windows = windows(pack, params, limits, self.mode.mode())?;
        let closings = pack.wear.closings(moment.core_ms);
        for (used, budget) in [
            (closings, params.closes_per_hour_pack.into()),
            (rack.closings, rack.budget),
        ] {
            if used >= budget {
                let held = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
                return Err(Verdict::of(Waiting::WearBudget).against(held(used), held(budget)));
            }
        }
        if moment.motion != Motion::Regular {
            return Err(Verdict::of(Waiting::ClockJump));
        }
        Ok(windows)
    }

    /// The voltage of a bus that something holds though no pack is connected; `None` where it is low or not measured.
    pub(crate) fn voltage_of_live_bus(&self, step: &Step<'_, N>) -> Option<Millivolts> {
        let half_floor = self.params.half_floor();
        let measured = step.inputs.bus.voltage;
        measured.filter(|&voltage| voltage > half_floor)
    }

    /// Time until the last join has settled; an opening moves the currents of the others just as much.
    // Out of line: five places ask for it.
    #[inline(never)]
    pub(crate) fn settling_ms(&self, core_ms: u64) -> u32 {
        let settle = u64::from(self.params.t_settle_ms);
        let since = self
            .joining
            .last_change_ms
            .map_or(settle, |last| core_ms.saturating_sub(last));
        u32::try_from(settle.saturating_sub(since)).unwrap_or(u32::MAX)
    }

    /// Whether the newest voltage of a pack was dropped.
    fn doubts(&self, index: usize) -> bool {
        let dropped = |pack: &Pack| pack.samples.dropped() > 0;
        self.packs.get(index).is_some_and(dropped)
    }

    /// Rule D3 on a bus that packs hold: what pack `index` would do to the set, or why it may not join.
    // Out of line: the registers and the stack of the one function that a step becomes are better used without it.
    #[inline(never)]
    fn gate(
        &self,
        step: &Step<'_, N>,
        view: &View<N>,
        members: Option<&Members<'_>>,
        candidates: &Candidates,
        index: usize,
    ) -> Result<Milliamps, Verdict> {
        let params = &self.params;
        let Some(members) = members else {
            return Err(Verdict::of(Waiting::MemberUnknown));
        };
        let Some(pack) = self.packs.get(index) else {
            return Err(Verdict::of(Waiting::NoSensor));
        };
        let difference = view.bus.map(|bus| pack.voltage().saturating_sub(bus));
        let prediction = members.prediction.with(index);
        let bound = prediction.largest_bound();
        let refuse = |waiting, value, limit| {
            Err(Verdict {
                predicted: Some(bound),
                difference,
                ..Verdict::of(waiting).against(value, limit)
            })
        };
        let apart = difference.map_or(0, |difference| difference.get().saturating_abs());
        if apart > params.dv_max.get() {
            return refuse(Waiting::DifferenceTooLarge, apart, params.dv_max.get());
        }
        if bound > params.i_circ_max {
            return refuse(
                Waiting::CirculatingCurrent,
                bound.get(),
                params.i_circ_max.get(),
            );
        }
        // Neither the load nor the charger has heard of this join yet: every pack has to carry its part of the present current
        // for every true R and U.
        for member in prediction.set().iter() {
            let (discharge, charge) = self.pack_limits(step, member);
            if prediction.stays_within(member, view.fleet(), discharge, charge) {
                continue;
            }
            let range = prediction.current_range(member, view.fleet());
            if range.high > charge {
                return refuse(Waiting::PackLimit, range.high.get(), charge.get());
            }
            if range.low.get() < discharge.get().saturating_neg() {
                let limit = discharge.get().saturating_neg();
                return refuse(Waiting::PackLimit, range.low.get(), limit);
            }
        }
        // Nor may the newcomer push a current through a member that must not have it.
        for member in members.restricted.iter() {
            let Some(pack) = self.packs.get(member) else {
                continue;
            };
            let allowed = Windows::of(pack, params);
            let before = members.prediction.current_range(member, view.fleet());
            let range = prediction.current_range(member, view.fleet());
            if !allowed.charge && range.high > before.high.max(Milliamps::ZERO) {
                return refuse(Waiting::PackLimit, range.high.get(), 0);
            }
            if !allowed.discharge && range.low < before.low.min(Milliamps::ZERO) {
                return refuse(Waiting::PackLimit, range.low.get(), 0);
            }
        }
        if candidates.both_ways().contains(index) {
            return Ok(bound);
        }
        let range = prediction.current_range(index, view.fleet());
        if !candidates.charge.contains(index) && range.high > Milliamps::ZERO {
            return refuse(Waiting::WouldCharge, range.high.get(), 0);
        }
        if !candidates.discharge.contains(index) && range.low < Milliamps::ZERO {
            return refuse(Waiting::WouldDischarge, range.low.get(), 0);
        }
        Ok(bound)
    }

    /// Those of a set through which a current may flow one way at most.
    fn restricted(&self, set: PackSet) -> PackSet {
        let is_restricted = |index: &usize| {
            self.packs.get(*index).is_some_and(|pack| {
                let allowed = Windows::of(pack, &self.params);
                !allowed.charge || !allowed.discharge
            })
        };
        set.iter().filter(is_restricted).collect()
    }

    /// Rule D5: of the packs that pass the gate, the one that disturbs the set least joins, when the last has settled.
    fn join_live_bus(
        &mut self,
        step: &mut Step<'_, N>,
        view: &View<N>,
        candidates: &Candidates,
        verdicts: &mut [Verdict; N],
    ) {
        let settling_ms = self.settling_ms(step.moment.core_ms);
        // A precharge that ended in this step is the only one of it.
        let ended = self.packs.iter().any(|pack| pack.precharge.is_done());
        let all_known = view
            .connected
            .iter()
            .all(|member| view.known.contains(member) && !self.doubts(member));
        let members = all_known.then(|| Members {
            prediction: Predictor::new(&self.params, &view.sources).bounds_of(view.connected),
            restricted: self.restricted(view.connected),
        });
        let mut best = None;
        let mut equalises = None;
        for (index, verdict) in verdicts.iter_mut().enumerate() {
            if !candidates.all.contains(index) {
                continue;
            }
            match self.gate(step, view, members.as_ref(), candidates, index) {
                Err(refused) => {
                    *verdict = refused;
                    let by_current = refused.reason == Waiting::CirculatingCurrent.into();
                    if by_current && !ended && self.may_equalise(step, view, candidates, index) {
                        equalises = equalises.or(refused.predicted.map(|bound| (index, bound)));
                    }
                }
                Ok(bound) => {
                    let bus = view.bus.unwrap_or(Millivolts::ZERO);
                    let voltage = self
                        .packs
                        .get(index)
                        .map_or(Millivolts::ZERO, Pack::voltage);
                    let turn = Verdict::of(Waiting::WaitingTurn);
                    *verdict = Verdict {
                        predicted: Some(bound),
                        difference: Some(voltage.saturating_sub(bus)),
                        eligible_in_ms: Some(if settling_ms > 0 {
                            settling_ms
                        } else {
                            self.params.t_settle_ms
                        }),
                        ..turn.against(bound.get(), self.params.i_circ_max.get())
                    };
                    let in_plan = self.joining.plan.contains(index);
                    let rank = (
                        !in_plan,
                        bound,
                        core::cmp::Reverse(self.capacity(step, index)),
                        index,
                    );
                    if best.is_none_or(|(leader, _)| rank < leader) {
                        best = Some((rank, bound));
                    }
                }
            }
        }
        self.fleet.note_candidates(best.is_some());
        let judged = self.joining.unjudged.is_none();
        if settling_ms > 0 || !judged {
            return;
        }
        if let Some(((.., index), bound)) = best {
            let joined = PackSet::EMPTY.with(index);
            self.close(step, view, joined, bound);
        } else if let Some((index, bound)) = equalises {
            self.begin_precharge(step, index, bound, false);
        }
    }

    /// A live bus without a pack of ours is a source of unknown kind: it is taken as one without any resistance.
    fn join_unknown_source(
        &mut self,
        step: &mut Step<'_, N>,
        view: &View<N>,
        bus: Millivolts,
        candidates: &Candidates,
        verdicts: &mut [Verdict; N],
    ) {
        let settling_ms = self.settling_ms(step.moment.core_ms);
        let predictor = Predictor::new(&self.params, &view.sources);
        let mut best: Option<(Milliamps, usize)> = None;
        for (index, verdict) in verdicts.iter_mut().enumerate() {
            let Some(pack) = self
                .packs
                .get(index)
                .filter(|_| candidates.all.contains(index))
            else {
                continue;
            };
            let current = predictor.against_stiff_bus(index, bus);
            let difference = pack.voltage().saturating_sub(bus);
            let apart = difference.get().saturating_abs();
            let both_ways = candidates.both_ways().contains(index);
            let own = self.pack_limits(step, index);
            let (waiting, value, limit) = if !both_ways {
                // Which way the current goes is for the source to say.
                (Waiting::WouldCharge, current.get(), 0)
            } else if apart > self.params.dv_max.get() {
                (Waiting::DifferenceTooLarge, apart, self.params.dv_max.get())
            } else if current > self.params.i_circ_max {
                (
                    Waiting::UnknownSource,
                    current.get(),
                    self.params.i_circ_max.get(),
                )
            } else if current > own.0.min(own.1) {
                (Waiting::PackLimit, current.get(), own.0.min(own.1).get())
            } else {
                if best.is_none_or(|leader| (current, index) < leader) {
                    best = Some((current, index));
                }
                (
                    Waiting::WaitingTurn,
                    current.get(),
                    self.params.i_circ_max.get(),
                )
            };
            *verdict = Verdict {
                predicted: Some(current),
                difference: Some(difference),
                ..Verdict::of(waiting).against(value, limit)
            };
        }
        if let Some((bound, index)) = best.filter(|_| settling_ms == 0) {
            self.close(step, view, PackSet::EMPTY.with(index), bound);
        }
    }

    /// Commands the packs closed: the only place where a switch is told so.
    pub(crate) fn close(
        &mut self,
        step: &mut Step<'_, N>,
        view: &View<N>,
        joined: PackSet,
        bound: Milliamps,
    ) {
        let core_ms = step.moment.core_ms;
        let limit = self.params.i_circ_max;
        for index in joined.iter() {
            let Some(pack) = self.packs.get_mut(index) else {
                continue;
            };
            pack.closed = true;
            pack.close_confirmed = false;
            pack.maybe_connected = true;
            pack.changed_at_ms = core_ms;
            pack.missing_samples = 0;
            let given_up = pack.precharge.forgive();
            pack.precharge = Precharge::default();
            pack.closes = pack.closes.saturating_add(1);
            pack.wear.add(core_ms);
            self.joining.fleet_wear.add(core_ms);
            if view.connected.is_empty() && self.joining.first.is_none() {
                self.joining.first = u8::try_from(index).ok();
            }
            let reason = Waiting::Closing.into();
            step.pack_event(index, EventKind::Closed, reason, bound.get(), limit.get());
            if given_up {
                step.alarm(index, Fault::Precharge, false, 0, 0);
            }
        }
        for (index, (pack, source)) in self.packs.iter_mut().zip(&view.sources).enumerate() {
            pack.at_join_uv = source.estimate_uv();
            if joined.contains(index) {
                pack.rest = Some(Rest::of(source));
                pack.soft = SoftFaults::default();
            }
        }
        step.switched = true;
        self.joining.last_change_ms = Some(core_ms);
        self.joining.unjudged = Some(Unjudged {
            set: view.connected.union(joined),
            joined,
            fleet: view.fleet(),
            due_ms: core_ms.saturating_add(self.params.t_settle_ms.into()),
        });
    }

    /// Capacity for the choice of the largest set; a pack nobody knows counts like any other of its kind.
    pub(crate) fn capacity(&self, step: &Step<'_, N>, index: usize) -> u64 {
        const UNKNOWN_MAH: u64 = 10_000;
        step.inputs
            .packs
            .get(index)
            .and_then(|pack| pack.gauge.capacity)
            .map_or(UNKNOWN_MAH, |capacity| capacity.get().into())
    }
}
