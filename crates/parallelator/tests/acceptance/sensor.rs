//! The sensors of the field: the truth with an error inside the bands the core is told, and what may break in them.

use battery_sim::plant::{PackReading, Random};
use battery_units::{DeciCelsius, Milliamps, Millivolts};
use parallelator_core::{PackInput, Sample};

/// Largest error of a voltage, V: half of `dv_err`, which holds for a pair. Offset, noise and rounding together.
const VOLTAGE_ERROR_V: f64 = 0.010;
const VOLTAGE_NOISE_V: f64 = 0.0015;
const VOLTAGE_OFFSET_V: f64 = VOLTAGE_ERROR_V - VOLTAGE_NOISE_V - ROUNDING;
/// Half a mV, half a mA.
const ROUNDING: f64 = 0.0005;

/// Largest error of a current, A.
pub const CURRENT_ERROR_A: f64 = 0.009;
const CURRENT_NOISE_A: f64 = 0.003;
const CURRENT_OFFSET_A: f64 = CURRENT_ERROR_A - CURRENT_NOISE_A - ROUNDING;

/// A sample is at most this old when the core gets it, ms.
const OLDEST_MS: f64 = 30.0;

/// What breaks in a sensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SensorFault {
    /// It repeats its codes, with a conversion flag that goes on.
    Stuck,
    /// Volts on every voltage.
    VoltageOffset(f64),
    /// Amperes on every current.
    CurrentOffset(f64),
    /// Every current times this.
    CurrentScale(f64),
    /// Every n-th voltage is this part of the truth.
    Spikes { every: u64, factor: f64 },
    /// The voltage register holds all ones.
    AllOnes,
    /// It does not answer.
    Silent,
}

/// All ones in a register of 1.25 mV, mV.
const ALL_ONES_MV: i32 = 81_919;

/// One sensor.
#[derive(Debug, Clone)]
pub struct Sensor {
    random: Random,
    voltage_offset_v: f64,
    current_offset_a: f64,
    taken: u64,
    last: Option<PackInput>,
    fault: Option<SensorFault>,
}

impl Sensor {
    /// A healthy sensor with errors of its own.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self {
            voltage_offset_v: random.within(VOLTAGE_OFFSET_V),
            current_offset_a: random.within(CURRENT_OFFSET_A),
            random,
            taken: 0,
            last: None,
            fault: None,
        }
    }

    /// Breaks it, or mends it.
    pub fn set_fault(&mut self, fault: Option<SensorFault>) {
        self.fault = fault;
    }

    /// What the core is told of a pack in this truth, besides what it knows of the pack.
    pub fn read(&mut self, truth: &PackReading) -> PackInput {
        self.taken += 1;
        let mut volts = truth.sensed_v;
        let mut amperes = truth.current_a;
        match self.fault {
            Some(SensorFault::VoltageOffset(by)) => volts += by,
            Some(SensorFault::CurrentOffset(by)) => amperes += by,
            Some(SensorFault::CurrentScale(by)) => amperes *= by,
            Some(SensorFault::Spikes { every, factor }) if self.taken.is_multiple_of(every) => {
                volts *= factor;
            }
            _ => {}
        }
        volts += self.voltage_offset_v + self.random.within(VOLTAGE_NOISE_V);
        amperes += self.current_offset_a + self.random.within(CURRENT_NOISE_A);
        let age_ms = self.random.between(0.0, OLDEST_MS) as u32;
        let mut millivolts = (volts * 1_000.0).round() as i32;
        if self.fault == Some(SensorFault::AllOnes) {
            millivolts = ALL_ONES_MV;
        }
        let fresh = PackInput {
            voltage: Sample::good(Millivolts::new(millivolts.max(0)), age_ms),
            current: Sample::good(Milliamps::new((amperes * 1_000.0).round() as i32), age_ms),
            temperature: Some(Sample::good(
                DeciCelsius::new((truth.temperature_c * 10.0).round() as i32),
                age_ms,
            )),
            ..PackInput::default()
        };
        match (self.fault, self.last) {
            (Some(SensorFault::Silent), _) => PackInput {
                temperature: None,
                ..PackInput::default()
            },
            (Some(SensorFault::Stuck), Some(last)) => last,
            _ => {
                self.last = Some(fresh);
                fresh
            }
        }
    }
}
