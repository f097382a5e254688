//! The load and the charger of the simulated rack. Both are controllable: they obey the permits and limits of the core.

use battery_sim::plant::{Charger, Load};
use parallelator_core::{Decision, ModeHint};

use crate::PACKS;

/// When the load asks for how much, unless somebody moves the slider.
#[derive(Debug, Clone, PartialEq)]
pub enum LoadPlan {
    /// This many milliamperes, with a pause of 12 s in every 300 s: packs that differ join in the pauses.
    WithPauses(i32),
    /// Nothing until every pack is connected, then this many milliamperes.
    FromAllConnected(i32),
    /// Steps: from this millisecond on this many milliamperes. The times rise.
    Steps(Vec<(u64, i32)>),
}

const PERIOD_MS: u64 = 300_000;
const PAUSE_MS: u64 = 12_000;

/// What the core allowed last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Allowed {
    dcl_ma: i32,
    ccl_ma: i32,
    cvl_mv: i32,
}

/// Load and charger.
#[derive(Debug)]
pub(super) struct Supply {
    plan: LoadPlan,
    /// The slider, once it was moved.
    by_hand: Option<i32>,
    charger_ma: i32,
    allowed: Allowed,
    all_connected: bool,
}

fn amperes(milliamps: i32) -> f64 {
    f64::from(milliamps) / 1_000.0
}

impl Supply {
    pub(super) fn new(plan: LoadPlan) -> Self {
        Self {
            plan,
            by_hand: None,
            charger_ma: 0,
            allowed: Allowed::default(),
            all_connected: false,
        }
    }

    pub(super) fn set_load(&mut self, milliamps: i32) {
        self.by_hand = Some(milliamps);
    }

    pub(super) fn set_charger(&mut self, milliamps: i32) {
        self.charger_ma = milliamps;
    }

    /// What the load asks for now.
    pub(super) fn load_ma(&self, now_ms: u64) -> i32 {
        if let Some(milliamps) = self.by_hand {
            return milliamps;
        }
        match &self.plan {
            LoadPlan::WithPauses(milliamps) => {
                let pauses = now_ms % PERIOD_MS >= PERIOD_MS - PAUSE_MS;
                i32::from(!pauses) * milliamps
            }
            LoadPlan::FromAllConnected(milliamps) => i32::from(self.all_connected) * milliamps,
            LoadPlan::Steps(steps) => steps
                .iter()
                .rev()
                .find(|(from_ms, _)| *from_ms <= now_ms)
                .map_or(0, |&(_, milliamps)| milliamps),
        }
    }

    pub(super) fn charger_ma(&self) -> i32 {
        self.charger_ma
    }

    /// Takes what the core allows now.
    pub(super) fn obey(&mut self, decision: &Decision<PACKS>, all_connected: bool) {
        self.all_connected |= all_connected;
        self.allowed = Allowed {
            dcl_ma: i32::from(decision.load_permit) * decision.dcl.get(),
            ccl_ma: i32::from(decision.charge_permit) * decision.ccl.get(),
            cvl_mv: decision.cvl.get(),
        };
    }

    /// What the load draws: never more than it was allowed.
    pub(super) fn load(&self, now_ms: u64) -> Load {
        match self.load_ma(now_ms).min(self.allowed.dcl_ma) {
            0 => Load::None,
            milliamps => Load::ConstantCurrent(amperes(milliamps)),
        }
    }

    /// What the charger gives: never more than it was allowed, and nothing without a voltage to stop at.
    pub(super) fn charger(&self) -> Option<Charger> {
        let milliamps = self.charger_ma.min(self.allowed.ccl_ma);
        (milliamps > 0 && self.allowed.cvl_mv > 0).then(|| Charger {
            current_a: amperes(milliamps),
            voltage_v: amperes(self.allowed.cvl_mv),
        })
    }

    /// What the bus is going to be used for.
    pub(super) fn mode_hint(&self, now_ms: u64) -> ModeHint {
        let load_ma = match self.plan {
            // A pause is no other use of the bus.
            LoadPlan::WithPauses(milliamps) if self.by_hand.is_none() => milliamps,
            _ => self.load_ma(now_ms),
        };
        if load_ma == 0 && self.charger_ma == 0 {
            ModeHint::Idle
        } else if load_ma > self.charger_ma {
            ModeHint::Discharge
        } else {
            ModeHint::Charge
        }
    }
}
