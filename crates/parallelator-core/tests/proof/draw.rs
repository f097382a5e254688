//! Random parameters and random racks.

use battery_units::{Milliamps, Milliohms, Millivolts, Percent, Permille};
use parallelator_core::*;

use crate::{
    rack::{Rack, TruePack},
    random::Random,
};

/// Valid parameters; a part of them the defaults.
pub fn params(random: &mut Random) -> Params {
    if random.once_in(3) {
        return Params::default();
    }
    let d = Params::default();
    let r_nom = random.whole(15, 150);
    // Less than 4.4 V of rebound fit below the recovery voltage.
    let i_most = (2_500_000 / r_nom).min(60_000);
    let i_dis = random.whole(1_500, i_most);
    let i_chg = random.whole(1_500, i_most);
    let rebound = (i_dis * r_nom * 16 + 9_999) / 10_000;
    let tick = random.one_of(&[50, 100, 100, 200]);
    let age_soft = tick * random.whole(2, 6);
    let backoff0 = random.whole(1_000, 12_000);
    let ma = |value: i64| Milliamps::new(value as i32);
    let mut params = Params {
        tick_ms: tick as u32,
        v_uv_rec: Millivolts::new((24_000 + rebound + random.whole(0, 300)).min(28_900) as i32),
        i_dis_max: ma(i_dis),
        i_chg_max: ma(i_chg),
        k_oc: Permille::new(random.whole(1_050, 3_000) as u16),
        t_oc_soft_ms: random.whole(0, 4_000) as u32,
        i_circ_max: ma(random.whole(i_dis.min(i_chg) / 4, i_dis.min(i_chg))),
        dv_max: Millivolts::new(random.whole(100, 3_000) as i32),
        r_nom: Milliohms::new(r_nom as u32),
        r_err: Permille::new(random.whole(50, 500) as u16),
        r_pre: Milliohms::new(random.one_of(&[0, 0, 0, 1_000, 5_000, 20_000])),
        dv_err: Millivolts::new(random.whole(5, 60) as i32),
        t_rest_ms: random.one_of(&[0, 1_000, 30_000, 300_000, 900_000]),
        t_settle_ms: (tick * random.whole(2, 10)) as u32,
        t_form_ms: random.whole(0, 8_000) as u32,
        t_backoff0_ms: backoff0 as u32,
        t_backoff_max_ms: random.whole(backoff0, 60_000) as u32,
        n_lock: random.whole(1, 6) as u8,
        t_decay_ms: random.whole(10_000, 3_600_000) as u32,
        closes_per_hour_pack: random.one_of(&[2, 4, 12, 12, 600]),
        closes_per_hour_fleet: random.one_of(&[None, None, Some(5), Some(40)]),
        i_break_max: ma(random.one_of(&[1_500, 6_000, 20_000, 200_000])),
        t_shed_ms: random.whole(0, 5_000) as u32,
        age_soft_ms: age_soft as u32,
        age_hard_ms: (age_soft + random.whole(1, 1_500)) as u32,
        k_reject: random.whole(1, 6) as u8,
        dv_jump: Percent::new(random.whole(5, 60) as u8),
        last_pack_policy: random.one_of(&[LastPackPolicy::Safety, LastPackPolicy::RideThrough]),
        anchor: random.one_of(&[Anchor::ByMode, Anchor::LargestSet]),
        i_load_expect: ma(random.one_of(&[0, 0, 1_000, i_dis * 2])),
        ..d
    };
    if params.t_settle_ms >= 2_000 {
        params.r_pre = Milliohms::new(0);
    }
    params
}

/// How many packs a rack has: mostly few, sometimes all that fit.
pub fn count(random: &mut Random) -> usize {
    let most = random.one_of(&[3, 3, 6, 6, 6, 12, 32]);
    1 + random.index(most)
}

/// A rack whose sensors and resistances keep to what the parameters promise.
pub fn rack(random: &mut Random, params: &Params, packs: usize) -> Rack {
    let r_nom = f64::from(params.r_nom.get()) / 1_000.0;
    let r_err = f64::from(params.r_err.get()) / 1_000.0;
    // What the gate would just let pass, so that many racks lie on its edge.
    let edge = f64::from(params.i_circ_max.get()) / 1_000.0 * r_nom * (1.0 - r_err) * 2.0;
    let spread = edge * random.one_of(&[0.1, 0.4, 0.8, 1.0, 1.2, 3.0]);
    // Some racks are nearly empty: a load takes them below the soft limit.
    let low = random.once_in(6);
    let middle = if low {
        random.between(24.05, 24.4)
    } else {
        random.between(25.0 + spread.min(1.0), 28.9 - spread.min(1.0))
    };
    let draw = |random: &mut Random| {
        let u = match random.below(4) {
            0 => middle - spread / 2.0,
            1 => middle + spread / 2.0,
            _ => middle + random.between(-spread / 2.0, spread / 2.0),
        };
        let r = match random.below(4) {
            0 => r_nom * (1.0 - r_err),
            1 => r_nom * (1.0 + r_err),
            _ => r_nom * random.between(1.0 - r_err, 1.0 + r_err),
        };
        let mut pack = TruePack::new(u.clamp(if low { 24.02 } else { 24.6 }, 29.3), r);
        pack.slope = random.one_of(&[0.0, 0.00001, 0.00005]);
        pack.capacity = random.whole(5_000, 40_000) as u32;
        pack.i_err = random.one_of(&[0.0, 0.002]);
        // Rounding to millivolts and milliamps, and what moves between two samples, count against the promise too.
        let budget = f64::from(params.dv_err.get()) / 2_000.0;
        let used = 0.0007 + r * (pack.i_err + 0.0006);
        pack.v_err = (budget - used).max(0.0) * random.one_of(&[0.0, 0.5, 1.0]);
        if random.once_in(6) {
            let least = params.i_circ_max.get();
            pack.own_limits = Some((
                random.whole(least.into(), 2 * i64::from(params.i_dis_max.get())) as i32,
                random.whole(least.into(), 2 * i64::from(params.i_chg_max.get())) as i32,
            ));
        }
        if random.once_in(4) {
            pack.temperature = Some(250);
        }
        pack
    };
    Rack {
        packs: (0..packs).map(|_| draw(random)).collect(),
        r_pre: f64::from(params.r_pre.get()) / 1_000.0,
        net: 0.0,
        bus_measured: random.once_in(2),
        bus_current_measured: random.once_in(2),
        foreign: 0.0,
    }
}
