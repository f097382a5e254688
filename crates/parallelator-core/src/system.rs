//! The state of the rack: boot, and the safe state with its causes (rules D1 and D2, fault class H1 of the rack).
//!
//! ```text
//!   Boot ---- all switches confirmed open, samples collected ----> Idle <----> Running
//!    |                                                              |            |
//!    +--------------> SafeOff{cause} <------------------------------+------------+
//!                        |  cause away for t_backoff0; after an e-stop: input released and armed
//!                        +-----------------------------------------------------> Idle
//! ```

use crate::{
    Command, Core, EventKind, Fault, Inputs, SwitchFeedback, SystemState,
    samples::SAMPLES_TO_START, step::Step,
};

/// State of the rack.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct System {
    ready: bool,
    cause: Option<Fault>,
    /// Core time since which the cause is away.
    away_since_ms: u64,
    /// An emergency stop, or a record that could not be read, waits for the arm command.
    stopped: bool,
    /// A record was there and could not be taken; nobody has armed the rack since.
    record_lost: bool,
    /// What else was wrong while it waited.
    also: Option<Fault>,
    /// Core time since which that is away.
    also_since_ms: u64,
    any_connected: bool,
}

impl System {
    pub(crate) fn state(&self) -> SystemState {
        if self.cause.is_some() {
            SystemState::SafeOff
        } else if !self.ready {
            SystemState::Boot
        } else if self.any_connected {
            SystemState::Running
        } else {
            SystemState::Idle
        }
    }

    /// Stays shut off for this reason until somebody arms the rack.
    pub(crate) fn hold(&mut self, fault: Fault) {
        self.stopped = true;
        self.cause = Some(fault);
    }

    /// Shut off because nothing is known of earlier faults.
    pub(crate) fn hold_for_lost_record(&mut self) {
        self.record_lost = true;
        self.hold(Fault::Config);
    }

    /// Whether earlier faults are unknown and nobody has armed the rack since.
    pub(crate) fn is_record_lost(&self) -> bool {
        self.record_lost
    }

    /// Whether an emergency stop waits for the arm command.
    pub(crate) fn is_estopped(&self) -> bool {
        self.stopped && self.cause == Some(Fault::EStop)
    }

    pub(crate) fn cause(&self) -> Option<Fault> {
        self.cause
    }

    pub(crate) fn allows_joins(&self) -> bool {
        self.ready && self.cause.is_none()
    }

    pub(crate) fn note_connected(&mut self, any: bool) {
        self.any_connected = any;
    }
}

/// What asks for the safe state in this step, the most urgent first.
fn present_cause<const N: usize>(inputs: &Inputs<N>) -> Option<Fault> {
    let io = &inputs.io;
    let commanded = inputs.commands.contains(&Some(Command::EStop));
    [
        (io.estop || commanded, Fault::EStop),
        (!io.write_ok, Fault::WriteFailed),
        (io.brown_out, Fault::BrownOut),
        (!io.readback_ok, Fault::ReadBack),
        (!io.topology_ok, Fault::Topology),
    ]
    .into_iter()
    .find_map(|(present, fault)| present.then_some(fault))
}

impl<const N: usize> Core<N> {
    /// Enters, keeps or leaves the safe state.
    pub(crate) fn judge_system(&mut self, step: &mut Step<'_, N>) {
        let core_ms = step.moment.core_ms;
        if let Some(fault) = present_cause(step.inputs) {
            self.system.away_since_ms = core_ms;
            if fault != Fault::EStop {
                self.system.also = Some(fault);
                self.system.also_since_ms = core_ms;
            }
            if fault == Fault::EStop && !self.system.is_estopped() {
                self.system.stopped = true;
                step.rack_event(EventKind::EStop, Some(fault.into()), 0, 0);
            }
            if self.system.cause.is_none() {
                step.rack_event(EventKind::SafeOff, Some(fault.into()), 0, 0);
            }
            // What waits for the arm command stays the cause until then; an emergency stop comes before everything.
            self.system.cause = match self.system.cause {
                Some(held) if self.system.stopped && fault != Fault::EStop => Some(held),
                _ => Some(fault),
            };
        } else if self.system.cause.is_some() && !self.system.stopped {
            let away_ms = core_ms.saturating_sub(self.system.away_since_ms);
            if away_ms >= self.params.t_backoff0_ms.into() {
                self.leave_safe_off(step);
            }
        }
        if let Some(fault) = self.system.cause {
            self.open_all(step, fault.into());
        } else if !self.system.ready {
            self.judge_boot(step);
        }
    }

    fn leave_safe_off(&mut self, step: &mut Step<'_, N>) {
        let fault = self.system.cause.take();
        self.system.also = None;
        step.rack_event(EventKind::SafeOffLeft, fault.map(Into::into), 0, 0);
    }

    /// Boot ends when every switch is confirmed open and every pack that is going to has given its samples. A pack without a
    /// sensor, or with a contact that says closed, holds the others up for `t_form` at most; the latter is taken for connected.
    fn judge_boot(&mut self, step: &mut Step<'_, N>) {
        let packs = || self.packs.iter().take(self.count);
        let all_open = packs().all(|pack| !pack.maybe_connected);
        let inputs = step.inputs.packs.iter();
        let all_told = packs().zip(inputs).all(|(pack, input)| {
            !pack.maybe_connected || input.switch_feedback == Some(SwitchFeedback::Closed)
        });
        let all_sampled = packs().all(|pack| pack.samples.good() >= SAMPLES_TO_START);
        let waited = step.moment.core_ms >= self.params.t_form_ms.into();
        if (all_open && all_sampled) || (all_told && waited) {
            self.system.ready = true;
            step.rack_event(EventKind::Ready, None, 0, 0);
        }
    }

    /// Leaves the emergency stop when its input is released.
    pub(crate) fn arm(&mut self, step: &mut Step<'_, N>) -> bool {
        let held = step.inputs.io.estop || step.inputs.commands.contains(&Some(Command::EStop));
        if !self.system.stopped || held {
            return false;
        }
        self.system.stopped = false;
        self.system.record_lost = false;
        step.rack_event(EventKind::Armed, None, 0, 0);
        let away_ms = step
            .moment
            .core_ms
            .saturating_sub(self.system.also_since_ms);
        let lasting = self
            .system
            .also
            .filter(|_| away_ms < self.params.t_backoff0_ms.into());
        match lasting {
            Some(fault) => {
                self.system.cause = Some(fault);
                self.system.away_since_ms = self.system.also_since_ms;
            }
            None => self.leave_safe_off(step),
        }
        true
    }
}
