//! What is known about one pack electrically: its open-circuit voltage, its path resistance, and how wrong both may be.
//!
//! Voltages in microvolts, paths in thousandths of `r_nom`; every rounding goes to the cautious side.

use battery_units::{Milliamps, Millivolts};

use crate::{
    Params,
    arith::{ceil_div, narrow, product},
};

/// Conductances are told in units of `1 / (r_nom × 2^14)`: sixteen bits for every path of a usable rack, so that products of
/// two of them with a voltage stay inside 64 bits and most quotients inside 32.
pub(crate) const SCALE_BITS: u32 = 14;

/// The largest current the predictor works with: far above every trip, small enough that nothing overflows.
pub(crate) const CURRENT_LIMIT_MA: i32 = 2_000_000;

/// What the predictor knows about one pack: its open-circuit estimate and the interval in which the true one lies,
/// without the measurement error that every pair has; and the conductance of its path.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Source {
    u_uv: i32,
    low_uv: i32,
    high_uv: i32,
    conductance: Conductance,
}

/// The conductance of a path with the ends of its band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) struct Conductance {
    pub(crate) typical: u32,
    pub(crate) min: u32,
    pub(crate) max: u32,
}

impl Default for Conductance {
    /// That of `r_nom` without an error: for places that hold no pack.
    fn default() -> Self {
        let one = 1 << SCALE_BITS;
        Self {
            typical: one,
            min: one,
            max: one,
        }
    }
}

/// The resistance of a path with the ends of its band, in thousandths of `r_nom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) typical: u32,
    pub(crate) min: u32,
    pub(crate) max: u32,
}

impl Path {
    /// The path of every pack until its resistance is learned.
    pub(crate) fn nominal(params: &Params) -> Self {
        let error = u32::from(params.r_err.get());
        Self {
            typical: 1_000,
            min: 1_000u32.saturating_sub(error),
            max: 1_000u32.saturating_add(error),
        }
    }

    /// The same path with a resistor of so many thousandths of `r_nom` in front of it.
    fn behind(self, resistor: u32) -> Self {
        Self {
            typical: self.typical.saturating_add(resistor),
            min: self.min.saturating_add(resistor),
            max: self.max.saturating_add(resistor),
        }
    }

    fn conductance(self) -> Conductance {
        const NOMINAL: u32 = 1_000 << SCALE_BITS;
        let per = |resistance: u32| NOMINAL.checked_div(resistance).unwrap_or(NOMINAL);
        Conductance {
            typical: per(self.typical).max(1),
            min: per(self.max),
            // One more than the quotient is never below it.
            max: per(self.min).saturating_add(1),
        }
    }
}

/// `current × resistance` in microvolts; the resistance in thousandths of `r_nom`. Rounded down, or up with `rest` 999.
fn drop_uv(current: i32, resistance: u32, r_nom: u32, rest: i32) -> i64 {
    // Whole milliohms give microvolts without a division; what is left of them stays inside 32 bits.
    let microohms = resistance.saturating_mul(r_nom);
    let (whole, part) = (microohms.div_euclid(1_000), microohms.rem_euclid(1_000));
    let part = i32::try_from(part).unwrap_or(0);
    let part_uv = current
        .saturating_mul(part)
        .saturating_add(rest)
        .div_euclid(1_000);
    product(current, whole).saturating_add(part_uv.into())
}

/// For [`drop_uv`].
const DOWN: i32 = 0;
const UP: i32 = 999;

impl Source {
    fn new(path: Path, u_uv: i64, below_uv: i64, above_uv: i64) -> Self {
        Self {
            u_uv: narrow(u_uv),
            low_uv: narrow(u_uv.saturating_sub(below_uv)),
            high_uv: narrow(u_uv.saturating_add(above_uv)),
            conductance: path.conductance(),
        }
    }

    /// A pack with this open-circuit estimate in microvolts and no error: to look back at an earlier prediction.
    pub(crate) fn remembered(path: Path, u_uv: i32) -> Self {
        Self::new(path, u_uv.into(), 0, 0)
    }

