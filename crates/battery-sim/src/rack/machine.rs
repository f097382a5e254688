//! What a rack is inside: plant, chips and clock, and how they follow each other.

use core::time::Duration;
use std::rc::Rc;

use super::config::{PackWiring, RackConfig, RackError};
use super::sensor::{Sensor, SensorError};
use crate::bus::SimBus;
use crate::chip::{Shared, shared};
use crate::fault::{Effect, Fault, FaultPlan, Target, When};
use crate::plant::{Plant, Random};
use crate::tca9555::{Level, Tca9555, Variant};

/// Output registers of an expander.
const OUTPUT_REGISTERS: [u8; 2] = [0x02, 0x03];

/// State of a rack.
pub(super) struct Machine {
    pub(super) plant: Plant,
    /// Step of the plant, and how far it is behind the clock; always less than a step.
    step: Duration,
    behind: Duration,
    pub(super) now: Duration,
    pub(super) buses: Vec<Bus>,
    pub(super) expanders: Vec<Expander>,
    pub(super) seats: Vec<Seat>,
    watchdog: Duration,
    pub(super) fed_at: Duration,
    pub(super) tripped: bool,
    random: Random,
}

pub(super) struct Bus {
    pub(super) handle: SimBus,
    /// Faults set from outside.
    pub(super) plan: FaultPlan,
}

pub(super) struct Expander {
    bus: usize,
    address: u8,
    pub(super) chip: Shared<Tca9555>,
    loses_writes: bool,
    /// Pack and pin of each switch.
    switches: Vec<(usize, u8)>,
    /// Pins of all switches.
    switch_mask: u16,
    /// Levels of these pins the switches were last set from; all low while the watchdog has tripped.
    applied: u16,
}

/// The electronics of one pack.
pub(super) struct Seat {
    pub(super) wiring: PackWiring,
    pub(super) sensor: Sensor,
    pub(super) error: SensorError,
    pub(super) expander: usize,
    /// Pack whose wires end at this sensor.
    pub(super) wired_to: usize,
    alert: bool,
}

impl Machine {
    /// Places plant and chips; the configuration has been checked.
    pub(super) fn new(mut config: RackConfig) -> Result<Self, RackError> {
        for (pack, wiring) in config.plant.packs.iter_mut().zip(&config.packs) {
            pack.shunt_ohm = f64::from(wiring.shunt_uohm) * 1e-6;
        }
        let step = Duration::from_secs_f64(config.plant.step_s);
        let mut random = Random::new(config.plant.seed);
        let plant = Plant::new(config.plant).map_err(RackError::Plant)?;
        let bus_count = config.packs.iter().map(|pack| pack.bus + 1).max();
        let buses: Vec<Bus> = (0..bus_count.unwrap_or(0))
            .map(|_| Bus {
                handle: SimBus::new(config.bus_hz),
                plan: FaultPlan::new(),
            })
            .collect();
        let mut expanders: Vec<Expander> = Vec::new();
        for wiring in &config.packs {
            if Expander::position(&expanders, wiring).is_none() {
                let expander = Expander::new(wiring, &config.packs, config.expander);
                let chip = Rc::clone(&expander.chip);
                buses[wiring.bus].handle.place(expander.address, chip);
                expanders.push(expander);
            }
        }
        let mut seats = Vec::new();
        for (pack, wiring) in config.packs.into_iter().enumerate() {
            let sensor = Sensor::new(wiring.sensor);
            let bus = &buses[wiring.bus].handle;
            match &sensor {
                Sensor::Ina226(chip) => bus.place(wiring.sensor_address, Rc::clone(chip)),
                Sensor::Ina237(chip) => bus.place(wiring.sensor_address, Rc::clone(chip)),
            }
            seats.push(Seat {
                sensor,
                error: SensorError::draw(&config.errors, &mut random),
                expander: Expander::position(&expanders, &wiring).unwrap_or(0),
                wiring,
                wired_to: pack,
                alert: false,
            });
        }
        let mut machine = Self {
            plant,
            step,
            behind: Duration::ZERO,
            now: Duration::ZERO,
            buses,
            expanders,
            seats,
            watchdog: config.watchdog,
            fed_at: Duration::ZERO,
            tripped: false,
            random,
        };
        machine.show_sensors();
        Ok(machine)
    }

