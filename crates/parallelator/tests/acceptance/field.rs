//! The field: the electrical plant, the core stepped directly, sensors with bounded errors, load and charger that follow the
//! limits, and the judge. No chips in between: what the core is told is the truth and an error inside the bands.

use std::time::Duration;

use battery_sim::plant::{Charger, Load, Plant, PlantConfig};
use battery_units::{MilliampHours, Milliamps, Millivolts, Permille};
use parallelator_core::{
    Command, Core, Decision, Event, EventKind, Inputs, PackState, Params, SwitchCommand,
};

use super::{
    demand::Demand,
    fleet::Fleet,
    judge::Judge,
    outputs::Outputs,
    sensor::{CURRENT_ERROR_A, Sensor},
};

/// Capacity of the core: that of the firmware.
pub const N: usize = 16;

/// Period of the core, ms.
pub const TICK_MS: u64 = 100;

/// Largest error of the state of charge that a gauge tells.
const GAUGE_ERROR: f64 = 0.05;

/// How the field is fitted out.
#[derive(Debug, Clone, Copy)]
pub struct Fitting {
    /// Seed of the sensors.
    pub seed: u64,
    /// Bus voltage and bus current are measured.
    pub bus_measured: bool,
    /// The core is told what the bus is going to be used for.
    pub hinted: bool,
    /// The packs have gauges that tell their state of charge, each with an error of its own.
    pub gauged: bool,
    /// The load obeys the load permit.
    pub load_controllable: bool,
    /// The charger obeys the charge permit.
    pub charger_controllable: bool,
}

impl Default for Fitting {
    fn default() -> Self {
        Self {
            seed: 1,
            bus_measured: false,
            hinted: false,
            gauged: false,
            load_controllable: true,
            charger_controllable: true,
        }
    }
}

/// A rack in operation.
pub struct Field {
    pub plant: Plant,
    pub core: Core<N>,
    pub sensors: Vec<Sensor>,
    pub outputs: Outputs,
    pub inputs: Inputs<N>,
    pub decision: Decision<N>,
    pub judge: Judge,
    pub demand: Demand,
    /// The clock of the core.
    pub now_ms: u64,
    /// All events so far, with the number of their step.
    pub events: Vec<(u64, Event)>,
    /// Steps so far.
    pub steps: u64,
    /// The load, whatever was asked and permitted.
    pub forced_load: Option<Load>,
    /// The charger, whatever was asked and permitted.
    pub forced_charger: Option<Charger>,
    /// The sensors of these two packs are exchanged.
    pub exchanged: Option<(usize, usize)>,
    /// As asked for so far, ampere-seconds.
    pub asked_as: f64,
    /// As drawn by the load so far, ampere-seconds.
    pub served_as: f64,
    fitting: Fitting,
    gauge_errors: Vec<f64>,
    random_bus: battery_sim::plant::Random,
}

impl Field {
    /// A rack that has just been switched on.
    pub fn new(fleet: Fleet, demand: Demand, fitting: Fitting) -> Self {
        let count = fleet.packs.len();
        let mut inputs = Inputs::default();
        for ((input, pack), limits) in inputs.packs.iter_mut().zip(&fleet.packs).zip(&fleet.limits)
        {
            let milliamps = |amperes: f64| Some(Milliamps::new((amperes * 1_000.0) as i32));
            input.gauge.capacity = Some(MilliampHours::new((pack.capacity_ah * 1_000.0) as u32));
            input.gauge.i_dis_max = milliamps(limits.discharge_a);
            input.gauge.i_chg_max = milliamps(limits.charge_a);
        }
        inputs.bus.load_controllable = fitting.load_controllable;
        inputs.bus.charger_controllable = fitting.charger_controllable;
        let sensors = (0..count as u64)
            .map(|index| Sensor::new(fitting.seed.wrapping_mul(1_000).wrapping_add(index)))
            .collect();
        let mut random = battery_sim::plant::Random::new(fitting.seed ^ 0x6A6);
        let gauge_errors = (0..count).map(|_| random.within(GAUGE_ERROR)).collect();
        Self {
            gauge_errors,
            core: Core::new(count, fleet.params).unwrap(),
            judge: Judge::new(fleet.limits, CURRENT_ERROR_A),
            plant: Plant::new(PlantConfig::new(fleet.packs)).unwrap(),
            sensors,
            outputs: Outputs::new(),
            inputs,
            decision: Decision::default(),
            demand,
            now_ms: 0,
            events: Vec::new(),
            steps: 0,
            forced_load: None,
            forced_charger: None,
            exchanged: None,
            asked_as: 0.0,
            served_as: 0.0,
            fitting,
            random_bus: battery_sim::plant::Random::new(fitting.seed ^ 0xB05),
        }
    }

    /// One step of the core, and the time until the next.
    pub fn tick(&mut self) {
        self.measure();
        self.decide();
        self.act();
    }

    /// Steps for a time.
    pub fn run_ms(&mut self, ms: u64) {
        for _ in 0..ms.div_ceil(TICK_MS) {
            self.tick();
        }
    }

    /// Lets the plant go on without the core: a tick that never came.
    pub fn miss_ms(&mut self, ms: u64) {
        self.plant.step(Duration::from_millis(ms));
        self.judge.look(&self.plant);
        self.now_ms += ms;
    }

