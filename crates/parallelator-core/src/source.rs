//! What is known about one pack electrically: its open-circuit voltage, its path resistance, and how wrong both may be.
//!
//! Microvolts, microohms and microsiemens throughout; every rounding goes to the cautious side.

use battery_units::{Milliamps, Milliohms, Millivolts};

use crate::{
    Params,
    arith::{ceil_div, floor_div, narrow, near_div},
};

/// Microsiemens times microohms.
pub(crate) const RECIPROCAL: i64 = 1_000_000_000_000;

/// The largest current the predictor works with: far above every trip, small enough that nothing overflows.
pub(crate) const CURRENT_LIMIT_MA: i64 = 2_000_000;

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
pub(crate) struct Path {
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
        let r = i64::from(r_uohm);
        let err = i64::from(r_err_permille);
        Self::between(
            r,
            floor_div(r.saturating_mul(1_000i64.saturating_sub(err)), 1_000),
            ceil_div(r.saturating_mul(1_000i64.saturating_add(err)), 1_000),
        )
    }

    /// A path of about `r` that is not below `r_min` and not above `r_max`, in microohms.
    pub(crate) fn between(r: i64, r_min: i64, r_max: i64) -> Self {
        let (r, r_min, r_max) = (r.max(1), r_min.max(1), r_max.max(1));
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
    pub(crate) fn remembered(path: Path, u_uv: i32) -> Self {
        Self::new(path, u_uv.into(), 0)
    }

    /// The open-circuit estimate in microvolts, for [`Source::remembered`].
    pub(crate) fn estimate_uv(&self) -> i32 {
        self.u_uv
    }

    /// The path of every pack until its resistance is learned.
    fn nominal_path(params: &Params) -> Path {
        Path::new(params.r_nom.get().saturating_mul(1_000), params.r_err.get())
    }

    /// A pack of nominal path whose switch conducts: `U = V − I R`, and a wrong R puts an error on it.
    #[must_use]
    pub fn connected(params: &Params, voltage: Millivolts, current: Milliamps) -> Self {
        Self::connected_by(Self::nominal_path(params), voltage, current)
    }

    /// The same with a path that was learned: every R of its band gives a U, and the true one is among them.
    pub(crate) fn connected_by(path: Path, voltage: Millivolts, current: Milliamps) -> Self {
        let current = i64::from(current.get()).clamp(-CURRENT_LIMIT_MA, CURRENT_LIMIT_MA);
        let voltage_uv = i64::from(voltage.get()).saturating_mul(1_000);
        let behind = |r: u32| {
            let drop_nv = current.saturating_mul(r.into());
            (
                voltage_uv.saturating_sub(ceil_div(drop_nv, 1_000)),
                voltage_uv.saturating_sub(floor_div(drop_nv, 1_000)),
            )
        };
        let (least, most) = (behind(path.r_min), behind(path.r_max));
        let drop_nv = current.saturating_mul(path.r.into());
        Self {
            u_uv: narrow(voltage_uv.saturating_sub(near_div(drop_nv, 1_000))),
            low_uv: narrow(least.0.min(most.0)),
            high_uv: narrow(least.1.max(most.1)),
            path,
        }
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
            Self::nominal_path(params),
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
        let u_uv = i64::from(voltage.get()).saturating_mul(1_000);
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
        let Some((low, high)) = rest.interval(params) else {
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

    /// The same pack behind a known resistor.
    pub(crate) fn behind(self, resistor: Milliohms) -> Self {
        let more = i64::from(resistor.get()).saturating_mul(1_000);
        let with = |r: u32| i64::from(r).saturating_add(more);
        let path = Path::between(
            with(self.path.r),
            with(self.path.r_min),
            with(self.path.r_max),
        );
        Self { path, ..self }
    }

    /// Error of the open-circuit estimate, a magnitude, rounded up.
    #[must_use]
    pub fn error(&self) -> Millivolts {
        let up = self.high().saturating_sub(self.u());
        let down = self.u().saturating_sub(self.low());
        Millivolts::new(narrow(ceil_div(up.max(down), 1_000)))
    }

    pub(crate) fn u(&self) -> i64 {
        self.u_uv.into()
    }

    pub(crate) fn low(&self) -> i64 {
        self.low_uv.into()
    }

    pub(crate) fn high(&self) -> i64 {
        self.high_uv.into()
    }

    pub(crate) fn r(&self) -> i64 {
        self.path.r.into()
    }

    pub(crate) fn r_min(&self) -> i64 {
        self.path.r_min.into()
    }

    pub(crate) fn r_max(&self) -> i64 {
        self.path.r_max.into()
    }

    pub(crate) fn g(&self) -> i64 {
        self.path.g.into()
    }

    pub(crate) fn g_min(&self) -> i64 {
        self.path.g_min.into()
    }

    pub(crate) fn g_max(&self) -> i64 {
        self.path.g_max.into()
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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rest {
    low_uv: i32,
    high_uv: i32,
    since_ms: u32,
}

/// `t_rest` for the fast relaxation.
fn fast_relaxation_ms(params: &Params) -> i64 {
    params
        .t_rest_ms
        .div_euclid(10)
        .min(FASTEST_RELAXATION_MS)
        .into()
}

impl Rest {
    pub(crate) fn of(source: &Source) -> Self {
        Self {
            low_uv: source.low_uv,
            high_uv: source.high_uv,
            since_ms: 0,
        }
    }

    /// Widens by the charge of a step; the promise of the parameters counts for R, not what was learned since.
    pub(crate) fn count(&mut self, current: Milliamps, elapsed_ms: u64, params: &Params) {
        let charge =
            i64::from(current.get()).saturating_mul(i64::try_from(elapsed_ms).unwrap_or(i64::MAX));
        let r_max = i64::from(Source::nominal_path(params).r_max);
        let fast_us = fast_relaxation_ms(params).saturating_mul(1_000);
        let drift = narrow(ceil_div(
            charge.saturating_abs().saturating_mul(r_max),
            fast_us,
        ));
        if charge >= 0 {
            self.high_uv = self.high_uv.saturating_add(drift);
        } else {
            self.low_uv = self.low_uv.saturating_sub(drift);
        }
        let elapsed_ms = u32::try_from(elapsed_ms).unwrap_or(u32::MAX);
        self.since_ms = self.since_ms.saturating_add(elapsed_ms);
    }

    /// Where the open-circuit voltage lies now; nothing is known after `t_rest`.
    fn interval(&self, params: &Params) -> Option<(i32, i32)> {
        let known = self.since_ms <= params.t_rest_ms.min(LONGEST_MEMORY_MS)
            && fast_relaxation_ms(params) > 0;
        known.then_some((self.low_uv, self.high_uv))
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
