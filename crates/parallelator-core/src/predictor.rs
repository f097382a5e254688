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
    source::{CURRENT_LIMIT_MA, RECIPROCAL},
};

pub use crate::source::Source;

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

    /// What pack `index` circulates at least, by its measured current and the fleet's: zero when its share of the fleet
    /// current alone may explain what it carries.
    #[must_use]
    pub fn least_circulating(
        &self,
        index: usize,
        measured: Milliamps,
        fleet: Milliamps,
    ) -> Milliamps {
        let Some(source) = self.source(index).filter(|_| self.sums.len >= 2) else {
            return Milliamps::ZERO;
        };
        let (small, large) = self.shares_in_millionths(source);
        let (at_small, at_large) = (
            held(fleet).saturating_mul(small),
            held(fleet).saturating_mul(large),
        );
        let least_share = floor_div(at_small.min(at_large), 1_000_000);
        let most_share = ceil_div(at_small.max(at_large), 1_000_000);
        let measured = i64::from(measured.get());
        let high = measured.saturating_sub(least_share);
        let low = measured.saturating_sub(most_share);
        Milliamps::new(narrow(if low > 0 { low } else { high.min(0) }))
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
