//! The predictor: what currents would flow between packs if a set of them stood on one bus.
//!
//! With `U` the open-circuit estimate of a pack, `R` its path resistance and `g = 1/R`, the packs of a set meet at
//! `Ū = Σ g U / Σ g`, and without a load pack i carries `c_i = g_i (Ū − U_i)`. Nobody knows R exactly: it lies in
//! `R (1 ± r_err)`. So a join is judged by a bound that holds for every R in that band, [`Prediction::bound`], and never
//! by the momentary difference of terminal voltages, which a load makes small and the end of the load makes large.
//!
//! Voltages are microvolts, currents milliamps. Conductances are told in units of `1 / (r_nom × 2^14)`, so that most
//! quotients stay inside 32 bits, where a small processor divides by itself. With `G = Σ g` the path that pack i meets, its
//! own and the others in parallel, has the conductance `g_i (G − g_i) / G`. Every rounding goes to the cautious side.

use battery_units::{Milliamps, Millivolts};

use crate::{
    PackSet, Params,
    arith::{ceil_div, held_product, narrow, near_div, product, wide},
    precharge::Draw,
    source::{CURRENT_LIMIT_MA, SCALE_BITS},
};

/// Differences of this many microvolts and more, 67 V, have no current that anybody would join at.
const DIFFERENCE_LIMIT_UV: i32 = 1 << 26;

/// Shares of the fleet current are told in units of `2^-16`.
const SHARE_BITS: u32 = 16;

/// Ratios of a set to one of its packs are told in units of `2^-11`.
const RATIO_BITS: u32 = 11;

pub use crate::source::Source;

/// The two largest of a row: what is the largest when one of them is left out?
#[derive(Debug, Clone, Copy)]
struct TopTwo {
    first: i32,
    first_index: usize,
    second: i32,
}

impl TopTwo {
    const NONE: Self = Self {
        first: i32::MIN,
        first_index: usize::MAX,
        second: i32::MIN,
    };

    fn take(&mut self, index: usize, value: i32) {
        if value > self.first {
            self.second = self.first;
            self.first = value;
            self.first_index = index;
        } else if value > self.second {
            self.second = value;
        }
    }

    fn without(&self, index: usize) -> i32 {
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
    g_min: u32,
    g_max: u32,
    /// Largest upper end of an interval.
    high: TopTwo,
    /// Largest negated lower end.
    low: TopTwo,
    len: usize,
}

impl Sums {
    const NONE: Self = Self {
        g_min: 0,
        g_max: 0,
        high: TopTwo::NONE,
        low: TopTwo::NONE,
        len: 0,
    };

    fn take(&mut self, index: usize, source: &Source) {
        self.g_min = self.g_min.saturating_add(source.g_min());
        self.g_max = self.g_max.saturating_add(source.g_max());
        self.high.take(index, source.high());
        self.low.take(index, source.low().saturating_neg());
        self.len = self.len.saturating_add(1);
    }
}

/// What a set has in common with the estimates as they stand.
#[derive(Debug, Clone, Copy)]
struct Centre {
    g: u32,
    /// Where the packs meet without a load.
    mean_uv: i32,
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
    /// `None` where only bounds were asked for: a division that few of them need.
    centre: Option<Centre>,
}

/// Predicts currents in sets of packs.
#[derive(Debug, Clone, Copy)]
pub struct Predictor<'a> {
    sources: &'a [Source],
    dv_err_uv: i32,
    r_nom: u32,
}

impl<'a> Predictor<'a> {
    /// A predictor over these packs, by index.
    #[must_use]
    #[inline(never)]
    pub fn new(params: &Params, sources: &'a [Source]) -> Self {
        Self {
            sources,
            dv_err_uv: params.dv_err.get().saturating_mul(1_000),
            r_nom: params.r_nom.get().max(1),
        }
    }

    /// The current that a voltage drives through a conductance, rounded up.
    fn current_up(&self, difference_uv: i32, g: u32) -> i32 {
        let scaled = product(difference_uv, g);
        // Rounding up twice is rounding up once.
        let up = scaled.saturating_add((1 << SCALE_BITS) - 1) >> SCALE_BITS;
        match i32::try_from(up) {
            Ok(up) => ceil_div_32(up, self.r_nom),
            Err(_) => narrow(ceil_div(up, self.r_nom.into())),
        }
    }

    fn members(&self, set: PackSet) -> impl Iterator<Item = (usize, &'a Source)> {
        let sources = self.sources;
        set.iter()
            .filter_map(move |index| Some((index, sources.get(index)?)))
    }

