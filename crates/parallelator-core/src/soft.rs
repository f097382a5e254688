//! Soft faults of connected packs (class S1): over-current, under-voltage, a frozen sensor, imbalance. How they are found;
//! what is done about them is `shedding.rs`.

use battery_units::{Milliamps, Millivolts};

use crate::{
    Core, Fault, PackSet, Params, arith::floor_div, faults::Found, pack::Pack,
    predictor::Predictor, step::Step, tightening::tripping, view::View,
};

/// How long under-voltage and imbalance must last.
const PATIENCE_MS: u32 = 1_000;

/// Equal samples in a row after which a sensor may be frozen (rule D17).
const SAMPLES_TO_FREEZE: u8 = 50;

/// Samples that must have followed the movement of the others: those of one tick are not taken at the same moment.
const SAMPLES_AFTER_MOVE: u8 = 5;

/// Memory of the soft conditions of one pack.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct SoftFaults {
    /// Time above the continuous current, weighted by the square of the current (i²t).
    overload_ms: u32,
    low_ms: u16,
    imbalance_ms: u16,
    /// It was below `v_uv` for long enough and has not been above `v_uv_rec` since.
    low: bool,
    /// Samples in a row with the same voltage and current.
    repeated: u8,
    /// Samples of them since the mean voltage of the others moved by more than `dv_err`.
    others_moved: u8,
    /// That mean when the repetition began.
    others_mv: i32,
    /// What is wrong with a pack that stays connected all the same.
    alarm: Option<Found>,
}

impl SoftFaults {
    /// What is wrong with the pack though it stays connected.
    pub(crate) fn alarm(&self) -> Option<Found> {
        self.alarm
    }

    /// Below the soft limit, or not recovered from it.
    pub(crate) fn is_low(&self) -> bool {
        self.low
    }

    /// Puts the alarm on, or takes it away.
    pub(crate) fn set_alarm(&mut self, alarm: Option<Found>) {
        self.alarm = alarm;
    }
}

fn counted(sum_ms: u16, elapsed_ms: u32, holds: bool) -> u16 {
    if holds {
        sum_ms.saturating_add(u16::try_from(elapsed_ms).unwrap_or(u16::MAX))
    } else {
        0
    }
}

/// Soft over-current: the weighted time above the limit has reached `t_oc_soft`.
fn over_current(
    pack: &mut Pack,
    params: &Params,
    (discharge, charge): (Milliamps, Milliamps),
    elapsed_ms: u32,
) -> Option<Found> {
    let current = pack.current();
    let limit = if current < Milliamps::ZERO {
        discharge
    } else {
        charge
    };
    let magnitude = i64::from(current.get()).saturating_abs();
    let allowed = i64::from(limit.get().max(params.i_leak.get()));
    let soft = &mut pack.soft;
    if magnitude <= allowed {
        soft.overload_ms = soft.overload_ms.saturating_sub(elapsed_ms);
        return None;
    }
    let weighted = floor_div(
        i64::from(elapsed_ms)
            .saturating_mul(magnitude)
            .saturating_mul(magnitude),
        allowed.saturating_mul(allowed),
    );
    let weighted_ms = u32::try_from(weighted).unwrap_or(u32::MAX);
    // No more is remembered than it takes to trip, so that the excess of a peak is not held against the pack.
    soft.overload_ms = soft
        .overload_ms
        .saturating_add(weighted_ms)
        .min(params.t_oc_soft_ms.saturating_add(1));
    (soft.overload_ms > params.t_oc_soft_ms)
        .then(|| Found::new(Fault::OverCurrentSoft, current.get(), limit.get()))
}

/// Soft under-voltage: below `v_uv` for a while, until above `v_uv_rec`; a pack that is being charged is let be.
fn under_voltage(pack: &mut Pack, params: &Params, elapsed_ms: u32) -> Option<Found> {
    let voltage = pack.voltage();
    let is_charged = pack.current() > params.i_leak;
    let soft = &mut pack.soft;
    soft.low_ms = counted(soft.low_ms, elapsed_ms, voltage <= params.v_uv);
    let became_low = u32::from(soft.low_ms) >= PATIENCE_MS;
    soft.low = became_low || (soft.low && voltage < params.v_uv_rec);
    (soft.low && !is_charged)
        .then(|| Found::new(Fault::UnderVoltage, voltage.get(), params.v_uv.get()))
}

