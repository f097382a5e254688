//! The true world: ideal packs, a voltage behind a resistance, on one bus; what closes, what flows, and when.
//!
//! It shares nothing with the core and nothing with the models. A scenario judges by what is recorded here.

use crate::controller::{
    Controller, Ms, PER_EXPANDER, Request, Seen, Sensor, Setup, Switches, Version,
};

/// How often a controller is called, as a rule.
pub const PASS_MS: Ms = 100;

/// What is wrong with a sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitted {
    Working,
    /// Every reading fails.
    Dead,
    /// There is none at this address.
    Missing,
    /// All ones on the wire.
    AllOnes,
}

/// One pack with its sensor and its switch.
#[derive(Debug, Clone, Copy)]
pub struct Pack {
    /// Open-circuit voltage, volts; zero where no pack is plugged in.
    pub u: f64,
    /// Resistance, ohms.
    pub r: f64,
    pub sensor: Fitted,
    /// The sensor reads this much too high, volts.
    pub offset: f64,
    pub alert: bool,
    /// The contact conducts whatever it is told.
    pub welded: bool,
    /// The contact, or the fuse behind it, never conducts.
    pub blown: bool,
}

/// A contact that opened or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub at_ms: Ms,
    pub pack: usize,
    pub closed: bool,
}

pub struct World {
    pub now_ms: Ms,
    pub pass_ms: Ms,
    pub packs: Vec<Pack>,
    /// What the load draws, amperes; negative is a charger. It obeys nobody.
    pub load: f64,
    /// Amplitude of the noise on every voltage reading, volts.
    pub noise: f64,
    pub switches: Switches,
    pub controller: Box<dyn Controller>,
    pub changes: Vec<Change>,
    /// Largest current between packs so far, without what the load draws, amperes.
    pub worst_circulation: f64,
    requests: Vec<Request>,
    conducting: Vec<bool>,
    random: u64,
}

/// Full scale of the shunt and the converter together, milliamps.
const SHUNT_FULL_SCALE_MA: f64 = 81_920.0;

impl World {
    /// Packs of 60 mΩ at these voltages.
    pub fn new(version: Version, setup: Setup, volts: &[f64]) -> Self {
        let pack = |&u: &f64| Pack {
            u,
            r: 0.060,
            sensor: Fitted::Working,
            offset: 0.0,
            alert: false,
            welded: false,
            blown: false,
        };
        assert_eq!(volts.len() % PER_EXPANDER, 0);
        Self {
            now_ms: 0,
            pass_ms: PASS_MS,
            packs: volts.iter().map(pack).collect(),
            load: 0.0,
            noise: 0.0,
            switches: Switches::new(volts.len()),
            controller: version.build(volts.len(), setup),
            changes: Vec::new(),
            worst_circulation: 0.0,
            requests: Vec::new(),
            conducting: vec![false; volts.len()],
            random: 1,
        }
    }

    /// Whether current can flow through the contact of a pack.
    pub fn conducts(&self, pack: usize) -> bool {
        self.conducting[pack]
    }

    pub fn closed(&self) -> Vec<usize> {
        (0..self.packs.len())
            .filter(|&pack| self.conducting[pack])
            .collect()
    }

    /// Currents of all packs at a load, amperes, positive when charged.
    pub fn currents_at(&self, load: f64) -> Vec<f64> {
        let closed = self.closed();
        let conductance: f64 = closed.iter().map(|&pack| 1.0 / self.packs[pack].r).sum();
        let short: f64 = closed
            .iter()
            .map(|&pack| self.packs[pack].u / self.packs[pack].r)
            .sum();
        let bus = (short - load) / conductance;
        (0..self.packs.len())
            .map(|pack| match self.conducting[pack] {
                true => (bus - self.packs[pack].u) / self.packs[pack].r,
                false => 0.0,
            })
            .collect()
    }

    pub fn currents(&self) -> Vec<f64> {
        self.currents_at(self.load)
    }

