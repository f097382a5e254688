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
    arith::{floor_div, product},
    samples::Change,
    source::Path,
};

/// Steps that count, and that make an estimate worth its full weight.
const STEPS: usize = 5;

/// The same as the number that is counted up to.
const FULL: u8 = 5;

/// A smaller change of the current says too little.
const SMALLEST_STEP_MA: i32 = 1_000;

/// An estimate is taken when it lies between these shares of `r_nom`.
const ACCEPTED_PERMILLE: core::ops::RangeInclusive<i64> = 300..=3_000;

/// The band never narrows below this share of the resistance.
const SMALLEST_ERROR_PERMILLE: i32 = 50;

/// An interval of resistances, in thousandths of `r_nom`.
#[derive(Debug, Default, Clone, Copy)]
struct Interval {
    low: u16,
    high: u16,
}

/// What the load steps of one pack have shown.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Learned {
    /// The newest first.
    steps: [Interval; STEPS],
    count: u8,
    /// Steps in a row that no such path could have shown.
    refused: u8,
    /// Five steps put the path outside the band of the parameters.
    outside: bool,
    /// Between the band of the parameters and what the steps say; meaningless before the first.
    band: Interval,
}

fn held(value: i64) -> u16 {
    u16::try_from(value.max(0)).unwrap_or(u16::MAX)
}

/// The middle of five numbers, of which only the first `count` are filled.
fn median(mut values: [u16; STEPS], count: usize) -> i32 {
    for unused in values.iter_mut().skip(count) {
        *unused = u16::MAX;
    }
    values.sort_unstable();
    values.get(count >> 1).copied().unwrap_or(0).into()
}

/// The resistance a change shows, as thousandths of `r_nom` with the error of the voltages: one that is accepted, or
/// nothing. `None` when the change is too small to show any.
fn estimate(change: &Change, params: &Params) -> Option<Option<Interval>> {
    let (dv, di) = (change.voltage.get(), change.current.get());
    if di.saturating_abs() < SMALLEST_STEP_MA {
        return None;
    }
    let dv = if di < 0 { dv.saturating_neg() } else { dv };
    let scale = product(di.saturating_abs(), params.r_nom.get());
    let error = params.dv_err.get();
    // mV / mA is ohms; a thousandth of r_nom is r_nom in micro-ohms.
    let share = |millivolts: i32| floor_div(product(millivolts, 1_000_000), scale);
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
        let mut newer = interval;
        for step in &mut self.steps {
            newer = core::mem::replace(step, newer);
        }
        self.count = self.count.saturating_add(1).min(FULL);
        self.fit(params);
    }

    /// Forgets everything, as after a change of the parameters it is measured in.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Forgets a path out of range; says whether it was.
    pub(crate) fn forgive(&mut self) -> bool {
        let outside = self.is_out_of_range();
        if outside {
            self.forget();
        }
        outside
    }

    /// Works out the interval between the band of the parameters and what the steps alone say: the medians of their lower
    /// and of their upper ends.
    pub(crate) fn fit(&mut self, params: &Params) {
        let error = i32::from(params.r_err.get());
        let (prior_low, prior_high) = (
            1_000i32.saturating_sub(error),
            1_000i32.saturating_add(error),
        );
        let count = usize::from(self.count);
        let own_low = median(self.steps.map(|step| step.low), count);
        let own_high = median(self.steps.map(|step| step.high), count);
        let apart = own_low > prior_high || own_high < prior_low;
        self.outside = apart && count == STEPS;
        let (mut low, mut high) = (prior_low, prior_high);
        if !apart {
            let weight = i32::from(self.count);
            let towards = |prior: i32, own: i32| own.saturating_sub(prior).saturating_mul(weight);
            let full = i32::from(FULL);
            let up = towards(prior_low, own_low.max(prior_low)).div_euclid(full);
            let down = towards(own_high.min(prior_high), prior_high).div_euclid(full);
            low = low.saturating_add(up);
            high = high.saturating_sub(down);
        }
        // The middle of what is left, with the smallest error either way.
        let middle = low.saturating_add(high) >> 1;
        let least = middle
            .saturating_mul(SMALLEST_ERROR_PERMILLE)
            .div_euclid(1_000)
            .saturating_add(1);
        self.band = Interval {
            low: held(low.min(middle.saturating_sub(least)).into()),
            high: held(high.max(middle.saturating_add(least)).into()),
        };
    }

    /// Whether five steps in a row put the path outside the band of the parameters (fault class S2).
    pub(crate) fn is_out_of_range(&self) -> bool {
        usize::from(self.refused) >= STEPS || self.outside
    }

    fn middle(&self) -> i32 {
        i32::from(self.band.low).saturating_add(self.band.high.into()) >> 1
    }

    /// The learned middle in thousandths of `r_nom`, once it has its full weight.
    fn settled(&self) -> Option<u16> {
        (self.count == FULL).then(|| held(self.middle().into()))
    }

    /// The path the predictor uses. `typical` is the rack's median in thousandths of `r_nom`: it stands for the packs that
    /// have not shown their own yet, and draws at the others the less, the more steps they have.
    pub(crate) fn path(&self, params: &Params, typical: u16) -> Path {
        let mut path = Path::nominal(params);
        if self.count > 0 {
            path.min = self.band.low.max(1).into();
            path.max = self.band.high.into();
        }
        let weight = i32::from(self.count);
        let rest = i32::from(FULL)
            .saturating_mul(2)
            .saturating_sub(weight)
            .max(1);
        let typical = i32::from(typical);
        let own = self.middle().saturating_sub(typical).saturating_mul(weight);
        let point = typical.saturating_add(own.div_euclid(rest));
        let point = u32::try_from(point).unwrap_or(0);
        path.typical = point.max(path.min).min(path.max);
        path
    }
}

/// The rack's median in thousandths of `r_nom`: of the packs whose steps have settled, when they are three or more.
pub(crate) fn typical<'a, const N: usize>(learned: impl Iterator<Item = &'a Learned>) -> u16 {
    let mut settled = [0u16; N];
    let mut count = 0usize;
    for (slot, value) in settled.iter_mut().zip(learned.filter_map(Learned::settled)) {
        *slot = value;
        count = count.saturating_add(1);
    }
    if count < 3 {
        return 1_000;
    }
    settled.get_mut(..count).map_or(1_000, |used| {
        used.sort_unstable();
        used.get(count >> 1).copied().unwrap_or(1_000)
    })
}