/// A sensor that repeats itself while the other connected packs moved (rule D17).
///
/// `anew` says that other packs are connected than in the step before, which moves the mean without any of them moving.
fn frozen(
    pack: &mut Pack,
    params: &Params,
    others: Option<Millivolts>,
    anew: bool,
) -> Option<Found> {
    // A sensor that says nothing does not repeat itself: its age speaks for it.
    let others = others.filter(|_| pack.has_new_sample())?;
    let repeats = pack.repeats_itself() && !anew;
    let soft = &mut pack.soft;
    if !repeats || soft.repeated == 0 {
        soft.repeated = 0;
        soft.others_moved = 0;
        soft.others_mv = others.get();
    }
    soft.repeated = soft.repeated.saturating_add(1);
    let moved = others.get().saturating_sub(soft.others_mv).saturating_abs();
    if moved > params.dv_err.get() || soft.others_moved > 0 {
        soft.others_moved = soft.others_moved.saturating_add(1);
    }
    let frozen = soft.repeated >= SAMPLES_TO_FREEZE && soft.others_moved > SAMPLES_AFTER_MOVE;
    frozen.then(|| {
        let (value, limit) = (soft.repeated.into(), SAMPLES_TO_FREEZE.into());
        Found::new(Fault::Frozen, value, limit)
    })
}

/// Soft faults of one step.
pub(crate) struct Softness {
    /// Packs above their continuous current for too long.
    pub(crate) over: PackSet,
    /// The pack whose other soft fault is dealt with first, and how far it is out.
    pub(crate) worst: Option<(usize, Found)>,
}

/// What is dealt with first: a pack that is empty, one that is not measured, one that circulates; then the one further out.
fn rank(found: &Found) -> (u8, i32) {
    let out = found.value.saturating_abs();
    match found.fault {
        Fault::UnderVoltage => (2, out.saturating_neg()),
        Fault::Frozen => (1, 0),
        _ => (0, out),
    }
}

impl<const N: usize> Core<N> {
    /// Finds the soft faults of every connected pack.
    pub(crate) fn find_soft_faults(&mut self, step: &Step<'_, N>, view: &View<N>) -> Softness {
        let params = tripping(&self.former, &self.params, step.moment.core_ms);
        let elapsed_ms = step.moment.elapsed_ms;
        let closed = self.closed();
        let connected = view.connected;
        // What flows through a pre-charge resistor is a load, or a charger, of those that hold the bus.
        let holding = view.holding;
        let fleet = self.current_of(holding).unwrap_or(Milliamps::ZERO);
        let voltages = self.voltages_of(holding);
        let known = holding.minus(view.known).is_empty();
        let anew = self.shedding.note_connected(connected);
        let predictor = Predictor::new(params, &view.sources);
        let prediction = predictor.bounds_of(holding);
        let mut softness = Softness {
            over: PackSet::EMPTY,
            worst: None,
        };
        for index in closed.iter() {
            let limits = self.limits_within(step, index, params);
            let others = voltages.without(self.counted_voltage(index)).mean();
            let circulating = prediction.least_circulating(
                index,
                self.packs.get(index).map_or(Milliamps::ZERO, Pack::current),
                fleet,
            );
            let Some(pack) = self.packs.get_mut(index) else {
                continue;
            };
            if over_current(pack, params, limits, elapsed_ms).is_some() {
                softness.over = softness.over.with(index);
            }
            let unbalanced = known && circulating.get().saturating_abs() > params.i_circ_max.get();
            let soft = &mut pack.soft;
            // Another set has other currents: what was counted was about the former one.
            let before_ms = if anew { 0 } else { soft.imbalance_ms };
            soft.imbalance_ms = counted(before_ms, elapsed_ms, unbalanced);
            let imbalance = (u32::from(soft.imbalance_ms) >= PATIENCE_MS).then(|| {
                let limit = params.i_circ_max.get();
                Found::new(Fault::Imbalance, circulating.get(), limit)
            });
            let found = under_voltage(pack, params, elapsed_ms)
                .or(frozen(pack, params, others, anew))
                .or(imbalance);
            let worst = softness.worst.map(|(_, worst)| rank(&worst));
            if let Some(found) = found.filter(|found| Some(rank(found)) > worst) {
                softness.worst = Some((index, found));
            }
        }
        softness
    }

    /// Current and limit of pack `index`, for the event of an over-current.
    pub(crate) fn over_current_of(&self, step: &Step<'_, N>, index: usize, fault: Fault) -> Found {
        let current = self.packs.get(index).map_or(0, |pack| pack.current().get());
        let (discharge, charge) = self.pack_limits(step, index);
        let limit = if current < 0 { discharge } else { charge };
        Found::new(fault, current, limit.get())
    }
}
