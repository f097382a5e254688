//! The predictor: what currents would flow between packs if a set of them stood on one bus.
//!
//! With `U` the open-circuit estimate of a pack, `R` its path resistance and `g = 1/R`, the packs of a set meet at
//! `Ū = Σ g U / Σ g`, and without a load pack i carries `c_i = g_i (Ū − U_i)`. Nobody knows R exactly: it lies in
//! `R (1 ± r_err)`. So a join is judged by a bound that holds for every R in that band, [`Prediction::bound`], and never
//! by the momentary difference of terminal voltages, which a load makes small and the end of the load makes large.
//!
//! All numbers here are microvolts, microohms, milliamps and microsiemens; every rounding goes to the cautious side.

use battery_units::{Milliamps, Millivolts};

use crate::{
    PackSet, Params,
    arith::{ceil_div, floor_div, narrow, near_div},
};

/// Microsiemens times microohms.
const RECIPROCAL: i64 = 1_000_000_000_000;

/// The largest current the predictor works with: far above every trip, small enough that nothing overflows.
const CURRENT_LIMIT_MA: i64 = 2_000_000;

/// What the predictor knows about one pack: its open-circuit estimate and the interval in which the true one lies,
/// without the measurement error that every pair has.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Source {
    u_uv: i32,
    low_uv: i32,
    high_uv: i32,
    path: Path,
}

/// The resistance of a pack with its error band, and what follows from it; microohms and microsiemens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Path {
    r: u32,
    r_min: u32,
    r_max: u32,
    g: u32,
    g_min: u32,
    g_max: u32,
}

impl Default for Path {
    /// A milliohm without an error: for places that hold no pack.
    fn default() -> Self {
        Self::new(1_000, 0)
    }
}

impl Path {
    fn new(r_uohm: u32, r_err_permille: u16) -> Self {
        let r = i64::from(r_uohm).max(1);
        let err = i64::from(r_err_permille);
        let r_min = floor_div(r.saturating_mul(1_000i64.saturating_sub(err)), 1_000).max(1);
        let r_max = ceil_div(r.saturating_mul(1_000i64.saturating_add(err)), 1_000).max(1);
        let held = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
        Self {
            r: held(r),
            r_min: held(r_min),
            r_max: held(r_max),
            g: held(near_div(RECIPROCAL, r)),
            g_min: held(floor_div(RECIPROCAL, r_max)),
            g_max: held(ceil_div(RECIPROCAL, r_min)),
        }
    }
}

impl Source {
    fn new(path: Path, u_uv: i64, eps_uv: i64) -> Self {
        Self {
            u_uv: narrow(u_uv),
            low_uv: narrow(u_uv.saturating_sub(eps_uv)),
            high_uv: narrow(u_uv.saturating_add(eps_uv)),
            path,
        }
    }

    /// A pack with this open-circuit estimate in microvolts and no error: to look back at an earlier prediction.
    pub(crate) fn remembered(params: &Params, u_uv: i32) -> Self {
        Self::new(Self::nominal_path(params), u_uv.into(), 0)
    }

    /// The open-circuit estimate in microvolts, for [`Source::remembered`].
    pub(crate) fn estimate_uv(&self) -> i32 {
        self.u_uv
    }

    /// The path of every pack until its resistance is learned.
    fn nominal_path(params: &Params) -> Path {
        Path::new(params.r_nom.get().saturating_mul(1_000), params.r_err.get())
    }

    /// A pack whose switch conducts: `U = V − I R`, and a wrong R puts an error of `r_err R |I|` on it.
    #[must_use]
    pub fn connected(params: &Params, voltage: Millivolts, current: Milliamps) -> Self {
        let path = Self::nominal_path(params);
        let current = i64::from(current.get()).clamp(-CURRENT_LIMIT_MA, CURRENT_LIMIT_MA);
        let drop_nv = current.saturating_mul(path.r.into());
        let error_nv = drop_nv
            .saturating_abs()
            .saturating_mul(params.r_err.get().into());
        let voltage_uv = i64::from(voltage.get()).saturating_mul(1_000);
        let u_uv = voltage_uv.saturating_sub(near_div(drop_nv, 1_000));
        Self::new(path, u_uv, ceil_div(error_nv, 1_000_000))
    }