    /// Looks at one set: everything its packs have in common is worked out once.
    #[must_use]
    pub fn of(&self, set: PackSet) -> Prediction<'a> {
        Prediction {
            centre: Some(self.centre(set)),
            ..self.bounds_of(set)
        }
    }

    /// The same for who asks for bounds, ranges and headroom only.
    pub(crate) fn bounds_of(&self, set: PackSet) -> Prediction<'a> {
        let mut sums = Sums::NONE;
        for (index, source) in self.members(set) {
            sums.take(index, source);
        }
        Prediction {
            predictor: *self,
            set,
            sums,
            centre: None,
        }
    }

    fn centre(&self, set: PackSet) -> Centre {
        let base_uv = self.members(set).next().map_or(0, |(_, source)| source.u());
        let (mut g, mut weighted_uv) = (0u32, 0i64);
        for (_, source) in self.members(set) {
            g = g.saturating_add(source.g());
            let above_base = source.u().saturating_sub(base_uv);
            weighted_uv = weighted_uv.saturating_add(product(above_base, source.g()));
        }
        let above_base = if weighted_uv == 0 {
            0
        } else {
            near_div(weighted_uv, g.into())
        };
        Centre {
            g,
            mean_uv: narrow(i64::from(base_uv).saturating_add(above_base)),
        }
    }

    /// What the measurement error of a voltage alone may do to the current of pack `index`: `e = g · dv_err`.
    #[must_use]
    pub fn measurement_error(&self, index: usize) -> Milliamps {
        let error = self
            .sources
            .get(index)
            .map_or(0, |source| self.current_up(self.dv_err_uv, source.g()));
        Milliamps::new(error)
    }

    /// Current that a source of zero ohm at `bus` would push through pack `index`, errors included, a magnitude.
    #[must_use]
    pub fn against_stiff_bus(&self, index: usize, bus: Millivolts) -> Milliamps {
        let current = self.sources.get(index).map_or(i32::MAX, |source| {
            let bus_uv = product(bus.get(), 1_000);
            let above = i64::from(source.high()).saturating_sub(bus_uv);
            let below = bus_uv.saturating_sub(source.low().into());
            let difference = above.max(below).saturating_add(self.dv_err_uv.into());
            self.current_up(narrow(difference), source.g_max())
        });
        Milliamps::new(current)
    }

    /// What pack `index`, behind its resistor, takes at the most from the packs of `holding` while no charger is at work, and
    /// gives to them while there is no load: the bus then stands within their open-circuit voltages.
    pub(crate) fn draw(&self, index: usize, holding: PackSet) -> Draw {
        let Some(source) = self.sources.get(index).filter(|_| !holding.is_empty()) else {
            return Draw::default();
        };
        let (mut low, mut high) = (i32::MAX, i32::MIN);
        for (_, member) in self.members(holding) {
            low = low.min(member.low());
            high = high.max(member.high());
        }
        let current = |above: i32, below: i32| {
            let apart = i64::from(above).saturating_sub(below.into());
            let drives = narrow(apart.saturating_add(self.dv_err_uv.into())).max(0);
            Milliamps::new(self.current_up(drives, source.g_max()))
        };
        Draw {
            takes: current(high, source.low()),
            gives: current(source.high(), low),
        }
    }

    /// How far the open-circuit estimates of a set lie apart, rounded up.
    pub(crate) fn spread(&self, set: PackSet) -> Millivolts {
        let (mut low, mut high) = (i32::MAX, i32::MIN);
        for (_, source) in self.members(set) {
            low = low.min(source.u());
            high = high.max(source.u());
        }
        let apart = high.saturating_sub(low).max(0);
        Millivolts::new(apart.saturating_add(999).div_euclid(1_000))
    }

    /// Open-circuit estimate of pack `index`, to the nearest millivolt.
    #[must_use]
    pub fn open_circuit(&self, index: usize) -> Millivolts {
        let estimate = self.sources.get(index).map_or(0, Source::u);
        Millivolts::new(estimate.saturating_add(500).div_euclid(1_000))
    }
}

impl<'a> Prediction<'a> {
    /// The set that was looked at.
    pub(crate) fn set(&self) -> PackSet {
        self.set
    }

    /// The bounds of the set with one more pack.
    pub(crate) fn with(&self, index: usize) -> Self {
        let mut wider = Self {
            set: self.set.with(index),
            centre: None,
            ..*self
        };
        if let Some(source) = self.source(index).filter(|_| wider.set != self.set) {
            wider.sums.take(index, source);
        }
        wider
    }

    /// Gate bound B of pack `index`: no true R inside the error band and no true U inside its error gives a larger
    /// circulating current. Zero for a single pack.
    #[must_use]
    pub fn bound(&self, index: usize) -> Milliamps {
        let bound = self
            .source(index)
            .map_or(0, |source| self.current_of(self.drive_of(index, source)));
        Milliamps::new(bound)
    }

