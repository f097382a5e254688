//! Electrical model of a rack: packs, paths, switches and fuses on one common node with load, charger and capacitor.
//!
//! Each pack is `U(SOC) + I R0` and two RC pairs behind fuse, wiring, shunt, switch and lead; the node is solved in closed
//! form in every step of at most 10 ms. The model is that of the safety requirements, section 8. Positive current charges a
//! pack. Everything is a function of the configuration and the calls: there is no clock and nothing random.
//!
//! ```
//! use battery_sim::plant::{Chemistry, Load, Plant, PlantConfig, fleet};
//! use std::time::Duration;
//!
//! let mut plant = Plant::new(PlantConfig::new(fleet(7, 2, Chemistry::Nmc)))?;
//! plant.set_switch(0, true);
//! plant.set_load(Load::ConstantPower(100.0));
//! plant.step(Duration::from_secs(60));
//! assert!(plant.pack(0).current_a < -3.0);
//! assert!(plant.checks().pass());
//! # Ok::<(), battery_sim::plant::PlantError>(())
//! ```
//!
//! **Peaks and means.** When a contact closes, the peak is `(E - V_bus) / R`, with the voltage the bus capacitor had; it
//! wears the contact and is reported by [`Plant::last_closing_peak`]. Currents and bus voltage are then those after the
//! transient, as long as its time constant is below a fifth of a step; a slower bus (precharge) is followed step by step.
//! Charge and energy of the transient are always accounted.
//!
//! Not modelled: inductance, ripple, diffusion beyond two RC pairs, hysteresis of the open-circuit voltage, self-discharge,
//! imbalance of the cells inside a pack, entropy heat, a switch that fails from its own heat.

mod checks;
mod chemistry;
mod config;
mod fault;
mod fleet;
mod fuse;
mod node;
mod pack;
mod random;
mod reading;
mod supply;
mod switch;
mod thermal;

use core::time::Duration;

pub use checks::{Account, Checks, ENERGY_LIMIT, NODE_LIMIT_A};
pub use chemistry::Chemistry;
pub use config::{FuseConfig, FusePlace, PackConfig, PlantConfig, PlantError, SwitchConfig};
pub use fault::PlantFault;
pub use fleet::{FleetRange, fleet, fleet_from};
pub use pack::COULOMB_EFFICIENCY;
pub use random::Random;
pub use reading::PackReading;
pub use supply::{Charger, Load};
pub use switch::{BODY_DIODE_V, SwitchKind};

use node::{Node, Rest};
use pack::{Pack, TIME_CONSTANTS_S};
use switch::Change;

/// Rounds to find out which body diodes conduct.
const DIODE_ROUNDS: usize = 16;

/// A simulated rack without electronics.
#[derive(Debug, Clone)]
pub struct Plant {
    packs: Vec<Pack>,
    node: Node,
    ambient_c: f64,
    step: Duration,
    has_diodes: bool,
    /// A command, load or fault has not reached the node yet.
    changed: bool,
    bus_v: f64,
    charger_a: f64,
    elapsed: Duration,
    /// What an RC pair keeps of its voltage in a step of this length, s.
    kept: [f64; 2],
    kept_for_s: f64,
    sums: Account,
    node_error_a: f64,
    max_inrush_a: f64,
}

impl Plant {
    /// All switches open, no load, no charger, a dead bus.
    ///
    /// # Errors
    ///
    /// Names the first value that is out of its range.
    pub fn new(config: PlantConfig) -> Result<Self, PlantError> {
        config.check()?;
        let packs = config
            .packs
            .iter()
            .enumerate()
            .map(|(index, pack)| Pack::new(index, pack, config.ambient_c))
            .collect::<Result<Vec<_>, _>>()?;
        let has_diodes = packs
            .iter()
            .any(|pack| pack.switch.config.kind != SwitchKind::Bidirectional);
        let node = Node {
            capacitance_f: config.bus_capacitance_f,
            bleed_s: 1.0 / config.bleed_ohm,
            short_s: 0.0,
            load: Load::None,
            charger: None,
            held_v: 0.0,
            rest: Rest::default(),
        };
        let mut plant = Self {
            packs,
            node,
            ambient_c: config.ambient_c,
            step: Duration::from_secs_f64(config.step_s),
            has_diodes,
            changed: true,
            bus_v: 0.0,
            charger_a: 0.0,
            elapsed: Duration::ZERO,
            kept: [1.0; 2],
            kept_for_s: 0.0,
            sums: Account::default(),
            node_error_a: 0.0,
            max_inrush_a: 0.0,
        };
        plant.sums.stored_at_start_j = plant.stored_j();
        plant.settle(0.0);
        Ok(plant)
    }

