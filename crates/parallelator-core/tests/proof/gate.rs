//! The gate by itself: I2 against the formula of the rules in floating point, I3, I4 and I28.

use battery_units::{Milliamps, Millivolts, Permille};
use parallelator_core::{
    PackSet, Params,
    predictor::{Predictor, Source},
};

use crate::{draw, random::Random, tally::Tally};

/// What is measured of one pack.
#[derive(Debug, Clone, Copy)]
struct Reading {
    /// Millivolts and milliamps.
    volts: i32,
    amps: i32,
    /// Open since so many milliseconds, if it is.
    open_ms: Option<u64>,
}

fn source(params: &Params, reading: &Reading) -> Source {
    let (volts, amps) = (Millivolts::new(reading.volts), Milliamps::new(reading.amps));
    match reading.open_ms {
        None => Source::connected(params, volts, amps),
        Some(since_ms) => Source::open(params, volts, amps, since_ms),
    }
}

/// The gate bound of every pack of a set in milliamps, as the rules define it.
fn bounds(params: &Params, readings: &[Reading], set: PackSet) -> Vec<(usize, f64)> {
    let r = f64::from(params.r_nom.get()) / 1_000.0;
    let r_err = f64::from(params.r_err.get()) / 1_000.0;
    let least = r * (1.0 - r_err);
    let known: Vec<(usize, f64, f64)> = set
        .iter()
        .map(|index| {
            let Reading {
                volts,
                amps,
                open_ms,
            } = readings[index];
            let (volts, amps) = (f64::from(volts), f64::from(amps));
            match open_ms {
                None => (index, volts - amps * r, r_err * r * amps.abs()),
                Some(since_ms) if params.t_rest_ms > 0 => {
                    let rest = (-(since_ms as f64) / f64::from(params.t_rest_ms)).exp();
                    (index, volts, 0.5 * r * amps.abs() * rest)
                }
                Some(_) => (index, volts, 0.0),
            }
        })
        .collect();
    let others = (known.len() as f64 - 1.0) / least;
    known
        .iter()
        .map(|&(index, u, e)| {
            let worst = known
                .iter()
                .filter(|(other, ..)| *other != index)
                .map(|(_, other, error)| (u - other).abs() + e + error)
                .fold(f64::MIN, f64::max);
            let bound = if known.len() < 2 {
                0.0
            } else {
                (worst + f64::from(params.dv_err.get())) / (least + 1.0 / others)
            };
            (index, bound)
        })
        .collect()
}

/// Draws `samples` sets of packs and judges the gate about each.
pub fn sample(samples: u64, seed: u64, tally: &mut Tally) {
    let mut random = Random::new(seed);
    let mut own = Tally::default();
    for _ in 0..samples {
        judge(&mut random, &mut own);
    }
    for words in &mut own.broken {
        *words = format!("gate of seed {seed}: {words}");
    }
    tally.add(own);
}

fn judge(random: &mut Random, tally: &mut Tally) {
    let params = draw::params(random);
    let packs = draw::count(random);
    let spread = random.one_of(&[30, 200, 1_000]);
    let readings: Vec<Reading> = (0..packs)
        .map(|_| Reading {
            volts: 27_000 + random.whole(0, spread) as i32,
            amps: random.one_of(&[0, 0, 1]) * random.whole(-9_000, 9_000) as i32,
            open_ms: random.once_in(2).then(|| random.below(2_000_000)),
        })
        .collect();
    let sources: Vec<Source> = readings.iter().map(|one| source(&params, one)).collect();
    let set: PackSet = (0..packs).collect();
    let limit = params.i_circ_max;
    let predictor = Predictor::new(&params, &sources);
    let whole = predictor.of(set);
    let admitted = whole.is_admissible(limit);

    let limit_ma = f64::from(limit.get());
    let mut largest = 0.0f64;
    for (index, exact) in bounds(&params, &readings, set) {
        let bound = f64::from(whole.bound(index).get());
        largest = largest.max(exact);
        // Never below the exact one; above it by rounding, and by the chord of the decaying error.
        tally.case(2, bound >= exact - 0.001, || {
            format!("bound {bound} below {exact}: {readings:?}")
        });
        let rough = 3.0 + exact * 0.08;
        tally.case(2, bound <= exact + rough, || {
            format!("bound {bound} far above {exact}: {readings:?}")
        });
    }
    tally.case(2, !admitted || largest <= limit_ma, || {
        format!("admitted at {largest}: {readings:?}")
    });

    let around = random.whole(26_000, 29_000) as i32;
    let mirrored: Vec<Source> = readings
        .iter()
        .map(|one| Reading {
            volts: 2 * around - one.volts,
            amps: -one.amps,
            ..*one
        })
        .map(|one| source(&params, &one))
        .collect();
    let mirror = Predictor::new(&params, &mirrored).of(set);
    let alike = (0..packs).all(|index| mirror.bound(index) == whole.bound(index));
    tally.case(3, alike && mirror.is_admissible(limit) == admitted, || {
        format!("mirrored at {around}: {readings:?}")
    });

    if admitted {
        let subset = PackSet::from_bits(set.bits() & random.any() as u32);
        tally.case(4, predictor.of(subset).is_admissible(limit), || {
            format!("{subset:?} of {set:?}: {readings:?}")
        });
        return;
    }
    let mut tight = params;
    match random.below(4) {
        0 => tight.i_circ_max = Milliamps::new(limit.get() - random.whole(0, 500) as i32),
        1 => tight.r_err = Permille::new((params.r_err.get() + random.below(100) as u16).min(500)),
        2 => {
            tight.dv_err =
                Millivolts::new((params.dv_err.get() + random.below(50) as i32).min(200));
        }
        _ => tight.t_rest_ms = params.t_rest_ms + random.below(100_000) as u32,
    }
    let sources: Vec<Source> = readings.iter().map(|one| source(&tight, one)).collect();
    let admits = Predictor::new(&tight, &sources)
        .of(set)
        .is_admissible(tight.i_circ_max);
    tally.case(28, !admits, || {
        format!("admitted under {tight:?}: {readings:?}")
    });
}
