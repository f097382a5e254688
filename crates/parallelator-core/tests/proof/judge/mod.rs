//! The judge: one function an invariant. It works from inputs, commands, answers and the true rack; what it remembers it
//! worked out itself.

mod joins;
mod limits;
mod openings;
mod states;

use parallelator_core::*;

use crate::{
    rack::{N, Truth},
    tally::Tally,
};

/// What kind of new parameters a step brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    None,
    /// Not valid as a whole.
    Invalid,
    /// Valid, with something looser than before.
    Looser,
    /// Valid, nothing looser.
    Tighter,
}

/// One step as the judge sees it.
pub struct Seen<'a> {
    pub now_ms: u64,
    pub inputs: &'a Inputs<N>,
    pub decision: &'a Decision<N>,
    pub truth: &'a Truth,
    /// Sensors and resistances keep to their promise, and whatever conducts is known to do so.
    pub exact: bool,
    /// No part of the rack has a fault, and the bus current keeps to DCL and CCL.
    pub obeys: bool,
    /// No part of the rack has a fault.
    pub healthy: bool,
    pub offer: Offer,
    /// The answer to the same step without its commands, where it had some.
    pub without_commands: Option<&'a Decision<N>>,
    /// The answer to the same step with one parameter tighter, and its name.
    pub tightened: Option<(&'a Decision<N>, &'static str)>,
}

impl Seen<'_> {
    fn closed(&self, index: usize) -> bool {
        self.decision.packs[index].command == SwitchCommand::Closed
    }
}

/// The last readings of one pack, by the judge's own clock.
#[derive(Debug, Clone, Copy, Default)]
struct Readings {
    voltage: Option<(i128, i32)>,
    current: Option<(i128, i32)>,
    /// What the step brought is newer than what was known.
    voltage_is_new: bool,
    current_is_new: bool,
    /// New readings of both since the start.
    count: u32,
    /// Possible voltages offered, the newest first.
    offered: [Option<i32>; 24],
}

/// What the judge remembers.
pub struct Judge {
    params: Params,
    /// Parameters before a tightening, until this core time.
    former: Option<(Params, u64)>,
    count: usize,
    previous: Decision<N>,
    core_ms: u64,
    real_ms: i128,
    last_now_ms: Option<u64>,
    regular: bool,
    /// Steps since the clock stood still, when what came could not be told from what was there.
    moving: usize,
    readings: [Readings; N],
    latched: [Option<&'static str>; N],
    cooling: [Option<u64>; N],
    /// Joins of the last hour: time over all starts, and the pack.
    joins: Vec<(u64, usize)>,
    /// Core time of all starts before this one.
    before_ms: u64,
    last_join_ms: Option<u64>,
    estopped: bool,
    /// The record of the last start could not be read, and nobody has armed the rack since.
    record_lost: bool,
    seq: u32,
    waiting_since: [Option<i128>; N],
    last_soft_ms: Option<u64>,
    last_soft_was_delayed: bool,
    /// Core time until which a pack that a fault has opened may not come back.
    backs_off: [Option<u64>; N],
    score_at_reboot: Option<[u8; N]>,
    pub tally: Tally,
}

impl Judge {
    /// A judge of a rack that has just started.
    pub fn new(count: usize, params: Params) -> Self {
        Self {
            params,
            former: None,
            count,
            previous: Decision::default(),
            core_ms: 0,
            real_ms: 0,
            last_now_ms: None,
            regular: true,
            moving: 0,
            readings: [Readings::default(); N],
            latched: [None; N],
            cooling: [None; N],
            joins: Vec::new(),
            before_ms: 0,
            last_join_ms: None,
            estopped: false,
            record_lost: false,
            seq: 0,
            waiting_since: [None; N],
            last_soft_ms: None,
            last_soft_was_delayed: false,
            backs_off: [None; N],
            score_at_reboot: None,
            tally: Tally::default(),
        }
    }

    /// The controller starts again, with its record or without one that can be read.
    pub fn reboot(&mut self, torn: bool) {
        let mut after = Self::new(self.count, self.params);
        after.tally = std::mem::take(&mut self.tally);
        for (index, pack) in self.previous.packs.iter().enumerate() {
            after.previous.packs[index].closes = if torn { 0 } else { pack.closes };
        }
        after.estopped = self.estopped && !torn;
        after.record_lost = torn || self.record_lost;
        if !torn {
            // The controller is back at once: the least time that can have passed.
            after.joins = std::mem::take(&mut self.joins);
            after.before_ms = self.before_ms + self.core_ms;
            after.latched = self.latched;
            after.score_at_reboot = Some(self.previous.packs.map(|pack| pack.score));
            for (index, pack) in self.previous.packs.iter().enumerate().take(self.count) {
                let stuck = pack.state == PackState::StuckClosed;
                if pack.score > 0 && !stuck && self.latched[index].is_none() {
                    let doubled = u64::from(self.params.t_backoff0_ms) << (pack.score - 1).min(30);
                    after.cooling[index] = Some(doubled.min(self.params.t_backoff_max_ms.into()));
                }
            }
        }
        *self = after;
    }