    /// Number of packs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.packs.len()
    }

    /// Whether there is no pack at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packs.is_empty()
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Commands a switch; like every change it takes effect at the next step, of whatever length, together with the others.
    ///
    /// # Panics
    ///
    /// When there is no such pack; so do the other functions that take one.
    pub fn set_switch(&mut self, pack: usize, on: bool) {
        self.packs[pack].switch.command(on);
        self.changed = true;
    }

    /// Puts the precharge resistor of a pack, where one is fitted, beside its switch.
    pub fn set_precharge(&mut self, pack: usize, on: bool) {
        self.packs[pack].switch.precharging = on;
        self.changed = true;
    }

    /// Changes the load.
    ///
    /// # Panics
    ///
    /// When a value is not finite or a resistance not positive.
    pub fn set_load(&mut self, load: Load) {
        assert!(load.is_sound(), "a load cannot be {load:?}");
        self.node.load = load;
        self.changed = true;
    }

    /// The load.
    #[must_use]
    pub fn load(&self) -> Load {
        self.node.load
    }

    /// Connects, changes or takes away the charger.
    ///
    /// # Panics
    ///
    /// When a value is outside its range.
    pub fn set_charger(&mut self, charger: Option<Charger>) {
        if let Some(Charger {
            current_a,
            voltage_v,
        }) = charger
        {
            let sound = (0.0..=1e6).contains(&current_a) && (0.0..=60.0).contains(&voltage_v);
            assert!(sound, "a charger cannot be {charger:?}");
        }
        self.node.charger = charger;
        self.changed = true;
    }

    /// The charger.
    #[must_use]
    pub fn charger(&self) -> Option<Charger> {
        self.node.charger
    }

    /// Shorts the bus beside the load with this many ohm, or takes the short away.
    ///
    /// # Panics
    ///
    /// When the resistance is not positive.
    pub fn set_bus_short(&mut self, ohm: Option<f64>) {
        assert!(ohm.is_none_or(|ohm| ohm > 0.0), "a short of {ohm:?} ohm");
        self.node.short_s = ohm.map_or(0.0, |ohm| 1.0 / ohm);
        self.changed = true;
    }

    /// Whether the bus is shorted.
    #[must_use]
    pub fn has_bus_short(&self) -> bool {
        self.node.short_s > 0.0
    }

    /// Lets time pass. A step of no time lets pending changes take effect.
    pub fn step(&mut self, elapsed: Duration) {
        if self.changed {
            self.settle(0.0);
        }
        let mut left = elapsed;
        while !left.is_zero() {
            let part = left.min(self.step);
            self.advance(part.as_secs_f64());
            left -= part;
            self.elapsed += part;
        }
    }

    /// Breaks something.
    ///
    /// # Panics
    ///
    /// When a value is not finite, a delay or resistance negative, or a temperature not within -50 to 150 degrees.
    pub fn inject(&mut self, index: usize, fault: PlantFault) {
        assert!(fault.is_sound(), "a fault cannot be {fault:?}");
        let stored = self.stored_j();
        let pack = &mut self.packs[index];
        match fault {
            PlantFault::StuckOpen => pack.switch.stuck_open = true,
            PlantFault::StuckClosed => pack.switch.stuck_closed = true,
            PlantFault::SlowSwitch(seconds) => pack.switch.slowness_s = seconds,
            PlantFault::BlownFuse => pack.fuse.blown = true,
            PlantFault::CellShort => pack.cell_shorted = true,
            PlantFault::OverVoltage(volts) => pack.extra_source_v = volts,
            PlantFault::HotPack(celsius) => {
                pack.body.celsius = celsius;
                pack.body.ambient_c = celsius;
            }
            PlantFault::ResistanceJump(ohm) => pack.extra_ohm = ohm,
            PlantFault::BrokenSenseWire => pack.sense_broken = true,
            PlantFault::SenseShift(volts) => pack.sense_shift_v = volts,
        }
        self.rebuilt(index, stored);
    }

    /// Mends everything that is broken in a pack and its path: faults, fuse, contact. A heated pack is cooled down.
    pub fn repair(&mut self, index: usize) {
        let stored = self.stored_j();
        let ambient_c = self.ambient_c;
        let pack = &mut self.packs[index];
        pack.switch.stuck_open = false;
        pack.switch.stuck_closed = false;
        pack.switch.slowness_s = 0.0;
        pack.cell_shorted = false;
        pack.extra_source_v = 0.0;
        pack.extra_ohm = 0.0;
        pack.sense_broken = false;
        pack.sense_shift_v = 0.0;
        if pack.body.ambient_c != ambient_c {
            pack.body.ambient_c = ambient_c;
            pack.body.celsius = ambient_c;
        }
        self.rebuilt(index, stored);
        self.replace_destroyed(index);
    }

    /// Replaces a blown fuse and a welded contact; injected faults stay.
    pub fn replace_destroyed(&mut self, index: usize) {
        let pack = &mut self.packs[index];
        pack.switch.welded = false;
        pack.fuse.replace();
        self.changed = true;
    }

    fn rebuilt(&mut self, index: usize, stored_before_j: f64) {
        self.packs[index].refresh();
        self.sums.injected_j += self.stored_j() - stored_before_j;
        self.changed = true;
    }

    fn stored_j(&self) -> f64 {
        self.packs.iter().map(Pack::stored_j).sum::<f64>() + self.node.stored_j()
    }

    /// Contacts that are due change together, then the node is solved.
    fn settle(&mut self, elapsed_s: f64) {
        let mut closes = false;
        for pack in &mut self.packs {
            match pack.switch.due(elapsed_s) {
                None => {}
                Some(Change::Closes) => {
                    closes = true;
                    let held = self.node.capacitance_f > 0.0 && !pack.fuse.blown;
                    let across = if held {
                        self.node.held_v - pack.source_v()
                    } else {
                        0.0
                    };
                    pack.switch.close(across.abs() / pack.closing_ohm());
                }
                Some(Change::Opens) => pack.switch.open(pack.current_a.abs()),
            }
        }
        self.changed = false;
        self.solve();
        if closes {
            for pack in &mut self.packs {
                if let Some(peak) = pack.switch.judge_closing(pack.current_a.abs()) {
                    self.max_inrush_a = self.max_inrush_a.max(peak);
                }
            }
        }
    }

    /// Which diodes conduct depends on the voltage and the voltage on the diodes: a few rounds settle it. Where they run in a
    /// circle (a collapsing power load), diodes are only switched off any more, until none conducts the wrong way.
    fn solve(&mut self) {
        let mut bus_v = self.node.rest.volts;
        for round in 0..=DIODE_ROUNDS + self.packs.len() {
            let mut changed = false;
            let mut paths_s = 0.0;
            let mut source_a = 0.0;
            for pack in &mut self.packs {
                let held_v = if self.node.capacitance_f > 0.0 {
                    self.node.held_v
                } else {
                    bus_v
                };
                changed |= pack.choose_way(held_v, bus_v, round < DIODE_ROUNDS);
                paths_s += pack.path_s;
                source_a += pack.path_s * pack.seen_v;
            }
            self.node.rest = self.node.solve(paths_s, source_a);
            bus_v = self.node.rest.volts;
            // The first round chose by the voltage of before.
            let chosen_by_this_voltage = round > 0 && !changed;
            if chosen_by_this_voltage || !self.has_diodes {
                break;
            }
        }
        let node = &self.node;
        let followed = !node.is_fed() || node.is_slow(self.step.as_secs_f64());
        if node.capacitance_f > 0.0 && followed {
            bus_v = node.held_v;
        }
        self.bus_v = bus_v;
        if node.is_fed() {
            self.charger_a = node.rest.charger_a;
        }
        for pack in &mut self.packs {
            pack.current_a = pack.path_s * (bus_v - pack.seen_v);
        }
    }

    /// One step of the calculation.
    fn advance(&mut self, seconds: f64) {
        if self.kept_for_s != seconds {
            self.kept = TIME_CONSTANTS_S.map(|tau| libm::exp(-seconds / tau));
            self.kept_for_s = seconds;
        }
        let settled_v = self.node.rest.volts;
        let fed = self.node.is_fed();
        let span = self.node.advance(seconds);
        if !fed {
            self.charger_a = span.charger_a;
        }
        let sums = &mut self.sums;
        let mut node_a = span.leak_a + span.capacitor_a - span.charger_a;
        node_a += self.node.lawful_load_a(&span);
        sums.charger_j += span.charger_j;
        sums.load_j += span.load_j;
        sums.dissipated_j += span.leak_j;
        sums.turned_over_j += span.charger_j.abs() + span.load_j.abs();
        for pack in &mut self.packs {
            let settled_a = pack.path_s * (settled_v - pack.seen_v);
            let swing_a = pack.path_s * span.mean_deviation_v;
            let mean_a = settled_a + swing_a;
            let mean_square = settled_a * settled_a
                + 2.0 * settled_a * swing_a
                + pack.path_s * pack.path_s * span.mean_square_deviation;
            node_a += mean_a;
            sums.turned_over_j += (mean_a * span.mean_v).abs() * seconds;
            let (spent, melted) = pack.carry(seconds, mean_a, mean_square, self.kept);
            sums.dissipated_j += spent.heat_j;
            sums.absorbed_j += spent.absorbed_j;
            self.changed |= melted;
        }
        // A sum that is not a number must stay visible, and `max` would drop it.
        let error_a = if node_a.is_nan() {
            f64::INFINITY
        } else {
            node_a.abs()
        };
        self.node_error_a = self.node_error_a.max(error_a);
        self.settle(seconds);
    }
}