    /// The largest current between the packs now, without load.
    pub fn circulation(&self) -> f64 {
        largest(&self.currents_at(0.0))
    }

    /// The largest current of a single pack now.
    pub fn worst_current(&self) -> f64 {
        largest(&self.currents())
    }

    pub fn ask(&mut self, request: Request) {
        self.requests.push(request);
    }

    /// A number between minus one and one, the same in every run.
    fn next_random(&mut self) -> f64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as f64 / f64::from(1u32 << 30) - 1.0
    }

    fn read(&mut self, pack: usize, current: f64) -> Sensor {
        let noise = self.noise * self.next_random();
        let calibrated = self.controller.full_scale_ma().map_or(f64::MAX, f64::from);
        let range = calibrated.min(SHUNT_FULL_SCALE_MA);
        let it = self.packs[pack];
        let volts = it.u + current * it.r;
        let shown = if it.u > 0.0 {
            volts + it.offset + noise
        } else {
            0.0
        };
        let milliamps = (current * 1_000.0).round();
        match it.sensor {
            Fitted::Missing => Sensor::Absent,
            Fitted::Dead => Sensor::Silent,
            Fitted::AllOnes => Sensor::Reads {
                mv: 102_396,
                ma: 0,
                at_end: false,
            },
            Fitted::Working => Sensor::Reads {
                mv: (shown * 1_000.0).round() as i32,
                ma: milliamps.clamp(-range, range) as i32,
                at_end: milliamps.abs() >= range,
            },
        }
    }

    /// Lets every contact follow its output, one after the other in the order of the writes.
    fn move_contacts(&mut self) {
        let writes = std::mem::take(&mut self.switches.writes);
        for (pack, on) in writes {
            let driven = on && self.switches.is_set_up[pack / PER_EXPANDER];
            self.move_contact(pack, driven);
        }
        for pack in 0..self.packs.len() {
            self.move_contact(pack, self.switches.drives(pack));
        }
    }

    fn move_contact(&mut self, pack: usize, driven: bool) {
        let it = self.packs[pack];
        let closed = (driven || it.welded) && !it.blown && it.u > 0.0;
        if closed == self.conducting[pack] {
            return;
        }
        self.conducting[pack] = closed;
        self.changes.push(Change {
            at_ms: self.now_ms,
            pack,
            closed,
        });
        self.worst_circulation = self.worst_circulation.max(self.circulation());
    }

    /// One pass of the controller, and what its switches do.
    pub fn pass(&mut self) {
        self.move_contacts();
        let currents = self.currents();
        let sensors: Vec<_> = currents
            .into_iter()
            .enumerate()
            .map(|(pack, current)| self.read(pack, current))
            .collect();
        let alerts: Vec<_> = self.packs.iter().map(|pack| pack.alert).collect();
        let requests = std::mem::take(&mut self.requests);
        let seen = Seen {
            now_ms: self.now_ms,
            sensors: &sensors,
            alerts: &alerts,
            requests: &requests,
        };
        self.controller.pass(&seen, &mut self.switches);
        self.move_contacts();
        self.now_ms += self.pass_ms;
    }

    /// Passes until this time.
    pub fn run_to(&mut self, ms: Ms) {
        while self.now_ms < ms {
            self.pass();
        }
    }

    /// Passes until this time or until something is so; whether it came.
    pub fn run_until(&mut self, ms: Ms, is_so: impl Fn(&Self) -> bool) -> bool {
        while self.now_ms < ms {
            self.pass();
            if is_so(self) {
                return true;
            }
        }
        false
    }

    /// How often the contact of a pack opened since a time.
    pub fn openings(&self, pack: usize, since_ms: Ms) -> usize {
        self.changes
            .iter()
            .filter(|change| change.pack == pack && !change.closed && change.at_ms >= since_ms)
            .count()
    }

    /// The controller starts again.
    pub fn reboot(&mut self) {
        self.controller = self.controller.reboot();
    }
}

fn largest(currents: &[f64]) -> f64 {
    currents.iter().fold(0.0, |worst, i| worst.max(i.abs()))
}
