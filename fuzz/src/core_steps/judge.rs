//! Sentences of the safety rules that can be judged from inputs and decisions alone.

use battery_units::{Milliamps, Millivolts};
use parallelator_core::{
    Command, Decision, EventKind, Inputs, PackState, Params, Quality, SwitchCommand,
};

use super::SMALL;

/// What was last measured of a quantity, and when.
type Known = Option<(i32, u64)>;

/// Remembers what the core was told.
pub(super) struct Judge {
    packs: usize,
    /// Sum of all gaps forward: sample ages run in it (rule D19).
    real_ms: u64,
    last_now_ms: Option<u64>,
    voltage: [Known; SMALL],
    current: [Known; SMALL],
    closed_before: [bool; SMALL],
    closes_before: [u32; SMALL],
    stopped: bool,
}

impl Judge {
    pub(super) fn new(packs: usize) -> Self {
        Self {
            packs,
            real_ms: 0,
            last_now_ms: None,
            voltage: [None; SMALL],
            current: [None; SMALL],
            closed_before: [false; SMALL],
            closes_before: [0; SMALL],
            stopped: false,
        }
    }

    /// Takes the inputs of a step, before the core decides on them.
    pub(super) fn hear(&mut self, now_ms: u64, inputs: &Inputs<SMALL>, params: &Params) {
        let last = self.last_now_ms.replace(now_ms).unwrap_or(now_ms);
        self.real_ms = self.real_ms.saturating_add(now_ms.saturating_sub(last));
        let top = i64::from(params.v_ov_abs.get()) * 3 / 2;
        for (index, pack) in inputs.packs.iter().enumerate() {
            let (value, age) = (pack.voltage.value.get(), pack.voltage.age_ms);
            let plausible = (0..=top).contains(&i64::from(value));
            if plausible && pack.voltage.quality == Quality::Good {
                self.voltage[index] = newer(self.voltage[index], value, self.measured_at(age));
            }
            let (value, age) = (pack.current.value.get(), pack.current.age_ms);
            if pack.current.quality != Quality::Missing {
                self.current[index] = newer(self.current[index], value, self.measured_at(age));
            }
        }
        let pressed = inputs.io.estop || inputs.commands.contains(&Some(Command::EStop));
        if pressed {
            self.stopped = true;
        } else if inputs.commands.contains(&Some(Command::Arm)) {
            self.stopped = false;
        }
    }

    fn measured_at(&self, age_ms: u32) -> u64 {
        self.real_ms.saturating_sub(age_ms.into())
    }

    /// Age of the older of voltage and current; `None` when one was never measured.
    fn age_ms(&self, index: usize) -> Option<u64> {
        let oldest = self.voltage[index]?.1.min(self.current[index]?.1);
        Some(self.real_ms - oldest)
    }

    /// Panics when a rule is broken.
    pub(super) fn judge(
        &mut self,
        inputs: &Inputs<SMALL>,
        params: &Params,
        decision: &Decision<SMALL>,
    ) {
        let closed = decision
            .packs
            .map(|pack| pack.command != SwitchCommand::Open);
        let any = closed.contains(&true);
        assert!(!(self.stopped && any), "I8: closed in an emergency stop");
        let outputs_sound = inputs.io.readback_ok && inputs.io.topology_ok && !inputs.io.brown_out;
        assert!(outputs_sound || !any, "I14: closed on outputs in doubt");
        for (index, &is_closed) in closed.iter().enumerate() {
            self.judge_pack(index, is_closed, inputs, params, decision);
        }
        self.judge_joins(&closed);
        judge_fleet(any, params, decision);
        self.closed_before = closed;
        self.closes_before = decision.packs.map(|pack| pack.closes);
    }

    fn judge_pack(
        &self,
        index: usize,
        closed: bool,
        inputs: &Inputs<SMALL>,
        params: &Params,
        decision: &Decision<SMALL>,
    ) {
        let pack = &decision.packs[index];
        assert!(index < self.packs || !closed, "a pack that does not exist");
        assert!(
            pack.closes >= self.closes_before[index],
            "I11: closings fell"
        );
        let changes = decision
            .events
            .iter()
            .filter(|event| event.pack.map(usize::from) == Some(index))
            .filter(|event| matches!(event.kind, EventKind::Closed | EventKind::Opened))
            .count();
        let lost = decision
            .events
            .iter()
            .any(|event| event.kind == EventKind::EventsLost);
        let expected = usize::from(closed != self.closed_before[index]);
        assert!(
            lost || changes == expected,
            "I24: one event for each change"
        );
        if !closed {
            return;
        }
        let must_be_open = matches!(
            pack.state,
            PackState::Absent
                | PackState::Disabled
                | PackState::Fault
                | PackState::Latched
                | PackState::Cooldown { .. }
        );
        assert!(!must_be_open, "I25: closed in the state {:?}", pack.state);
        let age = self.age_ms(index).expect("closed and never measured");
        if !self.closed_before[index] {
            assert!(age <= params.age_soft_ms.into(), "I15: joined at {age} ms");
        }
        let (current, _) = self.current[index].unwrap();
        let breakable = Milliamps::new(current.saturating_abs()) <= params.i_break_max;
        if breakable {
            assert!(age <= params.age_hard_ms.into(), "I15: closed at {age} ms");
            let (voltage, _) = self.voltage[index].unwrap();
            let below = Millivolts::new(voltage) < params.v_ov_abs;
            assert!(below, "I7: closed at {voltage} mV");
            let hard = -params.hard_discharge().get()..=params.hard_charge().get();
            assert!(hard.contains(&current), "I7: closed at {current} mA");
        }
        assert!(!inputs.io.alerts.contains(index), "closed with its alert");
    }

    /// I6, as far as one step shows it: several at once only on a dead bus.
    fn judge_joins(&self, closed: &[bool; SMALL]) {
        let joined = closed
            .iter()
            .zip(self.closed_before)
            .filter(|&(&now, before)| now && !before)
            .count();
        let dead = !self.closed_before.contains(&true);
        assert!(joined <= 1 || dead, "I6: {joined} joins in one step");
    }
}

/// I18 and the limits of the whole bus.
fn judge_fleet(any_closed: bool, params: &Params, decision: &Decision<SMALL>) {
    let (dcl, ccl) = (decision.dcl.get(), decision.ccl.get());
    assert!(dcl >= 0 && ccl >= 0, "limits are magnitudes");
    assert!(
        !decision.load_permit || (any_closed && dcl > 0),
        "I18: load"
    );
    assert!(
        !decision.charge_permit || (any_closed && ccl > 0),
        "I18: charge"
    );
    assert!(
        any_closed || decision.cvl == Millivolts::ZERO,
        "CVL of nothing"
    );
    assert!(decision.cvl <= params.v_ov, "CVL");
}

fn newer(known: Known, value: i32, at_ms: u64) -> Known {
    match known {
        Some((_, then)) if at_ms <= then => known,
        _ => Some((value, at_ms)),
    }
}
