//! I26: healthy packs at rest on an idle bus are joined, and stay.

use parallelator_core::*;

use crate::{
    draw,
    rack::{N, Rack},
    random::Random,
    tally::Tally,
};

/// Largest bound of a set that rises in voltage from `low` to `high`, in amperes, with room for what the sensors add.
fn cautious_bound(params: &Params, spread: f64, packs: usize) -> f64 {
    let least =
        f64::from(params.r_nom.get()) / 1_000.0 * (1.0 - f64::from(params.r_err.get()) / 1_000.0);
    let error = f64::from(params.dv_err.get()) / 1_000.0;
    (spread + 3.0 * error) / (least + least / (packs as f64 - 1.0))
}

/// Whether packs so far apart certainly fit together, and read above the soft limit whatever their sensors add.
fn fits(params: &Params, rack: &Rack, set: &[usize]) -> bool {
    let u = |index: &usize| rack.packs[*index].u;
    let floor = f64::from(params.v_uv.get() + params.dv_err.get()) / 1_000.0;
    if set.iter().map(u).any(|volts| volts <= floor) {
        return false;
    }
    let spread =
        set.iter().map(u).fold(f64::MIN, f64::max) - set.iter().map(u).fold(f64::MAX, f64::min);
    let error = f64::from(params.dv_err.get()) / 1_000.0;
    let own = |index: &usize| {
        let (discharge, charge) = rack.packs[*index]
            .own_limits
            .unwrap_or((i32::MAX, i32::MAX));
        params
            .i_dis_max
            .get()
            .min(params.i_chg_max.get())
            .min(discharge)
            .min(charge)
    };
    let smallest = f64::from(set.iter().map(own).min().unwrap_or(0)) / 1_000.0;
    let r = f64::from(params.r_nom.get()) / 1_000.0;
    let bound = cautious_bound(params, spread, set.len());
    bound <= f64::from(params.i_circ_max.get()) / 1_000.0
        && bound + 2.0 * error / r <= smallest
        && spread + 2.0 * error <= f64::from(params.dv_max.get()) / 1_000.0
}

/// Whether readings inside their errors may let packs so far apart seem to fit together.
fn may_seem_to_fit(params: &Params, rack: &Rack, set: &[usize]) -> bool {
    let u = |index: &usize| rack.packs[*index].u;
    let spread =
        set.iter().map(u).fold(f64::MIN, f64::max) - set.iter().map(u).fold(f64::MAX, f64::min);
    let error = f64::from(params.dv_err.get()) / 1_000.0;
    let bound = cautious_bound(params, spread - 3.0 * error, set.len());
    bound <= f64::from(params.i_circ_max.get()) / 1_000.0
        && spread - error <= f64::from(params.dv_max.get()) / 1_000.0
}

/// Starts one rack and waits as long as the rules promise.
pub fn start(seed: u64, tally: &mut Tally) {
    let mut random = Random::new(seed);
    let mut params = draw::params(&mut random);
    params.closes_per_hour_pack = 12;
    params.closes_per_hour_fleet = None;
    params.r_pre = battery_units::Milliohms::new(0);
    params.i_load_expect = battery_units::Milliamps::ZERO;
    let packs = draw::count(&mut random);
    let mut rack = draw::rack(&mut random, &params, packs);
    let mut order: Vec<usize> = (0..packs).collect();
    order.sort_by(|a, b| rack.packs[*a].u.total_cmp(&rack.packs[*b].u));
    let capacity = |set: &[usize]| {
        set.iter()
            .map(|index| u64::from(rack.packs[*index].capacity))
            .sum::<u64>()
    };
    let alone = order
        .iter()
        .map(|index| capacity(&[*index]))
        .max()
        .unwrap_or(0);
    let together = (0..packs)
        .flat_map(|low| (low + 2..=packs).map(move |high| (low, high)))
        .filter(|(low, high)| fits(&params, &rack, &order[*low..*high]))
        .map(|(low, high)| capacity(&order[low..high]))
        .max()
        .unwrap_or(0);
    let all = packs > 1 && fits(&params, &rack, &order);
    // A set on the edge is the largest one at one reading and none at the next.
    let on_the_edge = (0..packs)
        .flat_map(|low| (low + 2..=packs).map(move |high| (low, high)))
        .map(|(low, high)| &order[low..high])
        .filter(|set| may_seem_to_fit(&params, &rack, set) && !fits(&params, &rack, set))
        .map(capacity)
        .max()
        .unwrap_or(0);
    if together <= alone.max(on_the_edge) {
        return;
    }
    let mut inputs = Inputs::<N>::default();
    inputs.bus.mode_hint = ModeHint::Idle;
    inputs.bus.load_controllable = true;
    let mut core = Core::<N>::new(packs, params).unwrap();
    let tick = u64::from(params.tick_ms);
    // Boot takes five samples and a read-back; then what the rules allow.
    let promised =
        u64::from(params.t_form_ms) + packs as u64 * u64::from(params.t_settle_ms) + 8 * tick;
    let mut decision = Decision::default();
    for step in 0..=promised.div_ceil(tick) {
        rack.measure(tick as f64 / 1_000.0, &mut random, &mut inputs);
        decision = core.step(step * tick, &inputs);
        rack.follow(&decision, true);
        tally.steps += 1;
    }
    let closed = decision
        .packs
        .iter()
        .filter(|pack| pack.command == SwitchCommand::Closed)
        .count();
    let reasons = || {
        decision
            .packs
            .iter()
            .take(packs)
            .map(|pack| pack.reason.code())
            .collect::<Vec<_>>()
    };
    tally.stories += 1;
    let needed = if all { packs } else { 2 };
    tally.case(26, closed >= needed, || {
        format!(
            "PROOF_SEED=start:{seed} {closed} of {packs} closed, {needed} expected (t_rest {} ms): {:?}",
            params.t_rest_ms,
            reasons()
        )
    });
}