    /// Judges one step by every sentence.
    pub fn judge(&mut self, seen: &Seen<'_>) {
        self.tally.steps += 1;
        self.hear(seen);
        self.judge_openings(seen);
        self.take_parameters(seen);
        self.judge_joins(seen);
        self.judge_states(seen);
        self.judge_limits(seen);
        self.previous = *seen.decision;
    }

    /// One case of invariant `number`: does it hold?
    fn holds(&mut self, number: usize, holds: bool, what: impl FnOnce() -> String) {
        self.tally.case(number, holds, what);
    }

    fn was_closed(&self, index: usize) -> bool {
        self.previous.packs[index].command == SwitchCommand::Closed
    }

    fn closed_before(&self) -> usize {
        (0..self.count)
            .filter(|&index| self.was_closed(index))
            .count()
    }

    /// Age of the older of voltage and current.
    fn age_ms(&self, index: usize) -> Option<i128> {
        let readings = &self.readings[index];
        Some(self.real_ms - readings.voltage?.0.min(readings.current?.0))
    }

    fn last_current(&self, index: usize) -> i64 {
        self.readings[index]
            .current
            .map_or(0, |(_, current)| current.into())
    }

    /// Clock, readings and parameters of the step.
    fn hear(&mut self, seen: &Seen<'_>) {
        let last = self.last_now_ms.unwrap_or(seen.now_ms);
        let gap = seen.now_ms.saturating_sub(last);
        let longest = u64::from(self.params.tick_ms) * 3;
        self.regular = seen.now_ms >= last && gap <= longest;
        self.core_ms += gap.min(longest);
        self.real_ms += i128::from(gap);
        self.moving = if gap == 0 { 0 } else { self.moving + 1 };
        self.last_now_ms = Some(seen.now_ms);
        let highest = self.highest_possible();
        for (readings, input) in self.readings.iter_mut().zip(&seen.inputs.packs) {
            let newer = |last: Option<(i128, i32)>, age: u32| {
                let stamp = self.real_ms - i128::from(age);
                last.is_none_or(|(last, _)| stamp > last).then_some(stamp)
            };
            let volts = input.voltage.value.get();
            let possible =
                input.voltage.quality == Quality::Good && (0..=highest).contains(&i64::from(volts));
            let at = newer(readings.voltage, input.voltage.age_ms);
            readings.voltage_is_new = at.is_some();
            let at = at.filter(|_| possible);
            let new_voltage = at.is_some();
            if let Some(at) = at {
                readings.voltage = Some((at, volts));
                readings.offered.rotate_right(1);
                readings.offered[0] = Some(volts);
            }
            let measured = input.current.quality != Quality::Missing;
            let at = newer(readings.current, input.current.age_ms).filter(|_| measured);
            readings.current_is_new = at.is_some();
            if let Some(at) = at {
                readings.current = Some((at, input.current.value.get()));
            }
            readings.count += u32::from(new_voltage && at.is_some());
        }
    }

    /// The end of the possible voltages, by the parameters that still trip.
    fn highest_possible(&self) -> i64 {
        let top = |params: &Params| i64::from(params.v_ov_abs.get()) * 3 / 2;
        self.former.map_or(top(&self.params), |(former, _)| {
            top(&former).max(top(&self.params))
        })
    }

    /// The parameters that may still decide what opens a pack.
    fn tripping(&self) -> [Params; 2] {
        let former = self.former.filter(|(_, until)| self.core_ms < *until);
        [
            self.params,
            former.map_or(self.params, |(former, _)| former),
        ]
    }

    fn events(seen: &Seen<'_>, kind: EventKind) -> impl Iterator<Item = Event> {
        seen.decision
            .events
            .iter()
            .filter(move |event| event.kind == kind)
    }

    /// What the parameters became in this step: openings are judged by those before, joins by the new ones.
    fn take_parameters(&mut self, seen: &Seen<'_>) {
        let applied = Self::events(seen, EventKind::ConfigApplied)
            .next()
            .is_some();
        let Some(params) = seen.inputs.new_params.filter(|_| applied) else {
            return;
        };
        let pending = self.former.filter(|(_, until)| self.core_ms < *until);
        self.former = pending.or(Some((
            self.params,
            self.core_ms + u64::from(params.t_shed_ms),
        )));
        self.params = params;
    }
}

/// The packs that a clear command of this step names, with the fault.
fn clears(inputs: &Inputs<N>) -> impl Iterator<Item = (usize, Fault)> {
    inputs
        .commands
        .iter()
        .flatten()
        .filter_map(|command| match command {
            Command::Clear { pack, fault } => Some((usize::from(*pack), *fault)),
            _ => None,
        })
}
