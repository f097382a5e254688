//! The way from a decision to the switches and back, at the interface of the core: one write, one read-back, one watchdog.

use battery_sim::plant::Plant;
use parallelator_core::{Decision, IoHealth, SwitchCommand};

use super::field::N;

/// What breaks on this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFault {
    /// The write was not acknowledged and changed nothing.
    Refused,
    /// The write was acknowledged and changed nothing.
    Lost,
    /// The write changed the lower half of the packs only.
    Partial,
    /// The outputs are right, what is read back is not.
    WrongReadBack,
    /// An expander is in its power-up state: every switch is open.
    BrownOut,
}

/// The watchdog opens every switch after so long without a confirmed write, ms.
const WATCHDOG_MS: u64 = 2_000;

/// Output word and watchdog.
#[derive(Debug, Clone)]
pub struct Outputs {
    word: [SwitchCommand; N],
    fault: Option<OutputFault>,
    unconfirmed_ms: u64,
    /// What the core is told about the last write.
    pub health: IoHealth,
}

impl Outputs {
    /// Everything open, written and read back before the first step, as the loop of the controller does.
    pub fn new() -> Self {
        Self {
            word: [SwitchCommand::Open; N],
            fault: None,
            unconfirmed_ms: 0,
            health: IoHealth::default(),
        }
    }

    /// Breaks the way, or mends it.
    pub fn set_fault(&mut self, fault: Option<OutputFault>) {
        self.fault = fault;
    }

    /// Writes the whole word, reads it back, feeds the watchdog when both agree.
    pub fn write(&mut self, decision: &Decision<N>, plant: &mut Plant, elapsed_ms: u64) {
        let wanted = decision.packs.map(|pack| pack.command);
        match self.fault {
            Some(OutputFault::Refused | OutputFault::Lost) => {}
            Some(OutputFault::Partial) => {
                let half = plant.len() / 2;
                self.word[..half].copy_from_slice(&wanted[..half]);
            }
            Some(OutputFault::BrownOut) => self.word = [SwitchCommand::Open; N],
            Some(OutputFault::WrongReadBack) | None => self.word = wanted,
        }
        let agrees = self.word == wanted && self.fault != Some(OutputFault::WrongReadBack);
        self.health.write_ok = self.fault != Some(OutputFault::Refused);
        self.health.readback_ok = agrees && self.health.write_ok;
        self.health.brown_out = self.fault == Some(OutputFault::BrownOut);
        if self.health.readback_ok {
            self.unconfirmed_ms = 0;
        } else {
            self.unconfirmed_ms += elapsed_ms;
        }
        let starved = self.unconfirmed_ms >= WATCHDOG_MS;
        for (index, command) in self.word.iter().enumerate().take(plant.len()) {
            plant.set_switch(index, !starved && *command == SwitchCommand::Closed);
            plant.set_precharge(index, !starved && *command == SwitchCommand::Precharge);
        }
    }
}
