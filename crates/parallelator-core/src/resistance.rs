//! The path resistance of a pack as its own load steps show it (section 4 of the requirements).
//!
//! Whenever the current of a connected pack changes by an ampere or more between two samples, `ΔV / ΔI` is an estimate of
//! its path. A single one is coarse, so each is kept as the interval that the error of the two voltages leaves open, and of
//! the last five the median of the lower ends and the median of the upper ends count: both stay on their side of the truth
//! as long as no more than two of the five are wrong.
//!
//! What the predictor uses lies between that interval and the band of the parameters, and moves from the one to the other
//! with the number of steps: a convex mixture of two intervals that contain the truth contains it too. So a learned path
//! never claims more than the band promised, and the promise narrows, down to 50 ‰ either way.

use crate::{
    Params,
    arith::{ceil_div, floor_div},
    samples::Change,
    source::Path,
};

/// Steps that count, and that make an estimate worth its full weight.
const STEPS: usize = 5;

/// A smaller change of the current says too little.
const SMALLEST_STEP_MA: i64 = 1_000;

/// An estimate is taken when it lies between these shares of `r_nom`.
const ACCEPTED_PERMILLE: core::ops::RangeInclusive<i64> = 300..=3_000;

/// The band never narrows below this share of the resistance.
const SMALLEST_ERROR_PERMILLE: i64 = 50;

/// An interval of resistances, in thousandths of `r_nom`.
#[derive(Debug, Default, Clone, Copy)]
struct Interval {
    low: u16,
    high: u16,
}

/// What the load steps of one pack have shown.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Learned {
    steps: [Interval; STEPS],
    next: u8,
    count: u8,
    /// Steps in a row that no such path could have shown.
    refused: u8,
}

fn held(value: i64) -> u16 {
    u16::try_from(value.max(0)).unwrap_or(u16::MAX)
}

/// The middle of five numbers, of which only the first `count` are filled.
fn median(mut values: [u16; STEPS], count: usize) -> u16 {
    let Some(used) = values.get_mut(..count) else {
        return 0;
    };
    used.sort_unstable();
    used.get(count.div_euclid(2)).copied().unwrap_or(0)
}

/// The resistance a change shows, as thousandths of `r_nom` with the error of the voltages: one that is accepted, or
/// nothing. `None` when the change is too small to show any.
fn estimate(change: &Change, params: &Params) -> Option<Option<Interval>> {
    let (dv, di) = (
        i64::from(change.voltage.get()),
        i64::from(change.current.get()),
    );
    if di.saturating_abs() < SMALLEST_STEP_MA {
        return None;
    }
    let dv = if di < 0 { dv.saturating_neg() } else { dv };
    let scale = di
        .saturating_abs()
        .saturating_mul(params.r_nom.get().into());
    let error = i64::from(params.dv_err.get());
    // mV / mA is ohms; a thousandth of r_nom is r_nom in micro-ohms.
    let share = |millivolts: i64| floor_div(millivolts.saturating_mul(1_000_000), scale);
    let interval = Interval {
        low: held(share(dv.saturating_sub(error))),
        high: held(share(dv.saturating_add(error)).saturating_add(1)),
    };
    Some(ACCEPTED_PERMILLE.contains(&share(dv)).then_some(interval))
}

impl Learned {
    /// Takes what the current of a connected pack did between two samples.
    pub(crate) fn take(&mut self, change: &Change, params: &Params) {
        let Some(shown) = estimate(change, params) else {
            return;
        };
        let Some(interval) = shown else {
            self.refused = self.refused.saturating_add(1);
            return;
        };
        self.refused = 0;
        if let Some(slot) = self.steps.get_mut(usize::from(self.next)) {
            *slot = interval;
        }
        let steps = u8::try_from(STEPS).unwrap_or(u8::MAX);
        self.next = self.next.saturating_add(1).checked_rem(steps).unwrap_or(0);
        self.count = self.count.saturating_add(1).min(steps);
    }

