//! Numbers that no rack gives, and parameters that sometimes do not agree.

use battery_units::{DeciCelsius, MilliampHours, Milliamps, Millivolts, Permille};
use parallelator_core::{
    Chemistry, ConfigError, Gauge, Inputs, PackSet, Params, Problem, Quality, Sample,
    SwitchFeedback,
};

use crate::Random;

/// Numbers that no rack gives.
pub fn distort<const N: usize>(random: &mut Random, inputs: &mut Inputs<N>) {
    for pack in &mut inputs.packs {
        if random.once_in(3) {
            pack.voltage = odd_sample(random, Millivolts::new);
        }
        if random.once_in(3) {
            pack.current = odd_sample(random, Milliamps::new);
        }
        if random.once_in(4) {
            pack.temperature = random
                .once_in(2)
                .then(|| odd_sample(random, DeciCelsius::new));
        }
        if random.once_in(4) {
            pack.gauge = Gauge {
                capacity: Some(MilliampHours::new(random.odd().cast_unsigned())),
                soc: Some(Permille::new(random.bits() as u16)),
                soh: None,
                i_dis_max: Some(Milliamps::new(random.odd())),
                i_chg_max: Some(Milliamps::new(random.odd())),
                alarm_bits: random.bits() as u32,
            };
        }
        if random.once_in(8) {
            pack.switch_feedback = Some(SwitchFeedback::Closed);
        }
    }
    if random.once_in(4) {
        inputs.bus.voltage = Some(Millivolts::new(random.odd()));
        inputs.bus.current = Some(Milliamps::new(random.odd()));
    }
    if random.once_in(30) {
        inputs.io.alerts = PackSet::from_bits(random.bits() as u32);
    }
    if random.once_in(30) {
        let mut params = Params::default();
        for field in Params::fields() {
            // Outside of the range nothing changes.
            let (min, max) = field.range().into_inner();
            let _ = field.set(&mut params, random.whole(min, max));
        }
        params.v_ov = Millivolts::new(random.odd());
        inputs.new_params = Some(params);
    }
}

fn odd_sample<T>(random: &mut Random, new: fn(i32) -> T) -> Sample<T> {
    Sample {
        value: new(random.odd()),
        age_ms: match random.below(4) {
            0 => u32::MAX,
            1 => random.bits() as u32,
            _ => random.below(400) as u32,
        },
        quality: match random.below(4) {
            0 => Quality::Missing,
            1 => Quality::OverRange,
            _ => Quality::Good,
        },
    }
}

/// Parameters near the defaults; some of them agree with each other and some do not.
pub fn drawn_params(random: &mut Random) -> Params {
    let chemistries = [
        Chemistry::Nmc,
        Chemistry::Nmc,
        Chemistry::Nmc,
        Chemistry::Lfp,
    ];
    let mut params = Params::for_chemistry(chemistries[random.below(4) as usize]);
    params.t_backoff0_ms = 1_000;
    params.closes_per_hour_pack = 120;
    params.closes_per_hour_fleet = Some(600);
    params.n_lock = 12;
    let fields = Params::fields();
    for _ in 0..random.below(4) {
        let field = &fields[random.below(fields.len() as u64) as usize];
        let value = field.get(&params);
        let near = value + value * random.whole(-10, 10) / 100;
        // Outside of the range nothing changes.
        let _ = field.set(&mut params, near);
    }
    params
}

/// Why parameters could not be read.
pub fn refusal(random: &mut Random) -> ConfigError {
    let found = random.bits() as u8;
    match random.below(6) {
        0 => ConfigError::Length {
            found: found.into(),
            needed: 200,
        },
        1 => ConfigError::NotAConfig,
        2 => ConfigError::Version { found, expected: 1 },
        3 => ConfigError::Checksum,
        4 => ConfigError::Choice {
            field: Params::choices()[random.below(3) as usize].name,
            found,
        },
        _ => {
            let checked = drawn_params(random).check();
            match checked {
                // The rules behind a problem have no name that reads back.
                Err(error) if !matches!(error.problem, Problem::TooSmall { .. }) => {
                    ConfigError::Invalid(error)
                }
                _ => ConfigError::Checksum,
            }
        }
    }
}