    /// Gives a command to the next step.
    pub fn command(&mut self, command: Command) {
        let slot = self.inputs.commands.iter_mut().find(|slot| slot.is_none());
        *slot.unwrap() = Some(command);
    }

    /// The controller starts again, with what its storage gives it; its switch drivers are off until it writes.
    pub fn reboot(&mut self, params: Params, record: Option<&[u8]>) {
        let mut core = Core::new(self.plant.len(), params).unwrap();
        if let Some(record) = record
            && core.restore(record).is_err()
        {
            core.hold_for_lost_record();
        }
        self.core = core;
        self.now_ms = 0;
        self.outputs = Outputs::new();
        self.decision = Decision::default();
        self.outputs.write(&self.decision, &mut self.plant, 0);
        self.plant.step(Duration::ZERO);
        self.judge.look(&self.plant);
    }

    fn measure(&mut self) {
        for index in 0..self.sensors.len() {
            let seen = match self.exchanged {
                Some((a, b)) if index == a => b,
                Some((a, b)) if index == b => a,
                _ => index,
            };
            let mut gauge = self.inputs.packs[index].gauge;
            if self.fitting.gauged {
                let soc = self.plant.pack(index).soc + self.gauge_errors[index];
                gauge.soc = Some(Permille::new((soc.clamp(0.0, 1.0) * 1_000.0) as u16));
            }
            let mut read = self.sensors[index].read(&self.plant.pack(seen));
            read.gauge = gauge;
            self.inputs.packs[index] = read;
        }
        let bus = &mut self.inputs.bus;
        if self.fitting.bus_measured {
            let volts = self.plant.bus_voltage() + self.random_bus.within(0.010);
            let amperes: f64 = (0..self.plant.len())
                .map(|i| self.plant.pack(i).current_a)
                .sum();
            bus.voltage = Some(Millivolts::new((volts * 1_000.0).round() as i32));
            bus.current = Some(Milliamps::new((amperes * 1_000.0).round() as i32));
        }
        if self.fitting.hinted {
            bus.mode_hint = self.demand.hint(self.now_ms);
        }
        let asked = self.inputs.io;
        self.inputs.io = self.outputs.health;
        self.inputs.io.estop = asked.estop;
        self.inputs.io.topology_ok = asked.topology_ok;
        self.inputs.io.alerts = asked.alerts;
    }

    fn decide(&mut self) {
        self.decision = self.core.step(self.now_ms, &self.inputs);
        let steps = self.steps;
        self.events
            .extend(self.decision.events.iter().map(|event| (steps, event)));
        self.inputs.commands = Default::default();
        self.inputs.new_params = None;
        self.steps += 1;
    }

    fn act(&mut self) {
        let decision = &self.decision;
        self.outputs.write(decision, &mut self.plant, TICK_MS);
        let ask = self.demand.at(self.now_ms);
        let amperes = |permitted: bool, limit: Milliamps| {
            if permitted {
                f64::from(limit.get()) / 1_000.0
            } else {
                0.0
            }
        };
        let load_a = ask.load_a.min(amperes(decision.load_permit, decision.dcl));
        let charger_a = ask
            .charger_a
            .min(amperes(decision.charge_permit, decision.ccl));
        let followed = if load_a > 0.0 {
            Load::ConstantCurrent(load_a)
        } else {
            Load::None
        };
        let voltage_v = f64::from(decision.cvl.get()) / 1_000.0;
        let charger = (charger_a > 0.0 && voltage_v > 0.0).then_some(Charger {
            current_a: charger_a,
            voltage_v,
        });
        self.plant.set_load(self.forced_load.unwrap_or(followed));
        self.plant.set_charger(self.forced_charger.or(charger));
        self.plant.step(Duration::ZERO);
        self.judge.look(&self.plant);
        self.asked_as += ask.load_a * TICK_MS as f64 / 1_000.0;
        self.served_as += self.plant.load_current() * TICK_MS as f64 / 1_000.0;
        self.plant.step(Duration::from_millis(TICK_MS));
        self.judge.look(&self.plant);
        self.now_ms += TICK_MS;
    }

    /// Packs commanded closed.
    pub fn closed(&self) -> usize {
        let closed =
            |pack: &&parallelator_core::PackDecision| pack.command == SwitchCommand::Closed;
        self.decision.packs.iter().filter(closed).count()
    }

    /// Whether every pack is connected and read back.
    pub fn all_connected(&self) -> bool {
        let packs = self.decision.packs.iter().take(self.plant.len());
        packs
            .into_iter()
            .all(|pack| pack.state == PackState::Closed)
    }

    /// Events of a kind so far.
    pub fn count(&self, kind: EventKind) -> usize {
        self.events
            .iter()
            .filter(|(_, event)| event.kind == kind)
            .count()
    }

    /// Openings so far as `reason: how often`, in a line.
    pub fn openings(&self) -> String {
        let mut reasons = std::collections::BTreeMap::new();
        for (_, event) in self
            .events
            .iter()
            .filter(|(_, e)| e.kind == EventKind::Opened)
        {
            *reasons
                .entry(event.reason.map_or("none", |r| r.code()))
                .or_insert(0) += 1;
        }
        let parts: Vec<_> = reasons
            .iter()
            .map(|(code, times)| format!("{code}: {times}"))
            .collect();
        parts.join(", ")
    }
}
