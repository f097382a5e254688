//! The core itself: what it remembers, and the order of work in a step (rule D2).

use core::fmt;

use crate::{
    Command, Decision, Event, EventKind, Fault, Inputs, LedPattern, PackDecision, PackSet,
    PackState, ParamError, Params, Reason, SwitchCommand, SystemState, Waiting,
    clock::{Clock, Moment, Motion, millis_between},
    current_sum::CurrentSum,
    faults::has_recovered,
    fleet::Fleet,
    join::Joining,
    mode::ModeJudge,
    pack::Pack,
    samples::Filtered,
    service::Service,
    shedding::Shedding,
    system::System,
    tightening::Former,
};

/// Why a core cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StartError {
    /// A rack has at least one pack, and at most as many as the capacity of the core and 32.
    PackCount {
        /// What was asked for.
        packs: usize,
        /// The most this core takes.
        max: usize,
    },
    /// The parameters cannot be used.
    Params(ParamError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PackCount { packs, max } => {
                write!(f, "a rack of {packs} packs: this core takes 1 to {max}")
            }
            Self::Params(error) => write!(f, "the parameters cannot be used: {error}"),
        }
    }
}

impl core::error::Error for StartError {}

/// The decision core for up to `N` packs.
///
/// A pure function of what it is told: it has no clock, touches no bus, waits for nothing and never panics. The same
/// inputs give the same decisions on every target and for every capacity `N`.
#[derive(Debug, Clone, Copy)]
pub struct Core<const N: usize> {
    pub(crate) params: Params,
    pub(crate) count: usize,
    pub(crate) packs: [Pack; N],
    pub(crate) clock: Clock,
    pub(crate) system: System,
    pub(crate) mode: ModeJudge,
    pub(crate) joining: Joining,
    pub(crate) fleet: Fleet,
    pub(crate) shedding: Shedding,
    pub(crate) current_sum: CurrentSum,
    pub(crate) service: Service,
    pub(crate) former: Option<Former>,
    pub(crate) seq: u32,
}

/// One step in the making.
pub(crate) struct Step<'a, const N: usize> {
    pub(crate) inputs: &'a Inputs<N>,
    pub(crate) moment: Moment,
    pub(crate) decision: &'a mut Decision<N>,
    /// What opens now opens together with a pack whose current is too high to break.
    pub(crate) hold_back: bool,
    /// A switch was told something that changes which packs are connected, or how.
    pub(crate) switched: bool,
    /// The path of a pack that has not shown its own, in thousandths of `r_nom`.
    pub(crate) typical: u16,
    /// Number of the last event.
    seq: u32,
}

impl<const N: usize> Step<'_, N> {
    fn push(
        &mut self,
        pack: Option<u8>,
        kind: EventKind,
        reason: Option<Reason>,
        value: i32,
        limit: i32,
    ) {
        self.seq = self.seq.wrapping_add(1);
        self.decision.events.push(Event {
            seq: self.seq,
            now_ms: self.moment.now_ms,
            pack,
            kind,
            reason,
            value,
            limit,
        });
    }

    /// Writes down what happened to the rack.
    pub(crate) fn rack_event(
        &mut self,
        kind: EventKind,
        reason: Option<Reason>,
        value: i32,
        limit: i32,
    ) {
        self.push(None, kind, reason, value, limit);
    }

    /// Writes down what happened to pack `index`.
    pub(crate) fn pack_event(
        &mut self,
        index: usize,
        kind: EventKind,
        reason: Reason,
        value: i32,
        limit: i32,
    ) {
        self.push(u8::try_from(index).ok(), kind, Some(reason), value, limit);
    }

    /// Writes down that something is wrong with pack `index` which opens nothing, or that it is over.
    pub(crate) fn alarm(&mut self, index: usize, fault: Fault, on: bool, value: i32, limit: i32) {
        self.pack_event(index, EventKind::alarm(on), fault.into(), value, limit);
    }
}

impl<const N: usize> Core<N> {
    /// A core for a rack of `packs` packs, everything open and nothing known.
    ///
    /// # Errors
    /// When the number of packs or the parameters cannot be used.
    pub fn new(packs: usize, params: Params) -> Result<Self, StartError> {
        let max = N.min(32);
        if packs == 0 || packs > max {
            return Err(StartError::PackCount { packs, max });
        }
        params.check().map_err(StartError::Params)?;
        Ok(Self {
            params,
            count: packs,
            packs: [Pack::default(); N],
            clock: Clock::default(),
            system: System::default(),
            mode: ModeJudge::default(),
            joining: Joining::default(),
            fleet: Fleet::default(),
            shedding: Shedding::default(),
            current_sum: CurrentSum::default(),
            service: Service::default(),
            former: None,
            seq: 0,
        })
    }

