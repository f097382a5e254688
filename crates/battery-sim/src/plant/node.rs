//! The common node: its voltage from conductances and sources in closed form, its capacitor by an exact exponential.

use super::supply::{
    CURRENT_LOAD_LEAST_V, Charger, Load, POWER_LOAD_LEAST_V, REGENERATION_LIMIT_V,
};

const POWER_ROUNDS: usize = 8;
/// A round that moves the voltage less than this has converged, V.
const CONVERGED_V: f64 = 1e-9;
/// Below this difference the capacitor carries no charge worth a calculation, V.
const SETTLED_V: f64 = 1e-9;

/// What hangs on the node besides the packs.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) capacitance_f: f64,
    pub(crate) bleed_s: f64,
    /// A short beside the load, siemens.
    pub(crate) short_s: f64,
    pub(crate) load: Load,
    pub(crate) charger: Option<Charger>,
    /// Voltage of the capacitor.
    pub(crate) held_v: f64,
    /// Where the node settles with everything as it is.
    pub(crate) rest: Rest,
}

/// A solution without the capacitor.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rest {
    pub(crate) volts: f64,
    /// Sum of the conductances of all closed paths; 0 on an abandoned bus.
    paths_s: f64,
    /// The load as a current and a conductance.
    load_a: f64,
    load_s: f64,
    pub(crate) charger_a: f64,
    /// The packs cannot give the power the load wants.
    pub(crate) collapsed: bool,
}

/// Means over one step, for currents, energies and the next capacitor voltage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) mean_v: f64,
    /// Deviation from the settled voltage: mean, and mean of the square.
    pub(crate) mean_deviation_v: f64,
    pub(crate) mean_square_deviation: f64,
    pub(crate) load_a: f64,
    pub(crate) load_j: f64,
    pub(crate) charger_a: f64,
    pub(crate) charger_j: f64,
    /// Current into the capacitor.
    pub(crate) capacitor_a: f64,
    /// Current and heat of bleed resistor and short.
    pub(crate) leak_a: f64,
    pub(crate) leak_j: f64,
}

impl Node {
    fn leak_s(&self) -> f64 {
        self.bleed_s + self.short_s
    }

    /// Settles with closed paths of this total conductance, whose sources would drive this current into a short.
    pub(crate) fn solve(&self, paths_s: f64, source_a: f64) -> Rest {
        let conductance = paths_s + self.leak_s();
        let mut rest = Rest {
            paths_s,
            ..Rest::default()
        };
        let Some(charger) = self.charger else {
            self.settle_load(&mut rest, conductance, source_a);
            return rest;
        };
        self.settle_load(&mut rest, conductance, source_a + charger.current_a);
        rest.charger_a = charger.current_a;
        if rest.volts <= charger.voltage_v {
            return rest;
        }
        let load_a = self.load.current_at(charger.voltage_v);
        let needed = load_a + conductance * charger.voltage_v - source_a;
        if needed > charger.current_a {
            // The power load has a solution far above the limit of the charger and none below: it has collapsed.
            self.collapse(&mut rest);
            rest.volts = (source_a + charger.current_a) / (conductance + rest.load_s);
        } else if needed >= 0.0 {
            rest.volts = charger.voltage_v;
            rest.load_a = load_a;
            rest.load_s = 0.0;
            rest.charger_a = needed;
            rest.collapsed = false;
        } else {
            rest.charger_a = 0.0;
            self.settle_load(&mut rest, conductance, source_a);
        }
        rest
    }

    fn settle_load(&self, rest: &mut Rest, conductance: f64, source_a: f64) {
        rest.load_a = 0.0;
        rest.load_s = 0.0;
        rest.collapsed = false;
        match self.load {
            Load::None => {}
            Load::Resistance(ohm) | Load::Short(ohm) => rest.load_s = 1.0 / ohm,
            Load::ConstantCurrent(amperes) => {
                if amperes > 0.0 && (source_a - amperes) / conductance < CURRENT_LOAD_LEAST_V {
                    rest.load_s = amperes / CURRENT_LOAD_LEAST_V;
                } else {
                    rest.load_a = amperes;
                }
            }
            Load::ConstantPower(watts) => match settle_power(watts, conductance, source_a) {
                Some(volts) => rest.load_a = watts / volts,
                None => self.collapse(rest),
            },
        }
        rest.volts = (source_a - rest.load_a) / (conductance + rest.load_s);
        if rest.load_a < 0.0 && rest.volts > REGENERATION_LIMIT_V {
            rest.volts = REGENERATION_LIMIT_V;
            rest.load_a = source_a - conductance * REGENERATION_LIMIT_V;
        }
    }

    /// The load becomes a resistor. On an abandoned bus there is nothing to collapse.
    fn collapse(&self, rest: &mut Rest) {
        rest.load_a = 0.0;
        rest.load_s = self.load.current_at(0.5 * POWER_LOAD_LEAST_V) / (0.5 * POWER_LOAD_LEAST_V);
        rest.collapsed = rest.paths_s > 0.0;
    }

    /// Whether the capacitor shapes what is seen in a step of this length.
    pub(crate) fn is_slow(&self, seconds: f64) -> bool {
        let rest = &self.rest;
        let conductance = rest.paths_s + self.leak_s() + rest.load_s;
        self.capacitance_f > 0.2 * seconds * conductance
    }

    /// Whether any pack feeds the bus.
    pub(crate) fn is_fed(&self) -> bool {
        self.rest.paths_s > 0.0
    }