    /// A pack whose switch is open: `U = V`; for a while after it carried a current, the cells still relax, which
    /// counts as an error of half the ohmic drop, decaying with `t_rest`.
    #[must_use]
    pub fn open(
        params: &Params,
        voltage: Millivolts,
        opened_with: Milliamps,
        since_ms: u64,
    ) -> Self {
        let u_uv = i64::from(voltage.get()).saturating_mul(1_000);
        let path = Self::nominal_path(params);
        let current = i64::from(opened_with.get())
            .saturating_abs()
            .min(CURRENT_LIMIT_MA);
        let half_drop_uv = ceil_div(current.saturating_mul(path.r.into()), 2_000);
        Self::new(
            path,
            u_uv,
            decayed(half_drop_uv, since_ms, params.t_rest_ms.into()),
        )
    }

    /// The same, narrowed by what was known before the pack joined: the true value lies in both intervals.
    ///
    /// Intervals further apart than measuring explains mean that one of them is wrong; then the older knowledge is
    /// dropped.
    #[must_use]
    pub(crate) fn narrowed_by(self, rest: &Rest, params: &Params) -> Self {
        let Some((low, high)) = rest.interval(params, self.r_max()) else {
            return self;
        };
        let (inner_low, inner_high) = (self.low_uv.max(low), self.high_uv.min(high));
        let dv_err_uv = params.dv_err.get().saturating_mul(1_000);
        if inner_low.saturating_sub(inner_high) > dv_err_uv {
            return self;
        }
        // Measurement errors can part the two by a little; then the truth lies around the gap.
        let (low_uv, high_uv) = (inner_low.min(inner_high), inner_low.max(inner_high));
        Self {
            u_uv: self.u_uv.clamp(low_uv, high_uv),
            low_uv,
            high_uv,
            ..self
        }
    }

    /// Error of the open-circuit estimate, a magnitude, rounded up.
    #[must_use]
    pub fn error(&self) -> Millivolts {
        let up = self.high().saturating_sub(self.u());
        let down = self.u().saturating_sub(self.low());
        Millivolts::new(narrow(ceil_div(up.max(down), 1_000)))
    }

    fn u(&self) -> i64 {
        self.u_uv.into()
    }

    fn low(&self) -> i64 {
        self.low_uv.into()
    }

    fn high(&self) -> i64 {
        self.high_uv.into()
    }

    fn r(&self) -> i64 {
        self.path.r.into()
    }

    fn r_min(&self) -> i64 {
        self.path.r_min.into()
    }

    fn r_max(&self) -> i64 {
        self.path.r_max.into()
    }

    fn g(&self) -> i64 {
        self.path.g.into()
    }

    fn g_min(&self) -> i64 {
        self.path.g_min.into()
    }

    fn g_max(&self) -> i64 {
        self.path.g_max.into()
    }
}

/// The fast relaxation of a cell is not taken to be slower than this, whatever `t_rest` says.
const FASTEST_RELAXATION_MS: u32 = 30_000;

/// Nothing is remembered for longer than this.
const LONGEST_MEMORY_MS: u32 = 300_000;

/// What is remembered of a pack from the moment it joined: its open-circuit interval then, and the charge that has
/// flowed either way since.
///
/// A charging current can only raise the open-circuit voltage and a discharging one only lower it, by no more than
/// `R · Q / (t_rest / 10)`: `t_rest` is the slow relaxation of a cell and a tenth of it the fast one, whose pair of R and C
/// has the steepest slope. So the currents that the joins themselves cause do not widen the spread of the set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rest {
    low_uv: i32,
    high_uv: i32,
    charged_ma_ms: i64,
    discharged_ma_ms: i64,
    since_ms: u32,
}

impl Rest {
    pub(crate) fn of(source: &Source) -> Self {
        Self {
            low_uv: source.low_uv,
            high_uv: source.high_uv,
            charged_ma_ms: 0,
            discharged_ma_ms: 0,
            since_ms: 0,
        }
    }

    /// Counts the charge of a step.
    pub(crate) fn count(&mut self, current: Milliamps, elapsed_ms: u64) {
        let charge =
            i64::from(current.get()).saturating_mul(i64::try_from(elapsed_ms).unwrap_or(i64::MAX));
        self.charged_ma_ms = self.charged_ma_ms.saturating_add(charge.max(0));
        self.discharged_ma_ms = self.discharged_ma_ms.saturating_sub(charge.min(0));
        let elapsed_ms = u32::try_from(elapsed_ms).unwrap_or(u32::MAX);
        self.since_ms = self.since_ms.saturating_add(elapsed_ms);
    }

