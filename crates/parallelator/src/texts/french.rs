//! French.

pub(super) mod event;
pub(super) mod fault;
pub(super) mod number;
pub(super) mod pack;
pub(super) mod reason;
pub(super) mod refusal;
pub(super) mod screen;
pub(super) mod state;
pub(super) mod waiting;
