//! How a rack is wired: which chip and pin belongs to which pack.

use core::fmt;
use core::time::Duration;

use crate::ina237::Model237;
use crate::plant::{PackConfig, PlantConfig, PlantError};
use crate::tca9555::{PINS, Variant};

/// Packs behind one I2C bus: sixteen sensor addresses.
pub const PACKS_PER_BUS: usize = 16;
/// I2C buses a rack may have.
pub const BUSES: usize = 8;
/// Channels of one expander.
const CHANNELS: u8 = 4;
const FIRST_SENSOR: u8 = 0x40;
const LAST_SENSOR: u8 = 0x4F;
const FIRST_EXPANDER: u8 = 0x20;
const LAST_EXPANDER: u8 = 0x27;
/// A hardware watchdog that waits longer is none.
pub const LONGEST_WATCHDOG: Duration = Duration::from_secs(2);

/// The chip that measures a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SensorKind {
    /// INA226.
    Ina226,
    /// INA237 or INA238.
    Ina237(Model237),
}

/// Chips and pins of one pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackWiring {
    /// Number of the I2C bus, from 0.
    pub bus: usize,
    /// 0x40 to 0x4F.
    pub sensor_address: u8,
    /// Which chip is there.
    pub sensor: SensorKind,
    /// 0x20 to 0x27.
    pub expander_address: u8,
    /// Expander pin that drives the switch, 0 is P00 and 15 is P17; high closes.
    pub switch_pin: u8,
    /// Expander pin that hears the sensor's ALERT, low is an alert.
    pub alert_pin: Option<u8>,
    /// Expander pin of the red LED, high shines.
    pub red_pin: Option<u8>,
    /// Expander pin of the green LED, high shines.
    pub green_pin: Option<u8>,
    /// Shunt, µΩ; it replaces the shunt of the pack in the plant.
    pub shunt_uohm: u32,
    /// The sensor's IN+ and IN- are exchanged. Otherwise a charging current gives a positive shunt voltage.
    pub reversed: bool,
}

impl PackWiring {
    /// The usual board: 16 packs a bus, INA237 from 0x40 on, an expander from 0x20 on for each four packs; channel c has its
    /// switch at P03-c, the alert at P07-c, the LEDs at P1(2c) and P1(2c+1); 2 mΩ.
    #[must_use]
    pub fn standard(pack: usize) -> Self {
        let place = (pack % PACKS_PER_BUS) as u8;
        let channel = place % CHANNELS;
        Self {
            bus: pack / PACKS_PER_BUS,
            sensor_address: FIRST_SENSOR + place,
            sensor: SensorKind::Ina237(Model237::Ina237),
            expander_address: FIRST_EXPANDER + place / CHANNELS,
            switch_pin: 3 - channel,
            alert_pin: Some(7 - channel),
            red_pin: Some(8 + 2 * channel),
            green_pin: Some(9 + 2 * channel),
            shunt_uohm: 2_000,
            reversed: false,
        }
    }

    fn pins(&self) -> impl Iterator<Item = u8> {
        let optional = [self.alert_pin, self.red_pin, self.green_pin];
        core::iter::once(self.switch_pin).chain(optional.into_iter().flatten())
    }
}

/// Bounds of the errors of a rack's sensors; the errors themselves are drawn evenly, with the seed of the plant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SensorBounds {
    /// Constant part of the voltage error, V.
    pub voltage_offset_v: f64,
    /// Part of the voltage.
    pub voltage_gain: f64,
    /// New in every step, V.
    pub voltage_noise_v: f64,
    /// Constant part of the current error, A.
    pub current_offset_a: f64,
    /// Part of the current.
    pub current_gain: f64,
    /// New in every step, A.
    pub current_noise_a: f64,
}

impl SensorBounds {
    /// Sensors that measure exactly, except for the steps of their registers.
    pub const EXACT: Self = Self {
        voltage_offset_v: 0.0,
        voltage_gain: 0.0,
        voltage_noise_v: 0.0,
        current_offset_a: 0.0,
        current_gain: 0.0,
        current_noise_a: 0.0,
    };

    /// Largest voltage error of a single sensor at this voltage, V, without the steps of its register.
    #[must_use]
    pub fn voltage_v(&self, volts: f64) -> f64 {
        self.voltage_offset_v + self.voltage_gain * volts + self.voltage_noise_v
    }
}

