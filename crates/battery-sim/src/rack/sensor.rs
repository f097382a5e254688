//! The sensor chip of a pack, and what it gets wrong.

use core::time::Duration;

use crate::chip::{Chip, Shared, shared};
use crate::ina226::Ina226;
use crate::ina237::Ina237;
use crate::plant::{PackReading, Random};

use super::config::{SensorBounds, SensorKind};

/// A handle to the sensor of a pack, whichever chip it is.
#[derive(Debug, Clone)]
pub enum Sensor {
    /// INA226.
    Ina226(Shared<Ina226>),
    /// INA237 or INA238.
    Ina237(Shared<Ina237>),
}

/// Errors of one sensor.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SensorError {
    /// V on top.
    pub voltage_offset_v: f64,
    /// Part of the voltage on top.
    pub voltage_gain: f64,
    /// Bound of the noise, V.
    pub voltage_noise_v: f64,
    /// A on top.
    pub current_offset_a: f64,
    /// Part of the current on top.
    pub current_gain: f64,
    /// Bound of the noise, A.
    pub current_noise_a: f64,
}

impl SensorError {
    pub(crate) fn draw(bounds: &SensorBounds, random: &mut Random) -> Self {
        Self {
            voltage_offset_v: random.within(bounds.voltage_offset_v),
            voltage_gain: random.within(bounds.voltage_gain),
            voltage_noise_v: bounds.voltage_noise_v,
            current_offset_a: random.within(bounds.current_offset_a),
            current_gain: random.within(bounds.current_gain),
            current_noise_a: bounds.current_noise_a,
        }
    }

    /// Volts and amperes this sensor takes the true ones for.
    pub(crate) fn apply(&self, volts: f64, amperes: f64, random: &mut Random) -> (f64, f64) {
        let voltage = volts * (1.0 + self.voltage_gain)
            + self.voltage_offset_v
            + random.within(self.voltage_noise_v);
        let current = amperes * (1.0 + self.current_gain)
            + self.current_offset_a
            + random.within(self.current_noise_a);
        (voltage, current)
    }
}

/// The same call on whichever chip it is.
macro_rules! on_chip {
    ($sensor:expr, $chip:ident => $call:expr) => {
        match $sensor {
            Sensor::Ina226(chip) => {
                let mut $chip = chip.borrow_mut();
                $call
            }
            Sensor::Ina237(chip) => {
                let mut $chip = chip.borrow_mut();
                $call
            }
        }
    };
}

impl Sensor {
    pub(crate) fn new(kind: SensorKind) -> Self {
        match kind {
            SensorKind::Ina226 => Self::Ina226(shared(Ina226::new())),
            SensorKind::Ina237(model) => Self::Ina237(shared(Ina237::new(model))),
        }
    }

    /// Whether the chip pulls its ALERT line low.
    #[must_use]
    pub fn alert_pin(&self) -> bool {
        match self {
            Self::Ina226(chip) => chip.borrow().alert_pin(),
            Self::Ina237(chip) => chip.borrow().alert_pin(),
        }
    }

    /// Power of the chip; when it comes back, the chip has forgotten its configuration.
    pub fn set_powered(&self, on: bool) {
        on_chip!(self, chip => chip.set_powered(on));
    }

    /// Stops the converter while the bus goes on answering: a stuck sensor.
    pub fn set_frozen(&self, frozen: bool) {
        on_chip!(self, chip => chip.set_frozen(frozen));
    }

    /// Cycles finished since the start.
    #[must_use]
    pub fn conversions(&self) -> u64 {
        match self {
            Self::Ina226(chip) => chip.borrow().conversions(),
            Self::Ina237(chip) => chip.borrow().conversions(),
        }
    }

    /// Content of a register without side effects.
    #[must_use]
    pub fn register(&self, address: u8) -> Option<u32> {
        match self {
            Self::Ina226(chip) => chip.borrow().register(address),
            Self::Ina237(chip) => chip.borrow().register(address),
        }
    }

    pub(crate) fn tick(&self, elapsed: Duration) {
        on_chip!(self, chip => chip.tick(elapsed));
    }

    /// The board sits on the pack and has its temperature.
    pub(crate) fn feel(&self, volts: f64, shunt_v: f64, pack: &PackReading) {
        on_chip!(self, chip => {
            chip.set_bus_voltage(volts);
            chip.set_shunt_voltage(shunt_v);
            chip.set_die_temperature(pack.temperature_c);
        });
    }
}