    /// The parameters in force.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Number of packs.
    #[must_use]
    pub fn packs(&self) -> usize {
        self.count
    }

    /// Makes one decision. `now_ms` counts from boot.
    pub fn step(&mut self, now_ms: u64, inputs: &Inputs<N>) -> Decision<N> {
        let mut decision = Decision::default();
        self.decide(now_ms, inputs, &mut decision);
        decision
    }

    /// Writes the decision where it is wanted: it is too large to be handed on.
    fn decide(&mut self, now_ms: u64, inputs: &Inputs<N>, decision: &mut Decision<N>) {
        let moment = self.clock.advance(now_ms, &self.params);
        let mut step = Step {
            inputs,
            moment,
            decision,
            hold_back: false,
            switched: false,
            typical: 0,
            seq: self.seq,
        };
        self.note_clock(&mut step);
        self.take_samples(&mut step);
        step.typical = self.typical_path();
        self.confirm_switches(&step);
        self.count_delays(&step);
        self.judge_system(&mut step);
        self.judge_hard_faults(&mut step);
        self.judge_stuck_switches(&mut step);
        self.judge_last_join(&mut step);
        self.judge_delayed_openings(&mut step);
        self.judge_current_sum(&mut step);
        let view = self.view(&step);
        self.judge_soft_faults(&mut step, &view);
        self.judge_service(&mut step);
        let view = if self.execute_commands(&mut step) {
            step.typical = self.typical_path();
            self.view(&step)
        } else {
            view
        };
        self.recover(&mut step);
        self.mode.judge(&self.params, inputs, &moment, view.current);
        let mut verdicts = [Verdict::of(Waiting::WaitingTurn); N];
        self.join(&mut step, &view, &mut verdicts);
        if step.switched {
            let view = self.view(&step);
            self.limit_fleet(&mut step, &view);
        } else {
            self.limit_fleet(&mut step, &view);
        }
        for ((slot, pack), verdict) in step
            .decision
            .packs
            .iter_mut()
            .zip(self.packs.iter_mut())
            .zip(&verdicts)
            .take(self.count)
        {
            let precharges = pack.precharge.is_active();
            pack.open_commanded = !pack.closed && !precharges;
            let state = pack.state(&moment);
            *slot = PackDecision {
                command: if pack.closed {
                    SwitchCommand::Closed
                } else if precharges {
                    SwitchCommand::Precharge
                } else {
                    SwitchCommand::Open
                },
                state,
                reason: pack.reason(state),
                predicted: verdict.predicted,
                difference: verdict.difference,
                value: verdict.value,
                limit: verdict.limit,
                eligible_in_ms: verdict.eligible_in_ms,
                score: pack.backoff.score(),
                closes: pack.closes,
            };
            if state == PackState::Open {
                slot.reason = verdict.reason;
            } else if let Some(trouble) =
                pack.trouble.filter(|_| !pack.closed || pack.is_breaking())
            {
                slot.value = trouble.value;
                slot.limit = trouble.limit;
            } else if let Some(found) = pack.soft.alarm() {
                slot.value = found.value;
                slot.limit = found.limit;
            }
            if state == PackState::StuckClosed {
                slot.value = pack.current().get();
                slot.limit = self.params.i_leak.get();
            }
            if let PackState::Cooldown { until_ms } = state {
                let left = millis_between(moment.core_ms, until_ms);
                // Time alone does not help where the condition lasts.
                let helps = pack.trouble.is_some_and(|trouble| {
                    has_recovered(trouble.fault, pack, &self.params, self.mode.mode())
                });
                slot.eligible_in_ms = helps.then_some(left);
            }
        }
        self.report_system(&mut step);
        self.seq = step.seq;
    }

