//! What was measured of a pack (rules D17 and D18): the last good sample, its age, and whether it is new.
//!
//! A voltage outside 0 … 1.5 × `v_ov_abs` is physically impossible: it is dropped and the last good one goes on ageing.
//! A current is never dropped for its size. No other plausibility filter stands between the sensor and the decision.

use core::num::NonZeroU64;

use battery_units::{DeciCelsius, Milliamps, Millivolts};

use crate::{
    PackInput, Params, Quality, Sample,
    arith::{floor_div, narrow},
    clock::Moment,
};

/// Good samples a pack must have given before it may join (rule D1).
pub(crate) const SAMPLES_TO_START: u8 = 5;

/// A value with the real time at which it was measured, kept one higher so that a missing one costs no room.
#[derive(Debug, Clone, Copy)]
struct Stamped<T> {
    value: T,
    stamp: NonZeroU64,
}

impl<T> Stamped<T> {
    fn at_ms(&self) -> u64 {
        self.stamp.get().saturating_sub(1)
    }
}

/// The last good samples of one pack.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Samples {
    voltage: Option<Stamped<Millivolts>>,
    current: Option<Stamped<Milliamps>>,
    temperature: Option<Stamped<DeciCelsius>>,
    good: u8,
    /// Whether voltage and current of this step are newer than those before.
    is_new: bool,
}

impl Samples {
    /// Takes the samples of a step.
    pub(crate) fn take(&mut self, input: &PackInput, params: &Params, moment: &Moment) {
        let voltage = stamped(&input.voltage, moment)
            .filter(|_| input.voltage.quality == Quality::Good)
            .filter(|sample| is_plausible(sample.value, params));
        let current = stamped(&input.current, moment);
        let new_voltage = keep_newer(&mut self.voltage, voltage);
        let new_current = keep_newer(&mut self.current, current);
        if let Some(temperature) = &input.temperature {
            let temperature = stamped(temperature, moment)
                .filter(|sample| sample.value > DeciCelsius::new(-2_732));
            keep_newer(&mut self.temperature, temperature);
        }
        self.is_new = new_voltage && new_current;
        if self.is_new {
            self.good = self.good.saturating_add(1).min(SAMPLES_TO_START);
        }
    }

    /// Age of the older one of voltage and current; `None` before the first.
    pub(crate) fn age_ms(&self, moment: &Moment) -> Option<u64> {
        let oldest = self.voltage?.at_ms().min(self.current?.at_ms());
        Some(moment.real_ms.saturating_sub(oldest))
    }

    /// Starts counting good samples anew.
    pub(crate) fn restart(&mut self) {
        self.good = 0;
    }

    pub(crate) fn voltage(&self) -> Option<Millivolts> {
        self.voltage.map(|sample| sample.value)
    }

    pub(crate) fn current(&self) -> Option<Milliamps> {
        self.current.map(|sample| sample.value)
    }

    /// Last temperature, when one was measured within `age_hard`.
    pub(crate) fn temperature(&self, params: &Params, moment: &Moment) -> Option<DeciCelsius> {
        self.temperature
            .filter(|sample| {
                moment.real_ms.saturating_sub(sample.at_ms()) <= params.age_hard_ms.into()
            })
            .map(|sample| sample.value)
    }

    /// Whether a temperature sensor has ever answered.
    pub(crate) fn has_temperature(&self) -> bool {
        self.temperature.is_some()
    }

    /// Whether the sensor has ever answered.
    pub(crate) fn seen(&self) -> bool {
        self.voltage.is_some() && self.current.is_some()
    }

    pub(crate) fn good(&self) -> u8 {
        self.good
    }

    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }
}

/// Whether a pack can have this voltage at all.
pub(crate) fn is_plausible(voltage: Millivolts, params: &Params) -> bool {
    let top = floor_div(i64::from(params.v_ov_abs.get()).saturating_mul(3), 2);
    voltage >= Millivolts::ZERO && voltage <= Millivolts::new(narrow(top))
}

fn stamped<T: Copy>(sample: &Sample<T>, moment: &Moment) -> Option<Stamped<T>> {
    (sample.quality != Quality::Missing).then(|| Stamped {
        value: sample.value,
        stamp: NonZeroU64::MIN.saturating_add(moment.real_ms.saturating_sub(sample.age_ms.into())),
    })
}

/// Replaces the stored sample by a newer one; says whether it did.
///
/// In the first milliseconds after a start, samples older than the start all carry the time zero: only the first counts
/// as new.
fn keep_newer<T: Copy>(stored: &mut Option<Stamped<T>>, offered: Option<Stamped<T>>) -> bool {
    match (&stored, offered) {
        (_, None) => false,
        (Some(old), Some(new)) if new.stamp <= old.stamp => false,
        (_, Some(new)) => {
            *stored = Some(new);
            true
        }
    }
}
