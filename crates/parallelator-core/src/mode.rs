//! What the bus is used for: charging, discharging or nothing.

use battery_units::Milliamps;

use crate::{Inputs, ModeHint, Params, clock::Moment};

/// What the bus is used for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nobody said, and nothing is connected that would show it.
    #[default]
    Unknown,
    Charge,
    Discharge,
    Idle,
}

/// Judges the mode by the bus current, with a hysteresis in current and time.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct ModeJudge {
    mode: Mode,
    candidate: Mode,
    for_ms: u32,
}

impl ModeJudge {
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn judge<const N: usize>(
        &mut self,
        params: &Params,
        inputs: &Inputs<N>,
        moment: &Moment,
        bus_current: Option<Milliamps>,
    ) {
        let (shown, at_once) = match (inputs.bus.mode_hint, bus_current) {
            (ModeHint::Charge, _) => (Mode::Charge, true),
            (ModeHint::Discharge, _) => (Mode::Discharge, true),
            (ModeHint::Idle, _) => (Mode::Idle, true),
            (ModeHint::Auto, None) => (Mode::Unknown, true),
            (ModeHint::Auto, Some(current)) if current > params.mode_hyst => (Mode::Charge, false),
            (ModeHint::Auto, Some(current))
                if current.get() < params.mode_hyst.get().saturating_neg() =>
            {
                (Mode::Discharge, false)
            }
            (ModeHint::Auto, Some(_)) => (Mode::Idle, false),
        };
        if shown != self.candidate {
            self.candidate = shown;
            self.for_ms = 0;
        } else {
            self.for_ms = self.for_ms.saturating_add(moment.elapsed_ms);
        }
        if at_once || self.for_ms >= params.mode_hyst_ms {
            self.mode = shown;
        }
    }
}
