//! A rack of ideal packs (a voltage behind a resistance) around the core, for tests. It shares nothing with the
//! predictor: currents come from solving the bus node in floating point.
#![allow(dead_code)]

use battery_units::{Milliamps, Millivolts};
use parallelator_core::*;

/// Capacity of the core under test.
pub const N: usize = 32;

/// One ideal pack.
#[derive(Debug, Clone, Copy)]
pub struct IdealPack {
    /// Open-circuit voltage in volts.
    pub u: f64,
    /// Resistance in ohms.
    pub r: f64,
    /// The sensor answers.
    pub answers: bool,
    /// The contact conducts whatever is commanded.
    pub welded: bool,
    /// The contact never conducts.
    pub broken: bool,
    /// The voltage reading is off by this, in volts.
    pub offset: f64,
}

impl IdealPack {
    /// A healthy pack.
    pub fn new(u: f64, r: f64) -> Self {
        Self {
            u,
            r,
            answers: true,
            welded: false,
            broken: false,
            offset: 0.0,
        }
    }
}

/// The rack, its core and what was decided last.
pub struct World {
    pub core: Core<N>,
    pub packs: Vec<IdealPack>,
    pub now_ms: u64,
    pub load_a: f64,
    pub load_obeys: bool,
    pub inputs: Inputs<N>,
    pub decision: Decision<N>,
    pub events: Vec<Event>,
}

impl World {
    /// Packs of 60 mΩ at these voltages.
    pub fn at(volts: &[f64]) -> Self {
        Self::of(
            volts.iter().map(|&u| IdealPack::new(u, 0.060)).collect(),
            Params::default(),
        )
    }

    /// Any packs with any parameters.
    pub fn of(packs: Vec<IdealPack>, params: Params) -> Self {
        let mut inputs = Inputs::default();
        inputs.bus.load_controllable = true;
        Self {
            core: Core::new(packs.len(), params).unwrap(),
            packs,
            now_ms: 0,
            load_a: 0.0,
            load_obeys: true,
            inputs,
            decision: Decision::default(),
            events: Vec::new(),
        }
    }

    /// Whether the contact of a pack conducts.
    pub fn conducts(&self, index: usize) -> bool {
        let pack = &self.packs[index];
        let commanded = self.decision.packs[index].command == SwitchCommand::Closed;
        pack.welded || (commanded && !pack.broken)
    }

    /// True currents in amperes, positive when charging, at a total load.
    pub fn currents(&self, load_a: f64) -> Vec<f64> {
        let closed: Vec<usize> = (0..self.packs.len())
            .filter(|&i| self.conducts(i))
            .collect();
        let g: f64 = closed.iter().map(|&i| 1.0 / self.packs[i].r).sum();
        let gu: f64 = closed
            .iter()
            .map(|&i| self.packs[i].u / self.packs[i].r)
            .sum();
        let bus = if closed.is_empty() {
            0.0
        } else {
            (gu - load_a) / g
        };
        (0..self.packs.len())
            .map(|i| {
                if self.conducts(i) {
                    (bus - self.packs[i].u) / self.packs[i].r
                } else {
                    0.0
                }
            })
            .collect()
    }

    /// The load that is drawn now.
    pub fn load(&self) -> f64 {
        let permitted = self.decision.load_permit || !self.load_obeys;
        if permitted { self.load_a } else { 0.0 }
    }

    /// Largest true circulating current at no load, in milliamps.
    pub fn circulation_ma(&self) -> f64 {
        self.currents(0.0)
            .iter()
            .fold(0.0f64, |worst, i| worst.max(i.abs()))
            * 1_000.0
    }

    /// Measures every pack and makes a step after `gap_ms`.
    pub fn step_after(&mut self, gap_ms: u64) -> &Decision<N> {
        self.now_ms += gap_ms;
        let currents = self.currents(self.load());
        for (index, (pack, current)) in self.packs.iter().zip(currents).enumerate() {
            let input = &mut self.inputs.packs[index];
            if pack.answers {
                let volts = pack.u + current * pack.r + pack.offset;
                input.voltage = Sample::good(Millivolts::new((volts * 1_000.0).round() as i32), 0);
                input.current = Sample::good(Milliamps::new((current * 1_000.0).round() as i32), 0);
            } else {
                input.voltage = Sample::default();
                input.current = Sample::default();
            }
        }
        self.decision = self.core.step(self.now_ms, &self.inputs);
        self.events.extend(self.decision.events.iter());
        self.inputs.commands = [None; MAX_COMMANDS];
        self.inputs.new_params = None;
        &self.decision
    }

    /// One step of 100 ms.
    pub fn step(&mut self) -> &Decision<N> {
        self.step_after(100)
    }

    /// Steps of 100 ms for a time.
    pub fn run_ms(&mut self, ms: u64) {
        for _ in 0..ms.div_ceil(100) {
            self.step();
        }
    }

    /// Gives a command to the next step.
    pub fn command(&mut self, command: Command) {
        let slot = self
            .inputs
            .commands
            .iter_mut()
            .find(|slot| slot.is_none())
            .unwrap();
        *slot = Some(command);
    }

    /// Packs commanded closed.
    pub fn closed(&self) -> Vec<usize> {
        (0..self.packs.len())
            .filter(|&index| self.decision.packs[index].command == SwitchCommand::Closed)
            .collect()
    }

    /// Stable name of a pack's state.
    pub fn state(&self, index: usize) -> &'static str {
        self.decision.packs[index].state.code()
    }

    /// Stable name of a pack's reason.
    pub fn reason(&self, index: usize) -> &'static str {
        self.decision.packs[index].reason.code()
    }

    /// Whether an event of this kind was seen.
    pub fn saw(&self, kind: EventKind) -> bool {
        self.events.iter().any(|event| event.kind == kind)
    }
}
