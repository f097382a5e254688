//! Hard faults (classes H0, H1 and H2 of a pack): what opens a pack within a step, and how it ends.

use battery_units::{Milliamps, Millivolts};

use crate::{
    Core, EventKind, Fault, FaultClass, PackInput, PackSet, Params, Quality,
    mode::Mode,
    pack::{Pack, Trouble},
    samples::{SAMPLES_TO_START, is_plausible},
    step::Step,
    stuck::is_leak,
    tightening::tripping,
    windows::{Windows, beyond_temperature},
};

/// A fault found, with the value and the limit it broke.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) fault: Fault,
    pub(crate) value: i32,
    pub(crate) limit: i32,
}

impl Found {
    pub(crate) fn new(fault: Fault, value: i32, limit: i32) -> Self {
        Self {
            fault,
            value,
            limit,
        }
    }
}

/// The absolute over-voltage limit; it holds for an open pack too, and for a reading at the end of the sensor's range.
///
/// Judged on what the step brought, before any question of whether the sample is new.
fn over_voltage(pack: &Pack, input: &PackInput, params: &Params) -> Option<Found> {
    let offered = &input.voltage;
    let value = match offered.quality {
        Quality::OverRange => offered.value,
        Quality::Good if is_plausible(offered.value, params) => offered.value,
        Quality::Good | Quality::Missing => pack.samples.voltage()?,
    };
    (value >= params.v_ov_abs)
        .then(|| Found::new(Fault::OverVoltageAbs, value.get(), params.v_ov_abs.get()))
}

/// The hard current limit, judged in the same way.
fn over_current(pack: &Pack, input: &PackInput, params: &Params) -> Option<Found> {
    let current = match input.current.quality {
        Quality::Good | Quality::OverRange => input.current.value,
        Quality::Missing => pack.samples.current()?,
    };
    // What an open switch should block is the stuck check's to judge; what its diode lets through is not.
    if !pack.maybe_connected && is_leak(params, current) {
        return None;
    }
    let limit = if current >= Milliamps::ZERO {
        params.hard_charge().get()
    } else {
        params.hard_discharge().get()
    };
    // A sensor at the end of its range has seen at least that much.
    let over =
        current.get().saturating_abs() >= limit || input.current.quality == Quality::OverRange;
    over.then(|| Found::new(Fault::OverCurrentHard, current.get(), limit))
}

/// Rule D18: a connected pack with a sample older than `age_hard`, also one behind its pre-charge resistor. A thermometer that
/// has ever spoken counts like the others.
fn stale(pack: &Pack, params: &Params) -> Option<Found> {
    if !pack.closed && !pack.precharge.is_active() {
        return None;
    }
    let age_ms = pack.samples.oldest_ms();
    (age_ms > params.age_hard_ms).then(|| {
        let held = |ms: u32| i32::try_from(ms).unwrap_or(i32::MAX);
        Found::new(Fault::StaleData, held(age_ms), held(params.age_hard_ms))
    })
}

/// A connected pack below the never-join floor.
fn under_voltage(pack: &Pack, params: &Params) -> Option<Found> {
    let voltage = pack.samples.voltage().filter(|_| pack.closed)?;
    (voltage < params.v_uv_abs)
        .then(|| Found::new(Fault::UnderVoltageAbs, voltage.get(), params.v_uv_abs.get()))
}

/// A connected pack outside the temperature window of the direction in which its current flows.
fn over_temperature(pack: &Pack, params: &Params) -> Option<Found> {
    let (temperature, limit) = beyond_temperature(pack, params).filter(|_| pack.closed)?;
    Some(Found::new(
        Fault::OverTemperature,
        temperature.get(),
        limit.get(),
    ))
}

/// Whether a pack whose fault is over has given its samples.
fn has_spoken(pack: &Pack, params: &Params) -> bool {
    pack.is_fresh(params.age_soft_ms) && pack.samples.good() >= SAMPLES_TO_START
}

/// Whether the condition of a fault is gone far enough for the pack to be a candidate again.
///
/// An empty pack waits for `v_uv_rec`, or else for a bus that is being charged: that is what would fill it.
pub(crate) fn has_recovered(fault: Fault, pack: &Pack, params: &Params, mode: Mode) -> bool {
    let voltage = pack.samples.voltage().unwrap_or(Millivolts::ZERO);
    match fault {
        Fault::UnderVoltageAbs | Fault::UnderVoltage => {
            voltage >= params.v_uv_rec || (mode == Mode::Charge && voltage >= params.v_uv_abs)
        }
        Fault::OverTemperature => {
            let known = pack.samples.temperature(params.age_hard_ms).is_some();
            let again = Windows::thermal_again(pack, params);
            known && (again.charge || again.discharge)
        }
        // The current that it goes on showing would be taken for one through the open switch.
        Fault::Frozen => !pack.is_frozen() || !is_leak(params, pack.current()),
        _ => true,
    }
}

