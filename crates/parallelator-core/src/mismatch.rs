//! Judging a join (rule D8): does each pack carry what was predicted for it?

use battery_units::Milliamps;

use crate::{
    Core, Fault, PackSet, Params,
    arith::{ceil_div, narrow},
    faults::Found,
    join::Unjudged,
    pack::Pack,
    predictor::Predictor,
    source::Source,
    step::Step,
};

/// Currents that differ by less than this are never called a mismatch.
const SMALLEST_TOLERANCE_MA: i64 = 1_000;

/// How far a current may lie from its prediction: what wrong R and wrong voltages explain.
fn tolerance(
    params: &Params,
    circulating: Milliamps,
    share: Milliamps,
    error: Milliamps,
) -> Milliamps {
    let r_err = i64::from(params.r_err.get());
    let own = i64::from(circulating.get())
        .saturating_abs()
        .saturating_mul(r_err);
    let load = i64::from(share.get())
        .saturating_abs()
        .saturating_mul(r_err)
        .saturating_mul(2);
    let explained = ceil_div(own.saturating_add(load), 1_000i64.saturating_sub(r_err));
    Milliamps::new(narrow(explained.max(SMALLEST_TOLERANCE_MA))).saturating_add(error)
}

impl<const N: usize> Core<N> {
    /// When the last join has settled, compares every pack of the set with its prediction.
    pub(crate) fn judge_last_join(&mut self, step: &mut Step<'_, N>) {
        let due = |unjudged: &Unjudged| step.moment.core_ms >= unjudged.due_ms;
        let Some(unjudged) = self.joining.unjudged.filter(due) else {
            return;
        };
        let soft_ms = self.params.age_soft_ms;
        let all_fresh = unjudged.set.iter().all(|index| {
            self.packs
                .get(index)
                .is_some_and(|pack| pack.is_fresh(soft_ms))
        });
        if !all_fresh {
            return;
        }
        self.joining.unjudged = None;
        let Some((index, found)) = self.worst_mismatch(step, &unjudged) else {
            self.joining.last_mismatch = PackSet::EMPTY;
            return;
        };
        let common = unjudged.set.minus(unjudged.joined);
        let first = self
            .joining
            .suspect(common, index)
            .filter(|&first| first != index);
        self.raise(step, index, &found);
        if let Some(first) = first {
            let found = Found::new(Fault::JoinMismatch, found.value, found.limit);
            self.raise(step, first, &found);
        }
    }

    /// The pack furthest outside its tolerance; the one that joined on a tie.
    fn worst_mismatch(&self, step: &Step<'_, N>, unjudged: &Unjudged) -> Option<(usize, Found)> {
        let set = unjudged.set;
        let mut sources = [Source::default(); N];
        let typical = step.typical;
        for (slot, pack) in sources.iter_mut().zip(&self.packs) {
            let path = pack.learned.path(&self.params, typical);
            *slot = Source::remembered(path, pack.at_join_uv);
        }
        let predictor = Predictor::new(&self.params, &sources);
        let prediction = predictor.of(set);
        let measured = |index: usize| self.packs.get(index).map_or(Milliamps::ZERO, Pack::current);
        let fleet = set.iter().fold(Milliamps::ZERO, |sum, index| {
            sum.saturating_add(measured(index))
        });
        let mut worst: Option<((i32, bool), usize, Found)> = None;
        for index in set.iter() {
            let circulating = prediction.circulating(index);
            let share = prediction.share_of(index, fleet);
            // The estimates carry the error of the current at the join, the judgement that of the current now.
            let at_join = prediction.share_of(index, unjudged.fleet);
            let larger = share
                .max(at_join)
                .max(Milliamps::ZERO.saturating_sub(share.min(at_join)));
            let error = predictor.measurement_error(index);
            let allowed = tolerance(&self.params, circulating, larger, error);
            let off = measured(index).saturating_sub(circulating.saturating_add(share));
            let excess = off.get().saturating_abs().saturating_sub(allowed.get());
            // Wrong resistances of the others move the common voltage too: what their bands explain is no fault.
            let range = prediction.current_range(index, fleet);
            let above = measured(index).saturating_sub(range.high);
            let below = range.low.saturating_sub(measured(index));
            let outside = above.max(below).saturating_sub(error);
            let excess = excess.min(outside.get());
            let rank = (excess, unjudged.joined.contains(index));
            // The first of equals.
            if excess > 0 && worst.is_none_or(|(leader, ..)| rank > leader) {
                let found = Found::new(Fault::JoinMismatch, off.get(), allowed.get());
                worst = Some((rank, index, found));
            }
        }
        worst.map(|(_, index, found)| (index, found))
    }
}
