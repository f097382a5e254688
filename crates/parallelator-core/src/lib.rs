#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod arith;
mod backoff;
mod clock;

mod dead_bus;
mod decision;
mod event;
mod faults;
mod fleet;
mod input;
mod join;
mod mismatch;
mod mode;
mod pack;
mod params;
pub mod predictor;
mod reason;
mod record;
mod samples;
mod set;
mod source;
mod state;
mod step;
mod stuck;
mod system;
mod wear;

pub use decision::{Decision, PackDecision, SwitchCommand};
pub use event::{Event, EventKind, Events};
pub use input::{
    BusInput, Command, Gauge, Inputs, IoHealth, MAX_COMMANDS, ModeHint, PackInput, Quality, Sample,
    SwitchFeedback,
};
pub use params::{
    Anchor, Chemistry, Choice, Field, LastPackPolicy, ParamError, Params, Problem, SwitchKind,
};
pub use reason::{Fault, FaultClass, Reason, Waiting};
pub use record::{RECORD_MAX, RecordError};
pub use set::PackSet;
pub use state::{LedPattern, PackState, SystemState};
pub use step::{Core, StartError};