    /// Whether the gate bound of pack `index` is at most `limit`, without the division that its value costs.
    pub(crate) fn is_bounded(&self, index: usize, limit: Milliamps) -> bool {
        let most = self.drive_at(limit);
        self.source(index)
            .is_none_or(|source| self.drive_of(index, source) <= most)
    }

    fn source(&self, index: usize) -> Option<&'a Source> {
        self.predictor.sources.get(index)
    }

    fn centre(&self) -> Centre {
        self.centre
            .unwrap_or_else(|| self.predictor.centre(self.set))
    }

    /// How far another pack of the set may lie above pack `index`. Held at the ends of 32 bits, which are far beyond
    /// [`DIFFERENCE_LIMIT_UV`].
    fn above_uv(&self, index: usize, source: &Source) -> i32 {
        let highest = self.sums.high.without(index);
        highest
            .saturating_sub(source.low())
            .saturating_add(self.predictor.dv_err_uv)
    }

    /// How far another pack of the set may lie below pack `index`.
    fn below_uv(&self, index: usize, source: &Source) -> i32 {
        let lowest = self.sums.low.without(index);
        lowest
            .saturating_add(source.high())
            .saturating_add(self.predictor.dv_err_uv)
    }

    /// The largest difference between pack `index` and any other, times the conductance of its path and `G`.
    fn drive_of(&self, index: usize, source: &Source) -> i64 {
        if self.sums.len < 2 {
            return 0;
        }
        let above = self.above_uv(index, source);
        let difference_uv = above.max(self.below_uv(index, source)).max(0);
        drive(difference_uv, source.g_max(), self.sums.g_max)
    }

    /// The largest drive of any pack of the set.
    fn largest_drive(&self) -> i64 {
        self.predictor
            .members(self.set)
            .map(|(index, source)| self.drive_of(index, source))
            .max()
            .unwrap_or(0)
    }

    /// The current of a drive in the whole set, rounded up.
    fn current_of(&self, drive: i64) -> i32 {
        self.current_of_drive(drive, self.sums.g_max)
    }

    fn current_of_drive(&self, drive: i64, g: u32) -> i32 {
        if drive == i64::MAX {
            return i32::MAX;
        }
        let one = i64::try_from(self.drive_of_one(g)).unwrap_or(i64::MAX);
        narrow(ceil_div(drive, one))
    }

    /// The drive of one milliampere where the conductances of a set sum up to `g`.
    fn drive_of_one(&self, g: u32) -> u64 {
        wide(g, self.predictor.r_nom) << SCALE_BITS
    }

    /// The largest drive whose current is at most `limit`: `ceil(drive / one) <= limit` exactly when
    /// `drive <= limit × one`.
    fn drive_at(&self, limit: Milliamps) -> i64 {
        if limit == Milliamps::MAX {
            return i64::MAX;
        }
        let one = self.drive_of_one(self.sums.g_max);
        // The end of the range stands for a current without an end.
        held_product(limit.get(), one).min(i64::MAX - 1)
    }

    /// The largest gate bound of any pack of the set.
    #[must_use]
    pub fn largest_bound(&self) -> Milliamps {
        Milliamps::new(self.current_of(self.largest_drive()))
    }

    /// Whether no pack of the set can circulate more than `limit`. Every subset of such a set is one too.
    #[must_use]
    pub fn is_admissible(&self, limit: Milliamps) -> bool {
        self.largest_drive() <= self.drive_at(limit)
    }

    /// Circulating current `c` of pack `index` with the estimates as they stand.
    #[must_use]
    pub fn circulating(&self, index: usize) -> Milliamps {
        let circulating = self.source(index).map_or(0, |source| {
            if self.sums.len < 2 {
                return 0;
            }
            let across_uv = self.centre().mean_uv.saturating_sub(source.u());
            let scaled = narrow(product(across_uv, source.g()) >> SCALE_BITS);
            near_div_32(scaled, self.predictor.r_nom)
        });
        Milliamps::new(circulating)
    }

    /// Share of the fleet current that falls to pack `index`, with the estimates as they stand.
    #[must_use]
    pub fn share_of(&self, index: usize, fleet: Milliamps) -> Milliamps {
        let share = self
            .source(index)
            .map_or(0, |source| share(source.g(), self.centre().g));
        let half = 1 << (SHARE_BITS - 1);
        let scaled = product(held(fleet), share).saturating_add(half);
        Milliamps::new(narrow(scaled >> SHARE_BITS))
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
        let (least_share, most_share) = self.shares(source, fleet);
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
        let (mut low, mut high) = (0i32, 0i32);
        if self.sums.len >= 2 {
            high = self.pushed(source, self.above_uv(index, source));
            low = self
                .pushed(source, self.below_uv(index, source))
                .saturating_neg();
        }
        let (least_share, most_share) = self.shares(source, fleet);
        CurrentRange {
            low: Milliamps::new(narrow(i64::from(low).saturating_add(least_share))),
            high: Milliamps::new(narrow(i64::from(high).saturating_add(most_share))),
        }
    }

    /// Whether all of [`Prediction::current_range`] surely lies between a discharge and a charge limit, both magnitudes,
    /// without the divisions that its ends cost. When not, the range itself has to be looked at.
    pub(crate) fn stays_within(
        &self,
        index: usize,
        fleet: Milliamps,
        discharge: Milliamps,
        charge: Milliamps,
    ) -> bool {
        let Some(source) = self.source(index).filter(|_| self.sums.len >= 2) else {
            return false;
        };
        let (least_share, most_share) = self.shares(source, fleet);
        let holds = |room: i64, difference_uv: i32| {
            let drive = drive(difference_uv.max(0), source.g_max(), self.sums.g_max);
            room >= 0 && drive <= self.drive_at(Milliamps::new(narrow(room)))
        };
        let to_charge = i64::from(charge.get()).saturating_sub(most_share);
        let to_discharge = i64::from(discharge.get()).saturating_add(least_share);
        holds(to_charge, self.above_uv(index, source))
            && holds(to_discharge, self.below_uv(index, source))
    }

    /// The largest current that a difference of at most `difference_uv` pushes into `source`; negative when even the
    /// largest difference pulls a current out of it.
    fn pushed(&self, source: &Source, difference_uv: i32) -> i32 {
        let (own, all) = if difference_uv >= 0 {
            (source.g_max(), self.sums.g_max)
        } else {
            (source.g_min(), self.sums.g_min)
        };
        self.current_of_drive(drive(difference_uv, own, all), all)
    }

    /// The smallest and the largest current that the share of a pack in the fleet current can be.
    fn shares(&self, source: &Source, fleet: Milliamps) -> (i64, i64) {
        let others_max = self.sums.g_max.saturating_sub(source.g_max());
        let others_min = self.sums.g_min.saturating_sub(source.g_min());
        let of = |own: u32, others: u32| share(own, own.saturating_add(others));
        let small = of(source.g_min(), others_max);
        let large = of(source.g_max(), others_min).saturating_add(1);
        let (at_small, at_large) = (product(held(fleet), small), product(held(fleet), large));
        let up = (1 << SHARE_BITS) - 1;
        (
            at_small.min(at_large) >> SHARE_BITS,
            at_small.max(at_large).saturating_add(up) >> SHARE_BITS,
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
        let ratio = |own: u32, all: u32| {
            all.saturating_mul(1 << RATIO_BITS)
                .checked_div(own)
                .unwrap_or(u32::MAX)
        };
        let ratio = if headroom >= Milliamps::ZERO {
            let others = self.sums.g_min.saturating_sub(source.g_min());
            ratio(source.g_max(), others.saturating_add(source.g_max()))
        } else {
            let others = self.sums.g_max.saturating_sub(source.g_max());
            ratio(source.g_min(), others.saturating_add(source.g_min())).saturating_add(1)
        };
        let scaled = product(headroom.get(), ratio);
        Milliamps::new(narrow(scaled >> RATIO_BITS))
    }
}

