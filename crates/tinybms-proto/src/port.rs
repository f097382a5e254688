//! Waiting with a limit: the serial traits of embedded-io have none, so it is made here, once for each kind.
//!
//! [`blocking::Port`] and [`asynch::Port`] are what the clients need. [`blocking::Polled`] and [`asynch::Timed`] make it
//! of a serial port and a delay; a port with limits of its own (a file, a socket) implements the trait itself.

mod polled;
#[cfg(feature = "async")]
mod timed;

use core::fmt;

/// Ports that block.
pub mod blocking {
    pub use super::polled::{Polled, Port};
}

/// Ports for an executor.
#[cfg(feature = "async")]
pub mod asynch {
    pub use super::timed::{Port, Timed};
}

/// What can go wrong at a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PortError<E> {
    /// The serial port failed.
    Serial(E),
    /// The other side takes or gives no bytes any more.
    Closed,
}

impl<E: fmt::Debug> fmt::Display for PortError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(error) => write!(f, "{error:?}"),
            Self::Closed => f.write_str("the port is closed"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for PortError<E> {}
