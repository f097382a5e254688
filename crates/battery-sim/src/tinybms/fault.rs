//! Faults of a serial line as data: which exchange fails, and how.
//!
//! An exchange begins with the first byte that reaches the device after [`NEW_EXCHANGE`] of silence, and is counted from 0,
//! beginning when the plan is handed over. [`When`] chooses among the numbers, and the first rule that chooses an exchange
//! decides it. Byte numbers count from 0 in the request as it is sent and in the reply as the device would send it.
//!
//! ```
//! use battery_sim::When;
//! use battery_sim::tinybms::{LineEffect, LineFaultPlan};
//!
//! // The second request loses its third byte.
//! let plan = LineFaultPlan::new().with(When::Once(1), LineEffect::RequestByteLost(2));
//! assert_eq!(plan.faults().len(), 1);
//! ```

use core::time::Duration;

use crate::fault::When;

/// Silence that separates two exchanges; bytes of one request follow each other within 87 us.
pub const NEW_EXCHANGE: Duration = Duration::from_millis(1);

/// What happens to an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineEffect {
    /// Byte n of the request does not arrive.
    RequestByteLost(usize),
    /// Bit n of the request (0 is bit 0 of the first byte) arrives turned over.
    RequestBitFlipped(usize),
    /// Byte n of the reply does not arrive.
    ReplyByteLost(usize),
    /// Bit n of the reply arrives turned over, modulo its length.
    ReplyBitFlipped(usize),
    /// Only the first n bytes of the reply arrive.
    ReplyCut(usize),
    /// The reply does not arrive; the request has taken effect.
    ReplyLost,
    /// The reply arrives twice.
    ReplyDoubled,
    /// These bytes arrive instead of the reply.
    ReplyReplaced(Vec<u8>),
    /// The reply comes later by this much.
    ReplyLate(Duration),
    /// A pause after the first n bytes of the reply.
    ReplySplit {
        /// Bytes before the pause.
        after: usize,
        /// Its length.
        pause: Duration,
    },
    /// The wiring returns each byte of the request to its sender; the reply follows.
    Echo,
    /// These bytes come right before the reply.
    NoiseBefore(Vec<u8>),
    /// These bytes come right behind the reply.
    NoiseAfter(Vec<u8>),
}

/// The faults of one line; the default has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineFaultPlan {
    faults: Vec<(When, LineEffect)>,
}

impl LineFaultPlan {
    /// No fault.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One effect on one exchange, counted from 0.
    #[must_use]
    pub fn once(number: u64, effect: LineEffect) -> Self {
        Self::new().with(When::Once(number), effect)
    }

    /// Adds a rule behind the others.
    #[must_use]
    pub fn with(mut self, when: When, effect: LineEffect) -> Self {
        self.faults.push((when, effect));
        self
    }

    /// The rules, in the order in which they are asked.
    #[must_use]
    pub fn faults(&self) -> &[(When, LineEffect)] {
        &self.faults
    }

    fn decide(&self, number: u64) -> Option<&LineEffect> {
        self.faults
            .iter()
            .find(|(when, _)| when.chooses(number))
            .map(|(_, effect)| effect)
    }
}

/// A plan, and where it stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    plan: LineFaultPlan,
    exchanges: u64,
    effect: Option<LineEffect>,
    received: usize,
}

impl Line {
    pub(super) fn follow(&mut self, plan: LineFaultPlan) {
        *self = Self {
            plan,
            ..Self::default()
        };
    }

    /// The next byte is the first of an exchange.
    pub(super) fn begin(&mut self) {
        self.effect = self.plan.decide(self.exchanges).cloned();
        self.exchanges += 1;
        self.received = 0;
    }

    /// What the device gets of this byte.
    pub(super) fn request(&mut self, byte: u8) -> Option<u8> {
        let number = self.received;
        self.received += 1;
        match self.effect {
            Some(LineEffect::RequestByteLost(lost)) if lost == number => None,
            Some(LineEffect::RequestBitFlipped(bit)) if bit / 8 == number => {
                Some(byte ^ (1 << (bit % 8)))
            }
            _ => Some(byte),
        }
    }

    pub(super) fn echoes(&self) -> bool {
        self.effect == Some(LineEffect::Echo)
    }

    /// What the host gets of this reply, each byte with the pause before it.
    pub(super) fn reply(&self, bytes: Vec<u8>) -> Vec<(Duration, u8)> {
        let at_once = |bytes: Vec<u8>| -> Vec<(Duration, u8)> {
            bytes
                .into_iter()
                .map(|byte| (Duration::ZERO, byte))
                .collect()
        };
        let mut bytes = bytes;
        match &self.effect {
            None
            | Some(
                LineEffect::Echo
                | LineEffect::RequestByteLost(_)
                | LineEffect::RequestBitFlipped(_),
            ) => at_once(bytes),
            Some(LineEffect::ReplyByteLost(lost)) => {
                if *lost < bytes.len() {
                    bytes.remove(*lost);
                }
                at_once(bytes)
            }
            Some(LineEffect::ReplyBitFlipped(bit)) => {
                if !bytes.is_empty() {
                    let bit = bit % (bytes.len() * 8);
                    bytes[bit / 8] ^= 1 << (bit % 8);
                }
                at_once(bytes)
            }
            Some(LineEffect::ReplyCut(kept)) => {
                bytes.truncate(*kept);
                at_once(bytes)
            }
            Some(LineEffect::ReplyLost) => Vec::new(),
            Some(LineEffect::ReplyDoubled) => {
                bytes.extend_from_within(..);
                at_once(bytes)
            }
            Some(LineEffect::ReplyReplaced(other)) => at_once(other.clone()),
            Some(LineEffect::ReplyLate(pause)) => paused(at_once(bytes), 0, *pause),
            Some(LineEffect::ReplySplit { after, pause }) => paused(at_once(bytes), *after, *pause),
            Some(LineEffect::NoiseBefore(noise)) => {
                let mut all = noise.clone();
                all.extend(bytes);
                at_once(all)
            }
            Some(LineEffect::NoiseAfter(noise)) => {
                bytes.extend(noise);
                at_once(bytes)
            }
        }
    }
}

fn paused(mut bytes: Vec<(Duration, u8)>, at: usize, pause: Duration) -> Vec<(Duration, u8)> {
    if let Some((before, _)) = bytes.get_mut(at) {
        *before = pause;
    }
    bytes
}
