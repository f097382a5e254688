//! The true rack of the proof: ideal packs whose open-circuit voltage follows the charge, switches with their faults, sensors
//! with theirs. Floating point throughout; nothing here is shared with the core.

use battery_units::{DeciCelsius, MilliampHours, Milliamps, Millivolts};
use parallelator_core::*;

use crate::random::Random;

/// Capacity of the core under test.
pub const N: usize = 32;

/// One pack as it really is.
#[derive(Debug, Clone, Copy)]
pub struct TruePack {
    /// Open-circuit voltage in volts.
    pub u: f64,
    /// Path resistance in ohms.
    pub r: f64,
    /// Volts that an ampere-second adds to `u`.
    pub slope: f64,
    /// Capacity in milliampere-hours.
    pub capacity: u32,
    /// What the gauge says of the largest currents, in milliamps.
    pub own_limits: Option<(i32, i32)>,
    /// Largest error of a voltage reading, in volts.
    pub v_err: f64,
    /// Largest error of a current reading, in amperes.
    pub i_err: f64,
    /// Temperature in tenths of a degree, where it is measured.
    pub temperature: Option<i32>,
    /// The sensor answers.
    pub answers: bool,
    /// The sensor repeats this reading.
    pub repeats: Option<(i32, i32)>,
    /// Error of the voltage beyond `v_err`, in volts.
    pub offset: f64,
    /// The contact conducts whatever is commanded.
    pub welded: bool,
    /// The contact never conducts.
    pub broken: bool,
    /// Steps the switch takes to follow.
    pub slow: u8,
    /// Where the switch is.
    position: SwitchCommand,
    /// Steps for which the command has been another one.
    following: u8,
}

impl TruePack {
    /// A pack without a fault.
    pub fn new(u: f64, r: f64) -> Self {
        Self {
            u,
            r,
            slope: 0.0,
            capacity: 10_000,
            own_limits: None,
            v_err: 0.0,
            i_err: 0.0,
            temperature: None,
            answers: true,
            repeats: None,
            offset: 0.0,
            welded: false,
            broken: false,
            slow: 0,
            position: SwitchCommand::Open,
            following: 0,
        }
    }

    /// The resistance of the path that conducts, if one does.
    fn path(&self, r_pre: f64) -> Option<f64> {
        match self.position {
            _ if self.welded => Some(self.r),
            SwitchCommand::Open => None,
            _ if self.broken => None,
            SwitchCommand::Precharge => Some(self.r + r_pre),
            SwitchCommand::Closed => Some(self.r),
        }
    }
}

/// All packs, and what hangs on the bus.
#[derive(Debug, Clone)]
pub struct Rack {
    pub packs: Vec<TruePack>,
    /// Resistor of the pre-charge path in ohms.
    pub r_pre: f64,
    /// What the load and the charger draw together, in amperes, positive when charging.
    pub net: f64,
    pub bus_measured: bool,
    pub bus_current_measured: bool,
    /// Voltage of something foreign on a bus that no pack holds.
    pub foreign: f64,
}

impl Rack {
    /// Whether the main path of a pack conducts.
    pub fn conducts(&self, index: usize) -> bool {
        let pack = &self.packs[index];
        pack.welded || (pack.position == SwitchCommand::Closed && !pack.broken)
    }

    /// Bus voltage and current of every pack, in volts and amperes, when the bus is charged with `net`.
    pub fn solve(&self, net: f64) -> (f64, [f64; N]) {
        let (mut g, mut gu) = (0.0, net);
        for pack in &self.packs {
            if let Some(r) = pack.path(self.r_pre) {
                g += 1.0 / r;
                gu += pack.u / r;
            }
        }
        let mut currents = [0.0; N];
        if g == 0.0 {
            return (self.foreign, currents);
        }
        let bus = gu / g;
        for (current, pack) in currents.iter_mut().zip(&self.packs) {
            *current = pack.path(self.r_pre).map_or(0.0, |r| (bus - pack.u) / r);
        }
        (bus, currents)
    }