    /// Forgets everything, as after a change of the parameters it is measured in.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// What the steps alone say: the medians of the lower and the upper ends.
    fn own(&self) -> Option<(i64, i64)> {
        let count = usize::from(self.count);
        (count > 0).then(|| {
            let low = median(self.steps.map(|step| step.low), count);
            let high = median(self.steps.map(|step| step.high), count);
            (low.into(), high.into())
        })
    }

    /// The interval between the band of the parameters and what was learned; and whether the two contradict each other.
    fn band(&self, params: &Params) -> (i64, i64, bool) {
        let error = i64::from(params.r_err.get());
        let (prior_low, prior_high) = (
            1_000i64.saturating_sub(error),
            1_000i64.saturating_add(error),
        );
        let steps = i64::try_from(STEPS).unwrap_or(i64::MAX);
        let Some((low, high)) = self.own() else {
            return (prior_low, prior_high, false);
        };
        if low > prior_high || high < prior_low {
            return (prior_low, prior_high, usize::from(self.count) == STEPS);
        }
        let count = i64::from(self.count);
        let towards = |prior: i64, own: i64| own.saturating_sub(prior).saturating_mul(count);
        let low =
            prior_low.saturating_add(floor_div(towards(prior_low, low.max(prior_low)), steps));
        let high =
            prior_high.saturating_add(ceil_div(towards(prior_high, high.min(prior_high)), steps));
        // The middle of what is left, with the smallest error either way.
        let middle = floor_div(low.saturating_add(high), 2);
        let least = ceil_div(middle.saturating_mul(SMALLEST_ERROR_PERMILLE), 1_000);
        (
            low.min(middle.saturating_sub(least)),
            high.max(middle.saturating_add(least)),
            false,
        )
    }

    /// Whether five steps in a row put the path outside the band of the parameters (fault class S2).
    pub(crate) fn is_out_of_range(&self, params: &Params) -> bool {
        usize::from(self.refused) >= STEPS || self.band(params).2
    }

    /// The learned middle in thousandths of `r_nom`, once it has its full weight.
    pub(crate) fn settled(&self, params: &Params) -> Option<u16> {
        let (low, high, _) = self.band(params);
        (usize::from(self.count) == STEPS).then(|| held(floor_div(low.saturating_add(high), 2)))
    }

    /// The path the predictor uses. `typical` is the rack's median in thousandths of `r_nom`: it stands for the packs that
    /// have not shown their own yet, and draws at the others the less, the more steps they have.
    pub(crate) fn path(&self, params: &Params, typical: u16) -> Path {
        let (low, high, _) = self.band(params);
        let middle = floor_div(low.saturating_add(high), 2);
        let typical = i64::from(typical);
        let weight = i64::from(self.count);
        let steps = i64::try_from(STEPS).unwrap_or(i64::MAX);
        let own = floor_div(
            middle.saturating_sub(typical).saturating_mul(weight),
            steps.saturating_mul(2).saturating_sub(weight).max(1),
        );
        let point = typical.saturating_add(own).clamp(low, high);
        let r_nom = i64::from(params.r_nom.get());
        // A thousandth of a milliohm is a micro-ohm.
        Path::between(
            point.saturating_mul(r_nom),
            low.saturating_mul(r_nom),
            high.saturating_mul(r_nom),
        )
    }
}

/// The rack's median in thousandths of `r_nom`: of the packs whose steps have settled, when they are three or more.
pub(crate) fn typical<'a, const N: usize>(
    learned: impl Iterator<Item = &'a Learned>,
    params: &Params,
) -> u16 {
    let mut settled = [0u16; N];
    let mut count = 0usize;
    for (slot, value) in settled
        .iter_mut()
        .zip(learned.filter_map(|learned| learned.settled(params)))
    {
        *slot = value;
        count = count.saturating_add(1);
    }
    if count < 3 {
        return 1_000;
    }
    settled.get_mut(..count).map_or(1_000, |used| {
        used.sort_unstable();
        used.get(count.div_euclid(2)).copied().unwrap_or(1_000)
    })
}
