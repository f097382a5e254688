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
mod breaking;
mod clock;
mod current_sum;
mod dead_bus;
mod decision;
mod event;
mod explain;
mod faults;
mod fleet;
mod input;
mod join;
mod mismatch;
mod mode;
mod pack;
mod params;
mod precharge;
pub mod predictor;
mod reason;
mod record;
mod resistance;
mod samples;
mod service;
mod set;
mod shedding;
mod soft;
mod source;
mod state;
mod step;
mod stuck;
mod system;
mod tightening;
mod view;
mod wear;
mod windows;

pub use decision::{Decision, PackDecision, SwitchCommand};
pub use event::{Event, EventKind, Events};
pub use explain::{Explanation, Remedy};
pub use input::{
    BusInput, Command, Gauge, Inputs, IoHealth, MAX_COMMANDS, ModeHint, PackInput, Quality, Sample,
    SwitchFeedback,
};
pub use params::{
    Anchor, CONFIG_MAX, Chemistry, Choice, ConfigError, Field, LastPackPolicy, ParamError, Params,
    Problem, SwitchKind,
};
pub use reason::{Fault, FaultClass, Reason, Waiting};
pub use record::{RECORD_MAX, RecordError};
pub use set::PackSet;
pub use state::{LedPattern, PackState, SystemState};
pub use step::{Core, StartError};
