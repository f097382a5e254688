//! What every version of the controller is given and gives: the same for the originals' models and for the core.

use crate::{models, ours};

/// Milliseconds of simulated time.
pub type Ms = u64;

/// What the sensor at one address says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensor {
    /// Nobody answers at this address: it is not there.
    Absent,
    /// It was found, but this reading failed.
    Silent,
    /// It answers; the current is positive when the pack is charged.
    Reads { mv: i32, ma: i32, at_end: bool },
}

/// What an operator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Switch this pack off.
    Off(usize),
    /// Measure the resistance of this pack.
    MeasureResistance(usize),
    /// No pack below this voltage may be connected.
    SetMinimum { mv: i32 },
}

/// All that a controller may know in one pass.
pub struct Seen<'a> {
    pub now_ms: Ms,
    /// One for each address, in the order of the addresses.
    pub sensors: &'a [Sensor],
    /// The alert lines of the sensors.
    pub alerts: &'a [bool],
    pub requests: &'a [Request],
}

/// Outputs of one expander.
pub const PER_EXPANDER: usize = 4;

/// The switch outputs behind their expanders: what was written, and whether it could be.
pub struct Switches {
    latched: Vec<bool>,
    pub answers: Vec<bool>,
    /// Lost by a brown-out; an expander without its set-up drives nothing.
    pub is_set_up: Vec<bool>,
    /// No write gets through.
    pub lost: bool,
    /// Successful writes of this pass in their order.
    pub writes: Vec<(usize, bool)>,
}

/// A write was not acknowledged.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAcknowledged;

impl Switches {
    pub fn new(slots: usize) -> Self {
        let expanders = slots / PER_EXPANDER;
        Self {
            latched: vec![false; slots],
            answers: vec![true; expanders],
            is_set_up: vec![true; expanders],
            lost: false,
            writes: Vec::new(),
        }
    }

    /// Writes one output.
    pub fn write(&mut self, slot: usize, on: bool) -> Result<(), NotAcknowledged> {
        if self.lost || !self.answers[slot / PER_EXPANDER] {
            return Err(NotAcknowledged);
        }
        self.latched[slot] = on;
        self.writes.push((slot, on));
        Ok(())
    }

    /// Reads one output back.
    pub fn read(&self, slot: usize) -> Result<bool, NotAcknowledged> {
        if self.lost || !self.answers[slot / PER_EXPANDER] {
            return Err(NotAcknowledged);
        }
        Ok(self.latched[slot])
    }

    /// What the output really drives.
    pub fn drives(&self, slot: usize) -> bool {
        self.latched[slot] && self.is_set_up[slot / PER_EXPANDER]
    }

    /// The supply of an expander fails for a moment.
    pub fn brown_out(&mut self, expander: usize) {
        self.is_set_up[expander] = false;
    }
}

/// One version of the controller.
pub trait Controller {
    /// Called every 100 ms; a version with a longer period does nothing in between.
    fn pass(&mut self, seen: &Seen<'_>, switches: &mut Switches);

    /// Whether it says that this pack is connected.
    fn says_closed(&self, slot: usize) -> bool;

    /// Whether it says that this pack conducts though it was switched off.
    fn says_stuck(&self, _slot: usize) -> bool {
        false
    }

    /// The largest current for which it calibrates its sensors, in milliamps.
    fn full_scale_ma(&self) -> Option<i32> {
        None
    }

    /// The same controller after a restart, with what it kept over it.
    fn reboot(&self) -> Box<dyn Controller>;
}

/// Which controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V1Loop,
    Legacy,
    Production,
    FirstPort,
    SecondPort,
    Ours,
}

pub const ORIGINALS: [Version; 5] = [
    Version::V1Loop,
    Version::Legacy,
    Version::Production,
    Version::FirstPort,
    Version::SecondPort,
];

/// What a scenario changes of a controller before it starts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Setup {
    /// With the soft balancing, where a version has one.
    pub balancing: bool,
    /// With the sensor calibration that the version ships with; without it every sensor reaches far enough.
    pub own_calibration: bool,
    /// With a charge limit equal to the discharge limit, where a version left it unset.
    pub charge_limit: bool,
}

/// Continuous limit of every pack in every version. Two of the originals ship with a tenth of it.
pub const LIMIT_MA: i32 = 10_000;

impl Version {
    pub fn name(self) -> &'static str {
        match self {
            Self::V1Loop => "v1 loop",
            Self::Legacy => "legacy",
            Self::Production => "production",
            Self::FirstPort => "first port",
            Self::SecondPort => "second port",
            Self::Ours => "this core",
        }
    }

    pub fn build(self, slots: usize, setup: Setup) -> Box<dyn Controller> {
        match self {
            Self::V1Loop => Box::new(models::v1_loop::V1Loop::new(slots)),
            Self::Legacy => Box::new(models::legacy::Legacy::new(slots, setup)),
            Self::Production => Box::new(models::production::Production::new(slots, setup)),
            Self::FirstPort => Box::new(models::first_port::FirstPort::new(slots)),
            Self::SecondPort => Box::new(models::second_port::SecondPort::new(slots, setup)),
            Self::Ours => Box::new(ours::Ours::new(slots, setup)),
        }
    }
}
