//! The subcommand `twin`: a simulated device in real time, for programs that talk to the real one.

mod link;
#[cfg(unix)]
mod pty;
mod tcp;
mod tinybms;

pub use tinybms::{Options, Place, run};