impl<const N: usize> Core<N> {
    /// Looks for hard faults of every pack and acts on the hardest of each in this step.
    pub(crate) fn judge_hard_faults(&mut self, step: &mut Step<'_, N>) {
        let core_ms = step.moment.core_ms;
        let mut shorted = PackSet::EMPTY;
        for index in 0..self.count {
            let Some((pack, input)) = self.packs.get_mut(index).zip(step.inputs.packs.get(index))
            else {
                continue;
            };
            let params = tripping(&self.former, &self.params, core_ms);
            let is_stale = pack.samples.seen() && !pack.is_fresh(params.age_hard_ms);
            let became_stale = is_stale && !pack.stale;
            pack.stale = is_stale;
            let found = if step.inputs.io.alerts.contains(index) {
                Some(Found::new(Fault::HardwareAlert, pack.current().get(), 0))
            } else {
                over_voltage(pack, input, params)
                    .or_else(|| over_current(pack, input, params))
                    .or_else(|| stale(pack, params))
                    .or_else(|| under_voltage(pack, params))
                    .or_else(|| over_temperature(pack, params))
            };
            let age_hard = i32::try_from(params.age_hard_ms).unwrap_or(i32::MAX);
            if is_stale {
                pack.samples.restart();
            }
            let feeds_short = pack.closed
                && found.as_ref().is_some_and(|found| {
                    matches!(found.fault, Fault::HardwareAlert | Fault::OverCurrentHard)
                });
            if feeds_short {
                shorted = shorted.with(index);
            }
            match found {
                Some(found) => self.raise(step, index, &found),
                None if became_stale => {
                    let limit = age_hard;
                    step.pack_event(
                        index,
                        EventKind::Fault,
                        Fault::StaleData.into(),
                        limit,
                        limit,
                    );
                }
                None => {}
            }
        }
        self.suspect_bus(shorted);
    }

    /// When short-circuit currents took the last packs off the bus, the next one would be closed onto the same short:
    /// nobody joins until these have been cleared by somebody who looked.
    fn suspect_bus(&mut self, shorted: PackSet) {
        let holds = |pack: &Pack| pack.closed && !pack.is_breaking();
        if self.packs.iter().any(holds) {
            return;
        }
        for trouble in self
            .packs
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| shorted.contains(*index))
            .filter_map(|(_, pack)| pack.trouble.as_mut())
        {
            trouble.suspects_bus = true;
        }
    }

    /// Puts a fault in force: opens the pack, counts it, and latches when its class or the score says so.
    ///
    /// A fault that is in force already is not counted again while the pack is open.
    pub(crate) fn raise(&mut self, step: &mut Step<'_, N>, index: usize, found: &Found) {
        let core_ms = step.moment.core_ms;
        let params = &self.params;
        let Some(pack) = self.packs.get_mut(index) else {
            return;
        };
        let hard = matches!(found.fault.class(), FaultClass::H0 | FaultClass::H1);
        // An open pack keeps the latch it has, which only a command that names it may end. While a pack waits to open, a latch
        // of the score hides no hard fault; one that is put off until a closed pack opens hides nothing.
        let out = !pack.closed || pack.is_breaking();
        let stands = if pack.closed {
            pack.has_hard_fault()
        } else {
            pack.trouble.is_some_and(|trouble| trouble.latched)
        };
        // What hardware has seen takes any other fault over: it must not be cleared with something less.
        let has = |fault| pack.trouble.is_some_and(|trouble| trouble.fault == fault);
        let takes_over = found.fault == Fault::HardwareAlert && !has(found.fault);
        if out && !takes_over && (stands || (pack.trouble.is_some() && !hard)) {
            return;
        }
        pack.backoff.count();
        pack.last_fault = Some(found.fault);
        let was_closed = pack.closed;
        let latched = hard || found.fault == Fault::Swapped || pack.backoff.latches(params);
        let score = pack.backoff.score();
        pack.trouble = Some(Trouble {
            fault: found.fault,
            latched,
            until_ms: core_ms.saturating_add(pack.backoff.wait_ms(params)),
            value: found.value,
            limit: found.limit,
            suspects_bus: pack.trouble.is_some_and(|trouble| trouble.suspects_bus),
        });
        let reason = found.fault.into();
        if takes_over && !was_closed {
            // What a command has to name now, also while the opening is not confirmed.
            pack.opened_by = reason;
        }
        if was_closed {
            self.open(step, index, reason, found.value, found.limit);
        } else {
            step.pack_event(index, EventKind::Fault, reason, found.value, found.limit);
        }
        if latched {
            let (score, limit) = (score.into(), self.params.n_lock.into());
            step.pack_event(index, EventKind::Latched, reason, score, limit);
        }
    }

    /// The same for packs that open together: none goes before the others because it carries less (rule D14).
    pub(crate) fn raise_together(
        &mut self,
        step: &mut Step<'_, N>,
        together: PackSet,
        index: usize,
        found: &Found,
    ) {
        let i_break = self.params.i_break_max.get();
        step.hold_back = self
            .packs
            .iter()
            .enumerate()
            .filter(|(index, _)| together.contains(*index))
            .any(|(_, pack)| pack.current().get().saturating_abs() > i_break);
        self.raise(step, index, found);
        step.hold_back = false;
    }

    /// Ends faults whose cool-down is over and whose condition is gone; lets healthy time forgive old ones.
    pub(crate) fn recover(&mut self, step: &mut Step<'_, N>) {
        let (moment, mode) = (step.moment, self.mode.mode());
        for index in 0..self.count {
            let Some(pack) = self.packs.get_mut(index) else {
                continue;
            };
            let Some(trouble) = pack.trouble else {
                if pack.stuck.is_none() && !pack.stale {
                    pack.backoff.heal(moment.elapsed_ms, &self.params);
                }
                continue;
            };
            let over = !trouble.latched && !pack.closed && moment.core_ms >= trouble.until_ms;
            let over = over && has_spoken(pack, &self.params);
            if over && has_recovered(trouble.fault, pack, &self.params, mode) {
                pack.trouble = None;
                step.pack_event(index, EventKind::Recovered, trouble.fault.into(), 0, 0);
            }
        }
    }
}
