//! Starting a dead bus (rules D4 and D7): which pack is the first, or which set closes at once.

use battery_units::Milliamps;

use crate::{
    Anchor, Core, PackSet, Waiting,
    join::Candidates,
    mode::Mode,
    predictor::{Prediction, Predictor},
    step::{Step, Verdict},
    view::View,
};

/// Candidates by rising open-circuit estimate.
struct Ranked<const N: usize> {
    indices: [usize; N],
    len: usize,
    /// What each pack may circulate by its own limits, by index.
    rooms: [Milliamps; N],
}

impl<const N: usize> Ranked<N> {
    fn new(
        predictor: &Predictor<'_>,
        candidates: PackSet,
        room: impl Fn(usize) -> Milliamps,
    ) -> Self {
        let mut indices = [0; N];
        let mut len = 0usize;
        for (slot, index) in indices.iter_mut().zip(candidates.iter()) {
            *slot = index;
            len = len.saturating_add(1);
        }
        indices
            .get_mut(..len)
            .unwrap_or_default()
            .sort_unstable_by_key(|&index| (predictor.open_circuit(index), index));
        let mut rooms = [Milliamps::ZERO; N];
        for index in candidates.iter() {
            if let Some(slot) = rooms.get_mut(index) {
                *slot = room(index);
            }
        }
        Self {
            indices,
            len,
            rooms,
        }
    }

    fn room(&self, index: usize) -> Milliamps {
        self.rooms.get(index).copied().unwrap_or(Milliamps::ZERO)
    }

    fn get(&self, rank: usize) -> Option<usize> {
        self.indices.get(..self.len)?.get(rank).copied()
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.indices.iter().take(self.len).copied()
    }
}

/// Says the same of every candidate.
fn refuse_all(verdicts: &mut [Verdict], candidates: PackSet, refused: Verdict) {
    for (_, verdict) in verdicts
        .iter_mut()
        .enumerate()
        .filter(|(index, _)| candidates.contains(*index))
    {
        *verdict = refused;
    }
}

impl<const N: usize> Core<N> {
    /// Chooses the first pack, or the whole first set where the load cannot be withheld.
    pub(crate) fn start_dead_bus(
        &mut self,
        step: &mut Step<'_, N>,
        view: &View<N>,
        candidates: &Candidates,
        precharged: Option<usize>,
        verdicts: &mut [Verdict; N],
    ) {
        let predictor = Predictor::new(&self.params, &view.sources);
        let together = !step.inputs.bus.load_controllable;
        let both_ways = candidates.both_ways();
        let may_discharge = candidates.discharge;
        let given_up = self.given_up(candidates.all);
        refuse_all(verdicts, given_up, Self::given_up_verdict());
        let candidates = candidates.all.minus(given_up);
        // In a set that closes at once nobody can say which way a current goes; a single pack is discharged by the load.
        let free = candidates.intersection(both_ways);
        let may_start = if !together {
            candidates
        } else if free.is_empty() {
            self.first_of(&predictor, candidates.intersection(may_discharge))
        } else {
            free
        };
        let ranked = Ranked::<N>::new(&predictor, may_start, |index| {
            let (discharge, charge) = self.pack_limits(step, index);
            discharge
                .min(charge)
                .saturating_sub(predictor.measurement_error(index))
        });
        let settling_ms = self.settling_ms(step.moment.core_ms);
        if ranked.len == 0 || settling_ms > 0 {
            return;
        }
        let plan = if together {
            self.largest_set(step, &predictor, &ranked)
        } else {
            self.planned_set(step, &predictor, &ranked)
        };
        if together {
            let expected = self.params.i_load_expect.max(self.fleet.discharged_with());
            let carries = self.discharge_limit_of_open_set(step, &predictor, plan);
            if carries < expected || carries <= Milliamps::ZERO {
                let refused =
                    Verdict::of(Waiting::LoadNotCovered).against(carries.get(), expected.get());
                return refuse_all(verdicts, candidates, refused);
            }
        }
        if together && !self.budget_allows(step.moment.core_ms, plan.len()) {
            return refuse_all(verdicts, candidates, Verdict::of(Waiting::WearBudget));
        }
        let first = precharged
            .filter(|&index| plan.contains(index))
            .map_or_else(|| self.first_of(&predictor, plan), |index| plan.only(index));
        let joined = if together { plan } else { first };
        let planned = predictor.bounds_of(plan);
        let bound_of_plan = planned.largest_bound();
        for (index, verdict) in verdicts.iter_mut().enumerate() {
            if !candidates.contains(index) {
                continue;
            }
            let bound = if plan.contains(index) {
                bound_of_plan
            } else {
                planned.with(index).largest_bound()
            };
            *verdict = Verdict {
                predicted: Some(bound),
                ..Verdict::of(Waiting::WaitingForSet)
                    .against(bound.get(), self.params.i_circ_max.get())
            };
        }
        let bound = predictor.bounds_of(joined).largest_bound();
        self.joining.plan = plan;
        self.joining.first = None;
        let through_resistor = first
            .iter()
            .find(|&index| precharged.is_none() && self.precharges(index));
        match through_resistor {
            Some(index) => self.begin_precharge(step, index, bound, true),
            None => self.close(step, view, joined, bound),
        }
    }

    /// Whether the rack has closings left for so many packs at once.
    fn budget_allows(&mut self, core_ms: u64, packs: usize) -> bool {
        let budget = self.params.closes_per_hour_of_fleet(self.count);
        let used = self.joining.fleet_wear.closings(core_ms);
        let wanted = u32::try_from(packs).unwrap_or(u32::MAX);
        used.saturating_add(wanted) <= budget
    }