    /// Where the open-circuit voltage lies now; nothing is known after `t_rest`.
    fn interval(&self, params: &Params, r_max_uohm: i64) -> Option<(i32, i32)> {
        let fast_ms = i64::from(params.t_rest_ms.div_euclid(10).min(FASTEST_RELAXATION_MS));
        if self.since_ms > params.t_rest_ms.min(LONGEST_MEMORY_MS) || fast_ms == 0 {
            return None;
        }
        let drift = |charge: i64| {
            ceil_div(
                charge.saturating_mul(r_max_uohm),
                fast_ms.saturating_mul(1_000),
            )
        };
        let low = i64::from(self.low_uv).saturating_sub(drift(self.discharged_ma_ms));
        let high = i64::from(self.high_uv).saturating_add(drift(self.charged_ma_ms));
        Some((narrow(low), narrow(high)))
    }
}

/// `start · exp(−elapsed / tau)`, never less: between two halvings the chord lies above the exponential.
fn decayed(start: i64, elapsed_ms: u64, tau_ms: u64) -> i64 {
    if start <= 0 {
        return 0;
    }
    // exp(−1) is 2^(−1.4427): one halving takes tau · ln 2; ln 2 rounded up makes the halvings later, hence cautious.
    let halving_us = tau_ms.saturating_mul(694);
    let elapsed_us = elapsed_ms.saturating_mul(1_000);
    let Some(halvings) = elapsed_us.checked_div(halving_us) else {
        return 0;
    };
    let rest_us = elapsed_us.saturating_sub(halvings.saturating_mul(halving_us));
    let Some(after) = u32::try_from(halvings)
        .ok()
        .and_then(|shift| start.checked_shr(shift))
    else {
        return 1;
    };
    let rest_permille = rest_us
        .saturating_mul(1_000)
        .checked_div(halving_us)
        .unwrap_or(0);
    let chord = 2_000i64.saturating_sub(i64::try_from(rest_permille).unwrap_or(0));
    ceil_div(after.saturating_add(1).saturating_mul(chord), 2_000)
}

/// The two largest of a row: what is the largest when one of them is left out?
#[derive(Debug, Clone, Copy)]
struct TopTwo {
    first: i64,
    first_index: usize,
    second: i64,
}

impl TopTwo {
    const NONE: Self = Self {
        first: i64::MIN,
        first_index: usize::MAX,
        second: i64::MIN,
    };

    fn take(&mut self, index: usize, value: i64) {
        if value > self.first {
            self.second = self.first;
            self.first = value;
            self.first_index = index;
        } else if value > self.second {
            self.second = value;
        }
    }

    fn without(&self, index: usize) -> i64 {
        if index == self.first_index {
            self.second
        } else {
            self.first
        }
    }
}

/// What a whole set has in common, so that each pack of it costs a constant time.
#[derive(Debug, Clone, Copy)]
struct Sums {
    g: i64,
    g_min: i64,
    g_max: i64,
    /// Largest upper end of an interval.
    high: TopTwo,
    /// Largest negated lower end.
    low: TopTwo,
    /// `Σ g (U − base)`, with a base that keeps the products small.
    weighted_uv: i64,
    base_uv: i64,
    len: usize,
}

/// The range in which a current must lie, errors of U and R included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CurrentRange {
    /// Not below this.
    pub low: Milliamps,
    /// Not above this.
    pub high: Milliamps,
}

/// The currents in one set of packs.
#[derive(Debug, Clone, Copy)]
pub struct Prediction<'a> {
    predictor: Predictor<'a>,
    set: PackSet,
    sums: Sums,
}

/// Predicts currents in sets of packs.
#[derive(Debug, Clone, Copy)]
pub struct Predictor<'a> {
    sources: &'a [Source],
    dv_err_uv: i64,
}

impl<'a> Predictor<'a> {
    /// A predictor over these packs, by index.
    #[must_use]
    pub fn new(params: &Params, sources: &'a [Source]) -> Self {
        Self {
            sources,
            dv_err_uv: i64::from(params.dv_err.get()).saturating_mul(1_000),
        }
    }

    fn members(&self, set: PackSet) -> impl Iterator<Item = (usize, &'a Source)> {
        self.sources
            .iter()
            .enumerate()
            .filter(move |(index, _)| set.contains(*index))
    }

