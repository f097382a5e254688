//! A whole rack: plant, sensors, expanders, I2C buses, hardware watchdog and one clock.
//!
//! Time passes in two ways only: a transfer takes its time on the wire, and [`Rack::advance_to`] the rest. Both let plant and
//! chips follow. A switch conducts while its expander pin is high and the watchdog has been fed in time; the switch drivers are
//! off without a command, so fresh or dead expanders mean open switches, while a dead bus in front of a live expander
//! leaves its outputs as they are: then only the watchdog opens.
//!
//! ```
//! use battery_sim::plant::{Chemistry, fleet};
//! use battery_sim::rack::{Rack, RackConfig};
//! use embedded_hal::i2c::I2c;
//!
//! let rack = Rack::new(RackConfig::new(fleet(1, 4, Chemistry::Nmc)))?;
//! let mut bus = rack.bus(0).unwrap();
//! // Pack 0 hangs on P03: outputs first, then directions.
//! bus.write(0x20, &[0x02, 0x08, 0x00])?;
//! bus.write(0x20, &[0x06, 0xF0, 0x00])?;
//! assert!(rack.plant(|plant| plant.pack(0).switch_conducts));
//! assert_eq!(rack.now().as_micros(), 2 * 380);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The sensors see the plant as it is at the end of each of its steps (10 ms), until the next one; after a switch has changed
//! they see the new state at once.
//!
//! Not modelled: supply current of the chips, brown-out levels, the nine clocks between the two ports of an expander, the gate
//! driver's own delay (that is `operate_s` of the switch), a watchdog that itself fails.

mod config;
mod machine;
mod sensor;

use core::time::Duration;
use std::cell::RefCell;
use std::rc::Rc;

pub use config::{
    LONGEST_WATCHDOG, PACKS_PER_BUS, PackWiring, RackConfig, RackError, SensorBounds, SensorKind,
};
pub use sensor::{Sensor, SensorError};

use crate::bus::SimBus;
use crate::chip::{Chip, Shared};
use crate::fault::FaultPlan;
use crate::plant::{Plant, PlantFault};
use crate::tca9555::Tca9555;

use machine::Machine;

/// What the sense pin shows at the moment of an over-voltage fault, V: above the absolute limit of every 24 V class chemistry.
pub const OVER_VOLTAGE_V: f64 = 31.5;
/// Resistance of a bus short, ohm.
pub const SHORT_OHM: f64 = 0.020;

/// Faults of a whole rack, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RackFault {
    /// The sense lead of the pack touches a higher potential: its sensor shows 31.5 V, and follows the pack from there. It is
    /// the measured side that rises, so the fault is the same for open and closed packs and the other packs stay well; a
    /// real source inside the pack is [`PlantFault::OverVoltage`].
    OverVoltage,
    /// The sensor has lost its power.
    DeadSensor,
    /// The contact is welded: the pack is connected whatever is commanded.
    StuckSwitch,
    /// Writes to the output registers of the pack's expander are acknowledged and ignored. It hits all packs of that expander.
    LostWrite,
    /// 20 mΩ across the bus.
    Short,
}

/// A handle to a rack; clones are the same rack. The simulation is single threaded.
#[derive(Clone)]
pub struct Rack {
    inner: Rc<RefCell<Machine>>,
}

impl core::fmt::Debug for Rack {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let inner = self.inner.borrow();
        f.debug_struct("Rack")
            .field("packs", &inner.seats.len())
            .field("buses", &inner.buses.len())
            .field("expanders", &inner.expanders.len())
            .field("now", &inner.now)
            .field("tripped", &inner.tripped)
            .finish_non_exhaustive()
    }
}

impl Rack {
    /// A rack that has just been switched on: expander pins are inputs, switches open, the watchdog counts from now.
    ///
    /// # Errors
    ///
    /// Names the first thing that is wrong with the configuration.
    pub fn new(config: RackConfig) -> Result<Self, RackError> {
        config.check()?;
        let rack = Self {
            inner: Rc::new(RefCell::new(Machine::new(config)?)),
        };
        for bus in &rack.inner.borrow().buses {
            // The bus must not keep its rack alive, or neither would ever be freed.
            let inner = Rc::downgrade(&rack.inner);
            bus.handle.set_clock(move |time| {
                if let Some(inner) = inner.upgrade() {
                    inner.borrow_mut().advance(time);
                }
            });
        }
        Ok(rack)
    }

