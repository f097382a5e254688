//! A rack of ideal packs, each a voltage behind a resistance, and what sensors tell of it.
//!
//! Only additions, products and quotients of 64-bit floats, so every host records the same log.

use battery_units::{DeciCelsius, MilliampHours, Milliamps, Millivolts, Permille};
use parallelator_core::{Gauge, Inputs, PackInput, Quality, Sample, SwitchCommand, SwitchFeedback};

use crate::Random;

/// Charge that moves a pack by one volt, in ampere-seconds: a small pack, so that voltages move within a story.
const COULOMBS_A_VOLT: f64 = 2_500.0;

/// Resistor of a pre-charge path.
pub const PRECHARGE_OHMS: f64 = 10.0;

/// One pack with its switch and sensor.
#[derive(Debug, Clone)]
pub struct Pack {
    /// Open-circuit voltage in volts.
    pub volts: f64,
    /// Path resistance in ohms.
    pub ohms: f64,
    /// The contact conducts whatever is commanded.
    pub welded: bool,
    /// The contact never conducts.
    pub broken: bool,
    /// The sensor answers.
    pub answers: bool,
    /// What the sensor adds to the voltage.
    pub offset: f64,
    /// Degrees; none is fitted without.
    pub celsius: Option<f64>,
    /// The switch tells its position.
    pub has_feedback: bool,
    /// What the gauge says.
    pub gauge: Gauge,
    age_ms: u32,
    amps: f64,
    conducts: bool,
    /// With the resistor of the pre-charge path, while it is used.
    path_ohms: f64,
}

/// The packs and what is on their bus.
#[derive(Debug, Clone)]
pub struct Rack {
    /// The packs.
    pub packs: Vec<Pack>,
    /// What is drawn from the bus in amperes; negative is a charger.
    pub load: f64,
    /// Somebody measures the bus.
    pub bus_measured: bool,
    /// Something else holds a bus without packs at this voltage.
    pub foreign: Option<f64>,
    bus: f64,
}

impl Rack {
    /// Packs around `middle` volts, no further than `spread` from it.
    pub fn new(random: &mut Random, packs: usize, middle: f64, spread: f64) -> Self {
        let packs = (0..packs)
            .map(|_| Pack {
                volts: middle + random.between(-spread, spread),
                ohms: random.between(0.037, 0.083),
                welded: false,
                broken: false,
                answers: true,
                offset: 0.0,
                celsius: random.once_in(3).then(|| random.between(15.0, 35.0)),
                has_feedback: random.once_in(4),
                gauge: gauge(random),
                age_ms: 0,
                amps: 0.0,
                conducts: false,
                path_ohms: 1.0,
            })
            .collect();
        Self {
            packs,
            load: 0.0,
            bus_measured: random.once_in(2),
            foreign: None,
            bus: 0.0,
        }
    }

    /// Lets `milliseconds` pass with the switches as commanded.
    pub fn pass(&mut self, commands: &[SwitchCommand], milliseconds: f64) {
        for (index, pack) in self.packs.iter_mut().enumerate() {
            let command = commands.get(index).copied().unwrap_or_default();
            let commanded = command != SwitchCommand::Open;
            pack.conducts = (commanded || pack.welded) && !pack.broken;
            let resistor = command == SwitchCommand::Precharge && !pack.welded;
            pack.path_ohms = pack.ohms + if resistor { PRECHARGE_OHMS } else { 0.0 };
        }
        let closed = || self.packs.iter().filter(|pack| pack.conducts);
        let siemens: f64 = closed().map(|pack| 1.0 / pack.path_ohms).sum();
        self.bus = if siemens > 0.0 {
            let short: f64 = closed().map(|pack| pack.volts / pack.path_ohms).sum();
            (short - self.load) / siemens
        } else {
            self.foreign.unwrap_or(0.0)
        };
        for pack in &mut self.packs {
            pack.amps = if pack.conducts {
                (self.bus - pack.volts) / pack.path_ohms
            } else {
                0.0
            };
            pack.volts += pack.amps * milliseconds / 1_000.0 / COULOMBS_A_VOLT;
        }
    }

    /// What the sensors tell `gap_ms` after the last time.
    pub fn inputs<const N: usize>(&mut self, random: &mut Random, gap_ms: u64) -> Inputs<N> {
        let mut inputs = Inputs::default();
        for (pack, input) in self.packs.iter_mut().zip(&mut inputs.packs) {
            *input = pack.input(random, gap_ms);
        }
        inputs.bus.voltage = self
            .bus_measured
            .then(|| Millivolts::new(milli(self.bus) + random.whole(-4, 4) as i32));
        inputs.bus.current = self
            .bus_measured
            .then(|| Milliamps::new(milli(self.packs.iter().map(|pack| pack.amps).sum())));
        inputs.bus.load_controllable = true;
        inputs.bus.charger_controllable = true;
        inputs
    }
}

impl Pack {
    fn input(&mut self, random: &mut Random, gap_ms: u64) -> PackInput {
        let gap_ms = u32::try_from(gap_ms).unwrap_or(u32::MAX);
        self.age_ms = if self.answers {
            random.whole(0, 90) as u32
        } else {
            self.age_ms.saturating_add(gap_ms)
        };
        let quality = if self.answers || random.once_in(2) {
            Quality::Good
        } else {
            Quality::Missing
        };
        let terminal = self.volts + self.amps * self.ohms + self.offset;
        PackInput {
            voltage: Sample {
                value: Millivolts::new(milli(terminal) + random.whole(-3, 3) as i32),
                age_ms: self.age_ms,
                quality,
            },
            current: Sample {
                value: Milliamps::new(milli(self.amps) + random.whole(-15, 15) as i32),
                age_ms: self.age_ms,
                quality,
            },
            temperature: self.celsius.map(|celsius| {
                Sample::good(DeciCelsius::new((celsius * 10.0) as i32), self.age_ms)
            }),
            switch_feedback: self.has_feedback.then_some(if self.conducts {
                SwitchFeedback::Closed
            } else {
                SwitchFeedback::Open
            }),
            gauge: self.gauge,
        }
    }
}

/// A gauge that knows some things.
fn gauge(random: &mut Random) -> Gauge {
    let mut some = |low, high| random.once_in(2).then(|| random.whole(low, high));
    Gauge {
        capacity: some(6_000, 14_000).map(|value| MilliampHours::new(value as u32)),
        soc: some(0, 1_000).map(|value| Permille::new(value as u16)),
        soh: some(500, 1_000).map(|value| Permille::new(value as u16)),
        i_dis_max: some(6_000, 14_000).map(|value| Milliamps::new(value as i32)),
        i_chg_max: some(6_000, 14_000).map(|value| Milliamps::new(value as i32)),
        alarm_bits: some(0, 15).unwrap_or(0) as u32,
    }
}

/// In thousandths; a number outside the type stops at its ends.
fn milli(value: f64) -> i32 {
    (value * 1_000.0) as i32
}