    pub(super) fn advance(&mut self, elapsed: Duration) {
        // Between two advances no time passes, so this is the moment at which the outputs changed.
        self.apply_outputs();
        let mut left = elapsed;
        while !left.is_zero() {
            let mut part = left.min(self.step - self.behind);
            if !self.tripped {
                part = part.min(self.deadline().saturating_sub(self.now));
            }
            for seat in &self.seats {
                seat.sensor.tick(part);
            }
            self.pass_alerts();
            self.now += part;
            self.behind += part;
            left -= part;
            if self.behind >= self.step {
                self.catch_up();
                self.show_sensors();
            }
            if !self.tripped && self.now >= self.deadline() {
                self.tripped = true;
                self.apply_outputs();
            }
        }
    }

    fn deadline(&self) -> Duration {
        self.fed_at + self.watchdog
    }

    /// Lets the plant follow up to now.
    pub(super) fn catch_up(&mut self) {
        self.plant.step(self.behind);
        self.behind = Duration::ZERO;
    }

    /// Lets the switches follow the expander pins and the watchdog.
    pub(super) fn apply_outputs(&mut self) {
        let mut changed = false;
        for index in 0..self.expanders.len() {
            let levels = if self.tripped {
                0
            } else {
                self.expanders[index].switch_levels()
            };
            if levels == self.expanders[index].applied {
                continue;
            }
            if !changed {
                self.catch_up();
                changed = true;
            }
            let expander = &mut self.expanders[index];
            expander.applied = levels;
            for &(pack, pin) in &expander.switches {
                self.plant.set_switch(pack, levels & (1 << pin) != 0);
            }
        }
        if changed {
            self.plant.step(Duration::ZERO);
            self.show_sensors();
        }
    }

    /// Puts voltages and currents of the plant to the sensors.
    pub(super) fn show_sensors(&mut self) {
        for seat in &self.seats {
            let pack = self.plant.pack(seat.wired_to);
            let (volts, amperes) =
                seat.error
                    .apply(pack.sensed_v, pack.current_a, &mut self.random);
            let sign = if seat.wiring.reversed { -1.0 } else { 1.0 };
            let shunt_v = sign * amperes * f64::from(seat.wiring.shunt_uohm) * 1e-6;
            seat.sensor.feel(volts, shunt_v, &pack);
        }
    }

    /// Lets the expanders hear the alerts; the lines are pulled up.
    fn pass_alerts(&mut self) {
        for seat in &mut self.seats {
            let alert = seat.sensor.alert_pin();
            if alert == seat.alert {
                continue;
            }
            seat.alert = alert;
            if let Some(pin) = seat.wiring.alert_pin {
                let level = if alert { Level::Low } else { Level::High };
                let mut chip = self.expanders[seat.expander].chip.borrow_mut();
                chip.set_pin(pin, level);
            }
        }
    }

    pub(super) fn lose_writes(&mut self, pack: usize, lost: bool) {
        let expander = &mut self.expanders[self.seats[pack].expander];
        if expander.loses_writes != lost {
            expander.loses_writes = lost;
            let bus = expander.bus;
            self.hand_out_plan(bus);
        }
    }

    pub(super) fn hand_out_plan(&mut self, number: usize) {
        let bus = &self.buses[number];
        let mut plan = bus.plan.clone();
        for expander in &self.expanders {
            if expander.bus != number || !expander.loses_writes {
                continue;
            }
            for register in OUTPUT_REGISTERS {
                plan = plan.with(Fault {
                    target: Target::Register {
                        address: expander.address,
                        register,
                    },
                    when: When::Always,
                    effect: Effect::WriteLost,
                });
            }
        }
        bus.handle.set_faults(plan);
    }
}

impl Expander {
    /// The expander of a pack, with what all packs have on its pins.
    fn new(wiring: &PackWiring, packs: &[PackWiring], variant: Variant) -> Self {
        let mut quiet = 0;
        let mut switches = Vec::new();
        let mut switch_mask = 0;
        for (pack, other) in packs.iter().enumerate() {
            if (other.bus, other.expander_address) != (wiring.bus, wiring.expander_address) {
                continue;
            }
            switches.push((pack, other.switch_pin));
            switch_mask |= 1 << other.switch_pin;
            quiet |= other.alert_pin.map_or(0, |pin| 1 << pin);
        }
        Self {
            bus: wiring.bus,
            address: wiring.expander_address,
            // Alert lines are pulled up, gates and LEDs pulled down.
            chip: shared(Tca9555::with_pins(variant, quiet)),
            loses_writes: false,
            switches,
            switch_mask,
            applied: 0,
        }
    }

    fn position(expanders: &[Self], wiring: &PackWiring) -> Option<usize> {
        expanders.iter().position(|expander| {
            (expander.bus, expander.address) == (wiring.bus, wiring.expander_address)
        })
    }

    fn switch_levels(&self) -> u16 {
        self.chip.borrow().pin_levels() & self.switch_mask
    }
}
