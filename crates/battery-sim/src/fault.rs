//! Faults of a bus as data: which transfer fails, and how.
//!
//! A plan is a list of rules. A rule counts the transfers it could apply to (its [`Target`], and an [`Effect`] that makes
//! sense for them: a lost write needs a write) from 0, beginning when the plan is handed to the bus, and [`When`]
//! chooses among them. The first rule that applies to a transfer decides; the others only count.
//!
//! ```
//! use battery_sim::{Effect, Fault, FaultPlan, Target, When};
//!
//! // The second write to the output register of the expander at 0x20 is acknowledged and lost.
//! let plan = FaultPlan::new().with(Fault {
//!     target: Target::Register { address: 0x20, register: 0x02 },
//!     when: When::Once(1),
//!     effect: Effect::WriteLost,
//! });
//! assert_eq!(plan.faults().len(), 1);
//! ```
//!
//! Not modelled: a byte that is altered on its way to the chip (I2C has no checksum; use [`Effect::WriteCut`] or write the
//! other value), clock stretching, and two controllers.

use core::time::Duration;

/// How long a hung transfer keeps the controller busy unless the plan says otherwise.
///
/// This is a property of the controller, not of a chip: bus drivers give up after anything from 1 ms to 1 s.
pub const DEFAULT_HANG_TIME: Duration = Duration::from_millis(10);

/// Which transfers a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Every transfer on the bus.
    Any,
    /// Transfers to this 7-bit address.
    Address(u8),
    /// Transfers to this address whose first written byte is this register. A read that relies on the register pointer
    /// names no register and never matches.
    Register {
        /// 7-bit address.
        address: u8,
        /// First written byte.
        register: u8,
    },
}

/// Which of the transfers a rule looks at, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// All of them.
    Always,
    /// Only this one.
    Once(u64),
    /// This one and all later ones.
    From(u64),
    /// From `from` on, up to but without `to`.
    Between {
        /// First number that fails.
        from: u64,
        /// First number that works again.
        to: u64,
    },
    /// Every `period`-th, beginning with number `first`; a period of 0 never fails.
    Every {
        /// First number that fails.
        first: u64,
        /// Distance to the next.
        period: u64,
    },
}

/// What happens to a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The address is not acknowledged; the chip sees nothing.
    AddressNack,
    /// Written byte n (0 is the register byte) is not acknowledged; the bytes before it have taken effect.
    DataNack(usize),
    /// The controller reports a misplaced start or stop; the chip sees nothing.
    BusError,
    /// The controller loses the bus; the chip sees nothing.
    ArbitrationLoss,
    /// The whole transfer takes effect in the chip, and yet the controller reports a bus error.
    LateBusError,
    /// Every byte is acknowledged and none reaches the chip. Applies to writes with at least one data byte.
    WriteLost,
    /// Every byte is acknowledged, the chip takes only the first n. Applies to writes with at least one data byte.
    WriteCut(usize),
    /// The first bytes read are these instead; further ones come from the chip.
    ReadReplaced(Vec<u8>),
    /// One bit of the answer is turned over: number n on the wire (0 is the top bit of the first byte), modulo the length.
    ReadBitFlipped(usize),
    /// Every byte read is FF, as on a data line nobody pulls low. The chip takes part: its flags are cleared as usual.
    ReadOnes,
    /// Nothing gets through, and the controller gives up only after the hang time of the plan.
    Hung,
}

/// One rule of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Transfers it looks at and counts.
    pub target: Target,
    /// Which of them fail.
    pub when: When,
    /// How.
    pub effect: Effect,
}

/// The faults of one bus; the default has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultPlan {
    faults: Vec<Fault>,
    hang_time: Duration,
}

/// What a rule needs to know of a transfer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) address: u8,
    pub(crate) register: Option<u8>,
    /// Length of the first write, register byte included.
    pub(crate) written: usize,
    /// Bytes read in all.
    pub(crate) read: usize,
    /// Starts, repeated or not, that the transfer needs; and all bytes after address bytes.
    pub(crate) starts: u64,
    pub(crate) bytes: u64,
}

impl Default for FaultPlan {
    fn default() -> Self {
        Self::new()
    }
}

impl FaultPlan {
    /// No fault.
    #[must_use]
    pub fn new() -> Self {
        Self {
            faults: Vec::new(),
            hang_time: DEFAULT_HANG_TIME,
        }
    }

    /// Adds a rule behind the others.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Everything fails, for ever.
    #[must_use]
    pub fn hung() -> Self {
        Self::always(Target::Any, Effect::Hung)
    }

    /// Transfers number `from` up to but without `to` fail, whatever they address.
    #[must_use]
    pub fn hung_between(from: u64, to: u64) -> Self {
        Self::new().with(Fault {
            target: Target::Any,
            when: When::Between { from, to },
            effect: Effect::Hung,
        })
    }

    /// One effect on every transfer of a target.
    #[must_use]
    pub fn always(target: Target, effect: Effect) -> Self {
        Self::new().with(Fault {
            target,
            when: When::Always,
            effect,
        })
    }

    /// One effect on one transfer of a target, counted from 0.
    #[must_use]
    pub fn once(target: Target, number: u64, effect: Effect) -> Self {
        Self::new().with(Fault {
            target,
            when: When::Once(number),
            effect,
        })
    }

    /// How long a hung transfer lasts; [`DEFAULT_HANG_TIME`] at first.
    #[must_use]
    pub fn with_hang_time(mut self, hang_time: Duration) -> Self {
        self.hang_time = hang_time;
        self
    }

    /// How long a hung transfer lasts.
    #[must_use]
    pub fn hang_time(&self) -> Duration {
        self.hang_time
    }

    /// The rules, in the order in which they are asked.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The effect on this transfer; `counts` holds one number a rule and goes on counting.
    pub(crate) fn decide(&self, shape: &Shape, counts: &mut [u64]) -> Option<&Effect> {
        let mut decided = None;
        for (fault, count) in self.faults.iter().zip(counts) {
            if !fault.target.matches(shape) || !fault.effect.applies_to(shape) {
                continue;
            }
            if decided.is_none() && fault.when.chooses(*count) {
                decided = Some(&fault.effect);
            }
            *count += 1;
        }
        decided
    }
}

impl Target {
    fn matches(self, shape: &Shape) -> bool {
        match self {
            Self::Any => true,
            Self::Address(address) => address == shape.address,
            Self::Register { address, register } => {
                address == shape.address && shape.register == Some(register)
            }
        }
    }
}

impl When {
    pub(crate) fn chooses(self, number: u64) -> bool {
        match self {
            Self::Always => true,
            Self::Once(only) => number == only,
            Self::From(from) => number >= from,
            Self::Between { from, to } => (from..to).contains(&number),
            Self::Every { first, period } => {
                period != 0 && number >= first && (number - first).is_multiple_of(period)
            }
        }
    }
}

impl Effect {
    fn applies_to(&self, shape: &Shape) -> bool {
        match self {
            Self::AddressNack
            | Self::BusError
            | Self::ArbitrationLoss
            | Self::LateBusError
            | Self::Hung => true,
            Self::DataNack(byte) => *byte < shape.written,
            Self::WriteLost => shape.written >= 2,
            Self::WriteCut(taken) => shape.written >= 2 && *taken < shape.written,
            Self::ReadReplaced(_) | Self::ReadBitFlipped(_) | Self::ReadOnes => shape.read > 0,
        }
    }
}