    fn note_clock(&mut self, step: &mut Step<'_, N>) {
        let regular = i32::try_from(self.params.tick_ms.saturating_mul(3)).unwrap_or(i32::MAX);
        let (kind, by_ms) = match step.moment.motion {
            Motion::Regular => return,
            Motion::Jumped { gap_ms } => (EventKind::ClockJump, gap_ms),
            Motion::Backwards { by_ms } => (EventKind::ClockBackwards, by_ms),
        };
        let value = i32::try_from(by_ms).unwrap_or(i32::MAX);
        step.rack_event(kind, None, value, regular);
    }

    fn take_samples(&mut self, step: &mut Step<'_, N>) {
        let regular = step.moment.motion == Motion::Regular;
        for index in 0..self.count {
            let Some((pack, input)) = self.packs.get_mut(index).zip(step.inputs.packs.get(index))
            else {
                continue;
            };
            let taken = pack.samples.take(input, &self.params, &step.moment);
            pack.newest = taken.newest;
            if taken.new_current && !pack.closed && !pack.seen_open {
                let open_ms = millis_between(pack.changed_at_ms, step.moment.core_ms);
                let since = pack.samples.current_age_ms() < open_ms;
                pack.seen_open = since && !pack.is_frozen();
            }
            // A jump hides how much charge has flowed, and an opened pack begins anew.
            let counted = regular && pack.closed;
            pack.rest = pack.rest.filter(|_| counted);
            let current = pack.current();
            if let Some(rest) = &mut pack.rest {
                rest.count(current, step.moment.elapsed_ms, &self.params);
            }
            let was_outside = pack.learned.is_out_of_range();
            if let Some(change) = taken.change {
                pack.learned.take(&change, &self.params);
            }
            if pack.may_be_another(&self.params) {
                pack.learned.forget();
            }
            let outside = pack.learned.is_out_of_range();
            let first = pack.samples.dropped() == 1;
            let dropped = match taken.filtered {
                Filtered::Dropped { value, limit } => Some((value.get(), limit.get())),
                Filtered::Passed => None,
            };
            if let Some((value, limit)) = dropped.filter(|_| first) {
                let pack = u8::try_from(index).ok();
                step.push(pack, EventKind::SampleDropped, None, value, limit);
            }
            if outside != was_outside {
                let fault = Fault::ResistanceRange;
                step.alarm(index, fault, outside, 0, 0);
            }
        }
    }

    /// A switch counts as open only when the command was read back, and as closed until then.
    fn confirm_switches(&mut self, step: &Step<'_, N>) {
        let confirmed = step.inputs.io.write_ok && step.inputs.io.readback_ok;
        for (pack, input) in self
            .packs
            .iter_mut()
            .zip(&step.inputs.packs)
            .take(self.count)
        {
            let says_closed = input.switch_feedback == Some(crate::SwitchFeedback::Closed);
            if pack.closed {
                pack.close_confirmed |= confirmed;
            } else if says_closed {
                pack.maybe_connected = true;
            } else if confirmed && pack.open_commanded {
                pack.maybe_connected = false;
                pack.precharge.has_left();
            }
        }
    }

    /// Packs that are, or may be, connected to the bus: also one whose current shows it before its switch can be called
    /// stuck.
    pub(crate) fn connected(&self) -> PackSet {
        self.packs
            .iter()
            .take(self.count)
            .enumerate()
            .filter(|(_, pack)| pack.may_conduct(&self.params))
            .map(|(index, _)| index)
            .collect()
    }

    /// Executes what was commanded; says whether there was anything.
    fn execute_commands(&mut self, step: &mut Step<'_, N>) -> bool {
        let any = step.inputs.commands.iter().any(Option::is_some);
        for (position, command) in step.inputs.commands.iter().enumerate() {
            if let Some(command) = command {
                self.execute(step, position, *command);
            }
        }
        if let Some(params) = &step.inputs.new_params {
            self.apply_params(step, params);
        }
        if let Some(error) = step.inputs.unreadable_params {
            self.refuse_params(step, &error);
        }
        any || step.inputs.new_params.is_some()
    }

    fn execute(&mut self, step: &mut Step<'_, N>, position: usize, command: Command) {
        let done = match command {
            Command::Enable { pack } => self.set_disabled(step, pack.into(), false),
            Command::Disable { pack } => self.set_disabled(step, pack.into(), true),
            Command::Clear { pack, fault } => self.clear(step, pack.into(), fault),
            Command::Arm => self.arm(step),
            // Taken before everything else in the step.
            Command::EStop => true,
            Command::Service { enter } => self.set_service(step, enter),
            Command::Test { pack } => self.test(step, pack.into()),
        };
        if !done {
            let value = i32::try_from(position).unwrap_or(i32::MAX);
            step.rack_event(EventKind::CommandRefused, None, value, 0);
        }
    }