    /// Looks at one set: everything its packs have in common is worked out once.
    #[must_use]
    pub fn of(&self, set: PackSet) -> Prediction<'a> {
        Prediction {
            predictor: *self,
            set,
            sums: self.sums(set),
        }
    }

    fn sums(&self, set: PackSet) -> Sums {
        let base_uv = self.members(set).next().map_or(0, |(_, source)| source.u());
        let mut sums = Sums {
            g: 0,
            g_min: 0,
            g_max: 0,
            high: TopTwo::NONE,
            low: TopTwo::NONE,
            weighted_uv: 0,
            base_uv,
            len: 0,
        };
        for (index, source) in self.members(set) {
            let g = source.g();
            sums.g = sums.g.saturating_add(g);
            sums.g_min = sums.g_min.saturating_add(source.g_min());
            sums.g_max = sums.g_max.saturating_add(source.g_max());
            sums.high.take(index, source.high());
            sums.low.take(index, source.low().saturating_neg());
            let above_base = g.saturating_mul(source.u().saturating_sub(base_uv));
            sums.weighted_uv = sums.weighted_uv.saturating_add(above_base);
            sums.len = sums.len.saturating_add(1);
        }
        sums
    }

    /// What the measurement error of a voltage alone may do to the current of pack `index`: `e = g · dv_err`.
    #[must_use]
    pub fn measurement_error(&self, index: usize) -> Milliamps {
        let error = self.sources.get(index).map_or(0, |source| {
            ceil_div(self.dv_err_uv.saturating_mul(1_000), source.r())
        });
        Milliamps::new(narrow(error))
    }

    /// Current that a source of zero ohm at `bus` would push through pack `index`, errors included, a magnitude.
    #[must_use]
    pub fn against_stiff_bus(&self, index: usize, bus: Millivolts) -> Milliamps {
        let current = self.sources.get(index).map_or(i64::MAX, |source| {
            let bus_uv = i64::from(bus.get()).saturating_mul(1_000);
            let above = source.high().saturating_sub(bus_uv);
            let below = bus_uv.saturating_sub(source.low());
            let difference = above.max(below).saturating_add(self.dv_err_uv);
            ceil_div(difference.saturating_mul(1_000), source.r_min())
        });
        Milliamps::new(narrow(current))
    }

    /// Open-circuit estimate of pack `index`, to the nearest millivolt.
    #[must_use]
    pub fn open_circuit(&self, index: usize) -> Millivolts {
        let estimate = self.sources.get(index).map_or(0, Source::u);
        Millivolts::new(narrow(near_div(estimate, 1_000)))
    }
}

