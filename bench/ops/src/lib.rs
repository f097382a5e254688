//! One small function for each driver under measurement.
//!
//! Each function drives the main operation of one crate over a bus given by the caller, `rounds` times, and hands every
//! result to a sink, so that the optimiser can drop nothing. The same functions run on the fake bus of the firmware and
//! on the simulated chips of the host. With no rounds only the preparation runs.
#![no_std]

pub mod expanders;
pub mod floor;
pub mod monitors;
pub mod ours;
pub mod serial;

use core::pin::pin;
use core::task::{Context, Poll, Waker};

/// Where results go.
pub trait Sink {
    /// Takes one result.
    fn put(&mut self, value: u32);

    /// Takes a result of 64 bits, low word first.
    fn put64(&mut self, value: u64) {
        self.put(value as u32);
        self.put((value >> 32) as u32);
    }
}

/// The least executor there is: polls until ready and never sleeps.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