    fn set_disabled(&mut self, step: &mut Step<'_, N>, index: usize, disabled: bool) -> bool {
        let Some(pack) = self.packs.iter_mut().take(self.count).nth(index) else {
            return false;
        };
        if pack.disabled == disabled {
            return true;
        }
        pack.disabled = disabled;
        let kind = if disabled {
            EventKind::Disabled
        } else {
            EventKind::Enabled
        };
        step.pack_event(index, kind, Waiting::Operator.into(), 0, 0);
        if disabled {
            self.open(step, index, Waiting::Operator.into(), 0, 0);
        }
        true
    }

    /// Ends a latch, a cool-down or a stuck switch when the command names the fault in force.
    fn clear(&mut self, step: &mut Step<'_, N>, index: usize, fault: Fault) -> bool {
        let leak = self.params.i_leak.get();
        let soft_ms = self.params.age_soft_ms;
        let Some(pack) = self.packs.iter_mut().take(self.count).nth(index) else {
            return false;
        };
        let quiet = pack.current().get().saturating_abs() < leak && pack.is_fresh(soft_ms);
        if pack.stuck == Some(fault) {
            if !quiet {
                return false;
            }
            pack.stuck = None;
            pack.leak_samples = 0;
        } else if pack.stuck.is_none()
            && !pack.closed
            && pack.trouble.is_some_and(|trouble| trouble.fault == fault)
        {
            pack.trouble = None;
        } else {
            return Self::clear_alarm(pack, step, index, fault);
        }
        pack.samples.restart();
        pack.backoff = crate::backoff::Backoff::default();
        step.pack_event(index, EventKind::Cleared, fault.into(), 0, 0);
        true
    }

    /// Ends what keeps a pack from joining without being a fault of it; its score is another matter.
    fn clear_alarm(pack: &mut Pack, step: &mut Step<'_, N>, index: usize, fault: Fault) -> bool {
        let over = match fault {
            Fault::Precharge => pack.precharge.forgive(),
            Fault::ResistanceRange => !pack.closed && pack.learned.forgive(),
            _ => false,
        };
        if over {
            // No command closes a switch: what was forgiven is judged by new samples.
            pack.samples.restart();
            step.alarm(index, fault, false, 0, 0);
            step.pack_event(index, EventKind::Cleared, fault.into(), 0, 0);
        }
        over
    }

    fn report_system(&mut self, step: &mut Step<'_, N>) {
        let troubled = self
            .packs
            .iter()
            .take(self.count)
            .any(|pack| pack.trouble.is_some() || pack.stuck.is_some());
        let asked = self.shedding.is_on() || self.any_breaking();
        let serviced = self.service.is_on();
        let decision = &mut *step.decision;
        decision.system = match self.system.state() {
            SystemState::Running if asked => SystemState::Shedding,
            SystemState::Idle | SystemState::Running if serviced => SystemState::Service,
            state => state,
        };
        decision.system_reason = self.system.cause().map(Reason::Fault);
        decision.led = match decision.system {
            SystemState::Boot => LedPattern::Boot,
            SystemState::SafeOff => LedPattern::SafeOff,
            _ if troubled => LedPattern::Degraded,
            SystemState::Idle => LedPattern::Idle,
            SystemState::Running | SystemState::Shedding | SystemState::Service => {
                LedPattern::Running
            }
        };
    }
}

/// What the joining rules say about one pack, for the report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) reason: Reason,
    pub(crate) predicted: Option<battery_units::Milliamps>,
    pub(crate) difference: Option<battery_units::Millivolts>,
    pub(crate) value: i32,
    pub(crate) limit: i32,
    pub(crate) eligible_in_ms: Option<u32>,
}

impl Verdict {
    pub(crate) const fn of(waiting: Waiting) -> Self {
        Self::because(Reason::Waiting(waiting))
    }

    pub(crate) const fn because(reason: Reason) -> Self {
        Self {
            reason,
            predicted: None,
            difference: None,
            value: 0,
            limit: 0,
            eligible_in_ms: None,
        }
    }

    pub(crate) const fn against(self, value: i32, limit: i32) -> Self {
        Self {
            value,
            limit,
            ..self
        }
    }
}