    /// Lets the switches follow their commands; a word that did not reach them changes nothing.
    pub fn follow(&mut self, decision: &Decision<N>, reaches: bool) {
        for (pack, decided) in self.packs.iter_mut().zip(&decision.packs) {
            if !reaches || decided.command == pack.position {
                pack.following = 0;
                continue;
            }
            if pack.following >= pack.slow {
                pack.position = decided.command;
                pack.following = 0;
            } else {
                pack.following += 1;
            }
        }
    }

    /// Everything drops open: the supply of the switches was gone.
    pub fn lose_supply(&mut self) {
        for pack in &mut self.packs {
            pack.position = SwitchCommand::Open;
            pack.following = 0;
        }
    }

    /// Lets the charge flow for a time, then reads every sensor.
    pub fn measure(&mut self, seconds: f64, random: &mut Random, inputs: &mut Inputs<N>) {
        let (bus, currents) = self.solve(self.net);
        for (index, pack) in self.packs.iter_mut().enumerate() {
            pack.u += pack.slope * currents[index] * seconds;
            let input = &mut inputs.packs[index];
            input.gauge.capacity = Some(MilliampHours::new(pack.capacity));
            input.gauge.i_dis_max = pack
                .own_limits
                .map(|(discharge, _)| Milliamps::new(discharge));
            input.gauge.i_chg_max = pack.own_limits.map(|(_, charge)| Milliamps::new(charge));
            input.temperature = pack
                .temperature
                .map(|value| Sample::good(DeciCelsius::new(value), 0));
            if !pack.answers {
                input.voltage = Sample::default();
                input.current = Sample::default();
                continue;
            }
            let error = match random.below(4) {
                0 => pack.v_err,
                1 => -pack.v_err,
                _ => random.between(-pack.v_err, pack.v_err),
            };
            let current = currents[index] + random.between(-pack.i_err, pack.i_err);
            let volts = pack.u + currents[index] * pack.r + error + pack.offset;
            let (millivolts, milliamps) = pack.repeats.unwrap_or((
                (volts * 1_000.0).round() as i32,
                (current * 1_000.0).round() as i32,
            ));
            input.voltage = Sample::good(Millivolts::new(millivolts), 0);
            input.current = Sample::good(Milliamps::new(milliamps), 0);
        }
        let total: f64 = currents.iter().sum();
        inputs.bus.voltage = self
            .bus_measured
            .then(|| Millivolts::new((bus * 1_000.0).round() as i32));
        inputs.bus.current = self
            .bus_current_measured
            .then(|| Milliamps::new((total * 1_000.0).round() as i32));
    }

    /// What nobody but the judge knows.
    pub fn truth(&self) -> Truth {
        let (_, currents) = self.solve(self.net);
        let main: Vec<usize> = (0..self.packs.len())
            .filter(|&index| self.conducts(index))
            .collect();
        let mut truth = Truth {
            currents,
            circulating: [0.0; N],
            worst_pair: [0.0; N],
            conducts: PackSet::EMPTY,
        };
        let g: f64 = main.iter().map(|&index| 1.0 / self.packs[index].r).sum();
        let gu: f64 = main
            .iter()
            .map(|&index| self.packs[index].u / self.packs[index].r)
            .sum();
        for &index in &main {
            let own = &self.packs[index];
            truth.conducts = truth.conducts.with(index);
            truth.circulating[index] = (gu / g - own.u) / own.r;
            let others = g - 1.0 / own.r;
            let apart = main
                .iter()
                .map(|&other| (self.packs[other].u - own.u).abs())
                .fold(0.0, f64::max);
            if main.len() > 1 {
                truth.worst_pair[index] = apart / (own.r + 1.0 / others);
            }
        }
        truth
    }
}

/// The true currents in amperes.
#[derive(Debug, Clone)]
pub struct Truth {
    pub currents: [f64; N],
    /// Without a load.
    pub circulating: [f64; N],
    /// The bound of the rules with the true voltages and resistances: largest difference over both paths.
    pub worst_pair: [f64; N],
    pub conducts: PackSet,
}