impl Default for SensorBounds {
    /// Calibrated sensors: 7.9 mV each at 30 V. With half a step of the INA237 (1.6 mV) two of them stay within 20 mV.
    fn default() -> Self {
        Self {
            voltage_offset_v: 0.004,
            voltage_gain: 0.000_08,
            voltage_noise_v: 0.001_5,
            current_offset_a: 0.010,
            current_gain: 0.002,
            current_noise_a: 0.005,
        }
    }
}

/// A rack: packs, their wiring, and what they share.
#[derive(Debug, Clone, PartialEq)]
pub struct RackConfig {
    /// One for each pack of the plant, in the same order.
    pub packs: Vec<PackWiring>,
    /// The electrical side; its seed also draws the sensor errors.
    pub plant: PlantConfig,
    /// Which expander is fitted.
    pub expander: Variant,
    /// Clock of the I2C buses, Hz.
    pub bus_hz: u32,
    /// Time without feeding after which all switches open; above zero, at most 2 s.
    pub watchdog: Duration,
    /// Errors of the sensors.
    pub errors: SensorBounds,
}

impl RackConfig {
    /// These packs on standard boards with TCA9535, buses at 100 kHz, a watchdog of 2 s, calibrated sensors.
    #[must_use]
    pub fn new(packs: Vec<PackConfig>) -> Self {
        Self::with_plant(PlantConfig::new(packs))
    }

    /// The same around a plant.
    #[must_use]
    pub fn with_plant(plant: PlantConfig) -> Self {
        Self {
            packs: (0..plant.packs.len()).map(PackWiring::standard).collect(),
            plant,
            expander: Variant::Tca9535,
            bus_hz: 100_000,
            watchdog: LONGEST_WATCHDOG,
            errors: SensorBounds::default(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), RackError> {
        if self.packs.len() != self.plant.packs.len() {
            return Err(RackError::Count {
                wired: self.packs.len(),
                packs: self.plant.packs.len(),
            });
        }
        if self.watchdog.is_zero() || self.watchdog > LONGEST_WATCHDOG {
            return Err(RackError::Watchdog(self.watchdog));
        }
        for (pack, wiring) in self.packs.iter().enumerate() {
            let wrong = |field| Err(RackError::Wiring { pack, field });
            if wiring.bus >= BUSES {
                return wrong("bus");
            }
            if !(FIRST_SENSOR..=LAST_SENSOR).contains(&wiring.sensor_address) {
                return wrong("sensor_address");
            }
            if !(FIRST_EXPANDER..=LAST_EXPANDER).contains(&wiring.expander_address) {
                return wrong("expander_address");
            }
            if wiring.pins().any(|pin| pin >= PINS) {
                return wrong("pin");
            }
            if wiring.shunt_uohm == 0 {
                return wrong("shunt_uohm");
            }
            let pins: Vec<u8> = wiring.pins().collect();
            if (1..pins.len()).any(|place| pins[..place].contains(&pins[place])) {
                return wrong("pin");
            }
            for other in &self.packs[..pack] {
                if other.bus != wiring.bus {
                    continue;
                }
                if other.sensor_address == wiring.sensor_address {
                    return wrong("sensor_address");
                }
                let same_expander = other.expander_address == wiring.expander_address;
                if same_expander && other.pins().any(|pin| pins.contains(&pin)) {
                    return wrong("pin");
                }
            }
        }
        Ok(())
    }
}

/// Why a rack cannot be built.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RackError {
    /// The electrical side is wrong.
    Plant(PlantError),
    /// As many wirings as packs are needed.
    Count {
        /// Wirings given.
        wired: usize,
        /// Packs of the plant.
        packs: usize,
    },
    /// An address or pin is outside its range, or another pack has it.
    Wiring {
        /// Index of the pack.
        pack: usize,
        /// Name of the field.
        field: &'static str,
    },
    /// Zero or above 2 s.
    Watchdog(Duration),
}

impl fmt::Display for RackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plant(error) => write!(f, "{error}"),
            Self::Count { wired, packs } => write!(f, "{wired} wirings for {packs} packs"),
            Self::Wiring { pack, field } => {
                write!(f, "pack {pack}: {field} is out of range or taken")
            }
            Self::Watchdog(time) => write!(f, "a watchdog of {time:?} is not within 2 s"),
        }
    }
}

impl core::error::Error for RackError {}
