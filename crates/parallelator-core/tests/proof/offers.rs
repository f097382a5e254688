//! New parameters for a running rack: tighter, looser, invalid, senseless.

use battery_units::{Milliamps, Millivolts, Permille};
use parallelator_core::Params;

use crate::{draw, random::Random};

/// Numbers without any sense in some of the fields.
pub fn any_params(random: &mut Random) -> Params {
    let mut params = draw::params(random);
    for field in Params::fields() {
        if random.once_in(30) {
            let (min, max) = field.range().into_inner();
            let value = random.one_of(&[min, max, min - 1, max + 1]);
            field.put(&mut params, value);
        }
    }
    params
}

/// Valid parameters with one limit tighter; `None` when that one is as tight as it can be. The errors of sensors, paths and
/// rest are no limits: a running rack refuses them, and the gate alone is tried with them.
pub fn tighter(now: &Params, random: &mut Random) -> Option<Params> {
    let mut next = *now;
    match random.below(5) {
        0 => next.i_circ_max = Milliamps::new(now.i_circ_max.get() * 9 / 10),
        1 => next.dv_max = Millivolts::new(now.dv_max.get() * 9 / 10),
        2 => next.v_ov = Millivolts::new(now.v_ov.get() - 20),
        3 => next.closes_per_hour_pack = now.closes_per_hour_pack - 1,
        _ => next.k_oc = Permille::new(now.k_oc.get() - 10),
    }
    next.check().is_ok().then_some(next)
}

/// The name of what differs.
pub fn changed(before: &Params, after: &Params) -> Option<&'static str> {
    Params::fields()
        .iter()
        .find(|field| field.get(before) != field.get(after))
        .map(|field| field.name)
}

/// Valid parameters with one thing looser, or neither tighter nor looser.
pub fn looser(now: &Params, random: &mut Random) -> Params {
    let mut next = *now;
    match random.below(5) {
        0 => next.dv_max = Millivolts::new(now.dv_max.get() + 10),
        1 => next.v_ov_abs = Millivolts::new(now.v_ov_abs.get() + 10),
        2 => next.t_settle_ms = now.t_settle_ms + 1,
        3 => next.closes_per_hour_pack = now.closes_per_hour_pack + 1,
        _ => next.k_oc = Permille::new(now.k_oc.get() + 1),
    }
    // A looser promise about the sensors would be a broken one, so those are left alone here.
    next
}

/// Parameters that are not valid as a whole.
pub fn invalid(now: &Params, random: &mut Random) -> Params {
    let mut next = *now;
    match random.below(4) {
        0 => next.v_uv = next.v_uv_abs,
        1 => next.i_circ_max = Milliamps::new(now.i_dis_max.get() + 1),
        2 => next.r_err = Permille::new(501),
        _ => next.t_settle_ms = next.tick_ms,
    }
    next
}
