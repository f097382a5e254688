//! What was measured of a pack (rules D17 and D18): the last good sample, its age, and whether it is new.
//!
//! Between the sensor and the decision stand two filters, both for the voltage alone; a current is never dropped for its
//! size.
//! - A voltage outside 0 … 1.5 × `v_ov_abs` is physically impossible: it is dropped and the last good one goes on ageing.
//! - A voltage that jumped by more than `dv_jump` is dropped at most `k_reject` times in a row, then it is believed.

use core::num::NonZeroU32;

use battery_units::{DeciCelsius, Milliamps, Millivolts};

use crate::{PackInput, Params, Quality, Sample, arith::product, clock::Moment};

/// Good samples a pack must have given before it may join (rule D1).
pub(crate) const SAMPLES_TO_START: u8 = 5;

/// A value with its age, kept one higher so that a missing one costs no room.
#[derive(Debug, Clone, Copy)]
struct Aged<T> {
    value: T,
    age: NonZeroU32,
}

impl<T> Aged<T> {
    fn age_ms(&self) -> u32 {
        self.age.get().saturating_sub(1)
    }

    fn grow(&mut self, gap_ms: u32) {
        self.age = self.age.saturating_add(gap_ms);
    }
}

/// Two samples that followed each other: what a step of the load did to a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) voltage: Millivolts,
    pub(crate) current: Milliamps,
}

/// What became of the voltage of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filtered {
    /// Nothing new came, or it was taken.
    Passed,
    /// It was dropped: what it was, and the last good one or the end of the possible range.
    Dropped {
        value: Millivolts,
        limit: Millivolts,
    },
}

/// What a step brought.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    pub(crate) filtered: Filtered,
    /// What the new sample differs by from the one before, when the two followed each other.
    pub(crate) change: Option<Change>,
    pub(crate) newest: Newest,
    /// The current is newer than the one before.
    pub(crate) new_current: bool,
}

/// What a step brought beside the sample before.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Newest {
    /// Voltage and current are not both newer.
    #[default]
    Known,
    /// A new sample.
    New,
    /// A new sample with the voltage and the current of the one before.
    Repeated,
}

/// The last good samples of one pack.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Samples {
    voltage: Option<Aged<Millivolts>>,
    current: Option<Aged<Milliamps>>,
    temperature: Option<Aged<DeciCelsius>>,
    good: u8,
    /// Voltages dropped in a row.
    dropped: u8,
    /// Age of the last one dropped, while there is one: neither it nor an older one is a further sample.
    dropped_age_ms: u16,
}

impl Samples {
    /// Takes the samples of a step.
    pub(crate) fn take(&mut self, input: &PackInput, params: &Params, moment: &Moment) -> Taken {
        self.grow(moment.gap_ms);
        let before = self.voltage.zip(self.current);
        let (voltage, filtered) = self.filter(input, params);
        let new_voltage = keep_newer(&mut self.voltage, voltage);
        let new_current = keep_newer(&mut self.current, aged(&input.current));
        if let Some(temperature) = &input.temperature {
            let temperature =
                aged(temperature).filter(|sample| sample.value > DeciCelsius::new(-2_732));
            keep_newer(&mut self.temperature, temperature);
        }
        let mut taken = Taken {
            filtered,
            change: None,
            newest: Newest::Known,
            new_current,
        };
        if new_voltage && new_current {
            self.good = self.good.saturating_add(1).min(SAMPLES_TO_START);
            taken.newest = Newest::New;
            if let Some(before) = before {
                self.compare(before, params, &mut taken);
            }
        }
        taken
    }

    fn grow(&mut self, gap_ms: u32) {
        if let Some(sample) = &mut self.voltage {
            sample.grow(gap_ms);
        }
        if let Some(sample) = &mut self.current {
            sample.grow(gap_ms);
        }
        if let Some(sample) = &mut self.temperature {
            sample.grow(gap_ms);
        }
        let gap_ms = u16::try_from(gap_ms).unwrap_or(u16::MAX);
        self.dropped_age_ms = self.dropped_age_ms.saturating_add(gap_ms);
    }

