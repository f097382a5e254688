//! What the core remembers of one pack. Its state and the reason are derived from it, never stored beside it.

use battery_units::{Milliamps, Millivolts};

use crate::{
    Fault, FaultClass, PackState, Params, Reason, Waiting,
    backoff::Backoff,
    clock::Moment,
    precharge::Precharge,
    resistance::Learned,
    samples::{Newest, SAMPLES_TO_START, Samples},
    soft::SoftFaults,
    source::{Rest, Source},
    stuck::is_leak,
    wear::Wear,
};

/// A fault in force on a pack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trouble {
    pub(crate) fault: Fault,
    /// Only a clear command ends it.
    pub(crate) latched: bool,
    /// Core time until which the pack stays open.
    pub(crate) until_ms: u64,
    pub(crate) value: i32,
    pub(crate) limit: i32,
    /// It took the bus to zero by a current no pack should carry: the bus itself may be shorted.
    pub(crate) suspects_bus: bool,
}

/// Memory of one pack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pack {
    pub(crate) samples: Samples,
    /// What this step brought.
    pub(crate) newest: Newest,
    /// The command in force.
    pub(crate) closed: bool,
    /// The close command was read back.
    pub(crate) close_confirmed: bool,
    /// It may be connected: commanded closed, or not confirmed open since.
    pub(crate) maybe_connected: bool,
    /// An open command was given in the step before, so that a read-back now confirms it.
    pub(crate) open_commanded: bool,
    /// Core time of the last change of the command.
    pub(crate) changed_at_ms: u64,
    /// Current when it was opened last.
    pub(crate) opened_with: Milliamps,
    /// Why it was opened last, for the time until the opening is confirmed.
    pub(crate) opened_by: Reason,
    pub(crate) disabled: bool,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) stuck: Option<Fault>,
    /// The last good sample is older than `age_hard`.
    pub(crate) stale: bool,
    /// Its current was measured since it was opened last.
    pub(crate) seen_open: bool,
    pub(crate) leak_samples: u8,
    pub(crate) missing_samples: u8,
    /// One more than the time an opening has waited for the current to fall; zero when none waits.
    pub(crate) breaking_ms: u32,
    pub(crate) soft: SoftFaults,
    pub(crate) precharge: Precharge,
    pub(crate) learned: Learned,
    pub(crate) backoff: Backoff,
    pub(crate) wear: Wear,
    pub(crate) closes: u32,
    pub(crate) last_fault: Option<Fault>,
    /// Its open-circuit estimate when the last join was made, in microvolts.
    pub(crate) at_join_uv: i32,
    /// What it knew when this pack joined.
    pub(crate) rest: Option<Rest>,
}

impl Default for Pack {
    fn default() -> Self {
        Self {
            samples: Samples::default(),
            newest: Newest::Known,
            closed: false,
            close_confirmed: false,
            maybe_connected: true,
            open_commanded: false,
            changed_at_ms: 0,
            opened_with: Milliamps::ZERO,
            opened_by: Reason::Waiting(Waiting::Boot),
            disabled: false,
            trouble: None,
            stuck: None,
            stale: false,
            seen_open: true,
            leak_samples: 0,
            missing_samples: 0,
            breaking_ms: 0,
            soft: SoftFaults::default(),
            precharge: Precharge::default(),
            learned: Learned::default(),
            backoff: Backoff::default(),
            wear: Wear::default(),
            closes: 0,
            last_fault: None,
            at_join_uv: 0,
            rest: None,
        }
    }
}

impl Pack {
    /// The state, derived.
    pub(crate) fn state(&self, moment: &Moment) -> PackState {
        if self.stuck.is_some() {
            return PackState::StuckClosed;
        }
        if self.is_breaking() {
            return PackState::Opening;
        }
        if self.precharge.is_active() {
            return PackState::Precharge;
        }
        if self.closed {
            return if self.close_confirmed {
                PackState::Closed
            } else {
                PackState::Closing
            };
        }
        if self.maybe_connected {
            return PackState::Opening;
        }
        match self.trouble {
            Some(trouble) if trouble.latched => return PackState::Latched,
            Some(trouble) if !self.disabled && moment.core_ms < trouble.until_ms => {
                return PackState::Cooldown {
                    until_ms: trouble.until_ms,
                };
            }
            Some(_) if !self.disabled => return PackState::Fault,
            _ => {}
        }
        if self.disabled {
            PackState::Disabled
        } else if !self.samples.seen() {
            PackState::Absent
        } else if self.stale {
            PackState::Fault
        } else if self.samples.good() < SAMPLES_TO_START {
            PackState::Init
        } else {
            PackState::Open
        }
    }

