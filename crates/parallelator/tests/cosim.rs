//! The co-simulation interface: the lines of its contract, what it refuses, how it holds out, and the program around it.

#![allow(dead_code, reason = "each test file uses its part of the helpers")]

#[path = "cosim/draw.rs"]
mod draw;
#[path = "cosim/errors.rs"]
mod errors;
#[path = "cosim/examples.rs"]
mod examples;
#[path = "cosim/golden.rs"]
mod golden;
#[path = "cosim/mangle.rs"]
mod mangle;
#[path = "cosim/masses.rs"]
mod masses;
#[path = "cosim/page.rs"]
mod page;
#[path = "cosim/program.rs"]
mod program;
#[path = "cosim/samples.rs"]
mod samples;
