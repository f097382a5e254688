//! Which way a current may flow through a pack: its voltage and temperature windows (rule D3).

use battery_units::{DeciCelsius, Milliamps};

use crate::{Fault, Params, Waiting, mode::Mode, pack::Pack, step::Verdict};

/// How far a temperature must be inside a window again after it was outside: 5 °C.
pub(crate) const HYSTERESIS: DeciCelsius = DeciCelsius::new(50);

/// The temperatures between which a current may flow one way.
#[derive(Clone, Copy)]
struct Range {
    low: DeciCelsius,
    high: DeciCelsius,
}

impl Range {
    fn charging(params: &Params) -> Self {
        Self {
            low: params.t_chg_min,
            high: params.t_chg_max,
        }
    }

    fn discharging(params: &Params) -> Self {
        Self {
            low: params.t_dis_min,
            high: params.t_dis_max,
        }
    }

    fn has(self, temperature: DeciCelsius) -> bool {
        temperature >= self.low && temperature <= self.high
    }

    /// The same with the hysteresis at both ends.
    fn inner(self) -> Self {
        Self {
            low: self.low.saturating_add(HYSTERESIS),
            high: self.high.saturating_sub(HYSTERESIS),
        }
    }

    /// The end that a temperature outside is beyond.
    fn end(self, temperature: DeciCelsius) -> DeciCelsius {
        if temperature < self.low {
            self.low
        } else {
            self.high
        }
    }
}

/// Which way a current may flow through a pack.
#[derive(Clone, Copy)]
pub(crate) struct Windows {
    pub(crate) charge: bool,
    pub(crate) discharge: bool,
}

impl Windows {
    /// By temperature alone. Without a thermometer both ways are free; one that has said nothing for `age_ms` closes both.
    fn by_temperature(pack: &Pack, params: &Params, age_ms: u32, inner: bool) -> Self {
        if !pack.samples.has_temperature() {
            return Self {
                charge: true,
                discharge: true,
            };
        }
        let temperature = pack.samples.temperature(age_ms);
        // What tripped keeps the hysteresis until that is forgiven.
        let inner = inner || pack.is_on_probation(Fault::OverTemperature);
        let has = |range: Range| {
            let range = if inner { range.inner() } else { range };
            temperature.is_some_and(|temperature| range.has(temperature))
        };
        Self {
            charge: has(Range::charging(params)),
            discharge: has(Range::discharging(params)),
        }
    }

    /// What the temperature of a connected pack allows.
    pub(crate) fn thermal(pack: &Pack, params: &Params) -> Self {
        Self::by_temperature(pack, params, params.age_hard_ms, false)
    }

    /// What it allows again after it was outside.
    pub(crate) fn thermal_again(pack: &Pack, params: &Params) -> Self {
        Self::by_temperature(pack, params, params.age_hard_ms, true)
    }

    /// What temperature and voltage of a connected pack allow.
    pub(crate) fn of(pack: &Pack, params: &Params) -> Self {
        let thermal = Self::thermal(pack, params);
        Self {
            charge: thermal.charge && pack.voltage() <= params.v_ov,
            discharge: thermal.discharge && pack.voltage() >= params.v_uv,
        }
    }

    /// Whether a pack may be on the bus in this mode.
    fn fit(self, mode: Mode) -> bool {
        match mode {
            Mode::Charge => self.charge,
            Mode::Discharge => self.discharge,
            Mode::Idle | Mode::Unknown => self.charge || self.discharge,
        }
    }
}

/// The temperature of a connected pack against the window of the way in which its current flows: what it is and the end that
/// it is beyond.
pub(crate) fn beyond_temperature(
    pack: &Pack,
    params: &Params,
) -> Option<(DeciCelsius, DeciCelsius)> {
    let temperature = pack.samples.temperature(params.age_hard_ms)?;
    let current = pack.samples.current()?;
    let range = if current > params.i_leak {
        Range::charging(params)
    } else if current.get() < params.i_leak.get().saturating_neg() {
        Range::discharging(params)
    } else {
        return None;
    };
    (!range.has(temperature)).then(|| (temperature, range.end(temperature)))
}

/// Whether the sample, the voltage, the temperature and the own limits of a pack let it join in this mode.
pub(crate) fn windows(
    pack: &Pack,
    params: &Params,
    (discharge, charge): (Milliamps, Milliamps),
    mode: Mode,
) -> Result<Windows, Verdict> {
    let voltage = pack.voltage();
    let (floor, top) = if mode == Mode::Charge {
        (params.v_uv_abs, params.v_ov_rec)
    } else {
        (params.v_uv, params.v_ov)
    };
    if voltage < floor {
        return Err(Verdict::of(Waiting::VoltageLow).against(voltage.get(), floor.get()));
    }
    if voltage > top {
        return Err(Verdict::of(Waiting::VoltageHigh).against(voltage.get(), top.get()));
    }
    let thermal = Windows::by_temperature(pack, params, params.age_soft_ms, false);
    if !thermal.fit(mode) {
        let Some(shown) = pack.samples.temperature(params.age_soft_ms) else {
            let held = |ms: u32| i32::try_from(ms).unwrap_or(i32::MAX);
            let (age, limit) = (held(pack.samples.oldest_ms()), held(params.age_soft_ms));
            return Err(Verdict::of(Waiting::StaleSample).against(age, limit));
        };
        let range = if mode == Mode::Charge {
            Range::charging(params)
        } else {
            Range::discharging(params)
        };
        let limit = range.end(shown);
        return Err(Verdict::of(Waiting::TemperatureWindow).against(shown.get(), limit.get()));
    }
    let windows = Windows {
        charge: thermal.charge && charge > Milliamps::ZERO,
        discharge: thermal.discharge && voltage >= params.v_uv && discharge > Milliamps::ZERO,
    };
    // An empty pack is there to be charged; what temperature and voltage allow, its own limits may forbid.
    if windows.fit(mode) {
        Ok(windows)
    } else {
        Err(Verdict::of(Waiting::PackLimit))
    }
}