impl Prediction<'_> {
    /// Gate bound B of pack `index`: no true R inside the error band and no true U inside its error gives a larger
    /// circulating current. Zero for a single pack.
    #[must_use]
    pub fn bound(&self, index: usize) -> Milliamps {
        Milliamps::new(narrow(
            self.source(index)
                .map_or(0, |source| self.bound_of(index, source)),
        ))
    }

    fn source(&self, index: usize) -> Option<&Source> {
        self.predictor.sources.get(index)
    }

    fn bound_of(&self, index: usize, source: &Source) -> i64 {
        if self.sums.len < 2 {
            return 0;
        }
        let above = self.sums.high.without(index).saturating_sub(source.low());
        let below = self.sums.low.without(index).saturating_add(source.high());
        let difference_uv = above.max(below).saturating_add(self.predictor.dv_err_uv);
        let rest = floor_div(RECIPROCAL, self.sums.g_max.saturating_sub(source.g_max()));
        let path = source.r_min().saturating_add(rest);
        ceil_div(difference_uv.max(0).saturating_mul(1_000), path)
    }

    /// The largest gate bound of any pack of the set.
    #[must_use]
    pub fn largest_bound(&self) -> Milliamps {
        let largest = self
            .predictor
            .members(self.set)
            .map(|(index, source)| self.bound_of(index, source))
            .max()
            .unwrap_or(0);
        Milliamps::new(narrow(largest))
    }

    /// Whether no pack of the set can circulate more than `limit`. Every subset of such a set is one too.
    #[must_use]
    pub fn is_admissible(&self, limit: Milliamps) -> bool {
        self.largest_bound() <= limit
    }

    /// Circulating current `c` of pack `index` with the estimates as they stand.
    #[must_use]
    pub fn circulating(&self, index: usize) -> Milliamps {
        let circulating = self.source(index).map_or(0, |source| {
            if self.sums.len < 2 {
                return 0;
            }
            let mean_uv = near_div(self.sums.weighted_uv, self.sums.g);
            let mean_uv = self.sums.base_uv.saturating_add(mean_uv);
            near_div(
                mean_uv.saturating_sub(source.u()).saturating_mul(1_000),
                source.r(),
            )
        });
        Milliamps::new(narrow(circulating))
    }

    /// Share of the fleet current that falls to pack `index`, with the estimates as they stand.
    #[must_use]
    pub fn share_of(&self, index: usize, fleet: Milliamps) -> Milliamps {
        let fleet = held(fleet);
        let share = self.source(index).map_or(0, |source| {
            near_div(fleet.saturating_mul(source.g()), self.sums.g)
        });
        Milliamps::new(narrow(share))
    }

    /// Current of pack `index` at the fleet current, with the estimates as they stand.
    #[must_use]
    pub fn current(&self, index: usize, fleet: Milliamps) -> Milliamps {
        self.circulating(index)
            .saturating_add(self.share_of(index, fleet))
    }

    /// The range in which the current of pack `index` lies at the fleet current, for every true R and U.
    #[must_use]
    pub fn current_range(&self, index: usize, fleet: Milliamps) -> CurrentRange {
        let Some(source) = self.source(index) else {
            return CurrentRange {
                low: Milliamps::MIN,
                high: Milliamps::MAX,
            };
        };
        let (mut low, mut high) = (0i64, 0i64);
        if self.sums.len >= 2 {
            let error = self.predictor.dv_err_uv;
            let (highest, lowest) = (self.sums.high.without(index), self.sums.low.without(index));
            high = self.pushed(
                source,
                highest.saturating_sub(source.low()).saturating_add(error),
            );
            low = self
                .pushed(
                    source,
                    lowest.saturating_add(source.high()).saturating_add(error),
                )
                .saturating_neg();
        }
        let (small, large) = self.shares_in_millionths(source);
        let at = |share: i64| held(fleet).saturating_mul(share);
        low = low.saturating_add(floor_div(at(small).min(at(large)), 1_000_000));
        high = high.saturating_add(ceil_div(at(small).max(at(large)), 1_000_000));
        CurrentRange {
            low: Milliamps::new(narrow(low)),
            high: Milliamps::new(narrow(high)),
        }
    }

    /// The largest current that a difference of at most `difference_uv` pushes into `source`; negative when even the
    /// largest difference pulls a current out of it.
    fn pushed(&self, source: &Source, difference_uv: i64) -> i64 {
        let path = if difference_uv >= 0 {
            let rest = floor_div(RECIPROCAL, self.sums.g_max.saturating_sub(source.g_max()));
            source.r_min().saturating_add(rest)
        } else {
            let rest = ceil_div(RECIPROCAL, self.sums.g_min.saturating_sub(source.g_min()));
            source.r_max().saturating_add(rest)
        };
        ceil_div(difference_uv.saturating_mul(1_000), path)
    }

    /// Smallest and largest share of the fleet current of a pack, in millionths.
    fn shares_in_millionths(&self, source: &Source) -> (i64, i64) {
        let others_max = self.sums.g_max.saturating_sub(source.g_max());
        let others_min = self.sums.g_min.saturating_sub(source.g_min());
        let small = source.g_min().saturating_mul(1_000_000);
        let large = source.g_max().saturating_mul(1_000_000);
        (
            floor_div(small, source.g_min().saturating_add(others_max)),
            ceil_div(large, source.g_max().saturating_add(others_min)),
        )
    }

    /// The fleet current beyond the present one at which a pack with this headroom reaches its limit.
    ///
    /// A headroom below zero is divided by the smallest share instead of the largest, which asks for the larger cut.
    #[must_use]
    pub fn headroom_of_fleet(&self, index: usize, headroom: Milliamps) -> Milliamps {
        let Some(source) = self.source(index) else {
            return Milliamps::ZERO;
        };
        let (small, large) = self.shares_in_millionths(source);
        let share = if headroom >= Milliamps::ZERO {
            large
        } else {
            small
        };
        let scaled = i64::from(headroom.get()).saturating_mul(1_000_000);
        Milliamps::new(narrow(floor_div(scaled, share.max(1))))
    }
}

fn held(current: Milliamps) -> i64 {
    let fleet_limit = CURRENT_LIMIT_MA.saturating_mul(32);
    i64::from(current.get()).clamp(fleet_limit.saturating_neg(), fleet_limit)
}