    /// Rule D4: the set to aim for, by what the bus is used for.
    fn planned_set(
        &self,
        step: &Step<'_, N>,
        predictor: &Predictor<'_>,
        ranked: &Ranked<N>,
    ) -> PackSet {
        if self.params.anchor == Anchor::LargestSet {
            return self.largest_set(step, predictor, ranked);
        }
        match self.mode.mode() {
            Mode::Idle => self.largest_set(step, predictor, ranked),
            Mode::Charge => self.grown(predictor, ranked, ranked.iter()),
            Mode::Discharge | Mode::Unknown => {
                let from_top = self.grown(predictor, ranked, ranked.iter().rev());
                let carries = self.discharge_limit_of_open_set(step, predictor, from_top);
                if carries >= self.params.i_load_expect {
                    from_top
                } else {
                    self.fullest_set(step, predictor, ranked)
                }
            }
        }
    }

    /// The admissible set that grows from the first pack of a row.
    fn grown(
        &self,
        predictor: &Predictor<'_>,
        ranked: &Ranked<N>,
        row: impl Iterator<Item = usize>,
    ) -> PackSet {
        row.fold(predictor.bounds_of(PackSet::EMPTY), |set, index| {
            let wider = set.with(index);
            if self.fits(predictor, ranked, &wider) {
                wider
            } else {
                set
            }
        })
        .set()
    }

    /// Whether a set may stand together: within `dv_max`, no pack able to circulate more than `i_circ_max` or than it
    /// may carry itself.
    fn fits(
        &self,
        predictor: &Predictor<'_>,
        ranked: &Ranked<N>,
        prediction: &Prediction<'_>,
    ) -> bool {
        let set = prediction.set();
        if predictor.spread(set) > self.params.dv_max {
            return false;
        }
        let limit = self.params.i_circ_max;
        let least = set.iter().map(|index| ranked.room(index)).min();
        if set.len() < 2 || least.is_some_and(|least| least >= limit) {
            return prediction.is_admissible(limit);
        }
        prediction.is_admissible(limit)
            && set
                .iter()
                .all(|index| prediction.is_bounded(index, ranked.room(index)))
    }

    /// The admissible set with the most capacity among neighbours in voltage; the lower one when two are equal.
    fn largest_set(
        &self,
        step: &Step<'_, N>,
        predictor: &Predictor<'_>,
        ranked: &Ranked<N>,
    ) -> PackSet {
        self.heaviest_set(predictor, ranked, &|index| self.capacity(step, index))
    }

    /// The same by the charge that is left: a set that is almost empty serves a load for minutes only, and while its packs
    /// hold the bus the fuller ones cannot join. Where a gauge is missing, the height of the open-circuit voltage above
    /// `v_uv` stands for the state of charge of every pack.
    fn fullest_set(
        &self,
        step: &Step<'_, N>,
        predictor: &Predictor<'_>,
        ranked: &Ranked<N>,
    ) -> PackSet {
        let soc = |index: usize| {
            let pack = step.inputs.packs.get(index)?;
            pack.gauge.soc.map(|soc| u64::from(soc.get()))
        };
        let height = |index: usize| {
            let above = predictor
                .open_circuit(index)
                .saturating_sub(self.params.v_uv);
            u64::try_from(above.get()).unwrap_or(0)
        };
        let all_gauged = ranked.iter().all(|index| soc(index).is_some());
        self.heaviest_set(predictor, ranked, &|index| {
            let level = soc(index)
                .filter(|_| all_gauged)
                .unwrap_or_else(|| height(index));
            self.capacity(step, index).saturating_mul(level)
        })
    }

    /// The admissible set of neighbours in voltage that weighs most; the lower one when two are equal, also when none has a
    /// weight at all.
    fn heaviest_set(
        &self,
        predictor: &Predictor<'_>,
        ranked: &Ranked<N>,
        weight: &dyn Fn(usize) -> u64,
    ) -> PackSet {
        let mut best = (0, PackSet::EMPTY);
        let mut window = predictor.bounds_of(PackSet::EMPTY);
        let mut next = 0usize;
        for lowest in ranked.iter() {
            while let Some(index) = ranked.get(next) {
                let wider = window.with(index);
                if !self.fits(predictor, ranked, &wider) {
                    break;
                }
                window = wider;
                next = next.saturating_add(1);
            }
            let set = window.set();
            let capacity: u64 = set.iter().map(weight).sum();
            if best.1.is_empty() || capacity > best.0 {
                best = (capacity, set);
            }
            window = predictor.bounds_of(window.set().without(lowest));
        }
        best.1
    }

    /// The pack of a plan that goes first: highest or lowest by mode, else the most central one.
    fn first_of(&self, predictor: &Predictor<'_>, plan: PackSet) -> PackSet {
        let by_mode = self.params.anchor == Anchor::ByMode;
        let estimate = |index| predictor.open_circuit(index).get();
        let farthest = |index: usize| {
            let from = |other| estimate(other).saturating_sub(estimate(index));
            plan.iter()
                .map(|other| from(other).saturating_abs())
                .fold(0, Ord::max)
        };
        let first = plan.iter().min_by_key(|&index| {
            let key = match self.mode.mode() {
                Mode::Discharge | Mode::Unknown if by_mode => estimate(index).saturating_neg(),
                Mode::Charge if by_mode => estimate(index),
                _ => farthest(index),
            };
            (key, index)
        });
        first.into_iter().collect()
    }
}
