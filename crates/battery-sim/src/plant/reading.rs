//! What can be seen of a plant.

use super::Plant;
use super::checks::{Account, Checks};
use super::pack::Way;

const SECONDS_PER_HOUR: f64 = 3_600.0;

/// What a pack is doing: the truth, not what a sensor says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PackReading {
    /// V at the point where the voltage is taken: behind R0, wiring and fuse, before shunt and switch.
    pub terminal_v: f64,
    /// V that reaches the sense pin: the terminal, unless the sense wire is broken or shifted.
    pub sensed_v: f64,
    /// A, positive when it charges the pack.
    pub current_a: f64,
    /// Open-circuit V at this state of charge.
    pub ocv_v: f64,
    /// V behind R0: open circuit and what the RC pairs have not yet lost. The U of the safety core.
    pub internal_v: f64,
    /// Ohm up to the point where the voltage is taken. The R of the safety core.
    pub path_ohm: f64,
    /// Ohm from there to the bus: shunt, switch (as if closed), lead.
    pub behind_ohm: f64,
    /// State of charge; an abused pack leaves `0.0..=1.0`.
    pub soc: f64,
    /// Degrees Celsius.
    pub temperature_c: f64,
    /// Degrees Celsius of the switch.
    pub switch_temperature_c: f64,
    /// Whether contact or precharge resistor connect the pack to the bus and the fuse is whole.
    pub switch_conducts: bool,
    /// Whether the body diode of the open switch carries current.
    pub diode_conducts: bool,
    /// Contact destroyed by a peak or a breaking current.
    pub welded: bool,
    /// Fuse melted or broken.
    pub fuse_blown: bool,
    /// How often the contact has closed.
    pub closings: u64,
    /// A the contact broke when it last opened.
    pub last_break_a: f64,
    /// Ah that went in.
    pub charged_ah: f64,
    /// Ah that came out.
    pub discharged_ah: f64,
}

impl Plant {
    /// What a pack is doing.
    #[must_use]
    pub fn pack(&self, index: usize) -> PackReading {
        let pack = &self.packs[index];
        PackReading {
            terminal_v: pack.tap_v(self.bus_v),
            sensed_v: pack.sensed_v(self.bus_v),
            current_a: pack.current_a,
            ocv_v: pack.open_circuit_v(),
            internal_v: pack.source_v(),
            path_ohm: pack.path_ohm(),
            behind_ohm: pack.behind_ohm(),
            soc: pack.soc,
            temperature_c: pack.body.celsius,
            switch_temperature_c: pack.switch_body.celsius,
            switch_conducts: pack.way == Way::Contact,
            diode_conducts: pack.way == Way::Diode,
            welded: pack.switch.welded,
            fuse_blown: pack.fuse.blown,
            closings: pack.switch.closings,
            last_break_a: pack.switch.last_break_a,
            charged_ah: pack.charged_as / SECONDS_PER_HOUR,
            discharged_ah: pack.discharged_as / SECONDS_PER_HOUR,
        }
    }

    /// V at the common node.
    #[must_use]
    pub fn bus_voltage(&self) -> f64 {
        self.bus_v
    }

    /// A drawn by the load.
    #[must_use]
    pub fn load_current(&self) -> f64 {
        self.node.load_now_a(self.bus_v)
    }

    /// A given by the charger.
    #[must_use]
    pub fn charger_current(&self) -> f64 {
        self.charger_a
    }

    /// Whether a constant-power load wants more than the closed packs can give.
    #[must_use]
    pub fn collapsed(&self) -> bool {
        self.node.rest.collapsed
    }

    /// A that would flow into a pack (out of it: negative) through the closed switches without load and charger; 0 for a pack
    /// that is not connected.
    #[must_use]
    pub fn no_load_circulation(&self, index: usize) -> f64 {
        let closed = || self.packs.iter().filter(|pack| pack.way == Way::Contact);
        let conductance: f64 = closed().map(|pack| pack.path_s).sum();
        let driven: f64 = closed().map(|pack| pack.path_s * pack.source_v()).sum();
        let pack = &self.packs[index];
        if pack.way == Way::Contact {
            pack.path_s * (driven / conductance - pack.source_v())
        } else {
            0.0
        }
    }

    /// A of the peak when the contact of a pack last closed.
    #[must_use]
    pub fn last_closing_peak(&self, index: usize) -> f64 {
        self.packs[index].switch.last_peak_a
    }

    /// A of the largest closing peak of any pack.
    #[must_use]
    pub fn max_inrush_a(&self) -> f64 {
        self.max_inrush_a
    }

    /// How often contacts have closed, all packs together.
    #[must_use]
    pub fn closings(&self) -> u64 {
        self.packs.iter().map(|pack| pack.switch.closings).sum()
    }

    /// Energy since the start.
    #[must_use]
    pub fn account(&self) -> Account {
        Account {
            stored_j: self.stored_j(),
            ..self.sums
        }
    }

    /// Whether the model keeps its own laws.
    #[must_use]
    pub fn checks(&self) -> Checks {
        Checks::of(&self.account(), self.node_error_a)
    }
}