    /// One step of this many seconds, which the capacitor begins at its held voltage.
    pub(crate) fn advance(&mut self, seconds: f64) -> Span {
        let rest = self.rest;
        if self.capacitance_f <= 0.0 || (rest.volts - self.held_v).abs() < SETTLED_V {
            let before = self.held_v;
            self.held_v = rest.volts;
            return self.span(seconds, before, rest, 0.0, 0.0);
        }
        if !self.is_fed() {
            return self.advance_abandoned(seconds);
        }
        let (deviation, mean, square) = self.relax(seconds, rest);
        let before = self.held_v;
        self.held_v = rest.volts + deviation;
        self.span(seconds, before, rest, mean, square)
    }

    /// Exponential towards rest: deviation at the end, its mean, the mean of its square.
    fn relax(&self, seconds: f64, rest: Rest) -> (f64, f64, f64) {
        let conductance = rest.paths_s + self.leak_s() + rest.load_s;
        let tau = self.capacitance_f / conductance;
        // On an abandoned bus almost nothing is gone: that little must not be lost in a difference to one.
        let gone = if seconds > 40.0 * tau {
            1.0
        } else {
            -libm::expm1(-seconds / tau)
        };
        let left = 1.0 - gone;
        let start = self.held_v - rest.volts;
        let mean = start * tau / seconds * gone;
        let square = start * start * tau / (2.0 * seconds) * gone * (1.0 + left);
        (start * left, mean, square)
    }

    /// No pack: load and charger work on the capacitor alone, with the currents they have at its voltage.
    fn advance_abandoned(&mut self, seconds: f64) -> Span {
        let before = self.held_v;
        let mut now = Rest {
            load_a: self.load.current_at(before),
            ..Rest::default()
        };
        if let Load::Resistance(ohm) | Load::Short(ohm) = self.load {
            now.load_a = 0.0;
            now.load_s = 1.0 / ohm;
        }
        let mut highest = REGENERATION_LIMIT_V.max(before);
        if let Some(charger) = self.charger
            && before <= charger.voltage_v
        {
            now.charger_a = charger.current_a;
            highest = charger.voltage_v;
        }
        let conductance = self.leak_s() + now.load_s;
        now.volts = (now.charger_a - now.load_a) / conductance;
        let (deviation, mean, square) = self.relax(seconds, now);
        let after = now.volts + deviation;
        if (0.0..=highest).contains(&after) {
            self.held_v = after;
            return self.span(seconds, before, now, mean, square);
        }
        // It arrives at an end within the step: charger or load give only what brings it there.
        self.held_v = after.clamp(0.0, highest);
        let middle = 0.5 * (before + self.held_v);
        let surplus = (now.charger_a - now.load_a - conductance * middle)
            - self.capacitance_f * (self.held_v - before) / seconds;
        let refused = surplus.clamp(0.0, now.charger_a);
        now.charger_a -= refused;
        now.load_a += surplus - refused;
        now.volts = middle;
        self.span(seconds, before, now, 0.0, 0.0)
    }

    /// Currents and energies of a step from the solution it relaxed to.
    fn span(&self, seconds: f64, before: f64, rest: Rest, mean: f64, square: f64) -> Span {
        let mean_v = rest.volts + mean;
        let mean_square_v = rest.volts * rest.volts + 2.0 * rest.volts * mean + square;
        let leak_s = self.leak_s();
        Span {
            mean_v,
            mean_deviation_v: mean,
            mean_square_deviation: square,
            load_a: rest.load_a + rest.load_s * mean_v,
            load_j: (rest.load_a * mean_v + rest.load_s * mean_square_v) * seconds,
            charger_a: rest.charger_a,
            charger_j: rest.charger_a * mean_v * seconds,
            capacitor_a: self.capacitance_f * (self.held_v - before) / seconds,
            leak_a: leak_s * mean_v,
            leak_j: leak_s * mean_square_v * seconds,
        }
    }

    /// Energy in the capacitor, J.
    pub(crate) fn stored_j(&self) -> f64 {
        0.5 * self.capacitance_f * self.held_v * self.held_v
    }

    /// Current of the load as it is seen now, A.
    pub(crate) fn load_now_a(&self, volts: f64) -> f64 {
        if self.is_fed() {
            self.rest.load_a + self.rest.load_s * volts
        } else {
            self.load.current_at(volts)
        }
    }

    /// Current by the law of the load where the law holds, for the check of the solution.
    pub(crate) fn lawful_load_a(&self, span: &Span) -> f64 {
        let settled = span.mean_deviation_v == 0.0 && self.is_fed();
        if settled && !self.rest.collapsed && self.rest.volts < REGENERATION_LIMIT_V {
            self.load.current_at(span.mean_v)
        } else {
            span.load_a
        }
    }
}

/// Voltage at which the load takes its power, by Newton's rounds from above; `None` where there is none.
///
/// `V - (source - power / V) / conductance` is convex, so the rounds fall towards the stable one of its two zeros;
/// without a zero they never settle.
fn settle_power(watts: f64, conductance: f64, source_a: f64) -> Option<f64> {
    let unloaded = source_a / conductance;
    let ratio = watts / conductance;
    let mut volts = if ratio < 0.0 {
        // A load that feeds back lifts the bus: begin above the answer.
        unloaded.max(0.0) + libm::sqrt(-ratio)
    } else {
        unloaded
    };
    for _ in 0..POWER_ROUNDS {
        if volts < POWER_LOAD_LEAST_V {
            return None;
        }
        let slope = 1.0 - ratio / (volts * volts);
        let step = (volts - unloaded + ratio / volts) / slope;
        volts -= step;
        if step.abs() < CONVERGED_V {
            return (volts >= POWER_LOAD_LEAST_V).then_some(volts);
        }
    }
    None
}