    /// Number of packs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.borrow().seats.len()
    }

    /// Whether there is no pack at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A handle to an I2C bus, from 0.
    #[must_use]
    pub fn bus(&self, number: usize) -> Option<SimBus> {
        let inner = self.inner.borrow();
        inner.buses.get(number).map(|bus| bus.handle.clone())
    }

    /// Time since the start.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.inner.borrow().now
    }

    /// Lets time pass.
    pub fn advance(&self, elapsed: Duration) {
        self.inner.borrow_mut().advance(elapsed);
    }

    /// Lets time pass until this moment; a moment that is over changes nothing.
    pub fn advance_to(&self, moment: Duration) {
        let elapsed = moment.saturating_sub(self.now());
        self.advance(elapsed);
    }

    /// Starts the time of the hardware watchdog anew. After it has tripped, this also gives the switch drivers their supply back.
    pub fn feed_watchdog(&self) {
        let inner = &mut *self.inner.borrow_mut();
        inner.fed_at = inner.now;
        inner.tripped = false;
        inner.apply_outputs();
    }

    /// Whether the hardware watchdog has cut the supply of all switch drivers.
    #[must_use]
    pub fn watchdog_tripped(&self) -> bool {
        self.inner.borrow().tripped
    }

    /// Looks at the plant as its sensors do: with the present switches, in time up to one step of the plant behind.
    /// The rack must not be used inside.
    pub fn plant<T>(&self, look: impl FnOnce(&Plant) -> T) -> T {
        let inner = &mut *self.inner.borrow_mut();
        inner.apply_outputs();
        look(&inner.plant)
    }

    /// Changes load, charger or packs at this moment. Switches obey the expanders. The rack must not be used inside.
    pub fn plant_mut<T>(&self, change: impl FnOnce(&mut Plant) -> T) -> T {
        let inner = &mut *self.inner.borrow_mut();
        inner.apply_outputs();
        inner.catch_up();
        let result = change(&mut inner.plant);
        inner.plant.step(Duration::ZERO);
        inner.show_sensors();
        result
    }

    /// The sensor of a pack.
    ///
    /// # Panics
    ///
    /// When there is no such pack; so do the other functions that take one.
    #[must_use]
    pub fn sensor(&self, pack: usize) -> Sensor {
        self.inner.borrow().seats[pack].sensor.clone()
    }

    /// Replaces the errors of a sensor: offset, scale and noise faults.
    pub fn set_sensor_error(&self, pack: usize, error: SensorError) {
        let inner = &mut *self.inner.borrow_mut();
        inner.seats[pack].error = error;
        inner.show_sensors();
    }

    /// Exchanges the wires that lead from two packs to their sensors.
    pub fn swap_sensors(&self, one: usize, other: usize) {
        let inner = &mut *self.inner.borrow_mut();
        let pack = inner.seats[one].wired_to;
        inner.seats[one].wired_to = inner.seats[other].wired_to;
        inner.seats[other].wired_to = pack;
        inner.show_sensors();
    }

    /// An expander, numbered in the order in which the packs name them.
    ///
    /// # Panics
    ///
    /// When there is no such expander.
    #[must_use]
    pub fn expander(&self, number: usize) -> Shared<Tca9555> {
        Rc::clone(&self.inner.borrow().expanders[number].chip)
    }

    /// Number of the expander that drives the switch of a pack.
    #[must_use]
    pub fn expander_of(&self, pack: usize) -> usize {
        self.inner.borrow().seats[pack].expander
    }

    /// Red and green LED of a pack, as they shine.
    #[must_use]
    pub fn leds(&self, pack: usize) -> (bool, bool) {
        let inner = self.inner.borrow();
        let seat = &inner.seats[pack];
        let chip = inner.expanders[seat.expander].chip.borrow();
        let shines = |pin: Option<u8>| pin.is_some_and(|pin| chip.pin_level(pin));
        (shines(seat.wiring.red_pin), shines(seat.wiring.green_pin))
    }

    /// Power of all chips at once; the packs do not mind.
    pub fn set_power(&self, on: bool) {
        let inner = &mut *self.inner.borrow_mut();
        for seat in &inner.seats {
            seat.sensor.set_powered(on);
        }
        for expander in &inner.expanders {
            expander.chip.borrow_mut().set_powered(on);
        }
        inner.apply_outputs();
    }

    /// Faults of a bus; its rules count from here on. Faults injected by name stay behind them.
    ///
    /// # Panics
    ///
    /// When there is no such bus.
    pub fn set_fault_plan(&self, bus: usize, plan: FaultPlan) {
        let inner = &mut *self.inner.borrow_mut();
        inner.buses[bus].plan = plan;
        inner.hand_out_plan(bus);
    }

    /// Breaks something of a pack, or of the whole rack.
    pub fn inject(&self, pack: usize, fault: RackFault) {
        match fault {
            RackFault::OverVoltage => self.plant_mut(|plant| {
                let shift = OVER_VOLTAGE_V - plant.pack(pack).terminal_v;
                plant.inject(pack, PlantFault::SenseShift(shift));
            }),
            RackFault::DeadSensor => self.sensor(pack).set_powered(false),
            RackFault::StuckSwitch => {
                self.plant_mut(|plant| plant.inject(pack, PlantFault::StuckClosed));
            }
            RackFault::LostWrite => self.inner.borrow_mut().lose_writes(pack, true),
            RackFault::Short => self.plant_mut(|plant| plant.set_bus_short(Some(SHORT_OHM))),
        }
    }

    /// Mends a pack, its sensor, its expander and the bus. A short on the bus is repaired together with the fuses and contacts
    /// it destroyed, those of the other packs too; faults injected into them stay.
    pub fn repair(&self, pack: usize) {
        self.plant_mut(|plant| {
            if plant.has_bus_short() {
                plant.set_bus_short(None);
                for other in 0..plant.len() {
                    plant.replace_destroyed(other);
                }
            }
            plant.repair(pack);
        });
        let sensor = self.sensor(pack);
        sensor.set_powered(true);
        sensor.set_frozen(false);
        self.inner.borrow_mut().lose_writes(pack, false);
    }
}