    /// The open-circuit estimate in microvolts, for [`Source::remembered`].
    pub(crate) fn estimate_uv(&self) -> i32 {
        self.u_uv
    }

    /// A pack of nominal path whose switch conducts: `U = V − I R`, and a wrong R puts an error on it.
    #[must_use]
    pub fn connected(params: &Params, voltage: Millivolts, current: Milliamps) -> Self {
        Self::connected_by(Path::nominal(params), params, voltage, current)
    }

    /// The same with a path that was learned: every R of its band gives a U, and the true one is among them.
    pub(crate) fn connected_by(
        path: Path,
        params: &Params,
        voltage: Millivolts,
        current: Milliamps,
    ) -> Self {
        let current = current.get().clamp(-CURRENT_LIMIT_MA, CURRENT_LIMIT_MA);
        let r_nom = params.r_nom.get();
        let voltage_uv = product(voltage.get(), 1_000);
        let (small, large) = if current < 0 {
            (path.max, path.min)
        } else {
            (path.min, path.max)
        };
        let drop = drop_uv(current, path.typical, r_nom, DOWN);
        let above = drop.saturating_sub(drop_uv(current, small, r_nom, DOWN));
        let below = drop_uv(current, large, r_nom, UP).saturating_sub(drop);
        Self::new(path, voltage_uv.saturating_sub(drop), below, above)
    }

    /// A pack of nominal path whose switch is open: `U = V`; for a while after it carried a current, the cells still
    /// relax, which counts as an error of half the ohmic drop, decaying with `t_rest`.
    #[must_use]
    pub fn open(
        params: &Params,
        voltage: Millivolts,
        opened_with: Milliamps,
        since_ms: u64,
    ) -> Self {
        Self::open_by(
            Path::nominal(params),
            params,
            voltage,
            opened_with,
            since_ms,
        )
    }

    /// The same with a path that was learned.
    pub(crate) fn open_by(
        path: Path,
        params: &Params,
        voltage: Millivolts,
        opened_with: Milliamps,
        since_ms: u64,
    ) -> Self {
        let u_uv = product(voltage.get(), 1_000);
        let current = opened_with.get().saturating_abs().min(CURRENT_LIMIT_MA);
        let drop = drop_uv(current, path.typical, params.r_nom.get(), UP);
        let half_drop_uv = drop.saturating_add(1) >> 1;
        let error = decayed(half_drop_uv, since_ms, params.t_rest_ms.into());
        Self::new(path, u_uv, error, error)
    }