    /// The reason that goes with the state; what an open, healthy pack waits for is the joining rules' to say.
    pub(crate) fn reason(&self, state: PackState) -> Reason {
        let trouble = || self.trouble.map(|trouble| trouble.fault);
        match state {
            PackState::Absent => Waiting::NoSensor.into(),
            PackState::Init => Waiting::CollectingSamples.into(),
            PackState::Open => Waiting::WaitingTurn.into(),
            PackState::Precharge => Waiting::Precharging.into(),
            PackState::Closing => Waiting::Closing.into(),
            // Connected all the same, with an alarm that names what is wrong.
            PackState::Closed => self
                .soft
                .alarm()
                .map_or(Waiting::Connected.into(), |found| found.fault.into()),
            PackState::Opening => self.opened_by,
            PackState::Disabled => Waiting::Operator.into(),
            PackState::StuckClosed => self.stuck.unwrap_or(Fault::StuckClosed).into(),
            PackState::Cooldown { .. } | PackState::Fault | PackState::Latched => {
                trouble().unwrap_or(Fault::StaleData).into()
            }
        }
    }

    /// Whether the pack may hold the bus: commanded so, not confirmed open, stuck, or carrying what it should block.
    ///
    /// What it carried when it was opened says nothing: its sensor may have fallen silent with it.
    pub(crate) fn may_conduct(&self, params: &Params) -> bool {
        let shows = self.seen_open && !self.is_frozen();
        let leaks = shows && is_leak(params, self.current());
        self.maybe_connected || self.stuck.is_some() || leaks
    }

    /// Whether nothing but its pre-charge resistor connects the pack to the bus, or may do so still.
    pub(crate) fn is_behind_resistor(&self) -> bool {
        self.precharge.is_active() || (self.maybe_connected && self.precharge.is_leaving())
    }

    /// Whether the sensor shows nothing new after it was found frozen: what it goes on showing proves nothing.
    pub(crate) fn is_frozen(&self) -> bool {
        let frozen = |trouble: Trouble| trouble.fault == Fault::Frozen;
        self.newest != Newest::New && self.trouble.is_some_and(frozen)
    }

    /// Whether this was its last fault, and is not forgiven yet.
    pub(crate) fn is_on_probation(&self, fault: Fault) -> bool {
        self.last_fault == Some(fault) && self.backoff.score() > 0
    }

    /// Whether an opening waits for the current to fall.
    pub(crate) fn is_breaking(&self) -> bool {
        self.breaking_ms > 0
    }

    /// Whether a fault of class H0 or H1 is in force.
    pub(crate) fn has_hard_fault(&self) -> bool {
        self.trouble
            .is_some_and(|trouble| matches!(trouble.fault.class(), FaultClass::H0 | FaultClass::H1))
    }

    /// Whether the sample is there and not older than `limit_ms`.
    pub(crate) fn is_fresh(&self, limit_ms: u32) -> bool {
        self.samples.age_ms().is_some_and(|age| age <= limit_ms)
    }

    /// Whether another pack may have taken its place: nobody has seen it for a while, or there is next to no voltage.
    pub(crate) fn may_be_another(&self, params: &Params) -> bool {
        self.voltage() < params.half_floor() || !self.is_fresh(params.age_hard_ms)
    }

    /// What the predictor may know of the pack, when it has a sample that is not older than `age_soft`.
    pub(crate) fn source(&self, params: &Params, moment: &Moment, typical: u16) -> Option<Source> {
        if !self.is_fresh(params.age_soft_ms) {
            return None;
        }
        let voltage = self.samples.voltage()?;
        let path = self.learned.path(params, typical);
        let carries = self.current().get().saturating_abs() > params.i_leak.get();
        // What was measured while the resistor fed the bus is no voltage of an open pack.
        let fed = self.precharge.is_done();
        Some(
            if self.maybe_connected || self.stuck.is_some() || carries || fed {
                let source = Source::connected_by(path, params, voltage, self.samples.current()?);
                if self.is_behind_resistor() {
                    return Some(source.behind(path, params));
                }
                match &self.rest {
                    Some(rest) => source.narrowed_by(rest, params),
                    None => source,
                }
            } else {
                let since_ms = moment.core_ms.saturating_sub(self.changed_at_ms);
                Source::open_by(path, params, voltage, self.opened_with, since_ms)
            },
        )
    }

    /// Whether voltage and current of this step are newer than those before.
    pub(crate) fn has_new_sample(&self) -> bool {
        self.newest != Newest::Known
    }

    /// Whether the new sample has the voltage and the current of the one before.
    pub(crate) fn repeats_itself(&self) -> bool {
        self.newest == Newest::Repeated
    }

    /// Last voltage, zero before the first.
    pub(crate) fn voltage(&self) -> Millivolts {
        self.samples.voltage().unwrap_or(Millivolts::ZERO)
    }

    /// Last current, zero before the first.
    pub(crate) fn current(&self) -> Milliamps {
        self.samples.current().unwrap_or(Milliamps::ZERO)
    }
}