/// A difference times the conductance between one pack and the others of a set, times that of the set.
///
/// Beyond [`DIFFERENCE_LIMIT_UV`] it is endless; below the negative limit it stays at that limit, because nobody may take a
/// current that pulls out of a pack for larger than it is.
fn drive(difference_uv: i32, own: u32, all: u32) -> i64 {
    if difference_uv >= DIFFERENCE_LIMIT_UV {
        return i64::MAX;
    }
    let path = wide(own, all.saturating_sub(own));
    held_product(difference_uv.max(-DIFFERENCE_LIMIT_UV), path)
}

/// The share of one conductance in all, in units of `2^-16`, rounded down.
fn share(own: u32, all: u32) -> u32 {
    own.saturating_mul(1 << SHARE_BITS)
        .checked_div(all)
        .unwrap_or(0)
}

/// `value / step`, to nearest, where a processor of 32 bits divides by itself.
fn near_div_32(value: i32, step: u32) -> i32 {
    let step = i32::try_from(step).unwrap_or(i32::MAX).max(1);
    value.saturating_add(step >> 1).div_euclid(step)
}

/// `value / step`, towards plus infinity, where a processor of 32 bits divides by itself.
fn ceil_div_32(value: i32, step: u32) -> i32 {
    let step = i32::try_from(step).unwrap_or(i32::MAX).max(1);
    value.saturating_neg().div_euclid(step).saturating_neg()
}

fn held(current: Milliamps) -> i32 {
    let limit = CURRENT_LIMIT_MA.saturating_mul(32);
    current.get().clamp(limit.saturating_neg(), limit)
}
