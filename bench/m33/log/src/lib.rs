//! A log of what a core is told, and the bytes of what it answers.
//!
//! Host and target play the same entries with the same code and write their answers with the same encoder, so two
//! answers are equal exactly when their bytes are. Numbers are little endian and of fixed width; nothing has the width of
//! a pointer. Structs are taken apart field by field, so a field that the core gains does not compile until it is here.
#![no_std]
#![forbid(unsafe_code)]

mod answer;
mod code;
mod entry;
mod input;
mod play;
mod refusal;

pub use code::{Get, Place, Put, Reader, Sink};
pub use entry::{Damage, ENTRY_MAX, Entry, HEAD, Head};
pub use play::{Player, Players, Stepper};

/// The log: heads and entries, one after the other.
pub const INPUTS: &str = "inputs.bin";
/// The answers: for each entry four bytes of length, then the answer.
pub const ANSWERS: &str = "answers.bin";
/// Ticks of the emulated timer for each step, four bytes each.
pub const TICKS: &str = "ticks.bin";
/// What else the image measured, as lines `name=number`.
pub const FACTS: &str = "facts.txt";