    /// The voltage of a step when it may be believed.
    fn filter(
        &mut self,
        input: &PackInput,
        params: &Params,
    ) -> (Option<Aged<Millivolts>>, Filtered) {
        let Some(offered) = aged(&input.voltage).filter(|_| input.voltage.quality == Quality::Good)
        else {
            return (None, Filtered::Passed);
        };
        let last = self.voltage.filter(|last| offered.age < last.age);
        let known = self.dropped > 0 && offered.age_ms() >= self.dropped_age_ms.into();
        if known || (self.voltage.is_some() && last.is_none()) {
            return (None, Filtered::Passed);
        }
        let patient = self.dropped < params.k_reject;
        let jumped = last.filter(|last| patient && jumped(last.value, offered.value, params));
        let limit = if is_plausible(offered.value, params) {
            jumped.map(|last| last.value)
        } else {
            Some(highest_possible(params))
        };
        let Some(limit) = limit else {
            self.dropped = 0;
            return (Some(offered), Filtered::Passed);
        };
        self.dropped = self.dropped.saturating_add(1);
        self.dropped_age_ms = u16::try_from(offered.age_ms()).unwrap_or(u16::MAX);
        let value = offered.value;
        (None, Filtered::Dropped { value, limit })
    }

    /// Compares the newest sample with the one before it.
    fn compare(
        &self,
        (voltage, current): (Aged<Millivolts>, Aged<Milliamps>),
        params: &Params,
        taken: &mut Taken,
    ) {
        let Some((new_voltage, new_current)) = self.voltage.zip(self.current) else {
            return;
        };
        let change = Change {
            voltage: new_voltage.value.saturating_sub(voltage.value),
            current: new_current.value.saturating_sub(current.value),
        };
        if change.voltage == Millivolts::ZERO && change.current == Milliamps::ZERO {
            taken.newest = Newest::Repeated;
        }
        let apart_ms = voltage.age_ms().saturating_sub(new_voltage.age_ms());
        // A voltage and a current of different moments show a resistance that nothing has.
        let paired = voltage.age == current.age && new_voltage.age == new_current.age;
        let follows = apart_ms <= params.tick_ms.saturating_mul(2);
        taken.change = Some(change).filter(|_| paired && follows);
    }

    /// Age of the older one of voltage and current; `None` before the first.
    pub(crate) fn age_ms(&self) -> Option<u32> {
        Some(self.voltage?.age_ms().max(self.current?.age_ms()))
    }

    /// Age of the last current.
    pub(crate) fn current_age_ms(&self) -> u32 {
        self.current.map_or(u32::MAX, |sample| sample.age_ms())
    }

    /// Age of the oldest of all that was ever measured.
    pub(crate) fn oldest_ms(&self) -> u32 {
        let temperature = self.temperature.map_or(0, |sample| sample.age_ms());
        self.age_ms().unwrap_or(u32::MAX).max(temperature)
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

    /// Last temperature, when it is not older than `limit_ms`.
    pub(crate) fn temperature(&self, limit_ms: u32) -> Option<DeciCelsius> {
        self.temperature
            .filter(|sample| sample.age_ms() <= limit_ms)
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

    /// Voltages dropped in a row.
    pub(crate) fn dropped(&self) -> u8 {
        self.dropped
    }
}

/// Whether a pack can have this voltage at all.
pub(crate) fn is_plausible(voltage: Millivolts, params: &Params) -> bool {
    voltage >= Millivolts::ZERO && voltage <= highest_possible(params)
}

fn highest_possible(params: &Params) -> Millivolts {
    let half = params.v_ov_abs.get() >> 1;
    Millivolts::new(params.v_ov_abs.get().saturating_add(half))
}

/// Whether the voltage changed by more than `dv_jump` of what it was.
fn jumped(before: Millivolts, now: Millivolts, params: &Params) -> bool {
    let change = now.saturating_sub(before).get().saturating_abs();
    product(change, 100) > product(before.get(), params.dv_jump.get().into())
}

fn aged<T: Copy>(sample: &Sample<T>) -> Option<Aged<T>> {
    (sample.quality != Quality::Missing).then(|| Aged {
        value: sample.value,
        age: NonZeroU32::MIN.saturating_add(sample.age_ms),
    })
}

/// Replaces the stored sample by a newer one; says whether it did.
fn keep_newer<T: Copy>(stored: &mut Option<Aged<T>>, offered: Option<Aged<T>>) -> bool {
    match (&stored, offered) {
        (_, None) => false,
        (Some(old), Some(new)) if new.age >= old.age => false,
        (_, Some(new)) => {
            *stored = Some(new);
            true
        }
    }
}