    /// The same, narrowed by what was known before the pack joined: the true value lies in both intervals.
    ///
    /// Intervals further apart than measuring explains mean that one of them is wrong; then the older knowledge is
    /// dropped.
    #[must_use]
    pub(crate) fn narrowed_by(self, rest: &Rest, params: &Params) -> Self {
        let Some((low, high)) = rest.interval() else {
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

    /// The same pack, of this path, behind a known resistor.
    pub(crate) fn behind(self, path: Path, params: &Params) -> Self {
        let r_nom = params.r_nom.get().max(1);
        let resistor = params.r_pre.get().saturating_mul(1_000);
        let path = path.behind(resistor.checked_div(r_nom).unwrap_or(u32::MAX));
        Self {
            conductance: path.conductance(),
            ..self
        }
    }

    /// Error of the open-circuit estimate, a magnitude, rounded up.
    #[must_use]
    pub fn error(&self) -> Millivolts {
        let up = i64::from(self.high_uv).saturating_sub(self.u_uv.into());
        let down = i64::from(self.u_uv).saturating_sub(self.low_uv.into());
        Millivolts::new(narrow(ceil_div(up.max(down), 1_000)))
    }

    pub(crate) fn u(&self) -> i32 {
        self.u_uv
    }

    pub(crate) fn low(&self) -> i32 {
        self.low_uv
    }

    pub(crate) fn high(&self) -> i32 {
        self.high_uv
    }

    pub(crate) fn g(&self) -> u32 {
        self.conductance.typical
    }

    pub(crate) fn g_min(&self) -> u32 {
        self.conductance.min
    }

    pub(crate) fn g_max(&self) -> u32 {
        self.conductance.max
    }
}

/// The fast relaxation of a cell is not taken to be slower than this, whatever `t_rest` says.
const FASTEST_RELAXATION_MS: u32 = 30_000;

/// Nothing is remembered for longer than this.
const LONGEST_MEMORY_MS: u32 = 300_000;

/// What is remembered of a pack from the moment it joined: its open-circuit interval then, widened by the charge that has
/// flowed either way since.
///
/// A charging current can only raise the open-circuit voltage and a discharging one only lower it, by no more than
/// `R · Q / (t_rest / 10)`: `t_rest` is the slow relaxation of a cell and a tenth of it the fast one, whose pair of R and C
/// has the steepest slope. So the currents that the joins themselves cause do not widen the spread of the set.
///
/// A pair of R and C that is faster than with the default is full sooner, and never beyond `R · I` of the largest current:
/// what goes beyond the drift of the default ends there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rest {
    low_uv: i32,
    high_uv: i32,
    /// What the fast pairs add to the drift of the default, by discharging and by charging.
    fast_below_uv: i32,
    fast_above_uv: i32,
    since_ms: u32,
}

/// The fast relaxation where `t_rest` makes it faster than with the default. Zero says that nothing relaxes: what is left is
/// the slope of the open-circuit voltage, for which the drift of the default is meant in any case.
fn faster_relaxation_ms(params: &Params) -> Option<u32> {
    const SLOW_MS: u32 = FASTEST_RELAXATION_MS * 10;
    match params.t_rest_ms {
        0 | SLOW_MS.. => None,
        slow_ms => Some(slow_ms.div_euclid(10).max(1)),
    }
}

impl Rest {
    pub(crate) fn of(source: &Source) -> Self {
        Self {
            low_uv: source.low_uv,
            high_uv: source.high_uv,
            fast_below_uv: 0,
            fast_above_uv: 0,
            since_ms: 0,
        }
    }

    /// Widens by the charge of a step; the promise of the parameters counts for R, not what was learned since.
    pub(crate) fn count(&mut self, current: Milliamps, elapsed_ms: u32, params: &Params) {
        let charge = product(current.get(), elapsed_ms);
        let (r_max, r_nom) = (Path::nominal(params).max, params.r_nom.get());
        let nanovolts_ms = charge
            .saturating_abs()
            .saturating_mul(r_max.saturating_mul(r_nom).into());
        let drift_by = |relaxation_ms: u32| {
            let relaxation_us = i64::from(relaxation_ms).saturating_mul(1_000);
            narrow(ceil_div(nanovolts_ms, relaxation_us))
        };
        let drift = drift_by(FASTEST_RELAXATION_MS);
        let fast = if charge >= 0 {
            self.high_uv = self.high_uv.saturating_add(drift);
            &mut self.fast_above_uv
        } else {
            self.low_uv = self.low_uv.saturating_sub(drift);
            &mut self.fast_below_uv
        };
        if let Some(fast_ms) = faster_relaxation_ms(params) {
            let current = current.get().saturating_abs().min(CURRENT_LIMIT_MA);
            let full = narrow(drop_uv(current, r_max, r_nom, UP));
            let grown = fast.saturating_add(drift_by(fast_ms).saturating_sub(drift));
            *fast = grown.min(full).max(*fast);
        }
        self.since_ms = self.since_ms.saturating_add(elapsed_ms);
    }

    /// Where the open-circuit voltage lies now, as long as anything is remembered.
    fn interval(&self) -> Option<(i32, i32)> {
        let low_uv = self.low_uv.saturating_sub(self.fast_below_uv);
        let high_uv = self.high_uv.saturating_add(self.fast_above_uv);
        (self.since_ms <= LONGEST_MEMORY_MS).then_some((low_uv, high_uv))
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
