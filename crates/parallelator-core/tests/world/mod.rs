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
    /// What its sensor says whatever is true, in millivolts and milliamps.
    pub says: Option<(i32, i32)>,
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
            says: None,
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
    /// The bus voltage is measured.
    pub measures_bus: bool,
    /// The sum of the currents is measured, and is off by this, in amperes.
    pub bus_meter_off_a: Option<f64>,
    /// Capacity of the bus in farads, for the time in which only a resistor feeds it.
    pub bus_farad: f64,
    /// What draws from such a bus, in amperes a volt.
    pub bus_siemens: f64,
    /// Voltage of such a bus.
    pub bus_v: f64,
    /// Which pack the sensor of each place is wired to.
    pub wired_to: Vec<usize>,
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
            measures_bus: false,
            bus_meter_off_a: None,
            bus_farad: 0.005,
            bus_siemens: 0.0,
            bus_v: 0.0,
            wired_to: (0..packs.len()).collect(),
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

    /// Conductance between a pack and the bus: through its switch, through its pre-charge resistor, or none.
    fn siemens(&self, index: usize) -> f64 {
        let precharges = self.decision.packs[index].command == SwitchCommand::Precharge;
        if self.conducts(index) {
            1.0 / self.packs[index].r
        } else if precharges {
            let r_pre = f64::from(self.core.params().r_pre.get()) / 1_000.0;
            1.0 / (self.packs[index].r + r_pre)
        } else {
            0.0
        }
    }

    /// Voltage of the bus at a total load.
    fn bus_at(&self, load_a: f64) -> f64 {
        if !(0..self.packs.len()).any(|index| self.conducts(index)) {
            return self.bus_v;
        }
        let (mut g, mut gu) = (0.0, 0.0);
        for index in 0..self.packs.len() {
            g += self.siemens(index);
            gu += self.siemens(index) * self.packs[index].u;
        }
        (gu - load_a) / g
    }

    /// Lets a bus that no closed switch holds charge through a resistor, or lose its charge, for a time.
    fn charge_bus(&mut self, gap_ms: u64) {
        if (0..self.packs.len()).any(|index| self.conducts(index)) {
            self.bus_v = self.bus_at(self.load());
            return;
        }
        let (mut g, mut gu) = (self.bus_siemens, 0.0);
        for index in 0..self.packs.len() {
            g += self.siemens(index);
            gu += self.siemens(index) * self.packs[index].u;
        }
        if gu > 0.0 {
            let end = gu / g;
            let left = (-(gap_ms as f64) / 1_000.0 * g / self.bus_farad).exp();
            self.bus_v = end + (self.bus_v - end) * left;
        } else {
            self.bus_v = 0.0;
        }
    }

    /// True currents in amperes, positive when charging, at a total load.
    pub fn currents(&self, load_a: f64) -> Vec<f64> {
        let bus = self.bus_at(load_a);
        (0..self.packs.len())
            .map(|index| (bus - self.packs[index].u) * self.siemens(index))
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
        self.charge_bus(gap_ms);
        let currents = self.currents(self.load());
        for (place, &wired) in self.wired_to.iter().enumerate() {
            let (pack, current) = (&self.packs[wired], currents[wired]);
            let volts = pack.u + current * pack.r + pack.offset;
            let truth = (
                (volts * 1_000.0).round() as i32,
                (current * 1_000.0).round() as i32,
            );
            let (millivolts, milliamps) = pack.says.unwrap_or(truth);
            let input = &mut self.inputs.packs[place];
            if pack.answers {
                input.voltage = Sample::good(Millivolts::new(millivolts), 0);
                input.current = Sample::good(Milliamps::new(milliamps), 0);
            } else {
                input.voltage = Sample::default();
                input.current = Sample::default();
            }
        }
        let sum: f64 = currents.iter().sum();
        self.inputs.bus.current = self
            .bus_meter_off_a
            .map(|off| Milliamps::new(((sum + off) * 1_000.0).round() as i32));
        if self.measures_bus {
            let millivolts = (self.bus_at(self.load()) * 1_000.0).round() as i32;
            self.inputs.bus.voltage = Some(Millivolts::new(millivolts));
        }
        self.decision = self.core.step(self.now_ms, &self.inputs);
        self.events.extend(self.decision.events.iter());
        self.inputs.commands = [None; MAX_COMMANDS];
        self.inputs.new_params = None;
        self.inputs.unreadable_params = None;
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

    /// The events of one kind: pack, reason, value and limit.
    pub fn of_kind(&self, kind: EventKind) -> Vec<(Option<u8>, &'static str, i32, i32)> {
        let code = |event: &Event| event.reason.map_or("", Reason::code);
        self.events
            .iter()
            .filter(|event| event.kind == kind)
            .map(|event| (event.pack, code(event), event.value, event.limit))
            .collect()
    }

    /// The time of the first event of one kind.
    pub fn when(&self, kind: EventKind) -> u64 {
        let event = self.events.iter().find(|event| event.kind == kind);
        event
            .unwrap_or_else(|| panic!("{kind:?} was not seen"))
            .now_ms
    }

    /// The same packs with sensors that say these millivolts and milliamps from now on.
    pub fn says(&mut self, readings: &[(i32, i32)]) {
        for (pack, reading) in self.packs.iter_mut().zip(readings) {
            pack.says = Some(*reading);
        }
    }
}
