//! What a tick saw and decided, for pages, logs and tools.

use parallelator_core::{Decision, Inputs};

/// How the sensor of a pack is doing.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SensorHealth {
    /// Has not answered since the start.
    #[default]
    Missing,
    /// Answers, but is another chip than the rack description says; the word it gave as identity.
    WrongDevice(u16),
    /// Measures.
    Ready,
    /// Measured before, does not answer now.
    Lost,
    /// Forgot its configuration; is being set up again.
    Reset,
}

/// The result of one tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot<const N: usize> {
    /// Time of the decision.
    pub now_ms: u64,
    /// Number of packs.
    pub packs: usize,
    /// What the core was told.
    pub inputs: Inputs<N>,
    /// What it decided.
    pub decision: Decision<N>,
    /// How each sensor is doing.
    pub sensors: [SensorHealth; N],
    /// The write of this decision and its read-back agreed.
    pub outputs_confirmed: bool,
}
